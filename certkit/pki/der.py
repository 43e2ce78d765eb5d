"""The little DER (ITU-T X.690) that cryptography does not offer: the outer shell, out and in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
SEQUENCE: Final = 0x30
NULL: Final = b"\x05\x00"


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of ``parts``, each encoded already."""
    return tagged(SEQUENCE, b"".join(parts))


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return tagged(OCTET_STRING, value)


def integer(value: int) -> bytes:
    """An INTEGER that is not negative."""
    # One byte more than the bits need when the top bit is set: DER integers are signed.
    return tagged(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def tagged(tag: int, value: bytes) -> bytes:
    """One element."""
    if len(value) < 0x80:
        return bytes([tag, len(value)]) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + value


def span(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at ``at`` starts and where the element ends.

    Raises ValueError for one that is cut short or has no definite length.
    """
    if len(data) < at + 2:
        raise ValueError("cut short")
    start, length = at + 2, data[at + 1]
    if length & 0x80:
        start += length & 0x7F
        if not 1 <= length & 0x7F <= 4 or len(data) < start:
            raise ValueError("no length that can be read")
        length = int.from_bytes(data[at + 2 : start], "big")
    if len(data) < start + length:
        raise ValueError("cut short")
    return start, start + length


def inside(element: bytes) -> bytes:
    """The content of the element that ``element`` begins with. Raises as :func:`span`."""
    start, end = span(element, 0)
    return element[start:end]


def elements(data: bytes) -> Iterator[bytes]:
    r"""The elements that stand one after the other in ``data``. Raises as :func:`span`.

    >>> list(elements(bytes.fromhex("0500 020101")))
    [b'\x05\x00', b'\x02\x01\x01']
    """
    at = 0
    while at < len(data):
        _, end = span(data, at)
        yield data[at:end]
        at = end
