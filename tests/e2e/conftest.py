"""What the tests of the lab share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from certkit.cli.app import main

if TYPE_CHECKING:
    from pathlib import Path

Certkit = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def certkit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Certkit:
    """A command in this process, in a home of its own: its exit code and its envelope."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CERTKIT_HOME", str(tmp_path / "home"))

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--json"])
        return int(ended.value.code or 0), json.loads(capfd.readouterr().out)

    return run
