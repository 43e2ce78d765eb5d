"""What real clients show for a fault: their own words, read from failures on loopback.

Chromium 156, Firefox ESR 153, Python 3.11 with websockets 17, Node 20 with ws 8, Go 1.27 and
curl 7.88.
A browser's page sees one error event without a text and a close code; the words are in the console.
Of certificates :mod:`certkit.verify.clients` knows more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from certkit.diagnose.observation import Observation

Words = tuple[tuple[str, str], ...]
_CERTIFICATE: Final = "close code 1015"


def words_for(code: str, seen: Observation) -> Words:
    """The rows for a finding's code; none where nothing was measured.

    >>> from certkit.diagnose.observation import Observation, Target
    >>> words_for("tcp.refused", Observation(Target("wss://a.test", "wss")))[0]
    ('Chromium', 'net::ERR_CONNECTION_REFUSED')
    """
    rows = _WORDS.get(code)
    if rows is None and code.startswith(("http.", "websocket.origin")):
        rows = _STATUS
    head = seen.answer.parsed if seen.answer is not None else None
    status = str(head.status) if head is not None else "?"
    name = f"‘{seen.target.name}’" if seen.target.name else "the name"
    return tuple((client, text.format(status=status, name=name)) for client, text in rows or ())


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
_UNKNOWN_CA: Final = _rows(
    "net::ERR_CERT_AUTHORITY_INVALID",
    f"{_CERTIFICATE}; in a tab SEC_ERROR_UNKNOWN_ISSUER",
    "certificate verify failed: unable to get local issuer certificate",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE unable to verify the first certificate",
    "x509: certificate signed by unknown authority",
    "(60) unable to get local issuer certificate",
)
_WRONG_NAME: Final = _rows(
    "net::ERR_CERT_COMMON_NAME_INVALID",
    f"{_CERTIFICATE}; in a tab SSL_ERROR_BAD_CERT_DOMAIN",
    "certificate verify failed: mismatch, certificate is not valid for {name}",
    "ERR_TLS_CERT_ALTNAME_INVALID Hostname/IP does not match certificate's altnames",
    "x509: certificate is not valid for {name}",
    "(60) no alternative certificate subject name matches target host name {name}",
)
_EXPIRED: Final = _rows(
    "net::ERR_CERT_DATE_INVALID",
    f"{_CERTIFICATE}; in a tab SEC_ERROR_EXPIRED_CERTIFICATE",
    "certificate verify failed: certificate has expired",
    "CERT_HAS_EXPIRED certificate has expired",
    "x509: certificate has expired or is not yet valid",
    "(60) certificate has expired",
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
    "chain.untrusted-root": _UNKNOWN_CA,
    "chain.missing-intermediate": _UNKNOWN_CA,
    "chain.self-signed": _rows(
        "net::ERR_CERT_AUTHORITY_INVALID",
        f"{_CERTIFICATE}; in a tab MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
        "certificate verify failed: self-signed certificate",
        "DEPTH_ZERO_SELF_SIGNED_CERT self-signed certificate",
        "x509: certificate signed by unknown authority",
        "(60) self-signed certificate",
    ),
    "chain.ca-regenerated": _rows(
        "net::ERR_CERT_AUTHORITY_INVALID",
        f"{_CERTIFICATE}; in a tab SEC_ERROR_BAD_SIGNATURE",
        "certificate verify failed: unable to get local issuer certificate",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE unable to verify the first certificate",
        'x509: certificate signed by unknown authority (possibly because of "x509: ...")',
        "(60) unable to get local issuer certificate",
    ),
    "chain.name-constraint": _rows(
        "net::ERR_CERT_INVALID",
        f"{_CERTIFICATE}; in a tab SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
        "certificate verify failed: permitted subtree violation",
        "permitted subtree violation",
        "x509: a root or intermediate certificate is not authorized to sign for this name",
        "(60) permitted subtree violation",
    ),
    "chain.path-too-long": _rows(
        "net::ERR_CERT_INVALID",
        f"{_CERTIFICATE}; in a tab SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
        "certificate verify failed: path length constraint exceeded",
        "PATH_LENGTH_EXCEEDED",
        "x509: too many intermediates for path length constraint",
        "(60) path length constraint exceeded",
    ),
    "chain.issuer-not-ca": _rows(
        "net::ERR_CERT_INVALID",
        f"{_CERTIFICATE}; in a tab SEC_ERROR_UNKNOWN_ISSUER",
        "certificate verify failed: invalid CA certificate",
        "key usage does not include certificate signing",
        "x509: parent certificate cannot sign this kind of certificate",
        "(60) invalid CA certificate",
    ),
    "validity.expired": _EXPIRED,
    "validity.issuer-expired": _EXPIRED,
    "validity.not-yet": _rows(
        "net::ERR_CERT_DATE_INVALID",
        f"{_CERTIFICATE}; in a tab MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE",
        "certificate verify failed: certificate is not yet valid",
        "CERT_NOT_YET_VALID certificate is not yet valid",
        "x509: certificate has expired or is not yet valid",
        "(60) certificate is not yet valid",
    ),
    **dict.fromkeys(
        (
            "name.mismatch",
            "name.no-san",
            "name.ip-as-dns",
            "name.ip-missing",
            "name.wildcard-depth",
            "name.wildcard-apex",
            "name.wildcard-partial",
        ),
        _WRONG_NAME,
    ),
    "usage.eku-not-server": _rows(
        "net::ERR_CERT_INVALID",
        f"{_CERTIFICATE}; in a tab SEC_ERROR_INADEQUATE_CERT_TYPE",
        "certificate verify failed: unsuitable certificate purpose",
        "INVALID_PURPOSE unsuitable certificate purpose",
        "x509: certificate specifies an incompatible key usage",
        "(60) unsuitable certificate purpose",
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
