"""Answers that are no upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.lab import behaviour
from certkit.lab.behaviour import status
from certkit.lab.scenario import Options, Scenario

if TYPE_CHECKING:
    import socket


def _redirect(connection: socket.socket) -> None:
    """As nginx does for `location /chat/`: with the slash all is well."""
    request = connection.recv(65536)
    if request.startswith(b"GET /chat "):
        connection.sendall(
            b"HTTP/1.1 301 Moved Permanently\r\nLocation: /chat/\r\nContent-Length: 0\r\n\r\n"
        )
        behaviour.drain(connection)
    else:
        connection.sendall(behaviour.switching(request))
        behaviour.talk(connection)


_HTML: Final = "Content-Type: text/html\r\n"

SCENARIOS: Final = (
    Scenario(
        "page", "http.ok-not-upgraded",
        "the server answers 200 with a page",
        handle=status("200 OK", _HTML, "<!doctype html><title>app</title>"),
    ),
    Scenario(
        "redirect", "http.redirect",
        "the server redirects to the path with a slash",
        handle=_redirect,
    ),
    Scenario(
        "bad-request", "http.bad-request",
        "the server answers 400", handle=status("400 Bad Request"),
    ),
    Scenario(
        "method-not-allowed", "http.bad-request",
        "the server takes no GET at this path",
        handle=status("405 Method Not Allowed", "Allow: POST\r\n"),
    ),
    Scenario(
        "unauthorized", "http.unauthorized",
        "the server wants a password",
        handle=status("401 Unauthorized", 'WWW-Authenticate: Basic realm="lab"\r\n'),
    ),
    Scenario(
        "forbidden", "http.forbidden",
        "the server forbids the request, whatever page it comes from",
        handle=status("403 Forbidden"),
    ),
    Scenario(
        "not-found", "http.not-found",
        "the server knows nothing at this path", handle=status("404 Not Found"),
    ),
    Scenario(
        "upgrade-lost", "http.upgrade-required",
        "a proxy lost the header Upgrade, and the backend says so",
        handle=status("426 Upgrade Required", "Upgrade: websocket\r\n"),
    ),
    Scenario(
        "too-many-requests", "http.too-many-requests",
        "the server takes no more requests for a minute",
        handle=status("429 Too Many Requests", "Retry-After: 60\r\n"),
    ),
    Scenario(
        "server-error", "http.server-error",
        "the server failed", handle=status("500 Internal Server Error"),
    ),
    Scenario(
        "unavailable", "http.server-error",
        "the server is not available", handle=status("503 Service Unavailable"),
    ),
    Scenario(
        "bad-gateway", "http.bad-gateway",
        "the backend of the proxy is down", handle=status("502 Bad Gateway"),
    ),
    Scenario(
        "gateway-timeout", "http.gateway-timeout",
        "the backend of the proxy does not answer", handle=status("504 Gateway Timeout"),
    ),
    Scenario(
        "request-unanswered", "http.no-answer",
        "the server takes the request and says nothing",
        handle=behaviour.wait, options=Options(timeout=4),
    ),
    Scenario(
        "closes-after-request", "http.closed",
        "the server closes the connection after the request",
        handle=behaviour.close_after_hello,
    ),
    Scenario(
        "garbage", "http.not-http",
        "the server answers with octets that are no HTTP",
        handle=behaviour.answering(b"\x00\x01not http at all\r\n\r\n"),
    ),
)  # fmt: skip
