"""Faults below HTTP: ports, TCP and the TLS handshake."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from certkit.lab import behaviour, contexts
from certkit.lab.certificates import Chain
from certkit.lab.scenario import Options, Scenario

if TYPE_CHECKING:
    from certkit.lab.certificates import Maker

_ADDRESS: Final = "wss://127.0.0.1:{port}/chat"
_NO_APPLICATION_PROTOCOL: Final = 120
# Of the ports that browsers never open those that are seldom taken.
_BAD_PORTS: Final = (10080, 6697, 6669, 6668, 6667, 6666, 6665, 6566, 4190, 3659)


def _rsa(maker: Maker) -> Chain:
    return Chain((maker.leaf(maker.root, key=maker.rsa_key),), (maker.root,))


SCENARIOS: Final = (
    Scenario(
        "bad-scheme", "url.bad-scheme",
        "the URL begins with ftp://", url="ftp://localhost:{port}/chat",
    ),
    Scenario(
        "bad-host", "url.bad-host",
        "the URL names a host that no certificate can be for",
        url="wss://192.168.1.300:{port}/chat",
    ),
    Scenario(
        "bad-port", "url.bad-port",
        "the server listens on a port that browsers never open", ports=_BAD_PORTS,
    ),
    Scenario(
        "fragment", "url.fragment",
        "the URL of the WebSocket has a #fragment", url="wss://localhost:{port}/chat#room",
    ),
    Scenario(
        "plain-url", "url.tls-port",
        "the port speaks TLS, and the URL begins with ws://", url="ws://localhost:{port}/chat",
    ),
    Scenario(
        "mixed-content", "url.mixed-content",
        "a page on https opens ws://",
        url="ws://app.test:{port}/chat", secure=False, options=Options(origin="https://app.test"),
    ),
    Scenario(
        "local-network", "page.local-network-access",
        "a page of the Internet opens a WebSocket to this machine",
        options=Options(origin="https://www.example.com"),
    ),
    Scenario(
        "no-such-name", "dns.not-found",
        "the name has no address", listen="closed", url="wss://nope.invalid:{port}/chat",
    ),
    Scenario(
        "refused", "tcp.refused",
        "nothing listens on the port", listen="closed", url=_ADDRESS,
    ),
    Scenario(
        "unanswered", "tcp.timeout",
        "the server takes no more connections", listen="full", url=_ADDRESS,
        options=Options(timeout=3),
    ),
    Scenario(
        "unreachable", "tcp.unreachable",
        "no network leads to the address: a broadcast address takes no connections",
        listen="closed", url="wss://127.255.255.255:{port}/chat",
    ),
    Scenario(
        "reset", "tcp.reset",
        "the server resets each connection", handle=behaviour.reset, secure=False, url=_ADDRESS,
    ),
    Scenario(
        "reset-in-handshake", "tcp.reset",
        "the server resets the connection when TLS begins",
        handle=behaviour.reset_after_hello, secure=False, url=_ADDRESS,
    ),
    Scenario(
        "proxy-protocol", "tcp.proxy-protocol",
        "the server closes what does not begin with a line of the PROXY protocol",
        handle=behaviour.wants_proxy_line, secure=False, url="ws://localhost:{port}/chat",
    ),
    Scenario(
        "plain-http", "tls.plain-http",
        "an HTTP server without TLS answers 400", handle=behaviour.plain_400, secure=False,
    ),
    Scenario(
        "plain-and-closes", "tls.plain-http",
        "a WebSocket server without TLS, which closes without a word (websockets does)",
        handle=behaviour.plain_that_closes, secure=False,
    ),
    Scenario(
        "plain-and-waits", "tls.plain-http",
        "a WebSocket server without TLS, which waits for more (tornado does)",
        handle=behaviour.plain_that_waits, secure=False, options=Options(timeout=4),
    ),
    Scenario(
        "ssh", "tls.plain-http",
        "an SSH server stands on the port", handle=behaviour.ssh, secure=False,
    ),
    Scenario(
        "silent", "tls.no-answer",
        "the server takes the connection and says nothing",
        handle=behaviour.wait, secure=False, options=Options(timeout=4),
    ),
    Scenario(
        "closes-in-handshake", "tls.closed",
        "the server closes the connection when TLS begins",
        handle=behaviour.close_after_hello, secure=False,
    ),
    Scenario(
        "tls-1.0", "tls.version",
        "the server speaks TLS 1.0 and nothing newer",
        _rsa, context=contexts.only(ssl.TLSVersion.TLSv1),
    ),
    Scenario(
        "tls-1.1", "tls.version",
        "the server speaks TLS 1.1 and nothing newer",
        _rsa, context=contexts.only(ssl.TLSVersion.TLSv1_1),
    ),
    Scenario(
        "anonymous-suites", "tls.no-shared-cipher",
        "the server takes anonymous suites alone",
        context=contexts.of_tls12("AECDH-AES256-SHA:@SECLEVEL=0"),
    ),
    Scenario(
        "rsa-suites", "tls.no-shared-cipher",
        "the server takes suites for RSA alone, and its key is of an elliptic curve",
        context=contexts.of_tls12("ECDHE-RSA-AES256-GCM-SHA384"),
    ),
    Scenario(
        "weak-suites", "tls.weak-cipher",
        "the server takes suites that encrypt nothing",
        _rsa, context=contexts.of_tls12("ECDHE-RSA-AES128-GCM-SHA256:NULL-SHA256:@SECLEVEL=0"),
        options=Options(deep=True),
    ),
    Scenario(
        "unknown-name", "tls.sni-rejected",
        "the server refuses the name that the client asks for",
        context=contexts.answering_names_with(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME),
    ),
    Scenario(
        "http2-only", "tls.alpn-no-http1",
        "the server speaks HTTP/2 alone",
        handle=behaviour.alert(_NO_APPLICATION_PROTOCOL), secure=False,
    ),
    Scenario(
        "client-certificate-tls-1.2", "tls.client-cert-required",
        "the server wants a client certificate and speaks TLS 1.2",
        context=contexts.wanting_a_client_certificate(ssl.TLSVersion.TLSv1_2),
    ),
    Scenario(
        "client-certificate-tls-1.3", "tls.client-cert-required",
        "the server wants a client certificate and speaks TLS 1.3",
        context=contexts.wanting_a_client_certificate(ssl.TLSVersion.TLSv1_3),
    ),
    Scenario(
        "internal-error", "tls.handshake-failed",
        "the server gives up in the handshake",
        context=contexts.answering_names_with(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR),
    ),
)  # fmt: skip
