from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the home will be; nothing is there yet."""
    return tmp_path / "home"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where certificates will be; nothing is there yet."""
    return tmp_path / "out"


@pytest.fixture
def umask() -> Callable[[int], AbstractContextManager[None]]:
    @contextmanager
    def of(mask: int) -> Iterator[None]:
        old = os.umask(mask)
        try:
            yield
        finally:
            os.umask(old)

    return of
