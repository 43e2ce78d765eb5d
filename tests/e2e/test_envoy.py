"""What is Envoy's alone; the rest is in test_servers.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from certkit.snippets import render
from tests.e2e.redirects import location
from tests.e2e.wss import Backend, Client, Files, check, free_port, running
from tests.peers import program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.peer("envoy")
def test_the_redirect_keeps_host_path_and_query_and_names_the_port(tmp_path: Path) -> None:
    files, port, http_port = Files.issue(tmp_path / "site", "localhost"), free_port(), free_port()
    with Backend() as backend:
        text = render("envoy", files.given(port, backend.url, redirect=True))
        # Port 80 is one for all tests, and root's.
        text, moved = re.subn(r"port_value: 80\b", f"port_value: {http_port}", text)
        assert moved == 1
        (tmp_path / "envoy.yaml").write_text(text)
        options = ("-c", "envoy.yaml", "--disable-hot-restart", "--concurrency", "1")
        with running([program("envoy"), *options], port, http_port, log=tmp_path / "envoy.log"):
            Client(files.ca, port).echo("localhost")
            for host in ("localhost", "[::1]"):
                assert location(http_port, host) == (308, f"https://{host}:{port}/a/b?c=d")


@pytest.mark.peer("envoy")
@pytest.mark.parametrize("listen", [443, 8443])
def test_the_text_with_everything_in_it_is_valid(listen: int, tmp_path: Path) -> None:
    files = Files.issue(tmp_path / "site", "localhost", "*.dev.test")
    given = files.given(listen, "wss://backend.internal", redirect=True, profile="modern")
    (tmp_path / "envoy.yaml").write_text(render("envoy", given))
    assert "OK" in check([program("envoy"), "--mode", "validate", "-c", "envoy.yaml"], cwd=tmp_path)
