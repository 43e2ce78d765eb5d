"""What stands in an answer, and what other questions showed, decide what is said of it.

The heads and bodies are those that the named programs sent.
"""
# ruff: noqa: E501 - answers stand as they were sent

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from certkit.diagnose.observation import Answer, Failure, Idle, Session
from tests.diagnose.seen import answered, judged, shaken, sound

HAPROXY = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"
NGINX = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n"
ENVOY = (
    "date: Sun, 29 Nov 2026 13:29:58 GMT\r\nserver: envoy\r\nconnection: close\r\ncontent-length: 0"
)
BEHIND_ENVOY = (
    "content-length: 0\r\ndate: Sun, 29 Nov 2026 13:43:20 GMT\r\nserver: envoy\r\nconnection: close"
)
RESET_REASON = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"


class Row(NamedTuple):
    line: str
    fields: str
    body: str
    code: str
    words: str
    """Of the summary, the reason or the repair."""


ROWS = {
    "HAProxy without a server": Row("503 Service Unavailable", "", HAPROXY, "http.bad-gateway", "proxy cannot talk"),
    "Envoy without a server": Row("503 Service Unavailable", "server: envoy", RESET_REASON, "http.bad-gateway", "remote connection failure"),
    "Apache without a server": Row("503 Service Unavailable", "Server: Apache", "The server is temporarily unable to service your\nrequest due to maintenance downtime", "http.bad-gateway", "proxy cannot talk"),
    "Apache, TLS to the backend": Row("500 Proxy Error", "Server: Apache", "<p>The proxy server could not handle the request", "http.bad-gateway", "speaks TLS"),
    "a program's own 503": Row("503 Service Unavailable", "", "try later", "http.server-error", "failed"),
    "nginx behind, in plain": Row("400 Bad Request", "", "The plain HTTP request was sent to HTTPS port", "http.bad-gateway", "proxy_pass https://"),
    "Go behind, in plain": Row("400 Bad Request", "", "Client sent an HTTP request to an HTTPS server.", "http.bad-gateway", "proxy_pass https://"),
    "a key that was dropped": Row("400 Bad Request", "", "Missing or invalid Sec-WebSocket-Key header", "http.bad-request", "Sec-WebSocket-*"),
    "HTTP/1.0": Row("505 HTTP Version Not Supported", "", "unsupported HTTP version: HTTP/1.0", "http.upgrade-required", "proxy_http_version 1.1;"),
    "Envoy's own 403": Row("403 Forbidden", ENVOY, "", "http.forbidden", "upgrade_type: websocket"),
    "a 403 that Envoy passes on": Row("403 Forbidden", BEHIND_ENVOY, "", "http.forbidden", "access rule"),
    "Envoy's own 404": Row("404 Not Found", ENVOY, "", "http.not-found", "domains"),
    "Caddy's empty page": Row("200 OK", "Server: Caddy\r\nContent-Length: 0", "", "http.ok-not-upgraded", "https://app.test:8443 to the addresses"),
    "an empty page that Caddy passes on": Row("200 OK", "Server: Caddy\r\nVia: 1.1 Caddy", "", "http.ok-not-upgraded", "path"),
    "nginx's own 404": Row("404 Not Found", "Server: nginx/1.22.1", NGINX, "http.not-found", "location /chat {"),
    "a 404 that nginx passes on": Row("404 Not Found", "Server: nginx/1.22.1", "Not Found", "http.not-found", "proxy_set_header Upgrade"),
    "Vite": Row("403 Forbidden", "", 'Blocked request. This host ("app.test") is not allowed.', "http.forbidden", "add app.test to the hosts"),
    "uvicorn without a library": Row("400 Bad Request", "", "Unsupported upgrade request.", "http.bad-request", "uvicorn[standard]"),
    "another virtual host": Row("421 Misdirected Request", "", "", "http.bad-request", "SNI"),
    "a redirect in a circle": Row("301 Moved", "Location: https://app.test:8443/chat", "", "http.redirect", "X-Forwarded-Proto"),
    "a redirect to nowhere": Row("300 Multiple Choices", "", "", "http.redirect", "open the URL that the server redirects to"),
    "another method": Row("405 Method Not Allowed", "", "", "http.bad-request", "takes no GET"),
    "a refusal of something else": Row("413 Content Too Large", "", "", "http.bad-request", "refuses the request"),
    "a redirect to a slash": Row("301 Moved", "Location: https://app.test:8443/chat/", "", "http.redirect", "certkit doctor wss://app.test:8443/chat/"),
}  # fmt: skip


def said(line: str, fields: str, body: str, **seen: object) -> tuple[str, str]:
    """The code, and all that is said."""
    head = f"HTTP/1.1 {line}\r\n{fields}{chr(13) + chr(10) if fields else ''}\r\n"
    (finding,) = judged(replace(answered(head.encode(), body.encode()), **seen)).findings
    return finding.code, f"{finding.summary}\n{finding.why}\n{finding.fix.text}"


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_words_of_a_program_decide(row: Row) -> None:
    code, words = said(row.line, row.fields, row.body)
    assert code == row.code
    assert row.words in words


def page(line: str) -> Answer:
    return Answer(1.0, f"HTTP/1.1 {line}\r\n\r\n".encode())


HANGS = Answer(1600.0, failure=Failure("timeout", "no answer in time"))


@pytest.mark.parametrize(
    ("line", "without_upgrade", "code", "words"),
    [
        ("400 Bad Request", page("426 Upgrade Required"), "http.bad-request", "has no such path"),
        ("400 Bad Request", page("400 Bad Request"), "http.bad-request", "does not pass them on"),
        ("401 Unauthorized", page("200 OK"), "http.unauthorized", "verifyClient"),
        ("401 Unauthorized", HANGS, "http.unauthorized", "verifyClient"),
        ("401 Unauthorized", page("401 Unauthorized"), "http.unauthorized", "log in"),
        ("403 Forbidden", page("404 Not Found"), "http.forbidden", "Starlette"),
        ("403 Forbidden", page("403 Forbidden"), "http.forbidden", "access rule"),
        ("404 Not Found", page("200 OK"), "http.not-found", "no WebSocket at this path"),
        ("404 Not Found", page("404 Not Found"), "http.not-found", "does not pass them on"),
        ("404 Not Found", None, "http.not-found", "does not pass them on"),
    ],
)
def test_an_upgrade_that_arrived_was_dropped_by_nobody(
    line: str, without_upgrade: Answer | None, code: str, words: str
) -> None:
    found, text = said(line, "", "", page=without_upgrade)
    assert found == code
    assert words in " ".join(text.split())


def test_who_showed_no_client_certificate_is_told_so() -> None:
    asked = replace(sound().handshake, client_certificate_asked=True)
    code, words = said("403 Forbidden", "", "", handshake=asked)
    assert code == "http.forbidden"
    assert "certkit issue --client" in words
    assert "certificate" not in said("403 Forbidden", "", "")[1]


@pytest.mark.parametrize(
    ("query", "told"),
    [("", True), ("?transport=websocket", True), ("?EIO=4&transport=websocket&sid=x", False)],
)
def test_socket_io_is_told_its_parameters(query: str, *, told: bool) -> None:
    seen = answered(
        b"HTTP/1.1 400 Bad Request\r\n\r\n", url=f"wss://app.test:8443/socket.io/{query}"
    )
    fix = judged(seen).findings[0].fix.text
    wanted = "certkit doctor 'wss://app.test:8443/socket.io/?EIO=4&transport=websocket'"
    assert (fix == wanted) is told


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<html><head><title>502 Bad</title></head>\n<h1>502 Bad</h1>", "('502 Bad')"),
        ("<style>b { c }</style>gone", "('gone')"),
        ("a\n\n   b", "('a b')"),
        ("<b></b>", "502 No"),
        ("x" * 300, "x…')"),
        ("\x1f\x8b\x08\0compressed", "502 No"),
    ],
)
def test_an_error_page_is_quoted_by_its_first_words(body: str, shown: str) -> None:
    assert said("502 No", "", body)[1].splitlines()[0].endswith(shown)


@pytest.mark.parametrize(
    ("server", "line"),
    [
        ("nginx", "proxy_read_timeout 1h;"),
        ("envoy", "stream_idle_timeout: 3600s"),
        ("Apache/2.4.71", "TimeOut 3600"),
        ("", "timeout tunnel 1h"),
    ],
)
def test_the_line_against_an_idle_limit_is_that_of_the_proxy(server: str, line: str) -> None:
    seen = sound()
    head = seen.answer.head.replace(b"\r\n\r\n", f"\r\nServer: {server}\r\n\r\n".encode())
    cut = Session(1.0, idle=Idle(2.0, open=False))
    (finding,) = judged(replace(seen, answer=Answer(1.0, head), session=cut)).findings
    assert line in finding.fix.text


@pytest.mark.parametrize(
    ("received", "kind"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\n\r\n", "patch"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "advice"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "advice"),
    ],
)
def test_lines_of_nginx_are_for_nginx(received: bytes, kind: str) -> None:
    (finding,) = judged(shaken(received=received)).findings
    assert (finding.code, finding.fix.kind) == ("tls.plain-http", kind)
