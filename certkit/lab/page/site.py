"""The https site of the lab: its page, what the doctor says, and pages that open one endpoint."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from certkit.diagnose.diagnosis import LAYERS, layer_of
from certkit.explanations import explanation
from certkit.findings import CODES
from certkit.lab.registry import SCENARIOS
from certkit.lab.scenario import UNASKED, Options, Scenario
from certkit.lab.server import ADDRESS

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from certkit.diagnose.diagnosis import Diagnosis
    from certkit.lab.files import Folder
    from certkit.lab.lab import Endpoint

    Look = Callable[["Served"], Diagnosis]
    Answer = tuple[str, bytes, str]  # media type, body, Content-Security-Policy

CONTROL: Final = Scenario("control", "", "nothing is broken: it opens where the lab is trusted")
"""Tells a browser that does not know the lab's CA, for which every row would say the same."""
POLICY: Final = Scenario(
    "page-policy", "page.csp-connect-src",
    "the endpoint is sound, and the page's policy allows no WebSocket to it", frame="'self'",
)  # fmt: skip
"""A fault of the page alone: there is nothing to see from outside of a browser."""
ENDPOINTS: Final = (CONTROL, *SCENARIOS, POLICY)

_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "/": ("lab.html", "text/html"),
    "/lab.css": ("lab.css", "text/css"),
    "/lab.js": ("lab.js", "text/javascript"),
    "/look.js": ("look.js", "text/javascript"),
    "/frame.js": ("frame.js", "text/javascript"),
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss: ftp:; "
    "img-src data:; frame-src https:; base-uri 'none'; form-action 'none'"
)
_FRAME: Final = """\
<!doctype html>
<meta charset="utf-8">
<title>{name}</title>
<body data-name="{name}" data-url="{url}" data-protocols="{protocols}">
<script src="/look.js"></script>
<script src="/frame.js"></script>
"""
_FRAME_POLICY: Final = "default-src 'none'; script-src 'self'; connect-src "
_TRUST: Final = """\
cd {folder}
home=$(mktemp -d) && mkdir -p "$home/.pki/nssdb"
for store in "$home/.pki/nssdb" "$home"; do
  certutil -N -d "sql:$store" --empty-password
  for root in *.pem */root.pem; do certutil -A -d "sql:$store" -n "$root" -t C,, -i "$root"; done
done
HOME="$home" chromium --user-data-dir="$home/chromium" {url}
firefox --no-remote --profile "$home" {url}
"""
# RFC 6761 section 6: names that are this machine's, or nobody's. No other is ever dialled.
_HARMLESS: Final = ("localhost", "test", "invalid")


@dataclass(frozen=True, slots=True)
class Served:
    """A row of the page. Without ``url`` there is nothing to open: files, and the ``command`` that
    finds what is wrong with them.
    """

    name: str
    code: str
    broken: str
    layer: str
    url: str
    ca: Path
    command: str
    connect: str | None = None
    options: Options = UNASKED
    frame: str = ""

    def as_dict(self, port: int) -> dict[str, object]:
        """What the page reads; ``port`` is its own."""
        opens = bool(self.url) and _is_harmless(urlsplit(self.url).hostname or "")
        return {
            "name": self.name,
            "code": self.code,
            "broken": self.broken,
            "layer": self.layer,
            "url": self.url,
            "opens": opens,
            "protocols": self.options.subprotocols,
            "idle": self.options.idle or 0,
            "frame": f"https://{ADDRESS}:{port}/frame/{self.name}" if self.frame else "",
            "command": self.command,
        }


def _of_endpoint(endpoint: Endpoint) -> Served:
    scenario = endpoint.scenario
    return Served(
        *(scenario.name, scenario.code, scenario.broken),
        layer=layer_of(scenario.code) or CONTROL.name,
        url=endpoint.url,
        ca=endpoint.ca,
        command=shlex.join(["certkit", "doctor", *endpoint.arguments()]),
        connect=endpoint.connect,
        options=scenario.options,
        frame=scenario.frame,
    )


def _of_folder(folder: Folder) -> Served:
    scenario = folder.scenario
    commands = [*folder.commands(), folder.doctor()]
    return Served(
        *(scenario.name, scenario.code, scenario.broken),
        layer=scenario.code.partition(".")[0],
        url=folder.url or "",
        ca=folder.ca,
        command="\n".join(shlex.join(["certkit", *words]) for words in commands if words),
        options=scenario.site.options if scenario.site else UNASKED,
    )


class Site:
    """What answers on the lab's own port. ``look`` is the doctor.

    The rows come when they are all served: the site itself is one of the endpoints that start.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._served: dict[str, Served] = {}
        self._port = 0
        self._trust = ""

    def show(
        self, page: Endpoint, endpoints: Iterable[Endpoint], folders: Iterable[Folder]
    ) -> None:
        """Put these on the page, which is served by ``page``."""
        rows = [*map(_of_endpoint, endpoints), *map(_of_folder, folders)]
        self._served = {row.name: row for row in rows}
        self._port = page.port
        folder = shlex.quote(str(page.ca.parent.absolute()))
        self._trust = _TRUST.format(folder=folder, url=shlex.quote(page.url))

    def handle(self, connection: socket.socket) -> None:
        """One connection of a browser."""
        _Request(connection, (ADDRESS, 0), self)  # type: ignore[arg-type]  # a server is not read

    def is_ours(self, host: str) -> bool:
        """A page of elsewhere, whose name was made to lead here, is not answered."""
        return host in (f"localhost:{self._port}", f"{ADDRESS}:{self._port}")

    def answer(self, path: str) -> Answer:
        """What stands at ``path``. Raises LookupError for what does not."""
        if path in _FILES:
            name, kind = _FILES[path]
            return kind, files(__package__).joinpath(name).read_bytes(), _POLICY
        if path == "/scenarios":
            rows = [row.as_dict(self._port) for row in self._served.values()]
            return _as_json({"layers": LAYERS, "scenarios": rows, "trust": self._trust})
        place, _, name = path[1:].partition("/")
        if place == "explain" and name in CODES:
            return "text/plain", explanation(name).encode(), _POLICY
        served = self._served[name]
        if place == "doctor" and served.url:
            return _as_json(_said(self._look(served)))
        if place == "frame" and served.frame:
            return "text/html", _frame(served), _FRAME_POLICY + served.frame
        raise LookupError(path)


def _is_harmless(host: str) -> bool:
    """Whether a browser that opens it dials this machine, or nothing at all."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        last = host.rpartition(".")[2]
        return last in _HARMLESS or last.isdigit()  # a number that is no address is no host


def _said(diagnosis: Diagnosis) -> dict[str, object]:
    """The doctor's answer, as far as the page shows it."""
    finding = next(iter(diagnosis.findings), None)
    return {
        "ok": diagnosis.ok,
        "finding": finding.as_dict() if finding else None,
        "clients": [list(each) for each in diagnosis.clients],
    }


def _frame(served: Served) -> bytes:
    words = (served.name, served.url, json.dumps(served.options.subprotocols))
    name, url, protocols = map(escape, words)
    return _FRAME.format(name=name, url=url, protocols=protocols).encode()


def _as_json(value: object) -> Answer:
    return "application/json", json.dumps(value).encode(), _POLICY


class _Request(BaseHTTPRequestHandler):
    """HTTP as the standard library reads it, over a socket that is already there."""

    server: Site  # type: ignore[assignment]
    timeout = 30

    def do_GET(self) -> None:
        if not self.server.is_ours(self.headers.get("Host", "")):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        try:
            kind, body, policy = self.server.answer(self.path)
        except LookupError:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The terminal is for people."""
