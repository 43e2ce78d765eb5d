"""A server on loopback with a thread for each connection, which stops when it is told to.

TLS is blocking: servers on asyncio never send the alert that says what is wrong.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final, Literal, Self

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

Handle = Callable[[socket.socket], object]
"""What is done with a connection, after the TLS handshake where there is one."""
Listen = Literal["accepting", "closed", "full"]
"""Whether the port takes connections, refuses them, or leaves them without an answer."""
ADDRESS: Final = "127.0.0.1"
_HANDSHAKE: Final = 10.0
_PATIENCE: Final = 5.0


def listening_on(port: int) -> socket.socket:
    """A socket that is bound to ``port`` of loopback. Raises OSError, which names the port."""
    listener = socket.socket()
    if os.name == "posix":  # elsewhere it would share the port with another program
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, error.strerror, f"{ADDRESS}:{port}") from error
    return listener


def is_free(port: int) -> bool:
    """Whether one could listen on ``port`` now."""
    try:
        listening_on(port).close()
    except OSError:
        return False
    return True


class Server:
    """``with Server(handle, context) as server: server.port``; without a context, no TLS.

    ``ports`` are tried in order; 0 is any free port. Raises OSError when none of them is free.
    """

    def __init__(
        self,
        handle: Handle,
        context: ssl.SSLContext | None = None,
        *,
        listen: Listen = "accepting",
        ports: tuple[int, ...] = (0,),
    ) -> None:
        self._handle = handle
        self._context = context
        self._listen = listen
        self._ports = ports
        self._stopping = False
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._stack = ExitStack()
        self.port = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            listener = stack.enter_context(self._bound())
            self.port = listener.getsockname()[1]
            if self._listen == "full":
                listener.listen(0)
                # A backlog of none still holds one or two; what comes after is not answered.
                for _ in range(3):
                    waiting = stack.enter_context(socket.socket())
                    waiting.settimeout(0)
                    waiting.connect_ex((ADDRESS, self.port))
            elif self._listen == "accepting":
                listener.listen()
                acceptor = threading.Thread(target=self._accept, args=(listener,), daemon=True)
                acceptor.start()
                stack.callback(self._stop, acceptor)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _bound(self) -> socket.socket:
        for port in self._ports[:-1]:
            with suppress(OSError):
                return listening_on(port)
        return listening_on(self._ports[-1])

    def _stop(self, acceptor: threading.Thread) -> None:
        self._stopping = True
        with suppress(OSError):  # wakes accept(), which closing the socket does not
            socket.create_connection((ADDRESS, self.port), timeout=_PATIENCE).close()
        acceptor.join(_PATIENCE)
        with self._lock:
            left = dict(self._open)
        for connection in left.values():
            with suppress(OSError):  # not SSLSocket's own, which takes TLS away from the reader
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in left:
            thread.join(_PATIENCE)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            if self._stopping:
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._open[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        me = threading.current_thread()
        try:
            with suppress(OSError, ValueError):
                if self._context is None:
                    with connection:
                        self._handle(connection)
                    return
                connection.settimeout(_HANDSHAKE)
                with self._lock:  # the first socket is void from here on: never leave it to _stop
                    self._open[me] = secure = self._context.wrap_socket(
                        connection, server_side=True, do_handshake_on_connect=False
                    )
                with secure:
                    self._shake(secure)
        finally:
            with self._lock:
                del self._open[me]

    def _shake(self, secure: ssl.SSLSocket) -> None:
        try:
            secure.do_handshake()
        except OSError:
            _drain(secure)
            raise
        secure.settimeout(None)
        self._handle(secure)


def _drain(secure: ssl.SSLSocket) -> None:
    """Reads below TLS to the end: closing with octets unread resets, and the alert is lost."""
    socket.socket.shutdown(secure, socket.SHUT_WR)
    secure.settimeout(_PATIENCE)
    while socket.socket.recv(secure, 65536):
        pass
