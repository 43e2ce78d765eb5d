"""The backend that a proxy passes WebSocket connections on to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import SplitResult, urlsplit

from certkit.errors import CertkitError
from certkit.pki.names import parse

if TYPE_CHECKING:
    from certkit.pki.names import Name

_DEFAULT_PORTS: Final = {"ws": 80, "wss": 443}
_HINT: Final = "write it as ws://127.0.0.1:19808 or wss://backend.internal:443"


@dataclass(frozen=True, slots=True)
class Upstream:
    """A ``ws://`` or ``wss://`` backend.

    >>> Upstream.parse("ws://[::1]:9001").authority
    '[::1]:9001'
    """

    host: Name
    port: int
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises CertkitError ``snippet.bad-upstream``, or what the host's name is refused for.

        Only scheme, host and port: a proxy passes the path on as the client sent it.
        """
        parts, port = _split(url)
        if parts.scheme not in _DEFAULT_PORTS:
            wanted = {"http": "ws", "https": "wss"}.get(parts.scheme)
            raise CertkitError(
                "snippet.bad-upstream",
                f"{url!r} is not a ws:// or wss:// URL",
                hint=f"write {wanted}://{parts.netloc}" if wanted else _HINT,
            )
        if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise CertkitError(
                "snippet.bad-upstream",
                f"{url!r} has more than a scheme, a host and a port",
                hint="leave the rest out: the path goes to the backend as the client sent it",
            )
        host = parse(parts.hostname or "")
        if host.type not in ("dns", "ip") or host.is_wildcard:
            raise CertkitError("snippet.bad-upstream", f"{url!r} names no single host", hint=_HINT)
        return cls(host, port or _DEFAULT_PORTS[parts.scheme], parts.scheme == "wss")

    @property
    def scheme(self) -> str:
        """``ws`` or ``wss``."""
        return "wss" if self.tls else "ws"

    @property
    def authority(self) -> str:
        """``host:port``, an IPv6 address in brackets."""
        return f"{bracketed(self.host)}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def bracketed(host: Name) -> str:
    """A host as URLs spell it (RFC 3986 section 3.2.2)."""
    return f"[{host.value}]" if host.type == "ip" and ":" in host.value else host.value


def _split(url: str) -> tuple[SplitResult, int | None]:
    # urlsplit drops tabs and newlines wherever they stand (the WHATWG rule), so look before.
    if not url.isprintable():
        raise CertkitError(
            "snippet.bad-upstream", "the URL has control characters in it", hint=_HINT
        )
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError as error:
        raise CertkitError(
            "snippet.bad-upstream", f"{url!r} is not a URL: {error}", hint=_HINT
        ) from error
