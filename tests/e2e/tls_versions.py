"""Clients of one TLS version each, old ones included: what a server accepts and what it resumes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def only(version: ssl.TLSVersion, ca: Path) -> ssl.SSLContext:
    """A client of one version, the old ones included."""
    context = ssl.create_default_context(cafile=str(ca))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@dataclass(frozen=True)
class Handshake:
    version: str | None
    session: ssl.SSLSession | None
    resumed: bool | None


def handshake(
    context: ssl.SSLContext, port: int, session: ssl.SSLSession | None = None
) -> Handshake:
    with (
        socket.create_connection(("127.0.0.1", port), 10) as tcp,
        context.wrap_socket(tcp, server_hostname="localhost", session=session) as tls,
    ):
        tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
        tls.recv(1)  # TLS 1.3 sends what resumes its session after the handshake
        return Handshake(tls.version(), tls.session, tls.session_reused)


def versions(ca: Path, port: int) -> set[str]:
    """Those of TLS 1.1 and later that the server accepts."""
    accepted = set()
    for version in ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        with contextlib.suppress(ssl.SSLError):
            accepted.add(str(handshake(only(version, ca), port).version))
    return accepted
