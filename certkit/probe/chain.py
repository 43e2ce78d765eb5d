"""Fetch the certificates that a TLS server really sends, whatever they are worth.

Nothing is judged here: the handshake takes every certificate, weak keys and old versions too,
so that :mod:`certkit.verify` can say what is wrong.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError, ExitCode
from certkit.pki.certificate import Certificate
from certkit.pki.refusal import quoted
from certkit.text import printable

if TYPE_CHECKING:
    from certkit.probe.address import Address

DEADLINE: Final = 10.0
"""Seconds for connection and handshake; the lookup of a name has the limit of the system."""


@dataclass(frozen=True, slots=True)
class SentChain:
    """``certificates`` in the order in which the server sent them, the leaf first.

    ``peer`` is the address that answered, ``version`` and ``cipher`` what was agreed;
    ``interrupted`` says why the handshake broke off after the certificates had come.
    """

    certificates: tuple[Certificate, ...]
    peer: str
    version: str | None
    cipher: str | None
    interrupted: str | None = None


def fetch_chain(address: Address, *, deadline: float = DEADLINE) -> SentChain:
    """The chain that the server at ``address`` sends to a client that asks for its name.

    Raises CertkitError, exit code 3: ``dns.not-found``, ``tcp.refused``, ``tcp.timeout``,
    ``tcp.reset``, ``tcp.unreachable``, ``tls.plain-http``, ``tls.no-answer``, ``tls.closed``,
    ``tls.handshake-failed``, ``tls.no-certificate``.
    """
    end = time.monotonic() + deadline
    connection = _connect(address, end)
    peer = _shown_peer(connection)
    with connection:
        wrapped = _context().wrap_socket(
            connection, server_hostname=address.server_name, do_handshake_on_connect=False
        )
        with wrapped:
            failure = _handshake(wrapped, end)
            chain = _chain(wrapped)
            if not chain:
                raise _tls_failure(address, peer, failure)
            cipher = wrapped.cipher()
            return SentChain(
                tuple(map(Certificate.from_der, chain)),
                peer,
                wrapped.version(),
                cipher[0] if cipher else None,
                _words(failure) if failure else None,
            )


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.set_alpn_protocols(["http/1.1"])
    return context


def _connect(address: Address, end: float) -> socket.socket:
    where = _where(address.host, address.port)
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise _failure(
            "dns.not-found",
            f"the name {quoted(address.host)} cannot be resolved: {_words(error)}",
            "add it to the hosts file or DNS, or dial an address: --connect 10.0.0.5:443",
        ) from error
    last: OSError | None = None
    for family, kind, protocol, _, target in found:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(max(end - time.monotonic(), 0.001))
        try:
            connection.connect(target)
        except OSError as error:
            connection.close()
            last = error
        else:
            connection.settimeout(0)
            return connection
    raise _connection_failure(where, last)


def _handshake(wrapped: ssl.SSLSocket, end: float) -> OSError | None:
    """None when it is done, else why it failed."""
    while True:
        try:
            wrapped.do_handshake()
        except ssl.SSLWantReadError:
            ready = select.select([wrapped], [], [], max(end - time.monotonic(), 0))[0]
        except ssl.SSLWantWriteError:
            ready = select.select([], [wrapped], [], max(end - time.monotonic(), 0))[1]
        except OSError as error:
            return error
        else:
            return None
        if not ready:
            return TimeoutError("the handshake took too long")


def _chain(wrapped: ssl.SSLSocket) -> list[bytes]:
    """The DER of what was sent; public since Python 3.13, and the same inside 3.10 to 3.12."""
    if hasattr(wrapped, "get_unverified_chain"):
        return list(wrapped.get_unverified_chain())
    found = wrapped._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # noqa: SLF001
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in found or ()]


def _tls_failure(address: Address, peer: str, failure: OSError | None) -> CertkitError:
    """A server that sent no certificate at all."""
    reason = getattr(failure, "reason", None) or ""
    if isinstance(failure, TimeoutError):
        return _failure(
            "tls.no-answer",
            f"{peer} is connected and does not answer in TLS",
            "is it a plain port? try the URL with ws:// or http:// in a client",
        )
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return _failure(
            "tls.plain-http",
            f"{peer} does not speak TLS on this port",
            "configure TLS there (nginx: listen ... ssl), or use the port that has it: "
            "certkit snippet nginx",
        )
    if isinstance(failure, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionResetError):
        return _failure(
            "tls.closed",
            f"{peer} closed the connection in the handshake",
            "look into the server's log: a missing certificate and a plain port look like this",
        )
    if failure is None:
        return _failure("tls.no-certificate", f"{peer} sent no certificate", "look into its log")
    asked = f" for {quoted(address.server_name)}" if address.server_name else ""
    return _failure(
        "tls.handshake-failed",
        f"{peer} refused the handshake{asked}: {_words(failure)}",
        "does the server know this name? look into its log",
    )


def _connection_failure(where: str, error: OSError | None) -> CertkitError:
    if isinstance(error, ConnectionRefusedError):
        return _failure(
            "tcp.refused", f"nothing listens on {where}", "start the server, or check the port"
        )
    if isinstance(error, TimeoutError):
        return _failure(
            "tcp.timeout",
            f"{where} does not answer",
            "is it the right address, and does a firewall let the port through?",
        )
    if isinstance(error, ConnectionResetError):
        return _failure("tcp.reset", f"{where} reset the connection", "look into the server's log")
    return _failure(
        "tcp.unreachable",
        f"{where} cannot be reached: {_words(error) if error else 'it has no address'}",
        "check the address and the network",
    )


def _failure(code: str, message: str, hint: str) -> CertkitError:
    return CertkitError(code, message, hint=hint, exit_code=ExitCode.ENVIRONMENT)


def _words(error: Exception) -> str:
    """What the system or OpenSSL says, without its source line."""
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return printable(
        str(reason).replace("_", " ").lower() if str(reason).isupper() else str(reason)
    )


def _where(host: str, port: int) -> str:
    return printable(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _shown_peer(connection: socket.socket) -> str:
    host, port = connection.getpeername()[:2]
    return _where(host, port)
