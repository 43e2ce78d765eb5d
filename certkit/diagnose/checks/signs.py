"""Words by which programs tell what went wrong between them and a WebSocket.

All were read from answers of nginx 1.22 and 1.31, Caddy 2.11, Envoy 1.40, HAProxy 2.6, Apache 2.4,
uvicorn, websockets and Node's ws; those of Traefik, Vite, webpack-dev-server and Django from their
sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.diagnose import repairs
from certkit.diagnose.checks.meaning import Meaning, pass_upgrade
from certkit.verify.wording import advice

if TYPE_CHECKING:
    from certkit.diagnose.http_head import Head


def meaning_of_words(head: Head, body: bytes) -> Meaning | None:
    """What the answer itself says; None where its words are of no program that is known."""
    return next((sign.meaning for sign in _SIGNS if sign.fits(head, body)), None)


@dataclass(frozen=True, slots=True)
class _Sign:
    """``words`` are of the body; ``own`` tells a proxy's answer from one that it passes on."""

    statuses: frozenset[int]
    words: re.Pattern[bytes]
    meaning: Meaning
    own: Callable[[Head], bool] | None = None

    def fits(self, head: Head, body: bytes) -> bool:
        return (
            head.status in self.statuses
            and self.words.search(body) is not None
            and (self.own is None or self.own(head))
        )


def _sign(
    statuses: str, words: str, meaning: Meaning, own: Callable[[Head], bool] | None = None
) -> _Sign:
    numbers = frozenset(map(int, statuses.split()))
    return _Sign(numbers, re.compile(words.encode(), re.IGNORECASE), meaning, own)


def _of_envoy(head: Head) -> bool:
    """It calls every answer its own; what it adds to one of its own comes last (measured)."""
    names = [name for name, _ in head.fields]
    return (head.get("server") or "") == "envoy" and names[-1:] == ["content-length"]


def _of_caddy(head: Head) -> bool:
    """It says ``Via: 1.1 Caddy`` in what it passes on."""
    return (head.get("server") or "") == "Caddy" and "caddy" not in (head.get("via") or "").lower()


_HTTP10: Final = Meaning(
    "http.upgrade-required",
    "the backend was asked in HTTP/1.0, which has no Upgrade",
    "nginx before 1.29.7 speaks HTTP/1.0 to backends unless proxy_http_version says otherwise",
    pass_upgrade,
)
_PLAIN_TO_TLS: Final = Meaning(
    "http.bad-gateway",
    "the proxy speaks plain HTTP to a backend that speaks TLS",
    "TLS was right up to the proxy, and the words are those of a server behind it that was asked "
    "without TLS",
    advice(
        "name the backend with https:// where the proxy passes requests on: proxy_pass https://"
    ),
)
_NO_BACKEND: Final = Meaning(
    "http.bad-gateway",
    "the proxy cannot talk to the backend",
    "the words are those of the proxy: nobody listens where it passes requests on, one side speaks "
    "TLS and the other does not, or HTTP/2; HAProxy says the same where no rule names a backend",
    advice(
        "start the backend, and look at its address, its port and whether it speaks TLS where the "
        "proxy names it; the proxy's log says what failed"
    ),
)
_KEY_DROPPED: Final = Meaning(
    "http.bad-request",
    "the WebSocket server misses fields of the handshake that were sent",
    "the request had Sec-WebSocket-Key and Sec-WebSocket-Version; a proxy took them out",
    advice("let the proxy pass all Sec-WebSocket-* fields on, as every proxy does by default"),
)
_ENVOY_UPGRADE: Final = Meaning(
    "http.forbidden",
    "Envoy lets no WebSocket through",
    "without upgrade_configs Envoy answers every upgrade with 403 and an empty body; an RBAC rule "
    "or a filter that forbids has a body",
    repairs.ENVOY,
)
_ENVOY_ROUTE: Final = Meaning(
    "http.not-found",
    "Envoy has no route for this request",
    "no virtual host has this name in its domains (the Host counts with its port), or no route of "
    "it takes this path",
    advice('let domains be ["*"], or name the host with and without its port; then look at match'),
)
_CADDY_EMPTY: Final = Meaning(
    "http.ok-not-upgraded",
    "Caddy has nothing for this request",
    "Caddy answers 200 with an empty body for a host that is no address of a site, and for a path "
    "that no directive takes",
    lambda case, _: advice(
        f"add {repairs.site_address(case.target)} to the addresses of the site, or look at the "
        "path matchers of reverse_proxy"
    ),
)
_NGINX_OWN: Final = Meaning(
    "http.not-found",
    "nginx itself knows nothing at this path",
    "the page is nginx's own: no location with proxy_pass takes this path, or another server "
    "block answers for this name",
    lambda case, _: repairs.location(case.target),
)
_HOST_UNKNOWN: Final = Meaning(
    "http.forbidden",
    "the program does not know the host that it is asked for",
    "development servers and frameworks answer for hosts on a list alone: Vite's allowedHosts, "
    "webpack-dev-server's allowedHosts, Django's ALLOWED_HOSTS",
    lambda case, _: advice(f"add {case.target.name} to the hosts that the program allows"),
)
_NO_LIBRARY: Final = Meaning(
    "http.bad-request",
    "uvicorn cannot upgrade",
    "it has no library for WebSockets, or a proxy sends a fixed 'Connection: upgrade' and drops "
    "Upgrade",
    advice("pip install 'uvicorn[standard]', and proxy_set_header Upgrade $http_upgrade"),
)
_TLS_PORT: Final = (
    "plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server"
    "|plain HTTP to an SSL-enabled server port"
)
_SIGNS: Final = (
    _sign("400", _TLS_PORT, _PLAIN_TO_TLS),
    _sign("400 426", "(missing|invalid) sec-websocket-(key|version)", _KEY_DROPPED),
    _sign("505", "", _HTTP10),
    _sign("400 403 404 405 426 500 501", r"HTTP/1\.0", _HTTP10),
    # HAProxy, Traefik, Envoy; Apache: of its own, and where TLS to the backend fails.
    _sign("503", "no (healthy upstream|available server|server is available)", _NO_BACKEND),
    _sign("502 503", "upstream connect error", _NO_BACKEND),
    _sign("503", "unable to service your\\s+request due to maintenance", _NO_BACKEND),
    _sign("500 502", "proxy server (could not handle|received an invalid)", _NO_BACKEND),
    _sign("403", r"\A\Z", _ENVOY_UPGRADE, _of_envoy),
    _sign("404", r"\A\Z", _ENVOY_ROUTE, _of_envoy),
    _sign("200", r"\A\Z", _CADDY_EMPTY, _of_caddy),
    _sign("404", "<center>nginx", _NGINX_OWN),
    _sign("400 403", "request. this host|invalid host header|disallowedhost", _HOST_UNKNOWN),
    _sign("400", "unsupported upgrade request|no supported websocket library", _NO_LIBRARY),
)  # fmt: skip
