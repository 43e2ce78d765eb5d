"""The real clients, each with the row of the predictions that it must agree with."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self

from tests.e2e import browsers
from tests.e2e.verifiers import VERIFIERS, Question, Verdict, _each, _openssl_name, _run
from tests.peers import program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANY_FAILURE = tuple(range(1, 256))  # the words say which one it was


def s_client(question: Question) -> Verdict:
    sni = ["-noservername"] if question.address else ["-servername", question.name]
    return _run(
        [program("openssl"), "s_client", "-brief", "-connect", f"127.0.0.1:{question.port}"]
        + ["-verify_return_error", "-no-CApath", "-no-CAstore", "-CAfile", str(question.roots)]
        + [*sni, *_openssl_name(question)],
        refused=ANY_FAILURE,
    )


def curl(question: Question) -> Verdict:
    return _run(
        [program("curl"), "-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]
        + ["--cacert", str(question.roots), "--capath", "/nonexistent", "--output", "/dev/null"]
        + ["--connect-to", f"::127.0.0.1:{question.port}", question.url],
        refused=ANY_FAILURE,
    )


def gnutls(question: Question) -> Verdict:
    sni = [] if question.address else [f"--sni-hostname={question.name}"]
    return _run(
        [program("gnutls-cli"), f"--port={question.port}", f"--x509cafile={question.roots}"]
        + [*sni, f"--verify-hostname={question.name}", "127.0.0.1"],
        refused=ANY_FAILURE,
    )


def wget(questions: Sequence[Question]) -> list[Verdict]:
    """Through a proxy, because wget has no option for where a name is."""
    with Proxy() as proxy:

        def ask(question: Question) -> Verdict:
            return _run(
                ["env", "LC_ALL=C.UTF-8", program("wget"), "--no-config", "--no-verbose", "--output-document=/dev/null"]
                + ["--tries=1", "--timeout=20", f"--ca-certificate={question.roots}", "--no-hsts"]
                + ["-e", "use_proxy=yes", "-e", f"https_proxy=http://127.0.0.1:{proxy.port}"]
                + [question.url],
                refused=ANY_FAILURE,
            )

        return _each(ask)(questions)


class Proxy:
    """Answers CONNECT for any name by connecting to that port of the loopback address."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=_tunnel, args=(connection,), daemon=True).start()


def _tunnel(client: socket.socket) -> None:
    with client, contextlib.suppress(OSError):
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += client.recv(4096)
        port = int(asked.split(b" ", 2)[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as server:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with selectors.DefaultSelector() as selector:
                selector.register(client, selectors.EVENT_READ, server)
                selector.register(server, selectors.EVENT_READ, client)
                while True:
                    for key, _ in selector.select(30) or [(None, None)]:
                        if key is None or not (data := key.fileobj.recv(65536)):
                            return
                        key.data.sendall(data)
