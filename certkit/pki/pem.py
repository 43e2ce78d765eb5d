"""PEM armour (RFC 7468): blocks out, and blocks in from whatever people saved or pasted."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Labels are upper case (RFC 7468 section 2 would allow more): what is printed in a message must
# not be base64 that slipped into the marker's line.
_MARKER: Final = re.compile(r"-----(BEGIN|END) ([A-Z0-9 .#]{1,40})-----")
# The IV has the size of the cipher's block: 16 hex digits for DES, 32 for AES.
_DEK_INFO: Final = re.compile(
    r"DEK-Info: (?:DES[A-Z0-9-]*,[0-9A-F]{16}|AES[A-Z0-9-]*,[0-9A-F]{32})"
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block. ``der`` is None when it has no end or its base64 is damaged.

    ``headers`` are the lines of RFC 1421 (``Proc-Type: 4,ENCRYPTED``), ``line`` counts from 1,
    ``tidy`` says that OpenSSL, Go and Java find the block too.
    """

    label: str
    line: int
    der: bytes | None
    headers: tuple[str, ...]
    tidy: bool

    @property
    def is_encrypted(self) -> bool:
        """Whether it is a key in the encryption of RFC 1421, as ``openssl rsa -aes256`` wrote."""
        return any("ENCRYPTED" in header for header in self.headers)

    def legacy_key(self) -> bytes | None:
        """The encrypted key as PEM for cryptography; None when its headers are damaged.

        cryptography 50 panics in Rust, past every ``except Exception``, when the IV is too short.
        """
        cipher = next(filter(None, map(_DEK_INFO.fullmatch, self.headers)), None)
        if cipher is None or self.der is None:
            return None
        first, rest = encode(self.label, self.der).split(b"\n", 1)
        headers = f"Proc-Type: 4,ENCRYPTED\n{cipher[0]}\n".encode()
        return b"\n".join([first, headers, rest])


def encode(label: str, der: bytes) -> bytes:
    r"""One PEM block: ``label`` in its header, ``der`` as base64 in lines of 64 characters.

    >>> encode("CERTIFICATE", b"\x30\x00")
    b'-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'
    """
    body = b64encode(der).decode("ascii")
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def text_of(data: bytes) -> tuple[str, str | None]:
    """``data`` as text with Unix line ends, and what its encoding is called if readers refuse it.

    All but UTF-16 is read as Latin-1, which loses nothing: only the ASCII in it matters.
    """
    name, codec = next(
        (row[1:] for row in _ENCODINGS if data.startswith(row[0])), (None, "latin-1")
    )
    text = data.decode(codec, "replace")
    if "\r" in text and "\n" not in text:
        name = name or "text with CR line ends"
    return text.replace("\r\n", "\n").replace("\r", "\n"), name


# Measured: Go and Java refuse a byte order mark, OpenSSL, Go, Java and Node refuse the others.
_ENCODINGS: Final = (
    (b"\xef\xbb\xbf", "UTF-8 with a byte order mark", "utf-8-sig"),
    (b"\xff\xfe", "UTF-16", "utf-16"),
    (b"\xfe\xff", "UTF-16", "utf-16"),
    (b"-\x00-\x00", "UTF-16", "utf-16-le"),
    (b"\x00-\x00-", "UTF-16", "utf-16-be"),
)


def blocks(text: str) -> Iterator[Block]:
    r"""Every block in ``text`` (with Unix line ends), whatever stands between them.

    Indented blocks, blocks on one line and blocks with a literal ``\n`` for each line end (from an
    environment variable or JSON) are read as well, and are not ``tidy``.
    """
    escaped = "-----\\n" in text or "-----\\r" in text
    if escaped:
        text = text.replace("\\r", "").replace("\\n", "\n")
    begin, line, counted = None, 1, 0
    for marker in _MARKER.finditer(text):
        if marker[1] == "END":
            if begin is not None:
                yield _block(text, begin, marker, line=line, escaped=escaped)
            begin = None
            continue
        if begin is not None:
            yield Block(begin[2], line, None, (), tidy=False)
        line += text.count("\n", counted, marker.start())
        begin, counted = marker, marker.start()
    if begin is not None:
        yield Block(begin[2], line, None, (), tidy=False)


def _block(
    text: str, begin: re.Match[str], end: re.Match[str], *, line: int, escaped: bool
) -> Block:
    lines = text[begin.end() : end.start()].split("\n")
    headers = tuple(one.strip() for one in lines if ":" in one)
    body = "".join("".join(one.split()) for one in lines if ":" not in one)
    try:
        der = b64decode(body, validate=True) if begin[2] == end[2] else None
    except ValueError:
        der = None
    # OpenSSL, Go and Java agree on this much: each marker alone on its line, and no empty line
    # inside, but for the one that ends the headers.
    alone = (
        text[max(begin.start() - 1, 0) : begin.start()] in {"", "\n"}
        and not lines[0].strip()
        and len(lines) > 1
        and not lines[-1]
        and text[end.end() : end.end() + 80].partition("\n")[0].strip() == ""
    )
    full = headers or all(one.strip() for one in lines[1:-1])
    return Block(begin[2], line, der or None, headers, tidy=bool(alone and full and not escaped))
