"""Pages whose own policy forbids the WebSocket that they open, and those that only look like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certkit.audit.edits import apply
from certkit.audit.files import Source
from certkit.audit.page.policy import problems
from certkit.findings import Severity

OPENS = "<script>new WebSocket('wss://chat.test:8443/room')</script>"


def meta(policy: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def found(text: str, suffix: str = ".html", **scripts: str) -> list[tuple[str, str]]:
    """Severity and patched text, for each problem."""
    source = Source(Path(f"x{suffix}"), text)
    return [
        (str(problem.severity), apply(text, problem.edits))
        for problem in problems(source, suffix, lambda name: scripts.get(name.partition(".")[0]))
    ]


@pytest.mark.parametrize(
    ("policy", "mended"),
    [
        ("connect-src 'none'", "connect-src wss://chat.test:8443"),
        (
            "connect-src https://chat.test:8443",
            "connect-src https://chat.test:8443 wss://chat.test:8443",
        ),
        ("connect-src wss://chat.test", "connect-src wss://chat.test wss://chat.test:8443"),
        ("connect-src chat.test:8443;", "connect-src chat.test:8443 wss://chat.test:8443;"),
        (
            "default-src 'unsafe-inline' https:; a",
            "default-src 'unsafe-inline' https:; connect-src https: wss://chat.test:8443; a",
        ),
    ],
)
def test_a_policy_that_forbids_it_is_found_and_mended(policy: str, mended: str) -> None:
    page = f"<!doctype html>\n<title>a &lt; b</title>\n{meta(policy)}\n{OPENS}"
    assert found(page) == [("error", page.replace(policy, mended))]
    assert found(page.replace(policy, mended)) == []


@pytest.mark.parametrize(
    "page",
    [
        meta("connect-src wss://chat.test:8443") + OPENS,
        meta("connect-src wss:") + OPENS,
        meta("connect-src *") + OPENS,
        meta("img-src 'none'") + OPENS,
        OPENS,
        # Not in force: in the body, behind the script, for a report, of another kind.
        "<body>" + meta("connect-src 'none'") + OPENS,
        "<p>" + meta("connect-src 'none'") + OPENS,
        "text" + meta("connect-src 'none'") + OPENS,
        OPENS + meta("connect-src 'none'"),
        meta("connect-src 'none'").replace("Policy", "Policy-Report-Only") + OPENS,
        meta("connect-src 'none'").replace("http-equiv", "name") + OPENS,
        "<!-- " + meta("connect-src 'none'") + " -->" + OPENS,
        "<noscript>" + meta("connect-src 'none'") + "</noscript>" + OPENS,
        # What a template fills in is not known.
        meta("connect-src 'none' {{ csp }}") + OPENS,
        meta("connect-src <%= csp %>") + OPENS,
        meta("connect-src 'none' %WS%") + OPENS,
        # The script does not run, or opens nothing for certain.
        meta("default-src 'none'") + OPENS,
        meta("connect-src 'none'; script-src 'self'") + OPENS,
        meta("connect-src 'none'") + "<script>// new WebSocket('wss://chat.test')</script>",
        meta("connect-src 'none'") + "<script>const url = 'wss://chat.test/'</script>",
        meta("connect-src 'none'")
        + "<script>let url = 'wss://a.test/'; new WebSocket(url)</script>",
        meta("connect-src 'none'") + "<script>const e='wss://a.test/';new WebSocket(e)</script>",
        meta("connect-src 'none'") + "<script>new WebSocket('wss://' + location.host)</script>",
        meta("connect-src 'none'") + "<script>new WebSocket('wss://chat.' + domain)</script>",
        meta("connect-src 'none'") + "<script>new WebSocket(`wss://chat.test${port}/`)</script>",
        meta("connect-src 'none'") + "<script>new WebSocket('wss://localhost:3000/')</script>",
        meta("connect-src 'none'") + "<script>new WebSocket('wss://chat.test:99999/')</script>",
        # ws:// is another fault.
        meta("connect-src 'none'") + OPENS.replace("wss:", "ws:"),
    ],
)
def test_what_is_allowed_or_not_certain_is_not_found(page: str) -> None:
    assert found(page) == []


@pytest.mark.parametrize(
    "script",
    [
        "new WebSocket('wss://chat.test:8443')",
        "socket = new window.WebSocket(\"wss://CHAT.test:8443/x\", ['chat'])",
        "const url = `wss://chat.test:8443/${room}`;\nopen(new WebSocket(url))",
        "new WebSocket('wss://chat.test:8443/' + room)",
        "new WebSocket('wss://chat.test:8443?x=1')",
    ],
)
def test_what_a_script_opens_for_certain_is_found(script: str) -> None:
    page = meta("connect-src 'none'") + f"<script>{script}</script>"
    assert found(page) == [("error", page.replace("'none'", "wss://chat.test:8443"))]
    assert found(page, ".vue") == []


def test_self_is_a_note_for_one_address_and_a_fault_for_two() -> None:
    """A page may come from one of them."""
    one = meta("connect-src 'self'") + OPENS
    assert found(one) == [("note", one)]
    two = one + OPENS.replace("8443", "9443")
    assert found(two) == [
        ("error", two.replace("'self'", "'self' wss://chat.test:8443 wss://chat.test:9443"))
    ]


def test_scripts_of_the_same_site_are_read() -> None:
    page = meta("connect-src 'none'") + '<script src="/app.js?v=1"></script>'
    opens = "new WebSocket('wss://chat.test:8443/')"
    assert found(page, app=opens) == [("error", page.replace("'none'", "wss://chat.test:8443"))]
    assert found(page, app="// nothing") == []
    assert found(page) == []
    for other in (
        "https://cdn.test/app.js",
        "//cdn.test/app.js",
        "../app.js",
        ".git/app.js",
        "{x}",
    ):
        assert found(page.replace("/app.js?v=1", other), app=opens) == []
    assert found("<base href='/x/'>" + page, app=opens) == []


@pytest.mark.parametrize(
    "page",
    [
        meta("connect-src &apos;none&apos;") + OPENS,
        "<meta content=connect-src http-equiv=content-security-policy>" + OPENS,
        meta("connect-src 'none'") + OPENS.replace("chat.test", "[2001:db8::1]"),
    ],
)
def test_where_no_text_can_be_given_there_is_advice(page: str) -> None:
    source = Source(Path("x.html"), page)
    (problem,) = problems(source, ".html", lambda _: None)
    assert (problem.severity, problem.edits) == (Severity.ERROR, ())
    assert problem.advice


PIECES = st.sampled_from(
    [meta("connect-src 'none'"), meta("connect-src 'self'"), meta("default-src https:"), OPENS,
     "<head>", "<body>", "<!--", "-->", "<title>", "</title>", "<script>", "</script>", "<p>", " ",
     "<meta http-equiv=content-security-policy content=", '"', "'", ">", "connect-src 'none'",
     OPENS.replace("8443", "9443"), "<base>", "<script src=a.js></script>", "&#39;"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=10).map("".join))
def test_a_page_that_is_mended_has_no_error_and_keeps_its_scripts(page: str) -> None:
    source = Source(Path("x.html"), page)
    first = list(problems(source, ".html", lambda _: "new WebSocket('wss://a.test')"))
    text = apply(page, [edit for each in first for edit in each.edits])
    again = problems(
        Source(Path("x.html"), text), ".html", lambda _: "new WebSocket('wss://a.test')"
    )
    assert [each for each in again if each.edits] == []
    assert text.count(OPENS) == page.count(OPENS)
