"""What Chromium and Firefox say of each policy in tests/audit/policy_cases.py, by header."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

import certkit
from tests.audit.policy_cases import CASES
from tests.e2e.browsers import PREFERENCES, running, trust
from tests.peers import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 120.0  # seconds: a net for a hang
FRAMES = "<!doctype html>" + "".join(f"<iframe src='/{n}'></iframe>" for n in range(len(CASES)))
# A refusal is an event in both, and an exception too in Firefox. The answer is an image, which
# connect-src does not hold back.
PAGE = """<!doctype html><script>
const said = [];
document.addEventListener("securitypolicyviolation", event => said.push(event.effectiveDirective));
try { new WebSocket(%s) } catch (error) { said.push(error.name) }
setTimeout(() => { new Image().src = "/said?" + new URLSearchParams({n: %d, said}) }, 1000);
</script>"""


class Site(ThreadingHTTPServer):
    """https://app.test: a page of frames, and in each a page under one of the policies."""

    said: dict[int, str]

    @property
    def url(self) -> str:
        return f"https://app.test:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        if place.path == "/":
            self.answer(FRAMES)
        elif place.path == "/said":
            asked = parse_qs(place.query, keep_blank_values=True)
            self.server.said[int(asked["n"][0])] = asked["said"][0]
            self.answer("")
        elif place.path[1:].isdigit():
            number = int(place.path[1:])
            policy, url, _ = CASES[number]
            port = str(self.server.server_port)
            page = PAGE % (json.dumps(url.replace("PORT", port)), number)
            self.answer(page, policy.replace("PORT", port))
        else:
            self.send_error(404)

    def answer(self, body: str, policy: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body.encode())))
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body.encode())


@contextmanager
def serving(ca: certkit.CertificateAuthority) -> Iterator[Site]:
    with Site(("127.0.0.1", 0), Handler) as site:
        site.said = {}
        context = certkit.server_context(ca.issue("app.test"))
        site.socket = context.wrap_socket(site.socket, server_side=True)
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


def chromium(home: Path, ca: certkit.CertificateAuthority, url: str) -> list[str]:
    trust(home / ".pki" / "nssdb", [ca.root])
    return [
        *(program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-quic", "--disable-background-networking", "--no-proxy-server"),
        *("--host-resolver-rules=MAP * 127.0.0.1", f"--user-data-dir={home / 'profile'}"),
        *("--remote-debugging-port=0", url),
    ]


def firefox(home: Path, ca: certkit.CertificateAuthority, url: str) -> list[str]:
    profile = home / "profile"
    trust(profile, [ca.root])
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    return [program("firefox"), "--headless", "--no-remote", "--profile", str(profile), url]


@pytest.mark.slow
@pytest.mark.peer("certutil")
@pytest.mark.parametrize("browser", [chromium, firefox], ids=lambda each: each.__name__)
def test_each_policy_is_kept_as_measured(
    browser: Callable[[Path, certkit.CertificateAuthority, str], list[str]], tmp_path: Path
) -> None:
    ca = certkit.CertificateAuthority.create()
    with serving(ca) as site, running(browser(tmp_path, ca, site.url), tmp_path):
        until = time.monotonic() + PATIENCE
        while len(site.said) < len(CASES) and time.monotonic() < until:
            time.sleep(0.2)
        said = dict(site.said)
    refuses = {number for number, words in said.items() if words}
    expected = {
        number for number, (_, _, who) in enumerate(CASES) if who not in ("both", browser.__name__)
    }
    assert set(said) == set(range(len(CASES)))
    assert refuses == expected
