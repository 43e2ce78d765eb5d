"""What real clients show for a fault: their own words, read from failures on loopback.

Chromium 156, Firefox ESR 153, Python 3.11 with websockets 17, Node 20 with ws 8, Go 1.27 and
curl 7.88. A browser's page sees one error event without a text and a close code; the words are in
the console. What clients say of a certificate :mod:`certkit.verify.clients` predicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from certkit.diagnose.case import Case

Words = tuple[tuple[str, str], ...]
_CERTIFICATE: Final = "close code 1015"


def words_for(code: str, case: Case) -> Words:
    """Who shows what for a finding; nothing where nothing was measured.

    >>> from datetime import UTC, datetime
    >>> from certkit.diagnose.case import Case
    >>> from certkit.diagnose.observation import Observation, Target
    >>> case = Case(Observation(Target("wss://a.test", "wss")), datetime.now(UTC))
    >>> words_for("tcp.refused", case)[0]
    ('Chromium', 'net::ERR_CONNECTION_REFUSED')
    """
    if code.partition(".")[0] in _OF_CERTIFICATES:
        return tuple(_of_certificate(case))
    rows = _WORDS.get(code)
    answer = case.seen.answer
    head = answer.parsed if answer is not None else None
    if rows is None and head is not None and head.status != 101:
        rows = _STATUS
    status = head.status if head is not None else 0
    return tuple((client, text.format(status=status)) for client, text in rows or ())


_OF_CERTIFICATES: Final = frozenset({"chain", "validity", "name", "usage", "crypto", "revocation"})


def _of_certificate(case: Case) -> Iterator[tuple[str, str]]:
    from certkit.verify.clients import predict

    chain = case.seen.chain
    for each in predict(
        chain[0], roots=case.roots, intermediates=chain[1:], name=case.target.name, at=case.at
    ):
        if each.verdict == "reject":
            yield each.client, each.reason
        elif each.verdict == "accept":
            yield each.client, "connects"


def _rows(chromium: str, firefox: str, python: str, node: str, go: str, curl: str) -> Words:
    row = {
        "Chromium": chromium,
        "Firefox": firefox,
        "Python": python,
        "Node": node,
        "Go": go,
        "curl": curl,
    }
    return tuple((client, text) for client, text in row.items() if text)


_STATUS: Final = _rows(
    "Error during WebSocket handshake: Unexpected response code: {status}",
    "close code 1006",
    "server rejected WebSocket connection: HTTP {status}",
    "Unexpected server response: {status}",
    "websocket: bad handshake",
    "",
)
_NO_AGREEMENT: Final = _rows(
    "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
    f"{_CERTIFICATE}; in a tab SSL_ERROR_NO_CYPHER_OVERLAP",
    "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure",
    "EPROTO sslv3 alert handshake failure",
    "remote error: tls: handshake failure",
    "(35) sslv3 alert handshake failure",
)
_SILENCE: Final = _rows(
    "nothing for more than 12 s",
    "nothing for more than 14 s",
    "timed out during opening handshake",
    "Opening handshake has timed out",
    "i/o timeout",
    "(28) Connection timed out",
)
_WORDS: Final[Mapping[str, Words]] = {
    "url.mixed-content": (
        ("Chromium", "SecurityError for names and public addresses; for private ones it connects"),
        ("Firefox", "SecurityError: The operation is insecure."),
        ("others", "connect: only pages on https have this rule"),
    ),
    "url.bad-scheme": (
        (
            "Chromium",
            "SyntaxError: The URL's scheme must be either 'http', 'https', 'ws', or 'wss'",
        ),
        ("Firefox", "SyntaxError: An invalid or illegal string was specified"),
        ("Python", "scheme isn't ws or wss"),
    ),
    "url.bad-port": (
        ("Chromium", "net::ERR_UNSAFE_PORT"),
        ("Firefox", "close code 1006"),
        ("others", "connect: only browsers have this list"),
    ),
    "url.fragment": (
        ("Chromium", "SyntaxError: Fragment identifiers are not allowed in WebSocket URLs."),
    ),
    "url.tls-port": (
        (
            "Chromium",
            "Unexpected response code: 400, or the connection closes without an answer",
        ),
        ("Firefox", "close code 1006"),
    ),
    "dns.not-found": _rows(
        "net::ERR_NAME_NOT_RESOLVED",
        "close code 1006",
        "[Errno -2] Name or service not known",
        "getaddrinfo ENOTFOUND",
        "no such host",
        "(6) Could not resolve host",
    ),
    "tcp.refused": _rows(
        "net::ERR_CONNECTION_REFUSED",
        "close code 1006",
        "[Errno 111] Connection refused",
        "connect ECONNREFUSED",
        "connect: connection refused",
        "(7) Failed to connect: Couldn't connect to server",
    ),
    "tcp.timeout": _SILENCE,
    "tcp.reset": _rows(
        "net::ERR_CONNECTION_RESET",
        "close code 1006",
        "[Errno 104] Connection reset by peer",
        "read ECONNRESET",
        "connection reset by peer",
        "(35) Recv failure: Connection reset by peer",
    ),
    "tcp.proxy-protocol": _rows(
        "net::ERR_CONNECTION_RESET, or net::ERR_CONNECTION_CLOSED where the server closes",
        "close code 1006",
        "[Errno 104] Connection reset by peer",
        "read ECONNRESET",
        "connection reset by peer",
        "(35) Recv failure: Connection reset by peer",
    ),
    "tls.plain-http": _rows(
        "net::ERR_SSL_PROTOCOL_ERROR, or net::ERR_CONNECTION_CLOSED where the port closes",
        "close code 1015; in a tab SSL_ERROR_RX_RECORD_TOO_LONG",
        "[SSL: WRONG_VERSION_NUMBER] wrong version number",
        "EPROTO wrong version number",
        "tls: first record does not look like a TLS handshake",
        "(35) wrong version number",
    ),
    "tls.no-answer": _SILENCE,
    "tls.closed": _rows(
        "net::ERR_CONNECTION_CLOSED",
        "close code 1006; in a tab PR_END_OF_FILE_ERROR",
        "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol",
        "Client network socket disconnected before secure TLS connection was established",
        "EOF",
        "(35) SSL_ERROR_SYSCALL",
    ),
    "tls.version": _rows(
        "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        f"{_CERTIFICATE}; in a tab SSL_ERROR_PROTOCOL_VERSION_ALERT",
        "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version",
        "EPROTO tlsv1 alert protocol version",
        "remote error: tls: protocol version not supported",
        "(35) legacy sigalg disallowed or unsupported",
    ),
    "tls.no-shared-cipher": _NO_AGREEMENT,
    "tls.sni-rejected": _rows(
        "net::ERR_SSL_UNRECOGNIZED_NAME_ALERT",
        f"{_CERTIFICATE}; in a tab SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
        "[SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name",
        "EPROTO tlsv1 unrecognized name",
        "remote error: tls: unrecognized name",
        "(35) tlsv1 unrecognized name",
    ),
    "tls.alpn-no-http1": _rows(
        "net::ERR_SSL_PROTOCOL_ERROR",
        _CERTIFICATE,
        "[SSL] tlsv1 alert no application protocol",
        "Unexpected server response: 403",
        "websocket: bad handshake",
        "(35) tlsv1 alert no application protocol",
    ),
    "tls.client-cert-required": _rows(
        "WebSocket opening handshake was canceled",
        f"{_CERTIFICATE}; in a tab SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
        "did not receive a valid HTTP response",
        "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "remote error: tls: certificate required",
        "(56) tlsv13 alert certificate required",
    ),
    "http.no-answer": _SILENCE,
    "http.closed": _rows(
        "Connection closed before receiving a handshake response",
        "close code 1006",
        "did not receive a valid HTTP response",
        "socket hang up",
        "unexpected EOF",
        "(52) Empty reply from server",
    ),
    "http.not-http": _rows(
        "Error during WebSocket handshake: net::ERR_INVALID_HTTP_RESPONSE",
        "close code 1006",
        "unsupported protocol; expected HTTP/1.1",
        "Parse Error: Expected HTTP/, RTSP/ or ICE/",
        "malformed HTTP status code",
        "(1) Received HTTP/0.9 when not allowed",
    ),
    "http.unauthorized": _rows(
        "HTTP Authentication failed; no valid credentials available",
        "close code 1006",
        "server rejected WebSocket connection: HTTP 401",
        "Unexpected server response: 401",
        "websocket: bad handshake",
        "",
    ),
    "websocket.bad-accept": _rows(
        "Error during WebSocket handshake: Incorrect 'Sec-WebSocket-Accept' header value",
        "close code 1006",
        "invalid Sec-WebSocket-Accept header",
        "Invalid Sec-WebSocket-Accept header",
        "websocket: bad handshake",
        "",
    ),
    "websocket.missing-upgrade": _rows(
        "Error during WebSocket handshake: 'Upgrade' header is missing",
        "close code 1006",
        "missing Upgrade header",
        "Unexpected server response: 101",
        "websocket: bad handshake",
        "",
    ),
    "websocket.extension": _rows(
        "Error during WebSocket handshake: Found an unsupported extension",
        "close code 1006",
        "Unsupported extension",
        "Server indicated an extension that was not requested",
        "opens",
        "",
    ),
    "websocket.subprotocol": _rows(
        "Error during WebSocket handshake: the header 'Sec-WebSocket-Protocol' does not fit",
        "opens without one; close code 1006 for another one",
        "opens without one; unsupported subprotocol for another one",
        "Server sent no subprotocol, or an invalid subprotocol",
        "opens",
        "",
    ),
    "websocket.protocol-error": _rows(
        "close code 1006, with the fault in the console",
        "close code 1006",
        "close code 1002 or 1007, sent by the client",
        "WS_ERR_...: Invalid WebSocket frame",
        "websocket: bad frame, for most of them",
        "",
    ),
    "websocket.idle-timeout": (("every client", "close code 1006, without a close frame"),),
    "websocket.closed-abnormally": _rows(
        "close code 1006, nothing in the console",
        "close code 1006",
        "no close frame received or sent",
        "close code 1006",
        "websocket: close 1006 (abnormal closure): unexpected EOF",
        "",
    ),
}
