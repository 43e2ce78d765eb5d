"""Every finding code has its page, and the pages tell people to type what exists."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
import typer

from certkit.explanations import explanation
from certkit.findings import CODES
from tests.docs.parsing import certkit_commands, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = {
    page.name.removesuffix(".md"): page.read_text(encoding="utf-8")
    for page in files("certkit.explanations").iterdir()
    if page.name.endswith(".md")
}
# A terminal of 100 columns shows a page without breaking its lines.
WIDEST = 100
LONGEST = 40


def headings() -> Iterator[tuple[str, str]]:
    for layer, text in PAGES.items():
        for code in re.findall(r"^## (.*)$", text, re.MULTILINE):
            yield layer, code


def shown_lines(text: str) -> list[str]:
    """The lines of the indented blocks: what a reader is told to type."""
    return [line[4:] for line in text.splitlines() if line.startswith("    ")]


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str) -> None:
    assert explanation(code)


def test_no_page_explains_a_code_that_nothing_finds() -> None:
    assert [code for _, code in headings() if code not in CODES] == []


def test_each_code_is_explained_once_and_on_the_page_of_its_layer() -> None:
    found = list(headings())
    assert len(found) == len({code for _, code in found})
    assert [code for layer, code in found if not code.startswith(f"{layer}.")] == []


@pytest.mark.parametrize("code", CODES)
def test_an_explanation_shows_the_fault_its_reason_and_its_repair(code: str) -> None:
    text = explanation(code)
    for part in ("See it", "Why: ", "Repair"):
        assert re.search(rf"^{part}", text, re.MULTILINE), f"{code} lacks {part!r}"
    assert re.search(r"^(Clients|Programs) say|^How: ", text, re.MULTILINE)
    assert shown_lines(text), f"{code} shows nothing to type"


@pytest.mark.parametrize("code", CODES)
def test_an_explanation_fits_a_terminal(code: str) -> None:
    lines = explanation(code).splitlines()
    assert len(lines) <= LONGEST
    assert [line for line in lines if len(line) > WIDEST] == []


@pytest.mark.parametrize("layer", sorted(PAGES))
def test_certkit_commands_in_explanations_are_understood(layer: str) -> None:
    for words in certkit_commands(shown_lines(PAGES[layer])):
        parse(words)


@pytest.mark.parametrize(
    "line",
    [
        "certkit conjure app.test",
        "certkit ca conjure",
        "certkit explain --no-such-option",
        "certkit ca show too-many",
    ],
)
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    (words,) = certkit_commands([line])
    with pytest.raises((LookupError, typer.TyperException)):
        parse(words)
