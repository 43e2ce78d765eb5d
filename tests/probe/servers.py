"""TLS servers that misbehave on purpose: blocking ones in a thread, as asyncio's send no alerts."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def listening(handle: Callable[[socket.socket], object]) -> Iterator[int]:
    """The port of a loopback server that hands each connection to ``handle``, one after another."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                connection, _ = server.accept()
                if stopped.is_set():
                    connection.close()
                    return
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(10)
                    handle(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield port
        finally:
            stopped.set()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            thread.join(timeout=20)


def speaking(context: ssl.SSLContext) -> Callable[[socket.socket], object]:
    """A handler that shakes hands and waits for the client to go."""

    def handle(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(1)
        except OSError:
            # Closing with unread bytes would reset the connection and eat the alert.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass

    return handle
