"""What is Caddy's alone; the rest is in test_servers.py."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from certkit.snippets import render
from tests.e2e.redirects import location
from tests.e2e.wss import Backend, Client, Files, check, free_port, running
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.peer("caddy")


def start(folder: Path, port: int) -> object:
    options = ("--config", "Caddyfile", "--adapter", "caddyfile")
    check([program("caddy"), "validate", *options], cwd=folder)
    env = clean_env() | {"CADDY_ADMIN": f"127.0.0.1:{free_port()}"}
    return running([program("caddy"), "run", *options], port, log=folder / "caddy.log", env=env)


def test_the_redirect_keeps_host_path_and_query_and_names_the_port_beside_other_sites(
    tmp_path: Path,
) -> None:
    files = Files.issue(tmp_path / "site", "localhost", "::1", "*.dev.test")
    port, http_port = free_port(), free_port()
    with Backend() as backend:
        text = render("caddy", files.given(port, backend.url, redirect=True))
        # Port 80 is one for all tests: Caddy's own option moves it.
        text = text.replace("{\n", f"{{\n\thttp_port {http_port}\n", 1)
        other = f"http://other.test:{http_port} {{\n\trespond other\n}}\n"
        (tmp_path / "Caddyfile").write_text(f"{text}\n{other}")
        with start(tmp_path, port):
            Client(files.ca, port).echo("localhost")
            for host in ("localhost", "[::1]", "dev.test", "api.dev.test"):
                assert location(http_port, host) == (308, f"https://{host}:{port}/a/b?c=d")
            assert location(http_port, "other.test") == (200, None)


def test_without_the_option_port_80_stays_closed(tmp_path: Path) -> None:
    files, port, http_port = Files.issue(tmp_path / "site", "localhost"), free_port(), free_port()
    text = render("caddy", files.given(port)).replace("{\n", f"{{\n\thttp_port {http_port}\n", 1)
    (tmp_path / "Caddyfile").write_text(text)
    with start(tmp_path, port), pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", http_port), 1)
