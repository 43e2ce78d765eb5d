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
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from tests.e2e.browsers import PREFERENCES, lines_of, running, trust, wait_for
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


class DevTools:
    """Chromium's protocol over one WebSocket: calls, and the events that come in between."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._numbers = count(1)
        self.console: list[str] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            answer = json.loads(self._connection.recv(timeout=60))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event.get("method") == "Log.entryAdded":
            self.console.append(parameters["entry"]["text"])
        elif event.get("method") == "Target.attachedToTarget":  # a frame of another origin
            for method in ("Log.enable", "Runtime.runIfWaitingForDebugger"):
                send = {"id": next(self._numbers), "method": method}
                self._connection.send(json.dumps(send | {"sessionId": parameters["sessionId"]}))


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
            tools.call("WebDriver:NewSession")
            tools.call("WebDriver:Navigate", url=url)
            _until(lambda: tools.value("return document.body.dataset.done"))
            results = json.loads(tools.value("return JSON.stringify(results)"))
            text = tools.value("return document.body.innerText")
            tools.call("Marionette:Quit", flags=["eForceQuit"])
            return Page(results, text=text)


class Marionette:
    """Firefox's protocol: lengths, colons and JSON."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __enter__(self) -> Self:
        self._connection = wait_for(self._dialled)
        self._connection.settimeout(60)
        self._stream = self._connection.makefile("rb")
        self._receive()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._connection.close()

    def _dialled(self) -> socket.socket | None:
        try:
            return socket.create_connection(("127.0.0.1", self._port))
        except OSError:
            return None

    def _receive(self) -> Any:
        size = b"".join(iter(lambda: self._stream.read(1), b":"))
        return json.loads(self._stream.read(int(size)))

    def call(self, command: str, **parameters: Any) -> Any:
        text = json.dumps([0, 1, command, parameters]).encode()
        self._connection.sendall(b"%d:%b" % (len(text), text))
        _, _, error, result = self._receive()
        assert error is None, error
        return result

    def value(self, script: str) -> Any:
        return self.call("WebDriver:ExecuteScript", script=script, args=[])["value"]


def _until(ready: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < until, "the page did not finish"
        time.sleep(0.2)
