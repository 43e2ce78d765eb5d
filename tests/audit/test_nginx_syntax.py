"""nginx's grammar, held against nginx itself and against crossplane."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import crossplane
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certkit.audit.nginx.syntax import MAX_DEPTH, NotNginx, Statement, parse
from tests.audit.generated import configurations
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from pathlib import Path


def flat(text: str) -> list[tuple[str, ...]]:
    return [tuple(word.value for word in statement.words) for statement in parse(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b c;", ("a", "b", "c")),
        ("a\tb\r\n c;", ("a", "b", "c")),
        ("a 'b c' \"d;{}#\";", ("a", "b c", "d;{}#")),
        ("a b#c d}e;", ("a", "b#c", "d}e")),
        ("a b'c'd;", ("a", "b'c'd")),
        (r'a "b\"c" d\ e f\\;', ("a", 'b"c', r"d\ e", "f\\")),
        (r"a b\tc\n;", ("a", "b\tc\n")),
        (r"a \;b;", ("a", r"\;b")),
        ("a ${b}c $d;", ("a", "${b}c", "$d")),
        ("# one\na # two ; {\n b;", ("a", "b")),
        ("#\rb;\na;", ("a",)),  # a carriage return ends no comment
        ("a\u00a0b;", ("a\u00a0b",)),  # nor is a no-break space a blank
        ("'a' (b)'c;", ("a", "(b)'c")),
        ("'' close;", ("", "close")),
    ],
)
def test_words_are_what_nginx_reads(text: str, words: tuple[str, ...]) -> None:
    assert flat(text) == [words]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a b", "ends"),
        ("a {", "ends"),
        ("a { b; ", "ends"),
        ("}", "unexpected '}'"),
        ("a { b }", "unexpected '}'"),
        (";", "unexpected ';'"),
        ("{ }", "unexpected '{'"),
        ('a "b', "without an end"),
        ("a 'b'c;", "unexpected 'c'"),
        ("a \\", "without an end"),
        ("a { " * (MAX_DEPTH + 1), "deeper"),
        ("content_by_lua_block { '}' ", "Lua"),
    ],
)
def test_what_nginx_refuses_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NotNginx, match=reason):
        parse(text)


def test_lua_is_passed_over_with_its_braces() -> None:
    text = """content_by_lua_block {
        local a = { "}", '}' } -- }
        --[[ } ]] local b = [[ } ]]
    }
    listen 443;"""
    lua, listen = parse(text)
    assert text[lua.start : lua.end].endswith("]]\n    }")
    assert listen.args == ("443",)


def spelled(statements: list[Statement], text: str) -> str:
    """The text again, from the places of its statements alone."""
    parts = []
    for each in statements:
        parts += [text[word.start : word.end] for word in each.words]
        if each.block is None:
            assert text[each.end - 1] == ";"
            parts.append(";")
        else:
            assert (text[each.body[0] - 1], text[each.body[1]]) == ("{", "}")
            assert each.end == each.body[1] + 1
            parts += ["{", spelled(each.block, text), "}"]
    return " ".join(parts)


@given(text=configurations())
def test_places_are_those_of_the_words(text: str) -> None:
    again = spelled(parse(text), text)
    assert [tree(each) for each in parse(again)] == [tree(each) for each in parse(text)]


def tree(statement: Statement) -> Any:
    block = None if statement.block is None else [tree(each) for each in statement.block]
    return (statement.name, *statement.args, block)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=configurations())
def test_crossplane_reads_the_same_statements(text: str, tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    path.write_bytes(text.encode())
    theirs = crossplane.parse(str(path), single=True, check_ctx=False, check_args=False)
    assert theirs["status"] == "ok"

    def their_tree(each: dict[str, Any]) -> Any:
        block = each.get("block")
        args = [f"({' '.join(each['args'])})"] if each["directive"] == "if" else each["args"]
        return (each["directive"], *args, None if block is None else list(map(their_tree, block)))

    def our_tree(each: Statement) -> Any:
        name, *args, _ = tree(each)
        args = [" ".join(args).replace("( ", "(").replace(" )", ")")] if name == "if" else args
        return (name, *args, None if each.block is None else list(map(our_tree, each.block)))

    parsed = theirs["config"][0]["parsed"]
    assert list(map(our_tree, parse(text))) == list(map(their_tree, parsed))


# In a map any two words are a statement, and two equal ones a duplicate.
@pytest.mark.peer("nginx")
@settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(body=st.text(alphabet="ab\"'{}#;\\ \n\t\r\u00a0", max_size=16))
@example(body="a b}c;")
@example(body="a 'b')c;")
@example(body="'a'b;")
@example(body="a b; # c }\n")
@example(body="a \\\\;")
@example(body="'' b;")
def test_nginx_takes_and_refuses_the_same_texts(body: str, tmp_path: Path) -> None:
    text = f"events {{}} http {{ map $uri $x {{ {body} }} }}"
    try:
        statements = parse(text)[1].block
        assert statements is not None
        (table,) = statements
        assert table.block is not None
        keys = [each.name for each in table.block]
        pairs = all(len(each.args) == 1 and each.block is None for each in table.block)
        expected = pairs and len(set(map(str.lower, keys))) == len(keys)
    except (NotNginx, ValueError):
        expected = False
    path = tmp_path / "nginx.conf"
    path.write_bytes(text.encode())
    command = (program("nginx"), "-t", "-p", f"{tmp_path}/", "-c", str(path), "-e", "stderr")
    done = subprocess.run(
        [*command, "-g", "pid nginx.pid;"],
        capture_output=True,
        errors="replace",
        env=clean_env(),
        check=False,
    )
    assert (done.returncode == 0) == expected, done.stderr
