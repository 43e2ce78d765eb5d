"""What the end-to-end tests of servers share: a certificate on disk, a backend, a strict client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import certkit
from certkit.pki.names import parse
from certkit.snippets import SnippetInput, Upstream
from tests.peers import clean_env

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

MEBIBYTE = bytes(range(256)) * 4096


def _binds(family: socket.AddressFamily, address: str) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


# A container without IPv6 addresses still opens [::]; a kernel without IPv6 does not.
HAS_IPV6 = _binds(socket.AF_INET6, "::")
HAS_IPV6_LOOPBACK = _binds(socket.AF_INET6, "::1")


def free_port() -> int:
    """A port that is free on every address."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Files:
    """A certificate on disk, and the root that clients trust for it."""

    certificate: Path
    key: Path
    ca: Path
    names: tuple[str, ...]

    @classmethod
    def issue(
        cls, folder: Path, *names: str, ca: certkit.CertificateAuthority | None = None
    ) -> Self:
        folder.mkdir(parents=True, exist_ok=True)
        authority = ca or certkit.CertificateAuthority.create()
        issued = authority.issue(*names)
        files = cls(
            folder / "server.pem",
            folder / "server-key.pem",
            folder / "root.pem",
            tuple(name.value for name in issued.certificate.names),
        )
        files.certificate.write_bytes(issued.chain_pem)
        files.key.touch(mode=0o600)
        files.key.write_bytes(issued.key_pem)
        files.ca.write_bytes(authority.root.pem)
        return files

    def given(self, listen: int, to: str = "ws://127.0.0.1:19808", **more: object) -> SnippetInput:
        """The input of :func:`certkit.snippets.render`."""
        values = {
            "certificate": self.certificate,
            "key": self.key,
            "ca": self.ca,
            "names": tuple(map(parse, self.names)),
            "listen": listen,
            "upstream": Upstream.parse(to),
        }
        return SnippetInput(**(values | more))


class Backend:
    """A ``websockets`` echo server on a thread of its own; a plain GET answers ``backend``.

    ``requests`` holds the headers of every request, as the proxy sent them. Without
    ``answers_plain`` a plain GET gets what `websockets` itself says to it: 426.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        *,
        answers_plain: bool = True,
    ) -> None:
        self._answers_plain = answers_plain
        self.requests: list[dict[str, str]] = []
        self._context = context
        self._host = host
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"{'wss' if self._context else 'ws'}://{self._host}:{self.port}"

    async def _run(self) -> None:
        from websockets.asyncio.server import serve

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with serve(
            self._echo,
            self._host,
            0,
            ssl=self._context,
            process_request=self._answer_plain,
            max_size=2**21,
            ping_interval=None,  # the test of idle connections pings from the client
        ) as server:
            self.port: int = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            await self._stop.wait()

    async def _echo(self, connection: ServerConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                await connection.send(message)

    def _answer_plain(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append({name.lower(): value for name, value in request.headers.raw_items()})
        if "Upgrade" in request.headers or not self._answers_plain:
            return None
        return connection.respond(200, "backend\n")


@dataclass(frozen=True)
class Client:
    """Trusts one root and nothing else, checks the name, and always dials this machine."""

    ca: Path
    port: int
    address: str = "127.0.0.1"

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.hostname_checks_common_name = False
        return context

    def echo(self, host: str, *messages: str | bytes) -> ssl.SSLSocket:
        """Sends each message to wss://host and expects it back; answers with the TLS object."""
        return asyncio.run(self._echo(host, messages or ("hello",)))

    async def _echo(self, host: str, messages: Sequence[str | bytes]) -> ssl.SSLSocket:
        async with self.connection(host) as connection:
            for message in messages:
                await connection.send(message)
                assert await asyncio.wait_for(connection.recv(), 20) == message
            tls: ssl.SSLSocket = connection.transport.get_extra_info("ssl_object")
            return tls

    def connection(
        self, host: str, **options: object
    ) -> contextlib.AbstractAsyncContextManager[ClientConnection]:
        from websockets.asyncio.client import connect

        return connect(
            f"wss://{host}:{self.port}/chat?x=1",
            ssl=self.context(),
            host=self.address,
            port=self.port,
            proxy=None,
            max_size=2**21,
            **options,
        )

    def get(self, host: str, path: str = "/") -> tuple[int, bytes]:
        """A plain request beside the WebSocket: status and body."""
        from http.client import HTTPSConnection

        connection = HTTPSConnection(host, self.port, context=self.context(), timeout=20)
        connection._create_connection = (  # type: ignore[attr-defined]
            lambda _address, timeout, *_: socket.create_connection(
                (self.address, self.port), timeout
            )
        )
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    *ports: int,
    log: Path,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """The server, once it accepts connections on every port; stopped at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd or log.parent,
            env=env or clean_env(),
        )
    try:
        for port in ports:
            _wait_until_open(process, port, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"{process.args!r} ended:\n{log.read_text(errors='replace')}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}:\n{log.read_text(errors='replace')}")


def check(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    extra_env: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Runs a program's own check of its configuration; what it said, after it said yes."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=clean_env() | dict(extra_env),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
