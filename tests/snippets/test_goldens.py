"""The printed texts, whole: what changes in a template shows here for review.

UPDATE_GOLDENS=1 writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from certkit.pki.names import parse
from certkit.snippets import SNIPPETS, SnippetInput, Upstream, render

GOLDENS = Path(__file__).parent / "goldens"
DEFAULT = SnippetInput(
    certificate=Path("/etc/ssl/certkit/10.0.0.5+1.pem"),
    key=Path("/etc/ssl/certkit/10.0.0.5+1-key.pem"),
    ca=Path("/etc/ssl/certkit/root.pem"),
    names=(parse("10.0.0.5"), parse("*.dev.test"), parse("dev.test")),
)
# Every branch that the first one does not take.
EVERYTHING = SnippetInput(
    certificate=Path("/srv/tls files/app.pem"),
    key=Path("/srv/tls files/app-key.pem"),
    ca=Path("/srv/tls files/root.pem"),
    bundle=Path("/srv/tls files/app-bundle.pem"),
    names=(parse("app.internal"),),
    listen=8443,
    upstream=Upstream.parse("wss://backend.internal:9443"),
    profile="modern",
    redirect=True,
)


@pytest.mark.parametrize("name", SNIPPETS)
@pytest.mark.parametrize(("case", "given"), [("default", DEFAULT), ("everything", EVERYTHING)])
def test_the_text_is_the_reviewed_one(case: str, given: SnippetInput, name: str) -> None:
    text = render(name, given)
    golden = GOLDENS / f"{name}-{case}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(text)
    assert text == golden.read_text()


def test_no_golden_is_left_over() -> None:
    expected = {f"{name}-{case}.txt" for name in SNIPPETS for case in ("default", "everything")}
    assert {path.name for path in GOLDENS.iterdir()} == expected


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_text_is_whole_lines_without_blanks_at_their_ends(name: str) -> None:
    text = render(name, EVERYTHING)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n\n" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
