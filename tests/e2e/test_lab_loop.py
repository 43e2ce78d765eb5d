"""The loop: what the lab breaks, the doctor names; what the doctor says to type, mends it."""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from certkit.findings import CODES
from certkit.lab.certificates import Maker
from certkit.lab.lab import Endpoint, ports_from, running, serving
from certkit.lab.registry import FOLDERS, SCENARIOS
from certkit.lab.scenario import Scenario
from certkit.pki.certificate import Certificate, Issued
from certkit.pki.keys import load_private_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Certkit

# What the doctor says of these is no error: some clients mind, or none.
NO_ERROR = {
    "local-network", "weak-suites", "wrong-order", "root-sent", "bundle-sent",
    "trusted-intermediate", "old-style-ca", "no-authority-key-id", "ten-years", "expires-soon",
    "wildcard-public-suffix", "must-staple", "ed25519", "p521",
}  # fmt: skip
# Codes that no scenario has, neither an endpoint nor a folder, and why. The list may only shrink.
WITHOUT_SCENARIO = {
    "tls.no-certificate": "the suites without one are not offered at first: tls.no-shared-cipher",
    "home.recovered": "left by a command that was killed between two steps, of which tests/home "
    "kills one after the other",
    "internal.check-crashed": "a fault of certkit itself",
}
# Scenarios whose repair is a command that does not make them clean by itself, and why.
NOT_BY_COMMAND = {
    "mixed-content": "the server must speak TLS too",
    "no-such-name": "the command dials another address, and nothing listens there",
    "weak-suites": "the command prints a configuration for another server",
    "client-certificate-tls-1.2": "the doctor has no client certificate to show",
    "client-certificate-tls-1.3": "the doctor has no client certificate to show",
    "constrained-root": "the lab's CA is in no home that `certkit ca permit` could widen",
    "constrained-intermediate": "the lab's CA is in no home that `certkit ca permit` could widen",
}

by_name = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)


@contextmanager
def started(scenario: Scenario) -> Iterator[Endpoint]:
    with running([scenario], Maker(datetime.now(UTC))) as (endpoint,):
        yield endpoint


@by_name
def test_the_doctor_names_what_is_broken_and_nothing_else(
    scenario: Scenario, certkit: Certkit
) -> None:
    with started(scenario) as endpoint:
        words = shlex.split(str(endpoint.as_dict()["doctor"]))
        code, envelope = certkit(*words[1:])
    findings = envelope["findings"]
    assert {finding["code"] for finding in findings} == {scenario.code}
    errors = [finding for finding in findings if finding["severity"] == "error"]
    assert len(errors) == (scenario.name not in NO_ERROR)
    assert code == len(errors)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_without_a_fault_the_lab_is_sound(host: str, certkit: Certkit) -> None:
    """The other half: it is the fault that is found, and not the lab."""
    whole = Scenario("sound", "name.mismatch", "nothing", url=f"wss://{host}:{{port}}/chat")
    with started(whole) as endpoint:
        code, envelope = certkit("doctor", *endpoint.arguments())
    assert (code, envelope["findings"]) == (0, [])


def fix_of(endpoint: Endpoint, certkit: Certkit) -> list[str]:
    """The command that doctor prints, without ``certkit``; empty where it is none."""
    _, envelope = certkit("doctor", *endpoint.arguments())
    fix = envelope["findings"][0]["fix"]
    return shlex.split(fix["text"])[1:] if fix["kind"] == "command" else []


def issued_by(envelope: dict[str, Any]) -> tuple[Issued, Path]:
    """What a server loads and what its clients trust, from the files of `certkit issue`."""
    files = {name: Path(path) for name, path in envelope["data"]["files"].items()}
    chain = Certificate.load_all(files["certificate"].read_bytes())
    (root,) = Certificate.load_all(files["ca"].read_bytes())
    key = load_private_key(files["key"].read_bytes())
    return Issued(chain[0], key, chain, root), files["ca"]  # type: ignore[arg-type]


@by_name
def test_the_command_that_the_doctor_prints_mends_it(
    scenario: Scenario, certkit: Certkit, tmp_path: Path
) -> None:
    with started(scenario) as endpoint:
        command = fix_of(endpoint, certkit)
        if not command or scenario.name in NOT_BY_COMMAND:
            assert not command or command[0] in ("doctor", "issue", "ca", "snippet")
            return
        if command[0] == "doctor":
            code, envelope = certkit(*command, "--ca", str(endpoint.ca))
            assert (code, envelope["findings"]) == (0, [])
            return
    code, envelope = certkit(*command, "--out", str(tmp_path / "issued"))
    assert (code, command[0]) == (0, "issue")
    issued, ca = issued_by(envelope)
    with serving(scenario, issued) as server:
        mended = Endpoint(scenario, server.port, ca)
        code, envelope = certkit("doctor", *mended.arguments())
    assert (code, envelope["findings"]) == (0, [])


@pytest.mark.parametrize("name", NOT_BY_COMMAND)
def test_what_no_command_mends_has_a_command_all_the_same(name: str, certkit: Certkit) -> None:
    (scenario,) = [each for each in SCENARIOS if each.name == name]
    with started(scenario) as endpoint:
        assert fix_of(endpoint, certkit)


def test_codes_without_a_scenario_are_known() -> None:
    made = {each.code for each in (*SCENARIOS, *FOLDERS)}
    assert set(CODES) - made == set(WITHOUT_SCENARIO)


def test_names_tell_scenarios_apart_and_are_no_codes() -> None:
    names = [each.name for each in (*SCENARIOS, *FOLDERS)]
    assert len(set(names)) == len(names)
    assert not set(names) & set(CODES)
    assert {each.code for each in (*SCENARIOS, *FOLDERS)} <= set(CODES)
    assert set(names) >= NO_ERROR | set(NOT_BY_COMMAND)


def test_all_of_them_start_together_and_stop() -> None:
    start = time.monotonic()
    with running(SCENARIOS, Maker(datetime.now(UTC))) as endpoints:
        took = time.monotonic() - start
        assert len({endpoint.port for endpoint in endpoints}) == len(SCENARIOS)
        folder = endpoints[0].ca.parent
        assert folder.is_dir()
    assert took < 20  # a net for a hang; two seconds is the goal, and no test fails on a clock
    assert not folder.exists()


def test_no_key_is_written_and_no_ca_may_sign_for_others() -> None:
    with running(SCENARIOS, Maker(datetime.now(UTC))) as endpoints:
        for endpoint in endpoints:
            text = endpoint.ca.read_bytes()
            assert b"PRIVATE" not in text
            for root in Certificate.load_all(text):
                allowed = root.constraints
                if endpoint.scenario.name in ("wildcard-partial", "trailing-dot", "raw-idn"):
                    continue  # their names are none that a constraint could be compared with
                assert allowed is not None
                foreign = set(allowed.dns) - {"localhost", "other.localhost", "127.0.0.1", "co.uk"}
                assert not foreign
                assert {str(network) for network in allowed.ip} <= {"127.0.0.0/8", "::1/128"}


def test_ports_count_upward_and_leave_out_those_that_browsers_refuse() -> None:
    chosen = [replace(SCENARIOS[-1], name=f"s{number}") for number in range(3)]
    with running(chosen, Maker(datetime.now(UTC)), ports=ports_from(10079)) as endpoints:
        assert [endpoint.port for endpoint in endpoints] == [10079, 10081, 10082]
