"""Each code is found where its fault is, alone, and not in what looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from certkit.audit import corrected
from certkit.findings import CODES
from tests.audit.cases import CASES, SOUND, Case
from tests.audit.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Codes = Callable[..., list[str]]


def test_a_sound_configuration_has_no_finding(codes: Codes) -> None:
    assert codes(SOUND, notes=True) == []


def test_every_code_has_its_case() -> None:
    assert {case.code for case in CASES} == {code for code in CODES if code.startswith("nginx.")}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_is_found_alone(case: Case, codes: Codes) -> None:
    assert codes(case.text) == [case.code]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_looks_like_the_fault_is_not_found(case: Case, codes: Codes) -> None:
    assert codes(case.twin) == []


@pytest.mark.parametrize("case", [case for case in CASES if case.mended], ids=str)
def test_a_corrected_text_has_no_finding_and_is_not_corrected_again(
    case: Case, codes: Codes, folder: Path
) -> None:
    path = folder / "nginx.conf"
    path.write_text(case.text)
    texts = corrected([path], now=NOW)
    assert list(texts) == [path]
    assert codes(texts[path], notes=True) == []
    assert corrected([path], now=NOW) == {}
