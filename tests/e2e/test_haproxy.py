"""What is HAProxy's alone; the rest is in test_servers.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from certkit.snippets import render
from tests.e2e.redirects import location
from tests.e2e.servers import make_bundle
from tests.e2e.wss import Backend, Client, Files, check, free_port, running
from tests.peers import program

pytestmark = pytest.mark.peer("haproxy")


def test_it_stands_at_the_end_of_debians_configuration(tmp_path: Path) -> None:
    text = render("haproxy", Files.issue(tmp_path / "site", "localhost").given(free_port()))
    make_bundle(text)
    stock = Path("/etc/haproxy/haproxy.cfg").read_text()
    (tmp_path / "haproxy.cfg").write_text(f"{stock}\n{text}")
    said = check([program("haproxy"), "-c", "-f", tmp_path / "haproxy.cfg"])
    assert said == "Configuration file is valid\n"


def test_the_bundle_is_private_and_its_absence_is_an_error(tmp_path: Path) -> None:
    files = Files.issue(tmp_path / "site", "localhost")
    text = render("haproxy", files.given(free_port()))
    (tmp_path / "haproxy.cfg").write_text(text)
    command = [program("haproxy"), "-c", "-f", tmp_path / "haproxy.cfg"]
    with pytest.raises(AssertionError, match="No such file or directory"):
        check(command)
    make_bundle(text)
    assert check(command) == "Configuration file is valid\n"
    assert (tmp_path / "site/server-bundle.pem").stat().st_mode & 0o777 == 0o600


def test_a_bundle_that_is_there_already_is_used(tmp_path: Path) -> None:
    files = Files.issue(tmp_path / "site", "localhost")
    bundle = tmp_path / "both.pem"
    bundle.write_bytes(files.key.read_bytes() + files.certificate.read_bytes())
    text = render("haproxy", files.given(free_port(), bundle=bundle))
    assert "umask" not in text
    (tmp_path / "haproxy.cfg").write_text(text)
    assert "valid" in check([program("haproxy"), "-c", "-f", tmp_path / "haproxy.cfg"])


def test_the_redirect_keeps_host_path_and_query_and_names_the_port(tmp_path: Path) -> None:
    files, port, http_port = Files.issue(tmp_path / "site", "localhost"), free_port(), free_port()
    with Backend() as backend:
        text = render("haproxy", files.given(port, backend.url, redirect=True))
        make_bundle(text)
        # Port 80 is one for all tests, and root's.
        text, moved = re.subn(r"bind :80,\[::\]:80", f"bind :{http_port},[::]:{http_port}", text)
        assert moved == 1
        (tmp_path / "haproxy.cfg").write_text(text)
        command = [program("haproxy"), "-db", "-f", "haproxy.cfg"]
        with running(command, port, http_port, log=tmp_path / "haproxy.log"):
            Client(files.ca, port).echo("localhost")
            for host in ("localhost", "[::1]"):
                assert location(http_port, host) == (308, f"https://{host}:{port}/a/b?c=d")
