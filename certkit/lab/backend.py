"""The backend behind the lab's proxies: a WebSocket echo that is as strict as real ones are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.lab.behaviour import drain, switching

if TYPE_CHECKING:
    import socket

_MOST: Final = 2**16
_CLOSE: Final = 0x8
_PING: Final = 0x9
_PONG: Final = 0xA
_PLAIN: Final = 125
_LENGTHS: Final = {126: 2, 127: 8}


def serve(connection: socket.socket) -> None:
    """One request: an upgrade and its echo, or what real backends refuse it with."""
    head = _head(connection)
    refusal = _refusal(head)
    if refusal:
        connection.sendall(f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n".encode())
        drain(connection)
    else:
        connection.sendall(switching(head))
        _echo(connection)


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MOST:
        octets = connection.recv(_MOST)
        if not octets:
            raise ConnectionError("the client left before its request was whole")
        head += octets
    return head


def _refusal(head: bytes) -> str:
    request, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    fields = {name.lower(): value.strip() for name, _, value in pairs}
    if not request.endswith("HTTP/1.1"):
        return "505 HTTP Version Not Supported"
    asked = fields.get("upgrade", "").lower(), "upgrade" in fields.get("connection", "").lower()
    if asked != ("websocket", True):
        return "426 Upgrade Required\r\nUpgrade: websocket"
    origin, host = fields.get("origin", "").partition("://")[2], fields.get("host", "")
    return "403 Forbidden" if origin and not _is_same_site(origin, host) else ""


def _is_same_site(origin: str, host: str) -> bool:
    """The same host, and a port in both or in none; the lab's own page has another one."""
    page, asked = origin.partition(":"), host.partition(":")
    return page[:2] == asked[:2]


def _echo(connection: socket.socket) -> None:
    with connection.makefile("rb") as stream:
        while head := stream.read(2):
            opcode, size = head[0] & 0xF, head[1] & 0x7F
            size = int.from_bytes(stream.read(_LENGTHS.get(size, 0)) or bytes([size]))
            if size >= _MOST:
                return
            mask = stream.read(4)
            payload = bytes(octet ^ mask[at % 4] for at, octet in enumerate(stream.read(size)))
            answer = _PONG if opcode == _PING else opcode
            if opcode != _PONG:
                connection.sendall(bytes([head[0] & 0xF0 | answer]) + _length(size) + payload)
            if opcode == _CLOSE:
                return


def _length(size: int) -> bytes:
    return bytes([size]) if size <= _PLAIN else bytes([126]) + size.to_bytes(2)
