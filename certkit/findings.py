"""Findings: what a check saw, why it matters and what repairs it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Severity(StrEnum):
    """How much a finding matters: an error makes the answer no, a warning says who minds.

    >>> Severity.ERROR.value
    'error'
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Fix:
    """How a finding is repaired: a command to type, a patch for a file, or advice to a person.

    >>> Fix("command", "certkit issue localhost").kind
    'command'
    """

    kind: Literal["command", "patch", "advice"]
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about a certificate, a file or an endpoint that somebody should know.

    ``code`` is a key of :data:`CODES`; ``summary`` is one sentence with the value at fault,
    ``why`` says what rule or client makes it matter.

    >>> finding = Finding("name.mismatch", Severity.ERROR, "'a.test' is not in the certificate",
    ...                   "RFC 9525 section 6", Fix("command", "certkit issue a.test"))
    >>> finding.as_dict()["docs"]
    'certkit explain name.mismatch'
    """

    code: str
    severity: Severity
    summary: str
    why: str
    fix: Fix

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise LookupError(f"unregistered finding code {self.code!r}")

    def as_dict(self) -> dict[str, object]:
        """The shape that ``--json`` prints."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "summary": self.summary,
            "why": self.why,
            "fix": {"kind": self.fix.kind, "text": self.fix.text},
            "docs": f"certkit explain {self.code}",
        }


def has_error(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


# A code is `<layer>.<what>`. It is never renamed: people search for it and scripts match it.
# The value is its title; the page behind `certkit explain` is certkit/explanations/<layer>.md.
CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "url.mixed-content": "a ws:// URL, which no page on https can open everywhere",
        "url.bad-scheme": "a URL that is not ws, wss, http or https",
        "url.bad-host": "a URL without a host that can be asked for",
        "url.bad-port": "a port that browsers never open, or none at all",
        "url.fragment": "a WebSocket URL with a #fragment",
        "url.tls-port": "an unencrypted URL for a port that speaks TLS",
        "dns.not-found": "the name has no address",
        "tcp.refused": "nothing listens on the port",
        "tcp.timeout": "the address does not answer",
        "tcp.reset": "the connection was reset",
        "tcp.proxy-protocol": "the server expects the line of a load balancer",
        "tcp.unreachable": "there is no way to the address",
        "tls.plain-http": "the port does not speak TLS",
        "tls.no-answer": "the server does not answer in TLS",
        "tls.closed": "the server closed the connection in the TLS handshake",
        "tls.version": "a TLS version that today's clients refuse",
        "tls.no-shared-cipher": "no cipher suite that the server and clients share",
        "tls.weak-cipher": "the server takes weak cipher suites",
        "tls.sni-rejected": "the server does not know the name that is asked for",
        "tls.alpn-no-http1": "the server takes no HTTP/1.1",
        "tls.client-cert-required": "the server wants a client certificate",
        "tls.handshake-failed": "the TLS handshake failed",
        "tls.no-certificate": "the server sent no certificate",
        "chain.untrusted-root": "the chain does not end in a root that is trusted here",
        "chain.self-signed": "the certificate is signed by itself and not trusted here",
        "chain.missing-intermediate": "a certificate between the leaf and the root is missing",
        "chain.wrong-order": "the certificates are not in the order leaf, intermediates",
        "chain.issuer-not-ca": "the issuer is not allowed to sign certificates",
        "chain.path-too-long": "more intermediates than a path length constraint allows",
        "chain.name-constraint": "a name lies outside what the CA is allowed to sign",
        "chain.ca-regenerated": "a CA of this name is trusted, but with another key",
        "chain.root-superseded": "an older version of a re-signed root is trusted",
        "chain.too-large": "the chain is longer than some clients take",
        "chain.root-sent": "the root is in the chain that the server sends",
        "chain.strict-profile": "Python 3.13 and OpenSSL -x509_strict refuse this profile",
        "chain.anchor-not-root": "what is trusted is not a root",
        "chain.malformed": "a certificate that breaks the form of RFC 5280",
        "chain.unknown-critical-extension": "a critical extension that is not understood",
        "chain.search-limit": "the search for a chain was given up",
        "validity.expired": "the certificate has expired",
        "validity.not-yet": "the certificate is not valid yet",
        "validity.issuer-expired": "a certificate above the leaf has expired",
        "validity.too-long": "the certificate lives longer than some clients accept",
        "validity.expiring": "the certificate expires soon",
        "name.mismatch": "the name asked for is not in the certificate",
        "name.no-san": "the certificate has no subject alternative name",
        "name.cn-only": "the name stands only in the common name, which no longer counts",
        "name.ip-as-dns": "an IP address is written as a DNS name in the certificate",
        "name.ip-missing": "the IP address asked for is not in the certificate",
        "name.wildcard-depth": "a wildcard covers exactly one label",
        "name.wildcard-apex": "a wildcard does not cover its own base name",
        "name.wildcard-tld": "a wildcard directly under a top-level name",
        "name.wildcard-public-suffix": "a wildcard directly under a public suffix",
        "name.wildcard-partial": "a wildcard that is not a whole leftmost label",
        "name.trailing-dot": "a DNS name with a trailing dot",
        "name.idn-raw": "a name with letters outside ASCII that is not in A-label form",
        "name.idn-mixed-script": "a name that mixes scripts and may imitate another",
        "name.underscore": "a host name with an underscore",
        "name.single-label": "a name of a single label",
        "name.hsts-preloaded": "a suffix that browsers only open with a trusted certificate",
        "usage.eku-not-server": "the certificate is not meant for a server",
        "usage.eku-not-client": "the certificate is not meant for a client",
        "usage.key-usage": "the key usage does not allow what TLS needs",
        "usage.leaf-is-ca": "the server's certificate says that it is a CA",
        "usage.csr-extensions-ignored": "the request asks for more than names and a key",
        "crypto.weak-signature": "a signature algorithm that clients refuse",
        "crypto.weak-key": "a key too small for today's clients",
        "crypto.browser-unsupported-key": "a key type that browsers refuse",
        "revocation.revoked": "the certificate has been revoked by its CA",
        "revocation.crl-unusable": "the revocation list cannot be used",
        "revocation.must-staple": "the certificate demands a stapled OCSP answer",
        "http.ok-not-upgraded": "a page came instead of a WebSocket",
        "http.redirect": "the server redirects, which no WebSocket follows",
        "http.bad-request": "the server calls the request bad",
        "http.unauthorized": "the server wants credentials",
        "http.forbidden": "the server forbids the request",
        "http.not-found": "the server knows nothing at this path",
        "http.upgrade-required": "the server did not see that an upgrade was asked for",
        "http.too-many-requests": "the server takes no more requests for now",
        "http.server-error": "the server failed",
        "http.bad-gateway": "the proxy cannot talk to the backend",
        "http.gateway-timeout": "the backend did not answer the proxy in time",
        "http.no-answer": "the server does not answer the request",
        "http.closed": "the server closed the connection without an answer",
        "http.not-http": "what the server answers is no HTTP/1",
        "websocket.bad-accept": "Sec-WebSocket-Accept does not fit the request",
        "websocket.missing-upgrade": "an answer 101 without Upgrade or Connection",
        "websocket.subprotocol": "a subprotocol that was not agreed",
        "websocket.extension": "an extension that nobody asked for",
        "websocket.origin-refused": "the server refuses the page's Origin",
        "websocket.idle-timeout": "a silent connection is cut",
        "websocket.closed-abnormally": "the connection ended without a close frame, or by an error",
        "websocket.protocol-error": "a frame that RFC 6455 does not allow",
        "files.key-mismatch": "the key does not belong to the certificate",
        "files.encrypted-key": "the private key is encrypted",
        "files.wrong-format": "the file is not in the format that its reader expects",
        "files.key-readable": "other users can read the private key",
        "files.leaf-not-first": "the server's certificate is not the first in the file",
        "files.outdated": "a file beside still holds the certificate before",
        "files.key-in-git": "a private key inside a git work tree",
        "nginx.ssl-on": "'ssl on', which nginx no longer knows",
        "nginx.old-protocol": "ssl_protocols allows versions that clients refuse",
        "nginx.weak-cipher": "ssl_ciphers lets in suites that protect nothing",
        "nginx.no-tls13": "ssl_protocols does not allow TLS 1.3",
        "nginx.listen-without-ssl": "a port that is meant for TLS speaks plain HTTP",
        "nginx.missing-upgrade": "the header Upgrade is not passed on",
        "nginx.missing-connection": "the header Connection is not passed on",
        "nginx.http10-upstream": "the backend is spoken to in HTTP/1.0",
        "nginx.fixed-connection": "every request asks the backend for an upgrade",
        "nginx.short-read-timeout": "a silent WebSocket is closed after a minute or less",
        "nginx.host-loses-port": "the backend sees another Host than the browser's",
        "nginx.upstream-scheme": "the backend is named by a ws:// URL",
        "nginx.trailing-slash-redirect": "a location redirects its path without the slash",
        "nginx.default-server-wins": "the default server of a port decides for another one",
        "nginx.reject-handshake-ip": "clients that dial an IP address are refused",
        "nginx.key-mismatch": "the key is not that of the certificate",
        "page.local-network-access": "a public page that opens a WebSocket to a private address",
        "page.csp-connect-src": "the page's own policy forbids the WebSocket",
        "page.insecure-websocket": "a page that opens ws://",
        "ca.unconstrained": "the CA may sign for every name on the internet",
        "ca.no-intermediate": "the root allows no intermediate below it",
        "home.recovered": "an interrupted command was completed or undone",
        "internal.check-crashed": "a check of certkit failed itself",
    }
)
