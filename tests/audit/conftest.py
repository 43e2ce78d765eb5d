"""What the tests of the audit share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from certkit.audit import audit
from certkit.findings import Severity
from tests.audit.cases import write_certificates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime.now(UTC)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    write_certificates(folder)
    return folder


@pytest.fixture
def folder(certificates: Path, tmp_path: Path) -> Path:
    """A folder with the certificates that :mod:`.cases` name."""
    for path in certificates.iterdir():
        (tmp_path / path.name).hardlink_to(path)
    return tmp_path


@pytest.fixture
def codes(folder: Path) -> Callable[..., list[str]]:
    """``codes(text)``: what is found in it as nginx.conf, notes left out."""

    def found(text: str, name: str = "nginx.conf", *, notes: bool = False) -> list[str]:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return [
            problem.code
            for problem in audit([path], now=NOW).problems
            if notes or problem.severity is not Severity.NOTE
        ]

    return found
