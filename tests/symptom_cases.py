"""What clients, servers and people really said, by the code of the fault that was there.

Whole lines where the program prints whole lines. ``{host}``, ``{port}`` and ``{alert}`` are filled
in by the test.
"""
# ruff: noqa: E501 - messages stand as they were printed

from __future__ import annotations

from tests.symptom_libraries import LIBRARIES

CHROMIUM = "WebSocket connection to 'wss://{host}:{port}/chat' failed: "
ESTABLISHING = CHROMIUM + "Error in connection establishment: "
HANDSHAKE = CHROMIUM + "Error during WebSocket handshake: "
PYTHON = (
    "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
)
CURL = "curl: (60) SSL certificate problem: "
GO = "tls: failed to verify certificate: x509: "
JAVA = "javax.net.ssl.SSLHandshakeException: ({alert}) "
DENO = "NetworkError: failed to connect to WebSocket: invalid peer certificate: "
NODE_TLS = (
    "Error: write EPROTO 40E7:error:0A00042E:SSL routines:ssl3_read_bytes:{text}:"
    "../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1605:SSL alert number {number}"
)
NGINX = '2026/11/20 10:20:30 [error] 7#7: *1 {text}, client: 127.0.0.1, server: , request: "GET /'

# What browsers print.
BROWSERS = {
    "url.mixed-content": [
        (
            "Uncaught SecurityError: Failed to construct 'WebSocket': An insecure WebSocket connection "
            "may not be initiated from a page loaded over HTTPS."
        ),
        (
            "Mixed Content: The page at 'https://{host}:{port}/' was loaded over HTTPS, but attempted "
            "to connect to the insecure WebSocket endpoint 'ws://{host}:10107/ws'. This request has "
            "been blocked; this endpoint must be available over WSS."
        ),
        "Connecting to a non-secure WebSocket server from a secure origin is deprecated.",
        "SecurityError: The operation is insecure.",
    ],
    "url.bad-scheme": [
        (
            "SyntaxError: The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. 'ftp' is "
            "not allowed."
        ),
        "SyntaxError: An invalid or illegal string was specified",
    ],
    "url.fragment": [
        (
            "The URL contains a fragment identifier ('frag'). Fragment identifiers are not allowed in "
            "WebSocket URLs."
        )
    ],
    "url.bad-port": [ESTABLISHING + "net::ERR_UNSAFE_PORT"],
    "page.local-network-access": [ESTABLISHING + "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"],
    "page.csp-connect-src": [
        (
            "Connecting to 'wss://{host}:{port}/' violates the following Content Security Policy "
            "directive: \"connect-src 'self'\". The action has been blocked."
        ),
        (
            "Content-Security-Policy: The page’s settings blocked the loading of a resource "
            "(connect-src) at wss://{host}:{port}/ because it violates the following directive: "
            "“connect-src 'self'”"
        ),
        "NS_ERROR_CONTENT_BLOCKED",
    ],
    "chain.untrusted-root": [
        ESTABLISHING + "net::ERR_CERT_AUTHORITY_INVALID",
        "Error code: SEC_ERROR_UNKNOWN_ISSUER",
        "Firefox can’t establish a connection to the server at wss://{host}:{port}/.",
        "WebSocket closed, code 1015",
        "1015",
    ],
    "chain.self-signed": ["MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT"],
    "chain.ca-regenerated": ["SEC_ERROR_BAD_SIGNATURE"],
    "name.mismatch": [
        (
            "WebSocket connection to 'wss://lab.test:8443/' failed: Error in connection "
            "establishment: net::ERR_CERT_COMMON_NAME_INVALID"
        ),
        "NET::ERR_CERT_COMMON_NAME_INVALID",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        "error 12038",
    ],
    "name.ip-missing": [
        (
            "WebSocket connection to 'wss://10.0.0.5:8443/' failed: Error in connection "
            "establishment: net::ERR_CERT_COMMON_NAME_INVALID"
        ),
        "WebSocket connection to 'wss://[fd00::1]:8443/' failed: net::ERR_CERT_COMMON_NAME_INVALID",
    ],
    "validity.expired": [
        ESTABLISHING + "net::ERR_CERT_DATE_INVALID",
        "SEC_ERROR_EXPIRED_CERTIFICATE",
    ],
    "validity.not-yet": ["MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE"],
    "validity.issuer-expired": ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"],
    "usage.eku-not-server": ["SEC_ERROR_INADEQUATE_CERT_TYPE"],
    "chain.path-too-long": ["SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID"],
    "chain.name-constraint": [
        "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
        ESTABLISHING + "net::ERR_CERT_INVALID",
    ],
    "usage.key-usage": [ESTABLISHING + "net::ERR_SSL_KEY_USAGE_INCOMPATIBLE"],
    "usage.leaf-is-ca": ["MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"],
    "revocation.must-staple": ["MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"],
    "crypto.weak-signature": ["SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"],
    "tls.version": [
        ESTABLISHING + "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "SSL_ERROR_PROTOCOL_VERSION_ALERT",
    ],
    "tls.no-shared-cipher": ["SSL_ERROR_NO_CYPHER_OVERLAP"],
    "tls.sni-rejected": [
        ESTABLISHING + "net::ERR_SSL_UNRECOGNIZED_NAME_ALERT",
        "SSL_ERROR_UNRECOGNIZED_NAME_ALERT",
    ],
    "tls.client-cert-required": [
        CHROMIUM + "WebSocket opening handshake was canceled",
        "SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
        "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
    ],
    "tls.plain-http": [
        ESTABLISHING + "net::ERR_SSL_PROTOCOL_ERROR",
        "SSL_ERROR_RX_RECORD_TOO_LONG",
    ],
    "tls.closed": [ESTABLISHING + "net::ERR_CONNECTION_CLOSED", "PR_END_OF_FILE_ERROR"],
    "tcp.reset": [
        ESTABLISHING + "net::ERR_CONNECTION_RESET",
        HANDSHAKE + "net::ERR_CONNECTION_RESET",
        "PR_CONNECT_RESET_ERROR",
    ],
    "tcp.refused": [ESTABLISHING + "net::ERR_CONNECTION_REFUSED", "connectionFailure"],
    "dns.not-found": [ESTABLISHING + "net::ERR_NAME_NOT_RESOLVED", "dnsNotFound"],
    "http.ok-not-upgraded": [HANDSHAKE + "Unexpected response code: 200"],
    "http.redirect": [
        HANDSHAKE + "Unexpected response code: 301",
        HANDSHAKE + "Unexpected response code: 302",
        HANDSHAKE + "Unexpected response code: 308",
    ],
    "http.bad-request": [HANDSHAKE + "Unexpected response code: 400"],
    "http.forbidden": [HANDSHAKE + "Unexpected response code: 403"],
    "http.not-found": [HANDSHAKE + "Unexpected response code: 404"],
    "http.upgrade-required": [HANDSHAKE + "Unexpected response code: 426"],
    "http.too-many-requests": [HANDSHAKE + "Unexpected response code: 429"],
    "http.server-error": [
        HANDSHAKE + "Unexpected response code: 500",
        HANDSHAKE + "Unexpected response code: 503",
    ],
    "http.bad-gateway": [HANDSHAKE + "Unexpected response code: 502"],
    "http.gateway-timeout": [HANDSHAKE + "Unexpected response code: 504"],
    "http.unauthorized": [CHROMIUM + "HTTP Authentication failed; no valid credentials available"],
    "http.closed": [CHROMIUM + "Connection closed before receiving a handshake response"],
    "http.not-http": [HANDSHAKE + "net::ERR_INVALID_HTTP_RESPONSE"],
    "websocket.bad-accept": [
        HANDSHAKE + "Incorrect 'Sec-WebSocket-Accept' header value",
        HANDSHAKE + "'Sec-WebSocket-Accept' header is missing",
    ],
    "websocket.missing-upgrade": [
        HANDSHAKE + "'Upgrade' header is missing",
        HANDSHAKE + "'Connection' header is missing",
    ],
    "websocket.subprotocol": [
        HANDSHAKE + "Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
        HANDSHAKE + "Response must not include 'Sec-WebSocket-Protocol' header if not present in "
        "request: chat",
        HANDSHAKE + "'Sec-WebSocket-Protocol' header value 'other' in response does not match any "
        "of sent values",
    ],
    "websocket.extension": [
        HANDSHAKE + "Found an unsupported extension 'x-nonsense' in 'Sec-WebSocket-Extensions' "
        "header"
    ],
    "websocket.closed-abnormally": [
        "The connection to wss://{host}:{port}/ was interrupted while the page was loading.",
        "WebSocket closed with code: 1006, reason: ",
        "CloseEvent {{isTrusted: true, wasClean: false, code: 1006, reason: '', type: 'close'}}",
        "1006",
    ],
    "websocket.protocol-error": [
        CHROMIUM + "Received a broken close frame containing a reserved status code.",
        CHROMIUM + "A server must not mask any frames that it sends to the client.",
        CHROMIUM + "Could not decode a text frame as UTF-8.",
        CHROMIUM + "One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 0",
        CHROMIUM + "Unrecognized frame opcode: 3",
    ],
}

# What others say of a certificate.
CERTIFICATES = {
    "chain.untrusted-root": [
        PYTHON + "unable to get local issuer certificate (_ssl.c:1006)",
        CURL + "unable to get local issuer certificate",
        "verify error:num=20:unable to get local issuer certificate",
        "Error: unable to verify the first certificate\n  code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'",
        (
            "unable to verify the first certificate; if the root CA is installed locally, try running "
            "Node.js with --use-system-ca"
        ),
        GO + "certificate signed by unknown authority",
        JAVA + "PKIX path building failed: sun.security.provider.certpath."
        "SunCertPathBuilderException: unable to find valid certification path to requested target",
        DENO + "UnknownIssuer",
        "ERROR: The certificate of ‘{host}’ doesn't have a known issuer.",
        "Status: The certificate is NOT trusted. The certificate issuer is unknown.",
        PYTHON + "self-signed certificate in certificate chain (_ssl.c:1129)",
        "SELF_SIGNED_CERT_IN_CHAIN",
    ],
    "chain.self-signed": [
        PYTHON + "self-signed certificate (_ssl.c:1006)",
        PYTHON + "self signed certificate (_ssl.c:997)",
        "code: 'DEPTH_ZERO_SELF_SIGNED_CERT'",
    ],
    "chain.ca-regenerated": [
        GO + 'certificate signed by unknown authority (possibly because of "x509: ECDSA '
        'verification failure" while trying to verify candidate authority certificate "certkit CA")',
        JAVA + "PKIX path validation failed: java.security.cert.CertPathValidatorException: Path "
        "does not chain with any of the trust anchors",
        DENO + "BadSignature",
    ],
    "name.ip-missing": [
        PYTHON + "IP address mismatch, certificate is not valid for '127.0.0.1'. (_ssl.c:1006)",
        (
            "curl: (60) SSL: no alternative certificate subject name matches target host name "
            "'127.0.0.1'"
        ),
        (
            "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: "
            "IP: 127.0.0.1 is not in the cert's list: "
        ),
        GO + "cannot validate certificate for 192.168.1.10 because it doesn't contain any IP SANs",
        GO + "certificate is valid for 10.0.0.1, not 10.0.0.5",
        JAVA + "No subject alternative names matching IP address 127.0.0.1 found",
        DENO + 'certificate not valid for name "127.0.0.1"; certificate is only valid for '
        'DnsName("localhost")',
        "The certificate's owner does not match hostname ‘10.0.0.5’",
    ],
    "name.mismatch": [
        PYTHON + "Hostname mismatch, certificate is not valid for 'lab.test'. (_ssl.c:1006)",
        (
            "curl: (60) SSL: no alternative certificate subject name matches target host name "
            "'lab.test'"
        ),
        (
            "Hostname/IP does not match certificate's altnames: Host: lab.test. is not in the cert's "
            "altnames: DNS:wrong.test"
        ),
        GO + "certificate is valid for wrong.test, not lab.test",
        JAVA + "No subject alternative DNS name matching lab.test found.",
        DENO + 'certificate not valid for name "lab.test"; certificate is only valid for '
        'DnsName("wrong.test")',
        "The certificate's owner does not match hostname ‘lab.test’",
        "The name in the certificate does not match the expected.",
    ],
    "name.cn-only": [GO + "certificate relies on legacy Common Name field, use SANs instead"],
    "name.no-san": [
        DENO + 'certificate not valid for name "127.0.0.1"; certificate is not valid for any names '
        "(according to its subjectAltName extension)",
        JAVA + "No subject alternative names present",
        "curl: (60) SSL: unable to obtain common name from peer certificate",
    ],
    "validity.expired": [
        PYTHON + "certificate has expired (_ssl.c:1006)",
        "Error: certificate has expired\n    code: 'CERT_HAS_EXPIRED'",
        GO + "certificate has expired or is not yet valid: current time 2026-11-20T10:20:30Z is "
        "after 2026-11-19T00:00:00Z",
        (
            "SSLHandshakeException: (certificate_expired) PKIX path validation failed: "
            "java.security.cert.CertPathValidatorException: validity check failed\n"
            "Caused by: java.security.cert.CertificateExpiredException: NotAfter: Thu Nov 19"
        ),
        DENO + "certificate expired: verification time 1795170000 (UNIX), but certificate is not "
        "valid after 1795081644 (88356 seconds ago)",
        "ERROR: The certificate of ‘{host}’ has expired.",
        "The certificate chain uses expired certificate.",
    ],
    "validity.not-yet": [
        PYTHON + "certificate is not yet valid (_ssl.c:1006)",
        "CERT_NOT_YET_VALID",
        GO + "certificate has expired or is not yet valid: current time 2026-11-20T10:20:30Z is "
        "before 2027-01-01T00:00:00Z",
        (
            "SSLHandshakeException: (bad_certificate) PKIX path validation failed: validity check "
            "failed <- CertificateNotYetValidException: NotBefore: Fri Jan 01"
        ),
        DENO + "certificate not valid yet: verification time 1795170000 (UNIX)",
        "The certificate of ‘{host}’ is not yet activated.",
        "The certificate chain uses not yet valid certificate.",
    ],
    "usage.eku-not-server": [
        PYTHON + "unsuitable certificate purpose (_ssl.c:1006)",
        "code: 'INVALID_PURPOSE'",
        GO + "certificate specifies an incompatible key usage",
        JAVA + "Extended key usage does not permit use for TLS server authentication",
        DENO + "certificate does not allow extended key usage for server authentication, allows "
        "client authentication",
        "The certificate chain does not match the intended purpose.",
    ],
    "chain.issuer-not-ca": [
        PYTHON + "invalid CA certificate (_ssl.c:1006)",
        "UNSPECIFIED key usage does not include certificate signing",
        GO + 'certificate signed by unknown authority (possibly because of "x509: invalid '
        'signature: parent certificate cannot sign this kind of certificate" while trying to '
        'verify candidate authority certificate "leaf")',
        JAVA + "CA key usage check failed: keyCertSign bit is not set",
        DENO + "Other(OtherError(EndEntityUsedAsCa))",
        "The certificate signer of ‘{host}’ was not a CA.",
        "The certificate issuer is not a CA.",
    ],
    "chain.too-large": [
        "[SSL: EXCESSIVE_MESSAGE_SIZE] excessive message size (_ssl.c:1006)",
        "curl: (35) OpenSSL/3.0.19: error:0A000098:SSL routines::excessive message size",
        "tls: handshake message of length 270483 bytes exceeds maximum of 262144 bytes",
        "SSLProtocolException: The size of the handshake message (40473) exceeds the maximum allowed size (32768)",
        "SSLProtocolException: The certificate chain length (11) exceeds the maximum allowed length (10)",
        "received corrupt message of type HandshakePayloadTooLarge",
        DENO + "Other(OtherError(MaximumPathDepthExceeded))",
        "*** Fatal error: The handshake data size is too large.",
    ],
    "chain.path-too-long": [
        PYTHON + "path length constraint exceeded (_ssl.c:1006)",
        "PATH_LENGTH_EXCEEDED",
        GO + "too many intermediates for path length constraint",
        JAVA + "basic constraints check failed: pathLenConstraint violated - this cert must be the "
        "last cert in the certification path",
        DENO + "Other(OtherError(PathLenConstraintViolated))",
    ],
    "chain.name-constraint": [
        PYTHON + "permitted subtree violation (_ssl.c:1006)",
        GO + "a root or intermediate certificate is not authorized to sign for this name: IP "
        'address "127.0.0.1" is not permitted by any constraint',
        JAVA + "name constraints check failed",
        DENO + "Other(OtherError(NameConstraintViolation))",
        "The certificate chain violates the signer's constraints.",
    ],
    "chain.strict-profile": [
        PYTHON + "Basic Constraints of CA cert not marked critical (_ssl.c:1028)",
        PYTHON + "Missing Authority Key Identifier (_ssl.c:1028)",
        PYTHON + "Missing Subject Key Identifier (_ssl.c:1028)",
        PYTHON + "Path length given without key usage keyCertSign (_ssl.c:1028)",
        PYTHON + "Subject empty and Subject Alt Name extension not critical (_ssl.c:1028)",
        JAVA + "Failed to parse server certificates",
    ],
    "usage.key-usage": [
        JAVA + "KeyUsage does not allow digital signatures",
        "Key usage violation in certificate has been detected.",
    ],
    "usage.leaf-is-ca": [DENO + "Other(OtherError(CaUsedAsEndEntity))"],
    "revocation.must-staple": [
        (
            "The certificate requires the server to include an OCSP status in its response, but the "
            "OCSP status is missing."
        )
    ],
    "crypto.weak-key": [PYTHON + "EE certificate key too weak (_ssl.c:1006)"],
    "crypto.weak-signature": [
        PYTHON + "CA signature digest algorithm too weak (_ssl.c:1006)",
        GO + 'certificate signed by unknown authority (possibly because of "x509: cannot verify '
        'signature: insecure algorithm ECDSA-SHA1" while trying to verify candidate authority '
        'certificate "old")',
        DENO + "UnsupportedSignatureAlgorithmContext {{ signature_algorithm_id: [] }}",
        "The certificate of ‘{host}’ was signed using an insecure algorithm.",
        "The certificate chain uses insecure algorithm.",
    ],
}

# TLS, transport, HTTP and frames.
CONNECTIONS = {
    "tls.version": [
        (
            "ssl.SSLError: [SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version "
            "(_ssl.c:1006)"
        ),
        NODE_TLS.format(text="tlsv1 alert protocol version", number=70),
        "remote error: tls: protocol version not supported",
        "SSLHandshakeException: (protocol_version) Received fatal alert: protocol_version",
        "received fatal alert: ProtocolVersion",
        "curl: (35) error:0A000102:SSL routines::legacy sigalg disallowed or unsupported",
    ],
    "tls.no-shared-cipher": [
        "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure (_ssl.c:1006)",
        NODE_TLS.format(text="ssl/tls alert handshake failure", number=40),
        "remote error: tls: handshake failure",
        "(handshake_failure) Received fatal alert: handshake_failure",
        "received fatal alert: HandshakeFailure",
        (
            "*** Fatal error: A TLS fatal alert has been received.\n*** received alert [40]: Handshake "
            "failed"
        ),
    ],
    "tls.sni-rejected": [
        "[SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name (_ssl.c:1006)",
        NODE_TLS.format(text="tlsv1 unrecognized name", number=112),
        "remote error: tls: unrecognized name",
        "(unrecognized_name) Received fatal alert: unrecognized_name",
        "received fatal alert: UnrecognisedName",
        "received alert [112]: The server name sent was not recognized",
    ],
    "tls.client-cert-required": [
        "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)",
        "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "remote error: tls: certificate required",
        "(certificate_required) Received fatal alert: certificate_required",
        "received alert [116]: Certificate is required",
        "400 Bad Request No required SSL certificate was sent nginx/1.22.1",
    ],
    "tls.alpn-no-http1": [
        "[SSL] tlsv1 alert no application protocol (_ssl.c:1006)",
        "curl: (35) error:0A000460:SSL routines::tlsv1 alert no application protocol",
        "stream error received: unspecific protocol error detected",
    ],
    "tls.plain-http": [
        "ssl.SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
        "Error: write EPROTO C0A7:error:0A00010B:SSL routines:ssl3_get_record:wrong version number",
        "tls: first record does not look like a TLS handshake",
        'Get "https://{host}:{port}": http: server gave HTTP response to HTTPS client',
        "SSLException: Unrecognized SSL message, plaintext connection?",
        "SSLException: Unsupported or unrecognized SSL message",
        "received corrupt message of type InvalidContentType",
        "GnuTLS: An unexpected TLS packet was received.",
        "code 400, message Bad request version ('\\x16\\x03\\x01\\x02')",
    ],
    "tls.closed": [
        (
            "ssl.SSLEOFError: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of "
            "protocol (_ssl.c:1006)"
        ),
        (
            "Error: Client network socket disconnected before secure TLS connection was established\n"
            "    at TLSSocket.onConnectEnd\n  code: 'ECONNRESET',"
        ),
        "EOF",
        "SSLHandshakeException: Remote host terminated the handshake",
        "tls handshake eof",
        "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to {host}:{port}",
        "GnuTLS: The TLS connection was non-properly terminated.",
        "ConnectionResetError",
    ],
    "tcp.reset": [
        "ConnectionResetError: [Errno 104] Connection reset by peer",
        "Error: read ECONNRESET",
        "read tcp 127.0.0.1:5000->{host}:{port}: read: connection reset by peer",
        "java.net.SocketException: Connection reset",
        "Connection reset by peer (os error 104)",
        "curl: (35) Recv failure: Connection reset by peer",
        "Error in the pull function.",
        "write:errno=104",
    ],
    "tls.no-answer": [
        "TimeoutError: _ssl.c:989: The handshake operation timed out",
        "context deadline exceeded",
        "Unable to establish SSL connection.",
    ],
    "tcp.timeout": [
        "TimeoutError: timed out",
        "dial tcp {host}:{port}: i/o timeout",
        "HttpConnectTimeoutException: HTTP connect timed out",
        "curl: (28) Connection timed out after 5001 milliseconds",
        "failed: Connection timed out.",
    ],
    "tcp.refused": [
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "OSError: [Errno 111] Connect call failed ('127.0.0.1', {port})",
        "Error: connect ECONNREFUSED 127.0.0.1:{port}",
        "dial tcp {host}:{port}: connect: connection refused",
        "java.net.ConnectException: null <- java.nio.channels.ClosedChannelException",
        "tcp connect error",
        "curl: (7) Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server",
        "failed: Connection refused.",
        "connect:errno=111",
    ],
    "dns.not-found": [
        "socket.gaierror: [Errno -2] Name or service not known",
        "Error: getaddrinfo ENOTFOUND {host}",
        "dial tcp: lookup {host} on 127.0.0.53:53: no such host",
        "ConnectException: null <- java.nio.channels.UnresolvedAddressException",
        "dns error: failed to lookup address information",
        "curl: (6) Could not resolve host: {host}",
        "wget: unable to resolve host address ‘{host}’",
    ],
    "http.not-found": [
        "websockets.exceptions.InvalidStatus: server rejected WebSocket connection: HTTP 404",
        "Error: Unexpected server response: 404",
        "WebSocketHandshakeException: null\nCaused by: Unexpected HTTP response status code 404",
        "ERROR 404: Not Found.",
        "curl: (22) The requested URL returned error: 404",
    ],
    "http.bad-request": [
        "websocket: bad handshake",
        "Didn't receive h2 alpn, aborting connection",
    ],
    "http.redirect": [
        "InvalidURI: https://{host}/ws/ isn't a valid URI: scheme isn't ws or wss",
        "SecurityError: more than 10 redirects",
        "Unexpected server response: 301",
    ],
    "http.closed": [
        (
            "InvalidMessage: did not receive a valid HTTP response\nEOFError: connection closed while "
            "reading HTTP status line"
        ),
        "Error: socket hang up\n  code: 'ECONNRESET'",
        "unexpected EOF",
        "IOException: HTTP/1.1 header parser received no bytes",
        "curl: (52) Empty reply from server",
    ],
    "http.no-answer": [
        "TimeoutError: timed out while waiting for handshake response",
        "TimeoutError: timed out during opening handshake",
        "Error: Opening handshake has timed out",
        "java.net.http.HttpTimeoutException: request timed out",
    ],
    "http.not-http": [
        (
            "InvalidMessage: did not receive a valid HTTP response <- ValueError: unsupported "
            "protocol; expected HTTP/1.1: SSH-2.0-OpenSSH_9.2"
        ),
        "Error: Parse Error: Expected HTTP/, RTSP/ or ICE/ code: 'HPE_INVALID_CONSTANT'",
        'malformed HTTP status code "not"',
        'ProtocolException: Invalid status line: "SSH-2.0"',
        "curl: (1) Received HTTP/0.9 when not allowed",
    ],
    "websocket.bad-accept": [
        "InvalidHeaderValue: invalid Sec-WebSocket-Accept header: X",
        "InvalidHeader: missing Sec-WebSocket-Accept header",
        "Error: Invalid Sec-WebSocket-Accept header",
        "Bad Sec-WebSocket-Accept",
        "Response field missing: Sec-WebSocket-Accept",
    ],
    "websocket.missing-upgrade": [
        "InvalidUpgrade: missing Upgrade header",
        "InvalidUpgrade: missing Connection header",
        "Unexpected server response: 101",
        "Response field missing: Upgrade",
        "Response field missing: Connection",
    ],
    "websocket.subprotocol": [
        "Server sent no subprotocol",
        "NegotiationError: no subprotocols supported",
        "NegotiationError: unsupported subprotocol: other",
        "Server sent a subprotocol but none was requested",
        "Server sent an invalid subprotocol",
        "Unexpected subprotocol: chat",
        "TypeError: Cannot read properties of null (reading 'includes')",
    ],
    "websocket.extension": [
        "NegotiationError: Unsupported extension: name = x-nonsense, params = []",
        "Server indicated an extension that was not requested",
        "Response field 'Sec-WebSocket-Extensions' present: [x-nonsense]",
    ],
    "websocket.closed-abnormally": [
        "ConnectionClosedError: no close frame received or sent",
        "websocket: close 1006 (abnormal closure): unexpected EOF",
        "websocket: close 1006 (abnormal closure): connection reset by peer",
        "onClose 1006",
    ],
    "websocket.protocol-error": [
        "sent 1002 (protocol error) invalid status code; no close frame received",
        "RangeError: Invalid WebSocket frame: invalid status code 1006 WS_ERR_INVALID_CLOSE_CODE",
        "websocket: bad close code 1006",
        "ProtocolException: null <- Illegal status code",
        "Invalid close code",
        "sent 1002 (protocol error) incorrect masking; no close frame received",
        "sent 1007 (invalid frame payload data) invalid start byte at position 0",
        "WS_ERR_UNEXPECTED_MASK",
        "WS_ERR_INVALID_UTF8",
        "WS_ERR_UNEXPECTED_RSV_1",
        "WS_ERR_INVALID_OPCODE",
        "websocket: bad MASK",
        "websocket: RSV1 set",
        "websocket: bad opcode 3",
        "Masked frame received",
        "Invalid UTF-8 in frame TEXT",
        "Unexpected rsv1 bit",
        "Unexpected opcode 3",
        "Reserved bits are not zero",
    ],
}

# What people bring to issue trackers, and what nginx and backends log.
SERVERS = {
    "http.bad-request": [
        (
            "WebSocket connection to 'wss://{host}/socket.io/?EIO=4&transport=websocket' failed: Error "
            "during WebSocket handshake: Unexpected response code: 400"
        ),
        '127.0.0.1 - - [20/Nov/2026:10:20:30 +0000] "GET /ws HTTP/1.1" 400 157 "-" "-"',
    ],
    "http.ok-not-upgraded": ["Error: Unexpected server response: 200"],
    "http.redirect": [f"Unexpected response code: {status}" for status in (301, 302, 307, 308)],
    "http.not-found": ["Unexpected response code: 404"],
    "http.upgrade-required": ["426 Upgrade Required", "426"],
    "tcp.proxy-protocol": [
        NGINX.format(text='broken header: "GET /chat HTTP/1.1" while reading PROXY protocol')
    ],
    "nginx.fixed-connection": [
        "400 Bad Request: Unsupported upgrade request.",
        "WARNING:  Unsupported upgrade request.",
    ],
    "http.bad-gateway": [
        "502 Bad Gateway nginx/1.22.1",
        NGINX.format(
            text="connect() failed (111: Connection refused) while connecting to upstream"
        ),
        NGINX.format(
            text="upstream prematurely closed connection while reading response header from upstream"
        ),
        NGINX.format(
            text="recv() failed (104: Connection reset by peer) while reading response header from "
            "upstream"
        ),
        NGINX.format(
            text="peer closed connection in SSL handshake (104: Connection reset by peer) while SSL "
            "handshaking to upstream"
        ),
    ],
    "http.gateway-timeout": [
        "504 Gateway Time-out",
        NGINX.format(
            text="upstream timed out (110: Connection timed out) while reading response header from "
            "upstream"
        ),
    ],
    "websocket.idle-timeout": [
        "WebSocket closes with 1006 after 60 s",
        NGINX.format(
            text="upstream timed out (110: Connection timed out) while proxying upgraded connection"
        ),
    ],
    "url.mixed-content": [
        (
            "SecurityError: An insecure WebSocket connection may not be initiated from a page loaded "
            "over HTTPS"
        ),
    ],
    "chain.untrusted-root": [
        "net::ERR_CERT_AUTHORITY_INVALID",
        (
            "SSL_do_handshake() failed (SSL: error:0A000416:SSL routines::sslv3 alert certificate "
            "unknown:SSL alert number 46) while SSL handshaking"
        ),
        "http: TLS handshake error from {host}:{port}: remote error: tls: unknown certificate",
    ],
    "name.mismatch": ["ERR_CERT_COMMON_NAME_INVALID"],
    "tls.plain-http": ["ERR_SSL_PROTOCOL_ERROR", "WRONG_VERSION_NUMBER"],
    "name.hsts-preloaded": ["localhost always jumps to https"],
    "chain.strict-profile": [
        "Missing Authority Key Identifier",
        "Basic Constraints of CA cert not marked critical",
    ],
    "nginx.ssl-on": [
        'nginx: [emerg] unknown directive "ssl" in /etc/nginx/conf.d/a.conf:3',
        (
            'nginx: [warn] the "ssl" directive is deprecated, use the "listen ... ssl" directive '
            "instead in /etc/nginx/conf.d/a.conf:7"
        ),
    ],
    "nginx.missing-connection": ['nginx: [emerg] unknown "connection_upgrade" variable'],
    "nginx.upstream-scheme": ["nginx: [emerg] invalid URL prefix in /etc/nginx/a.conf:9"],
    "nginx.key-mismatch": [
        (
            'nginx: [emerg] SSL_CTX_use_PrivateKey("/etc/ssl/a.key") failed (SSL: error:05800074:x509 '
            "certificate routines::key values mismatch)"
        )
    ],
    "files.key-mismatch": ["ssl.SSLError: [X509: KEY_VALUES_MISMATCH] key values mismatch"],
    "files.encrypted-key": [
        (
            'nginx: [emerg] cannot load certificate key "/a.key": PEM_read_bio_PrivateKey() failed '
            "(SSL: error:1400006B:UI routines::processing error:while reading strings error::problems "
            "getting password)"
        )
    ],
    "files.wrong-format": [
        (
            'cannot load certificate "/a.der": PEM_read_bio_X509_AUX() failed (SSL: '
            "error:0480006C:PEM routines::no start line:Expecting: TRUSTED CERTIFICATE)"
        )
    ],
    "url.tls-port": [
        "400 Bad Request The plain HTTP request was sent to HTTPS port nginx",
        "Client sent an HTTP request to an HTTPS server.",
        (
            "http: TLS handshake error from {host}:5000: tls: first record does not look like a TLS "
            "handshake"
        ),
    ],
    "tls.no-shared-cipher": [
        (
            "SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared cipher) while SSL "
            "handshaking, client: 127.0.0.1"
        )
    ],
    "nginx.http10-upstream": ["unsupported HTTP version; expected HTTP/1.1: HTTP/1.0"],
    "websocket.origin-refused": ["websocket: request origin not allowed by Upgrader.CheckOrigin"],
}
CASES = [
    (message, code)
    for table in (BROWSERS, CERTIFICATES, CONNECTIONS, SERVERS, LIBRARIES)
    for code, messages in table.items()
    for message in messages
]
