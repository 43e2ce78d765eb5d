"""A page that opens ws://, in real Chromium before and after certkit audit; its script in Node."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import certkit
from certkit.audit import corrected
from tests.e2e.browsers import trust
from tests.e2e.wss import Backend
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

NOW = datetime.now(UTC)
PAGE = """\
<!doctype html>
<title>nothing yet</title>
<script>
  // The site moved to https; this line did not. ws://comment.test
  const url = {url};
  try {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = (event) => { document.title = "echo of " + event.data };
  } catch (error) {
    document.title = error.name;
  }
</script>
"""


class PageServer(Backend):
    """An https site with one page, and the echo of its WebSocket on the same port."""

    page = ""

    def _answer_plain(self, connection: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" in request.headers:
            return None
        response = connection.respond(200, self.page)
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        return response


def title(url: str, ca: certkit.CertificateAuthority, home: Path) -> str:
    """What the page's title is once Chromium has nothing left to do."""
    home.mkdir()
    trust(home / ".pki" / "nssdb", [ca.root])
    command = [
        *(program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-quic", "--disable-background-networking", "--no-proxy-server"),
        *("--host-resolver-rules=MAP * 127.0.0.1", f"--user-data-dir={home / 'profile'}"),
        *("--virtual-time-budget=5000", "--dump-dom", url),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=clean_env() | {"HOME": str(home)},
        timeout=90,
        check=True,
    )
    found = re.search("<title>(.*)</title>", done.stdout)
    assert found is not None, done.stdout
    return found[1]


@pytest.mark.peer("chromium", "certutil")
@pytest.mark.parametrize(
    "url",
    ['"ws://" + location.host + "/chat"', "`ws://${location.host}/chat`", "'ws://app.test:PORT/'"],
    ids=["concatenated", "template", "written out"],
)
def test_chromium_throws_securityerror_before_and_gets_the_echo_after(
    url: str, tmp_path: Path
) -> None:
    ca = certkit.CertificateAuthority.create()
    with PageServer(certkit.server_context(ca.issue("app.test"))) as site:
        page = tmp_path / "index.html"
        page.write_text(PAGE.replace("{url}", url.replace("PORT", str(site.port))))
        site.page = page.read_text()
        address = f"https://app.test:{site.port}/"
        assert title(address, ca, tmp_path / "before") == "SecurityError"
        ((path, site.page),) = corrected([page], now=NOW).items()
        assert path == page
        assert "ws://comment.test" in site.page
        # Chromium's virtual time does not wait for a socket, so a busy machine needs another look.
        looks = (title(address, ca, tmp_path / f"after{look}") for look in range(5))
        assert "echo of hello" in looks


RUN = """\
const opened = [];
globalThis.WebSocket = class { constructor(url) { opened.push(String(url)); } };
for (const protocol of ["http:", "https:"]) {
  globalThis.location = { protocol, host: "app.test:8443" };
  globalThis.window = globalThis;
  new Function(process.argv[1])();
}
console.log(JSON.stringify(opened));
"""


@pytest.mark.peer("node")
@pytest.mark.parametrize(
    ("script", "over_http", "over_https"),
    [
        (
            "new WebSocket('ws://' + location.host + '/a')",
            "ws://app.test:8443/a",
            "wss://app.test:8443/a",
        ),
        (
            "const x = 1 + 1, u = `ws://${window.location.host}/${x}`; new WebSocket(u)",
            "ws://app.test:8443/2",
            "wss://app.test:8443/2",
        ),
        (
            'var u="ws://".concat(location.host);new WebSocket(u)',
            "ws://app.test:8443",
            "wss://app.test:8443",
        ),
        ("new WebSocket('ws://b.test/')", "wss://b.test/", "wss://b.test/"),
        ("new WebSocket(`${'ws://b.test'}/${1}`)", "wss://b.test/1", "wss://b.test/1"),
        ('new WebSocket(JSON.parse(\'{"u":"ws://b.test"}\').u)', "ws://b.test", "ws://b.test"),
    ],
)
def test_a_corrected_script_follows_the_page(
    script: str, over_http: str, over_https: str, tmp_path: Path
) -> None:
    path = tmp_path / "app.js"
    path.write_text(script)
    text = corrected([path], now=NOW).get(path, script)
    done = subprocess.run(
        [program("node"), "-e", RUN, text],
        capture_output=True,
        text=True,
        env=clean_env(),
        check=True,
    )
    assert json.loads(done.stdout) == [over_http, over_https]
