"""What is Apache's alone; the rest is in test_servers.py."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

import pytest

from certkit.snippets import render
from tests.e2e import servers
from tests.e2e.redirects import location
from tests.e2e.wss import Backend, Client, Files, free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.peer("apache2")


def test_the_redirect_keeps_host_path_and_query_and_names_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files.issue(tmp_path / "site", "127.0.0.1", "::1", "localhost")
    port, http_port = free_port(), free_port()

    def moved(*arguments: object) -> str:
        """Port 80 is one for all tests, and root's."""
        text, sites = re.subn(
            "<VirtualHost [*]:80>", f"<VirtualHost *:{http_port}>", render(*arguments)
        )
        assert sites == 1
        return f"Listen {http_port}\n{text}"

    monkeypatch.setattr(servers, "render", moved)
    with Backend() as backend:
        given = files.given(port, backend.url, redirect=True)
        with servers.apache(tmp_path, given):
            Client(files.ca, port).echo("localhost")
            for host in ("localhost", "127.0.0.1", "[::1]"):
                assert location(http_port, host) == (308, f"https://{host}:{port}/a/b?c=d")


@pytest.mark.parametrize(
    ("names", "warned"), [(("127.0.0.1",), True), (("127.0.0.1", "localhost"), False)]
)
def test_apaches_warning_about_addresses_is_explained_where_it_comes(
    names: tuple[str, ...], warned: bool, tmp_path: Path
) -> None:
    files, port = Files.issue(tmp_path / "site", *names), free_port()
    given = files.given(port)
    with servers.apache(tmp_path, given):
        ssl.get_server_certificate(("127.0.0.1", port))  # it listens before it reads certificates
    assert ("AH01909" in (tmp_path / "error.log").read_text()) is warned
    assert ("AH01909" in render("apache", given)) is warned


def test_port_443_is_left_to_debians_own_listen(tmp_path: Path) -> None:
    files = Files.issue(tmp_path / "site", "localhost")
    assert not re.search(r"(?m)^Listen", render("apache", files.given(443)))
    assert re.search(r"(?m)^Listen 8443$", render("apache", files.given(8443)))
