"""Addresses and connections: both families, in turn, and never later than allowed."""

from __future__ import annotations

import socket
import time

import pytest

from certkit.probe import dial
from certkit.probe.dial import Found, connect, look_up
from tests.e2e.wss import HAS_IPV6_LOOPBACK
from tests.probe.servers import listening


def four(port: int, host: str = "127.0.0.1") -> Found:
    return Found(socket.AF_INET, (host, port))


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def soon(seconds: float = 2.0) -> float:
    return time.monotonic() + seconds


def test_an_address_is_not_looked_up(monkeypatch):
    lookup, found = look_up("127.0.0.1", 443, soon())
    assert lookup.literal
    assert lookup.addresses == ("127.0.0.1",)
    assert found == [four(443)]


def test_a_name_has_its_addresses():
    lookup, found = look_up("localhost", 443, soon())
    assert not lookup.literal
    assert lookup.failure is None
    assert {row.host for row in found} == set(lookup.addresses)


@pytest.mark.parametrize("host", ["nope.invalid", "a" * 64 + ".test", "\0.test"])
def test_a_name_without_one_is_a_fact(host):
    lookup, found = look_up(host, 443, soon())
    assert lookup.failure is not None
    assert lookup.failure.kind == "not-found"
    assert found == []


def test_the_first_that_answers_is_taken_and_the_others_are_told():
    closed = closed_port()
    with listening(lambda peer: peer.recv(1)) as port:
        connection, opened = connect([four(closed), four(port)], soon())
        assert opened is not None
        opened.close()
    assert connection.peer == f"127.0.0.1:{port}"
    (attempt,) = connection.attempts
    assert (attempt.address, attempt.failure.kind) == (f"127.0.0.1:{closed}", "refused")


def test_a_silent_address_does_not_hold_up_the_next():
    """RFC 8305: the next one is tried after a quarter of a second."""
    with socket.socket() as full, listening(lambda peer: peer.recv(1)) as port:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        silent = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.settimeout(0)
            each.connect_ex(("127.0.0.1", silent))
        start = time.monotonic()
        connection, opened = connect([four(silent), four(port)], soon(5))
        took = time.monotonic() - start
        for each in (*waiting, opened):
            each.close()
    assert connection.peer == f"127.0.0.1:{port}"
    assert 0.2 < took < 2


@pytest.mark.skipif(not HAS_IPV6_LOOPBACK, reason="no IPv6 on this machine")
def test_the_families_take_turns():
    six = Found(socket.AF_INET6, ("::1", 1, 0, 0))
    rows = [six, six, four(1), four(2)]
    assert list(dial._interleaved(rows)) == [six, four(1), six, four(2)]


def test_when_time_is_up_there_is_no_connection():
    connection, opened = connect([four(closed_port())], time.monotonic())
    assert opened is None
    assert connection.attempts[0].failure.kind == "timeout"


def test_nothing_to_dial_is_nothing():
    connection, opened = connect([], soon())
    assert (connection.peer, connection.attempts, opened) == (None, (), None)
