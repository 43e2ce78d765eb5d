"""The proof: real clients of this machine open a TLS connection to a server of this CA.

The server listens on loopback, on a port for each client. A client accepts the root when it sends a
request; all that it says before belongs to the handshake. What no variable of the user's could
spoil is asked here: the clients run without any that changes whom they trust.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal, Self

from certkit.text import printable
from certkit.truststores import firefox, nss
from certkit.truststores.clients import TRUST_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from certkit.truststores.clients import Client
    from certkit.truststores.machine import Machine

PATIENCE: Final = 30.0
"""Seconds for one client; Firefox on a slow machine takes ten."""

_ANSWER: Final = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"
_PYTHON: Final = (
    "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=20).read()"
)
_JAVA: Final = """\
import java.net.URI;

class Handshake {
    public static void main(String[] arguments) throws Exception {
        new URI(arguments[0]).toURL().openStream().readAllBytes();
    }
}
"""
_QUIET: Final = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "MOZ_HEADLESS": "1",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``client`` did; ``words`` are its own, for a refusal."""

    client: str
    program: Path
    store: str
    where: Path | None
    verdict: Literal["accepts", "refuses", "not asked"]
    words: str = ""


def handshakes(
    clients: Iterable[Client],
    profiles: Iterable[Path],
    context: ssl.SSLContext,
    machine: Machine,
) -> tuple[Verdict, ...]:
    """Ask each client that can be asked, all at once; Firefox once for each of ``profiles``.

    ``context`` serves a certificate for 127.0.0.1.
    """
    asked = [
        (client, profile)
        for client in clients
        if can_be_asked(client)
        for profile in (profiles if client.store == firefox.NAME else (client.where,))
    ]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        return tuple(pool.map(lambda pair: _ask(pair[0], pair[1], context, machine), asked))


def can_be_asked(client: Client) -> bool:
    """Whether ``client`` follows a store and is a program that opens a URL: not ``go``."""
    return client.store in (nss.NAME, firefox.NAME) or (
        client.store is not None and client.name in _COMMANDS
    )


def _ask(client: Client, where: Path | None, context: ssl.SSLContext, machine: Machine) -> Verdict:
    with TemporaryDirectory(prefix="certkit-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        with _Listener(context) as listener:
            command = _command(client, where, listener.url, scratch, machine)
            words = _run(command, listener, machine)
    verdict: Literal["accepts", "refuses", "not asked"] = "not asked"
    if listener.requested.is_set():
        verdict, words = "accepts", ""
    elif listener.connected.is_set():
        verdict = "refuses"
    return Verdict(client.name, client.program, client.store or "", where, verdict, words)


def _run(command: Sequence[str], listener: _Listener, machine: Machine) -> str:
    """Until the client ends, or a browser has answered by what it did; the last of its words."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(machine.variables),
            start_new_session=True,
        )
    except OSError as error:
        return error.strerror or str(error)
    given = b"GET / HTTP/1.0\r\n\r\n"  # for openssl s_client, which sends what it is told
    ended = threading.Event()
    words: list[bytes] = []

    def wait() -> None:
        with suppress(OSError, ValueError):
            words.append(process.communicate(given)[1])
        ended.set()

    waiter = threading.Thread(target=wait, daemon=True)
    waiter.start()
    deadline = time.monotonic() + PATIENCE
    while not ended.wait(0.05) and time.monotonic() < deadline:
        if listener.requested.is_set():
            ended.wait(0.2)
            break
        if listener.refused.is_set():
            # A browser may also have closed a connection that it opened to be early.
            ended.wait(2.0)
            break
    _end(process)
    waiter.join(5)
    said = b"".join(words).decode("utf-8", "replace").strip().splitlines()
    return printable(said[-1]) if said else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """The client and what it started: a browser is many processes."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in variables.items()
        if name not in TRUST_VARIABLES and not name.lower().endswith("_proxy")
    }
    return kept | _QUIET


class _Listener:
    """One TLS server on loopback that notes what its client did."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.connected = threading.Event()
        self.requested = threading.Event()
        self.refused = threading.Event()
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._socket.getsockname()[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            with suppress(OSError):
                connection, _ = self._socket.accept()
                self.connected.set()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        try:
            with connection, self._context.wrap_socket(connection, server_side=True) as secure:
                if not secure.recv(4096):
                    self.refused.set()
                    return
                self.requested.set()
                secure.sendall(_ANSWER)
        except ssl.SSLError:
            self.refused.set()  # the client's alert
        except OSError:
            return


def _command(
    client: Client, where: Path | None, url: str, scratch: Path, machine: Machine
) -> list[str]:
    """How ``client`` opens ``url``."""
    program = str(client.program)
    if client.store == nss.NAME:
        return _chromium(program, url, scratch, machine)
    if client.store == firefox.NAME and where is not None:
        return _firefox(program, url, scratch, where)
    return _COMMANDS[client.name](program, url, scratch)


def _openssl(program: str, url: str, _: Path) -> list[str]:
    address = url.removeprefix("https://").rstrip("/")
    strict = ["-verify_return_error", "-verify_ip", "127.0.0.1", "-verify_quiet"]
    return [program, "s_client", "-quiet", "-connect", address, *strict]


def _java(program: str, url: str, scratch: Path) -> list[str]:
    source = scratch / "Handshake.java"
    source.write_text(_JAVA)
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    return [program, *quick, str(source), url]


_COMMANDS: Final[dict[str, Callable[[str, str, Path], list[str]]]] = {
    "curl": lambda program, url, _: [program, "-q", "-sS", "--noproxy", "*", "-o", os.devnull, url],
    "wget": lambda program, url, _: [
        *(program, "--no-config", "--no-verbose", "--no-proxy"),
        *("--tries=1", "-O", os.devnull, url),
    ],
    "git": lambda program, url, _: [program, "ls-remote", url],
    "python (ssl)": lambda program, url, _: [program, "-c", _PYTHON, url],
    "openssl": _openssl,
    "java": _java,
}


def _chromium(program: str, url: str, scratch: Path, machine: Machine) -> list[str]:
    """With a profile of its own; its NSS database is the user's all the same."""
    as_root = ["--no-sandbox"] if machine.is_root else []
    return [
        *(program, "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", *as_root),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--no-proxy-server", f"--user-data-dir={scratch}", "--dump-dom", url),
    ]


def _firefox(program: str, url: str, scratch: Path, profile: Path) -> list[str]:
    """With a copy of the databases of ``profile``, which may be in use."""
    for name in ("cert9.db", "key4.db", "pkcs11.txt"):
        with suppress(OSError):
            shutil.copyfile(profile / name, scratch / name)
    return [program, "--headless", "--no-remote", "--profile", str(scratch), url]
