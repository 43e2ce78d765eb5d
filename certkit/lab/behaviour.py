"""What servers do with a connection: below TLS, in HTTP and on an open WebSocket."""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from certkit.lab.server import Handle

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CHUNK: Final = 65536


# --- below TLS ---


def wait(connection: socket.socket) -> None:
    """Takes what comes and says nothing."""
    while connection.recv(_CHUNK):
        pass


def close_after_hello(connection: socket.socket) -> None:
    connection.recv(_CHUNK)


def reset(connection: socket.socket) -> None:
    """RST instead of FIN: nothing may linger."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_after_hello(connection: socket.socket) -> None:
    connection.recv(_CHUNK)
    reset(connection)


def plain_400(connection: socket.socket) -> None:
    connection.recv(_CHUNK)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    drain(connection)


def ssh(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    drain(connection)


def plain_that_closes(connection: socket.socket) -> None:
    """As websockets does: nothing for TLS, a WebSocket for HTTP."""
    request = connection.recv(_CHUNK)
    if request.startswith(b"GET "):
        connection.sendall(switching(request))
        talk(connection)


def plain_that_waits(connection: socket.socket) -> None:
    """As tornado does."""
    request = connection.recv(_CHUNK)
    if request.startswith(b"GET "):
        connection.sendall(switching(request))
        talk(connection)
    wait(connection)


def wants_proxy_line(connection: socket.socket) -> None:
    """Closes what does not begin with a line of the PROXY protocol."""
    request = connection.recv(_CHUNK)
    if request.startswith(b"PROXY ") and b"\r\n" in request:
        _, _, rest = request.partition(b"\r\n")
        request = rest or connection.recv(_CHUNK)
        connection.sendall(switching(request))
        talk(connection)


def alert(number: int) -> Handle:
    """A fatal TLS alert as the answer to the ClientHello (RFC 8446 section 6)."""

    def handle(connection: socket.socket) -> None:
        connection.recv(_CHUNK)
        connection.sendall(bytes([21, 3, 3, 0, 2, 2, number]))
        drain(connection)

    return handle


def drain(connection: socket.socket) -> None:
    """Reads to the end, so that closing does not reset the connection."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(_CHUNK):
            pass


# --- HTTP ---


def switching(request: bytes, *, accept: bytes | None = None, more: bytes = b"") -> bytes:
    """A right answer to an upgrade; ``more`` are further lines, each with its end."""
    key = next(
        (line.split(b":", 1)[1].strip() for line in request.split(b"\r\n") if b"-Key:" in line), b""
    )
    right = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + (right if accept is None else accept) + b"\r\n" + more + b"\r\n"
    )


def answering(octets: bytes) -> Handle:
    """``octets``, whatever is asked."""

    def handle(connection: socket.socket) -> None:
        connection.recv(_CHUNK)
        connection.sendall(octets)
        drain(connection)

    return handle


def status(line: str, more: str = "", body: str = "") -> Handle:
    """``404 Not Found``; ``more`` are further lines, each with its end."""
    text = f"HTTP/1.1 {line}\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}"
    return answering(text.encode())


# --- WebSocket ---


def upgraded(
    then: Handle | None = None,
    *,
    accept: bytes | None = None,
    more: bytes = b"",
    without: bytes = b"",
    frames: bytes = b"",
) -> Handle:
    """An upgrade as the arguments say, then ``frames``, then ``then``, which is to talk."""

    def handle(connection: socket.socket) -> None:
        answer = switching(connection.recv(_CHUNK), accept=accept, more=more)
        if without:
            lines = [line for line in answer.split(b"\r\n") if not line.startswith(without)]
            answer = b"\r\n".join(lines)
        connection.sendall(answer + frames)
        (then or talk)(connection)

    return handle


def frame(opcode: int, payload: bytes = b"", *, first: int = 0x80, masked: bool = False) -> bytes:
    """A frame of up to 125 octets (RFC 6455 section 5.2); a mask, if any, is of zeros."""
    head = bytes([first | opcode, (0x80 if masked else 0) | len(payload)])
    return head + (bytes(4) if masked else b"") + payload


def talk(connection: socket.socket) -> None:
    """Answers pings and the close, as a server must; a timeout of the socket ends it."""
    while octets := connection.recv(_CHUNK):
        opcode, size = octets[0] & 0xF, octets[1] & 0x7F
        mask, payload = octets[2:6], octets[6 : 6 + size]
        plain = bytes(octet ^ mask[at % 4] for at, octet in enumerate(payload))
        if opcode == 0x9:
            connection.sendall(frame(0xA, plain))
        if opcode == 0x8:
            connection.sendall(frame(0x8, plain))
            return


def cut_after(seconds: float) -> Handle:
    """Ends what is silent, as proxies do."""

    def then(connection: socket.socket) -> None:
        connection.settimeout(seconds)
        with suppress(TimeoutError):
            talk(connection)

    return then
