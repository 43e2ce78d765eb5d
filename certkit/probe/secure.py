"""One TLS handshake, and all that can be seen of it. Nothing is verified here."""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from certkit.diagnose.observation import Alert, Failure, Handshake
from certkit.probe.deadline import Stopwatch
from certkit.probe.dial import failure_of, words
from certkit.probe.stream import Plain, Secure

if TYPE_CHECKING:
    import socket

    from certkit.diagnose.observation import Attempted

# What some client of today offers, RSA key exchange and CBC included (browsers still do). Security
# level 0, so that a weak certificate is seen and judged, and not hidden behind a failed handshake.
_MODERN: Final = "DEFAULT:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0"
_ANYTHING: Final = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
_ALERT: Final = 21
_HANDSHAKE: Final = 22
_CERTIFICATE_REQUEST: Final = 13
_FATAL: Final = 2
# RFC 8446 section 6 and RFC 5246 section 7.2; the rest is "alert N".
ALERTS: Final = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}


@dataclass(slots=True)
class _Heard:
    """What the peer said in TLS that Python's ssl module does not tell."""

    alert: Alert | None = None
    certificate_asked: bool = False

    # The signature is that of SSLContext._msg_callback, which every Python since 3.8 has.
    def __call__(
        self,
        _tls: object,
        direction: str,
        _version: object,
        content: int,
        kind: int,
        octets: bytes,
    ) -> None:
        if direction != "read":
            return
        if content == _ALERT and len(octets) == 2 and octets[1]:
            number = octets[1]
            name = ALERTS.get(number, f"alert {number}")
            self.alert = Alert(number, name, fatal=octets[0] == _FATAL)
        elif content == _HANDSHAKE and kind == _CERTIFICATE_REQUEST:
            self.certificate_asked = True


class SecureConnection:
    """A socket on which a handshake was made; :meth:`seen` may tell more later on, since a server
    of TLS 1.3 refuses a missing client certificate only after the handshake.
    """

    def __init__(
        self,
        connection: socket.socket,
        server_name: str | None,
        end: float,
        *,
        attempted: Attempted = "modern",
        version: ssl.TLSVersion | None = None,
        ciphers: str | None = None,
        alpn: str = "http/1.1",
    ) -> None:
        self._heard = _Heard()
        self._attempted = attempted
        self._watch = Stopwatch()
        self._failure: Failure | None = None
        context = make_context(attempted, version, ciphers)
        context.set_alpn_protocols([alpn])
        context._msg_callback = self._heard  # type: ignore[attr-defined]  # noqa: SLF001
        self.stream = Secure(Plain(connection), context, server_name)
        try:
            self.stream.shake_hands(end)
        except OSError as error:
            self._failure = _tls_failure(error)
        except ValueError as error:  # a name that OpenSSL does not take for SNI
            self._failure = Failure("other", words(error))
        self._ms = self._watch.ms

    @property
    def complete(self) -> bool:
        return self._failure is None

    def seen(self) -> Handshake:
        tls = self.stream.tls
        cipher = tls.cipher()
        return Handshake(
            ms=self._ms,
            attempted=self._attempted,
            complete=self.complete,
            version=tls.version() if self.complete else None,
            cipher=cipher[0] if cipher else None,
            alpn=tls.selected_alpn_protocol(),
            chain=sent_chain(tls),
            alert=self._heard.alert,
            client_certificate_asked=self._heard.certificate_asked,
            received=self.stream.received,
            failure=self._failure,
        )


def make_context(
    attempted: Attempted, version: ssl.TLSVersion | None = None, ciphers: str | None = None
) -> ssl.SSLContext:
    """A client that trusts nobody and asks nothing; ``version`` is then the only one offered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers or (_MODERN if attempted == "modern" else _ANYTHING))
    # OpenSSL 3 calls a missing close_notify an error; whether octets are missing HTTP says itself.
    context.options |= getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the old versions, which is why
        if version is not None:
            context.minimum_version = context.maximum_version = version
        elif attempted == "modern":
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        else:
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def sent_chain(tls: Any) -> tuple[bytes, ...]:  # noqa: ANN401 - SSLObject or SSLSocket
    """The DER of what was sent; public since Python 3.13, and the same inside 3.10 to 3.12."""
    if hasattr(tls, "get_unverified_chain"):
        return tuple(tls.get_unverified_chain())
    found = tls._sslobj.get_unverified_chain()  # noqa: SLF001
    return tuple(ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in found or ())


def _tls_failure(error: OSError) -> Failure:
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Failure("closed", "the connection was closed")
    if isinstance(error, ssl.SSLError):
        return Failure("other", words(error))
    return failure_of(error)
