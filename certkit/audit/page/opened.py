"""``wss://`` URLs that a script opens for certain, and whose host and port stand there in full."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certkit.audit.page.javascript import literals
from certkit.audit.page.websockets import kind_of
from certkit.audit.policy import DEFAULT_PORT, Opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.audit.page.javascript import Literal

_MENTIONED: Final = re.compile(r"wss:", re.IGNORECASE)
_URL: Final = re.compile(
    r"wss://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?(?=([/?]|$))([^\s?#\\]*)", re.IGNORECASE
)
_DIRECTLY: Final = re.compile(r"\bnew\s+(?:window\.)?WebSocket\(\s*[\"'`]$")
# A name that is assigned once, and too long to be one of many that a minifier gave.
_NAMED: Final = re.compile(r"\bconst\s+([A-Za-z_$][\w$]{2,})\s*=\s*[\"'`]$")
_BY_NAME: Final = re.compile(r"\bnew\s+(?:window\.)?WebSocket\(\s*([A-Za-z_$][\w$]{2,})\s*[,)]")
_ENDS: Final = re.compile(r"[\"'`]\s*[,;)\r\n]|[\"'`]\s*$")
_LOOK_BACK: Final = 80


def opened(text: str, start: int, end: int) -> Iterator[Opened]:
    """Those of the program from ``start`` to ``end``.

    Where a literal goes on with what is computed, its path is not known. Loopback is left out:
    it is for development.

    >>> text = 'const url = "wss://a.test:8443/x"; new WebSocket(url)'
    >>> list(opened(text, 0, len(text)))
    [Opened(host='a.test', port=8443, path='/x')]
    """
    if not _MENTIONED.search(text, start, end):
        return
    names = {found[1] for found in _BY_NAME.finditer(text, start, end)}
    for literal in literals(text, start, end):
        before = text[max(start, literal.start - _LOOK_BACK) : literal.start]
        named = _NAMED.search(before)
        if _DIRECTLY.search(before) or (named and named[1] in names):
            url = _url(text, literal)
            if url is not None:
                yield url


def _url(text: str, literal: Literal) -> Opened | None:
    whole = not literal.dynamic and _ENDS.match(text, literal.end)
    found = _URL.match(text[literal.start : literal.end])
    if found is None or not (found[3] or whole):
        return None
    port = int(found[2] or DEFAULT_PORT)
    path = (found[4] or "/") if whole else None
    host = found[1].lower()
    is_url = 0 < port < 2**16 and kind_of(host) != "loopback"
    return Opened(host, port, path) if is_url else None
