"""One loopback TLS server for many certificates: each has a port of its own."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
PATIENCE = 20.0  # seconds


class ManyCertificates:
    """Serves ``serve(chain, key)`` on the port it returns until closed.

    Every connection gets a handshake, one read and one HTTP answer. A client that refuses leaves
    an alert or a reset, which is no error here.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._handshakes = ThreadPoolExecutor(8, thread_name_prefix="handshake")
        self._closing = threading.Event()
        self._acceptor = threading.Thread(target=self._accept, name="acceptor", daemon=True)
        self._acceptor.start()

    def serve(self, chain: Path, key: Path) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT@SECLEVEL=0")  # weak keys and signatures are for the client
        context.load_cert_chain(chain, key)
        listener = socket.create_server(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        self._selector.register(listener, selectors.EVENT_READ, context)
        with contextlib.suppress(OSError):  # no IPv6 here, or the port is taken there
            other = socket.create_server(("::1", port), family=socket.AF_INET6)
            self._selector.register(other, selectors.EVENT_READ, context)
        return port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._acceptor.join()
        self._handshakes.shutdown()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            for key, _ in self._selector.select(timeout=0.1):
                connection, _ = key.fileobj.accept()  # type: ignore[union-attr]
                self._handshakes.submit(_answer, connection, key.data)


def _answer(connection: socket.socket, context: ssl.SSLContext) -> None:
    connection.settimeout(PATIENCE)
    with (
        connection,
        contextlib.suppress(OSError),
        context.wrap_socket(connection, server_side=True) as secure,
    ):
        if secure.recv(4096):
            secure.sendall(ANSWER)
