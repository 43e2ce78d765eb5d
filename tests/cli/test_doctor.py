"""``certkit doctor``: the ladder, the envelope, the exit codes, and fixes that fix."""

from __future__ import annotations

import json
import os
import shlex
import signal
import ssl
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import jsonschema
import pytest

from certkit.diagnose import diagnosis
from tests.cli.conftest import SCHEMA
from tests.e2e import hostile
from tests.e2e.hostile import secure, serving, upgraded

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = list(diagnosis.LAYERS)


@pytest.fixture
def issued(certkit, folder) -> Path:
    assert certkit("issue", "127.0.0.1", "app.test").code == 0
    return folder


def served(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "127.0.0.1+1.pem", folder / "127.0.0.1+1-key.pem")
    return context


def test_a_sound_endpoint_is_ok(certkit, issued):
    with serving(secure(served(issued), upgraded())) as port:
        url = f"wss://127.0.0.1:{port}/chat"
        outcome = certkit("doctor", url)
        envelope = certkit("doctor", url, "--json").envelope
    assert outcome.code == 0
    first, _, *rungs = outcome.out.splitlines()
    assert first == f"ok: {url} works, every layer of it"
    assert [rung.split()[:2] for rung in rungs] == [["ok", layer] for layer in LAYERS]
    assert outcome.err == ""
    assert (envelope["status"], envelope["command"], envelope["findings"]) == ("ok", "doctor", [])
    data = envelope["data"]
    assert sorted(data) == ["chain", "layers", "url", "verdict"]
    assert (data["url"], data["verdict"]) == (url, "ok")
    assert [layer["layer"] for layer in data["layers"]] == LAYERS
    assert {layer["status"] for layer in data["layers"]} == {"ok"}
    assert [each["profile"] for each in data["chain"]] == ["server"]


def test_a_fault_is_a_no_with_its_layer_its_words_and_its_repair(certkit, issued):
    with serving(secure(served(issued), hostile.status("426 Upgrade Required"))) as port:
        url = f"wss://127.0.0.1:{port}/chat"
        outcome = certkit("doctor", url)
        envelope = certkit("doctor", url, "--json").envelope
    assert outcome.code == 1
    assert outcome.out.startswith(f"no: {url} breaks at http: ")
    assert "  FAIL  http" in outcome.out
    assert "Chromium       Error during WebSocket handshake: Unexpected response code: 426" in (
        outcome.out
    )
    assert "\n      proxy_set_header Upgrade $http_upgrade;\n" in outcome.out
    assert (envelope["status"], envelope["data"]["verdict"]) == ("no", "fail")
    (finding,) = envelope["findings"]
    assert finding["code"] == "http.upgrade-required"
    assert finding["fix"]["kind"] == "patch"
    layers = {layer["layer"]: layer for layer in envelope["data"]["layers"]}
    assert layers["http"]["status"] == "fail"
    assert layers["websocket"] == {
        "layer": "websocket", "status": "skipped", "ms": None, "detail": "not reached",
    }  # fmt: skip


def test_the_command_that_is_printed_repairs_the_certificate_in_its_place(certkit, issued):
    """The certificate is ours: the ledger knows its names and where its files lie."""
    with serving(secure(served(issued), upgraded())) as port:
        ask = ("doctor", f"wss://localhost:{port}", "--connect", f"127.0.0.1:{port}")
        envelope = certkit(*ask, "--json").envelope
        (finding,) = envelope["findings"]
        assert finding["code"] == "name.mismatch"
        assert finding["fix"]["kind"] == "command"
        words = shlex.split(finding["fix"]["text"])
        assert words[:5] == ["certkit", "issue", "127.0.0.1", "app.test", "localhost"]
        assert certkit(*ask).code == 1
    assert certkit(*words[1:]).code == 0
    with serving(secure(served(issued), upgraded())) as port:
        assert (
            certkit("doctor", f"wss://localhost:{port}", "--connect", f"127.0.0.1:{port}").code == 0
        )


def test_a_certificate_of_others_is_not_written_over(certkit, issued):
    (issued / "other.pem").write_bytes(hostile.CA.root.pem)
    with serving(secure(hostile.context(hostile.CA.issue("app.test")), upgraded())) as port:
        ask = ("doctor", f"wss://127.0.0.1:{port}", "--ca", issued / "other.pem")
        (finding,) = certkit(*ask, "--json").envelope["findings"]
    assert finding["code"] == "name.ip-missing"
    assert finding["fix"]["text"] == "certkit issue app.test 127.0.0.1"


def test_trust_is_the_home_s_root_or_the_files_that_are_named(certkit, issued):
    (issued / "other.pem").write_bytes(hostile.CA.root.pem)
    with serving(secure(hostile.context(), upgraded())) as port:
        url = f"wss://127.0.0.1:{port}"
        envelope = certkit("doctor", url, "--json").envelope
        assert [each["code"] for each in envelope["findings"]] == ["chain.untrusted-root"]
        assert certkit("doctor", url, "--ca", issued / "other.pem").code == 0


def test_looking_makes_no_home_and_says_that_nothing_is_trusted(certkit, folder):
    with serving(secure(hostile.context(), upgraded())) as port:
        outcome = certkit("doctor", f"wss://127.0.0.1:{port}")
    assert outcome.code == 1
    assert "nothing is trusted" in outcome.err
    assert not (folder.parent / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["10.0.0.5"], "is no URL"),
        (["wss://10.0.0.5", "--connect", "a:b"], "HOST:PORT"),
        (["wss://10.0.0.5", "--origin", "https://a b"], "no origin"),
        (["wss://10.0.0.5", "--subprotocol", "a, b"], "no subprotocol"),
        (["wss://10.0.0.5", "--timeout", "0"], "more than 0"),
        (["wss://10.0.0.5", "--timeout", "soon"], "whole number"),
        (["wss://10.0.0.5", "--idle", "-1"], "more than 0"),
    ],
)
def test_what_cannot_be_asked_is_bad_input(certkit, folder, arguments, words):
    outcome = certkit("doctor", *arguments, "--json")
    assert outcome.code == 2
    (error,) = outcome.envelope["errors"]
    assert error["code"] == "usage.bad-arguments"
    assert words in error["message"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("app.test", "wss://app.test"),
        ("10.0.0.5:8443/chat", "wss://10.0.0.5:8443/chat"),
        ("a.test/?x=1&y=2", "'wss://a.test/?x=1&y=2'"),
        ("../app.pem", "wss://10.0.0.5:8443"),
        ("a b", "wss://10.0.0.5:8443"),
    ],
)
def test_a_host_alone_is_answered_with_its_url(certkit, folder, typed, meant):
    (error,) = certkit("doctor", typed, "--json").envelope["errors"]
    assert error["hint"] == f"certkit doctor {meant}"


@pytest.mark.parametrize(
    ("url", "code"), [("ftp://10.0.0.5", "url.bad-scheme"), ("wss://10.0.0.300", "url.bad-host")]
)
def test_a_url_that_leads_nowhere_is_an_answer(certkit, folder, url, code):
    outcome = certkit("doctor", url, "--json")
    assert outcome.code == 1
    assert [each["code"] for each in outcome.envelope["findings"]] == [code]


def test_a_peer_cannot_write_to_the_terminal(certkit, issued):
    answer = hostile.status("404 \x1b[2Jgone\x9b", "Server: \x1b]0;pwned\x07\r\n", "\x1b[31mred")
    with serving(secure(served(issued), answer)) as port:
        outcome = certkit("doctor", f"wss://127.0.0.1:{port}")
    assert outcome.code == 1
    assert "\x1b" not in outcome.out + outcome.err
    assert "\x9b" not in outcome.out
    assert "\\x1b[2Jgone" in outcome.out


def test_the_origin_and_the_subprotocol_are_sent(certkit, issued):
    seen = []

    def recording(peer) -> None:
        request = peer.recv(65536)
        seen.append(request.decode())
        peer.sendall(hostile.switching(request, more=b"Sec-WebSocket-Protocol: b\r\n"))
        hostile.talk(peer)

    with serving(secure(served(issued), recording)) as port:
        url = f"wss://127.0.0.1:{port}/a%20b?c=d"
        options = ("--origin", "https://x.test", "--subprotocol", "a", "--subprotocol", "b")
        outcome = certkit("doctor", url, *options)
        assert outcome.code == 0, outcome.out
        assert "subprotocol b" in outcome.out
    assert seen[0].startswith("GET /a%20b?c=d HTTP/1.1\r\n")
    assert f"\r\nHost: 127.0.0.1:{port}\r\n" in seen[0]
    assert "\r\nOrigin: https://x.test\r\n" in seen[0]
    assert "\r\nSec-WebSocket-Protocol: a, b\r\n" in seen[0]


def test_watching_prints_an_envelope_a_line_until_it_is_interrupted(issued):
    with serving(secure(served(issued), upgraded())) as port:
        command = [sys.executable, "-m", "certkit", "doctor", f"wss://127.0.0.1:{port}"]
        process = subprocess.Popen(
            [*command, "--watch", "--json"], stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(0.2)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    envelope = json.loads(first)
    jsonschema.validate(envelope, SCHEMA)
    assert envelope["status"] == "ok"
    assert all(json.loads(line)["command"] == "doctor" for line in rest.splitlines())
    assert process.returncode == 130
