"""The ways in which one fault shows, where clients tell them apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certkit.diagnose import frames
from certkit.diagnose.checks.url import chromium_allows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from certkit.diagnose.case import Case
    from certkit.diagnose.http_head import Head

_ENDS_IN_NUMBER: Final = re.compile(r"[a-z]+://[^/?#]*\.\d+(?::\d*)?(?:[/?#]|$)")


def variant(code: str, case: Case) -> str:
    """One word for how ``code`` shows here, empty where all clients say the same."""
    find = _VARIANTS.get(code)
    return find(case) if find is not None else ""


def _head(case: Case) -> Head | None:
    return case.seen.answer.parsed if case.seen.answer is not None else None


def _plain_http(case: Case) -> str:
    """What a TLS client meets: an HTTP answer, other octets, an end, or nothing."""
    handshake = case.seen.handshake
    if handshake is None or handshake.received.startswith(b"HTTP/"):
        return ""
    if handshake.received:
        return "banner"
    waits = handshake.failure is not None and handshake.failure.kind == "timeout"
    return "waits" if waits else "closes"


def _bad_host(case: Case) -> str:
    """What ends in a number and is no address is no host for browsers (URL standard, 3.5)."""
    return "number" if _ENDS_IN_NUMBER.match(case.target.url) else ""


def _mixed_content(case: Case) -> str:
    return "private" if chromium_allows(case.target.name) else ""


def _tls_port(case: Case) -> str:
    return "closes" if _head(case) is None else ""


def _proxy_protocol(case: Case) -> str:
    return "" if case.target.secure else "plain"


def _client_certificate(case: Case) -> str:
    handshake = case.seen.handshake
    return "1.2" if handshake is not None and not handshake.complete else "1.3"


def _accept(case: Case) -> str:
    head = _head(case)
    return "missing" if head is not None and head.get("sec-websocket-accept") is None else ""


def _upgrade(case: Case) -> str:
    head = _head(case)
    return "connection" if head is not None and "websocket" in head.tokens("upgrade") else ""


def _subprotocol(case: Case) -> str:
    head = _head(case)
    if head is None or head.get("sec-websocket-protocol") is None:
        return "none"
    return "other" if case.target.subprotocols else "unasked"


def _protocol_error(case: Case) -> str:
    for frame in case.seen.session.frames if case.seen.session is not None else ():
        if frame.masked:
            return "masked"
        if frame.reserved:
            return "reserved"
        if frame.opcode not in frames.KNOWN:
            return "opcode"
        if frame.opcode == frames.CLOSE:
            return "close"
    return ""


_VARIANTS: Final[Mapping[str, Callable[[Case], str]]] = {
    "url.bad-host": _bad_host,
    "url.mixed-content": _mixed_content,
    "url.tls-port": _tls_port,
    "tcp.proxy-protocol": _proxy_protocol,
    "tls.plain-http": _plain_http,
    "tls.client-cert-required": _client_certificate,
    "websocket.bad-accept": _accept,
    "websocket.missing-upgrade": _upgrade,
    "websocket.subprotocol": _subprotocol,
    "websocket.protocol-error": _protocol_error,
}
