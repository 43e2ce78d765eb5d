"""HTML, and what looks like it (Vue, Svelte): where its scripts and its attributes are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG: Final = re.compile(r"<!--|<([a-zA-Z][^\s/>]*)")
_ATTRIBUTE: Final = re.compile(
    r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|(\{[^{}]*+\})|([^\s"'>{]++)))?"""
)
_SKIP: Final = re.compile(r"""[\s/"'=<{}]++""")
_END_OF_SCRIPT: Final = re.compile(r"</script\b", re.IGNORECASE)
_END_OF_STYLE: Final = re.compile(r"</style\b", re.IGNORECASE)
_IN_HEAD: Final = re.compile(
    r"""\s++|<!--.*?-->|<!(?!--)[^>]*+>|</?(?:html|head|base|link|meta)\b(?:[^>"']|"[^"]*+"|'[^']*+')*+>"""
    r"|<(title|script|style)\b.*?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
# Attributes whose value is a program: handlers, and the bindings of Vue, Svelte, Alpine, Angular.
_CODE: Final = re.compile(r"on|@|:|v-|x-|\(|\[|#|hx-on|bind:|\{", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a page: ``code`` is a program, the rest the value of ``attribute`` of ``tag``.

    The values of one tag have the same ``opened``, which is where it begins.
    """

    start: int
    end: int
    code: bool
    tag: str = ""
    attribute: str = ""
    opened: int = -1


def parts(text: str) -> Iterator[Part]:
    """Scripts and attribute values in their order; comments, styles and plain text left out.

    >>> page = '<!-- <a b=c> --><p id="x" onclick="f()">ws://no</p><script>g()</script>'
    >>> [(page[each.start:each.end], each.code) for each in parts(page)]
    [('x', False), ('f()', True), ('g()', True)]
    """
    at = 0
    while (found := _TAG.search(text, at)) is not None:
        at = found.end()
        if found[1] is None:
            close = text.find("-->", at)
            at = len(text) if close < 0 else close + 3
            continue
        tag = found[1].lower()
        for name, start, end in _attributes(text, at):
            if name is None:
                at = end
            else:
                code = bool(_CODE.match(name)) or text[start : start + 1] == "{"
                yield Part(start, end, code, tag, name.lower(), found.start())
        if tag in ("script", "style"):
            pattern = _END_OF_SCRIPT if tag == "script" else _END_OF_STYLE
            ending = pattern.search(text, at)
            end = len(text) if ending is None else ending.start()
            if tag == "script":
                yield Part(at, end, code=True, tag=tag)
            at = end


def head_end(text: str) -> int:
    """Where a browser is past the head of the page at the latest: at the first thing that no head
    holds. What stands behind it may still be in the head; nothing before it is in the body.

    >>> page = "<!doctype html><title>a < b</title> <meta charset=utf-8><p><meta name=x>"
    >>> page[head_end(page):]
    '<p><meta name=x>'
    """
    at = 0
    while (found := _IN_HEAD.match(text, at)) is not None:
        at = found.end()
    return at


def _attributes(text: str, at: int) -> Iterator[tuple[str | None, int, int]]:
    """(name, start, end) of each value of the tag; at last (None, start, end) of its ``>``."""
    while at < len(text) and text[at] != ">":
        found = _ATTRIBUTE.match(text, at)
        if found is None:
            skipped = _SKIP.match(text, at)
            at = skipped.end() if skipped else at + 1
            continue
        for group in (2, 3, 4, 5):
            if found[group] is not None:
                yield found[1], found.start(group), found.end(group)
        at = found.end()
    yield None, at, min(at + 1, len(text))
