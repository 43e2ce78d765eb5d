"""Chromium and Firefox of a person with a home of their own, opening a page."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.remote import Marionette, Refusal
from tests.peers import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.throwaway_system import System

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
    """A running Firefox."""

    tools: Marionette

    def opens(self, url: str) -> bool:
        """Whether it shows the page; the only refusal is a certificate that it does not trust."""
        try:
            self.tools.call("WebDriver:Navigate", url=url)
        except Refusal as refusal:
            if refusal.error != "insecure certificate":
                raise
            return False
        return True


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
        with Marionette(port) as tools:
            yield Firefox(tools)
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
