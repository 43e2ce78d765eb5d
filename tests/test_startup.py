"""Start-up is a feature: what a command does not need, it does not import."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("rich", "asyncio", "websockets", "jinja2", "publicsuffixlist", "platformdirs", "pydantic")
PROBE = """
import sys
from certkit.cli.app import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
sys.exit(code)
"""


def loaded_by(tmp_path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=tmp_path,
        env={"CERTKIT_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stderr.splitlines() if line.startswith("loaded:"))
    return set(line.split()[1:])


@pytest.mark.parametrize(
    "arguments", [["--help"], ["issue", "--ip", "10.0.0.5"], ["issue", "localhost"], ["list"]]
)
def test_common_commands_import_nothing_heavy(tmp_path, arguments):
    assert loaded_by(tmp_path, *arguments).isdisjoint(HEAVY)


def test_help_does_not_even_import_cryptography(tmp_path):
    assert loaded_by(tmp_path, "--help").isdisjoint({"cryptography", "sqlite3", "idna"})


def test_the_probe_sees_what_is_imported(tmp_path):
    assert {"cryptography", "sqlite3"} <= loaded_by(tmp_path, "issue", "--ip", "10.0.0.5")


def test_importing_the_package_imports_no_room():
    code = "import sys, certkit; sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
