"""What client libraries and proxies said, by the code of the fault that was there.

Python's libraries, Ruby and PHP were run against the lab, and the proxies before broken backends;
.NET, okhttp, Tomcat, tungstenite, coder/websocket and Safari were read.
"""
# ruff: noqa: E501 - messages stand as they were printed

from __future__ import annotations

AIOHTTP = "aiohttp.client_exceptions."
HANDSHAKE = (
    AIOHTTP
    + "WSServerHandshakeError: {status}, message='{text}', url='wss://{{host}}:{{port}}/chat'"
)
BAD_STATUS = "Invalid response status"
SAFARI = "[Error] WebSocket connection to 'wss://{host}:{port}/' failed: "
DOTNET = "System.Net.WebSockets.WebSocketException (0x80004005): "
REQUESTS = "requests.exceptions."

LIBRARIES = {
    "http.ok-not-upgraded": [
        HANDSHAKE.format(status=200, text=BAD_STATUS),
        "tornado.websocket.WebSocketError: Non-websocket response",
        "java.net.ProtocolException: Expected HTTP 101 response but was '200 OK'",
        DOTNET + "The server returned status code '200' when status code '101' was expected.",
        "failed to WebSocket dial: expected handshake response status code 101 but got 200",
        "jakarta.websocket.DeploymentException: The HTTP response from the server [200] did not permit the HTTP upgrade to WebSocket",
        "websocat: WebSocketError: Received unexpected status code (200 OK)",
    ],
    "http.bad-request": [
        HANDSHAKE.format(status=400, text=BAD_STATUS),
        REQUESTS + "HTTPError: 400 Client Error: Bad Request for url: https://{host}:{port}/chat",
        "tornado.httpclient.HTTPClientError: HTTP 405: Method Not Allowed",
        "urllib.error.HTTPError: HTTP Error 405: Method Not Allowed",
        SAFARI + "There was a bad response from the server.",
    ],
    "http.unauthorized": [
        HANDSHAKE.format(status=401, text=BAD_STATUS),
        REQUESTS + "HTTPError: 401 Client Error: Unauthorized for url: https://{host}:{port}/chat",
    ],
    "http.forbidden": [
        HANDSHAKE.format(status=403, text=BAD_STATUS),
        'Blocked request. This host ("{host}") is not allowed.',
        "Invalid Host header",
    ],
    "http.not-found": [
        HANDSHAKE.format(status=404, text=BAD_STATUS),
        "java.net.ProtocolException: Expected HTTP 101 response but was '404 Not Found'",
        DOTNET + "The server returned status code '404' when status code '101' was expected.",
    ],
    "http.upgrade-required": [
        REQUESTS + "HTTPError: 426 Client Error: Upgrade Required for url: https://{host}/chat"
    ],
    "http.server-error": [
        REQUESTS + "HTTPError: 500 Server Error: Internal Server Error for url: https://{host}/chat"
    ],
    "http.bad-gateway": [
        HANDSHAKE.format(status=502, text=BAD_STATUS),
        "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
        "503 Service Unavailable\nNo server is available to handle this request.",
        'Server b/s is DOWN, reason: Layer4 connection problem, info: "Connection refused"',
        "[proxy:error] [pid 1:tid 2] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:42429 (127.0.0.1:42429) failed",
        "[proxy:error] [client 127.0.0.1:60648] AH00898: Error reading from remote server returned by /chat",
        "http: proxy error: dial tcp 127.0.0.1:3000: connect: connection refused",
        "[vite] ws proxy error:\nError: connect ECONNREFUSED 127.0.0.1:8080",
    ],
    "http.closed": [
        AIOHTTP + "ServerDisconnectedError: Server disconnected",
        "httpx.RemoteProtocolError: Server disconnected without sending a response.",
        "http.client.RemoteDisconnected: Remote end closed connection without response",
        REQUESTS
        + "ConnectionError: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
        "tornado.simple_httpclient.HTTPStreamClosedError: Stream closed",
        "EOFError: end of file reached",
    ],
    "http.not-http": [
        AIOHTTP
        + 'ClientResponseError: 400, message="Bad status line:\\n  Expected HTTP/, RTSP/ or ICE/"',
        "http.client.BadStatusLine: not http at all",
        'Net::HTTPBadResponse: wrong status line: "not http at all"',
        "httpx.RemoteProtocolError: illegal status line: bytearray(b'not http at all')",
    ],
    "http.no-answer": [
        "httpx.ReadTimeout: The read operation timed out",
        REQUESTS + "ReadTimeout: HTTPSConnectionPool(host='{host}', port={port}): Read timed out.",
        "tornado.simple_httpclient.HTTPTimeoutError: Timeout during request",
        "Net::ReadTimeout: Net::ReadTimeout with #<Socket:(closed)>",
    ],
    "tcp.timeout": [
        "httpx.ConnectTimeout: timed out",
        "tornado.simple_httpclient.HTTPTimeoutError: Timeout while connecting to 127.0.0.1:{port}",
    ],
    "tcp.refused": [
        SAFARI + "Could not connect to the server.",
        "ConnectionRefusedError: [WinError 10061] No connection could be made because the target machine actively refused it",
        "SCRIPT12029: WebSocket Error: Network Error 12029",
    ],
    "tls.no-answer": [
        "tornado.simple_httpclient.HTTPTimeoutError: Timeout during TLS handshake with 127.0.0.1:{port}"
    ],
    "tls.closed": [
        AIOHTTP
        + "ClientConnectorError: Cannot connect to host {host}:{port} ssl:<ssl.SSLContext object at 0x7f82> [None]"
    ],
    "tls.plain-http": [
        "System.Security.Authentication.AuthenticationException: Cannot determine the frame size or a corrupted frame was received.",
    ],
    "tls.version": [
        "SSL_do_handshake() failed (SSL: error:1420918C:SSL routines:tls_early_post_process_client_hello:version too low) while SSL handshaking",
        "javax.net.ssl.SSLHandshakeException: No appropriate protocol (protocol is disabled or cipher suites are inappropriate)",
    ],
    "url.bad-scheme": [
        REQUESTS + "InvalidSchema: No connection adapters were found for 'wss://{host}/chat'",
        "httpx.UnsupportedProtocol: Request URL has an unsupported protocol 'ftp://'.",
        AIOHTTP + "NonHttpUrlClientError: ftp://{host}:{port}/chat",
        "ValueError: scheme ftp is invalid",
        'Get "wss://{host}": unsupported protocol scheme "wss"',
    ],
    "url.fragment": [
        "websockets.exceptions.InvalidURI: wss://{host}/chat#room isn't a valid URI: fragment identifier is meaningless"
    ],
    "url.mixed-content": [
        "[blocked] The page at https://{host}/ was not allowed to run insecure content from ws://{host}/ws.",
        "java.net.UnknownServiceException: CLEARTEXT communication to {host} not permitted by network security policy",
    ],
    "chain.untrusted-root": [
        SAFARI
        + "The certificate for this server is invalid. You might be connecting to a server that is pretending to be “{host}”",
        "The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
        "[1:2:0716/1.1:ERROR:ssl_client_socket_impl.cc(970)] handshake failed; returned -1, SSL error code 1, net_error -202",
        "Firefox kann keine Verbindung zu dem Server unter wss://{host}:{port}/ aufbauen.",
    ],
    "name.mismatch": [
        "Error Code: DLG_FLAGS_SEC_CERT_CN_INVALID",
        "WebSocket Error: SECURITY_ERR, 12038",
        "javax.net.ssl.SSLPeerUnverifiedException: Hostname {host} not verified:",
        "ssl.CertificateError: hostname '{host}' doesn't match 'other.test'",
        "This server could not prove that it is {host}; its security certificate is from other.test.",
    ],
    "name.ip-missing": [
        "javax.net.ssl.SSLPeerUnverifiedException: Hostname 10.0.0.5 not verified:"
    ],
    "websocket.bad-accept": [
        HANDSHAKE.format(status=101, text="Invalid challenge response"),
        "websocket._exceptions.WebSocketException: Invalid WebSocket Header",
        'WebSocket protocol error: Key mismatch in "Sec-WebSocket-Accept" header',
    ],
    "websocket.missing-upgrade": [
        HANDSHAKE.format(status=101, text="Invalid upgrade header"),
        HANDSHAKE.format(status=101, text="Invalid connection header"),
        "websockets.exceptions.InvalidUpgrade: empty Connection header",
        "java.net.ProtocolException: Expected 'Connection' header value 'Upgrade' but was 'null'",
    ],
    "websocket.protocol-error": [
        "WSMessage(type=<WSMsgType.ERROR: 258>, data=WebSocketError(<WSCloseCode.PROTOCOL_ERROR: 1002>, 'Received frame with non-zero reserved bits'), extra=None)",
        "websocket._exceptions.WebSocketProtocolException: rsv is not implemented, yet",
        "websocket._exceptions.WebSocketPayloadException: cannot decode: b'x'",
        "websockets.exceptions.ConnectionClosedError: sent 1007 (invalid data); no close frame received",
        "WebSocket connection to 'wss://{host}/' failed: Received unexpected continuation frame.",
    ],
    "websocket.closed-abnormally": [
        "websocket._exceptions.WebSocketConnectionClosedException: Connection to remote host was lost.",
        DOTNET
        + "The remote party closed the WebSocket connection without completing the close handshake.",
        "WebSocket protocol error: Connection reset without closing handshake",
        "failed to get reader: failed to read frame header: EOF",
        SAFARI + "The network connection was lost.",
    ],
    "websocket.idle-timeout": [
        "my websocket disconnects every 60 seconds",
        "the connection drops after a minute",
    ],
    "websocket.origin-refused": [
        'failed to accept WebSocket connection: request Origin "https://{host}" is not authorized for Host "b.test"'
    ],
    "page.local-network-access": ["net::ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS"],
    "page.csp-connect-src": [
        "Refused to connect to wss://{host}/ because it does not appear in the connect-src directive of the Content Security Policy."
    ],
}
