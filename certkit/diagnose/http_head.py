"""The head of an HTTP/1 answer, read from whatever octets a peer sent (RFC 9112)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_STATUS: Final = re.compile(rb"HTTP/(1\.[01]) ([1-9][0-9]{2})(?: ([^\r\n]*))?")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)")
_BREAK: Final = re.compile(rb"\r?\n")
# Obsolete, and a client replaces it by a blank (RFC 9112 section 5.2).
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Head:
    """``fields`` in the order sent, names in lower case; the text is Latin-1."""

    version: str
    status: int
    reason: str
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The value of the field; several are joined by a comma (RFC 9110 section 5.3)."""
        values = [value for each, value in self.fields if each == name]
        return ", ".join(values) if values else None

    def tokens(self, name: str) -> frozenset[str]:
        """The comma-separated members of the field, in lower case."""
        parts = (self.get(name) or "").lower().split(",")
        return frozenset(part.strip() for part in parts if part.strip())


def parse_head(octets: bytes) -> Head | None:
    r"""The head, its last blank line left out or not; None when it is no HTTP/1.

    >>> parse_head(b"HTTP/1.1 404 Not Found\r\nServer: nginx\r\n\r\n").status
    404
    >>> parse_head(b"SSH-2.0-OpenSSH_9.2\r\n") is None
    True
    """
    first, *lines = _BREAK.split(_FOLD.sub(b" ", octets.rstrip(b"\r\n")))
    status = _STATUS.fullmatch(first)
    if status is None:
        return None
    fields: list[tuple[str, str]] = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            return None
        fields.append((field[1].decode("ascii").lower(), field[2].strip(b" \t").decode("latin-1")))
    reason = (status[3] or b"").decode("latin-1")
    return Head(status[1].decode("ascii"), int(status[2]), reason, tuple(fields))


def is_folded(octets: bytes) -> bool:
    """Whether a field goes on in another line."""
    return _FOLD.search(octets) is not None


def odd_line(octets: bytes) -> bytes | None:
    r"""The line because of which a head that begins well is none.

    >>> odd_line(b"HTTP/1.1 200 OK\r\nServer: x\r\nno colon\r\n\r\n")
    b'no colon'
    """
    first, *lines = _BREAK.split(_FOLD.sub(b" ", octets.rstrip(b"\r\n")))
    if not _STATUS.fullmatch(first):
        return None
    return next((line for line in lines if not _FIELD.fullmatch(line)), None)


def is_http2(octets: bytes) -> bool:
    r"""Whether it begins with a SETTINGS frame, as a server of HTTP/2 does (RFC 9113 section 3.4).

    >>> is_http2(bytes.fromhex("00001204000000000000030000008000040001"))
    True
    >>> is_http2(b"HTTP/1.1 400 Bad Request")
    False
    """
    return len(octets) >= 9 and octets[:1] == b"\0" and octets[3:9] == b"\x04\0\0\0\0\0"
