"""A policy that nginx sends, and the WebSockets of the same site that it forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from certkit.audit import audit, corrected
from tests.audit.cases import SOUND, changed
from tests.audit.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

CODE = "page.csp-connect-src"
PAGE = "<script>new WebSocket('wss://chat.test:8443/')</script>"
LOCATION = "        location / {\n"


def sending(policy: str, quote: str = '"', *, text: str = SOUND, more: str = "") -> str:
    """The server sends this policy; its WebSockets are behind ``location /``."""
    header = f"        {more}add_header Content-Security-Policy {quote}{policy}{quote} always;\n"
    return changed(("        location /", f"{header}        location /"), text=text)


def of_files(policy: str, more: str = "root html; ") -> str:
    """The server sends files of ``html``, and has no WebSockets of its own."""
    text = changed(
        ("            proxy_set_header Upgrade $http_upgrade;\n", ""),
        ("            proxy_set_header Connection $connection_upgrade;\n", ""),
        (LOCATION, LOCATION.replace("/", "/api")),
    )
    return sending(policy, text=text, more=more)


def found(folder: Path, text: str, page: str = "") -> list[tuple[str, str]]:
    (folder / "nginx.conf").write_text(text)
    (folder / "html").mkdir(exist_ok=True)
    (folder / "html" / "index.html").write_text(page)
    problems = audit([folder / "nginx.conf", folder / "html"], now=NOW).problems
    return [(str(each.severity), each.what) for each in problems if each.code == CODE]


@pytest.mark.parametrize(
    ("policy", "mended"),
    [
        ("connect-src https://api.test", "connect-src https://api.test 'self'"),
        ("connect-src 'none'; img-src *", "connect-src 'self'; img-src *"),
        ("default-src https: 'unsafe-inline'", None),
        ("connect-src wss://localhost", "connect-src wss://localhost 'self'"),
        ("img-src *, connect-src wss://a.test", "img-src *, connect-src wss://a.test 'self'"),
    ],
)
def test_a_policy_that_forbids_the_servers_own_websocket(
    policy: str, mended: str | None, folder: Path
) -> None:
    ((severity, what),) = found(folder, sending(policy))
    assert severity == "warning"
    assert what == "the server 'localhost' forbids its pages to open its own WebSocket"
    (text,) = corrected([folder / "nginx.conf"], now=NOW).values()
    expected = mended or f"{policy}; connect-src https: 'self'"
    assert text == sending(expected)
    assert found(folder, text) == []


@pytest.mark.parametrize(
    "text",
    [
        sending("connect-src 'self'"),
        sending("connect-src wss:"),
        sending("connect-src wss://localhost:18443"),
        sending("default-src 'self'"),
        sending("img-src 'none'"),
        # An API under which no script runs.
        sending("default-src 'none'; frame-ancestors 'none'"),
        sending("sandbox; connect-src 'none'"),
        # Not known in full: variables, names that are patterns or none.
        sending("connect-src $host"),
        changed(("localhost", "*.app.test"), text=sending("connect-src 'none'")),
        changed(("localhost", "_"), text=sending("connect-src 'none'")),
        changed(("server_name localhost;", ""), text=sending("connect-src 'none'")),
        # One of its names is allowed, so that somebody thought of it.
        changed(
            ("server_name localhost", "server_name localhost app.test"),
            text=sending("connect-src wss://app.test:18443"),
        ),
        sending("connect-src 'none'").replace("Security-Policy", "Security-Policy-Report-Only"),
        of_files("connect-src 'none'"),
    ],
)
def test_what_may_be_right_is_not_found(text: str, folder: Path) -> None:
    assert found(folder, text) == []


def test_a_page_below_the_root_of_the_server_decides(folder: Path) -> None:
    """Here 'self' is known: it is not another host."""
    text = of_files("default-src 'self' 'unsafe-inline'")
    ((severity, what),) = found(folder, text, PAGE)
    assert severity == "error"
    assert what == (
        "the server 'localhost' forbids index.html its WebSocket to wss://chat.test:8443"
    )
    texts = corrected([folder / "nginx.conf", folder / "html"], now=NOW)
    assert list(texts) == [folder / "nginx.conf"]
    assert (
        "'unsafe-inline'; connect-src 'self' wss://chat.test:8443\"" in texts[folder / "nginx.conf"]
    )
    assert found(folder, texts[folder / "nginx.conf"], PAGE) == []


@pytest.mark.parametrize(
    ("policy", "more"),
    [
        ("connect-src 'self' wss://chat.test:8443", "root html; "),
        ("connect-src 'self'", "root other; "),
        ("connect-src 'self'", "root $root; "),
        ("connect-src 'self'", ""),
        # Some of the files may be sent with other headers.
        ("connect-src 'self'", "root html; location /x { add_header X y; } "),
        ("connect-src 'self'", "root html; location /x { root other; } "),
        # Inline scripts do not run.
        ("default-src 'self'", "root html; "),
    ],
)
def test_a_page_that_may_open_it_or_is_sent_otherwise_is_no_fault(
    policy: str, more: str, folder: Path
) -> None:
    assert found(folder, of_files(policy, more), PAGE) == []


def test_a_page_that_comes_from_the_same_host_and_port_may_be_opened_by_self(folder: Path) -> None:
    text = changed(("localhost", "chat.test"), text=of_files("connect-src 'self'"))
    assert len(found(folder, text, PAGE)) == 1
    assert found(folder, text.replace("18443", "8443"), PAGE) == []


@pytest.mark.parametrize("quote", ["'", ""])
def test_without_double_quotes_there_is_advice(quote: str, folder: Path) -> None:
    policy = "connect-src https:" if quote else "connect-src"
    ((severity, _),) = found(folder, sending(policy, quote))
    assert severity == "warning"
    assert corrected([folder / "nginx.conf"], now=NOW) == {}


def test_a_header_of_http_is_found_once_for_all_servers(folder: Path) -> None:
    header = '    add_header Content-Security-Policy "connect-src https:";\n'
    text = changed(("    access_log off;\n", header))
    server = text[text.index("    server {") : text.rindex("}")]
    text = text.replace(server, server + server.replace("localhost", "app.test"))
    assert len(found(folder, text)) == 1
