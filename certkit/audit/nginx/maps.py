"""What a ``map`` makes of the request that opens a WebSocket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from certkit.audit.nginx.tree import Node

# RFC 6455 section 4.1; nginx compares without regard to case.
_HANDSHAKE: Final[Mapping[str, str]] = {"http_upgrade": "websocket", "http_connection": "upgrade"}
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_UNKNOWN: Final = frozenset({"include", "hostnames"})


def value_in_handshake(node: Node) -> str | None:
    """The value of the variable that ``node`` defines; None where it cannot be told.

    An equal string comes first, then the first regular expression, then ``default``.
    """
    if node.name != "map" or len(node.args) != 2:
        return None
    source = expanded(node.args[0])
    rows = {each.name: each.args[0] for each in node.children if len(each.args) == 1}
    if source is None or not _UNKNOWN.isdisjoint(each.name for each in node.children):
        return None
    for text, value in rows.items():
        if text.lower().removeprefix("\\") == source.lower() and text != "default":
            return expanded(value)
    for text, value in rows.items():
        if text.startswith("~"):
            matches = _matches(text[1:], source)
            if matches is None:
                return None
            if matches:
                return expanded(value)
    return expanded(rows.get("default", ""))


def expanded(text: str) -> str | None:
    """``text`` as it is in a handshake; None with a variable whose value is not known."""
    known = True

    def value(found: re.Match[str]) -> str:
        nonlocal known
        name = found[1] or found[2]
        known = known and name in _HANDSHAKE
        return _HANDSHAKE.get(name, "")

    result = _VARIABLE.sub(value, text)
    return result if known else None


def _matches(pattern: str, text: str) -> bool | None:
    """As nginx does, ``*`` in front for any case; None for all but plain letters between ``^`` and
    ``$``: what somebody else wrote as a regular expression may take for ever.
    """
    found = _PLAIN.fullmatch(pattern)
    if found is None:
        return None
    word, whole = (found[3].lower(), text.lower()) if found[1] else (found[3], text)
    at_start, at_end = bool(found[2]), bool(found[4])
    if at_start and at_end:
        return whole == word
    if at_start or at_end:
        return whole.startswith(word) if at_start else whole.endswith(word)
    return word in whole


_PLAIN: Final = re.compile(r"(\*?)(\^?)([A-Za-z0-9-]+)(\$?)")
