"""What real clients show for a fault: their own words, read from failures on loopback.

Chromium 156, Firefox ESR 153, Python 3.11 with websockets 17, Node 20 with ws 8, Go 1.27 and
curl 7.88. A browser's page sees one error event without a text and a close code; the words are in
the console. What they say of a certificate :mod:`certkit.verify.clients` predicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Words = tuple[tuple[str, str], ...]
_CERTIFICATE: Final = "close code 1015"


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


STATUS: Final = _rows(
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
_NO_ANSWER: Final = _rows(
    "Connection closed before receiving a handshake response",
    "close code 1006",
    "did not receive a valid HTTP response",
    "socket hang up",
    "unexpected EOF",
    "(52) Empty reply from server",
)
_RESET: Final = _rows(
    "net::ERR_CONNECTION_RESET",
    "close code 1006",
    "[Errno 104] Connection reset by peer",
    "read ECONNRESET",
    "connection reset by peer",
    "(35) Recv failure: Connection reset by peer",
)
_CLOSED: Final = _rows(
    "net::ERR_CONNECTION_CLOSED",
    "close code 1006; in a tab PR_END_OF_FILE_ERROR",
    "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol",
    "Client network socket disconnected before secure TLS connection was established",
    "EOF",
    "(35) SSL_ERROR_SYSCALL",
)
_SILENCE: Final = _rows(
    "nothing for more than 12 s",
    "nothing for more than 14 s",
    "timed out during opening handshake",
    "Opening handshake has timed out",
    "i/o timeout",
    "(28) Connection timed out",
)
_THROWN: Final = (
    "SecurityError: Failed to construct 'WebSocket': An insecure WebSocket connection may not be "
    "initiated from a page loaded over HTTPS."
)
_INSECURE: Final = (
    ("Firefox", "SecurityError: The operation is insecure."),
    ("others", "connect: only pages on https have this rule"),
)
# By code, or by code and variant (see variants.py).
WORDS: Final[Mapping[str, Words]] = {
    "url.mixed-content": (
        ("Chromium", _THROWN),
        *_INSECURE,
    ),
    "url.mixed-content private": (
        ("Chromium", "connects; in the console: Insecure access is deprecated."),
        *_INSECURE,
    ),
    "page.local-network-access": (
        ("Chromium", "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS, until the user allows it"),
        ("others", "connect: only Chromium has this rule"),
    ),
    "url.bad-scheme": (
        (
            "Chromium",
            "SyntaxError: The URL's scheme must be either 'http', 'https', 'ws', or 'wss'",
        ),
        ("Firefox", "SyntaxError: An invalid or illegal string was specified"),
        ("Python", "scheme isn't ws or wss"),
    ),
    "url.bad-host number": (
        ("Chromium", "SyntaxError: Failed to construct 'WebSocket': The URL '{url}' is invalid."),
        ("Firefox", "SyntaxError: An invalid or illegal string was specified"),
    ),
    "url.bad-port": (
        ("Chromium", "net::ERR_UNSAFE_PORT"),
        ("Firefox", "close code 1006"),
        ("others", "connect: only browsers have this list"),
    ),
    "url.fragment": (
        ("Chromium", "SyntaxError: Fragment identifiers are not allowed in WebSocket URLs."),
        ("Firefox", "SyntaxError: An invalid or illegal string was specified"),
    ),
    "url.tls-port": STATUS,
    "url.tls-port closes": _NO_ANSWER,
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
    "tcp.unreachable": (
        ("Chromium", "net::ERR_ADDRESS_UNREACHABLE"),
        ("Firefox", "close code 1006"),
    ),
    "tcp.timeout": _SILENCE,
    "tcp.reset": _RESET,
    # nginx closes with octets unread: which of the two arrives first is chance.
    "tcp.proxy-protocol": (
        ("Chromium", "net::ERR_CONNECTION_RESET, or net::ERR_CONNECTION_CLOSED"),
        *_RESET[1:],
    ),
    "tcp.proxy-protocol plain": _NO_ANSWER,
    "tls.plain-http": _rows(
        "net::ERR_SSL_PROTOCOL_ERROR",
        "close code 1015; in a tab SSL_ERROR_RX_RECORD_TOO_LONG",
        "[SSL: WRONG_VERSION_NUMBER] wrong version number",
        "EPROTO wrong version number",
        "tls: first record does not look like a TLS handshake",
        "(35) wrong version number",
    ),
    "tls.plain-http banner": _rows(
        "net::ERR_SSL_PROTOCOL_ERROR",
        "close code 1006",
        "[SSL: WRONG_VERSION_NUMBER] wrong version number",
        "EPROTO wrong version number",
        "tls: first record does not look like a TLS handshake",
        "(35) wrong version number",
    ),
    "tls.plain-http closes": _CLOSED,
    "tls.plain-http waits": _SILENCE,
    "tls.no-answer": _SILENCE,
    "tls.closed": _CLOSED,
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
    "tls.client-cert-required 1.2": _rows(
        "WebSocket opening handshake was canceled",
        f"{_CERTIFICATE}; in a tab SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
        "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure",
        "EPROTO sslv3 alert handshake failure",
        "remote error: tls: handshake failure",
        "(35) sslv3 alert handshake failure",
    ),
    "tls.handshake-failed": (
        ("Chromium", "net::ERR_SSL_PROTOCOL_ERROR"),
        ("Firefox", _CERTIFICATE),
    ),
    "http.no-answer": _SILENCE,
    "http.closed": _NO_ANSWER,
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
    "websocket.bad-accept missing": _rows(
        "Error during WebSocket handshake: 'Sec-WebSocket-Accept' header is missing",
        "close code 1006",
        "missing Sec-WebSocket-Accept header",
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
    "websocket.missing-upgrade connection": _rows(
        "Error during WebSocket handshake: 'Connection' header is missing",
        "close code 1006",
        "missing Connection header",
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
    "websocket.subprotocol none": _rows(
        "Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no "
        "response was received",
        "opens",
        "opens",
        "Server sent no subprotocol",
        "opens",
        "",
    ),
    "websocket.subprotocol unasked": _rows(
        "Error during WebSocket handshake: Response must not include 'Sec-WebSocket-Protocol' "
        "header if not present in request",
        "opens",
        "no subprotocols supported",
        "Server sent a subprotocol but none was requested",
        "opens",
        "",
    ),
    "websocket.subprotocol other": _rows(
        "Error during WebSocket handshake: 'Sec-WebSocket-Protocol' header value in response does "
        "not match any of sent values",
        "close code 1006",
        "unsupported subprotocol",
        "Server sent an invalid subprotocol",
        "opens",
        "",
    ),
    "websocket.protocol-error": _rows(
        "close code 1006; in the console: Could not decode a text frame as UTF-8.",
        "close code 1006",
        "sent 1007 (invalid frame payload data)",
        "WS_ERR_INVALID_UTF8",
        "takes a text as it is",
        "",
    ),
    "websocket.protocol-error masked": _rows(
        "close code 1006; in the console: A server must not mask any frames that it sends to the "
        "client.",
        "opens, and takes the frame",
        "sent 1002 (protocol error) incorrect masking",
        "WS_ERR_UNEXPECTED_MASK",
        "websocket: bad MASK",
        "",
    ),
    "websocket.protocol-error reserved": _rows(
        "close code 1006; in the console: One or more reserved bits are on",
        "close code 1006",
        "sent 1002 (protocol error) reserved bits must be 0",
        "WS_ERR_UNEXPECTED_RSV_1",
        "websocket: RSV1 set",
        "",
    ),
    "websocket.protocol-error opcode": _rows(
        "close code 1006; in the console: Unrecognized frame opcode",
        "close code 1006",
        "sent 1002 (protocol error) invalid opcode",
        "WS_ERR_INVALID_OPCODE",
        "websocket: bad opcode",
        "",
    ),
    "websocket.protocol-error close": _rows(
        "close code 1006; in the console: Received a broken close frame containing a reserved "
        "status code.",
        "close code of the frame",
        "sent 1002 (protocol error) invalid status code",
        "WS_ERR_INVALID_CLOSE_CODE",
        "websocket: bad close code",
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
