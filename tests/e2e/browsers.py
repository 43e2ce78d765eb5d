"""Chromium and Firefox without a screen: what each says of a URL, as an address bar would get it.

Each browser has a folder of its own as HOME, an NSS database that trusts the given certificates,
and finds every name on the loopback address. One process opens all URLs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certkit.pki.certificate import Certificate
from tests.e2e.remote import PATIENCE, DevTools, Marionette
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def chromium(urls: Sequence[str], trusted: Iterable[Certificate]) -> list[str]:
    """``net::ERR_...`` for each URL, an empty text where it opened."""
    with TemporaryDirectory(prefix="chromium-") as folder:
        home = Path(folder)
        trust(home / ".pki" / "nssdb", trusted)
        command = [
            *(program("chromium"), "--headless", "--no-sandbox", "--disable-gpu"),
            *("--disable-quic", "--no-first-run", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync", "--no-proxy-server"),
            *("--host-resolver-rules=MAP * 127.0.0.1", f"--user-data-dir={home / 'profile'}"),
            *("--remote-debugging-port=0", "about:blank"),
        ]
        with running(command, home):
            place = wait_for(lambda: lines_of(home / "profile" / "DevToolsActivePort", 2))
            return _navigate(f"ws://127.0.0.1:{place[0]}{place[1]}", urls)


def _navigate(debugger: str, urls: Sequence[str]) -> list[str]:
    """Every URL over the DevTools protocol, all at once."""
    from websockets.sync.client import connect

    with connect(debugger, max_size=None, proxy=None) as connection:
        tools = DevTools(connection)
        target = tools.call("Target.createTarget", url="about:blank")["targetId"]
        session = tools.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        frame = tools.call("Page.getFrameTree", session)["frameTree"]["frame"]["id"]
        options = {"disableCache": True, "includeCredentials": False}
        answers = tools.call_all(
            "Network.loadNetworkResource",
            session,
            [{"frameId": frame, "url": url, "options": options} for url in urls],
        )
        tools.call("Browser.close")
    return [answer["resource"].get("netErrorName", "") for answer in answers]


PREFERENCES = {
    "network.dns.forceResolve": "127.0.0.1",
    "network.proxy.type": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "services.settings.server": "data:,",
    "security.OCSP.enabled": 0,
}
# What the page of a failed connection shows: the name of the code in the channel's security info.
_ASK = """
const [urls, done] = arguments;
const ask = url => new Promise(resolve => {
  const request = new XMLHttpRequest();
  request.open("GET", url);
  request.timeout = 30000;
  request.onloadend = () => resolve(
    request.status ? "" :
    request.channel.securityInfo?.errorCodeString || "status " + request.channel.status);
  request.send();
});
Promise.all(urls.map(ask)).then(done);
"""


def firefox(urls: Sequence[str], trusted: Iterable[Certificate]) -> list[str]:
    """``SEC_ERROR_...`` or its like for each URL, an empty text where it opened."""
    with TemporaryDirectory(prefix="firefox-") as folder:
        home = Path(folder)
        profile = home / "profile"
        trust(profile, trusted)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        preferences = {"marionette.port": port, **PREFERENCES}
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in preferences.items()]
        (profile / "user.js").write_text("\n".join(lines))
        command = [
            *(program("firefox"), "--headless", "--no-remote", "--profile", str(profile)),
            *("--marionette", "--remote-allow-system-access"),
        ]
        with running(command, home):
            return _marionette(port, urls)


def _marionette(port: int, urls: Sequence[str]) -> list[str]:
    with Marionette(port) as tools:
        tools.call("Marionette:SetContext", value="chrome")
        answer = tools.call(
            "WebDriver:ExecuteAsyncScript",
            script=_ASK,
            args=[list(urls)],
            scriptTimeout=PATIENCE * 1000,
        )
        tools.call("Marionette:Quit", flags=["eForceQuit"])
    return list(answer["value"])


def trust(database: Path, trusted: Iterable[Certificate]) -> None:
    """``C`` for a CA, ``P`` for the certificate of a server itself, as certkit's stores do.

    NSS 3.87 cannot import an Ed25519 certificate; it stays untrusted.
    """
    certutil = program("certutil")
    database.mkdir(parents=True)
    new = [certutil, "-N", "-d", f"sql:{database}", "--empty-password"]
    subprocess.run(new, env=clean_env(), check=True, capture_output=True, timeout=PATIENCE)
    files = database / "trusted"
    files.mkdir()
    lines = []
    for certificate in dict.fromkeys(trusted):
        if isinstance(certificate.public_key, Ed25519PublicKey):
            continue  # NSS 3.87 cannot import it, and would leave out what follows
        name = certificate.sha256[:32]
        (files / name).write_bytes(certificate.der)
        flags = "C,," if certificate.is_ca else "CP,,"
        lines.append(f"-A -n {name} -t {flags} -i {files / name}\n")
    (files / "batch").write_text("".join(lines))
    subprocess.run(
        [certutil, "-B", "-d", f"sql:{database}", "-i", str(files / "batch")],
        env=clean_env(),
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )


@contextlib.contextmanager
def running(command: list[str], home: Path) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        env=clean_env() | {"HOME": str(home), "LC_ALL": "C.UTF-8"},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        try:
            process.wait(10)  # it was asked to quit
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(ready: Any) -> Any:
    until = time.monotonic() + PATIENCE
    while (found := ready()) is None:
        assert time.monotonic() < until, "the browser did not start"
        time.sleep(0.05)
    return found


def lines_of(path: Path, count: int) -> list[str] | None:
    if not path.exists():
        return None
    lines = path.read_text().split()
    return lines if len(lines) == count else None
