"""Policies: what they allow as browsers see it, and the sources that let a WebSocket through."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certkit.audit.policy import Opened, Origin, Policy, policies
from tests.audit.policy_cases import CASES, ROOM, Who

OWN = Origin("app.test", 18000)


def opened(url: str) -> Opened:
    parts = urlsplit(url)
    return Opened(parts.hostname or "", parts.port or 443, parts.path)


def answers(text: str, url: str, own: Origin | None = OWN) -> set[str]:
    return {policy.answer(opened(url), own) for _, policy in policies(text)}


@pytest.mark.parametrize(("text", "url", "who"), CASES)
def test_only_what_every_browser_refuses_is_refused(text: str, url: str, who: Who) -> None:
    text, url = text.replace("PORT", "18000"), url.replace("PORT", "18000")
    if who == "none":
        assert answers(text, url) & {"refused", "unknown"}
    else:
        assert "refused" not in answers(text, url)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connect-src 'self'", "depends"),
        ("default-src 'self'", "depends"),
        ("connect-src 'self' wss:", "allowed"),
        ("connect-src 'self' {{ more }}", "unknown"),
        ("connect-src wss://ws.app.test:19001/other/", "refused"),
        ("connect-src 'nonce-abc' 'sha256-abc='", "refused"),
        ("connect-src wss://ws.app.test:19001", "allowed"),
        ("img-src 'none'", "allowed"),
        ("", "allowed"),
    ],
)
def test_where_the_page_comes_from_may_decide(text: str, expected: str) -> None:
    assert answers(text, ROOM, None) == {expected}


def test_a_path_that_is_not_known_is_no_ground_to_refuse() -> None:
    policy = Policy.parse("connect-src wss://ws.app.test:19001/chat")
    assert policy.answer(Opened("ws.app.test", 19001)) == "unknown"
    assert policy.answer(Opened("ws.app.test", 19001, "/other")) == "refused"
    assert policy.answer(Opened("ws.app.test", 19001, "/ch%61t")) == "allowed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connect-src 'none'", "connect-src wss://a.test"),
        ("connect-src", "connect-src wss://a.test"),
        ("connect-src ;img-src *", "connect-src wss://a.test ;img-src *"),
        ("connect-src https:  ; img-src *", "connect-src https: wss://a.test  ; img-src *"),
        ("default-src 'none'", "default-src 'none'; connect-src wss://a.test"),
        (
            "default-src 'self' 'unsafe-inline' 'nonce-x' b.c;",
            "default-src 'self' 'unsafe-inline' 'nonce-x' b.c; connect-src 'self' b.c wss://a.test;",
        ),
    ],
)
def test_what_is_added_lets_it_through_and_leaves_the_rest(text: str, expected: str) -> None:
    change = Policy.parse(text).letting(["wss://a.test"])
    assert change is not None
    start, end, new = change
    assert text[:start] + new + text[end:] == expected
    assert Policy.parse(expected).answer(Opened("a.test", 443)) == "allowed"


@pytest.mark.parametrize(
    ("text", "scripts", "inline"),
    [
        ("connect-src 'none'", True, True),
        ("default-src 'none'", False, False),
        ("default-src 'none'; script-src 'self'", True, False),
        ("script-src 'self' 'nonce-abc'", True, True),
        ("script-src 'none'; script-src-elem 'sha256-abc='", True, True),
        ("sandbox; connect-src *", False, True),
        ("sandbox allow-scripts", True, True),
    ],
)
def test_whether_a_script_runs_at_all(text: str, scripts: bool, inline: bool) -> None:
    policy = Policy.parse(text)
    assert (policy.lets_scripts_run, policy.lets_inline_run) == (scripts, inline)


PIECES = st.sampled_from(
    ["connect-src", "default-src", "script-src", "'self'", "'none'", "'nonce-a'", "wss:", "https:",
     "wss://a.test", "wss://*.test:8443", "a.test", "*", "{{x}}", ";", ";", ",", " ", "\n", "wss://["]
)  # fmt: skip
URLS = st.builds(
    Opened,
    st.sampled_from(["a.test", "b.a.test", "10.0.0.5"]),
    st.sampled_from([443, 80, 8443]),
    st.sampled_from([None, "/", "/a"]),
)


@given(st.lists(PIECES, max_size=12).map(" ".join), URLS)
def test_whatever_a_policy_says_what_is_added_lets_it_through(text: str, url: Opened) -> None:
    policy = Policy.parse(text)
    change = policy.letting([url.source])
    if change is None:
        assert policy.answer(url) == "allowed"
    else:
        start, end, new = change
        mended = Policy.parse(text[:start] + new + text[end:])
        assert mended.answer(url) == "allowed"
        for other in (Opened("other.test", 9443), Opened("a.test", 1)):
            assert (mended.answer(other) == "allowed") == (policy.answer(other) == "allowed")


@given(st.text(max_size=200))
def test_any_text_is_a_policy(text: str) -> None:
    for _, policy in policies(text):
        assert policy.answer(Opened("a.test", 443)) in ("allowed", "refused", "depends", "unknown")
