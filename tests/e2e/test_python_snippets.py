"""The Python files, executed as printed."""

from __future__ import annotations

import runpy
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import websockets

import certkit
from certkit.snippets import render
from tests.e2e import servers
from tests.e2e.wss import Files, free_port, running
from tests.peers import clean_env, program


def run_client(folder: Path, *, python: str = sys.executable, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        [python, "-W", "error", "wss.py", "client"],
        cwd=folder,
        env=clean_env() | env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
def test_server_and_client_of_one_file_speak_to_each_other(profile: str, tmp_path: Path) -> None:
    files = Files.issue(tmp_path / "site", "127.0.0.1", "localhost")
    with servers.python(tmp_path, files.given(free_port(), profile=profile)):
        assert run_client(tmp_path) == (0, "hello\n")


@pytest.mark.peer("python3.13")
def test_they_do_on_the_strictest_python(tmp_path: Path) -> None:
    python = program("python3.13")
    files, port = Files.issue(tmp_path / "site", "localhost"), free_port()
    (tmp_path / "wss.py").write_text(render("python", files.given(port)))
    (tmp_path / "packages").mkdir()
    # The same websockets: its C part is optional, and for another Python.
    (tmp_path / "packages/websockets").symlink_to(Path(websockets.__file__).parent)
    env = {"PYTHONPATH": "packages", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-W", "error", "wss.py"]
    with running(command, port, log=tmp_path / "server.log", env=clean_env() | env):
        assert run_client(tmp_path, python=python, **env) == (0, "hello\n")


def test_the_client_refuses_a_server_of_another_ca(tmp_path: Path) -> None:
    files, port = Files.issue(tmp_path / "site", "localhost"), free_port()
    stranger = Files.issue(tmp_path / "stranger", "localhost")
    with servers.python(tmp_path, files.given(port)):
        (tmp_path / "wss.py").write_text(render("python", stranger.given(port)))
        code, said = run_client(tmp_path)
        assert code == 1
        assert "CERTIFICATE_VERIFY_FAILED" in said


def test_without_a_root_the_client_trusts_the_system(tmp_path: Path) -> None:
    files, port = Files.issue(tmp_path / "site", "localhost"), free_port()
    with servers.python(tmp_path, files.given(port, ca=None)):
        assert run_client(tmp_path)[0] == 1
        assert run_client(tmp_path, SSL_CERT_FILE=str(files.ca)) == (0, "hello\n")


def test_the_settings_are_those_of_the_library(tmp_path: Path) -> None:
    authority = certkit.CertificateAuthority.create()
    files = Files.issue(tmp_path / "site", "localhost", ca=authority)
    (tmp_path / "wss.py").write_text(render("python", files.given(443)))
    printed = runpy.run_path(str(tmp_path / "wss.py"))

    def settings(context: ssl.SSLContext) -> dict[str, object]:
        return {
            "versions": (context.minimum_version, context.maximum_version),
            "ciphers": [cipher["name"] for cipher in context.get_ciphers()],
            "options": context.options,
            "verify": (context.verify_mode, context.verify_flags, context.check_hostname),
            "common name": context.hostname_checks_common_name,
            "roots": context.get_ca_certs(),
        }

    server, client = printed["server_context"](), printed["client_context"]()
    issued = authority.issue("localhost")
    assert settings(server) == settings(certkit.server_context(issued))
    assert settings(client) == settings(certkit.client_context(authority))
