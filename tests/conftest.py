"""What every test stands on: a clean environment and a home of its own."""

from __future__ import annotations

import os
import signal
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.peers import program, unwanted_variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def pytest_configure() -> None:
    """Drop trust, proxy and colour variables before any module under test reads them."""
    for name in unwanted_variables():
        del os.environ[name]
    # A shell script's `make test &` runs with SIGINT ignored, and so would what the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip (or fail) a test marked ``peer("nginx")`` whose programs are missing."""
    for mark in item.iter_markers("peer"):
        for name in mark.args:
            program(name)


@pytest.fixture(scope="session")
def _new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    folder = tmp_path_factory.mktemp("homes")
    numbers = count()

    def new_home() -> Path:
        home = folder / str(next(numbers))
        home.mkdir(mode=0o700)
        return home

    return new_home


@pytest.fixture(autouse=True)
def user_home(_new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder for one test: nobody's CA, browser profile or settings are touched."""
    folder = _new_home()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return folder
