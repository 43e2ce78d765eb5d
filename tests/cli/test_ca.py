"""`certkit ca` and `certkit list`: the authority on purpose."""

from __future__ import annotations

import plistlib
import re

import pytest

from certkit import Certificate


def test_init_makes_the_ca_once(certkit, folder):
    data = certkit("ca", "init", "--permit", "dev.example.com", "--json").data
    assert "dev.example.com" in data["constraints"]["dns"]
    assert set(data["files"]) == {"certificate", "key"}
    again = certkit("ca", "init")
    assert again.code == 2
    assert "certkit ca show" in again.err


def test_show_without_a_ca_says_how_to_get_one(certkit):
    outcome = certkit("ca", "show")
    assert outcome.code == 3
    assert "certkit ca init" in outcome.err


def test_show_tells_what_the_ca_may_sign(certkit):
    certkit("ca", "init")
    outcome = certkit("ca", "show")
    assert "localhost test internal home.arpa local lan" in outcome.out
    assert "10.0.0.0/8" in outcome.out
    data = certkit("ca", "show", "--json").data
    assert data["certificate"]["profile"] == "root"


def test_an_unconstrained_ca_is_shown_as_such(certkit, folder):
    certkit("ca", "init", "--unconstrained")
    assert "EVERY name" in certkit("ca", "show").out
    assert certkit("ca", "show", "--json").data["constraints"] is None
    assert "EVERY name" in certkit("list").out
    assert (
        "EVERY name"
        in certkit("inspect", certkit("ca", "show", "--json").data["files"]["certificate"]).out
    )
    assert certkit("issue", "example.com").code == 0


def test_the_values_of_a_ca_stand_in_one_column(certkit):
    shown = certkit("ca", "init", "--intermediate").out.splitlines()[1:]
    columns = {re.match(r"  (may sign|\S+)? +", line).end() for line in shown}
    assert len(columns) == 1


def test_an_intermediate_signs_and_its_certificate_is_sent(certkit, folder):
    data = certkit("ca", "init", "--intermediate", "--discard-root-key", "--json").data
    assert "key" not in data["files"]
    assert not (folder.parent / "home" / "root.key").exists()
    certkit("issue", "localhost")
    leaf, intermediate = Certificate.load_all((folder / "localhost.pem").read_bytes())
    assert intermediate.profile == "intermediate"
    assert leaf.aki == intermediate.ski
    assert certkit("verify", folder / "localhost.pem", "--host", "localhost").code == 0
    refused = certkit("ca", "permit", "dev.example.org")
    assert refused.code == 3
    assert "discarded" in refused.err
    outside = certkit("issue", "app.example.org")
    assert outside.code == 2
    assert "certkit ca init --home DIR" in outside.err


@pytest.mark.parametrize("wide", ["com", "co.uk", "0.0.0.0/0", "2000::/3", "9.0.0.0/8"])
def test_permit_refuses_what_is_too_wide(certkit, wide):
    certkit("ca", "init")
    before = certkit("ca", "show", "--json").data
    assert certkit("ca", "permit", wide).code == 2
    assert certkit("ca", "show", "--json").data == before


def test_permit_keeps_the_key_and_says_what_to_do_about_clients(certkit, folder):
    before = certkit("ca", "init", "--json").data["certificate"]
    outcome = certkit("ca", "permit", "dev.example.org")
    assert "certkit ca export" in outcome.err
    after = certkit("ca", "show", "--json").data["certificate"]
    assert after["ski"] == before["ski"]
    assert after["subject"] == before["subject"]
    assert after["sha256"] != before["sha256"]
    listed = certkit("list", "--all", "--json").data["certificates"]
    assert [(row["sha256"], row["status"]) for row in listed] == [
        (before["sha256"], "superseded"),
        (after["sha256"], "valid"),
    ]
    nothing = certkit("ca", "permit", "dev.example.org")
    assert "nothing was changed" in nothing.err


def test_an_encrypted_root_key_asks_for_its_passphrase(certkit, folder, tmp_path, monkeypatch):
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse")
    wrong.write_text("battery staple")
    assert certkit("ca", "init", "--passphrase-file", right).code == 0
    assert b"ENCRYPTED" in (folder.parent / "home" / "root.key").read_bytes()
    assert certkit("issue", "localhost").code == 2
    assert certkit("issue", "localhost", "--passphrase-file", wrong).code == 2
    assert not list(folder.iterdir())
    monkeypatch.setenv("SECRET", "correct horse")
    assert certkit("issue", "localhost", "--passphrase-env", "SECRET").code == 0


def test_export_hands_out_the_root_and_never_a_key(certkit, folder):
    certkit("ca", "init")
    outcome = certkit("ca", "export")
    exported = Certificate.from_pem(outcome.out.encode())
    assert exported.sha256 == certkit("ca", "show", "--json").data["certificate"]["sha256"]
    assert "PRIVATE" not in outcome.out
    assert certkit("ca", "export", "--der", "--out", "root.crt").code == 0
    assert Certificate.from_der((folder / "root.crt").read_bytes()) == exported
    assert certkit("ca", "export", "--out", "root.crt").code == 2
    assert certkit("ca", "export", "--out", "root.crt", "--force").code == 0
    assert certkit("ca", "export", "--der").code == 2


def test_a_profile_for_ios_holds_the_root(certkit, folder):
    certkit("ca", "init")
    assert certkit("ca", "export", "--mobileconfig", "--out", "root.mobileconfig").code == 0
    profile = plistlib.loads((folder / "root.mobileconfig").read_bytes())
    (payload,) = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root"
    shown = certkit("ca", "show", "--json").data["certificate"]["sha256"]
    assert Certificate.from_der(payload["PayloadContent"]).sha256 == shown
    assert certkit("ca", "export", "--mobileconfig", "--der", "--out", "x").code == 2
    assert certkit("ca", "export", "--mobileconfig").code == 2


def test_list_shows_what_is_valid_and_where_it_lies(certkit, folder):
    assert "no certificates yet" in certkit("list").out
    certkit("issue", "localhost")
    certkit("issue", "localhost")
    rows = certkit("list", "--json").data["certificates"]
    assert [row["profile"] for row in rows] == ["root", "server"]
    assert rows[1]["files"]["key"] == str(folder / "localhost-key.pem")
    assert len(certkit("list", "--all", "--json").data["certificates"]) == 3
    (folder / "localhost.pem").unlink()
    assert "(missing)" in certkit("list").out


def test_a_command_that_fails_still_says_what_it_mended(certkit, folder):
    certkit("ca", "init")
    (folder.parent / "home" / "root.pem").unlink()
    outcome = certkit("issue", "app.example.org")
    assert outcome.code == 2
    assert "home.recovered" in outcome.err
    assert (folder.parent / "home" / "root.pem").exists()


def test_looking_at_a_home_that_is_not_there_makes_none(certkit, folder):
    assert certkit("list", "--json").data == {"certificates": []}
    assert certkit("ca", "show").code == 3
    assert not (folder.parent / "home").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--days", "0"],
        ["--key", "p521"],
        ["--key", "rsa2048"],
        ["--permit", "com"],
        ["--unconstrained", "--permit", "a.example.com"],
        ["--encrypt"],
        ["--discard-root-key"],
    ],
)
def test_a_ca_that_cannot_be_made_leaves_nothing_behind(certkit, folder, options):
    assert certkit("ca", "init", *options).code == 2
    assert not (folder.parent / "home" / "root.pem").exists()
    if options != ["--discard-root-key"]:
        assert not (folder.parent / "home").exists()


def test_a_ca_key_that_browsers_refuse_is_warned_about(certkit):
    findings = certkit("ca", "init", "--key", "ed25519", "--json").envelope["findings"]
    assert [finding["code"] for finding in findings] == ["crypto.browser-unsupported-key"]


def test_an_empty_folder_becomes_a_private_home_and_a_full_one_is_left_alone(certkit, folder):
    empty, full = folder / "empty", folder / "full"
    for each in (empty, full):
        each.mkdir(mode=0o755)
        each.chmod(0o755)
    (full / "project.txt").write_text("mine")
    for each in (empty, full):
        assert certkit("ca", "init", "--home", each).code == 0
    assert empty.stat().st_mode & 0o777 == 0o700
    assert full.stat().st_mode & 0o777 == 0o755
