"""Questions asked only to explain what the first one brought, each on a connection of its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from certkit.diagnose.observation import OriginAnswer
from certkit.probe.dial import Found, connect
from certkit.probe.proxy_line import proxy_line
from certkit.probe.request import answers_in_http2, ask, request_for
from certkit.probe.secure import SecureConnection
from certkit.probe.stream import Plain

if TYPE_CHECKING:
    import socket
    import ssl

    from certkit.diagnose.observation import Answer, Handshake, Target
    from certkit.probe.deadline import Deadline
    from certkit.probe.stream import Stream

_SHORT: Final = 0.5
"""The part of a step that such a question may take."""
_BAD_REQUEST: Final = 400


@dataclass(slots=True)
class Again:
    """``found`` is where to dial, ``key`` the Sec-WebSocket-Key to send."""

    target: Target
    deadline: Deadline
    key: str
    found: list[Found] = field(default_factory=list)

    def offer_anything(
        self, version: ssl.TLSVersion | None = None, ciphers: str | None = None
    ) -> Handshake | None:
        """A handshake with all that OpenSSL has, or with this version and these suites alone."""
        connection = self._dial()
        if connection is None:
            return None
        with connection:
            return SecureConnection(
                connection,
                self.target.server_name,
                self._soon(),
                attempted="anything",
                version=version,
                ciphers=ciphers,
            ).seen()

    def secure(self) -> Handshake | None:
        """A handshake on a port that was asked plainly."""
        connection = self._dial()
        if connection is None:
            return None
        with connection:
            return self._shake(connection).seen()

    def plainly(self) -> Answer | None:
        """The request without TLS."""
        connection = self._dial()
        if connection is None:
            return None
        with connection:
            return self._request(Plain(connection), self.target.origin)

    def page(self) -> Answer | None:
        """The same URL without an upgrade."""
        return self._ask(self.target.origin, upgrade=False)

    def origins(self) -> tuple[OriginAnswer, ...]:
        """The same request from elsewhere, to see whether it is the Origin that is refused."""
        page = "https" if self.target.secure else "http"
        host = self.target.authority.removesuffix(f":{self.target.url_port}")
        own = f"{page}://{self.target.authority}"
        candidates = dict.fromkeys([own, f"{page}://{host}", None])
        candidates.pop(self.target.origin, None)
        return tuple(OriginAnswer(origin, self._status(origin)) for origin in candidates)

    def speaks_http2(self) -> bool:
        """Whether the preface of HTTP/2 is answered in kind."""
        connection = self._dial()
        if connection is None:
            return False
        with connection:
            end = self._soon()
            tls = SecureConnection(connection, self.target.server_name, end, alpn="h2")
            return tls.complete and answers_in_http2(tls.stream, end)

    def answers_behind_proxy_line(self) -> bool:
        """Whether a port that closes without a word answers after the line of a load balancer.

        A plain server that does not know the line calls it a bad request.
        """
        connection = self._dial()
        if connection is None:
            return False
        with connection, suppress(OSError):
            stream = Plain(connection)
            stream.send(proxy_line(connection), self._soon())
            if self.target.secure:
                return self._shake(connection).complete
            head = self._request(stream, self.target.origin).parsed
            return head is not None and head.status != _BAD_REQUEST
        return False

    def _status(self, origin: str | None) -> int | None:
        answer = self._ask(origin)
        head = answer.parsed if answer is not None else None
        return head.status if head else None

    def _ask(self, origin: str | None, *, upgrade: bool | None = None) -> Answer | None:
        connection = self._dial()
        if connection is None:
            return None
        with connection:
            if not self.target.secure:
                return self._request(Plain(connection), origin, upgrade=upgrade)
            tls = self._shake(connection)
            return self._request(tls.stream, origin, upgrade=upgrade) if tls.complete else None

    def _request(
        self, stream: Stream, origin: str | None, *, upgrade: bool | None = None
    ) -> Answer:
        request = request_for(self.target, self.key, origin, upgrade=upgrade)
        return ask(stream, request, self._soon())[0]

    def _shake(self, connection: socket.socket) -> SecureConnection:
        return SecureConnection(connection, self.target.server_name, self._soon())

    def _dial(self) -> socket.socket | None:
        return None if self.deadline.over else connect(self.found, self._soon())[1]

    def _soon(self) -> float:
        return self.deadline.next_step(_SHORT)
