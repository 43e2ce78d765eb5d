"""Observation: all that was seen of an endpoint. Pure data, the only input of the checks.

Nothing here says what is right or wrong. What a peer sent is kept as octets, cut off at a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from certkit.diagnose.http_head import Head, parse_head

if TYPE_CHECKING:
    from certkit.diagnose.frames import Frame

Ending = Literal["timeout", "refused", "reset", "closed", "unreachable", "not-found", "other"]
Attempted = Literal["modern", "anything"]

SECURE: Final = frozenset({"wss", "https"})
WEBSOCKET: Final = frozenset({"ws", "wss"})


@dataclass(frozen=True, slots=True)
class Failure:
    """How a step ended that did not end well; ``text`` is what the system or OpenSSL says."""

    kind: Ending
    text: str


@dataclass(frozen=True, slots=True)
class UrlProblem:
    """Why a URL leads nowhere; ``what`` is the part of it at fault."""

    what: Literal["scheme", "host", "port"]
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart. With a ``problem`` nothing was dialled.

    ``name`` is what the certificate must be for (``reference`` of it), ``host`` and ``port`` are
    dialled. ``resource`` is the request target in ASCII, ``origin`` what the request says of the
    page, None for a client that is no browser.
    """

    url: str
    scheme: str
    name: str = ""
    host: str = ""
    port: int = 0
    resource: str = "/"
    authority: str = ""
    """The ``Host`` header: the name, and the port unless it is the scheme's own."""
    server_name: str | None = None
    """The SNI that was sent: none for an IP address (RFC 6066 section 3)."""
    origin: str | None = None
    subprotocols: tuple[str, ...] = ()
    fragment: bool = False
    problem: UrlProblem | None = None
    url_port: int = 0
    """The port in the URL, whatever was dialled in its place."""

    @property
    def secure(self) -> bool:
        return self.scheme in SECURE

    @property
    def websocket(self) -> bool:
        return self.scheme in WEBSOCKET


@dataclass(frozen=True, slots=True)
class Lookup:
    """The addresses of the name, in the system's order; for an address itself ``literal``."""

    ms: float
    addresses: tuple[str, ...] = ()
    literal: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One address that was dialled in vain."""

    address: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class Connection:
    """``peer`` is the address that answered, with its port; None when none did."""

    ms: float
    peer: str | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A TLS alert of the peer's (RFC 8446 section 6); ``name`` is that of the registry."""

    number: int
    name: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class Handshake:
    """One TLS handshake. ``attempted`` says what was offered: what today's clients offer, or
    every version and suite that OpenSSL has.

    ``received`` are the first octets of the peer, as they came. ``client_certificate_asked``: the
    server sent a CertificateRequest. ``chain`` is what it sent, DER, the leaf first.
    """

    ms: float
    attempted: Attempted
    complete: bool
    version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    chain: tuple[bytes, ...] = ()
    alert: Alert | None = None
    client_certificate_asked: bool = False
    received: bytes = b""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back on an HTTP request: the octets of the head, and some of the body.

    ``failure`` is None when a whole head came. ``overlong``: the head did not end within the limit.
    """

    ms: float
    head: bytes = b""
    body: bytes = b""
    failure: Failure | None = None
    overlong: bool = False

    @property
    def parsed(self) -> Head | None:
        """The status line and the fields; None when it is no HTTP."""
        return parse_head(self.head) if self.failure is None and not self.overlong else None


@dataclass(frozen=True, slots=True)
class OriginAnswer:
    """What the server said to the same request with another Origin (None: without one)."""

    origin: str | None
    status: int | None


@dataclass(frozen=True, slots=True)
class Idle:
    """The connection was left alone: ``open`` after ``seconds``, or ended by then, and how."""

    seconds: float
    open: bool
    failure: Failure | None = None
    close_code: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What happened on an open WebSocket: the frames of the server, in order.

    ``pong``: it answered the one ping. ``failure`` is how the connection ended before anybody
    closed it.
    """

    ms: float
    frames: tuple[Frame, ...] = ()
    pong: bool = False
    failure: Failure | None = None
    idle: Idle | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """Which TLS versions the server takes, and for each the suites, in its order of preference.

    Of TLS 1.3 only the suite that was agreed is known. ``whole``: there was time for all.
    """

    ms: float
    suites: tuple[tuple[str, tuple[str, ...]], ...] = ()
    whole: bool = True

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(version for version, _ in self.suites)


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of the endpoint behind a URL. A step that was not taken is None.

    ``key`` is the Sec-WebSocket-Key that was sent. ``anything`` is a second handshake, offering
    all that OpenSSL has, after the first failed. ``plain`` is what a port without an answer in TLS
    said to a plain request, ``secure`` what a port that was asked plainly said in TLS. ``page`` is
    the answer to the same request without an upgrade. ``behind_proxy_line``: it answers once the
    line of the PROXY protocol was sent. ``http2``: it answers to the preface of HTTP/2.
    """

    target: Target
    ms: float = 0.0
    lookup: Lookup | None = None
    connection: Connection | None = None
    handshake: Handshake | None = None
    anything: Handshake | None = None
    plain: Answer | None = None
    secure: Handshake | None = None
    key: str = ""
    answer: Answer | None = None
    page: Answer | None = None
    origins: tuple[OriginAnswer, ...] = ()
    behind_proxy_line: bool = False
    http2: bool = False
    session: Session | None = None
    offered: Offered | None = None

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates that the server sent, in whichever handshake it sent them."""
        for handshake in (self.handshake, self.anything):
            if handshake is not None and handshake.chain:
                return handshake.chain
        return ()
