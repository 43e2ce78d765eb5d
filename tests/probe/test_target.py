"""URLs as the probe dials them: what is wrong with one is kept, and never raised."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certkit.errors import CertkitError
from certkit.probe.request import request_for
from certkit.probe.target import parse_target


@pytest.mark.parametrize(
    ("url", "host", "port", "authority", "resource", "server_name", "origin"),
    [
        ("wss://10.0.0.5", "10.0.0.5", 443, "10.0.0.5", "/", None, "https://10.0.0.5"),
        ("ws://a.test/x", "a.test", 80, "a.test", "/x", "a.test", "http://a.test"),
        ("wss://a.test:443/", "a.test", 443, "a.test", "/", "a.test", "https://a.test"),
        ("https://[::1]:8443/a", "::1", 8443, "[::1]:8443", "/a", None, "https://[::1]:8443"),
        (
            "WSS://Bücher.test/ü?q=ß#x",
            "xn--bcher-kva.test",
            443,
            "xn--bcher-kva.test",
            "/%C3%BC?q=%C3%9F",
            "xn--bcher-kva.test",
            "https://xn--bcher-kva.test",
        ),
        ("wss://a.test?x=1", "a.test", 443, "a.test", "/?x=1", "a.test", "https://a.test"),
    ],
)
def test_a_url_is_taken_apart(url, host, port, authority, resource, server_name, origin):
    target = parse_target(url)
    assert target.problem is None
    assert (target.host, target.port) == (host, port)
    assert (target.authority, target.resource) == (authority, resource)
    assert (target.server_name, target.origin) == (server_name, origin)


def test_what_is_dialled_may_be_another_host():
    target = parse_target("wss://app.test:8443", connect="[::1]:9")
    assert (target.host, target.port) == ("::1", 9)
    assert (target.server_name, target.authority) == ("app.test", "app.test:8443")
    assert parse_target("wss://app.test:8443", connect="127.0.0.1").port == 8443


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("ftp://a.test", "scheme"),
        ("javascript://a.test", "scheme"),
        ("wss://", "host"),
        ("wss://10.0.0.300", "host"),
        ("wss://-a.test", "host"),
        ("wss://[::1", "host"),
        ("wss://a.test:99999", "port"),
        ("wss://a.test:x", "port"),
        ("wss://a.test:0", "port"),
    ],
)
def test_what_is_wrong_with_a_url_is_told(url, what):
    target = parse_target(url)
    assert target.problem is not None
    assert target.problem.what == what
    assert target.problem.text


@given(st.text("ws:/[]@:%.a1\0\r\n ü?#;", max_size=40))
def test_no_url_can_write_a_line_of_the_request(text):
    for url in (text, f"wss://{text}", f"ws://a.test/{text}", f"wss://a.test?{text}"):
        with contextlib.suppress(CertkitError):
            target = parse_target(url)
            if target.problem is None:
                request = request_for(target, "KEY", target.origin)
                assert request.count(b"\r\n") == request.count(b"\n") == request.count(b"\r") == 9
                assert request.startswith(b"GET /")


@pytest.mark.parametrize(
    "more",
    [
        {"origin": "https://a.test\r\nX: y"},
        {"origin": ""},
        {"subprotocols": ["a\r\nX: y"]},
        {"subprotocols": [""]},
        {"connect": ":1"},
        {"connect": "a:b"},
    ],
)
def test_what_would_spoil_the_request_is_refused(more):
    with pytest.raises(CertkitError) as caught:
        parse_target("wss://a.test", **more)
    assert caught.value.code == "usage.bad-arguments"
