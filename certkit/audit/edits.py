"""Changes to a text, by place: everything else stays as it is, comments and blanks included."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from certkit.audit.files import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A line of a bundle may be the whole bundle: of those a patch shows the place alone.
_LONGEST_LINE: Final = 400
_AROUND: Final = 40
# str.splitlines breaks at more characters than patch does.
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """``text`` in the place of what stands from ``start`` to ``end``."""

    source: Source
    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """``text`` with every edit made; the same edit twice counts once.

    Edits at one place are made in the order given. One that overlaps an earlier one is left out:
    it was made for a text that is no longer there.
    """
    parts: list[str] = []
    at = 0
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end)):
        if edit.start >= at:
            parts += (text[at : edit.start], edit.text)
            at = edit.end
    return "".join([*parts, text[at:]])


def patch(edits: Sequence[Edit]) -> str:
    """The edits as a unified diff without context, one part for each file.

    >>> from pathlib import Path
    >>> source = Source(Path("a.conf"), "listen 443;\\nssl on;\\n")
    >>> print(patch([Edit(source, 10, 10, " ssl"), Edit(source, 12, 20, "")]))
    --- a.conf
    +++ a.conf
    @@ -1,2 +1 @@
    -listen 443;
    -ssl on;
    +listen 443 ssl;
    """
    parts: list[str] = []
    for source in dict.fromkeys(edit.source for edit in edits):
        parts.append(f"--- {source.path}\n+++ {source.path}")
        grown = 0
        for first, last, group in _by_lines(source, edits):
            hunk, more = _hunk(source, (first, last), group, grown)
            parts += [hunk] if hunk else []
            grown += more
    return "\n".join(parts)


def _by_lines(source: Source, edits: Iterable[Edit]) -> list[tuple[int, int, list[Edit]]]:
    """The edits of one file in groups that touch the same lines, or lines side by side."""
    groups: list[tuple[int, int, list[Edit]]] = []
    own = [edit for edit in edits if edit.source is source]
    for edit in sorted(own, key=lambda edit: (edit.start, edit.end)):
        first, last = source.line(edit.start), source.line(edit.end)
        if groups and first <= groups[-1][1] + 1:
            before, until, members = groups[-1]
            groups[-1] = (before, max(until, last), [*members, edit])
        else:
            groups.append((first, last, [edit]))
    return groups


def _hunk(
    source: Source, lines: tuple[int, int], edits: Sequence[Edit], grown: int
) -> tuple[str, int]:
    """One hunk, and by how many lines it grows the text; ``grown``: those before it did."""
    start, end = source.lines(*lines)
    text = source.text[start:end]
    moved = [Edit(source, edit.start - start, edit.end - start, edit.text) for edit in edits]
    old, new = _LINE.findall(text), _LINE.findall(apply(text, moved))
    if max(map(len, [*old, *new]), default=0) > _LONGEST_LINE:
        return "\n".join(_excerpt(edit) for edit in edits), 0
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    old, new = old[same:], new[same:]
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    if not old and not new:
        return "", 0
    number = lines[0] + same
    header = f"@@ -{_range(number, len(old))} +{_range(number + grown, len(new))} @@"
    marked = [*(_marked("-", line) for line in old), *(_marked("+", line) for line in new)]
    return "\n".join([header, *marked]), len(new) - len(old)


def _range(number: int, count: int) -> str:
    """A range of lines as diff spells it: of no lines, it names the line before."""
    return f"{number}" if count == 1 else f"{number if count else number - 1},{count}"


def _marked(mark: str, line: str) -> str:
    if line.endswith("\n"):
        return mark + line[:-1]
    return f"{mark}{line}\n\\ No newline at end of file"


def _excerpt(edit: Edit) -> str:
    text, line_start = edit.source.text, edit.source.line_start(edit.start)
    before = text[max(line_start, edit.start - _AROUND) : edit.start]
    after = text[edit.end : min(edit.source.line_end(edit.end), edit.end + _AROUND)]
    place = f"@ line {edit.source.line(edit.start)}, column {edit.start - line_start + 1} @"
    return f"{place}\n-{before}{text[edit.start : edit.end]}{after}\n+{before}{edit.text}{after}"
