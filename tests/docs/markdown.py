"""The fenced blocks, headings and links of a Markdown file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE: Final = re.compile(r"(`{3,})(\w*) ?(.*)")
_NAMED_FILE: Final = re.compile(r"(?:#|//|<!--) ([\w./-]+\.[\w]+)(?: -->)?")
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Command:
    """What follows a ``$``, and the lines shown below it."""

    text: str
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A fenced block. ``line`` is the number of its first line inside, ``options`` what follows
    the language: ``exit=2``."""

    language: str
    line: int
    lines: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def file(self) -> str | None:
        """The file that the block is: its first line is a comment that names it."""
        found = self.lines and _NAMED_FILE.fullmatch(self.lines[0])
        return found[1] if found else None

    def commands(self) -> list[Command]:
        """The commands of a ``console`` block with their output.

        >>> block("$ echo a \\\\\\n>   b\\na b\\n").commands()
        [Command(text='echo a \\\\\\n  b', shown=('a b',))]
        """
        found: list[tuple[list[str], list[str]]] = []
        for line in self.lines:
            if line.startswith("$ "):
                found.append(([line[2:]], []))
            elif line.startswith("> ") and found and not found[-1][1]:
                found[-1][0].append(line[2:])
            else:
                found[-1][1].append(line)
        return [Command("\n".join(text), tuple(shown)) for text, shown in found]


def block(text: str, language: str = "console") -> Block:
    return Block(language, 1, tuple(text.splitlines()))


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of ``text`` in their order.

    >>> [(found.language, found.lines) for found in blocks("```sh\\nls\\n```\\n")]
    [('sh', ('ls',))]
    """
    fence, opened = "", 0
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if fence and line == fence:
            head = _FENCE.fullmatch(lines[opened - 1])
            assert head
            options = dict(word.partition("=")[::2] for word in head[3].split())
            yield Block(head[2], opened + 1, tuple(lines[opened : number - 1]), options)
            fence = ""
        elif not fence and (head := _FENCE.fullmatch(line)):
            fence, opened = head[1], number
    assert not fence, f"the block of line {opened} has no end"


def without_blocks(text: str) -> str:
    """``text`` without its fenced and indented blocks and code spans."""
    kept, fence = [], ""
    for line in text.splitlines():
        head = _FENCE.fullmatch(line)
        if fence:
            fence = "" if line == fence else fence
        elif head:
            fence = head[1]
        elif not line.startswith("    "):
            kept.append(re.sub(r"`[^`]*`", "", line))
    return "\n".join(kept)


def links(text: str) -> list[str]:
    """The targets of the links of ``text``.

    >>> links("see [a](b.md#c) and `[x](y)`")
    ['b.md#c']
    """
    return _LINK.findall(without_blocks(text))


def anchors(text: str) -> set[str]:
    """What a ``#`` may point to in ``text``, as GitHub makes it from the headings.

    >>> anchors("## `chain.root-sent`: it's sent")
    {'chainroot-sent-its-sent'}
    """
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}
