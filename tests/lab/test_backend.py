"""The lab's backend: an echo for a client that asks rightly, and what real ones say to the rest."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from certkit.lab import backend
from certkit.lab.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

RIGHT = {
    "Host": "app.test:8443",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.fixture
def port() -> Iterator[int]:
    with Server(backend.serve) as server:
        yield server.port


def status(port: int, version: str = "1.1", **fields: str) -> str:
    lines = [f"{name}: {value}" for name, value in (RIGHT | fields).items() if value]
    request = "\r\n".join([f"GET / HTTP/{version}", *lines, "", ""])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        # In two pieces, as a network may deliver it.
        connection.sendall(request[:20].encode())
        connection.sendall(request[20:].encode())
        return connection.recv(4096).decode().split()[1]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535])
def test_what_is_sent_comes_back(port: int, size: int) -> None:
    with connect(f"ws://127.0.0.1:{port}/", compression=None, proxy=None) as client:
        for message in ("x" * size, b"\xff" * size, ["in ", "parts"]):
            client.send(message)
            assert client.recv(10) == ("in parts" if isinstance(message, list) else message)
        assert client.ping().wait(10)
    assert client.close_code == 1000


def test_a_message_without_end_is_cut_off(port: int) -> None:
    with connect(f"ws://127.0.0.1:{port}/", compression=None, proxy=None) as client:
        client.send("x" * 65_536)
        with pytest.raises(ConnectionClosedError):
            client.recv(10)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "101"),
        ({"Origin": "https://app.test:8443"}, "101"),
        ({"Origin": "https://elsewhere.test"}, "403"),
        ({"Host": "app.test", "Origin": "https://app.test:8443"}, "403"),
        ({"Upgrade": ""}, "426"),
        ({"Upgrade": "h2c"}, "426"),
        ({"Connection": "close"}, "426"),
    ],
)
def test_a_request_that_lost_something_is_refused(
    port: int, fields: dict[str, str], expected: str
) -> None:
    assert status(port, **fields) == expected


def test_http_1_0_knows_no_upgrade(port: int) -> None:
    assert status(port, version="1.0") == "505"
