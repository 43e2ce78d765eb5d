"""URIs as Java and Go parse them; tests/e2e/prediction_names.py asks Java and Go."""

from __future__ import annotations

import pytest

from certkit.verify.uris import go_parses, java_complaint

BOTH_TAKE = (
    "https://app.test/",
    "wss://app.test:8443/chat?a=[b]#c",
    "https://[::1]:8443/",
    "https://me@app.test/",
    "spiffe://app.test/ns/web",
    "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "mailto:a@app.test",
    "file:///etc",
)
NEITHER_TAKES = (
    "http://[::1",
    "http://a%zz.test/",
    "http://a b/",
    "http://a\0b/",
    "://app.test/",
    "1a:b",
)
JAVA_ALONE_REFUSES = ("no uri", "/path", "", "https:", "https://", "https://app.test/{id}")
GO_ALONE_REFUSES = ("wss://app.test:port/", "https://a..b.test/", f"https://{'a' * 64}/")


@pytest.mark.parametrize("uri", BOTH_TAKE + GO_ALONE_REFUSES)
def test_java_takes(uri: str) -> None:
    assert java_complaint(uri) is None


@pytest.mark.parametrize("uri", NEITHER_TAKES + JAVA_ALONE_REFUSES)
def test_java_refuses(uri: str) -> None:
    assert java_complaint(uri) is not None


@pytest.mark.parametrize("uri", BOTH_TAKE + JAVA_ALONE_REFUSES)
def test_go_takes(uri: str) -> None:
    assert go_parses(uri)


@pytest.mark.parametrize("uri", NEITHER_TAKES + GO_ALONE_REFUSES)
def test_go_refuses(uri: str) -> None:
    assert not go_parses(uri)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("/path", "URI name must include scheme:"),
        ("a b", "invalid URI name:"),
        ("https://app.test./", "invalid URI name (host portion is not"),
    ],
)
def test_java_says_what_is_wrong(uri: str, words: str) -> None:
    assert java_complaint(uri) == words


@pytest.mark.parametrize("uri", ["a" * 100_000, "a:" + "%" * 50_000, "//" + "[" * 50_000])
def test_a_long_uri_costs_little(uri: str) -> None:
    java_complaint(uri)
    go_parses(uri)
