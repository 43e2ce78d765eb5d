"""What people paste: phrases of clients, servers and browsers, each with the codes it may mean.

A phrase is written as its program prints it; the first code is the likeliest, the others have the
same words. ``…`` stands for what differs, at most once in a phrase; an IP address for any IP
address; a name of code with underscores for the same words with blanks. Nothing else is a pattern.

The outer key is where the words were read: from failures made on loopback, unless it says
otherwise.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from certkit.explanations.libraries import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    _Table = Mapping[str, Mapping[str, str]]

_UNTRUSTED: Final = "chain.untrusted-root chain.missing-intermediate"
_REMADE: Final = f"{_UNTRUSTED} chain.ca-regenerated"
_NAME: Final = "name.mismatch name.no-san name.cn-only name.wildcard-depth"
_ADDRESS: Final = "name.ip-missing name.ip-as-dns name.no-san"
_EXPIRED: Final = "validity.expired validity.issuer-expired"
_EITHER_DATE: Final = f"{_EXPIRED} validity.not-yet"
_PURPOSE: Final = "usage.eku-not-server usage.eku-not-client"
_KEY_PAIR: Final = "files.key-mismatch files.leaf-not-first nginx.key-mismatch"
_CIPHER: Final = "tls.no-shared-cipher tls.client-cert-required nginx.key-mismatch"
_VERSION: Final = "tls.version tls.no-shared-cipher crypto.browser-unsupported-key"
_SILENCE: Final = "http.no-answer tls.no-answer tcp.timeout"
_MIXED: Final = "url.mixed-content page.insecure-websocket"
_MASKED: Final = "http.bad-request http.not-found http.bad-gateway tls.client-cert-required"
_PLAIN: Final = "tls.plain-http nginx.listen-without-ssl"
_HALF_OPEN: Final = "websocket.closed-abnormally websocket.idle-timeout"
_1006: Final = f"{_HALF_OPEN} chain.untrusted-root tcp.refused"
_1015: Final = "chain.untrusted-root name.mismatch validity.expired tls.version"
_ANY: Final = f"{_UNTRUSTED} name.mismatch validity.expired"
_HEADERS: Final = "nginx.missing-upgrade nginx.missing-connection"

SYMPTOMS: Final[_Table] = MappingProxyType(
    {
        **LIBRARIES,
        "Chromium 156, console": {
            "Failed to construct 'WebSocket': An insecure WebSocket connection may not be "
            "initiated from a page loaded over HTTPS": _MIXED,
            "insecure WebSocket connection may not be initiated": _MIXED,
            "Mixed Content: The page at … was loaded over HTTPS": _MIXED,
            "attempted to connect to the insecure WebSocket endpoint": _MIXED,
            "this endpoint must be available over WSS": _MIXED,
            "Connecting to a non-secure WebSocket server from a secure origin": _MIXED,
            "The URL's scheme must be either": "url.bad-scheme",
            "The URL contains a fragment identifier": "url.fragment",
            "Fragment identifiers are not allowed in WebSocket URLs": "url.fragment",
            "ERR_UNSAFE_PORT": "url.bad-port",
            "ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS": "page.local-network-access",
            "violates the following Content Security Policy directive": "page.csp-connect-src",
            "ERR_CERT_AUTHORITY_INVALID": f"{_UNTRUSTED} chain.self-signed chain.ca-regenerated",
            "ERR_CERT_COMMON_NAME_INVALID": "name.mismatch name.ip-missing name.no-san "
            "name.cn-only",
            "wss://10.0.0.5 … ERR_CERT_COMMON_NAME_INVALID": f"{_ADDRESS} name.mismatch",
            "ERR_CERT_DATE_INVALID": _EITHER_DATE,
            "ERR_CERT_INVALID": "chain.name-constraint usage.eku-not-server chain.issuer-not-ca "
            "crypto.weak-signature",
            "ERR_SSL_KEY_USAGE_INCOMPATIBLE": "usage.key-usage",
            "ERR_SSL_VERSION_OR_CIPHER_MISMATCH": f"{_VERSION} nginx.key-mismatch",
            "ERR_SSL_UNRECOGNIZED_NAME_ALERT": "tls.sni-rejected nginx.reject-handshake-ip",
            "WebSocket opening handshake was canceled": "tls.client-cert-required",
            "ERR_SSL_PROTOCOL_ERROR": f"{_PLAIN} tls.alpn-no-http1 tls.handshake-failed",
            "ERR_CONNECTION_CLOSED": "tls.closed tls.plain-http tls.version",
            "ERR_CONNECTION_RESET": "tcp.reset",
            "ERR_CONNECTION_REFUSED": "tcp.refused",
            "ERR_CONNECTION_TIMED_OUT": "tcp.timeout",
            "ERR_ADDRESS_UNREACHABLE": "tcp.unreachable",
            "ERR_NAME_NOT_RESOLVED": "dns.not-found name.single-label",
            "ERR_INVALID_HTTP_RESPONSE": "http.not-http",
            "HTTP Authentication failed; no valid credentials available": "http.unauthorized",
            "Connection closed before receiving a handshake response": "http.closed url.tls-port",
            "Incorrect 'Sec-WebSocket-Accept' header value": "websocket.bad-accept",
            "'Sec-WebSocket-Accept' header is missing": "websocket.bad-accept",
            "'Upgrade' header is missing": "websocket.missing-upgrade",
            "'Connection' header is missing": "websocket.missing-upgrade",
            "Sent non-empty 'Sec-WebSocket-Protocol' header": "websocket.subprotocol",
            "Response must not include 'Sec-WebSocket-Protocol' header": "websocket.subprotocol",
            "'Sec-WebSocket-Protocol' header value … in response does not match": (
                "websocket.subprotocol"
            ),
            "Found an unsupported extension": "websocket.extension",
            "received a broken close frame": "websocket.protocol-error",
            "A server must not mask any frames": "websocket.protocol-error",
            "Could not decode a text frame as UTF-8": "websocket.protocol-error",
            "One or more reserved bits are on": "websocket.protocol-error",
            "Unrecognized frame opcode": "websocket.protocol-error",
        },
        "Chromium, its list of net:: errors and its pages (read, not run)": {
            "ERR_TIMED_OUT": "tcp.timeout",
            "ERR_CONNECTION_ABORTED": "tcp.reset",
            "ERR_INTERNET_DISCONNECTED": "tcp.unreachable",
            "ERR_EMPTY_RESPONSE": "http.closed",
            "ERR_CERT_WEAK_SIGNATURE_ALGORITHM": "crypto.weak-signature",
            "ERR_CERT_WEAK_KEY": "crypto.weak-key",
            "ERR_CERT_REVOKED": "revocation.revoked",
            "ERR_CERT_VALIDITY_TOO_LONG": "validity.too-long",
            "ERR_CERT_NAME_CONSTRAINT_VIOLATION": "chain.name-constraint",
            "ERR_SSL_OBSOLETE_VERSION": "tls.version",
            "ERR_SSL_CLIENT_AUTH_CERT_NEEDED": "tls.client-cert-required",
            "ERR_BAD_SSL_CLIENT_AUTH_CERT": "tls.client-cert-required usage.eku-not-client",
            "DNS_PROBE_FINISHED_NXDOMAIN": "dns.not-found",
            "right now because the website uses HSTS": f"name.hsts-preloaded {_UNTRUSTED}",
            "HTTP Strict Transport Security": "name.hsts-preloaded",
            "always jumps to https": "name.hsts-preloaded",
        },
        "Firefox ESR 153, console and pages": {
            "The operation is insecure": _MIXED,
            "An invalid or illegal string was specified": "url.bad-scheme url.fragment "
            "url.bad-host",
            "NS_ERROR_CONTENT_BLOCKED": "page.csp-connect-src",
            "blocked the loading of a resource (connect-src)": "page.csp-connect-src",
            "was interrupted while the page was loading": "websocket.closed-abnormally "
            "websocket.protocol-error",
            "SEC_ERROR_UNKNOWN_ISSUER": f"{_UNTRUSTED} chain.issuer-not-ca",
            "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT": "chain.self-signed",
            "SEC_ERROR_BAD_SIGNATURE": "chain.ca-regenerated",
            "SSL_ERROR_BAD_CERT_DOMAIN": "name.mismatch name.ip-missing name.no-san name.cn-only",
            "SEC_ERROR_EXPIRED_CERTIFICATE": "validity.expired",
            "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE": "validity.not-yet",
            "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE": "validity.issuer-expired",
            "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE": "validity.not-yet",
            "SEC_ERROR_INADEQUATE_CERT_TYPE": _PURPOSE,
            "SEC_ERROR_INADEQUATE_KEY_USAGE": "usage.key-usage chain.issuer-not-ca",
            "SEC_ERROR_CA_CERT_INVALID": "chain.issuer-not-ca",
            "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID": "chain.path-too-long ca.no-intermediate",
            "SEC_ERROR_CERT_NOT_IN_NAME_SPACE": "chain.name-constraint chain.root-superseded",
            "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY": "usage.leaf-is-ca",
            "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING": "revocation.must-staple",
            "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED": "crypto.weak-signature",
            "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION": "chain.unknown-critical-extension",
            "SEC_ERROR_BAD_DER": "chain.malformed name.wildcard-tld",
            "SSL_ERROR_NO_CYPHER_OVERLAP": "tls.no-shared-cipher crypto.browser-unsupported-key "
            "nginx.key-mismatch",
            "SSL_ERROR_PROTOCOL_VERSION_ALERT": "tls.version",
            "SSL_ERROR_UNRECOGNIZED_NAME_ALERT": "tls.sni-rejected nginx.reject-handshake-ip",
            "SSL_ERROR_HANDSHAKE_FAILURE_ALERT": "tls.client-cert-required tls.no-shared-cipher",
            "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT": "tls.client-cert-required",
            "SSL_ERROR_RX_RECORD_TOO_LONG": _PLAIN,
            "PR_END_OF_FILE_ERROR": "tls.closed",
            "PR_CONNECT_RESET_ERROR": "tcp.reset",
            "connectionFailure": "tcp.refused",
            "dnsNotFound": "dns.not-found",
        },
        "NSS and Firefox, their lists of errors (read, not run)": {
            "SSL_ERROR_UNSUPPORTED_VERSION": "tls.version",
            "SEC_ERROR_UNTRUSTED_ISSUER": _UNTRUSTED,
            "SEC_ERROR_UNTRUSTED_CERT": "chain.untrusted-root",
            "SEC_ERROR_REVOKED_CERTIFICATE": "revocation.revoked",
            "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE": "crypto.weak-key",
            "NS_ERROR_NET_TIMEOUT": "tcp.timeout",
        },
        "OpenSSL 3.0, and with it Python, Node, curl and s_client": {
            "unable to get local issuer certificate": _REMADE,
            "unable to get issuer certificate": "chain.anchor-not-root",
            "unable to verify the first certificate": _REMADE,
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE": _REMADE,
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY": _REMADE,
            "UNABLE_TO_GET_ISSUER_CERT": "chain.anchor-not-root",
            "self-signed certificate": "chain.self-signed",
            "DEPTH_ZERO_SELF_SIGNED_CERT": "chain.self-signed",
            "self-signed certificate in certificate chain": "chain.untrusted-root chain.root-sent",
            "SELF_SIGNED_CERT_IN_CHAIN": "chain.untrusted-root chain.root-sent",
            "certificate has expired": _EXPIRED,
            "CERT_HAS_EXPIRED": _EXPIRED,
            "certificate is not yet valid": "validity.not-yet",
            "CERT_NOT_YET_VALID": "validity.not-yet",
            "IP address mismatch, certificate is not valid for": _ADDRESS,
            "IP address mismatch": _ADDRESS,
            "Hostname mismatch, certificate is not valid for": _NAME,
            "Hostname mismatch": _NAME,
            "unsuitable certificate purpose": _PURPOSE,
            "unsupported certificate purpose": _PURPOSE,
            "INVALID_PURPOSE": _PURPOSE,
            "invalid CA certificate": "chain.issuer-not-ca",
            "key usage does not include certificate signing": "chain.issuer-not-ca",
            "path length constraint exceeded": "chain.path-too-long ca.no-intermediate",
            "PATH_LENGTH_EXCEEDED": "chain.path-too-long ca.no-intermediate",
            "permitted subtree violation": "chain.name-constraint chain.root-superseded",
            "excluded subtree violation": "chain.name-constraint",
            "unhandled critical extension": "chain.unknown-critical-extension",
            "Basic Constraints of CA cert not marked critical": "chain.strict-profile",
            "Missing Authority Key Identifier": "chain.strict-profile",
            "Missing Subject Key Identifier": "chain.strict-profile",
            "Path length given without key usage keyCertSign": "chain.strict-profile",
            "Path length invalid for non-CA cert": "chain.strict-profile",
            "Key usage keyCertSign invalid for non-CA cert": "chain.strict-profile",
            "CA cert does not include key usage extension": "chain.strict-profile",
            "Subject empty and Subject Alt Name extension not critical": "chain.strict-profile "
            "name.cn-only",
            "certificate key too weak": "crypto.weak-key",
            "ee key too small": "crypto.weak-key",
            "CA signature digest algorithm too weak": "crypto.weak-signature",
            "ca md too weak": "crypto.weak-signature",
            "certificate revoked": "revocation.revoked",
            "excessive message size": "chain.too-large tls.handshake-failed",
            "EXCESSIVE_MESSAGE_SIZE": "chain.too-large tls.handshake-failed",
            "CRL has expired": "revocation.crl-unusable",
            "CRL is not yet valid": "revocation.crl-unusable",
            "CRL signature failure": "revocation.crl-unusable",
            "key usage does not include CRL signing": "revocation.crl-unusable",
            "unable to get certificate CRL": "revocation.crl-unusable",
            "tlsv1 alert protocol version": "tls.version",
            "unsupported protocol": "tls.version",
            "legacy sigalg disallowed or unsupported": "tls.version crypto.weak-signature",
            "alert handshake failure": _CIPHER,
            "no shared cipher": "tls.no-shared-cipher nginx.key-mismatch files.key-mismatch",
            "tlsv1 unrecognized name": "tls.sni-rejected nginx.reject-handshake-ip",
            "alert certificate required": "tls.client-cert-required",
            "peer did not return a certificate": "tls.client-cert-required",
            "alert no application protocol": "tls.alpn-no-http1",
            "wrong version number": _PLAIN,
            "packet length too long": _PLAIN,
            "unexpected EOF while reading": "tls.closed",
            "EOF occurred in violation of protocol": "tls.closed",
            "SSL_ERROR_SYSCALL": "tls.closed tcp.reset",
            "write:errno=104": "tcp.reset",
            "connect:errno=111": "tcp.refused",
            "tlsv1 alert internal error": "tls.handshake-failed",
            # What a server logs when the client refuses its certificate.
            "alert unknown ca": f"{_UNTRUSTED} chain.self-signed",
            "alert certificate unknown": _ANY,
            "alert bad certificate": _ANY,
            "alert certificate expired": "validity.expired",
            "alert unsupported certificate": "usage.eku-not-client usage.eku-not-server",
            "client sent plain HTTP request to HTTPS port": "url.tls-port",
            "routines::http request": "url.tls-port",
            "key values mismatch": _KEY_PAIR,
            "key type mismatch": _KEY_PAIR,
            "NO_CERTIFICATE_ASSIGNED": "files.key-mismatch tls.no-certificate",
            "no start line": "files.wrong-format",
            "[SSL] PEM lib": "files.wrong-format files.encrypted-key",
            "bad decrypt": "files.encrypted-key",
            "bad password read": "files.encrypted-key",
            "problems getting password": "files.encrypted-key",
        },
        "Python 3.11 and 3.13, ssl and asyncio": {
            "The handshake operation timed out": "tls.no-answer",
            "TimeoutError: timed out": "tcp.timeout http.no-answer",
            "Name or service not known": "dns.not-found name.single-label",
            "nodename nor servname provided, or not known": "dns.not-found",
            "Temporary failure in name resolution": "dns.not-found",
            "getaddrinfo failed": "dns.not-found",
            "Connection refused": "tcp.refused",
            "Connect call failed": "tcp.refused",
            "[Errno 101] Connect call failed": "tcp.unreachable",
            "[Errno 110] Connect call failed": "tcp.timeout",
            "[Errno 113] Connect call failed": "tcp.unreachable",
            "Connection reset by peer": "tcp.reset",
            "Network is unreachable": "tcp.unreachable",
            "No route to host": "tcp.unreachable",
            "Bad request version … x16 x03": "tls.plain-http",
            "x16 x03 x01": "tls.plain-http",
            "ssl.SSLEOFError": "tls.closed",
        },
        "websockets 17": {
            "timed out during opening handshake": _SILENCE,
            "timed out while waiting for handshake response": "http.no-answer",
            "did not receive a valid HTTP response": "http.closed tls.client-cert-required "
            "http.not-http",
            "connection closed while reading HTTP status line": "http.closed "
            "tls.client-cert-required",
            "did not receive a valid HTTP response … unsupported protocol": "http.not-http",
            "unsupported protocol; expected HTTP/1.1": "http.not-http",
            "unsupported HTTP version; expected HTTP/1.1": "nginx.http10-upstream "
            "http.upgrade-required",
            "InvalidURI: https … scheme isn't ws or wss": "http.redirect url.bad-scheme "
            "nginx.trailing-slash-redirect",
            "scheme isn't ws or wss": "url.bad-scheme http.redirect",
            "InvalidURI: https": "http.redirect url.bad-scheme nginx.trailing-slash-redirect",
            "more than … redirects": "http.redirect",
            "invalid Sec-WebSocket-Accept header": "websocket.bad-accept",
            "missing Sec-WebSocket-Accept header": "websocket.bad-accept",
            "InvalidUpgrade: missing Upgrade header": "websocket.missing-upgrade",
            "InvalidUpgrade: missing Connection header": "websocket.missing-upgrade",
            "missing Upgrade header": "websocket.missing-upgrade nginx.missing-upgrade",
            "missing Connection header": "websocket.missing-upgrade nginx.missing-connection",
            "no subprotocols supported": "websocket.subprotocol",
            "unsupported subprotocol": "websocket.subprotocol",
            "Unsupported extension": "websocket.extension",
            "no close frame received or sent": _HALF_OPEN,
            "sent 1002 (protocol error)": "websocket.protocol-error",
            "sent 1007 (invalid frame payload data)": "websocket.protocol-error",
            "invalid status code; no close frame received": "websocket.protocol-error",
            "incorrect masking": "websocket.protocol-error",
            "reserved bits must be 0": "websocket.protocol-error",
            "invalid opcode": "websocket.protocol-error",
            "invalid start byte": "websocket.protocol-error",
            "keepalive ping timeout": "websocket.idle-timeout websocket.closed-abnormally",
            "cannot access a WebSocket server directly with a browser": "http.upgrade-required",
        },
        "Node 20 and 24, ws 8.23": {
            "Hostname/IP does not match certificate's altnames": "name.mismatch name.ip-missing "
            "name.no-san name.wildcard-depth",
            "ERR_TLS_CERT_ALTNAME_INVALID": "name.mismatch name.ip-missing name.no-san "
            "name.wildcard-depth",
            "does not match certificate's altnames: IP: 10.0.0.5 is not in the cert's list": (
                _ADDRESS
            ),
            "IP: 10.0.0.5 is not in the cert's list": _ADDRESS,
            "does not match certificate's altnames: Cert does not contain a DNS name": (
                "name.no-san"
            ),
            "Cert does not contain a DNS name": "name.no-san",
            "is not in the cert's altnames": _NAME,
            "is not cert's CN": "name.mismatch name.cn-only",
            "ECONNREFUSED": "tcp.refused",
            "ENOTFOUND": "dns.not-found name.single-label",
            "EAI_AGAIN": "dns.not-found",
            "ECONNRESET": "tcp.reset",
            "socket hang up": "http.closed",
            "ETIMEDOUT": "tcp.timeout",
            "ENETUNREACH": "tcp.unreachable",
            "EHOSTUNREACH": "tcp.unreachable",
            "Client network socket disconnected before secure TLS connection was established": (
                "tls.closed"
            ),
            "Opening handshake has timed out": _SILENCE,
            "Parse Error: Expected HTTP/": "http.not-http",
            "HPE_INVALID_CONSTANT": "http.not-http",
            "Server sent no subprotocol": "websocket.subprotocol",
            "Server sent a subprotocol but none was requested": "websocket.subprotocol",
            "Server sent an invalid subprotocol": "websocket.subprotocol",
            "Cannot read properties of null (reading 'includes')": "websocket.subprotocol",
            "Server indicated an extension that was not requested": "websocket.extension",
            "Invalid WebSocket frame": "websocket.protocol-error",
            "WS_ERR_INVALID_CLOSE_CODE": "websocket.protocol-error",
            "WS_ERR_UNEXPECTED_MASK": "websocket.protocol-error",
            "WS_ERR_INVALID_UTF8": "websocket.protocol-error",
            "WS_ERR_UNEXPECTED_RSV_1": "websocket.protocol-error",
            "WS_ERR_INVALID_OPCODE": "websocket.protocol-error",
        },
        "Go 1.27, gorilla/websocket 1.5": {
            "tls: handshake message of length": "chain.too-large",
            "x509: certificate signed by unknown authority": f"{_REMADE} chain.self-signed",
            "verification failure … while trying to verify candidate authority certificate": (
                "chain.ca-regenerated"
            ),
            "verification error … while trying to verify candidate authority certificate": (
                "chain.ca-regenerated"
            ),
            "insecure algorithm … while trying to verify candidate authority certificate": (
                "crypto.weak-signature"
            ),
            "parent certificate cannot sign … while trying to verify candidate authority "
            "certificate": "chain.issuer-not-ca",
            "cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs": (
                _ADDRESS
            ),
            "doesn't contain any IP SANs": _ADDRESS,
            "certificate is valid for … not": _NAME,
            "certificate is valid for … not 10.0.0.5": _ADDRESS,
            "certificate relies on legacy Common Name field": "name.cn-only",
            "certificate has expired or is not yet valid": _EITHER_DATE,
            "certificate has expired or is not yet valid … is after": _EXPIRED,
            "certificate has expired or is not yet valid … is before": "validity.not-yet",
            "certificate specifies an incompatible key usage": _PURPOSE,
            "parent certificate cannot sign this kind of certificate": "chain.issuer-not-ca",
            "too many intermediates for path length constraint": "chain.path-too-long "
            "ca.no-intermediate",
            "is not authorized to sign for this name": "chain.name-constraint "
            "chain.root-superseded",
            "is not permitted by any constraint": "chain.name-constraint chain.root-superseded",
            "cannot verify signature: insecure algorithm": "crypto.weak-signature",
            "failed to parse certificate from server": "chain.malformed name.idn-raw",
            "x509: malformed certificate": "chain.malformed",
            "signature check attempts limit reached": "chain.search-limit",
            "tls: protocol version not supported": "tls.version",
            "tls: handshake failure": _CIPHER,
            "tls: unrecognized name": "tls.sni-rejected nginx.reject-handshake-ip",
            "tls: certificate required": "tls.client-cert-required",
            "tls: no application protocol": "tls.alpn-no-http1",
            "first record does not look like a TLS handshake": _PLAIN,
            "TLS handshake error from … first record does not look like a TLS handshake": (
                "url.tls-port"
            ),
            "tls: bad certificate": _ANY,
            "tls: unknown certificate": _ANY,
            "tls: unknown certificate authority": _UNTRUSTED,
            "server gave HTTP response to HTTPS client": _PLAIN,
            "Client sent an HTTP request to an HTTPS server": "url.tls-port",
            "context deadline exceeded": "tls.no-answer tcp.timeout http.no-answer",
            "i/o timeout": "tcp.timeout tls.no-answer http.no-answer",
            "no such host": "dns.not-found",
            "unexpected EOF": "http.closed websocket.closed-abnormally",
            "malformed HTTP status code": "http.not-http",
            "malformed HTTP response": "http.not-http tls.plain-http",
            "close 1006 (abnormal closure)": _HALF_OPEN,
            "close 1006 (abnormal closure): unexpected EOF": _HALF_OPEN,
            "websocket: bad close code": "websocket.protocol-error",
            "websocket: bad MASK": "websocket.protocol-error",
            "websocket: RSV1 set": "websocket.protocol-error",
            "websocket: bad opcode": "websocket.protocol-error",
            "websocket: RSV1 set, bad opcode": "websocket.protocol-error",
            "PEM inputs may have been switched": "files.wrong-format",
        },
        "Java 17 and 25": {
            "PKIX path building failed": _UNTRUSTED,
            "unable to find valid certification path to requested target": _UNTRUSTED,
            "Path does not chain with any of the trust anchors": "chain.ca-regenerated "
            "chain.untrusted-root",
            "No subject alternative names matching IP address": _ADDRESS,
            "No subject alternative DNS name matching": _NAME,
            "No subject alternative names present": "name.no-san name.cn-only",
            "No name matching": "name.mismatch name.no-san",
            "Illegal given domain name": "name.underscore name.mismatch",
            "validity check failed": _EITHER_DATE,
            "CertificateExpiredException": _EXPIRED,
            "CertificateNotYetValidException": "validity.not-yet",
            "Extended key usage does not permit use for TLS server authentication": (
                "usage.eku-not-server"
            ),
            "Extended key usage does not permit use for TLS client authentication": (
                "usage.eku-not-client"
            ),
            "CA key usage check failed": "chain.issuer-not-ca",
            "this is not a CA certificate": "chain.issuer-not-ca",
            "pathLenConstraint violated": "chain.path-too-long ca.no-intermediate",
            "name constraints check failed": "chain.name-constraint",
            "KeyUsage does not allow digital signatures": "usage.key-usage",
            "unrecognized critical extension": "chain.unknown-critical-extension",
            "The size of the handshake message": "chain.too-large",
            "The certificate chain length": "chain.too-large",
            "Failed to parse server certificates": "chain.strict-profile chain.malformed",
            "fatal alert: protocol_version": "tls.version",
            "fatal alert: handshake_failure": _CIPHER,
            "fatal alert: unrecognized_name": "tls.sni-rejected nginx.reject-handshake-ip",
            "fatal alert: certificate_required": "tls.client-cert-required",
            "Unrecognized SSL message, plaintext connection": _PLAIN,
            "Unsupported or unrecognized SSL message": _PLAIN,
            "Remote host terminated the handshake": "tls.closed",
            "Connection reset": "tcp.reset",
            "HTTP connect timed out": "tcp.timeout tls.no-answer",
            "HttpTimeoutException: request timed out": "http.no-answer http.closed",
            "ClosedChannelException": "tcp.refused",
            "ConnectException: null": "tcp.refused dns.not-found",
            "UnresolvedAddressException": "dns.not-found",
            "UnknownHostException": "dns.not-found",
            "HTTP/1.1 header parser received no bytes": "http.closed",
            "Invalid status line": "http.not-http",
            "Bad Sec-WebSocket-Accept": "websocket.bad-accept",
            "Response field missing: Sec-WebSocket-Accept": "websocket.bad-accept",
            "Response field missing: Upgrade": "websocket.missing-upgrade",
            "Response field missing: Connection": "websocket.missing-upgrade",
            "Unexpected subprotocol": "websocket.subprotocol",
            "Response field 'Sec-WebSocket-Extensions' present": "websocket.extension",
            "Illegal status code": "websocket.protocol-error",
            "Masked frame received": "websocket.protocol-error",
            "Invalid UTF-8 in frame": "websocket.protocol-error",
            "Unexpected rsv1 bit": "websocket.protocol-error",
            "ProtocolException: Unexpected opcode": "websocket.protocol-error",
            "Unexpected opcode": "websocket.protocol-error",
        },
        "Deno 2.9, rustls": {
            "peer certificate: UnknownIssuer": f"{_UNTRUSTED} chain.self-signed",
            "UnknownIssuer": f"{_UNTRUSTED} chain.self-signed",
            "peer certificate: BadSignature": "chain.ca-regenerated crypto.weak-key",
            'certificate not valid for name "10.0.0.5"': _ADDRESS,
            "certificate not valid for name": _NAME,
            "not valid for any names": "name.no-san name.cn-only",
            "is not valid for any names (according to its subjectAltName extension)": "name.no-san "
            "name.cn-only",
            "certificate expired": _EXPIRED,
            "certificate not valid yet": "validity.not-yet",
            "certificate does not allow extended key usage for server authentication": (
                "usage.eku-not-server"
            ),
            "EndEntityUsedAsCa": "chain.issuer-not-ca",
            "HandshakePayloadTooLarge": "chain.too-large",
            "MaximumPathDepthExceeded": "chain.too-large",
            "PathLenConstraintViolated": "chain.path-too-long ca.no-intermediate",
            "NameConstraintViolation": "chain.name-constraint",
            "CaUsedAsEndEntity": "usage.leaf-is-ca",
            "UnsupportedCriticalExtension": "chain.unknown-critical-extension",
            "UnsupportedSignatureAlgorithmContext": "crypto.weak-signature",
            "UnsupportedSignatureAlgorithmForPublicKeyContext": "crypto.weak-signature "
            "chain.ca-regenerated",
            "MalformedDnsIdentifier": "name.trailing-dot name.idn-raw chain.malformed",
            "fatal alert: ProtocolVersion": "tls.version",
            "fatal alert: HandshakeFailure": _CIPHER,
            "fatal alert: UnrecognisedName": "tls.sni-rejected nginx.reject-handshake-ip",
            "Didn't receive h2 alpn, aborting connection": _MASKED,
            "unspecific protocol error detected": "tls.alpn-no-http1",
            "corrupt message of type InvalidContentType": _PLAIN,
            "tls handshake eof": "tls.closed",
            "dns error": "dns.not-found",
            "Invalid close code": "websocket.protocol-error",
            "Reserved bits are not zero": "websocket.protocol-error",
        },
        "curl 7.88": {
            "no alternative certificate subject name matches target host name": _NAME,
            "no alternative certificate subject name matches target host name '10.0.0.5'": (
                _ADDRESS
            ),
            "unable to obtain common name from peer certificate": "name.no-san",
            "certificate subject name … does not match target host name": "name.mismatch "
            "name.no-san",
            "curl: (28)": "tcp.timeout tls.no-answer http.no-answer",
            "Connection timed out": "tcp.timeout",
            "SSL connection timeout": "tls.no-answer",
            "Operation timed out after … bytes received": "http.no-answer",
            "Could not resolve host": "dns.not-found name.single-label",
            "Empty reply from server": "http.closed tls.plain-http",
            "Received HTTP/0.9 when not allowed": "http.not-http url.tls-port",
        },
        "GnuTLS 3.7: wget, gnutls-cli": {
            "The handshake data size is too large": "chain.too-large",
            "The certificate of … doesn't have a known issuer": f"{_UNTRUSTED} chain.self-signed",
            "The certificate issuer is unknown": f"{_UNTRUSTED} chain.self-signed",
            "The certificate's owner does not match hostname": _NAME,
            "The certificate's owner does not match hostname '10.0.0.5'": _ADDRESS,
            "The name in the certificate does not match the expected": "name.mismatch "
            "name.ip-missing name.no-san",
            "The certificate of … has expired": _EXPIRED,
            "The certificate chain uses expired certificate": _EXPIRED,
            "The certificate of … is not yet activated": "validity.not-yet",
            "uses not yet valid certificate": "validity.not-yet",
            "certificate chain does not match the intended purpose": _PURPOSE,
            "does not match the intended purpose": _PURPOSE,
            "The certificate signer of … was not a CA": "chain.issuer-not-ca",
            "The certificate issuer is not a CA": "chain.issuer-not-ca",
            "violates the signer's constraints": "chain.name-constraint chain.path-too-long",
            "Key usage violation in certificate has been detected": "usage.key-usage",
            "requires the server to include an OCSP status": "revocation.must-staple",
            "signed using an insecure algorithm": "crypto.weak-signature",
            "certificate chain uses insecure algorithm": "crypto.weak-signature",
            "contains an unknown critical extension": "chain.unknown-critical-extension",
            "Error in DER parsing": "chain.malformed files.wrong-format",
            "received alert [40]": _CIPHER,
            "received alert [112]": "tls.sni-rejected nginx.reject-handshake-ip",
            "The server name sent was not recognized": "tls.sni-rejected nginx.reject-handshake-ip",
            "received alert [116]": "tls.client-cert-required",
            "Certificate is required": "tls.client-cert-required",
            "An unexpected TLS packet was received": _PLAIN,
            "The TLS connection was non-properly terminated": "tls.closed",
            "Error in the pull function": "tcp.reset",
            "unable to resolve host address": "dns.not-found",
            "Unable to establish SSL connection": "tls.no-answer tls.plain-http",
        },
        "TLS alerts by number, in any library": {
            "SSL alert number 40": _CIPHER,
            "SSL alert number 42": _ANY,
            "SSL alert number 45": "validity.expired",
            "SSL alert number 46": _ANY,
            "SSL alert number 48": f"{_UNTRUSTED} chain.self-signed",
            "SSL alert number 70": "tls.version",
            "SSL alert number 80": "tls.handshake-failed",
            "SSL alert number 112": "tls.sni-rejected nginx.reject-handshake-ip",
            "SSL alert number 116": "tls.client-cert-required",
            "SSL alert number 120": "tls.alpn-no-http1",
        },
        "nginx 1.22 to 1.31, nginx -t and the error log": {
            'unknown directive "ssl"': "nginx.ssl-on",
            'the "ssl" directive is deprecated': "nginx.ssl-on",
            'unknown "connection_upgrade" variable': "nginx.missing-connection "
            "nginx.fixed-connection",
            '"map" directive is not allowed here': "nginx.missing-connection",
            "invalid URL prefix": "nginx.upstream-scheme",
            "invalid host in upstream": "nginx.upstream-scheme",
            "SSL_CTX_use_PrivateKey … key values mismatch": "nginx.key-mismatch "
            "files.key-mismatch files.leaf-not-first",
            "conflicting server name": "nginx.default-server-wins",
            'no "ssl_certificate" is defined': "tls.no-certificate",
            "The plain HTTP request was sent to HTTPS port": "url.tls-port",
            "client sent plain HTTP request to HTTPS port while reading client request headers": (
                "url.tls-port"
            ),
            "broken header: … while reading PROXY protocol": "tcp.proxy-protocol",
            "No required SSL certificate was sent": "tls.client-cert-required",
            "client sent no required SSL certificate": "tls.client-cert-required",
            "upstream timed out … while proxying upgraded connection": "websocket.idle-timeout "
            "nginx.short-read-timeout",
            "failed … while proxying upgraded connection": "websocket.closed-abnormally",
            "upstream timed out … while reading response header from upstream": (
                "http.gateway-timeout"
            ),
            "upstream timed out … while connecting to upstream": "http.gateway-timeout",
            "upstream timed out": "http.gateway-timeout websocket.idle-timeout "
            "nginx.short-read-timeout",
            "connect() failed … while connecting to upstream": "http.bad-gateway",
            "while reading response header from upstream": "http.bad-gateway",
            "upstream prematurely closed connection": "http.bad-gateway",
            "peer closed connection in SSL handshake … while SSL handshaking to upstream": (
                "http.bad-gateway nginx.upstream-scheme"
            ),
            "while SSL handshaking to upstream": "http.bad-gateway nginx.upstream-scheme",
            "no live upstreams": "http.bad-gateway",
            "host not found in upstream": "dns.not-found",
        },
        "Servers: uvicorn, tornado, aiohttp, gorilla, Vite, Apache (their sources and logs)": {
            "Unsupported upgrade request": "nginx.fixed-connection http.bad-request",
            "No supported WebSocket library detected": "http.not-found",
            'Can "Upgrade" only to "WebSocket"': "nginx.missing-upgrade http.bad-request",
            "No WebSocket UPGRADE hdr": "nginx.missing-upgrade http.bad-request",
            '"Connection" must be "Upgrade"': "nginx.missing-connection http.bad-request",
            "No CONNECTION upgrade hdr": "nginx.missing-connection http.bad-request",
            "'upgrade' token not found in 'Connection' header": "nginx.missing-connection "
            "nginx.missing-upgrade",
            "'websocket' token not found in 'Upgrade' header": "nginx.missing-upgrade",
            "request origin not allowed": "websocket.origin-refused nginx.host-loses-port",
            "Cross origin websockets not allowed": "websocket.origin-refused nginx.host-loses-port",
            "This host is not allowed": "http.forbidden",
            "speaking plain HTTP to an SSL-enabled server port": "url.tls-port",
        },
        "Windows and Apple (documents, not run)": {
            "ERROR_INTERNET_SEC_CERT_CN_INVALID": "name.mismatch",
            "ERROR_INTERNET_SEC_CERT_DATE_INVALID": _EITHER_DATE,
            "ERROR_INTERNET_INVALID_CA": _UNTRUSTED,
            "error 12038": "name.mismatch",
            "error 12037": _EITHER_DATE,
            "error 12045": _UNTRUSTED,
            "SEC_E_UNTRUSTED_ROOT": _UNTRUSTED,
            "SEC_E_WRONG_PRINCIPAL": "name.mismatch name.ip-missing name.no-san",
            "SEC_E_CERT_EXPIRED": _EXPIRED,
            "RemoteCertificateNameMismatch": "name.mismatch name.ip-missing name.no-san",
            "certificate is not standards compliant": "validity.too-long usage.eku-not-server "
            "chain.name-constraint",
            "certificate name does not match input": "name.mismatch name.ip-missing name.no-san",
            "certificate is not permitted for this usage": "usage.eku-not-server",
            "certificate is using a broken key size": "crypto.weak-key",
            "certificate is using a broken signature algorithm": "crypto.weak-signature",
            "Trust anchor for certification path not found": _UNTRUSTED,
        },
        "How people put it": {
            "1006 … after 60": "websocket.idle-timeout nginx.short-read-timeout",
            "1006 … after a minute": "websocket.idle-timeout nginx.short-read-timeout",
        },
    }
)

VAGUE: Final[_Table] = MappingProxyType(
    {
        # Words that every failure of a kind brings: they count where nothing else is said.
        "Chromium 156": {
            "Error during WebSocket handshake": "http.bad-request http.ok-not-upgraded "
            "http.not-found http.bad-gateway",
        },
        "Firefox ESR 153": {
            "can't establish a connection to the server at wss": "chain.untrusted-root "
            "name.mismatch tcp.refused http.bad-request",
            "can't establish a connection to the server at ws": "tcp.refused http.bad-request "
            "http.not-found",
        },
        "Close codes: 1015 is TLS in Firefox, 1006 all without a close frame": {
            **dict.fromkeys(
                ("code 1006", "close 1006", "closed 1006", "closed with 1006", "onClose 1006"),
                _1006,
            ),
            "1006 abnormal closure": _1006,
            **dict.fromkeys(
                ("code 1015", "close 1015", "closed 1015", "closed with 1015", "onClose 1015"),
                _1015,
            ),
            "1015 TLS handshake": _1015,
            "code 1002": "websocket.protocol-error",
            "code 1007": "websocket.protocol-error",
        },
        "OpenSSL, GnuTLS, Java, Deno": {
            "CERTIFICATE_VERIFY_FAILED": _ANY,
            "certificate verify failed": _ANY,
            "invalid peer certificate": _ANY,
            "SSL certificate problem": _ANY,
            "failed to verify certificate": _ANY,
            "PKIX path validation failed": f"{_UNTRUSTED} validity.expired chain.ca-regenerated",
            "The certificate of … is not trusted": f"{_UNTRUSTED} chain.name-constraint",
            "certificate is NOT trusted": f"{_UNTRUSTED} chain.name-constraint",
            "certificate is not trusted": f"{_UNTRUSTED} validity.too-long",
            "certificate is expired": f"{_EXPIRED} validity.not-yet",
        },
        "Safari, .NET, Chromium's pages, node's code (read, not run)": {
            "SecurityError DOM Exception 18": _MIXED,
            "SECURITY_ERR DOM Exception 18": _MIXED,
            "The remote certificate is invalid": _ANY,
            "The remote certificate was rejected": _ANY,
            "The SSL connection could not be established": _ANY,
            "Your connection is not private": _ANY,
            "This site can't provide a secure connection": f"{_PLAIN} tls.version",
            "already in CLOSING or CLOSED state": _HALF_OPEN,
            "code EPROTO": f"{_PLAIN} tls.handshake-failed",
        },
        "Firefox in German and French (its translations, not run)": {
            "Firefox kann keine Verbindung zu dem Server unter wss": "chain.untrusted-root "
            "name.mismatch tcp.refused http.bad-request",
            "Firefox ne peut établir de connexion avec le serveur à l'adresse wss": (
                "chain.untrusted-root name.mismatch tcp.refused http.bad-request"
            ),
        },
        "Connections: curl 7.88, Deno 2.9, Python 3.11": {
            "Couldn't connect to server": "tcp.refused tcp.reset",
            "Failed to connect to … port": "tcp.refused tcp.timeout",
            "curl: (7)": "tcp.refused tcp.unreachable",
            "tcp connect error": "tcp.refused tcp.timeout tcp.unreachable",
            # asyncio says no more when a server closes in the TLS handshake.
            "ConnectionResetError": "tls.closed tcp.reset",
            "TimeoutError": f"tcp.timeout {_SILENCE}",
        },
        "gorilla/websocket 1.5, Java 17": {
            "websocket: bad handshake": _MASKED,
            "WebSocketHandshakeException": _MASKED,
        },
    }
)

WHOLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1002": "websocket.protocol-error",
        "1006": _1006,
        "1007": "websocket.protocol-error",
        "1015": _1015,
        "12038": "name.mismatch",
        "EOF": "tls.closed",
    }
)
"""Texts that say something only when nothing stands beside them."""

HANDSHAKE_STATUS: Final = (
    "Unexpected response code",  # Chromium
    "Unexpected server response",  # Node's ws
    "server rejected WebSocket connection: HTTP",  # websockets
    "Unexpected HTTP response status code",  # Java
    "Handshake status",  # websocket-client
    "WSServerHandshakeError:",  # aiohttp
    "ClientResponseError:",
    "Status code not 101:",  # websockets before 9
    "handshake response status code 101 but got",  # coder/websocket
    "Expected HTTP 101 response but was",  # okhttp
    "The server returned status code",  # .NET
    "The HTTP response from the server",  # Tomcat
    "Received unexpected status code",  # websocat
    "HTTP Error",  # urllib
)
"""Words before the status with which a server answered a WebSocket handshake."""
REASONS: Final = (
    "Moved Permanently",
    "Found",
    "Temporary Redirect",
    "Permanent Redirect",
    "Bad Request",
    "Unauthorized",
    "Forbidden",
    "Not Found",
    "Method Not Allowed",
    "Upgrade Required",
    "Too Many Requests",
    "Internal Server Error",
    "Bad Gateway",
    "Service Unavailable",
    "Service Temporarily Unavailable",
    "Gateway Timeout",
    "Gateway Time-out",
    "HTTP Version Not Supported",
)
"""Words behind a status, RFC 9110 section 15 and nginx."""
STATUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "101": "websocket.missing-upgrade",
        "2xx": f"http.ok-not-upgraded {_HEADERS}",
        "200": f"http.ok-not-upgraded {_HEADERS}",
        "3xx": "http.redirect nginx.trailing-slash-redirect",
        "301": "http.redirect nginx.trailing-slash-redirect",
        "302": "http.redirect",
        "307": "http.redirect",
        "308": "http.redirect nginx.trailing-slash-redirect",
        "4xx": "http.bad-request",
        "400": f"http.bad-request {_HEADERS} url.tls-port",
        "401": "http.unauthorized",
        "403": "http.forbidden websocket.origin-refused nginx.host-loses-port",
        "404": f"http.not-found {_HEADERS}",
        "405": "http.bad-request",
        "426": f"http.upgrade-required {_HEADERS} nginx.http10-upstream",
        "429": "http.too-many-requests",
        "5xx": "http.server-error",
        "500": "http.server-error",
        "502": "http.bad-gateway",
        "503": "http.server-error",
        "504": "http.gateway-timeout",
        "505": "http.upgrade-required nginx.http10-upstream",
    }
)
"""The codes of a status of HTTP; ``4xx`` is any other that begins with 4."""
