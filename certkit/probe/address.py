"""Where to dial and which name to ask for: a wss:// or https:// URL, taken apart."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from certkit.errors import CertkitError
from certkit.pki.refusal import quoted
from certkit.verify.identity import reference

if TYPE_CHECKING:
    from certkit.verify.identity import Reference

_PORTS: Final = {"wss": 443, "https": 443}
_PLAIN: Final = {"ws": "wss", "http": "https"}


@dataclass(frozen=True, slots=True)
class Address:
    """``name`` is what the certificate must be for; ``host`` and ``port`` are dialled."""

    name: Reference
    host: str
    port: int

    @property
    def server_name(self) -> str | None:
        """The SNI to send: none for an IP address (RFC 6066 section 3)."""
        return None if self.name.type == "ip" else self.name.value


def parse_url(url: str, connect: str | None = None) -> Address:
    """The address that ``url`` means; ``connect`` (``host:port``) is dialled in its place.

    Raises CertkitError ``url.bad-scheme``, ``url.bad-host``, ``url.bad-port``.

    >>> address = parse_url("wss://Bücher.test/chat")
    >>> address.host, address.port
    ('xn--bcher-kva.test', 443)
    >>> parse_url("https://[::1]:8443").server_name is None
    True
    """
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in _PORTS:
        safe = _PLAIN.get(scheme.lower())
        raise CertkitError(
            "url.bad-scheme",
            f"{quoted(url)} has no certificate: {scheme.lower()}:// is not encrypted"
            if safe
            else f"{quoted(url)} is neither a wss:// nor an https:// URL",
            hint=shlex.join(["certkit", "verify", f"{safe}://{rest}"])
            if safe
            else "certkit verify wss://10.0.0.5",
        )
    host, port = _split(url)
    name = reference(host)
    if name.problem is not None:
        raise CertkitError("url.bad-host", name.problem, hint="certkit verify wss://10.0.0.5")
    if connect is not None:
        dialled, dialled_port = _split(f"connect://{connect}")
        return Address(name, dialled, dialled_port or port or _PORTS[scheme.lower()])
    # The zone of fe80::1%eth0 is no part of the name, and needed to dial.
    dialled = host if name.type == "ip" else name.value
    return Address(name, dialled, port or _PORTS[scheme.lower()])


def _split(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise CertkitError(
            "url.bad-port", f"{quoted(url)}: {error}", hint="a port is a number up to 65535"
        ) from error
    if not host:
        raise CertkitError(
            "url.bad-host", f"{quoted(url)} names no host", hint="certkit verify wss://10.0.0.5"
        )
    return host, port
