"""``certkit lab``: what it lists, serves and leaves behind."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import closing, contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from certkit.cli.lab import run
from certkit.lab import nginx
from certkit.lab.registry import FOLDERS, SCENARIOS
from tests.cli.conftest import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


def lab(*arguments: str) -> AbstractContextManager[tuple[subprocess.Popen[str], str]]:
    """`certkit lab run` and its first line."""
    return started("run", *arguments)


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "certkit", "lab", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=20)


def endpoints(line: str) -> list[dict[str, Any]]:
    return data(line)["endpoints"]


def data(line: str) -> dict[str, Any]:
    envelope = json.loads(line)
    jsonschema.validate(envelope, SCHEMA)
    assert (envelope["command"], envelope["status"]) == ("lab run", "ok")
    return envelope["data"]


def test_the_list_names_every_scenario(certkit):
    rows = certkit("lab", "list", "--json").data["scenarios"]
    assert [row["name"] for row in rows] == [each.name for each in (*SCENARIOS, *FOLDERS)]
    assert {row["kind"] for row in rows[: len(SCENARIOS)]} == {"endpoint"}
    assert {row["kind"] for row in rows[len(SCENARIOS) :]} == {"folder"}
    lines = certkit("lab", "list").out.splitlines()
    assert [line.split()[:2] for line in lines] == [[row["name"], row["code"]] for row in rows]


def test_what_it_prints_can_be_typed(certkit, folder):
    with lab("expired", "--json") as (_, line):
        (endpoint,) = endpoints(line)
        outcome = certkit(*shlex.split(endpoint["doctor"])[1:], "--json")
    assert sorted(endpoint) == ["broken", "ca", "code", "doctor", "name", "port", "url"]
    assert outcome.code == 1
    assert [finding["code"] for finding in outcome.envelope["findings"]] == ["validity.expired"]


def test_a_folder_has_the_commands_that_name_its_fault(certkit, folder):
    with lab("files.outdated", "--json") as (_, line):
        shown = data(line)
        (laid,) = shown["folders"]
        first, last = (shlex.split(command)[1:] for command in laid["commands"])
        assert certkit(*first, "--json").envelope["findings"] == []
        findings = certkit(*last, "--json").envelope["findings"]
    assert [finding["code"] for finding in findings] == ["files.outdated"]
    assert shown["endpoints"] == []
    assert (laid["url"], laid["port"], laid["doctor"]) == (None, None, None)
    assert not Path(laid["folder"]).exists()


@pytest.mark.peer("nginx")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_nginx_serves_a_configuration_and_ends_with_the_lab(certkit, folder, how):
    with lab("nginx.missing-upgrade", "--out", "site", "--json") as (process, line):
        (laid,) = data(line)["folders"]
        symptom = certkit(*shlex.split(laid["doctor"])[1:], "--json").envelope["findings"]
        (command,) = laid["commands"]
        cause = certkit(*shlex.split(command)[1:], "--json").envelope["findings"]
        number = int(Path(laid["folder"], "nginx.pid").read_text())
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
    assert [finding["code"] for finding in symptom] == ["http.upgrade-required"]
    assert [finding["code"] for finding in cause] == ["nginx.missing-upgrade"]
    assert (process.returncode, err) == (130, "")
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    assert not (folder / "site").exists()


@pytest.mark.peer("nginx")
@pytest.mark.usefixtures("folder", "handlers")
def test_ports_go_on_from_endpoints_to_configurations():
    for _ in range(9):
        with socket.create_server(("127.0.0.1", 0)) as somewhere:
            port = min(somewhere.getsockname()[1], 60000)
        lasting = run(["expired", "slash", "upgrade-dropped"], port=port)
        try:
            shown = next(lasting).data
        except OSError:  # another program has one of the three
            continue
        lasting.close()
        (endpoint,) = shown["endpoints"]
        numbers = [endpoint["port"], *(each["port"] for each in shown["folders"])]
        assert numbers[0] == port
        assert numbers == sorted(set(numbers))
        assert numbers[-1] <= port + 4
        return
    pytest.fail("no three ports are free in a row")


@pytest.fixture
def handlers() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("folder", "handlers")
def test_without_nginx_configurations_are_files_and_it_says_so(monkeypatch):
    monkeypatch.setattr(nginx, "find", lambda: None)
    lasting = run(["upgrade-dropped"])
    result = next(lasting)
    (laid,) = result.data["folders"]
    assert Path(laid["folder"], "nginx.conf").is_file()
    lasting.close()
    assert result.talk[1:] == ("nginx is not installed: its configurations are files alone",)
    assert (laid["url"], laid["doctor"]) == (None, None)


@pytest.mark.usefixtures("folder", "handlers")
def test_an_nginx_that_does_not_start_is_named_with_its_log(monkeypatch):
    monkeypatch.setattr(nginx, "find", lambda: "/bin/false")
    lasting = run(["upgrade-dropped"])
    result = next(lasting)
    lasting.close()
    assert "upgrade-dropped/error.log says why" in result.talk[1]
    assert result.data["folders"][0]["port"] is None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_it_and_leaves_nothing(folder, how):
    with lab("expired", "request-unanswered", "--json") as (process, line):
        first, second = endpoints(line)
        # A client in the middle of things must not hold it up.
        with socket.create_connection(("127.0.0.1", second["port"])):
            process.send_signal(how)
            _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "")
    assert not Path(first["ca"]).parent.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", first["port"]), timeout=5)


def test_it_listens_on_loopback_alone(folder):
    addresses = {row[4][0] for row in socket.getaddrinfo(socket.gethostname(), None)}
    with lab("expired", "--json") as (_, line):
        (endpoint,) = endpoints(line)
        socket.create_connection(("127.0.0.1", endpoint["port"])).close()
        for address in addresses - {"127.0.0.1", "::1"}:
            if not address.startswith("127."):
                with pytest.raises(OSError, match=r"refused|unreachable|assign"):
                    socket.create_connection((address, endpoint["port"]), timeout=5)


def test_a_code_brings_all_its_scenarios(folder):
    with lab("crypto.browser-unsupported-key", "--json") as (_, line):
        assert [each["name"] for each in endpoints(line)] == ["ed25519", "p521"]


def test_the_folder_for_the_roots_is_new_and_goes_again(certkit, folder):
    with lab("expired", "--out", "roots", "--json") as (process, line):
        (endpoint,) = endpoints(line)
        assert endpoint["ca"] == str(Path("roots", "expired.pem"))
        assert [path.name for path in (folder / "roots").iterdir()] == ["expired.pem"]
        refused = certkit("lab", "run", "expired", "--out", "roots")
        assert (refused.code, "roots: File exists" in refused.err) == (3, True)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert not (folder / "roots").exists()


def test_for_people_it_prints_the_fault_and_the_command(folder):
    with lab("wrong-name") as (process, line):
        assert line == "wrong-name  [name.mismatch]\n"
        assert process.stdout is not None
        assert "other.localhost" in process.stdout.readline()
        url = process.stdout.readline().strip()
        assert process.stdout.readline().startswith(f"  $ certkit doctor {url} --ca ")


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (["validity.expird"], "lab.unknown-scenario", "certkit lab run validity.expired"),
        (["qqqqqqqqqqqqqqqqqqqqqqqq"], "lab.unknown-scenario", "certkit lab list"),
        (["expired", "--port", "65535"], "usage.bad-arguments", "certkit lab run --port 8443"),
        (["expired", "--port", "-1"], "usage.bad-arguments", "certkit lab run --port 8443"),
    ],
)
def test_what_cannot_be_served_is_refused(certkit, arguments, code, hint):
    outcome = certkit("lab", "run", *arguments, "--json")
    assert outcome.code == 2
    (error,) = outcome.envelope["errors"]
    assert (error["code"], error["hint"]) == (code, hint)


def test_a_port_that_is_taken_is_a_fault_of_the_environment(certkit):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        if port > 60000:
            pytest.skip("too near the last port")
        outcome = certkit("lab", "run", "expired", "--port", port, "--json")
    assert outcome.code == 3
    (error,) = outcome.envelope["errors"]
    assert error["message"] == f"the system refused 127.0.0.1:{port}: Address already in use"
    assert "--port" in error["hint"]


def test_a_port_that_is_taken_further_up_is_left_out(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        if not 1024 < port < 60000:
            pytest.skip("too near the last port")
        with lab("expired", "wrong-name", "--port", str(port - 1), "--json") as (_, line):
            assert [each["port"] for each in endpoints(line)] == [port - 1, port + 1]


@contextmanager
def paged() -> Iterator[tuple[dict[str, Any], Callable[..., tuple[int, str, bytes]]]]:
    """The data of `certkit lab`, and how to ask its site: a status, a policy and a body."""
    with started("--json") as (_, line):
        envelope = json.loads(line)
        jsonschema.validate(envelope, SCHEMA)
        served = envelope["data"]
        context = ssl.create_default_context(cafile=served["ca"])
        port = urlsplit(served["page"]).port

        def ask(path: str, **headers: str) -> tuple[int, str, bytes]:
            connection = HTTPSConnection("localhost", port, context=context, timeout=30)
            with closing(connection):
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                policy = answer.getheader("Content-Security-Policy") or ""
                return answer.status, policy, answer.read()

        yield served, ask


def test_without_a_command_it_serves_a_page_that_knows_all_of_them(folder):
    with paged() as (served, ask):
        status, policy, page = ask("/")
        assert (status, b"certkit lab" in page) == (200, True)
        assert "script-src 'self'" in policy
        rows = json.loads(ask("/scenarios")[2])["scenarios"]
        shown = [each["name"] for each in (*served["endpoints"], *served["folders"])]
        assert [row["name"] for row in rows] == shown
        assert {each.name for each in (*SCENARIOS, *FOLDERS)} < set(shown)
        roots = Path(served["ca"]).parent
        said = json.loads(ask("/doctor/expired")[2])
        assert (said["ok"], said["finding"]["code"]) == (False, "validity.expired")
        assert ["Chromium", "net::ERR_CERT_DATE_INVALID"] in said["clients"]
        assert json.loads(ask("/doctor/control")[2])["ok"]
        assert b"RFC 5280" in ask("/explain/validity.expired")[2]
    assert not roots.exists()


def test_what_is_not_on_the_site_is_not_found(folder):
    paths = [
        "/nothing", "/doctor/", "/doctor/nothing", "/doctor/other-key", "/frame/expired",
        "/explain/url", "/explain/../url.md", "/%2e%2e/site.py", "/lab.js?x",
    ]  # fmt: skip
    with paged() as (_, ask):
        assert {path: ask(path)[0] for path in paths} == dict.fromkeys(paths, 404)


def test_a_name_that_was_made_to_lead_here_is_not_answered(folder):
    """DNS rebinding: the page of elsewhere would read what the lab says."""
    with paged() as (served, ask):
        port = urlsplit(served["page"]).port
        assert ask("/scenarios", Host=f"127.0.0.1:{port}")[0] == 200
        assert ask("/scenarios", Host="rebound.test")[0] == 421
        assert ask("/scenarios", Host=f"rebound.test:{port}")[0] == 421


def test_a_frame_has_its_own_policy(folder):
    with paged() as (_, ask):
        assert ask("/frame/page-policy")[1].endswith("connect-src 'self'")
        status, policy, frame = ask("/frame/origin-refused")
        assert (status, policy.endswith("connect-src wss:")) == (200, True)
        assert b'data-name="origin-refused"' in frame


def test_the_group_alone_is_the_page_and_its_help_is_its_own(certkit):
    assert "lab run" in certkit("lab", "--help").out
    outcome = certkit("lab", "--port", "65535", "--json")
    assert (outcome.code, outcome.envelope["command"]) == (2, "lab")
    assert certkit("lab", "--port", "65535").err == certkit("lab", "page", "--port", "65535").err
