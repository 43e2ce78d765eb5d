"""``certkit verify FOLDER``: what certbot, mkcert and people leave there."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives import serialization

from certkit import CertificateAuthority

CA = CertificateAuthority.create()
MIDDLE = CA.intermediate()
SITE = MIDDLE.issue("app.test")
OTHER = MIDDLE.issue("other.test", "*.dev.test")


@pytest.fixture
def live(folder):
    """As certbot keeps it: links in one folder to files in another, and a README."""
    archive, live = folder / "archive", folder / "live"
    archive.mkdir()
    live.mkdir()
    for name, data in {
        "cert": SITE.certificate_pem,
        "chain": MIDDLE.certificate.pem,
        "fullchain": SITE.chain_pem,
        "privkey": SITE.key_pem,
    }.items():
        (archive / f"{name}1.pem").write_bytes(data)
        (live / f"{name}.pem").symlink_to(f"../archive/{name}1.pem")
    (live / "README").write_text("-----BEGIN CERTIFICATE-----\nthis is only a README\n")
    (folder / "root.pem").write_bytes(CA.root.pem)
    return live


def ask(certkit, *more):
    return certkit("verify", *more, "--ca", "root.pem", "--json")


def codes(outcome):
    return [(each["code"], each["severity"]) for each in outcome.envelope["findings"]]


def test_certbots_folder_is_one_site(certkit, folder, live):
    outcome = ask(certkit, "live", "--host", "app.test")
    assert (outcome.code, codes(outcome)) == (0, [])
    assert (outcome.data["target"], outcome.data["matched_by"]) == ("live", "app.test")
    assert len(outcome.data["chain"]) == 3
    shown = certkit("verify", "live", "--host", "app.test", "--ca", "root.pem")
    assert shown.out.startswith("yes: live is good for app.test\n")
    assert shown.err == ""
    assert ask(certkit, "live", "--host", "b.test").code == 1


def test_a_key_of_another_certificate_in_the_folder_is_a_no(certkit, folder, live):
    (folder / "archive" / "privkey1.pem").write_bytes(OTHER.key_pem)
    outcome = ask(certkit, "live", "--host", "app.test")
    assert (outcome.code, codes(outcome)) == (1, [("files.key-mismatch", "error")])


def test_leaf_chain_and_key_in_files_of_their_own_make_a_chain(certkit, folder):
    (folder / "root.pem").write_bytes(CA.root.pem)
    parts = folder / "parts"
    parts.mkdir()
    (parts / "app.crt").write_bytes(SITE.certificate.der)
    (parts / "ca.cer").write_bytes(MIDDLE.certificate.pem)
    (parts / "app.key").write_bytes(SITE.key_pem)
    outcome = ask(certkit, "parts", "--host", "app.test")
    assert (outcome.code, codes(outcome)) == (0, [])
    (parts / "ca.cer").unlink()
    assert codes(ask(certkit, "parts", "--host", "app.test")) == [
        ("chain.missing-intermediate", "error")
    ]


def test_a_root_in_the_folder_is_not_thereby_trusted(certkit, folder, live):
    (live / "root.pem").write_bytes(CA.root.pem)
    outcome = certkit("verify", "live", "--host", "app.test", "--json")
    assert next(code for code, _ in codes(outcome)) == "chain.untrusted-root"
    assert ask(certkit, "live", "--host", "app.test").code == 0


def test_of_several_certificates_the_one_for_the_name_is_meant(certkit, folder):
    (folder / "root.pem").write_bytes(CA.root.pem)
    many = folder / "many"
    many.mkdir()
    for stem, issued in (("app", SITE), ("other", OTHER)):
        (many / f"{stem}.pem").write_bytes(issued.chain_pem)
        (many / f"{stem}-key.pem").write_bytes(issued.key_pem)
    for name in ("app.test", "other.test", "www.dev.test"):
        outcome = ask(certkit, "many", "--host", name)
        assert (outcome.code, codes(outcome)) == (0, [])
    for more in ((), ("--host", "third.test")):
        refused = ask(certkit, "many", *more)
        assert refused.code == 2
        (error,) = refused.envelope["errors"]
        assert error["code"] == "files.several-leaves"
        assert "name a file: ls many" in error["hint"]


def test_what_needs_a_passphrase_stays_closed_or_is_opened(certkit, folder, live):
    sealed = SITE.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"sesame"),
    )
    (folder / "archive" / "privkey1.pem").write_bytes(sealed)
    closed = ask(certkit, "live", "--host", "app.test")
    assert (closed.code, codes(closed)) == (0, [("files.encrypted-key", "warning")])
    assert "no passphrase was given" in closed.envelope["findings"][0]["summary"]
    (folder / "secret").write_text("sesame\n")
    opened = ask(certkit, "live", "--host", "app.test", "--passphrase-file", "secret")
    assert (opened.code, codes(opened)) == (0, [("files.encrypted-key", "warning")])
    assert "is encrypted" in opened.envelope["findings"][0]["summary"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(certkit, folder, live):
    (folder / "archive" / "privkey1.pem").chmod(0)
    outcome = certkit("verify", "live", "--host", "app.test", "--ca", "root.pem")
    assert outcome.code == 0
    assert "privkey.pem: Permission denied" in outcome.err


def test_a_link_that_leads_nowhere_and_a_damaged_file_do_no_harm(certkit, folder, live):
    (live / "gone.pem").symlink_to("nowhere.pem")
    (live / "damaged.pem").write_bytes(b"no certificate at all")
    outcome = certkit("verify", "live", "--host", "app.test", "--ca", "root.pem")
    assert outcome.code == 0
    assert "damaged.pem" in outcome.err
    assert "gone.pem" not in outcome.err


def test_a_key_that_everybody_may_read_is_said(certkit, folder, live):
    (folder / "archive" / "privkey1.pem").chmod(0o644)
    outcome = ask(certkit, "live", "--host", "app.test")
    assert (outcome.code, codes(outcome)) == (0, [("files.key-readable", "warning")])


@pytest.mark.parametrize("command", ["verify", "inspect"])
def test_a_folder_without_certificates_is_refused(certkit, folder, command):
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.txt").write_bytes(SITE.certificate_pem)
    outcome = certkit(command, "empty", "--json")
    assert outcome.code == 2
    assert outcome.envelope["errors"][0]["code"] == "files.no-certificate"


def test_inspect_shows_all_that_a_folder_holds(certkit, folder, live):
    outcome = certkit("inspect", "live", "--json")
    assert outcome.code == 0
    assert len(outcome.data["certificates"]) == 2
    assert outcome.data["keys"][0]["certificate"] == SITE.certificate.sha256
