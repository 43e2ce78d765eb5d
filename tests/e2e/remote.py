"""The protocols by which Chromium and Firefox are told what to do."""

from __future__ import annotations

import json
import socket
import time
from itertools import count
from typing import Any, Self

PATIENCE = 60.0  # seconds: for a browser to start, and for an answer


class DevTools:
    """Chromium's protocol over one WebSocket: calls, and the events that come in between."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._numbers = count(1)
        self.console: list[str] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        (answer,) = self.call_all(method, session, [parameters])
        return answer

    def call_all(
        self, method: str, session: str | None, each: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """The same call with each of these parameters, without waiting in between."""
        asked = [self._send(method, session, parameters) for parameters in each]
        found: dict[int, dict[str, Any]] = {}
        while len(found) < len(asked):
            answer = json.loads(self._connection.recv(timeout=PATIENCE))
            if answer.get("id") in asked:
                assert "error" not in answer, answer
                found[answer["id"]] = answer["result"]
            else:
                self._note(answer)
        return [found[number] for number in asked]

    def _send(self, method: str, session: str | None, parameters: dict[str, Any]) -> int:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message | ({"sessionId": session} if session else {})))
        return number

    def _note(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        if event.get("method") == "Log.entryAdded":
            self.console.append(parameters["entry"]["text"])
        elif event.get("method") == "Target.attachedToTarget":  # a frame of another origin
            for method in ("Log.enable", "Runtime.runIfWaitingForDebugger"):
                self._send(method, parameters["sessionId"], {})


class Refusal(Exception):
    """What Marionette answers in place of a result: ``error`` and ``message``."""

    def __init__(self, error: dict[str, str]) -> None:
        super().__init__(error["message"])
        self.error = error["error"]


class Marionette:
    """Firefox's protocol, in a session of its own: lengths, colons and JSON."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __enter__(self) -> Self:
        self._connection = self._dialled()
        self._connection.settimeout(PATIENCE)
        self._stream = self._connection.makefile("rb")
        self._receive()
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._connection.close()

    def _dialled(self) -> socket.socket:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                assert time.monotonic() < until, "Firefox did not start"
                time.sleep(0.1)

    def _receive(self) -> Any:
        size = b"".join(iter(lambda: self._stream.read(1), b":"))
        return json.loads(self._stream.read(int(size)))

    def call(self, command: str, **parameters: Any) -> Any:
        """The result. Raises Refusal."""
        text = json.dumps([0, 1, command, parameters]).encode()
        self._connection.sendall(b"%d:%b" % (len(text), text))
        _, _, error, result = self._receive()
        if error is not None:
            raise Refusal(error)
        return result

    def value(self, script: str) -> Any:
        return self.call("WebDriver:ExecuteScript", script=script, args=[])["value"]
