"""Endpoints that misbehave: what each does to whoever connects, on real sockets of loopback.

TLS is blocking `ssl` in threads: servers on asyncio never send the alert that says what is wrong.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import ssl
import threading
import time
import warnings
from typing import TYPE_CHECKING

import certkit
from certkit.lab.behaviour import (
    answering,
    close_after_hello,
    cut_after,
    drain,
    frame,
    plain_400,
    plain_that_closes,
    plain_that_waits,
    reset,
    reset_after_hello,
    ssh,
    status,
    switching,
    talk,
    upgraded,
    wait,
)
from certkit.tls import load_cert_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Handle = Callable[[socket.socket], object]

# What the lab serves too, for the tests beside.
__all__ = [
    "answering",
    "close_after_hello",
    "cut_after",
    "drain",
    "frame",
    "plain_400",
    "plain_that_closes",
    "plain_that_waits",
    "reset",
    "reset_after_hello",
    "ssh",
    "status",
    "switching",
    "talk",
    "upgraded",
    "wait",
]

CA = certkit.CertificateAuthority.create()
ISSUED = CA.issue("localhost", "127.0.0.1")
RSA = CA.issue("localhost", "127.0.0.1", key="rsa2048")
STOPPED = threading.Event()


@contextlib.contextmanager
def serving(handle: Handle, host: str = "127.0.0.1") -> Iterator[int]:
    """The port of a server with a thread for each connection; all end with the block."""
    threads: list[threading.Thread] = []
    stopped = threading.Event()

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, ValueError):
            connection.settimeout(5)
            handle(connection)

    def accept(server: socket.socket) -> None:
        while not stopped.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            thread = threading.Thread(target=one, args=(connection,), daemon=True)
            thread.start()
            threads.append(thread)

    STOPPED.clear()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]
        acceptor = threading.Thread(target=accept, args=(server,), daemon=True)
        acceptor.start()
        try:
            yield port
        finally:
            stopped.set()
            STOPPED.set()
            with contextlib.suppress(OSError):
                socket.create_connection((host, port), timeout=5).close()
            acceptor.join(10)
            for thread in threads:
                thread.join(10)


def pause(seconds: float) -> None:
    """Until the server is stopped, or for so long."""
    if STOPPED.wait(seconds):
        raise ConnectionAbortedError


# --- below TLS ---


def garbage(connection: socket.socket) -> None:
    connection.sendall(bytes(range(128, 256)) * 64)
    drain(connection)


def drip_handshake(connection: socket.socket) -> None:
    connection.recv(65536)
    for octet in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(4000):
        connection.sendall(bytes([octet]))
        pause(0.05)


def flood(connection: socket.socket) -> None:
    """TLS records without end, none of which says anything."""
    connection.recv(65536)
    while not STOPPED.is_set():
        connection.sendall(b"\x16\x03\x03\x3f\xff\x01\x00\xff\xfb" + bytes(16378))


def repeating(octets: bytes, first: bytes = b"") -> Handle:
    """``first`` and then ``octets`` without end, to whoever says something."""

    def handle(connection: socket.socket) -> None:
        if connection.recv(65536):
            connection.sendall(first)
        while not STOPPED.is_set():
            connection.sendall(octets * (4096 // len(octets)))

    return handle


def no_window(connection: socket.socket) -> None:
    """The smallest window that the system gives, and nothing is read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    pause(30)


def behind_proxy_line(then: Handle) -> Handle:
    """As nginx does with ``listen ... proxy_protocol``."""

    def handle(connection: socket.socket) -> None:
        if connection.recv(6, socket.MSG_PEEK) != b"PROXY ":
            reset(connection)
            return
        while connection.recv(1) not in (b"\n", b""):
            pass
        then(connection)

    return handle


def huge_certificate_message(connection: socket.socket) -> None:
    """A real ServerHello would be needed for TLS 1.3; this one claims 16 MB of handshake."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + bytes(16380))
    drain(connection)


# --- TLS ---


def context(issued: certkit.Issued = ISSUED, **settings: object) -> ssl.SSLContext:
    made = certkit.server_context(issued)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, value in settings.items():
            setattr(made, name, value)
    return made


def old_version(version: ssl.TLSVersion) -> ssl.SSLContext:
    made = context(RSA)
    made.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = made.maximum_version = version
    return made


def anonymous() -> ssl.SSLContext:
    made = context(maximum_version=ssl.TLSVersion.TLSv1_2)
    made.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return made


def ec_with_rsa_suites() -> ssl.SSLContext:
    made = context(maximum_version=ssl.TLSVersion.TLSv1_2)
    made.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    return made


def refusing_names() -> ssl.SSLContext:
    return context(sni_callback=lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)


def without_http11() -> ssl.SSLContext:
    """OpenSSL goes on without ALPN where the two sides have no protocol in common."""
    made = context()
    made.set_alpn_protocols(["h2"])
    return made


def long_chain(certificates: int) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = dataclasses.replace(ISSUED, chain=(ISSUED.certificate, *[CA.root] * certificates))
    load_cert_chain(made, issued)
    return made


def internal_error() -> ssl.SSLContext:
    return context(sni_callback=lambda *_: ssl.ALERT_DESCRIPTION_INTERNAL_ERROR)


def secure(made: ssl.SSLContext, then: Callable[[ssl.SSLSocket], object]) -> Handle:
    """TLS, and ``then`` after the handshake; after one that fails the alert is not lost."""

    def handle(connection: socket.socket) -> None:
        try:
            wrapped = made.wrap_socket(connection, server_side=True)
        except OSError:
            drain(connection)
            raise
        with wrapped:
            try:
                then(wrapped)
            except OSError:
                drain(wrapped)

    return handle


# --- HTTP ---


def endless_header(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not STOPPED.is_set():
        connection.sendall(b"X-More: " + b"a" * 8000 + b"\r\n")


def endless_body(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")
    while not STOPPED.is_set():
        connection.sendall(b"b" * 65536)


def endless_interim(connection: socket.socket) -> None:
    connection.recv(65536)
    while not STOPPED.is_set():
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100)


def drip_header(connection: socket.socket) -> None:
    connection.recv(65536)
    for octet in b"HTTP/1.1 101 Switching Protocols\r\n" * 200:
        connection.sendall(bytes([octet]))
        pause(0.05)


def reset_after_request(connection: ssl.SSLSocket) -> None:
    connection.recv(65536)
    raw = socket.socket(fileno=connection.detach())
    reset(raw)


def half_open(connection: ssl.SSLSocket) -> None:
    """Takes the request and ends its own side, without close_notify, and stays."""
    connection.recv(65536)
    raw = socket.socket(fileno=connection.detach())
    with raw:
        raw.shutdown(socket.SHUT_WR)
        pause(30)


def http2(connection: socket.socket) -> None:
    """Ends what does not begin as HTTP/2 does."""
    if connection.recv(65536).startswith(b"PRI * HTTP/2.0"):
        connection.sendall(bytes.fromhex("000006040000000000000300000080"))
        drain(connection)


def switching_with(old: bytes, new: bytes) -> Handle:
    """A right answer to an upgrade, spelled otherwise."""

    def handle(connection: socket.socket) -> None:
        connection.sendall(switching(connection.recv(65536)).replace(old, new))
        talk(connection)

    return handle


# --- WebSocket ---


def pings_unread(connection: socket.socket) -> None:
    while not STOPPED.is_set():
        connection.sendall(frame(0x9, bytes(125)) * 100)


def interim_first(connection: socket.socket) -> None:
    request = connection.recv(65536)
    connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    connection.sendall(switching(request))
    talk(connection)


def mute(connection: socket.socket) -> None:
    """Open, and never says anything."""
    while connection.recv(65536):
        pass


def chatter(connection: socket.socket) -> None:
    """Messages without end, so that a pong never comes."""
    while not STOPPED.is_set():
        connection.sendall((frame(0x2, b"x" * 125)) * 200)


def giant_frame(connection: socket.socket) -> None:
    """A frame of 2**62 octets, as much of it as anybody takes."""
    connection.sendall(b"\x82\x7f" + (2**62).to_bytes(8))
    while not STOPPED.is_set():
        connection.sendall(bytes(65536))


def pings_without_end(connection: socket.socket) -> None:
    while not STOPPED.is_set():
        connection.sendall(frame(0x9, b"?") * 50)
        time.sleep(0.001)
