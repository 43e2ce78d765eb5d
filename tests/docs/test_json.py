"""docs/reference/json.md names every field that a command's data really has."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.generated import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (ROOT / "docs/reference/json.md").read_text(encoding="utf-8")
# Each command with the arguments that make it answer in a home that has issued for app.test.
ASKED = {
    "issue": ["issue", "app.test"],
    "ca show": ["ca", "show"],
    "ca export": ["ca", "export"],
    "list": ["list"],
    "bundle": ["bundle", "app.test.pem", "app.test-key.pem"],
    "bundle --check": ["bundle", "app.test.pem", "app.test-key.pem", "--check"],
    "snippet": ["snippet", "nginx", "app.test.pem"],
    "snippet --list": ["snippet", "--list"],
    "verify": ["verify", "app.test.pem", "--host", "app.test"],
    "inspect": ["inspect", "app.test.pem"],
    "trust status": ["trust", "status"],
    "trust env": ["trust", "env"],
    "doctor": ["doctor", "wss://127.0.0.1:1", "--timeout", "2"],
    "lab list": ["lab", "list"],
    "explain": ["explain", "name.mismatch"],
    "explain --all": ["explain", "--all"],
}


def documented(command: str) -> set[str]:
    """The code words in the row of ``command``."""
    for row in re.findall(r"^\| (`.*)$", TEXT.partition("## data of each")[2], re.MULTILINE):
        commands, _, fields = row.partition(" | ")
        if f"`{command.partition(' --')[0]}`" in commands:
            return set(re.findall(r"`([a-z_0-9]+)`", fields))
    return set()


def answer(arguments: list[str], folder: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "certkit", *arguments, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout
    envelope: dict[str, dict[str, object]] = json.loads(done.stdout)
    return envelope["data"]


@pytest.mark.parametrize("command", ASKED)
def test_every_field_of_data_is_documented(command: str, tmp_path: Path) -> None:
    answer(ASKED["issue"], tmp_path)
    fields = set(answer(ASKED[command], tmp_path))
    assert fields
    assert fields <= documented(command)


def test_every_field_of_a_certificate_is_documented(tmp_path: Path) -> None:
    described = answer(["issue", "app.test"], tmp_path)["certificate"]
    assert isinstance(described, dict)
    table = TEXT.partition("## A certificate")[2].partition("## data of each")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert set(described) == {word for row in rows for word in re.findall(r"`(\w+)`", row)}


def test_a_field_that_is_not_documented_is_noticed() -> None:
    assert "certificates" in documented("list")
    assert "serials" not in documented("list")
    assert documented("conjure") == set()
