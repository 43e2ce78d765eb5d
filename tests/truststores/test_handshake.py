"""The handshake: what counts is what a client did, not what it said."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

import certkit
from certkit.truststores import handshake
from certkit.truststores.clients import Client
from certkit.truststores.handshake import handshakes
from certkit.truststores.machine import Machine

CA = certkit.CertificateAuthority.create()
TRUSTING = """
import ssl, sys, urllib.request
context = ssl.create_default_context(cadata={pem!r})
urllib.request.urlopen(sys.argv[-1], context=context).read()
"""


@pytest.fixture(scope="module")
def context():
    return certkit.server_context(CA.issue("127.0.0.1", days=1))


def client(tmp_path, script: str) -> Client:
    """It is called as curl is, and is this script."""
    program = tmp_path / "client"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o755)
    return Client("curl", program, "system")


def verdict(tmp_path, context, script: str):
    (found,) = handshakes([client(tmp_path, script)], [], context, Machine.here())
    return found


def test_a_client_that_trusts_the_root_accepts(tmp_path, context):
    found = verdict(tmp_path, context, TRUSTING.format(pem=CA.root.pem.decode()))
    assert (found.verdict, found.words) == ("accepts", "")


def test_a_client_that_trusts_another_root_refuses_in_its_own_words(tmp_path, context):
    other = certkit.CertificateAuthority.create().root
    found = verdict(tmp_path, context, TRUSTING.format(pem=other.pem.decode()))
    assert found.verdict == "refuses"
    assert "CERTIFICATE_VERIFY_FAILED" in found.words


def test_a_client_that_says_it_is_fine_and_sends_nothing_refuses(tmp_path, context):
    script = "import socket, sys\nfrom urllib.parse import urlsplit\n"
    script += "u = urlsplit(sys.argv[-1]); socket.create_connection((u.hostname, u.port)).close()"
    assert verdict(tmp_path, context, script).verdict == "refuses"


def test_a_client_that_never_comes_was_not_asked(tmp_path, context):
    found = verdict(tmp_path, context, "import sys; sys.exit('no display')")
    assert (found.verdict, found.words) == ("not asked", "no display")


def test_a_client_that_is_not_there_was_not_asked(tmp_path, context):
    gone = Client("curl", tmp_path / "gone", "system")
    (found,) = handshakes([gone], [], context, Machine.here())
    assert found.verdict == "not asked"
    assert "No such file" in found.words


def test_a_client_that_hangs_is_ended_with_all_that_it_started(tmp_path, context, monkeypatch):
    monkeypatch.setattr(handshake, "PATIENCE", 1.0)
    mark = tmp_path / "alive"
    child = f"import time\\nwhile True: open({str(mark)!r}, 'w').close(); time.sleep(0.05)"
    script = (
        f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', \"{child}\"])\n"
    )
    found = verdict(tmp_path, context, script + "time.sleep(60)")
    assert found.verdict == "not asked"
    time.sleep(0.3)
    mark.unlink(missing_ok=True)
    time.sleep(0.3)
    assert not mark.exists(), "its child goes on"


def test_no_variable_of_the_user_can_spoil_the_proof(tmp_path, context, monkeypatch):
    bundle = tmp_path / "root.pem"
    bundle.write_bytes(CA.root.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    script = "import os, sys, urllib.request\n"
    script += "assert 'https_proxy' not in os.environ\n"
    script += "urllib.request.urlopen(sys.argv[-1]).read()"
    assert verdict(tmp_path, context, script).verdict == "refuses"


def test_what_follows_no_store_is_not_asked(context):
    found = handshakes([Client("node", Path("/bin/node"), None)], [], context, Machine.here())
    assert found == ()


def test_words_of_a_client_are_escaped(tmp_path, context):
    found = verdict(tmp_path, context, "import sys; sys.exit('\\x1b[2J')")
    assert found.words == "\\x1b[2J"
