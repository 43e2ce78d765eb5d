"""Edits of statements, in the indentation and line breaks of the file around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certkit.audit.edits import Edit

if TYPE_CHECKING:
    from certkit.audit.files import Source
    from certkit.audit.nginx.syntax import Word
    from certkit.audit.nginx.tree import Node

_BLANKS: Final = " \t"
_NOTHING_OR_COMMENT: Final = re.compile(r"[ \t]*(#|$)")
# A word that needs no quotes, with no character that nginx, a path or a regular expression
# would take for something else.
PLAIN_WORD: Final = re.compile(r"[\w./~@%+-]+", re.ASCII)


def with_word(node: Node, word: Word, text: str) -> Edit:
    """``text`` in the place of one word of the statement."""
    return Edit(node.source, word.start, word.end, text)


def behind_word(node: Node, word: Word, text: str) -> Edit:
    return Edit(node.source, word.end, word.end, f" {text}")


def without_word(node: Node, word: Word) -> Edit:
    """The word and the blanks before it taken out; a comment between two words stays."""
    start = _back_over_blanks(node.source, word.start)
    return Edit(node.source, start, word.end, "")


def without(node: Node) -> Edit:
    """The statement taken out, with its line where it has one to itself."""
    source, start, end = node.source, node.statement.start, node.statement.end
    line_start, line_end = source.line_start(start), source.line_end(end)
    if source.text[line_start:start].strip(_BLANKS):
        return Edit(source, _back_over_blanks(source, start), end, "")
    if not source.text[end:line_end].strip(_BLANKS):
        return Edit(source, line_start, source.lines(1, source.line(end))[1], "")
    after = source.text[end:line_end]
    return Edit(source, start, end + len(after) - len(after.lstrip(_BLANKS)), "")


def after(node: Node, *statements: str) -> Edit:
    """Statements behind this one, each on a line of its own where this one has its own."""
    source, start, end = node.source, node.statement.start, node.statement.end
    indent = source.text[source.line_start(start) : start]
    line_end = source.line_end(end)
    alone = not indent.strip(_BLANKS) and _NOTHING_OR_COMMENT.match(source.text[end:line_end])
    if not alone:
        return Edit(source, end, end, "".join(f" {text}" for text in statements))
    lines = "".join(f"{source.newline}{indent}{text}" for text in statements)
    return Edit(source, line_end, line_end, lines)


def before(node: Node, *lines: str) -> Edit:
    """Lines above this statement and above the comment that stands directly over it."""
    source, start = node.source, node.statement.start
    at = source.line_start(start)
    indent = source.text[at:start]
    if indent.strip(_BLANKS):
        return Edit(source, start, start, " ".join(line.strip() for line in lines if line) + " ")
    while at > 0:
        above = source.line_start(at - 1)
        if not source.text[above:at].lstrip(_BLANKS).startswith("#"):
            break
        at = above
    text = "".join(f"{indent if line else ''}{line}{source.newline}" for line in lines)
    return Edit(source, at, at, text)


def _back_over_blanks(source: Source, at: int) -> int:
    text = source.text
    while at > 0 and text[at - 1] in _BLANKS:
        at -= 1
    return at
