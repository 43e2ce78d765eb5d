"""The doctor before Caddy, Envoy, HAProxy and Apache: their snippets, each with one mistake."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import certkit
from tests.e2e import hostile, servers
from tests.e2e.hostile import serving
from tests.e2e.servers import Changes
from tests.e2e.wss import Backend, Files, free_port

CA = certkit.CertificateAuthority.create()
PROXIES = {
    "caddy": servers.caddy,
    "envoy": servers.envoy,
    "haproxy": servers.haproxy,
    "apache": servers.apache,
}
Behind = Callable[[], AbstractContextManager[int]]


@contextmanager
def echo(context: ssl.SSLContext | None = None, *, answers_plain: bool = True) -> Iterator[int]:
    with Backend(context, answers_plain=answers_plain) as backend:
        yield backend.port


def strict() -> AbstractContextManager[int]:
    """`websockets` as it comes: a plain request is answered with 426."""
    return echo(answers_plain=False)


def over_tls() -> AbstractContextManager[int]:
    return echo(certkit.server_context(CA.issue("localhost")))


@contextmanager
def nobody() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port: int = closed.getsockname()[1]
    yield port


def no_such_path() -> AbstractContextManager[int]:
    """As `ws` of Node and Starlette do: an upgrade is refused, a page is not there."""

    def refuse(peer: socket.socket) -> None:
        upgrade = b"upgrade: websocket" in peer.recv(65536).lower()
        line = "403 Forbidden" if upgrade else "404 Not Found"
        peer.sendall(f"HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n".encode())
        hostile.drain(peer)

    return serving(refuse)


def same_origin() -> AbstractContextManager[int]:
    """As tornado does: the Origin must be that of the Host."""

    def compare(peer: socket.socket) -> None:
        request = peer.recv(65536)
        lines = (line.partition(b": ") for line in request.split(b"\r\n"))
        fields = {name.lower(): value for name, _, value in lines}
        host = fields.get(b"host", b"")
        if fields.get(b"origin", b"//" + host).partition(b"//")[2] == host:
            peer.sendall(hostile.switching(request))
            hostile.talk(peer)
        else:
            peer.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            hostile.drain(peer)

    return serving(compare)


@dataclass(frozen=True)
class Mistake:
    """``changes`` of the snippet, or another ``behind``; ``words`` are of what doctor says."""

    proxy: str
    what: str
    code: str
    words: str
    changes: Changes = ()
    behind: Behind = echo
    idle: float | None = None
    host: str = "localhost"

    def __str__(self) -> str:
        return f"{self.proxy}: {self.what}"


LOCATION = "<Location /chat>\nSSLVerifyClient require\n</Location>"
MISTAKES = [
    Mistake("caddy", "nobody behind", "http.bad-gateway", "start the backend", behind=nobody),
    Mistake("caddy", "a TLS backend", "http.bad-gateway", "speaks TLS", behind=over_tls),
    Mistake(
        "caddy", "a host that is not listed", "http.ok-not-upgraded", "addresses of the site",
        (("https://127.0.0.1:{port}", "https://app.test:{port}"),), host="127.0.0.1",
    ),
    Mistake(
        "caddy", "a path that is not passed on", "http.ok-not-upgraded", "path matchers",
        (("reverse_proxy 127", "reverse_proxy /api/* 127"),),
    ),
    Mistake(
        "caddy", "HTTP/2 alone", "tls.alpn-no-http1", "only HTTP/2",
        (("skip_install_trust", "skip_install_trust\n\tservers {\n\t\tprotocols h2\n\t}"),),
    ),
    Mistake(
        "caddy", "another Host", "websocket.origin-refused", "proxy_set_header Host",
        ((":{backend}\n}", ":{backend} {\n\t\theader_up Host b.test\n\t}\n}"),),
        behind=same_origin,
    ),
    Mistake("envoy", "nobody behind", "http.bad-gateway", "connection failure", behind=nobody),
    Mistake("envoy", "a TLS backend", "http.bad-gateway", "speaks TLS", behind=over_tls),
    Mistake(
        "envoy", "no upgrade_configs", "http.forbidden", "upgrade_configs:",
        (("- upgrade_type: websocket", "[]"),),
    ),
    Mistake(
        "envoy", "a path that the program has not", "http.forbidden", "Starlette",
        behind=no_such_path,
    ),
    Mistake("envoy", "another domain", "http.not-found", "domains", (('["*"]', '["b.test"]'),)),
    Mistake(
        "envoy", "HTTP/2 alone", "tls.alpn-no-http1", "only HTTP/2",
        (("[http/1.1]", "[h2]"), ("use_remote_address: true", "codec_type: HTTP2")),
    ),
    Mistake(
        "envoy", "a short limit", "websocket.idle-timeout", "stream_idle_timeout: 3600s",
        (("stream_idle_timeout: 3600s", "stream_idle_timeout: 1s"),), idle=6,
    ),
    Mistake("haproxy", "nobody behind", "http.bad-gateway", "start the backend", behind=nobody),
    Mistake("haproxy", "a TLS backend", "http.bad-gateway", "proxy", behind=over_tls),
    Mistake(
        "haproxy", "TLS to a plain backend", "http.bad-gateway", "speaks TLS",
        (("{backend}\n", "{backend} ssl verify none\n"), ("connect 5s", "connect 1s")),
    ),
    Mistake(
        "haproxy", "the PROXY protocol", "tcp.proxy-protocol", "accept-proxy",
        ((" alpn http/1.1", " accept-proxy alpn http/1.1"),),
    ),
    Mistake(
        "haproxy", "no name for an address", "tls.sni-rejected", "strict-sni",
        ((" alpn http/1.1", " strict-sni alpn http/1.1"),), host="127.0.0.1",
    ),
    Mistake(
        "haproxy", "HTTP/2 alone", "tls.alpn-no-http1", "only HTTP/2",
        ((" alpn http/1.1", " proto h2"),),
    ),
    Mistake(
        "haproxy", "no tunnel limit", "websocket.idle-timeout", "timeout tunnel 1h",
        (("    timeout tunnel 1h\n", ""), ("30s", "1s")), idle=6,
    ),
    Mistake(
        "haproxy", "Upgrade taken out", "http.upgrade-required", "missing Upgrade",
        (("    option forwardfor\n", "    http-request del-header Upgrade\n"),), behind=strict,
    ),
    Mistake(
        "haproxy", "a redirect in a circle", "http.redirect", "X-Forwarded-Proto",
        (("set-header X-Forwarded-Proto https", "redirect scheme https"),),
    ),
    Mistake(
        "haproxy", "a plain port", "tls.plain-http", "snippet --list",
        ((" ssl crt", " #"),),
    ),
    Mistake("apache", "nobody behind", "http.bad-gateway", "start the backend", behind=nobody),
    Mistake("apache", "a TLS backend", "http.bad-gateway", "speaks TLS", behind=over_tls),
    Mistake(
        "apache", "no upgrade", "http.upgrade-required", "proxy",
        ((" upgrade=websocket", ""),), behind=strict,
    ),
    Mistake(
        "apache", "a client certificate for a location", "tls.client-cert-required", "--client",
        (("SSLHonorCipherOrder off", "SSLCACertificateFile {ca}\n" + LOCATION),),
    ),
    Mistake(
        "apache", "another Host", "websocket.origin-refused", "ProxyPreserveHost On",
        (("ProxyPreserveHost On", "ProxyPreserveHost Off"),), behind=same_origin,
    ),
    Mistake(
        "apache", "a short limit", "websocket.idle-timeout", "1006",
        (("TimeOut 3600", "TimeOut 1"),), idle=6,
    ),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_of_a_proxy_is_named(mistake: Mistake, tmp_path: Path) -> None:
    site = Files.issue(tmp_path / "site", "127.0.0.1", "localhost", ca=CA)
    (tmp_path / "proxy").mkdir()
    with mistake.behind() as backend:
        given = site.given(free_port(), f"ws://127.0.0.1:{backend}")
        places = {"{port}": str(given.listen), "{backend}": str(backend), "{ca}": str(site.ca)}
        changes = tuple((filled(old, places), filled(new, places)) for old, new in mistake.changes)
        with PROXIES[mistake.proxy](tmp_path / "proxy", given, changes):
            diagnosis = certkit.doctor(
                f"wss://{mistake.host}:{given.listen}/chat", roots=[CA.root], idle=mistake.idle
            )
    found = [each for each in diagnosis.findings if each.severity == "error"]
    assert [each.code for each in found] == [mistake.code], diagnosis.findings
    assert mistake.words in f"{found[0].summary}\n{found[0].why}\n{found[0].fix.text}"


def filled(text: str, places: dict[str, str]) -> str:
    for place, value in places.items():
        text = text.replace(place, value)
    return text
