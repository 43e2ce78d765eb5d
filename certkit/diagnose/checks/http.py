"""What the server answers to the request that opens a WebSocket."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from certkit.diagnose import repairs
from certkit.findings import Fix
from certkit.pki.refusal import quoted
from certkit.verify.wording import advice, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.case import Case
    from certkit.diagnose.http_head import Head
    from certkit.findings import Finding

_EVIDENCE: Final = re.compile(
    rb"(missing|invalid|empty|bad|no) (upgrade|connection) header|upgrade header|HTTP/1\.0"
    rb"|can \"?upgrade\"? only to \"?websocket|upgrade required|hand?shake|upgrade to websocket",
    re.IGNORECASE,
)
_TEXT: Final = re.compile(r"<[^>]*>|\s+")


# --- no answer in HTTP ---


def check_no_answer(case: Case) -> Iterator[Finding]:
    answer = case.seen.answer
    if answer is None or answer.failure is None or answer.failure.kind != "timeout":
        return
    sent = len(answer.head)
    yield error(
        "http.no-answer",
        f"the server took the request and did not finish its answer ({sent} octets of it came)"
        if sent
        else "the server took the request and does not answer it",
        "a backend that hangs, or a program that waits for something else; browsers wait without "
        "a word, nginx says 504 after proxy_read_timeout",
        advice("look into the log of the server, and of the program behind a proxy"),
    )


def check_closed(case: Case) -> Iterator[Finding]:
    answer = case.seen.answer
    if answer is None or answer.overlong or answer.failure is None:
        return
    if answer.failure.kind in ("closed", "other"):
        yield error(
            "http.closed",
            f"the server closed the connection in the middle of its answer ({len(answer.head)} "
            "octets of it came)"
            if answer.head
            else "the server closed the connection when the request came, without an answer",
            "a server that serves another protocol, or one that crashed on the request; Chromium "
            "says 'Connection closed before receiving a handshake response'",
            advice("look into the log of the server, and of the program behind a proxy"),
        )


def check_not_http(case: Case) -> Iterator[Finding]:
    answer = case.seen.answer
    if answer is None or answer.parsed is not None:
        return
    if not answer.overlong and (not answer.head or (answer.failure and _begins_well(answer.head))):
        return
    said = (
        f"its header is longer than {len(answer.head) // 1024} KiB and does not end"
        if answer.overlong
        else f"it begins with {quoted(answer.head[:40].decode('latin-1'))}"
    )
    yield error(
        "http.not-http",
        f"what the server answers is no HTTP/1: {said}",
        "another protocol has this port, or a program writes into its answer; Chromium says "
        "ERR_INVALID_HTTP_RESPONSE",
        advice("check that the port is that of the web server: ss -ltnp"),
    )


def _begins_well(octets: bytes) -> bool:
    """It may become HTTP/1 when more of it comes."""
    return octets.startswith(_HTTP[: len(octets)])


_HTTP: Final = b"HTTP/1."


# --- an answer that is not 101 ---


@dataclass(frozen=True, slots=True)
class _Status:
    """What an HTTP status means for somebody who wanted a WebSocket."""

    code: str
    summary: str
    why: str
    fix: Fix | Callable[[Case, Head], Fix]


def _pass_upgrade(_case: Case, head: Head) -> Fix:
    return repairs.pass_upgrade(head)


def _proxy_or_path(case: Case, head: Head) -> Fix:
    """Lines for the proxy where one seems to be in front, else the path is the likelier fault."""
    return (
        repairs.pass_upgrade(head)
        if repairs.is_nginx(head) or _dropped(case)
        else advice("check the path of the URL, and that a proxy passes Upgrade and Connection on")
    )


def _new_url(case: Case, head: Head) -> Fix:
    """The place that the redirect names, as a WebSocket URL."""
    location = head.get("location") or ""
    try:
        parts = urlsplit(location)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        target = urlsplit(case.target.url)
        new = parts._replace(
            scheme=scheme or target.scheme, netloc=parts.netloc or target.netloc, fragment=""
        ).geturl()
    except ValueError:
        new = ""
    if not new.startswith(("ws://", "wss://")):
        return advice("open the URL that the server redirects to, with wss://")
    return Fix("command", shlex.join(["certkit", "doctor", new]))


_DROPPED_WHY: Final = (
    "the request had Upgrade: websocket and Connection: Upgrade; a proxy that does not pass them "
    "on makes a plain request of it"
)
_STATUSES: Final = {
    400: _Status(
        "http.bad-request",
        "the server calls the WebSocket request bad",
        f"{_DROPPED_WHY}, which WebSocket servers answer with 400",
        _pass_upgrade,
    ),
    401: _Status(
        "http.unauthorized",
        "the server wants credentials",
        "a page's WebSocket cannot send an Authorization header; cookies it sends",
        advice("log in on the page first, or let the server take a token in the URL"),
    ),
    403: _Status(
        "http.forbidden",
        "the server forbids the request, of its own page and without an Origin too",
        "an access rule, a list of the pages that may connect, a host that the program does not "
        "know (Vite's allowedHosts), or a proxy that allows no upgrade (Envoy without "
        "upgrade_configs)",
        advice(
            "name the page that connects with --origin; then look for a rule about the path, the "
            "Host or the address of the client"
        ),
    ),
    404: _Status(
        "http.not-found",
        "the server knows nothing at this path",
        f"{_DROPPED_WHY}; uvicorn and hypercorn then know no such page. Or the path is wrong",
        _proxy_or_path,
    ),
    426: _Status(
        "http.upgrade-required",
        "the server demands an upgrade, which was asked for",
        _DROPPED_WHY,
        _pass_upgrade,
    ),
    429: _Status(
        "http.too-many-requests",
        "the server takes no more requests for now",
        "a limit on requests or connections; a page that opens its WebSocket again at once keeps "
        "it full",
        advice("wait, and let the page wait longer before each new attempt"),
    ),
    502: _Status(
        "http.bad-gateway",
        "the proxy cannot talk to the backend",
        "nobody listens where proxy_pass points, or one side speaks TLS and the other does not; "
        "inside a container localhost is the container itself",
        advice(
            "start the backend, and let proxy_pass name its scheme, host and port: "
            "http:// for a ws:// backend, https:// for a wss:// one"
        ),
    ),
    504: _Status(
        "http.gateway-timeout",
        "the proxy got no answer from the backend in time",
        "the backend took the connection and hangs, or a firewall between them drops",
        advice("look whether the backend answers when it is asked without the proxy"),
    ),
}


def check_status(case: Case) -> Iterator[Finding]:
    """Every status but 101; for a page only those of a server that is broken."""
    answer = case.seen.answer
    head = answer.parsed if answer is not None else None
    if answer is None or head is None or head.status == 101:
        return
    if not case.target.websocket and head.status < 500:
        return
    status = _status(head, answer.body)
    place = head.get("location") if status.code == "http.redirect" else None
    where = f" to {quoted(place)}" if place else ""
    said = _words(answer.body) if not 200 <= head.status < 400 else ""
    yield error(
        status.code,
        f"{status.summary}{where}: HTTP {head.status} {head.reason}".rstrip() + said,
        status.why,
        status.fix if isinstance(status.fix, Fix) else status.fix(case, head),
    )


def _status(head: Head, body: bytes) -> _Status:
    if head.status == 505 or (head.status >= 400 and b"HTTP/1.0" in body):
        return _HTTP10
    if head.status in _STATUSES:
        return _STATUSES[head.status]
    for first, kind in ((500, _BROKEN), (400, _STATUSES[400]), (300, _REDIRECT)):
        if head.status >= first:
            return kind
    return _NOT_UPGRADED


_HTTP10: Final = _Status(
    "http.upgrade-required",
    "the backend was asked in HTTP/1.0, which has no Upgrade",
    "nginx before 1.29.7 speaks HTTP/1.0 to backends unless proxy_http_version says otherwise",
    _pass_upgrade,
)
_BROKEN: Final = _Status(
    "http.server-error",
    "the server failed",
    "the program behind the URL, or the proxy's rule for it, is broken",
    advice("look into the log of the program; its error stands there"),
)
_REDIRECT: Final = _Status(
    "http.redirect",
    "the server redirects",
    "browsers never follow a redirect for a WebSocket; often a slash at the end of the path is "
    "missing, or a rule sends http to https",
    _new_url,
)
_NOT_UPGRADED: Final = _Status(
    "http.ok-not-upgraded",
    "the server answers with a page and not with a WebSocket",
    "another location or server answered, or a proxy dropped Upgrade and a plain web application "
    "got the request",
    _proxy_or_path,
)


def _dropped(case: Case) -> bool:
    """The body says that headers were missing which were sent."""
    answer = case.seen.answer
    return answer is not None and bool(_EVIDENCE.search(answer.body))


def _words(body: bytes) -> str:
    """The first words of an error page."""
    text = _TEXT.sub(" ", body[:1000].decode("utf-8", "replace")).strip()
    return f" ({quoted(text[:100])})" if text else ""


CHECKS: Final = (check_not_http, check_no_answer, check_closed, check_status)
