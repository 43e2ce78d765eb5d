"""The CA in its home: made once, widened in place, and plain words when a part of it is missing."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import certkit
from certkit.errors import CertkitError
from certkit.home.home import Home
from certkit.home.output import Output
from certkit.pki import keys
from certkit.pki.authority import CertificateAuthority
from certkit.pki.certificate import Certificate
from certkit.pki.constraints import Constraints
from tests.home.invariants import check_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def leaf_of(path: Path) -> tuple[Certificate, tuple[Certificate, ...]]:
    leaf, *rest = Certificate.load_all(path.read_bytes())
    return leaf, tuple(rest)


def refusal(action: Callable[[], object]) -> CertkitError:
    with pytest.raises(CertkitError) as caught:
        action()
    return caught.value


# Making it


def test_the_ca_is_made_once_and_found_again(folder: Path) -> None:
    with Home.open(folder) as home:
        assert (home.root, home.constraints, home.files) == (None, None, {})
        first, created = home.authority(["dev.example.com"])
        assert created
        assert home.constraints == Constraints.DEFAULT.widened(["dev.example.com"])
    with Home.open(folder) as home:
        again, created = home.authority()
        assert not created
        assert again.root == first.root == home.root
        assert home.files == {"root": folder / "root.pem", "root-key": folder / "root.key"}
    assert Certificate.from_pem((folder / "root.pem").read_bytes()) == first.root


def test_a_second_ca_in_one_home_is_refused(folder: Path) -> None:
    with Home.open(folder) as home:
        home.init()
        error = refusal(home.init)
        assert (error.code, error.exit_code) == ("home.ca-exists", 2)
        assert "--home" in error.hint


def test_options_reach_the_root(folder: Path) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    with Home.open(folder, now=now) as home:
        root = home.init(unconstrained=True, key="rsa3072", days=30).root
        assert home.constraints is None
    assert root.constraints is None
    assert root.describe()["key"] == {"algorithm": "RSA", "bits": 3072}
    assert root.not_after - now < timedelta(days=30)


def test_everyday_certificates_come_from_the_intermediate(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        below = home.init(["dev.example.com"], intermediate=True)
        assert set(home.files) == {"root", "root-key", "intermediate", "intermediate-key"}
        (folder / "root.key").rename(folder.parent / "in-the-safe")
        published = home.issue(["dev.example.com"], Output(out))
    assert published.issued.chain[1] == below.certificate
    leaf, rest = leaf_of(published.files["certificate"])
    verdict = certkit.verify_chain(
        leaf, roots=[below.root], intermediates=rest, name="dev.example.com"
    )
    assert verdict.ok


def test_a_discarded_root_key_is_never_on_the_disk(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        home.init(intermediate=True, discard_root_key=True)
        assert not (folder / "root.key").exists()
        assert "root-key" not in home.files
        home.issue(["localhost"], Output(out))
        error = refusal(lambda: home.permit("example.org"))
        assert (error.code, error.exit_code) == ("home.key-discarded", 3)
        assert "--home" in error.hint
        assert home.constraints == Constraints.DEFAULT


def test_without_an_intermediate_the_root_key_cannot_be_discarded(folder: Path) -> None:
    with Home.open(folder) as home:
        error = refusal(lambda: home.init(discard_root_key=True))
        assert (error.code, error.exit_code) == ("home.discard-needs-intermediate", 2)
        assert home.root is None


# An encrypted key


def test_an_encrypted_root_key_opens_with_its_passphrase_asked_for_once(
    folder: Path, out: Path
) -> None:
    asked = []

    def passphrase() -> bytes:
        asked.append("?")
        return b"correct horse"

    with Home.open(folder) as home:
        home.init(passphrase=b"correct horse")
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in (folder / "root.key").read_bytes()
    with Home.open(folder, passphrase=passphrase) as home:
        home.issue(["localhost"], Output(out))
        home.permit("example.org")
        home.issue(["example.org"], Output(out))
    assert asked == ["?"]
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in (folder / "root.key").read_bytes()


@pytest.mark.parametrize("passphrase", [None, lambda: b"wrong"])
def test_without_the_right_passphrase_nothing_is_signed(
    folder: Path, out: Path, passphrase: Callable[[], bytes] | None
) -> None:
    with Home.open(folder) as home:
        home.init(passphrase=b"correct horse")
    with Home.open(folder, passphrase=passphrase) as home:
        error = refusal(lambda: home.issue(["localhost"], Output(out)))
    assert (error.code, error.exit_code) == ("files.encrypted-key", 2)
    assert not out.exists()


def test_no_passphrase_is_asked_for_a_plain_key(folder: Path, out: Path) -> None:
    def passphrase() -> bytes:
        raise AssertionError("asked")

    with Home.open(folder) as home:
        home.init(intermediate=True, passphrase=b"correct horse")
    with Home.open(folder, passphrase=passphrase) as home:
        home.issue(["localhost"], Output(out))


# Widening it


@pytest.mark.parametrize("intermediate", [False, True])
def test_a_wider_ca_signs_more_and_what_it_signed_stays_valid(
    folder: Path, out: Path, intermediate: bool
) -> None:
    with Home.open(folder) as home:
        before = home.init(intermediate=intermediate)
        old = home.issue(["localhost"], Output(out))
        assert refusal(lambda: home.issue(["example.org"], Output(out))).exit_code == 2
        after = home.permit("example.org", "203.0.113.0/24")
        new = home.issue(["example.org", "203.0.113.9"], Output(out))
        assert home.constraints == Constraints.DEFAULT.widened(["example.org", "203.0.113.0/24"])
    assert after.root.x509.subject == before.root.x509.subject
    assert after.root.serial != before.root.serial
    assert keys.same_public_key(after.key.public_key(), before.key.public_key())
    assert Certificate.from_pem((folder / "root.pem").read_bytes()) == after.root
    for published, name in ((old, "localhost"), (new, "example.org"), (new, "203.0.113.9")):
        leaf, rest = leaf_of(published.files["certificate"])
        verdict = certkit.verify_chain(leaf, roots=[after.root], intermediates=rest, name=name)
        assert verdict.ok, verdict.findings
    leaf, rest = leaf_of(new.files["certificate"])
    assert not certkit.verify_chain(
        leaf, roots=[before.root], intermediates=rest, name="example.org"
    ).ok, "the old root must not sign for it"
    check_after(folder, {each.files["certificate"]: each.files["key"] for each in (old, new)})


def test_an_intermediate_is_bound_by_its_own_constraints_so_it_is_signed_again(
    folder: Path, out: Path
) -> None:
    """Under the old intermediate the new name stays forbidden, whatever the root permits."""
    with Home.open(folder) as home:
        before = home.init(intermediate=True)
        after = home.permit("example.org")
        new = home.issue(["example.org"], Output(out))
    leaf, _ = leaf_of(new.files["certificate"])
    for intermediate, ok in ((before.certificate, False), (after.certificate, True)):
        verdict = certkit.verify_chain(
            leaf, roots=[after.root], intermediates=[intermediate], name="example.org"
        )
        assert verdict.ok == ok


def test_the_old_fingerprint_of_a_widened_root_is_kept(folder: Path) -> None:
    with Home.open(folder) as home:
        before = home.init()
        after = home.permit("example.org")
        roots = [(each.certificate.sha256, each.status) for each in home.certificates()]
    assert roots == [(before.root.sha256, "superseded"), (after.root.sha256, "valid")]


def test_permitting_what_is_permitted_changes_nothing(folder: Path) -> None:
    with Home.open(folder) as home:
        before = home.init()
        again = home.permit("app.test", "10.1.0.0/16")
        assert again.root == before.root
        assert len(home.certificates()) == 1


def test_what_is_never_permitted_is_refused_and_changes_nothing(folder: Path) -> None:
    with Home.open(folder) as home:
        before = home.init()
        for text in ("com", "co.uk", "8.0.0.0/8"):
            assert refusal(lambda text=text: home.permit(text)).exit_code == 2  # type: ignore[misc]
        assert home.root == before.root


def test_there_is_nothing_to_permit_without_a_ca(folder: Path) -> None:
    with Home.open(folder) as home:
        error = refusal(lambda: home.permit("example.org"))
        assert (error.code, error.exit_code) == ("home.no-ca", 3)


def test_who_only_looks_makes_no_home(folder: Path) -> None:
    error = refusal(lambda: Home.open(folder, create=False))
    assert (error.code, error.exit_code) == ("home.no-ca", 3)
    assert not folder.exists()
    with Home.open(folder) as home:
        home.init()
    with Home.open(folder, create=False) as home:
        assert home.root


# What is missing or wrong


def test_a_missing_key_is_said_with_its_path(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        home.init()
    (folder / "root.key").unlink()
    with Home.open(folder) as home:
        error = refusal(lambda: home.issue(["localhost"], Output(out)))
        assert (error.code, error.exit_code) == ("home.key-missing", 3)
        assert str(folder / "root.key") in error.message
        assert "backup" in error.hint
        assert len(home.certificates()) == 1, "everything that needs no key still works"


def test_a_foreign_key_is_said_to_be_foreign(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        home.init()
    (folder / "root.key").write_bytes(CertificateAuthority.create().key_pem)
    with Home.open(folder) as home:
        error = refusal(lambda: home.issue(["localhost"], Output(out)))
    assert (error.code, error.exit_code) == ("home.key-mismatch", 3)


def test_a_broken_key_is_said_to_be_unusable(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        home.init()
    (folder / "root.key").write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    with Home.open(folder) as home:
        error = refusal(lambda: home.issue(["localhost"], Output(out)))
    assert (error.code, error.exit_code) == ("home.key-mismatch", 3)
    assert "not a private key" in error.message


def test_a_key_that_others_may_read_is_not_used_until_it_is_closed(folder: Path) -> None:
    with Home.open(folder) as home:
        home.init()
    (folder / "root.key").chmod(0o644)
    with Home.open(folder) as home:
        error = refusal(home.authority)
        assert (error.code, error.exit_code) == ("home.key-readable", 3)
        subprocess.run(shlex.split(error.hint), check=True)
        home.authority()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_key_that_one_may_not_read_is_said_so(folder: Path) -> None:
    with Home.open(folder) as home:
        home.init()
    (folder / "root.key").chmod(0)
    with Home.open(folder) as home:
        error = refusal(home.authority)
    assert (error.code, error.exit_code) == ("home.key-unreadable", 3)


def test_a_folder_in_the_place_of_the_key_is_no_key(folder: Path) -> None:
    with Home.open(folder) as home:
        home.init()
    (folder / "root.key").unlink()
    (folder / "root.key").mkdir(mode=0o700)
    with Home.open(folder) as home:
        error = refusal(home.authority)
    assert (error.code, error.exit_code) == ("home.key-unreadable", 3)


def test_a_lost_root_certificate_is_written_again(folder: Path) -> None:
    with Home.open(folder) as home:
        root = home.init().root
    (folder / "root.pem").unlink()
    with Home.open(folder) as home:
        assert [finding.code for finding in home.recovered] == ["home.recovered"]
        assert home.authority()[0].root == root
    assert (folder / "root.pem").read_bytes() == root.pem
    assert stat.S_IMODE((folder / "root.pem").stat().st_mode) == 0o644


def test_a_changed_root_certificate_is_refused_and_the_hint_brings_it_back(folder: Path) -> None:
    with Home.open(folder) as home:
        root = home.init().root
    (folder / "root.pem").write_bytes(CertificateAuthority.create().certificate_pem)
    with Home.open(folder) as home:
        error = refusal(home.authority)
        assert (error.code, error.exit_code) == ("home.certificate-changed", 3)
    subprocess.run(shlex.split(error.hint.rpartition(": ")[2]), check=True)
    with Home.open(folder) as home:
        assert home.authority()[0].root == root


# A home whose ledger was lost


@pytest.mark.parametrize("intermediate", [False, True])
def test_a_ca_without_a_ledger_is_taken_over(folder: Path, out: Path, intermediate: bool) -> None:
    with Home.open(folder) as home:
        before = home.init(intermediate=intermediate)
    (folder / "ledger.db").unlink()
    (folder / "root.key").chmod(0o640)
    with Home.open(folder) as home:
        assert "root.pem" in home.recovered[0].summary
        assert home.authority()[0].certificate == before.certificate
        home.issue(["localhost"], Output(out))
        home.permit("example.org")
    assert stat.S_IMODE((folder / "root.key").stat().st_mode) == 0o600
    check_after(folder, {out / "localhost.pem": out / "localhost-key.pem"})


def test_a_discarded_key_is_still_discarded_after_the_ledger_was_lost(folder: Path) -> None:
    with Home.open(folder) as home:
        home.init(intermediate=True, discard_root_key=True)
    (folder / "ledger.db").unlink()
    with Home.open(folder) as home:
        home.authority()
        assert refusal(lambda: home.permit("example.org")).code == "home.key-discarded"


def test_a_certificate_that_is_no_ca_is_not_taken_over(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    leaf = CertificateAuthority.create().issue("localhost")
    (folder / "root.pem").write_bytes(leaf.certificate_pem)
    error = refusal(lambda: Home.open(folder))
    assert (error.code, error.exit_code) == ("home.leftover-file", 3)
    assert (folder / "root.pem").read_bytes() == leaf.certificate_pem


@pytest.mark.parametrize("name", ["root.key", "intermediate.pem", "intermediate.key"])
def test_a_new_ca_never_replaces_the_remains_of_another(folder: Path, out: Path, name: str) -> None:
    folder.mkdir(mode=0o700)
    (folder / name).write_text("precious")
    with Home.open(folder) as home:
        for action in (home.init, home.authority, lambda: home.issue(["localhost"], Output(out))):
            error = refusal(action)
            assert (error.code, error.exit_code) == ("home.leftover-file", 3)
    assert (folder / name).read_text() == "precious"
    subprocess.run(shlex.split(error.hint.splitlines()[0].rpartition(": ")[2]), check=True)
    with Home.open(folder) as home:
        home.init()
