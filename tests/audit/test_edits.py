"""Edits: what they change, what they leave, and their patch as git applies it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certkit.audit.edits import Edit, apply, patch
from certkit.audit.files import Source, decoded, encoded
from certkit.audit.nginx.syntax import parse
from certkit.audit.nginx.tree import Node
from certkit.audit.nginx.writing import after, before, without
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

HERE = Path("site.conf")


@st.composite
def edited(draw: DrawFn) -> tuple[Source, list[Edit]]:
    source = Source(HERE, draw(st.text(alphabet="ab \n", min_size=1, max_size=60)))
    places = sorted(draw(st.lists(st.integers(0, len(source.text)), max_size=6)))
    texts = st.text(alphabet="xy\n", max_size=4)
    pairs = zip(places[::2], places[1::2], strict=False)
    return source, [Edit(source, start, end, draw(texts)) for start, end in pairs]


@pytest.mark.peer("git")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(given_edits=edited())
def test_git_applies_the_patch_to_what_the_edits_make(
    given_edits: tuple[Source, list[Edit]], tmp_path: Path
) -> None:
    source, edits = given_edits
    wanted = apply(source.text, edits)
    if wanted == source.text:
        return
    path = tmp_path / HERE
    path.write_text(source.text)
    done = subprocess.run(
        [program("git"), "apply", "--unidiff-zero", "--whitespace=nowarn", "-p0", "-"],
        input=patch(edits) + "\n",
        cwd=tmp_path,
        text=True,
        capture_output=True,
        env=clean_env() | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (path.read_text() if path.exists() else "") == wanted


def test_the_same_edit_counts_once_and_one_that_overlaps_is_left_out() -> None:
    source = Source(HERE, "listen 443;")
    add = Edit(source, 10, 10, " ssl")
    assert apply(source.text, [add, add]) == "listen 443 ssl;"
    assert apply(source.text, [Edit(source, 7, 11, "80;"), Edit(source, 8, 9, "x")]) == "listen 80;"


def test_edits_at_one_place_are_made_in_their_order() -> None:
    source = Source(HERE, "a")
    assert apply("a", [Edit(source, 1, 1, "b"), Edit(source, 1, 1, "c")]) == "abc"


@given(data=st.binary(max_size=50))
def test_bytes_that_are_no_text_come_back_as_they_were(data: bytes) -> None:
    assert encoded(decoded(data)) == data


def test_of_a_long_line_the_patch_shows_the_place() -> None:
    source = Source(Path("app.js"), "x" * 5000 + '"ws://a"' + "y" * 5000)
    shown = patch([Edit(source, 5003, 5003, "s")])
    assert "line 1, column 5004" in shown
    assert '"wss://a"' in shown
    assert len(shown) < 400


def only(text: str, name: str) -> Node:
    source = Source(HERE, text)
    found = next(each for each in parse(text) if each.name == name)
    return Node(found, source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  ssl on;\n  a b;\n", "  a b;\n"),
        ("  ssl on;\r\n  a b;\r\n", "  a b;\r\n"),
        ("a b; ssl on; c d;", "a b; c d;"),
        ("a b;\n  ssl on;  # why\n", "a b;\n  # why\n"),
        ("a b;  ssl on;\n", "a b;\n"),
        ("ssl on;", ""),
        ("ssl\n  on;\na b;", "a b;"),
    ],
)
def test_a_statement_is_taken_out_with_its_line_and_without_its_comment(
    text: str, expected: str
) -> None:
    assert apply(text, [without(only(text, "ssl"))]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\tlisten 443;\n}\n", "\tlisten 443;\n\tx;\n}\n"),
        ("\tlisten 443; # tls\r\n}\r\n", "\tlisten 443; # tls\r\n\tx;\r\n}\r\n"),
        ("a b; listen 443; c d;", "a b; listen 443; x; c d;"),
        ("listen 443; c d;\n", "listen 443; x; c d;\n"),
        ("listen 443;", "listen 443;\nx;"),
    ],
)
def test_a_statement_is_added_as_the_lines_around_it_are(text: str, expected: str) -> None:
    text = text.replace("}", "")
    assert apply(text, [after(only(text, "listen"), "x;")]) == expected.replace("}", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  server { }\n", "  map;\n\n  server { }\n"),
        ("a b;\n# one\n# two\nserver { }\n", "a b;\nmap;\n\n# one\n# two\nserver { }\n"),
        ("a b; server { }", "a b; map; server { }"),
        ("a b; # c\n server { }", "a b; # c\n map;\n\n server { }"),
    ],
)
def test_lines_go_above_a_block_and_its_comment(text: str, expected: str) -> None:
    assert apply(text, [before(only(text, "server"), "map;", "")]) == expected
