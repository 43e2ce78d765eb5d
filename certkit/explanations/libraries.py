"""Phrases of client libraries, Safari and proxies; the form is that of :mod:`.symptoms`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNTRUSTED: Final = "chain.untrusted-root chain.missing-intermediate"
_ANY: Final = f"{_UNTRUSTED} name.mismatch validity.expired"
_NAME: Final = "name.mismatch name.ip-missing name.no-san"
_EXPIRED: Final = "validity.expired validity.not-yet validity.issuer-expired"
_MIXED: Final = "url.mixed-content page.insecure-websocket"
_PLAIN: Final = "tls.plain-http nginx.listen-without-ssl"
_BROKEN_OFF: Final = "websocket.closed-abnormally websocket.idle-timeout"
_IDLE: Final = "websocket.idle-timeout nginx.short-read-timeout"
_HOST: Final = "http.forbidden http.bad-request"

LIBRARIES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "aiohttp 3.14": {
            "ClientConnectorError: Cannot connect to host … [None]": "tls.closed tls.plain-http",
            "ServerDisconnectedError": "http.closed url.tls-port tcp.proxy-protocol",
            "message='Invalid challenge response'": "websocket.bad-accept",
            "message='Invalid upgrade header'": "websocket.missing-upgrade",
            "message='Invalid connection header'": "websocket.missing-upgrade",
            "NonHttpUrlClientError": "url.bad-scheme",
            "Bad status line": "http.not-http",
            "WSCloseCode.PROTOCOL_ERROR": "websocket.protocol-error",
            "WSCloseCode.INVALID_TEXT": "websocket.protocol-error",
        },
        "requests 2.34, urllib3 and http.client": {
            "Remote end closed connection without response": "http.closed url.tls-port",
            "BadStatusLine": "http.not-http",
            "No connection adapters were found": "url.bad-scheme",
            "ConnectTimeoutError": "tcp.timeout",
            "Read timed out": "http.no-answer tls.no-answer",
            "hostname … doesn't match": _NAME,
        },
        "httpx 0.28": {
            "Server disconnected without sending a response": "http.closed url.tls-port",
            "illegal status line": "http.not-http",
            "Request URL has an unsupported protocol": "url.bad-scheme",
            "ConnectTimeout": "tcp.timeout tls.no-answer",
            "The read operation timed out": "http.no-answer",
            "All connection attempts failed": "tcp.refused tcp.unreachable",
        },
        "websocket-client 1.9": {
            "Connection to remote host was lost": "websocket.closed-abnormally http.closed "
            "websocket.idle-timeout",
            "Invalid WebSocket Header": "websocket.bad-accept websocket.missing-upgrade",
            "rsv is not implemented": "websocket.protocol-error",
            "Invalid close opcode": "websocket.protocol-error",
            "WebSocketPayloadException: cannot decode": "websocket.protocol-error",
            "scheme … is invalid": "url.bad-scheme",
        },
        "websockets 10 and 17": {
            "fragment identifier is meaningless": "url.fragment",
            "InvalidUpgrade": "websocket.missing-upgrade",
            "sent 1002": "websocket.protocol-error",
            "sent 1007": "websocket.protocol-error",
        },
        "tornado 6.6": {
            "Non-websocket response": "http.ok-not-upgraded",
            "HTTPStreamClosedError": "http.closed url.tls-port",
            "Timeout during TLS handshake": "tls.no-answer tls.plain-http",
            "Timeout while connecting to": "tcp.timeout",
            "Timeout during request": "http.no-answer",
        },
        "Ruby 3.1, Net::HTTP": {
            "EOFError: end of file reached": "http.closed url.tls-port",
            "wrong status line": "http.not-http",
            "Net::OpenTimeout": "tcp.timeout tls.no-answer",
            "Net::ReadTimeout": "http.no-answer",
        },
        "OpenSSL, its list of reasons (read, not run)": {
            "version too low": "tls.version",
            "dh key too small": "tls.weak-cipher",
            "DECODER routines unsupported": "files.wrong-format files.encrypted-key",
            "common libcrypto routines interrupted or cancelled": "files.encrypted-key",
        },
        "Ruby's and PHP's own check of the name (read, not run)": {
            "does not match the server certificate": _NAME,
            "Peer certificate CN … did not match expected CN": _NAME,
        },
        "okhttp, Apache HttpClient, the JDK (read, not run)": {
            "Expected 'Connection' header value 'Upgrade' but was": "websocket.missing-upgrade",
            "Expected 'Upgrade' header value 'websocket' but was": "websocket.missing-upgrade",
            "Expected 'Sec-WebSocket-Accept' header value … but was": "websocket.bad-accept",
            "SSLPeerUnverifiedException: Hostname … not verified": _NAME,
            "SSLPeerUnverifiedException: Hostname 10.0.0.5 not verified": (
                "name.ip-missing name.ip-as-dns name.no-san"
            ),
            "doesn't match any of the subject alternative names": _NAME,
            "CLEARTEXT communication … not permitted by network security policy": _MIXED,
            "didn't receive pong within": _BROKEN_OFF,
            "ConnectException: Failed to connect to": "tcp.refused tcp.timeout",
            "No appropriate protocol (protocol is disabled or cipher suites are inappropriate)": (
                "tls.version"
            ),
            "is not accepted by client preferences": "tls.version",
        },
        ".NET (read, not run)": {
            "errors in the certificate chain: UntrustedRoot": "chain.untrusted-root",
            "errors in the certificate chain: PartialChain": _UNTRUSTED,
            "errors in the certificate chain: NotTimeValid": _EXPIRED,
            "RemoteCertificateChainErrors": f"{_UNTRUSTED} validity.expired",
            "without completing the close handshake": _BROKEN_OFF,
            "Cannot determine the frame size or a corrupted frame was received": _PLAIN,
            "The handshake failed due to an unexpected packet format": _PLAIN,
            "Received an unexpected EOF or 0 bytes from the transport stream": "tls.closed",
            "the remote party has closed the transport stream": "tls.closed",
        },
        "Windows sockets and WinINet (documents, not run)": {
            "actively refused it": "tcp.refused",
            "did not properly respond after a period of time": "tcp.timeout",
            "forcibly closed by the remote host": "tcp.reset",
            "WebSocket Error … 12007": "dns.not-found",
            "WebSocket Error … 12029": "tcp.refused tcp.timeout",
            "WebSocket Error … 12037": _EXPIRED,
            "WebSocket Error … 12038": "name.mismatch",
            "WebSocket Error … 12045": _UNTRUSTED,
            "WebSocket Error … 12157": "tls.handshake-failed tls.version",
            "ERROR_INTERNET_SECURITY_CHANNEL_ERROR": "tls.handshake-failed tls.version",
            "DLG_FLAGS_SEC_CERT_CN_INVALID": "name.mismatch",
            "DLG_FLAGS_SEC_CERT_DATE_INVALID": _EXPIRED,
            "DLG_FLAGS_INVALID_CA": _UNTRUSTED,
            "CERT_TRUST_IS_UNTRUSTED_ROOT": _UNTRUSTED,
        },
        "gorilla/websocket and coder/websocket (read, not run)": {
            "failed to read frame header": _BROKEN_OFF,
            "websocket: close 1006": f"{_BROKEN_OFF} chain.untrusted-root",
            "request Origin … is not authorized for Host": "websocket.origin-refused "
            "nginx.host-loses-port",
            "malformed ws or wss URL": "url.bad-scheme",
            "unsupported protocol scheme": "url.bad-scheme",
            "unexpected url scheme": "url.bad-scheme",
        },
        "tungstenite and rustls (read, not run)": {
            "Connection reset without closing handshake": "websocket.closed-abnormally",
            "ResetWithoutClosingHandshake": "websocket.closed-abnormally",
            'Key mismatch in "Sec-WebSocket-Accept" header': "websocket.bad-accept",
            "SecWebSocketAcceptKeyMismatch": "websocket.bad-accept",
            'No "Upgrade: websocket" header': "websocket.missing-upgrade",
            'No "Connection: upgrade" header': "websocket.missing-upgrade",
            "Reserved bits are non-zero": "websocket.protocol-error",
            "URL scheme not supported": "url.bad-scheme",
            "UnsupportedUrlScheme": "url.bad-scheme",
            "NotValidForName": _NAME,
            "InvalidCertificate(Expired)": _EXPIRED,
        },
        "ws, its address check (read, not run)": {
            "The URL's protocol must be one of": "url.bad-scheme",
        },
        "Chromium's log, its pages and frames (read, not run)": {
            "net_error -200": "name.mismatch name.ip-missing name.no-san",
            "net_error -201": _EXPIRED,
            "net_error -202": _UNTRUSTED,
            "ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS": "page.local-network-access",
            "is in more-private address space": "page.local-network-access",
            "Permission was denied for this request to access the … address space": (
                "page.local-network-access"
            ),
            "its security certificate is from": "name.mismatch",
            "Your clock is ahead": "validity.expired",
            "Your clock is behind": "validity.not-yet",
            "support a common SSL protocol version or cipher suite": "tls.version "
            "tls.no-shared-cipher",
            "Received unexpected continuation frame": "websocket.protocol-error",
            "Received start of new message but previous message is unfinished": (
                "websocket.protocol-error"
            ),
            "Invalid frame header": "websocket.protocol-error",
        },
        "Firefox, its pages (read, not run)": {
            "it uses a certificate that is not valid for": _NAME,
            "because its certificate issuer is unknown": _UNTRUSTED,
            "blocked the loading of a resource at … connect-src": "page.csp-connect-src",
        },
        "Safari, WebKit and NSURLSession (read, not run)": {
            "was not allowed to run insecure content from": _MIXED,
            "does not appear in the connect-src directive": "page.csp-connect-src",
            "The certificate for this server is invalid": f"{_ANY} chain.self-signed",
            "An SSL error has occurred and a secure connection to the server cannot be made": (
                "tls.handshake-failed tls.version tls.plain-http"
            ),
            "Could not connect to the server": "tcp.refused",
            "A server with the specified hostname could not be found": "dns.not-found",
            "The network connection was lost": "websocket.closed-abnormally tls.closed",
            "failed: The request timed out": "http.no-answer tcp.timeout",
            "There was a bad response from the server": "http.bad-request http.ok-not-upgraded "
            "http.not-found",
            "Sec-WebSocket-Protocol mismatch": "websocket.subprotocol",
            "Sec-WebSocket-Accept mismatch": "websocket.bad-accept",
        },
        "Proxies: Envoy 1.40, HAProxy 2.6, Apache 2.4.71, Caddy 2.11": {
            "upstream connect error or disconnect/reset before headers": "http.bad-gateway",
            "no healthy upstream": "http.bad-gateway",
            "No server is available to handle this request": "http.bad-gateway",
            "503 Service Unavailable No server is available": "http.bad-gateway",
            "is DOWN, reason: Layer4 connection problem": "http.bad-gateway",
            "has no server available": "http.bad-gateway",
            "AH00957: http: attempt to connect to": "http.bad-gateway",
            "AH00898: Error reading from remote server": "http.bad-gateway http.gateway-timeout",
            "AH01961: failed to enable ssl support": "http.bad-gateway",
            "received an invalid response from an upstream server": "http.bad-gateway",
            "http.log.error … connection refused": "http.bad-gateway",
        },
        "Proxies in programs: Go's ReverseProxy, http-proxy-middleware, Vite (read, not run)": {
            "http: proxy error … connection refused": "http.bad-gateway",
            "Error occurred while proxying request": "http.bad-gateway",
            "ws proxy error": "http.bad-gateway",
            "ws proxy error … ECONNREFUSED": "http.bad-gateway",
            "ws proxy error … connect ECONNREFUSED": "http.bad-gateway",
            "AH01114: HTTP: failed to make connection to backend": "http.bad-gateway",
        },
        "Vite 8, webpack-dev-server 5, Django's ALLOWED_HOSTS": {
            "Blocked request. This host": _HOST,
            "Invalid Host header": _HOST,
            "Invalid Host/Origin header": _HOST,
            "Invalid HTTP_HOST header": _HOST,
        },
        "How people say it": {
            f"{verb} … {after} {minute}": _IDLE
            for verb in ("disconnects", "closes", "drops", "is closed", "dies")
            for after in ("after", "every")
            for minute in ("60 seconds", "60 s", "1 minute", "one minute", "a minute")
        },
    }
)
