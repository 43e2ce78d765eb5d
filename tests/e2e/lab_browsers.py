"""The lab's page in Chromium and in Firefox: what it shows, and what the console says beside it.

Each browser has a profile of its own that trusts the roots of the lab. Names lead to loopback, but
for one that is to have no address.
"""

from __future__ import annotations

import base64
import json
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.e2e.browsers import PREFERENCES, lines_of, running, trust, wait_for
from tests.e2e.remote import DevTools, Marionette
from tests.peers import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from certkit.pki.certificate import Certificate

_DONE = "document.body && document.body.dataset.done"
_ROW_DONE = "globalThis.results?.[{row}]?.said && results[{row}].doctor && 'yes'"
PATIENCE = 180.0  # seconds for all rows; some wait on purpose
NO_ADDRESS = "nope.invalid"


@dataclass
class Page:
    """``results`` by the name of the scenario, as the page keeps them; ``console`` has the lines
    of all its frames."""

    results: dict[str, dict[str, Any]]
    console: list[str] = field(default_factory=list)
    text: str = ""


def chromium(
    url: str,
    roots: Iterable[Certificate],
    *,
    options: Sequence[str] = (),
    row: str | None = None,
    shots: dict[Path, tuple[int, int]] | None = None,
) -> Page:
    """The page once this row, or every row, is done; ``shots``: pictures to take, their sizes."""
    from websockets.sync.client import connect

    with TemporaryDirectory(prefix="chromium-") as folder:
        home = Path(folder)
        trust(home / ".pki" / "nssdb", roots)
        command = [
            *(program("chromium"), "--headless", "--no-sandbox", "--disable-gpu"),
            *("--disable-quic", "--no-first-run", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync", "--no-proxy-server"),
            f"--host-resolver-rules=MAP {NO_ADDRESS} ~NOTFOUND, EXCLUDE 127.*, MAP * 127.0.0.1",
            *(f"--user-data-dir={home / 'profile'}", "--remote-debugging-port=0"),
            *(*options, "about:blank"),
        ]
        with running(command, home):
            place = wait_for(lambda: lines_of(home / "profile" / "DevToolsActivePort", 2))
            debugger = f"ws://127.0.0.1:{place[0]}{place[1]}"
            with connect(debugger, max_size=None, proxy=None) as connection:
                tools = DevTools(connection)
                page = _in_chromium(tools, url, row, shots or {})
                tools.call("Browser.close")
                return page


def _in_chromium(
    tools: DevTools, url: str, row: str | None, shots: dict[Path, tuple[int, int]]
) -> Page:
    target = tools.call("Target.createTarget", url="about:blank")["targetId"]
    session = tools.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    attach = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
    tools.call("Target.setAutoAttach", session, **attach)
    tools.call("Log.enable", session)
    tools.call("Page.enable", session)
    tools.call("Page.navigate", session, url=url)

    def value(expression: str) -> Any:
        answer = tools.call("Runtime.evaluate", session, expression=expression)
        return answer["result"].get("value")

    _until(lambda: value(_DONE if row is None else _ROW_DONE.format(row=json.dumps(row))))
    for path, (width, height) in shots.items():
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        tools.call("Emulation.setDeviceMetricsOverride", session, **size)
        data = tools.call("Page.captureScreenshot", session)["data"]
        path.write_bytes(base64.b64decode(data))
    results = json.loads(value("JSON.stringify(results)"))
    return Page(results, tools.console, value("document.body.innerText"))


def firefox(url: str, roots: Iterable[Certificate]) -> Page:
    """The page once every row is done. Firefox's console has nothing that the page has not."""
    with TemporaryDirectory(prefix="firefox-") as folder:
        home = Path(folder)
        profile = home / "profile"
        trust(profile, roots)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        # Firefox waits longer after each failure before it dials the same host again.
        preferences = PREFERENCES | {
            "marionette.port": port,
            "network.dns.forceResolve": "",
            "network.dns.localDomains": "",
            "network.websocket.delay-failed-reconnects": False,
        }
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in preferences.items()]
        (profile / "user.js").write_text("\n".join(lines))
        command = [
            *(program("firefox"), "--headless", "--no-remote", "--profile", str(profile)),
            *("--marionette", "--remote-allow-system-access"),
        ]
        with running(command, home), Marionette(port) as tools:
            tools.call("WebDriver:Navigate", url=url)
            _until(lambda: tools.value("return document.body.dataset.done"))
            results = json.loads(tools.value("return JSON.stringify(results)"))
            text = tools.value("return document.body.innerText")
            tools.call("Marionette:Quit", flags=["eForceQuit"])
            return Page(results, text=text)


def _until(ready: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < until, "the page did not finish"
        time.sleep(0.2)
