"""Dial a URL, step by step, and note what happens: URL -> Observation, in bounded time.

The probe never judges and never trusts: it takes every certificate, goes on where a client would
stop, and survives whatever a server sends. It knows no proxy.
"""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from certkit.diagnose.http_head import is_http2
from certkit.diagnose.observation import Observation
from certkit.probe.again import Again
from certkit.probe.deadline import Deadline, Stopwatch
from certkit.probe.dial import connect, look_up
from certkit.probe.offered import enumerate_offered
from certkit.probe.request import ask, request_for
from certkit.probe.secure import SecureConnection
from certkit.probe.session import Conversation
from certkit.probe.stream import Plain

if TYPE_CHECKING:
    import socket

    from certkit.diagnose.observation import Answer, Handshake, Target
    from certkit.probe.stream import Stream

TIMEOUT: Final = 10.0
"""Seconds for all steps together; the time of ``idle`` comes on top."""
_SHORT: Final = 0.5


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
    deadline = Deadline.after(timeout)
    again = Again(target, deadline, b64encode(os.urandom(16)).decode("ascii"))
    return _Probe(target, deadline, again, deep=deep, idle=idle, request=request).run()


@dataclass(slots=True)
class _Probe:
    target: Target
    deadline: Deadline
    again: Again
    deep: bool
    idle: float | None
    request: bool

    def run(self) -> Observation:
        watch = Stopwatch()
        target = self.target
        lookup, found = look_up(target.host, target.port, self.deadline.next_step())
        seen = Observation(target, lookup=lookup, key=self.again.key)
        if found:
            connection, opened = connect(found, self.deadline.next_step())
            seen = replace(seen, connection=connection)
            if opened is not None:
                # From here on the address that answered is the only one.
                self.again.found = [row for row in found if row.shown == connection.peer]
                seen = self._secure(seen, opened) if target.secure else self._bare(seen, opened)
        return replace(seen, ms=watch.ms)

    def _secure(self, seen: Observation, opened: socket.socket) -> Observation:
        with opened:
            tls = SecureConnection(opened, self.target.server_name, self.deadline.next_step())
            if tls.complete and self.request:
                seen = self._talk(seen, tls.stream)
            handshake = tls.seen()
        seen = replace(seen, handshake=handshake)
        if not handshake.complete:
            seen = self._ask_otherwise(seen, handshake)
        elif handshake.alpn is None and _ended_without(seen.answer):
            # Servers of HTTP/2 alone take such a handshake, and end the connection at the request.
            seen = replace(seen, http2=self.again.speaks_http2())
        if self.deep and not self.deadline.over and handshake.received:
            seen = replace(
                seen, offered=enumerate_offered(self.again.offer_anything, self.deadline)
            )
        return seen

    def _ask_otherwise(self, seen: Observation, handshake: Handshake) -> Observation:
        """After a handshake that failed: offer everything, and without an answer ask plainly.

        Plain servers close or wait when they get a ClientHello (websockets, tornado).
        """
        if handshake.received:
            spoke_tls = handshake.received[0] in _RECORDS
            return replace(seen, anything=self.again.offer_anything()) if spoke_tls else seen
        seen = replace(seen, plain=self.again.plainly())
        if seen.plain is not None and seen.plain.head:
            return seen
        # A server of old versions alone may close without a word too.
        seen = replace(seen, anything=self.again.offer_anything())
        silent = seen.anything is None or not seen.anything.received
        if silent and handshake.failure is not None and handshake.failure.kind != "timeout":
            seen = replace(seen, behind_proxy_line=self.again.answers_behind_proxy_line())
        return seen

    def _bare(self, seen: Observation, opened: socket.socket) -> Observation:
        with opened:
            seen = self._talk(seen, Plain(opened))
        head = seen.answer.parsed if seen.answer else None
        if head is None or head.status == _BAD_REQUEST:
            seen = replace(seen, secure=self.again.secure())
        spoke_tls = seen.secure is not None and bool(seen.secure.received)
        if not spoke_tls and _ended_without(seen.answer):
            seen = replace(seen, behind_proxy_line=self.again.answers_behind_proxy_line())
        return seen

    def _talk(self, seen: Observation, stream: Stream) -> Observation:
        request = request_for(self.target, seen.key, self.target.origin)
        answer, rest = ask(stream, request, self.deadline.next_step())
        seen = replace(seen, answer=answer)
        head = answer.parsed
        if not self.target.websocket or head is None:
            return seen
        if head.status == _SWITCHING:
            conversation = Conversation(stream, rest)
            session = conversation.observe(self.deadline.next_step(_SHORT), self.idle)
            return replace(seen, session=session)
        if head.status in _REFUSALS:
            seen = replace(seen, origins=self.again.origins())
        if head.status in _REFUSALS or 200 <= head.status < 300:
            seen = replace(seen, page=self.again.page())
        return seen


def _ended_without(answer: Answer | None) -> bool:
    """The connection ended where an answer of HTTP/1 was due."""
    if answer is None or answer.failure is None or answer.failure.kind == "timeout":
        return False
    return not answer.head or is_http2(answer.head)


_SWITCHING: Final = 101
_BAD_REQUEST: Final = 400
_REFUSALS: Final = frozenset({400, 401, 403, 404})
"""What programs answer that do not like the Origin: `ws` 401, Rails 404, most others 403."""
_RECORDS: Final = frozenset({20, 21, 22, 23})
"""The first octet of a TLS record (RFC 8446 section 5.1)."""
