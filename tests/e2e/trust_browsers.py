"""Chromium and Firefox of a person with a home of their own, opening a page."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.peers import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.throwaway_system import System

PATIENCE = 60
HEADLESS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def chromium_opens(system: System, url: str, *options: str, **more: str) -> bool:
    """Whether a Chromium that starts now shows the page."""
    page = chromium_page(system, url, *options, **more)
    assert page == "" or "ok</" in page, page
    return bool(page)


def chromium_page(system: System, url: str, *options: str, **more: str) -> str:
    """What it shows, in a new profile; nothing in place of a page that it does not trust."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [program("chromium"), *HEADLESS, f"--user-data-dir={profile}", *options]
        done = system.run([*command, "--dump-dom", url], **more)
        assert done.code == 0, done.err
    return done.out.strip()


@dataclass(frozen=True)
class Firefox:
    """A running Firefox, driven by Marionette."""

    connection: socket.socket

    def opens(self, url: str) -> bool:
        """Whether it shows the page; the only refusal is a certificate that it does not trust."""
        error = self._call("WebDriver:Navigate", url=url)[0]
        assert error is None or error["error"] == "insecure certificate", error
        return error is None

    def _call(self, command: str, **parameters: Any) -> tuple[Any, Any]:
        text = json.dumps([0, 1, command, parameters]).encode()
        self.connection.sendall(b"%d:%b" % (len(text), text))
        _, _, error, result = self._receive()
        return error, result

    def _receive(self) -> Any:
        size = b""
        while (byte := self.connection.recv(1)) != b":":
            size += byte
        text = b""
        while len(text) < int(size):
            text += self.connection.recv(int(size) - len(text))
        return json.loads(text)

    def begin(self) -> None:
        self._receive()
        error, _ = self._call("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        assert error is None, error


@contextlib.contextmanager
def firefox(system: System, profile: Path | None) -> Iterator[Firefox]:
    """With ``profile``, or as a person starts it for the first time."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program("firefox"), "--headless", "--marionette"]
    if profile is None:
        command += ["-CreateProfile", "first"]
        done = system.run(command)
        assert done.code == 0, done.err
        (profile,) = profiles(system)
        command = command[:-2]
    (profile / "user.js").write_text(
        f'user_pref("marionette.port", {port});\nuser_pref("network.proxy.type", 0);\n'
    )
    process = subprocess.Popen(
        system.command([*command, "--no-remote", "--profile", profile]),
        env=system.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        running = Firefox(_dial(port))
        with running.connection:
            running.begin()
            yield running
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def profiles(system: System) -> list[Path]:
    """The profile folders that Firefox made in this home, wherever it puts them."""
    return sorted(path.parent for path in system.home.rglob("times.json"))


def _dial(port: int) -> socket.socket:
    until = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.settimeout(PATIENCE)
            return connection
        assert time.monotonic() < until, "Firefox did not start"
        time.sleep(0.1)
