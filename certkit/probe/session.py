"""An open WebSocket, looked at: one ping, the idle limit on request, a close."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from certkit.diagnose import frames
from certkit.diagnose.observation import Failure, Idle, Session
from certkit.probe.deadline import Stopwatch
from certkit.probe.dial import failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.frames import Frame
    from certkit.probe.stream import Stream

PAYLOAD_LIMIT: Final = 4096
"""Of a longer payload the rest is skipped."""
FRAMES_LIMIT: Final = 64
TALK_LIMIT: Final = 262144
"""A server that talks this much instead of answering a ping is alive, and no more is learnt."""
_FAREWELL: Final = 1.0
_PING: Final = b"certkit"
_NORMAL: Final = (1000).to_bytes(2)


class Conversation:
    """What a server says; every ping of its own is answered, as a browser does."""

    def __init__(self, stream: Stream, received: bytes) -> None:
        self._stream = stream
        self._buffer = received
        self._to_skip = 0
        self._talked = len(received)
        self._ended: Failure | None = None
        self._closed = False
        self.frames: list[Frame] = []

    def observe(self, end: float, idle: float | None) -> Session:
        """Ping and wait for the pong; then leave it alone for ``idle`` seconds; then close."""
        watch = Stopwatch()
        self._send(frames.PING, _PING, end)
        pong = any(each.opcode == frames.PONG for each in self._until(end, limit=TALK_LIMIT))
        waited = self._wait(idle) if idle is not None and self._open else None
        self._take_what_has_begun()
        ms = watch.ms
        if self._open:
            self._say_goodbye()
        return Session(ms, tuple(self.frames), pong, self._ended, waited)

    @property
    def _open(self) -> bool:
        return self._ended is None and not self._closed

    def _wait(self, seconds: float) -> Idle:
        watch = Stopwatch()
        code = None
        for frame in self._until(time.monotonic() + seconds, stop=frames.CLOSE):
            code = frame.close_code
        return Idle(
            seconds if self._open else round(watch.ms / 1000, 3),
            open=self._open,
            failure=self._ended,
            close_code=code,
        )

    def _say_goodbye(self) -> None:
        end = time.monotonic() + _FAREWELL
        self._send(frames.CLOSE, _NORMAL, end)
        said = len(self.frames)
        for _ in self._until(end, stop=frames.CLOSE):
            pass
        # The answer to our close, or the end of the connection: nothing that it did by itself.
        del self.frames[said:]
        self._ended = None

    def _until(self, end: float, *, stop: int = frames.PONG, limit: int = 0) -> Iterator[Frame]:
        """The frames, until a close or one of the kind ``stop`` has come, or ``end``."""
        while not limit or self._talked < limit:
            frame = self._next_frame()
            if frame is not None:
                self._take(frame, end)
                if frame.opcode in (stop, frames.CLOSE):
                    yield frame
                    return
                continue
            try:
                octets = self._stream.receive(end)
            except TimeoutError:
                return
            except OSError as error:
                self._ended = failure_of(error)
                return
            if not octets:
                self._ended = Failure("closed", "the connection was closed")
                return
            self._talked += len(octets)
            skipped = min(self._to_skip, len(octets))
            self._to_skip -= skipped
            self._buffer += octets[skipped:]

    def _next_frame(self) -> Frame | None:
        if self._to_skip:
            return None
        found = frames.read_frame(self._buffer, PAYLOAD_LIMIT)
        if found is None:
            return None
        frame, size = found
        self._to_skip = max(size - len(self._buffer), 0)
        self._buffer = self._buffer[size:]
        return frame

    def _take_what_has_begun(self) -> None:
        """The head of a frame that never ends may already be one that is not allowed."""
        found = None
        if not self._to_skip and not self._closed:
            found = frames.read_frame(self._buffer, PAYLOAD_LIMIT, unfinished=True)
        if found is not None and len(self.frames) < FRAMES_LIMIT:
            self.frames.append(found[0])

    def _take(self, frame: Frame, end: float) -> None:
        self._closed = self._closed or frame.opcode == frames.CLOSE
        if len(self.frames) < FRAMES_LIMIT or frame.opcode == frames.CLOSE:
            self.frames.append(frame)
        if frame.opcode == frames.PING and frame.length <= 125:
            self._send(frames.PONG, frame.payload, end)

    def _send(self, opcode: int, payload: bytes, end: float) -> None:
        # Whether the peer is still there, reading tells, and what it said last.
        with suppress(OSError):
            self._stream.send(frames.masked_frame(opcode, payload, os.urandom(4)), end)
