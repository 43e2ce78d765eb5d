"""A URL as the probe dials it: taken apart, its faults kept and not raised."""

from __future__ import annotations

import re
import shlex
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from certkit.diagnose.observation import Target, UrlProblem
from certkit.errors import CertkitError
from certkit.pki.refusal import quoted
from certkit.verify.identity import reference

if TYPE_CHECKING:
    from collections.abc import Iterable

_PORTS: Final = {"ws": 80, "http": 80, "wss": 443, "https": 443}
_PAGE: Final = {"ws": "http", "http": "http", "wss": "https", "https": "https"}
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VISIBLE: Final = re.compile(r"[!-~]+")


def parse_target(
    url: str,
    *,
    connect: str | None = None,
    origin: str | None = None,
    subprotocols: Iterable[str] = (),
) -> Target:
    """What ``url`` means; what is wrong with it is the answer's ``problem``.

    ``connect`` (``host:port``) is dialled in place of the URL's host. Without ``origin`` a request
    says that it comes from a page of the same server, as most do. Raises CertkitError
    ``usage.bad-arguments`` for what is no URL at all and for the other arguments.

    >>> target = parse_target("wss://10.0.0.5:8443/chat")
    >>> target.authority, target.resource, target.origin, target.server_name
    ('10.0.0.5:8443', '/chat', 'https://10.0.0.5:8443', None)
    >>> parse_target("ftp://10.0.0.5").problem.what
    'scheme'
    """
    scheme, separator, _ = url.partition("://")
    scheme = scheme.lower()
    if not separator or not scheme:
        meant = f"wss://{url}"
        if parse_target(meant).problem is not None:
            meant = "wss://10.0.0.5:8443"
        raise _misuse(f"{quoted(url)} is no URL", f"certkit doctor {shlex.quote(meant)}")
    if scheme not in _PORTS:
        text = f"{quoted(scheme)} is not ws, wss, http or https"
        return Target(url, scheme, problem=UrlProblem("scheme", text))
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port
    except ValueError as error:
        text = f"{quoted(url)}: {error}"
        at_port = "port" in str(error).lower()
        problem = UrlProblem("port", text) if at_port else UrlProblem("host", text)
        return Target(url, scheme, problem=problem)
    name = reference(host)
    if not host or name.problem is not None:
        text = name.problem if host and name.problem else f"{quoted(url)} names no host"
        return Target(url, scheme, problem=UrlProblem("host", text))
    if port == 0:
        return Target(url, scheme, problem=UrlProblem("port", "nothing can listen on port 0"))
    number = port or _PORTS[scheme]
    authority = _authority(name.value, number, _PORTS[scheme])
    # The zone of fe80::1%eth0 is no part of the name, and needed to dial.
    dialled = (host if name.type == "ip" else name.value, number)
    if connect is not None:
        dialled = _dialled(connect, number)
    resource = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        resource += "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]")
    return Target(
        url=url,
        scheme=scheme,
        name=name.text,
        host=dialled[0],
        port=dialled[1],
        resource=resource,
        authority=authority,
        server_name=None if name.type == "ip" else name.value,
        origin=_checked_origin(origin) or f"{_PAGE[scheme]}://{authority}",
        subprotocols=tuple(map(_checked_subprotocol, subprotocols)),
        fragment="#" in url,
        url_port=number,
    )


def _authority(host: str, port: int, default: int) -> str:
    try:
        shown = f"[{IPv6Address(host)}]"
    except ValueError:
        shown = host
    return shown if port == default else f"{shown}:{port}"


def _dialled(connect: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"connect://{connect}")
        host, given = parts.hostname, parts.port
    except ValueError:
        host = given = None
    if not host:
        raise _misuse(f"{quoted(connect)} is not HOST:PORT", "--connect 127.0.0.1:8443")
    return host, given or port


def _checked_origin(origin: str | None) -> str | None:
    if origin is not None and not _VISIBLE.fullmatch(origin):
        raise _misuse(f"{quoted(origin)} is no origin", "--origin https://app.example.com")
    return origin


def _checked_subprotocol(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise _misuse(
            f"{quoted(text)} is no subprotocol: a token without blanks", "--subprotocol graphql-ws"
        )
    return text


def _misuse(message: str, hint: str) -> CertkitError:
    return CertkitError("usage.bad-arguments", message, hint=hint)
