"""The request that opens a WebSocket (RFC 6455 section 4.1), and what comes back on it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from certkit.diagnose.http_head import is_http2
from certkit.diagnose.observation import Answer, Failure
from certkit.probe.deadline import Stopwatch
from certkit.probe.dial import failure_of

if TYPE_CHECKING:
    from certkit.diagnose.observation import Target
    from certkit.probe.stream import Stream

HEAD_LIMIT: Final = 65536
BODY_LIMIT: Final = 4096
_SWITCHING: Final = b"101"
_NO_BODY: Final = frozenset({b"204", b"304"})
_FRAME_HEAD: Final = 9
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
_LAST_CHUNK: Final = b"0\r\n\r\n"
_CHUNK_SIZE: Final = re.compile(rb"(?:\r\n)?([0-9A-Fa-f]{1,8})[^\r\n]{0,100}\r\n")


def request_for(
    target: Target, key: str, origin: str | None, *, upgrade: bool | None = None
) -> bytes:
    """An upgrade for ws and wss, a GET for http and https, or as ``upgrade`` says."""
    lines = [f"GET {target.resource} HTTP/1.1", f"Host: {target.authority}"]
    if target.websocket if upgrade is None else upgrade:
        lines += [
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        lines += [f"Origin: {origin}"] if origin else []
        if target.subprotocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(target.subprotocols)}")
    else:
        lines += ["Accept: */*", "Connection: close"]
    lines += ["User-Agent: certkit", "", ""]
    return "\r\n".join(lines).encode("ascii")


def ask(stream: Stream, request: bytes, end: float) -> tuple[Answer, bytes]:
    """The answer, and the octets after its head: of a 101 the first frames."""
    watch = Stopwatch()
    received = b""
    failure: Failure | None = None
    head: bytes | None = None
    try:
        stream.send(request, end)
    except OSError as error:
        # A server may answer and close before it has read all; what it said is there to read.
        failure = failure_of(error)
    try:
        while head is None and len(received) < HEAD_LIMIT:
            octets = stream.receive(end)
            if not octets:
                failure = Failure("closed", "the connection was closed")
                break
            received += octets
            head, received = _split(received)
    except OSError as error:
        failure = failure_of(error)
    if head is None:
        late = len(received) >= HEAD_LIMIT
        return Answer(watch.ms, received[:HEAD_LIMIT], failure=failure, overlong=late), b""
    ms = watch.ms
    if head[9:12] == _SWITCHING:
        return Answer(ms, head), received
    body = b"" if head[9:12] in _NO_BODY else _body(stream, received, head, _soon(end))
    return Answer(ms, head, _unchunked(body) if _is_chunked(head) else body), b""


def answers_in_http2(stream: Stream, end: float) -> bool:
    """Whether the preface of HTTP/2 is answered with settings (RFC 9113 section 3.4)."""
    received = b""
    try:
        stream.send(_PREFACE, end)
        while len(received) < _FRAME_HEAD and (octets := stream.receive(end)):
            received += octets
    except OSError:
        return False
    return is_http2(received)


def _split(received: bytes) -> tuple[bytes | None, bytes]:
    """A whole head and what follows it; interim answers (RFC 9110 section 15.2) are left out."""
    while True:
        ends = [
            at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := received.find(mark)) > 0
        ]
        if not ends:
            return None, received
        head, rest = received[: min(ends)], received[min(ends) :]
        if head[9:10] != b"1" or head[9:12] == _SWITCHING or not head.startswith(b"HTTP/1."):
            return head, rest
        received = rest


def _soon(end: float) -> float:
    """A body is only looked at for what it says of the fault: half a second is long enough."""
    return min(end, time.monotonic() + 0.5)


def _body(stream: Stream, received: bytes, head: bytes, end: float) -> bytes:
    wanted = min(_length(head), BODY_LIMIT)
    chunked = _is_chunked(head)
    try:
        while len(received) < wanted and not (chunked and received.endswith(_LAST_CHUNK)):
            octets = stream.receive(end)
            if not octets:
                break
            received += octets
    except OSError:
        pass
    return received[:BODY_LIMIT]


def _length(head: bytes) -> int:
    """Content-Length where it is sent; otherwise the body is read to its end."""
    value = _field(head, b"content-length")
    return int(value) if value.isdigit() and len(value) < 20 else BODY_LIMIT


def _is_chunked(head: bytes) -> bool:
    return _field(head, b"transfer-encoding").endswith(b"chunked")


def _field(head: bytes, name: bytes) -> bytes:
    for line in head.lower().split(b"\n"):
        key, _, value = line.partition(b":")
        if key == name:
            return value.strip()
    return b""


def _unchunked(body: bytes) -> bytes:
    """The body without the sizes between its parts (RFC 9112 section 7.1), as far as it is one."""
    parts: list[bytes] = []
    while found := _CHUNK_SIZE.match(body):
        size = int(found[1], 16)
        parts.append(body[found.end() : found.end() + size])
        body = body[found.end() + size :]
    return b"".join(parts)
