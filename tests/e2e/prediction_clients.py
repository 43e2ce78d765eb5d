"""The real clients, each beside the row of the predictions that it must agree with."""

from __future__ import annotations

import contextlib
import functools
import re
import selectors
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest

from tests.e2e import browsers
from tests.e2e.verifiers import (
    VERIFIERS,
    Question,
    Verdict,
    _each,
    _openssl_name,
    _python,
    _run,
)
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from certkit.pki.certificate import Certificate

    Ask = Callable[[Sequence[Question]], list[Verdict]]

ANY_FAILURE = tuple(range(1, 256))  # the words say which one it was


@dataclass(frozen=True, slots=True)
class Real:
    """``row`` names the client in the predictions; ``ask`` gets an answer to every question.

    ``trusted`` is everything that any of the questions trusts: a browser has one store for all.
    """

    row: Callable[[], str]
    ask: Callable[[Sequence[Question], Sequence[Certificate]], list[Verdict]]


def _browser(open_all: Callable[[Sequence[str], Sequence[Certificate]], list[str]]) -> Real:
    def ask(questions: Sequence[Question], trusted: Sequence[Certificate]) -> list[Verdict]:
        said = open_all([question.url for question in questions], trusted)
        return [Verdict(not words, words) for words in said]

    return Real(lambda: {browsers.chromium: "Chromium"}.get(open_all, "Firefox"), ask)


def _client(row: str, ask: Ask) -> Real:
    return Real(lambda: row, lambda questions, _: ask(questions))


def _versioned(name: str, peer: str, rows: dict[range, str]) -> Real:
    """A client of which versions differ; one that no row is about has nothing to agree with."""

    def row() -> str:
        found = next((row for majors, row in rows.items() if _major(peer) in majors), None)
        return found or pytest.skip(f"{peer} is of version {_major(peer)}, which is not predicted")

    return Real(row, lambda questions, _: VERIFIERS[name].judge(questions))


@functools.cache
def _major(peer: str) -> int:
    done = subprocess.run(
        [program(peer), "--version"], env=clean_env(), capture_output=True, text=True, check=True
    )
    found = re.search(r"\d+", done.stdout)
    assert found, done.stdout
    return int(found[0])


def _s_client(question: Question) -> Verdict:
    sni = ["-noservername"] if question.address else ["-servername", question.name]
    return _run(
        [program("openssl"), "s_client", "-brief", "-connect", f"127.0.0.1:{question.port}"]
        + ["-verify_return_error", "-no-CApath", "-no-CAstore", "-CAfile", str(question.roots)]
        + [*sni, *_openssl_name(question)],
        refused=ANY_FAILURE,
    )


def _curl(question: Question) -> Verdict:
    return _run(
        [program("curl"), "-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]
        + ["--cacert", str(question.roots), "--capath", "/nonexistent", "--output", "/dev/null"]
        + ["--connect-to", f"::127.0.0.1:{question.port}", question.url],
        refused=ANY_FAILURE,
    )


def _gnutls(question: Question) -> Verdict:
    sni = [] if question.address else [f"--sni-hostname={question.name}"]
    return _run(
        [program("gnutls-cli"), f"--port={question.port}", f"--x509cafile={question.roots}"]
        + [*sni, f"--verify-hostname={question.name}", "127.0.0.1"],
        refused=ANY_FAILURE,
    )


def _wget(questions: Sequence[Question]) -> list[Verdict]:
    """Through a proxy, because wget has no option for where a name is."""
    with _Proxy() as proxy:

        def ask(question: Question) -> Verdict:
            return _run(
                ["env", "LC_ALL=C.UTF-8", program("wget"), "--no-config", "--no-verbose"]
                + ["--output-document=/dev/null", "--tries=1", "--timeout=20", "--no-hsts"]
                + [f"--ca-certificate={question.roots}", "-e", "use_proxy=yes"]
                + ["-e", f"https_proxy=http://127.0.0.1:{proxy.port}", question.url],
                refused=ANY_FAILURE,
            )

        return _each(ask)(questions)


class _Proxy:
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
            _relay(client, server)


def _relay(client: socket.socket, server: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while events := selector.select(30):
            for key, _ in events:
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)


_JAVA = {range(17, 18): "Java 17", range(25, 26): "Java 25"}
_NODE = {range(18, 23): "Node 20", range(24, 25): "Node 24"}  # 18 to 22 have OpenSSL 3.0 as well

REAL: dict[str, Real] = {
    "chromium": _browser(browsers.chromium),
    "firefox": _browser(browsers.firefox),
    "python": Real(
        lambda: "Python <= 3.12" if sys.version_info < (3, 13) else "Python 3.13+",
        lambda questions, _: VERIFIERS["python"].judge(questions),
    ),
    "python3.12": _client("Python <= 3.12", _python("python3.12")),
    "python3.13": _client("Python 3.13+", _python("python3.13")),
    "openssl": _client("OpenSSL", _each(_s_client)),
    "curl": _client("curl", _each(_curl)),
    "node": _versioned("node", "node", _NODE),
    "node-wheel": _versioned("node-wheel", "node-wheel", _NODE),
    "go": _client("Go", VERIFIERS["go"].judge),
    "java": _versioned("java", "java", _JAVA),
    "java-wheel": _versioned("java-wheel", "java-wheel", _JAVA),
    "gnutls": _client("GnuTLS", _each(_gnutls)),
    "wget": _client("wget", _wget),
    "deno": _client("rustls/Deno", VERIFIERS["deno"].judge),
}
