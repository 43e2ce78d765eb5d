"""The Node.js file, executed as printed, by Debian's Node and the current one."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from certkit.snippets import render
from tests.e2e.servers import node_env
from tests.e2e.wss import Files, free_port, running
from tests.peers import program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["node", "node-wheel"])
def node(request: pytest.FixtureRequest) -> str:
    return program(request.param)


def run_client(node: str, folder: Path, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        [node, "wss.cjs", "client"],
        cwd=folder,
        env=node_env() | env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
def test_server_and_client_of_one_file_speak_to_each_other(
    profile: str, node: str, tmp_path: Path
) -> None:
    files, port = Files.issue(tmp_path / "site", "127.0.0.1", "localhost"), free_port()
    (tmp_path / "wss.cjs").write_text(render("node", files.given(port, profile=profile)))
    with running([node, "wss.cjs"], port, log=tmp_path / "node.log", env=node_env()):
        assert run_client(node, tmp_path) == (0, "hello\n")


def test_the_client_refuses_a_server_of_another_ca(node: str, tmp_path: Path) -> None:
    files, port = Files.issue(tmp_path / "site", "localhost"), free_port()
    stranger = Files.issue(tmp_path / "stranger", "localhost")
    (tmp_path / "server.cjs").write_text(render("node", files.given(port)))
    (tmp_path / "wss.cjs").write_text(render("node", stranger.given(port)))
    with running([node, "server.cjs"], port, log=tmp_path / "node.log", env=node_env()):
        code, said = run_client(node, tmp_path)
    assert code == 1
    assert "unable to verify the first certificate" in said


def test_without_a_root_the_client_takes_node_s_variable(node: str, tmp_path: Path) -> None:
    files, port = Files.issue(tmp_path / "site", "localhost"), free_port()
    (tmp_path / "wss.cjs").write_text(render("node", files.given(port, ca=None)))
    with running([node, "wss.cjs"], port, log=tmp_path / "node.log", env=node_env()):
        assert run_client(node, tmp_path)[0] == 1
        assert run_client(node, tmp_path, NODE_EXTRA_CA_CERTS=str(files.ca)) == (0, "hello\n")
