"""URLs taken apart: whom to dial, which name to send, which name must match."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certkit import CertkitError
from certkit.probe.address import parse_url


@pytest.mark.parametrize(
    ("url", "name", "host", "port", "sni"),
    [
        ("wss://10.0.0.5", "10.0.0.5", "10.0.0.5", 443, None),
        ("https://app.test/path?q", "app.test", "app.test", 443, "app.test"),
        ("WSS://App.Test:8443", "app.test", "app.test", 8443, "app.test"),
        ("wss://[::1]:8443/chat", "::1", "::1", 8443, None),
        (
            "wss://bücher.test",
            "xn--bcher-kva.test",
            "xn--bcher-kva.test",
            443,
            "xn--bcher-kva.test",
        ),
        ("wss://app.test.", "app.test", "app.test", 443, "app.test"),
        ("wss://user:secret@app.test", "app.test", "app.test", 443, "app.test"),
        ("wss://[fe80::1%25eth0]:1", "fe80::1", "fe80::1%25eth0", 1, None),
    ],
)
def test_a_url_names_and_dials(url, name, host, port, sni):
    address = parse_url(url)
    assert (address.name.value, address.host, address.port) == (name, host, port)
    assert address.server_name == sni


def test_another_place_can_be_dialled():
    address = parse_url("wss://app.test:8443", "127.0.0.1:9443")
    assert (address.name.value, address.host, address.port) == ("app.test", "127.0.0.1", 9443)
    assert parse_url("wss://app.test:8443", "127.0.0.1").port == 8443
    assert parse_url("wss://app.test", "[::1]:9443").host == "::1"


@pytest.mark.parametrize(
    ("url", "code", "hint"),
    [
        ("ws://app.test/chat", "url.bad-scheme", "certkit verify wss://app.test/chat"),
        ("http://a.test/?x=1;y", "url.bad-scheme", "certkit verify 'https://a.test/?x=1;y'"),
        ("ftp://app.test", "url.bad-scheme", None),
        ("wss://", "url.bad-host", None),
        ("wss://10.0.0.300", "url.bad-host", None),
        ("wss://app..test", "url.bad-host", None),
        ("wss://app.test:99999", "url.bad-port", None),
        ("wss://app.test:x", "url.bad-port", None),
        ("wss://[::1", "url.bad-port", None),
    ],
)
def test_a_url_that_names_no_endpoint_is_refused(url, code, hint):
    with pytest.raises(CertkitError) as caught:
        parse_url(url)
    assert caught.value.code == code
    assert caught.value.exit_code == 2
    if hint:
        assert caught.value.hint == hint


@given(st.text("wss:/[]@:%.a1\0ü ?#", max_size=30))
def test_any_text_is_an_address_or_refused(text):
    for url in (text, f"wss://{text}"):
        address = None
        with contextlib.suppress(CertkitError):
            address = parse_url(url)
        assert address is None or (address.host and 0 < address.port < 65536)
