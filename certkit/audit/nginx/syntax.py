"""nginx's grammar: text -> statements, each with its place.

The rules are those of ngx_conf_read_token (nginx, src/core/ngx_conf_file.c), which differ from
what one would guess: only four characters are blanks, ``}`` and ``#`` inside a word belong to it,
and ``${`` does not open a block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

MAX_DEPTH: Final = 64
"""Blocks within blocks. nginx's own contexts end at about ten."""

BYTE_ORDER_MARK: Final = "\ufeff"
_GAP: Final = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\])*+"' r"|'(?:\\.|[^'\\])*+'", re.DOTALL)
_WORD: Final = re.compile(r"(?:\\.|\$\{*+|[^ \t\r\n;{\\$])++", re.DOTALL)
_AFTER_QUOTE: Final = " \t\r\n;{)"
_ESCAPE: Final = re.compile(r"\\([\"'\\trn])")
_ESCAPED: Final = {"t": "\t", "r": "\r", "n": "\n"}
# The Lua of OpenResty is no nginx grammar: its braces count outside its strings and comments.
_LUA: Final = re.compile(
    r"--\[\[.*?\]\]|--[^\n]*+|\[\[.*?\]\]"
    r'|"(?:\\.|[^"\\\n])*+"'
    r"|'(?:\\.|[^'\\\n])*+'"
    r"|[{}]",
    re.DOTALL,
)


class NotNginx(Exception):
    """The text breaks nginx's grammar at ``offset``."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.offset: Final = offset


@dataclass(frozen=True, slots=True)
class Word:
    """One word: what nginx reads, and where it stands with its quotes."""

    value: str
    start: int
    end: int


@dataclass(slots=True)
class Statement:
    """``name args;`` or ``name args { block }``; ``start`` to ``end`` is all of its text."""

    words: tuple[Word, ...]
    start: int
    end: int
    block: list[Statement] | None = None
    body: tuple[int, int] = (0, 0)
    """What stands between the braces."""

    @property
    def name(self) -> str:
        return self.words[0].value if self.words else ""

    @property
    def args(self) -> tuple[str, ...]:
        return tuple(word.value for word in self.words[1:])


def parse(text: str) -> list[Statement]:
    """The statements of a file; a byte order mark in front, which nginx refuses, is left out.

    Raises NotNginx where nginx itself would stop, and for blocks nested deeper than any context.

    >>> [server] = parse('server { listen 443; ssl on; # no "}" here\\n }')
    >>> [(each.name, each.args) for each in server.block]
    [('listen', ('443',)), ('ssl', ('on',))]
    """
    return _Parser(text, at=len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0).file()


@dataclass(slots=True)
class _Parser:
    text: str
    at: int = 0
    words: list[Word] = field(default_factory=list)
    open: list[Statement] = field(default_factory=list)

    def file(self) -> list[Statement]:
        top: list[Statement] = []
        while (character := self._next()) != "":
            siblings = self.open[-1].block if self.open else top
            assert siblings is not None  # noqa: S101 - only blocks are opened
            if character == "}":
                self._close()
            elif character == ";":
                siblings.append(self._statement("unexpected ';'"))
            elif character == "{":
                siblings.append(self._block())
            else:
                self._read_word()
        if self.words or self.open:
            missing = "'}'" if not self.words else "';' or '}'"
            raise NotNginx(f"the file ends where {missing} is expected", len(self.text))
        return top

    def _next(self) -> str:
        gap = _GAP.match(self.text, self.at)
        self.at = gap.end() if gap else self.at
        return self.text[self.at : self.at + 1]

    def _read_word(self) -> None:
        pattern = _QUOTED if self.text[self.at] in "\"'" else _WORD
        found = pattern.match(self.text, self.at)
        if found is None:
            raise NotNginx("a quote or a backslash without an end", self.at)
        raw = found[0]
        if pattern is _QUOTED:
            raw = raw[1:-1]
            follower = self.text[found.end() : found.end() + 1]
            if follower not in _AFTER_QUOTE:
                raise NotNginx(f"unexpected {follower!r} after a quote", found.end())
        value = _ESCAPE.sub(lambda pair: _ESCAPED.get(pair[1], pair[1]), raw)
        self.words.append(Word(value, self.at, found.end()))
        self.at = found.end()

    def _statement(self, without_words: str) -> Statement:
        if not self.words:
            raise NotNginx(without_words, self.at)
        self.at += 1
        statement = Statement(tuple(self.words), self.words[0].start, self.at)
        self.words.clear()
        return statement

    def _block(self) -> Statement:
        statement = self._statement("unexpected '{'")
        statement.block = []
        statement.body = (self.at, self.at)
        if statement.name.endswith("_by_lua_block"):
            self._skip_lua(statement)
            return statement
        if len(self.open) == MAX_DEPTH:
            raise NotNginx(f"blocks are nested deeper than {MAX_DEPTH}", self.at)
        self.open.append(statement)
        return statement

    def _close(self) -> None:
        if self.words or not self.open:
            raise NotNginx("unexpected '}'", self.at)
        statement = self.open.pop()
        statement.body = (statement.body[0], self.at)
        self.at += 1
        statement.end = self.at

    def _skip_lua(self, statement: Statement) -> None:
        depth = 1
        for token in _LUA.finditer(self.text, self.at):
            depth += {"{": 1, "}": -1}.get(token[0], 0)
            if depth == 0:
                statement.body = (self.at, token.start())
                statement.end = self.at = token.end()
                return
        raise NotNginx("the file ends in a block of Lua", len(self.text))
