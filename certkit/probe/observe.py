"""Dial a URL, step by step, and note what happens: URL -> Observation, in bounded time.

The probe never judges and never trusts: it takes every certificate, goes on where a client would
stop, and survives whatever a server sends. It knows no proxy.
"""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from certkit.diagnose.observation import Observation, OriginAnswer
from certkit.probe.deadline import Deadline, Stopwatch
from certkit.probe.dial import Found, connect, look_up
from certkit.probe.offered import enumerate_offered
from certkit.probe.request import ask, request_for
from certkit.probe.secure import SecureConnection
from certkit.probe.session import Conversation
from certkit.probe.stream import Plain

if TYPE_CHECKING:
    import socket
    import ssl

    from certkit.diagnose.observation import Answer, Handshake, Target
    from certkit.probe.stream import Stream

TIMEOUT: Final = 10.0
"""Seconds for all steps together; the time of ``idle`` comes on top."""
_SHORT: Final = 0.5
"""The part of a step for questions asked only to explain what the first one brought."""


def observe(
    target: Target,
    *,
    timeout: float = TIMEOUT,
    deep: bool = False,
    idle: float | None = None,
    request: bool = True,
) -> Observation:
    """All that can be seen of ``target`` within ``timeout`` seconds.

    ``idle`` leaves the open WebSocket alone for that many seconds more; ``deep`` asks for every
    TLS version and suite; without ``request`` nothing is asked beyond TLS. Never raises for what a
    peer does.

    >>> from certkit.probe.target import parse_target
    >>> seen = observe(parse_target("wss://localhost:1"), timeout=2)
    >>> seen.connection.attempts[0].failure.kind
    'refused'
    """
    if target.problem is not None:
        return Observation(target)
    return _Probe(target, Deadline.after(timeout), deep=deep, idle=idle, request=request).run()


@dataclass(slots=True)
class _Probe:
    target: Target
    deadline: Deadline
    deep: bool
    idle: float | None
    request: bool
    found: list[Found] = field(default_factory=list)

    def run(self) -> Observation:
        watch = Stopwatch()
        seen = Observation(self.target, key=b64encode(os.urandom(16)).decode("ascii"))
        lookup, self.found = look_up(self.target.host, self.target.port, self.deadline.next_step())
        seen = replace(seen, lookup=lookup)
        if self.found:
            connection, opened = connect(self.found, self.deadline.next_step())
            seen = replace(seen, connection=connection)
            if opened is not None:
                # From here on the address that answered is the only one.
                self.found = [row for row in self.found if row.shown == connection.peer]
                seen = (
                    self._secure(seen, opened) if self.target.secure else self._bare(seen, opened)
                )
        return replace(seen, ms=watch.ms)

    def _secure(self, seen: Observation, opened: socket.socket) -> Observation:
        with opened:
            tls = self._shake(opened)
            if tls.complete and self.request:
                seen = self._talk(seen, tls.stream)
            handshake = tls.seen()
        seen = replace(seen, handshake=handshake)
        if not handshake.complete:
            seen = self._ask_otherwise(seen, handshake)
        if self.deep and not self.deadline.over and handshake.received:
            seen = replace(seen, offered=enumerate_offered(self._one_suite, self.deadline))
        return seen

    def _ask_otherwise(self, seen: Observation, handshake: Handshake) -> Observation:
        """After a handshake that failed: offer everything, and without an answer ask plainly.

        Plain servers close or wait when they get a ClientHello (websockets, tornado).
        """
        if handshake.received:
            spoke_tls = handshake.received[0] in _RECORDS
            return replace(seen, anything=self._offer_anything()) if spoke_tls else seen
        seen = replace(seen, plain=self._ask_plainly(seen.key))
        if seen.plain is not None and seen.plain.head:
            return seen
        # A server of old versions alone may close without a word too.
        return replace(seen, anything=self._offer_anything())

    def _offer_anything(self) -> Handshake | None:
        again = self._dial(_SHORT)
        if again is None:
            return None
        with again:
            end = self.deadline.next_step(_SHORT)
            name = self.target.server_name
            return SecureConnection(again, name, end, attempted="anything").seen()

    def _ask_plainly(self, key: str) -> Answer | None:
        again = self._dial(_SHORT)
        if again is None:
            return None
        with again:
            return self._request(Plain(again), key, _SHORT)[0]

    def _bare(self, seen: Observation, opened: socket.socket) -> Observation:
        with opened:
            seen = self._talk(seen, Plain(opened))
        head = seen.answer.parsed if seen.answer else None
        if head is None or head.status == 400:
            again = self._dial(_SHORT)
            if again is not None:
                with again:
                    seen = replace(seen, secure=self._shake(again, _SHORT).seen())
        return seen

    def _talk(self, seen: Observation, stream: Stream) -> Observation:
        answer, rest = self._request(stream, seen.key)
        seen = replace(seen, answer=answer)
        head = answer.parsed
        if not self.target.websocket or head is None:
            return seen
        if head.status == 101:
            conversation = Conversation(stream, rest)
            session = conversation.observe(self.deadline.next_step(_SHORT), self.idle)
            return replace(seen, session=session)
        if head.status == 403:
            return replace(seen, origins=self._other_origins(seen.key))
        return seen

    def _other_origins(self, key: str) -> tuple[OriginAnswer, ...]:
        """The same request from elsewhere, to see whether it is the Origin that is refused."""
        page = "https" if self.target.secure else "http"
        host = self.target.authority.removesuffix(f":{self.target.url_port}")
        own = f"{page}://{self.target.authority}"
        candidates = dict.fromkeys([own, f"{page}://{host}", None])
        candidates.pop(self.target.origin, None)
        return tuple(OriginAnswer(origin, self._status(key, origin)) for origin in candidates)

    def _status(self, key: str, origin: str | None) -> int | None:
        again = self._dial(_SHORT)
        if again is None:
            return None
        with again:
            stream: Stream = Plain(again)
            if self.target.secure:
                tls = self._shake(again, _SHORT)
                if not tls.complete:
                    return None
                stream = tls.stream
            request = request_for(self.target, key, origin)
            answer, _ = ask(stream, request, self.deadline.next_step(_SHORT))
        head = answer.parsed
        return head.status if head else None

    def _request(self, stream: Stream, key: str, share: float = 1.0) -> tuple[Answer, bytes]:
        request = request_for(self.target, key, self.target.origin)
        return ask(stream, request, self.deadline.next_step(share))

    def _shake(self, opened: socket.socket, share: float = 1.0) -> SecureConnection:
        return SecureConnection(opened, self.target.server_name, self.deadline.next_step(share))

    def _one_suite(self, version: ssl.TLSVersion, ciphers: str | None) -> Handshake | None:
        again = self._dial(_SHORT)
        if again is None:
            return None
        with again:
            end = self.deadline.next_step(_SHORT)
            return SecureConnection(
                again,
                self.target.server_name,
                end,
                attempted="anything",
                version=version,
                ciphers=ciphers,
            ).seen()

    def _dial(self, share: float) -> socket.socket | None:
        if self.deadline.over:
            return None
        return connect(self.found, self.deadline.next_step(share))[1]


_RECORDS: Final = frozenset({20, 21, 22, 23})
"""The first octet of a TLS record (RFC 8446 section 5.1)."""
