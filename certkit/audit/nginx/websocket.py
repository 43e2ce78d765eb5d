"""The lines without which a WebSocket does not pass, or does not stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certkit.audit.edits import Edit
from certkit.audit.nginx.locations import Site
from certkit.audit.nginx.writing import PLAIN_WORD, after, before, without
from certkit.audit.problem import Problem
from certkit.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certkit.audit.nginx.locations import Location
    from certkit.audit.nginx.tree import Configuration

_LOST: Final = (
    "backends answer the handshake with 426, 400, 404 or 200, and the browser says only "
    "Unexpected response code"
)
_NO_MAP: Final = (
    "define a variable outside of server {}: map $http_upgrade $connection_upgrade { default ''; "
    "websocket upgrade; }, and set Connection to it"
)
_DEFAULT_TIMEOUT: Final = 60.0
_UNITS: Final = {
    "ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600,
    "d": 86400, "w": 604800, "M": 2592000, "y": 31536000,
}  # fmt: skip
_TIME: Final = re.compile(r"(\d{1,18})(ms|[smhdwMy]|)")
_SCHEME: Final = re.compile(r"ws(s?)://", re.IGNORECASE)


def http10_upstream(location: Location) -> Iterator[Problem]:
    lines = location.node.level("proxy_http_version")
    version = lines[-1].args[0] if lines and lines[-1].args else None
    if version not in (None, "1.0") or not location.node.knows("proxy_http_version"):
        return
    at = location.passes[0] if version is None else lines[-1]
    yield Problem(
        "nginx.http10-upstream",
        Severity.ERROR,
        f"{location.title} speaks HTTP/1.0 to the backend"
        + (": there is no proxy_http_version" if version is None else ""),
        "HTTP/1.0 has no Upgrade: websockets answers 505, older ones 400, hypercorn 400. It is the "
        "default before nginx 1.29.7",
        at.source,
        at.at,
        location.with_directive("proxy_http_version", "1.1"),
    )


def missing_upgrade(location: Location) -> Iterator[Problem]:
    if location.header_value("upgrade") or not location.node.knows("proxy_set_header"):
        return
    yield _at_location(
        "nginx.missing-upgrade",
        location,
        f"{location.title} does not pass the header Upgrade on",
        "Upgrade is hop-by-hop (RFC 9110 section 7.8), so a proxy drops it unless told: " + _LOST,
        location.with_header("Upgrade", "$http_upgrade"),
    )


def missing_connection(location: Location) -> Iterator[Problem]:
    value = location.header_value("connection")
    edits: tuple[Edit, ...]
    unknown = location.site.undefined(value)
    other = location.site.never_upgrades(value)
    sent = value.lower() not in ("", "close", "keep-alive")
    if (sent and unknown is None and other is None) or not location.node.knows("proxy_set_header"):
        return
    if other is not None:
        what = f"{value} is not 'upgrade' for a WebSocket: the map of line {other.line} says so"
        why = f"the map must say upgrade for $http_upgrade websocket: {_LOST}"
        edits = _with_connection(location)
    elif unknown is not None:
        what = f"nothing defines {unknown}: the map of the recipe was left out"
        why = f'nginx does not start: unknown "{unknown[1:]}" variable'
        edits = location.map_for(unknown)
    else:
        what = f"{location.title} does not pass the header Connection on"
        why = f"Connection is hop-by-hop (RFC 9110 section 7.6.1), a handshake needs it: {_LOST}"
        edits = _with_connection(location)
    yield _at_location("nginx.missing-connection", location, what, why, edits)


def fixed_connection(location: Location) -> Iterator[Problem]:
    for name in ("connection", "upgrade"):
        node, value = location.header(name), location.header_value(name).lower()
        if node is None or "$" in value or not ("upgrade" in value or "websocket" in value):
            continue
        edits = (
            _with_connection(location)
            if name == "connection"
            else location.with_header("Upgrade", "$http_upgrade")
        )
        yield Problem(
            "nginx.fixed-connection",
            Severity.WARNING,
            f"{location.title} sends '{node.args[0]}: {node.args[1]}' with every request",
            "an ordinary request then asks for an upgrade too: uvicorn 0.17 answers it with 400 "
            "(Unsupported upgrade request), and no connection to the backend is used again",
            node.source,
            node.at,
            edits,
            _NO_MAP,
        )


def map_in_server(configuration: Configuration) -> Iterator[Problem]:
    """The map of the recipe, pasted with the rest of it."""
    first_servers = Site(configuration).first_servers
    for node in configuration.statements("map"):
        server = node.enclosing("server")
        if server is None or node.args[:1] != ("$http_upgrade",):
            continue
        indent = node.source.text[node.source.line_start(node.at) : node.at]
        lines = [line.removeprefix(indent) for line in node.raw.splitlines()]
        first = first_servers.get((server.parent, server.source))
        yield Problem(
            "nginx.missing-connection",
            Severity.ERROR,
            "the map of $http_upgrade stands inside of server {}",
            'nginx does not start: "map" directive is not allowed here; its place is http {}',
            node.source,
            node.at,
            (before(first, *lines, ""), without(node)) if first else (),
            "move it out of server {}; a file of conf.d is inside of http {}",
        )


def _with_connection(location: Location) -> tuple[Edit, ...]:
    found = location.connection_variable()
    if found is None:
        return ()
    variable, edits = found
    return (*edits, *location.with_header("Connection", variable))


def short_read_timeout(location: Location) -> Iterator[Problem]:
    lines = location.node.level("proxy_read_timeout")
    seconds = _seconds(" ".join(lines[-1].args)) if lines else _DEFAULT_TIMEOUT
    if seconds is None or seconds > _DEFAULT_TIMEOUT:
        return
    if not location.node.knows("proxy_read_timeout"):
        return
    at = lines[-1] if lines else location.passes[0]
    yield Problem(
        "nginx.short-read-timeout",
        Severity.WARNING if lines else Severity.NOTE,
        f"{location.title} closes a WebSocket on which the backend is silent for {seconds:g} s"
        + ("" if lines else " (the default)"),
        "the client sees close code 1006; a ping from either end keeps it open. The websockets "
        "library and uvicorn ping every 20 s, aiohttp, hypercorn and ws do not, browsers cannot",
        at.source,
        at.at,
        location.with_directive("proxy_read_timeout", "1h"),
    )


def _seconds(text: str) -> float | None:
    """A time as nginx writes it (``90``, ``1h 30m``); None for what is none."""
    compact = text.replace(" ", "")
    parts = _TIME.findall(compact)
    if not parts or "".join(map("".join, parts)) != compact:
        return None
    return float(sum(int(number) * _UNITS[unit] for number, unit in parts))


def host_loses_port(location: Location) -> Iterator[Problem]:
    if location.server is None:
        return
    node, value = location.header("host"), location.header_value("host")
    ports = {listen.port for listen in location.server.listens}
    odd = sorted(port for port in ports - {"80", "443"} if port.isdigit())
    if value.strip("${}") in ("host", "server_name") and node is not None and odd:
        yield Problem(
            "nginx.host-loses-port",
            Severity.WARNING,
            f"{location.title} sends '{value}' as Host, which has no port",
            f"the page's Origin has port {odd[0]}, and a backend that compares both (tornado, "
            "gorilla/websocket, Socket.IO) answers 403",
            node.source,
            node.at,
            location.with_header("Host", "$http_host"),
        )
    elif location.lacks("host") and location.has_near_backend():
        yield _at_location(
            "nginx.host-loses-port",
            location,
            f"{location.title} sends the backend's own address as Host",
            "a backend that compares Host with the page's Origin (tornado) answers 403",
            location.with_header("Host", "$http_host"),
            Severity.NOTE,
        )


def trailing_slash_redirect(location: Location) -> Iterator[Problem]:
    node = location.node
    path = node.args[-1] if node.args else ""
    if node.parent is None or node.args not in ((path,), ("^~", path)):
        return
    if not path.endswith("/") or len(path) < 2 or "socket.io" in path:
        return
    if all(each.parent is not node for each in location.passes) or _is_served(path[:-1], location):
        return
    safe = PLAIN_WORD.fullmatch(path)
    line = f"location = {path[:-1]} {{ rewrite ^ {path} last; }}"
    yield Problem(
        "nginx.trailing-slash-redirect",
        Severity.WARNING,
        f"a client that opens {path[:-1]} is redirected to {path}",
        "nginx answers 301, and no browser follows a redirect in a WebSocket handshake "
        "(Unexpected response code: 301)",
        node.source,
        node.at,
        (after(node, line),) if safe else (),
        f"add: {line}",
    )


def _is_served(path: str, location: Location) -> bool:
    """Whether another location takes the path without its slash."""
    assert location.node.parent is not None  # noqa: S101 - the caller has looked
    beside = location.site.paths[location.node.parent]
    return not beside.isdisjoint({("=", path), (path,), ("^~", path), ("~",)})


def upstream_scheme(configuration: Configuration) -> Iterator[Problem]:
    """``proxy_pass ws://``; also by way of a variable, and in an ``upstream``."""
    passed = " ".join(arg for node in configuration.statements("proxy_pass") for arg in node.args)
    for node in configuration.statements("proxy_pass", "set", "server"):
        in_upstream = node.parent is not None and node.parent.name == "upstream"
        if node.name == "set" and not (node.args and node.args[0] in passed):
            continue
        if node.name == "server" and not in_upstream:
            continue
        for word in node.statement.words[1:]:
            start = word.start + (node.source.text[word.start] in "\"'")
            found = _SCHEME.match(node.source.text, start)
            if found is None:
                continue
            scheme = "" if in_upstream else f"http{found[1]}://"
            yield Problem(
                "nginx.upstream-scheme",
                Severity.ERROR,
                f"'{node.name} {word.value}' is no address for nginx",
                "a WebSocket begins as HTTP, and nginx knows the backend by that scheme: invalid "
                "URL prefix, or invalid host in upstream, and it does not start",
                node.source,
                node.at,
                (Edit(node.source, start, found.end(), scheme),),
            )


def no_websockets(location: Location) -> Iterator[Problem]:
    """Nothing in this server passes WebSockets on, which may be meant so."""
    if not location.lacks("upgrade"):
        return
    yield _at_location(
        "nginx.missing-upgrade",
        location,
        f"{location.title} passes no WebSockets on",
        "right for plain pages; a backend that speaks WebSocket answers 426, 400, 404 or 200",
        (),
        Severity.NOTE,
        "if it does: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; and "
        "Connection by a map: certkit snippet nginx",
    )


def _at_location(
    code: str,
    location: Location,
    what: str,
    why: str,
    edits: tuple[Edit, ...],
    severity: Severity = Severity.ERROR,
    advice: str = _NO_MAP,
) -> Problem:
    at = location.passes[0]
    return Problem(code, severity, what, why, at.source, at.at, edits, advice)


CHECKS: Final[tuple[Callable[[Location], Iterator[Problem]], ...]] = (
    http10_upstream,
    missing_upgrade,
    missing_connection,
    fixed_connection,
    host_loses_port,
    short_read_timeout,
    trailing_slash_redirect,
)
