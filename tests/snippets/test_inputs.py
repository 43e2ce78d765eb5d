from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from certkit.errors import CertkitError
from certkit.pki.names import Name, parse, presented
from certkit.snippets import SNIPPETS, SnippetInput, Upstream, render

GIVEN = SnippetInput(
    certificate=Path("/tls/a.pem"),
    key=Path("/tls/a-key.pem"),
    ca=Path("/tls/root.pem"),
    names=(parse("a.test"),),
)


def named(*names: str) -> SnippetInput:
    return replace(GIVEN, names=tuple(map(parse, names)))


@pytest.mark.parametrize("field", ["certificate", "key", "ca", "bundle"])
@pytest.mark.parametrize(
    "path",
    [
        "relative.pem",
        "/tls/../etc/passwd",
        "/tls/..",
        "/tls/a\nssl_protocols SSLv3;.pem",
        "/tls/a\r.pem",
        "/tls/a\x00.pem",
        "/tls/a\x1b[2J.pem",
        "/tls/a\u2028b.pem",
        "/tls/a\u202eb.pem",
        "/tls/a\udcffb.pem",
    ],
)
def test_a_path_that_no_configuration_should_hold_is_refused(field: str, path: str) -> None:
    with pytest.raises(CertkitError) as caught:
        replace(GIVEN, **{field: Path(path)})
    assert (caught.value.code, int(caught.value.exit_code)) == ("snippet.bad-path", 2)
    assert caught.value.message.isprintable() or "\udcff" in path


def test_a_long_path_with_letters_of_any_script_is_fine() -> None:
    path = Path("/", *["zertifikate für größere netze 証明書"] * 20, "a.pem")
    assert str(path) in render("python", replace(GIVEN, certificate=path))


@pytest.mark.parametrize(
    "value",
    [
        "a.test; return 200",
        "a test",
        "a.test\nserver_name b",
        'a"b.test',
        "a$b.test",
        "a{b}.test",
        "a`b`.test",
        "../a",
        "*.*.test",
        "a*.test",
        "a..test",
        "a.test.",
        "",
        "bücher.test",
        "[::1]",
    ],
)
def test_a_name_of_somebody_elses_certificate_is_no_way_into_the_file(value: str) -> None:
    with pytest.raises(CertkitError) as caught:
        replace(GIVEN, names=(Name("dns", value),))
    assert (caught.value.code, int(caught.value.exit_code)) == ("snippet.bad-name", 2)


def test_an_address_must_be_one() -> None:
    with pytest.raises(CertkitError) as caught:
        replace(GIVEN, names=(Name("ip", "10.0.0.5; evil"),))
    assert caught.value.code == "snippet.bad-name"


def test_names_that_no_server_has_are_left_out() -> None:
    names = (parse("me@a.test", "email"), parse("a.test"), parse("spiffe://a.test/x", "uri"))
    assert replace(GIVEN, names=names).hosts == ("a.test",)
    with pytest.raises(CertkitError) as caught:
        replace(GIVEN, names=names[:1])
    assert caught.value.code == "snippet.no-name"


def test_a_name_in_capitals_is_the_same_name() -> None:
    upper = presented(x509.DNSName("NAS.test"))
    assert upper is not None
    assert replace(GIVEN, names=(upper, parse("nas.test"))).hosts == ("nas.test",)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_is_1_to_65535(port: int) -> None:
    with pytest.raises(CertkitError) as caught:
        replace(GIVEN, listen=port)
    assert caught.value.code == "snippet.bad-port"


def test_mozilla_has_no_old_profile_any_more() -> None:
    with pytest.raises(CertkitError) as caught:
        replace(GIVEN, profile="old")
    assert caught.value.code == "snippet.bad-profile"
    assert "intermediate, modern" in caught.value.hint


@pytest.mark.parametrize(
    ("names", "url"),
    [
        (("10.0.0.5", "a.test"), "wss://10.0.0.5/"),
        (("::1",), "wss://[::1]/"),
        (("*.dev.test", "dev.test"), "wss://dev.test/"),
        (("*.dev.test",), "wss://www.dev.test/"),
    ],
)
def test_the_url_is_one_that_the_certificate_is_for(names: tuple[str, ...], url: str) -> None:
    assert named(*names).url == url


def test_the_url_names_a_port_that_is_not_443() -> None:
    assert replace(GIVEN, listen=8443).url == "wss://a.test:8443/"


def test_the_tag_is_the_names_and_the_ports_and_survives_a_renewal() -> None:
    renewed = replace(GIVEN, certificate=Path("/tls/new.pem"), profile="modern")
    assert renewed.tag == GIVEN.tag
    others = [named("b.test"), named("a.test", "b.test"), replace(GIVEN, listen=8443)]
    assert len({GIVEN.tag, *(other.tag for other in others)}) == 4


@pytest.mark.parametrize(
    ("url", "shown", "tls"),
    [
        ("ws://127.0.0.1:19808", "ws://127.0.0.1:19808", False),
        ("ws://LOCALHOST/", "ws://localhost:80", False),
        ("wss://backend.internal", "wss://backend.internal:443", True),
        ("ws://[::1]:9001", "ws://[::1]:9001", False),
        ("ws://app:8000", "ws://app:8000", False),
    ],
)
def test_an_upstream_is_a_scheme_a_host_and_a_port(url: str, shown: str, tls: bool) -> None:
    upstream = Upstream.parse(url)
    assert (str(upstream), upstream.tls) == (shown, tls)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1",
        "127.0.0.1:19808",
        "ws://127.0.0.1:19808/chat",
        "ws://127.0.0.1:1?x",
        "ws://127.0.0.1:1#x",
        "ws://me:secret@127.0.0.1:1",
        "ws://127.0.0.1:99999",
        "ws://127.0.0.1:x",
        "ws://[::1",
        "ws://*.dev.test:1",
        "ws://127.0.0.1:1\n",
        "ws://127.0.0\t.1:1",
        "unix:/run/app.sock",
    ],
)
def test_any_other_upstream_is_refused(url: str) -> None:
    with pytest.raises(CertkitError) as caught:
        Upstream.parse(url)
    assert (caught.value.code, int(caught.value.exit_code)) == ("snippet.bad-upstream", 2)


@pytest.mark.parametrize(
    "host", ["", "a;b", "a b", "a$b", "a{b}", "a`b", 'a"b', "a'b", "300.1.1.1"]
)
def test_an_upstream_host_must_be_a_name(host: str) -> None:
    with pytest.raises(CertkitError) as caught:
        Upstream.parse(f"ws://{host}:1")
    assert int(caught.value.exit_code) == 2


def test_http_is_told_its_websocket_spelling() -> None:
    with pytest.raises(CertkitError) as caught:
        Upstream.parse("https://backend.internal:1")
    assert caught.value.hint == "write wss://backend.internal:1"


@pytest.mark.parametrize("name", [name for name, row in SNIPPETS.items() if row.proxies])
def test_a_wss_upstream_needs_a_root(name: str) -> None:
    given = replace(GIVEN, ca=None, upstream=Upstream.parse("wss://b.internal"))
    with pytest.raises(CertkitError) as caught:
        render(name, given)
    assert caught.value.code == "snippet.no-ca"
    assert "/tls/root.pem" in render(name, replace(given, ca=Path("/tls/root.pem")))


def test_trust_needs_a_root_and_no_key() -> None:
    with pytest.raises(CertkitError) as caught:
        render("env", replace(GIVEN, ca=None))
    assert caught.value.code == "snippet.no-ca"
    assert "/tls/root.pem" in render("env", replace(GIVEN, key=None))


@pytest.mark.parametrize("name", [name for name, row in SNIPPETS.items() if row.kind == "server"])
def test_a_server_needs_a_key(name: str) -> None:
    with pytest.raises(CertkitError) as caught:
        render(name, replace(GIVEN, key=None))
    assert caught.value.code == "snippet.no-key"


def test_an_unknown_snippet_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CertkitError) as caught:
        render("../../etc/passwd", GIVEN)
    assert caught.value.code == "snippet.unknown"
    assert "nginx, caddy" in caught.value.hint
