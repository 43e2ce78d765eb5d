"""What an answer that is not 101 means for somebody who wanted a WebSocket."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from certkit.diagnose import repairs
from certkit.diagnose.checks.meaning import (
    Meaning,
    leads_back,
    new_url,
    pass_upgrade,
    proxy_or_path,
)
from certkit.diagnose.checks.signs import meaning_of_words
from certkit.findings import Fix
from certkit.verify.wording import advice

if TYPE_CHECKING:
    from certkit.diagnose.case import Case
    from certkit.diagnose.http_head import Head


def meaning(case: Case, head: Head, body: bytes) -> Meaning:
    """The first of: what the answer's own words say, what else was seen, what its status says."""
    return (
        meaning_of_words(head, body)
        or _by_what_else_was_seen(case, head)
        or _STATUSES.get(head.status)
        or next(kind for first, kind in _KINDS if head.status >= first)
    )


def _by_what_else_was_seen(case: Case, head: Head) -> Meaning | None:
    handshake = case.seen.handshake
    if head.status in (400, 403) and repairs.lacks_socket_io(case.target):
        return _PARAMETERS
    if head.status == 403 and handshake is not None and handshake.client_certificate_asked:
        return _NO_CERTIFICATE
    if 300 <= head.status < 400 and leads_back(case, head):
        return _TO_ITSELF
    return _REACHED.get(head.status) if _upgrade_arrived(case, head) else None


def _upgrade_arrived(case: Case, head: Head) -> bool:
    """The program answers otherwise to a plain request, or not at all: the upgrade reached it."""
    answer, page = case.seen.answer, case.seen.page
    if answer is None or page is None:
        return False
    if page.parsed is not None:
        return page.parsed.status != head.status
    return page.failure is not None and page.ms > 2 * answer.ms


_PARAMETERS: Final = Meaning(
    "http.bad-request",
    "Socket.IO misses its parameters",
    "a Socket.IO server takes no bare WebSocket: its client adds them to the URL",
    lambda case, _: Fix(
        "command", shlex.join(["certkit", "doctor", repairs.socket_io(case.target)])
    ),
)
_NO_CERTIFICATE: Final = Meaning(
    "http.forbidden",
    "the server forbids the request, and asked for a client certificate before",
    "it got none, and went on: a rule may forbid whoever shows none (ssl_client_verify in nginx, "
    "ssl_c_used in HAProxy); browsers show no dialog for a WebSocket",
    Fix("command", "certkit issue --client me@example.com"),
)
_TO_ITSELF: Final = Meaning(
    "http.redirect",
    "the server redirects in a circle",
    "the program behind the proxy takes the request for http and sends it to https: it does not "
    "see that TLS ended at the proxy",
    Fix("patch", "proxy_set_header X-Forwarded-Proto $scheme;"),
)

# --- the same URL without an upgrade says otherwise ---

_ARRIVED: Final = (
    "the same URL without an upgrade is answered otherwise, so that the upgrade reached the program"
)
_REACHED: Final = {
    400: Meaning(
        "http.bad-request",
        "the WebSocket server refuses the request",
        f"{_ARRIVED}: Node's ws has no such path, hypercorn was asked in HTTP/1.0, or the server "
        "wants a subprotocol",
        advice(
            "check the path that the program sees (proxy_pass with a path replaces that of the "
            "location), then proxy_http_version 1.1; --subprotocol asks for one"
        ),
    ),
    401: Meaning(
        "http.unauthorized",
        "the program refuses the WebSocket",
        f"{_ARRIVED}: Node's ws answers 401 where verifyClient says no, which may be to the page's "
        "Origin or to a token",
        advice("name the page that connects with --origin, and give its token in the URL"),
    ),
    403: Meaning(
        "http.forbidden",
        "the program refuses the WebSocket, of its own page and without an Origin too",
        f"{_ARRIVED}: Starlette and FastAPI answer so where no WebSocket route takes the path, and "
        "when the program closes before it accepts",
        advice(
            "check the path and the credentials in the URL, and name the page that connects "
            "with --origin"
        ),
    ),
    404: Meaning(
        "http.not-found",
        "the program knows no WebSocket at this path",
        f"{_ARRIVED}: only this path of it has none",
        advice("check the path of the URL"),
    ),
}


# --- the status alone ---

_DROPPED_WHY: Final = (
    "the request had Upgrade: websocket and Connection: Upgrade; a proxy that does not pass them "
    "on makes a plain request of it"
)
_STATUSES: Final = {
    400: Meaning(
        "http.bad-request",
        "the server calls the WebSocket request bad",
        f"{_DROPPED_WHY}, which WebSocket servers answer with 400. A backend that gets a PROXY "
        "line which it does not expect answers so too",
        pass_upgrade,
    ),
    401: Meaning(
        "http.unauthorized",
        "the server wants credentials",
        "a page's WebSocket cannot send an Authorization header; cookies it sends",
        advice("log in on the page first, or let the server take a token in the URL"),
    ),
    403: Meaning(
        "http.forbidden",
        "the server forbids the request, of its own page and without an Origin too",
        "an access rule, or a list of the pages that may connect",
        advice(
            "name the page that connects with --origin; then look for a rule about the path, the "
            "Host or the address of the client"
        ),
    ),
    404: Meaning(
        "http.not-found",
        "the server knows nothing at this path",
        f"{_DROPPED_WHY}; uvicorn and hypercorn then know no such page, and uvicorn without a "
        "WebSocket library knows none either. Or the path is wrong",
        proxy_or_path,
    ),
    405: Meaning(
        "http.bad-request",
        "the server takes no GET at this path",
        "a WebSocket begins with a GET; this path belongs to something else, such as an API",
        advice("check the path of the URL"),
    ),
    421: Meaning(
        "http.bad-request",
        "the server has this host on another connection",
        "the name in the TLS handshake (SNI) and the Host belong to different virtual hosts",
        advice("let one virtual host have both names, and dial it by the name in the URL"),
    ),
    426: Meaning(
        "http.upgrade-required",
        "the server demands an upgrade, which was asked for",
        _DROPPED_WHY,
        pass_upgrade,
    ),
    429: Meaning(
        "http.too-many-requests",
        "the server takes no more requests for now",
        "a limit on requests or connections; a page that opens its WebSocket again at once keeps "
        "it full",
        advice("wait, and let the page wait longer before each new attempt"),
    ),
    502: Meaning(
        "http.bad-gateway",
        "the proxy cannot talk to the backend",
        "nobody listens where the proxy passes requests on, or one side speaks TLS and the other "
        "does not; inside a container localhost is the container itself",
        advice(
            "start the backend, and let the proxy name its scheme, host and port: proxy_pass "
            "http:// for a ws:// backend, https:// for a wss:// one"
        ),
    ),
    504: Meaning(
        "http.gateway-timeout",
        "the proxy got no answer from the backend in time",
        "the backend took the connection and hangs, or a firewall between them drops",
        advice("look whether the backend answers when it is asked without the proxy"),
    ),
}
_BROKEN: Final = Meaning(
    "http.server-error",
    "the server failed",
    "the program behind the URL, or the proxy's rule for it, is broken",
    advice("look into the log of the program; its error stands there"),
)
_REFUSED: Final = Meaning(
    "http.bad-request",
    "the server refuses the request",
    "it is none of the answers of a WebSocket server: another program, or a rule of a proxy, has "
    "this path",
    advice("check the path of the URL, and look into the log of the server"),
)
_REDIRECT: Final = Meaning(
    "http.redirect",
    "the server redirects",
    "browsers never follow a redirect for a WebSocket; often a slash at the end of the path is "
    "missing, a rule sends http to https, or somebody must log in first",
    new_url,
)
_NOT_UPGRADED: Final = Meaning(
    "http.ok-not-upgraded",
    "the server answers with a page and not with a WebSocket",
    "another location or server answered, or a proxy dropped Upgrade and a plain web application "
    "got the request",
    proxy_or_path,
)
_KINDS: Final = ((500, _BROKEN), (400, _REFUSED), (300, _REDIRECT), (0, _NOT_UPGRADED))
