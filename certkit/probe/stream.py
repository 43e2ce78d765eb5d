"""Octets to and from a peer, plainly or through TLS, each call with its own end."""

from __future__ import annotations

import selectors
import ssl
from typing import TYPE_CHECKING, Final, Protocol

from certkit.probe.deadline import remaining

if TYPE_CHECKING:
    import socket

CHUNK: Final = 16384


class Stream(Protocol):
    """What :class:`Plain` and :class:`certkit.probe.secure.Secure` have in common.

    ``send`` and ``receive`` raise OSError, TimeoutError at ``end``; ``receive`` answers with b""
    when the peer has closed.
    """

    def send(self, octets: bytes, end: float) -> None: ...
    def receive(self, end: float) -> bytes: ...
    def close(self) -> None: ...


class Plain:
    """A connected, non-blocking socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def send(self, octets: bytes, end: float) -> None:
        view = memoryview(octets)
        while view:
            _check(end)
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                self._wait(selectors.EVENT_WRITE, end)

    def receive(self, end: float) -> bytes:
        while True:
            _check(end)
            try:
                return self._socket.recv(CHUNK)
            except BlockingIOError:
                self._wait(selectors.EVENT_READ, end)

    def close(self) -> None:
        self._socket.close()

    def _wait(self, event: int, end: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, event)
            if not selector.select(remaining(end)):
                raise TimeoutError(_LATE)


def _check(end: float) -> None:
    """A peer that never lets us wait must not keep us for ever."""
    if remaining(end) == 0:
        raise TimeoutError(_LATE)


_LATE: Final = "no answer in time"


class Secure:
    """TLS in memory over a :class:`Plain`, so that every octet of the peer is seen.

    ``received`` keeps the first of them.
    """

    def __init__(self, below: Plain, context: ssl.SSLContext, server_name: str | None) -> None:
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self.received = b""

    def shake_hands(self, end: float) -> None:
        """Raises OSError, ssl.SSLError among them."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush(end)
                self._fill(end)
            except ssl.SSLError:
                self._flush_quietly(end)
                raise
            else:
                self._flush(end)
                return

    def send(self, octets: bytes, end: float) -> None:
        self.tls.write(octets)
        self._flush(end)

    def receive(self, end: float) -> bytes:
        while True:
            try:
                return self.tls.read(CHUNK)
            except ssl.SSLWantReadError:
                self._flush(end)  # a key update, or a ticket, may want an answer
                self._fill(end)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def close(self) -> None:
        self._below.close()

    def _flush(self, end: float) -> None:
        if self._outgoing.pending:
            self._below.send(self._outgoing.read(), end)

    def _flush_quietly(self, end: float) -> None:
        """Our own alert, which a peer that has gone need not get."""
        try:
            self._flush(end)
        except OSError:
            return

    def _fill(self, end: float) -> None:
        octets = self._below.receive(end)
        if len(self.received) < 512:
            self.received += octets[: 512 - len(self.received)]
        if octets:
            self._incoming.write(octets)
        else:
            self._incoming.write_eof()
