"""The string literals of JavaScript and its kin, minified bundles included, without comments.

Not a parser: it only has to know strings, templates, regular expressions and comments from the
rest. Where a text is none of what it looks like (JSX with an apostrophe), it goes on behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEXT: Final = re.compile(r"""[/"'`{}]""")
_STRING: Final = {
    '"': re.compile(r'"(?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*+"'),
    "'": re.compile(r"'(?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*+'"),
}
_IN_TEMPLATE: Final = re.compile(r"`|\$\{|\\[\s\S]")
_REGEX: Final = re.compile(r"/(?:[^/\\\[\r\n]|\\.|\[(?:[^\]\\\r\n]|\\.)*+\])++/")
# A slash divides after a value. After these words, which look like one, a pattern begins.
_BEFORE_REGEX: Final = re.compile(
    r"(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|else|do|await|yield)$"
)
_VALUE_END: Final = re.compile(r"[\w$)\]\"'`]$")
_LOOK_BACK: Final = 16
_CONDITION: Final = re.compile(r"(?:^|[^\w$.])(?:if|while|for|with)\s*$")
_LONGEST_CONDITION: Final = 200
# How many characters may be looked at in vain, for each of the text: hostile quotes that never
# close would otherwise cost the square of their number.
_PATIENCE: Final = 8


@dataclass(frozen=True, slots=True)
class Literal:
    """A string: ``start`` and ``end`` are around its content, without the quotes.

    Of a template, the content ends at the first ``${``; ``dynamic`` says that it goes on there.
    """

    start: int
    end: int
    quote: str
    dynamic: bool = False


def literals(text: str, start: int, end: int) -> Iterator[Literal]:
    """The literals between ``start`` and ``end``, in order; a template once its head is read.

    >>> text = 'a = "x"; /* "no" */ b = `ws://${"h"}/`; // "nor this"'
    >>> [text[each.start:each.end] for each in literals(text, 0, len(text))]
    ['x', 'ws://', 'h']
    """
    scanner = _Scanner(text, start, end)
    while scanner.at < end:
        literal = scanner.in_template() if scanner.templates_open() else scanner.in_code()
        if literal is not None:
            yield literal


@dataclass(slots=True)
class _Scanner:
    text: str
    at: int
    end: int
    begin: int = -1
    stack: list[str] = field(default_factory=list)
    """``{`` an open brace, ``$`` one of a template's ``${``, a backquote an open template."""
    head: int = -1
    """Where the head of the template began that is being read; -1 behind its first ``${``."""
    patience: int = 0

    def __post_init__(self) -> None:
        self.begin = self.at
        self.patience = _PATIENCE * (self.end - self.at) + 1000

    def templates_open(self) -> bool:
        return bool(self.stack) and self.stack[-1] == "`"

    def in_template(self) -> Literal | None:
        found = _IN_TEMPLATE.search(self.text, self.at, self.end)
        if found is None:
            self.at = self.end
            return None
        self.at = found.end()
        if found[0].startswith("\\"):
            return None
        head, self.head = self.head, -1
        if found[0] == "`":
            self.stack.pop()
        else:
            self.stack.append("$")
        return Literal(head, found.start(), "`", found[0] == "${") if head >= 0 else None

    def in_code(self) -> Literal | None:
        found = _NEXT.search(self.text, self.at, self.end)
        if found is None:
            self.at = self.end
            return None
        start, character = found.start(), found[0]
        self.at = start + 1
        if character in "\"'":
            return self.string(start, character)
        if character == "/":
            self.slash(start)
        elif character == "`":
            self.stack.append("`")
            self.head = self.at
        elif character == "{":
            self.stack.append("{")
        elif self.stack:
            self.stack.pop()
        return None

    def string(self, start: int, quote: str) -> Literal | None:
        found = _STRING[quote].match(self.text, start, self.end)
        if found is None:
            self.waste(start)
            return None
        self.at = found.end()
        return Literal(start + 1, self.at - 1, quote)

    def slash(self, start: int) -> None:
        following = self.text[start + 1 : start + 2]
        if following == "/":
            newline = self.text.find("\n", start, self.end)
            self.at = self.end if newline < 0 else newline
        elif following == "*":
            close = self.text.find("*/", start + 2, self.end)
            self.at = self.end if close < 0 else close + 2
        elif not self.divides(start):
            found = _REGEX.match(self.text, start, self.end)
            if found is None:
                self.waste(start)
            else:
                self.at = found.end()

    def divides(self, at: int) -> bool:
        before = self.text[max(self.begin, at - _LOOK_BACK) : at].rstrip()
        if before.endswith(")"):
            return not self.closes_condition(at)
        return bool(_VALUE_END.search(before)) and not _BEFORE_REGEX.search(before)

    def closes_condition(self, at: int) -> bool:
        """``if (x) /y/.test(z)``: behind a condition a statement begins."""
        before = self.text[max(self.begin, at - _LONGEST_CONDITION) : at].rstrip()
        depth, place = 0, len(before)
        while place > 0:
            place -= 1
            depth += {")": 1, "(": -1}.get(before[place], 0)
            if depth == 0:
                break
        self.spend(len(before) - place)
        return depth == 0 and _CONDITION.search(before[:place]) is not None

    def waste(self, start: int) -> None:
        """What began at ``start`` ends nowhere on its line: how much was looked at in vain."""
        newline = self.text.find("\n", start, self.end)
        self.spend((self.end if newline < 0 else newline) - start)

    def spend(self, characters: int) -> None:
        self.patience -= characters
        if self.patience < 0:
            self.at = self.end
