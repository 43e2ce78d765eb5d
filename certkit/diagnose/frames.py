"""WebSocket frames as they stand on the wire (RFC 6455 section 5.2), and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
KNOWN: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as sent. ``payload`` is cut after the reader's limit, ``length`` is not;
    a masked one is unmasked. ``shortest``: the length is written in as few octets as it needs.
    """

    opcode: int
    payload: bytes
    length: int
    fin: bool = True
    reserved: int = 0
    masked: bool = False
    shortest: bool = True

    @property
    def whole(self) -> bool:
        """All of the payload is here."""
        return len(self.payload) == self.length

    @property
    def control(self) -> bool:
        return self.opcode >= CLOSE

    @property
    def data(self) -> bool:
        return self.opcode in (TEXT, BINARY)

    @property
    def close_code(self) -> int | None:
        """What a close frame says; None for one without a code and for other frames."""
        if self.opcode != CLOSE or len(self.payload) < 2:
            return None
        return int.from_bytes(self.payload[:2])


def masked_frame(opcode: int, payload: bytes, mask: bytes) -> bytes:
    """A frame of a client's with up to 125 octets: always masked (section 5.3).

    >>> masked_frame(PING, b"hi", bytes(4)).hex()
    '8982000000006869'
    """
    if len(payload) > 125 or len(mask) != 4:
        raise ValueError("125 octets at most, and a mask of 4")
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + _masked(payload, mask)


def read_frame(octets: bytes, limit: int, *, unfinished: bool = False) -> tuple[Frame, int] | None:
    """The first frame and how many octets it takes; None while its head is not complete, or its
    payload is neither complete nor longer than ``limit``, unless it may be ``unfinished``.

    >>> frame, size = read_frame(bytes.fromhex("8a026869"), 1000)
    >>> frame.opcode == PONG, frame.payload, size
    (True, b'hi', 4)
    """
    if len(octets) < 2:
        return None
    first, second = octets[0], octets[1]
    size, at, least = second & 0x7F, 2, 0
    if size >= 126:
        wide = 2 if size == 126 else 8
        if len(octets) < 2 + wide:
            return None
        least = 126 if size == 126 else 65536
        size, at = int.from_bytes(octets[2 : 2 + wide]), 2 + wide
    masked = bool(second & 0x80)
    mask = octets[at : at + 4] if masked else b""
    at += len(mask)
    if masked and len(mask) < 4:
        return None
    payload = octets[at : at + min(size, limit)]
    if len(payload) < min(size, limit) and not unfinished:
        return None
    frame = Frame(
        opcode=first & 0x0F,
        payload=_masked(payload, mask) if masked else payload,
        length=size,
        fin=bool(first & 0x80),
        reserved=(first >> 4) & 0x7,
        masked=masked,
        shortest=size >= least,
    )
    return frame, at + size


def _masked(payload: bytes, mask: bytes) -> bytes:
    return bytes(octet ^ mask[index % 4] for index, octet in enumerate(payload))
