"""Run certkit as people do, in an empty folder with an empty home."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from certkit.cli.app import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA = json.loads(files("certkit.cli").joinpath("envelope.schema.json").read_text())


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """stdout as the one JSON envelope, valid by the schema that ships with certkit."""
        envelope = json.loads(self.out)
        jsonschema.validate(envelope, SCHEMA)
        assert envelope["exit_code"] == self.code
        return envelope

    @property
    def data(self) -> dict[str, Any]:
        return self.envelope["data"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, empty, with an empty CA home beside it; new files are private."""
    working = tmp_path / "work"
    working.mkdir()
    monkeypatch.chdir(working)
    monkeypatch.setenv("CERTKIT_HOME", str(tmp_path / "home"))
    before = os.umask(0o077)
    yield working
    os.umask(before)


@pytest.fixture
def certkit(folder: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """``certkit("issue", "--ip", "10.0.0.5")`` in this process."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Outcome(int(ended.value.code or 0), out, err)

    return run
