"""Faults of the WebSocket handshake, and of what comes after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.lab import behaviour
from certkit.lab.behaviour import frame, upgraded
from certkit.lab.scenario import Options, Scenario

if TYPE_CHECKING:
    import socket

    from certkit.lab.server import Handle

_TEXT: Final = 0x1
_CLOSE: Final = 0x8
_UNKNOWN: Final = 0x3
_NO_STATUS: Final = (1006).to_bytes(2)  # RFC 6455 section 7.4.1: never in a close frame


def _only_from(origin: bytes) -> Handle:
    """403 for pages of other origins; a client that is no browser names none."""

    def handle(connection: socket.socket) -> None:
        request = connection.recv(65536)
        if b"\r\nOrigin: " not in request or b"\r\nOrigin: " + origin in request:
            connection.sendall(behaviour.switching(request))
            behaviour.talk(connection)
        else:
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            behaviour.drain(connection)

    return handle


def _hang_up(_: socket.socket) -> None:
    """Leaves without a close frame."""


SCENARIOS: Final = (
    Scenario(
        "bad-accept", "websocket.bad-accept",
        "the server's Sec-WebSocket-Accept is made from another key",
        handle=upgraded(accept=b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ),
    Scenario(
        "no-accept", "websocket.bad-accept",
        "the server's answer has no Sec-WebSocket-Accept",
        handle=upgraded(without=b"Sec-WebSocket-Accept:"),
    ),
    Scenario(
        "no-upgrade", "websocket.missing-upgrade",
        "the server's answer 101 has no Upgrade", handle=upgraded(without=b"Upgrade:"),
    ),
    Scenario(
        "no-connection", "websocket.missing-upgrade",
        "the server's answer 101 has no Connection", handle=upgraded(without=b"Connection:"),
    ),
    Scenario(
        "subprotocol-not-taken", "websocket.subprotocol",
        "the client asks for the subprotocol chat, and the server takes none",
        options=Options(subprotocols=("chat",)),
    ),
    Scenario(
        "subprotocol-unasked", "websocket.subprotocol",
        "the server names a subprotocol that nobody asked for",
        handle=upgraded(more=b"Sec-WebSocket-Protocol: chat\r\n"),
    ),
    Scenario(
        "extension-unasked", "websocket.extension",
        "the server names an extension that nobody asked for",
        handle=upgraded(more=b"Sec-WebSocket-Extensions: x-nonsense\r\n"),
    ),
    Scenario(
        "origin-refused", "websocket.origin-refused",
        "the server takes pages of https://localhost alone",
        handle=_only_from(b"https://localhost"),
        options=Options(origin="https://elsewhere.test"), frame="wss:",
    ),
    Scenario(
        "idle-timeout", "websocket.idle-timeout",
        "the connection is cut after a second of silence",
        handle=upgraded(behaviour.cut_after(1)), options=Options(idle=3),
    ),
    Scenario(
        "hangs-up", "websocket.closed-abnormally",
        "the server leaves without a close frame", handle=upgraded(_hang_up),
    ),
    Scenario(
        "masked-frame", "websocket.protocol-error",
        "the server masks its frames", handle=upgraded(frames=frame(_TEXT, b"hi", masked=True)),
    ),
    Scenario(
        "reserved-bit", "websocket.protocol-error",
        "the server sets a reserved bit: compression that nobody agreed on",
        handle=upgraded(frames=frame(_TEXT, b"hi", first=0xC0)),
    ),
    Scenario(
        "unknown-opcode", "websocket.protocol-error",
        "the server sends a frame of an unknown kind",
        handle=upgraded(frames=frame(_UNKNOWN, b"hi")),
    ),
    Scenario(
        "not-utf8", "websocket.protocol-error",
        "the server sends a text that is not UTF-8",
        handle=upgraded(frames=frame(_TEXT, b"\xff\xfe")),
    ),
    Scenario(
        "close-1006", "websocket.protocol-error",
        "the server closes with 1006, which no frame may say",
        handle=upgraded(_hang_up, frames=frame(_CLOSE, _NO_STATUS)),
    ),
)  # fmt: skip
