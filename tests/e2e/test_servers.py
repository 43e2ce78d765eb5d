"""What every server snippet promises, each with the server's own check and a real connection."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

import certkit
from certkit.snippets import SNIPPETS
from tests.e2e.servers import SERVERS
from tests.e2e.tls_versions import versions
from tests.e2e.wss import HAS_IPV6_LOOPBACK, MEBIBYTE, Backend, Client, Files, free_port, running
from tests.peers import program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROXIES = [name for name in SERVERS if SNIPPETS[name].proxies]


def test_every_server_snippet_is_started_here() -> None:
    assert SERVERS.keys() == {name for name, row in SNIPPETS.items() if row.kind == "server"}


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend() as echo:
        yield echo


@pytest.fixture(scope="module")
def ca() -> certkit.CertificateAuthority:
    return certkit.CertificateAuthority.create()


@pytest.fixture
def site(tmp_path: Path, ca: certkit.CertificateAuthority) -> Files:
    return Files.issue(tmp_path / "site", "127.0.0.1", "::1", "localhost", "*.dev.test", ca=ca)


@pytest.mark.parametrize("name", SERVERS)
def test_messages_are_echoed_by_address_by_name_and_under_a_wildcard(
    name: str, backend: Backend, site: Files, tmp_path: Path
) -> None:
    port = free_port()
    client = Client(site.ca, port)
    with SERVERS[name](tmp_path, site.given(port, backend.url)):
        for host in ("127.0.0.1", "localhost", "dev.test", "api.dev.test"):
            assert client.echo(host, "grüß", MEBIBYTE).version() == "TLSv1.3"
        if HAS_IPV6_LOOPBACK:
            replace(client, address="::1").echo("[::1]")


@pytest.mark.parametrize("name", SERVERS)
def test_another_root_and_another_name_are_refused(
    name: str, backend: Backend, site: Files, tmp_path: Path
) -> None:
    port = free_port()
    stranger = Files.issue(tmp_path / "stranger", "localhost")
    with SERVERS[name](tmp_path, site.given(port, backend.url)):
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            Client(stranger.ca, port).echo("localhost")
        # A server may turn an unknown name away before it shows a certificate (Caddy does).
        with pytest.raises(ssl.SSLError, match=r"Hostname mismatch|TLSV1_ALERT_INTERNAL_ERROR"):
            Client(site.ca, port).echo("elsewhere.test")
        Client(site.ca, port).echo("localhost")


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize(
    ("profile", "expected"), [("intermediate", {"TLSv1.2", "TLSv1.3"}), ("modern", {"TLSv1.3"})]
)
def test_a_profile_offers_its_tls_versions_and_no_other(
    profile: str, expected: set[str], name: str, backend: Backend, site: Files, tmp_path: Path
) -> None:
    port = free_port()
    with SERVERS[name](tmp_path, site.given(port, backend.url, profile=profile)):
        assert versions(site.ca, port) == expected


@pytest.mark.parametrize("name", PROXIES)
def test_a_page_goes_through_and_the_backend_sees_who_asked(
    name: str, backend: Backend, site: Files, tmp_path: Path
) -> None:
    port = free_port()
    client = Client(site.ca, port)
    backend.requests.clear()
    with SERVERS[name](tmp_path, site.given(port, backend.url)):
        client.echo("localhost")
        assert client.get("localhost") == (200, b"backend\n")
    for seen in backend.requests:
        assert seen["host"] == f"localhost:{port}"
        assert seen["x-forwarded-proto"] == "https"
        # Envoy names itself instead of a client on loopback.
        assert ip_address(seen["x-forwarded-for"]).is_loopback or name == "envoy"


@pytest.mark.parametrize("name", PROXIES)
def test_a_wss_backend_is_spoken_to_when_it_proves_who_it_is(
    name: str, site: Files, tmp_path: Path, ca: certkit.CertificateAuthority
) -> None:
    port = free_port()
    with (
        Backend(certkit.server_context(ca.issue("localhost"))) as backend,
        SERVERS[name](tmp_path, site.given(port, f"wss://localhost:{backend.port}")),
    ):
        Client(site.ca, port).echo("localhost", MEBIBYTE)


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize("fault", ["another root", "another name"])
def test_a_wss_backend_that_cannot_prove_who_it_is_is_not_spoken_to(
    fault: str, name: str, site: Files, tmp_path: Path, ca: certkit.CertificateAuthority
) -> None:
    port = free_port()
    issuer = certkit.CertificateAuthority.create() if fault == "another root" else ca
    issued = issuer.issue("localhost" if fault == "another root" else "elsewhere.test")
    with (
        Backend(certkit.server_context(issued)) as backend,
        SERVERS[name](tmp_path, site.given(port, f"wss://localhost:{backend.port}")),
    ):
        assert Client(site.ca, port).get("localhost")[0] in (500, 502, 503)
        assert backend.requests == []


@pytest.mark.slow
def test_an_idle_websocket_stays_open(backend: Backend, site: Files, tmp_path: Path) -> None:
    """75 s without a word through every proxy; HAProxy without its tunnel line ends it."""
    ports = {name: free_port() for name in PROXIES}
    with contextlib.ExitStack() as stack:
        for name, port in ports.items():
            (tmp_path / name).mkdir()
            stack.enter_context(SERVERS[name](tmp_path / name, site.given(port, backend.url)))
        cut = (tmp_path / "haproxy/haproxy.cfg").read_text().replace("timeout tunnel", "# ")
        ports["haproxy without tunnel"] = free_port()
        cut = cut.replace(f":{ports['haproxy']}", f":{ports['haproxy without tunnel']}")
        (tmp_path / "cut.cfg").write_text(cut)
        command = [program("haproxy"), "-db", "-f", "cut.cfg"]
        cut_port = ports["haproxy without tunnel"]
        stack.enter_context(running(command, cut_port, log=tmp_path / "cut.log"))
        assert asyncio.run(_open_after(75, site, ports)) == set(PROXIES)


async def _open_after(seconds: float, site: Files, ports: dict[str, int]) -> set[str]:
    from websockets.exceptions import ConnectionClosedError

    async def idle(name: str, port: int) -> str | None:
        client = Client(site.ca, port)
        async with client.connection("localhost", ping_interval=None) as connection:
            await asyncio.sleep(seconds)
            try:
                await connection.send("still here")
                return name if await connection.recv() == "still here" else None
            except ConnectionClosedError:
                return None

    answers = await asyncio.gather(*(idle(name, port) for name, port in ports.items()))
    return {name for name in answers if name}


ODD = ("a b", "a;b", "a'b", 'a"b', "a#b", "a$b", "a`b", "a{b}", "a\\b", "a${HOME}b", "a%{x}b", "é<")


@pytest.mark.parametrize("name", PROXIES)
def test_a_wss_backend_with_an_address_alone_is_verified_or_refused(
    name: str, site: Files, tmp_path: Path, ca: certkit.CertificateAuthority
) -> None:
    port = free_port()
    with Backend(certkit.server_context(ca.issue("127.0.0.1"))) as backend:
        given = site.given(port, backend.url)
        if not SNIPPETS[name].verifies_ip:
            with pytest.raises(certkit.CertkitError) as caught:
                SERVERS[name](tmp_path, given)
            assert (caught.value.code, int(caught.value.exit_code)) == ("snippet.upstream-ip", 2)
        else:
            with SERVERS[name](tmp_path, given):
                Client(site.ca, port).echo("localhost")


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_path_is_read_as_it_is_or_refused(
    odd: str, name: str, backend: Backend, tmp_path: Path
) -> None:
    files, port = Files.issue(tmp_path / odd, "localhost"), free_port()
    given = files.given(port, backend.url)
    if odd in REFUSED.get(name, ()):
        with pytest.raises(certkit.CertkitError) as caught:
            SERVERS[name](tmp_path, given)
        assert (caught.value.code, int(caught.value.exit_code)) == ("snippet.unquotable", 2)
    else:
        with SERVERS[name](tmp_path, given):
            Client(files.ca, port).echo("localhost")


REFUSED = {
    "nginx": {"a$b", "a${HOME}b"},
    "apache": {"a${HOME}b"},
    "caddy": {"a{b}", "a\\b", "a${HOME}b", "a%{x}b"},
}
