"""Finding peers: skipped by name, failed where required, and never through somebody's settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import peers


def test_a_missing_peer_skips_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CERTKIT_REQUIRE_PEERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="peer no-such-program is not installed"):
        peers.program("no-such-program")


def test_a_missing_peer_fails_where_peers_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CERTKIT_REQUIRE_PEERS", "1")
    with pytest.raises(pytest.fail.Exception, match="peer no-such-program is required"):
        peers.program("no-such-program")


def test_a_program_that_does_not_answer_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python9.9"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setitem(peers.PEERS, "silent", peers.Peer("python9.9"))
    monkeypatch.setitem(peers.PEERS, "mute", peers.Peer("python9.9", answers=("-c", "pass")))
    assert peers.find("silent") == str(shim)
    assert peers.find("mute") is None


def test_the_client_environment_has_no_trust_proxy_or_colour_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hostile = ("SSL_CERT_FILE", "https_proxy", "NODE_OPTIONS", "CERTKIT_HOME", "FORCE_COLOR")
    for name in hostile:
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("CERTKIT_REQUIRE_PEERS", "1")
    cleaned = peers.clean_env()
    assert not cleaned.keys() & set(hostile)
    assert cleaned.keys() >= {"PATH", "HOME", "CERTKIT_REQUIRE_PEERS"}


def test_each_test_has_an_empty_home(user_home: Path) -> None:
    assert Path.home() == user_home
    assert list(user_home.iterdir()) == []
    assert "SSL_CERT_FILE" not in os.environ
