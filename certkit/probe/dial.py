"""Name to addresses, addresses to one open TCP connection (RFC 8305, "happy eyeballs")."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
import time
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, Final

from certkit.diagnose.observation import Attempt, Connection, Failure, Lookup
from certkit.probe.deadline import Stopwatch, remaining
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certkit.diagnose.observation import Ending

_STAGGER: Final = 0.25
"""Seconds before the next address is tried beside the first (RFC 8305 section 5)."""
_MAX_ADDRESSES: Final = 16


@dataclass(frozen=True, slots=True)
class Found:
    """One row of getaddrinfo."""

    family: int
    address: tuple[Any, ...]

    @property
    def host(self) -> str:
        return str(self.address[0])

    @property
    def shown(self) -> str:
        return shown_address(self.host, self.address[1])


def look_up(host: str, port: int, end: float) -> tuple[Lookup, list[Found]]:
    """The addresses of ``host``. A resolver cannot be interrupted, so that one which is still
    at it when time is up is left behind in a thread that nobody waits for.
    """
    watch = Stopwatch()
    literal = _is_address(host)
    answers: list[list[Found] | Exception] = []
    if literal:
        _resolve(host, port, answers)
    else:
        thread = threading.Thread(target=_resolve, args=(host, port, answers), daemon=True)
        thread.start()
        thread.join(remaining(end))
    if not answers:
        failure = Failure("timeout", "the resolver did not answer in time")
        return Lookup(watch.ms, failure=failure), []
    answer = answers[0]
    if isinstance(answer, Exception):
        return Lookup(watch.ms, literal=literal, failure=Failure("not-found", words(answer))), []
    hosts = tuple(dict.fromkeys(found.host for found in answer))
    return Lookup(watch.ms, hosts, literal=literal), answer


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _resolve(host: str, port: int, answers: list[list[Found] | Exception]) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.append([Found(row[0], row[4]) for row in rows[:_MAX_ADDRESSES]])
    except (OSError, UnicodeError) as error:
        answers.append(error)


def connect(found: Sequence[Found], end: float) -> tuple[Connection, socket.socket | None]:
    """The first connection that opens, families in turn, a new attempt every quarter second."""
    watch = Stopwatch()
    waiting = list(_interleaved(found))
    failed: list[Attempt] = []
    next_start = 0.0
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                now = time.monotonic()
                if now >= end:
                    break
                if waiting and (now >= next_start or not selector.get_map()):
                    _start(waiting.pop(0), selector, failed)
                    next_start = time.monotonic() + _STAGGER
                    continue
                limit = min(next_start, end) if waiting else end
                for key, _ in selector.select(max(limit - now, 0)):
                    opened: socket.socket = selector.unregister(key.fileobj).fileobj  # type: ignore[assignment]
                    code = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if code == 0 and _is_open(opened):
                        return Connection(watch.ms, key.data, tuple(failed)), opened
                    opened.close()
                    failed.append(Attempt(key.data, failure_of(_os_error(code))))
                    next_start = 0.0
            silent = [key.data for key in selector.get_map().values()]
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]
    silent += [each.shown for each in waiting]
    late = Failure("timeout", "no answer to the connection request")
    failed += [Attempt(address, late) for address in silent]
    return Connection(watch.ms, None, tuple(failed)), None


def _interleaved(found: Iterable[Found]) -> Iterable[Found]:
    """The first family of the resolver's order, then the other, and so on."""
    rows = list(found)
    first = [row for row in rows if row.family == rows[0].family]
    other = [row for row in rows if row.family != rows[0].family]
    pairs = zip_longest(first, other)
    return [row for row in chain.from_iterable(pairs) if row is not None]


def _start(found: Found, selector: selectors.BaseSelector, failed: list[Attempt]) -> None:
    shown = found.shown
    try:
        opened = socket.socket(found.family, socket.SOCK_STREAM)
    except OSError as error:
        failed.append(Attempt(shown, failure_of(error)))
        return
    opened.settimeout(0)
    try:
        code = opened.connect_ex(found.address)
    except OSError as error:
        code = error.errno or errno.EIO
    if code in (0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", -1)):
        selector.register(opened, selectors.EVENT_WRITE, shown)
        return
    opened.close()
    failed.append(Attempt(shown, failure_of(_os_error(code))))


def _is_open(connection: socket.socket) -> bool:
    try:
        connection.getpeername()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:  # reset between being accepted and being looked at
        return False
    return True


def _os_error(code: int) -> OSError:
    code = code or errno.ECONNRESET
    return OSError(code, os.strerror(code))


def failure_of(error: Exception) -> Failure:
    """An exception of a socket as a plain fact."""
    for kinds, kind in _KINDS:
        if isinstance(error, kinds):
            return Failure(kind, words(error))
    unreachable = getattr(error, "errno", None) in _UNREACHABLE
    return Failure("unreachable" if unreachable else "other", words(error))


_KINDS: Final[tuple[tuple[type[OSError], Ending], ...]] = (
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "refused"),
    (ConnectionResetError, "reset"),
    (BrokenPipeError, "reset"),
    (ConnectionAbortedError, "reset"),
)
_UNREACHABLE: Final = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.EADDRNOTAVAIL,
        errno.EACCES,
        errno.EPERM,
        errno.EINVAL,
        errno.EAFNOSUPPORT,
    }
)


def words(error: Exception) -> str:
    """What the system or OpenSSL says, without its source line."""
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    text = str(reason)
    return printable(text.replace("_", " ").lower() if text.isupper() else text)


def shown_address(host: str, port: int) -> str:
    """``10.0.0.5:443``, ``[::1]:443``."""
    return printable(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
