"""Certificates on the disk: which files, with which key, over what they may be written."""

from __future__ import annotations

import os
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

import certkit
from certkit.errors import CertkitError
from certkit.home.home import Home
from certkit.home.output import Output
from certkit.pki import keys
from certkit.pki.certificate import Certificate
from tests.home.invariants import check_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


@pytest.fixture
def home(folder: Path) -> Iterator[Home]:
    with Home.open(folder) as opened:
        yield opened


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def der(issued: certkit.Issued) -> bytes:
    return issued.certificate.der


def bundle(issued: certkit.Issued) -> bytes:
    return issued.key_pem + issued.chain_pem


def csr(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    san = x509.SubjectAlternativeName([x509.DNSName(name)])
    request = builder.add_extension(san, critical=False).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM)


# The first certificate


def test_a_first_certificate_brings_its_ca(home: Home, folder: Path, out: Path) -> None:
    published = home.issue(["10.0.0.5"], Output(out))
    assert published.files == {
        "key": out / "10.0.0.5-key.pem",
        "certificate": out / "10.0.0.5.pem",
        "ca": folder / "root.pem",
    }
    assert (published.created, published.permitted, published.key_kept) == (True, (), False)
    (leaf,) = Certificate.load_all(published.files["certificate"].read_bytes())
    root = Certificate.from_pem(published.files["ca"].read_bytes())
    verdict = certkit.verify_chain(leaf, roots=[root], name="10.0.0.5")
    assert verdict.ok
    assert not certkit.verify_chain(leaf, roots=[root], name="10.0.0.6").ok


def test_the_second_certificate_is_of_the_same_ca(home: Home, out: Path) -> None:
    first = home.issue(["a.test"], Output(out))
    second = home.issue(["b.test"], Output(out))
    assert (first.created, second.created) == (True, False)
    assert first.issued.ca == second.issued.ca


def test_the_ca_is_made_around_the_names_asked_for(home: Home, out: Path) -> None:
    published = home.issue(["*.dev.example.com", "10.0.0.5"], Output(out))
    assert published.permitted == ("dev.example.com",)
    assert published.files["certificate"] == out / "_wildcard.dev.example.com+1.pem"
    with pytest.raises(CertkitError) as caught:
        home.issue(["dev.example.org"], Output(out))
    assert (caught.value.code, caught.value.exit_code) == ("chain.name-constraint", 2)


@pytest.mark.parametrize(
    ("names", "options"),
    [(["a..b"], {}), (["localhost"], {"days": 9999}), (["localhost"], {"key": "dsa"}), ([], {})],
)
def test_a_refused_first_certificate_leaves_no_ca_behind(
    home: Home, out: Path, names: list[str], options: dict[str, object]
) -> None:
    with pytest.raises(CertkitError) as caught:
        home.issue(names, Output(out), **options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    assert home.root is None
    assert not out.exists()


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_keys_are_private_and_certificates_public_under_any_umask(
    folder: Path, out: Path, mask: int, umask: Callable[[int], AbstractContextManager[None]]
) -> None:
    with umask(mask), Home.open(folder) as home:
        home.issue(["localhost"], Output(out, also={"bundle": bundle, "der": der}))
    assert {path.name: mode(path) for path in (*folder.iterdir(), *out.iterdir())} == {
        "ledger.db": 0o600,
        "lock": 0o600 & ~mask,
        "root.key": 0o600,
        "root.pem": 0o644,
        "localhost-key.pem": 0o600,
        "localhost-bundle.pem": 0o600,
        "localhost.pem": 0o644,
        "localhost.der": 0o644,
    }
    assert mode(out) == 0o755


def test_the_file_of_a_certificate_under_an_intermediate_holds_the_chain(
    home: Home, out: Path
) -> None:
    home.init(intermediate=True)
    published = home.issue(["localhost"], Output(out))
    chain = Certificate.load_all(published.files["certificate"].read_bytes())
    assert [certificate.profile for certificate in chain] == ["server", "intermediate"]
    assert certkit.verify_chain(
        chain[0], roots=[published.issued.ca], intermediates=chain[1:], name="localhost"
    ).ok


def test_files_go_where_they_are_told(home: Home, tmp_path: Path, out: Path) -> None:
    published = home.issue(
        ["localhost"],
        Output(out, cert_file=Path("tls.crt"), key_file=tmp_path / "k" / "tls.key"),
        client=True,
    )
    assert published.files["certificate"] == out / "tls.crt"
    assert published.files["key"] == tmp_path / "k" / "tls.key"
    assert published.issued.certificate.profile == "client"


def test_other_forms_are_named_after_the_certificate_file(home: Home, out: Path) -> None:
    output = Output(out, cert_file=Path("site.crt"), also={"der": der, "bundle": bundle})
    published = home.issue(["localhost"], output)
    assert {path.name for path in published.files.values()} == {
        *("site.crt", "site-key.pem", "site.der", "site-bundle.pem", "root.pem")
    }
    assert published.files["der"].read_bytes() == published.issued.certificate.der


def test_one_path_for_two_files_is_refused(home: Home, out: Path) -> None:
    with pytest.raises(CertkitError) as caught:
        home.issue(["localhost"], Output(out, cert_file=Path("x"), key_file=Path("x")))
    assert (caught.value.code, caught.value.exit_code) == ("files.same-path", 2)
    with pytest.raises(CertkitError) as caught:
        home.issue_all([["a.test"], ["b.test"]], Output(out, cert_file=Path("x")))
    assert caught.value.code == "files.same-path"
    assert home.root is None


@pytest.mark.parametrize("name", ["root.pem", "root.key", "ledger.db", "lock", "intermediate.key"])
def test_the_files_of_the_home_are_no_output_not_even_by_force(
    home: Home, folder: Path, name: str
) -> None:
    for output in (
        Output(folder, cert_file=Path(name), force=True),
        Output(folder, key_file=Path(name), force=True),
    ):
        with pytest.raises(CertkitError) as caught:
            home.issue(["localhost"], output)
        assert (caught.value.code, caught.value.exit_code) == ("files.belongs-to-ca", 2)


# The same names again


def test_the_same_names_again_keep_their_key(home: Home, folder: Path, out: Path) -> None:
    first = home.issue(["localhost", "10.0.0.5"], Output(out))
    key = first.files["key"].stat()
    again = home.issue(["localhost", "10.0.0.5"], Output(out))
    assert again.key_kept
    assert again.files == first.files
    assert again.files["key"].stat() == key, "the key's file was not touched"
    assert again.issued.certificate.serial != first.issued.certificate.serial
    home.close()
    check_after(folder, {again.files["certificate"]: again.files["key"]})


def test_a_new_key_is_made_when_it_is_asked_for(home: Home, folder: Path, out: Path) -> None:
    first = home.issue(["localhost"], Output(out, also={"der": der}))
    again = home.issue(["localhost"], Output(out, new_key=True))
    assert not again.key_kept
    assert first.issued.key_pem != again.issued.key_pem == again.files["key"].read_bytes()
    assert not first.files["der"].exists(), "it belonged to the key that is gone"
    home.close()
    check_after(folder, {again.files["certificate"]: again.files["key"]})


def test_another_kind_of_key_is_a_new_key_and_the_same_kind_is_kept(home: Home, out: Path) -> None:
    home.issue(["localhost"], Output(out), key="p256")
    assert home.issue(["localhost"], Output(out), key="P-256").key_kept
    changed = home.issue(["localhost"], Output(out), key="ed25519")
    assert not changed.key_kept
    kept = home.issue(["localhost"], Output(out))
    assert kept.key_kept
    assert keys.describe_public_key(kept.issued.certificate.x509.public_key()) == {
        "algorithm": "Ed25519",
        "bits": 256,
    }


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "ed25519"])
def test_every_kind_of_key_is_recognised_again(home: Home, out: Path, kind: str) -> None:
    home.issue(["localhost"], Output(out), key=kind)
    assert home.issue(["localhost"], Output(out), key=kind).key_kept


def test_a_key_that_was_lost_is_made_anew(home: Home, folder: Path, out: Path) -> None:
    first = home.issue(["localhost"], Output(out))
    first.files["key"].unlink()
    again = home.issue(["localhost"], Output(out))
    assert not again.key_kept
    home.close()
    check_after(folder, {again.files["certificate"]: again.files["key"]})


def test_a_key_whose_mode_somebody_opened_is_closed_again(home: Home, out: Path) -> None:
    first = home.issue(["localhost"], Output(out))
    first.files["key"].chmod(0o644)
    again = home.issue(["localhost"], Output(out))
    assert again.key_kept
    assert mode(again.files["key"]) == 0o600


def test_a_key_moved_to_another_file_leaves_no_lone_key(
    home: Home, folder: Path, out: Path
) -> None:
    first = home.issue(["localhost"], Output(out))
    moved = home.issue(["localhost"], Output(out, key_file=Path("other.key")))
    assert not first.files["key"].exists()
    home.close()
    check_after(
        folder,
        {
            moved.files["certificate"]: moved.files["key"],
            out / "none.pem": first.files["key"],
        },
    )


def test_a_key_that_another_certificate_still_uses_stays(home: Home, out: Path) -> None:
    first = home.issue(["localhost"], Output(out))
    second = home.issue(
        ["localhost"], Output(out, cert_file=Path("second.pem"), key_file=Path("localhost-key.pem"))
    )
    assert second.key_kept
    home.issue(["localhost"], Output(out, key_file=Path("third.key")))
    assert first.files["key"].exists(), "second.pem stands beside it"
    home.issue(["localhost"], Output(out, key_file=Path("localhost-key.pem"), new_key=True))
    assert not second.files["certificate"].exists(), "its key is gone"


# What is somebody else's


@pytest.mark.parametrize("name", ["localhost.pem", "localhost-key.pem"])
def test_a_file_that_certkit_did_not_write_is_not_replaced(
    home: Home, out: Path, name: str
) -> None:
    out.mkdir()
    (out / name).write_text("mine")
    with pytest.raises(CertkitError) as caught:
        home.issue(["localhost"], Output(out))
    assert (caught.value.code, caught.value.exit_code) == ("files.exists", 2)
    assert str(out / name) in caught.value.message
    assert "--force" in caught.value.hint
    assert "--out" in caught.value.hint
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name).read_text() == "mine"
    home.issue(["localhost"], Output(out, force=True))
    assert b"-----BEGIN" in (out / name).read_bytes()


def test_a_certificate_for_other_names_is_not_replaced(home: Home, out: Path) -> None:
    output = Output(out, cert_file=Path("tls.pem"), key_file=Path("tls.key"))
    first = home.issue(["a.test"], output)
    with pytest.raises(CertkitError) as caught:
        home.issue(["b.test"], output)
    assert caught.value.code == "files.exists"
    assert "a.test" in caught.value.message
    forced = home.issue(["b.test"], Output(out, output.cert_file, output.key_file, force=True))
    assert not forced.key_kept, "the key of other names is not taken over"
    assert first.issued.key_pem != forced.files["key"].read_bytes()


def test_a_client_certificate_does_not_replace_that_of_a_server(home: Home, out: Path) -> None:
    output = Output(out, cert_file=Path("tls.pem"), key_file=Path("tls.key"))
    home.issue(["a.test"], output)
    with pytest.raises(CertkitError) as caught:
        home.issue(["a.test"], output, client=True)
    assert "server certificate" in caught.value.message


@pytest.mark.parametrize("role", ["certificate", "key"])
def test_a_file_that_was_changed_since_is_not_replaced(home: Home, out: Path, role: str) -> None:
    first = home.issue(["localhost"], Output(out))
    with first.files[role].open("ab") as file:
        file.write(b"# my note\n")
    with pytest.raises(CertkitError) as caught:
        home.issue(["localhost"], Output(out))
    assert caught.value.code == "files.exists"
    assert "changed" in caught.value.message
    forced = home.issue(["localhost"], Output(out, force=True))
    assert b"my note" not in forced.files[role].read_bytes()
    assert forced.key_kept == (role == "certificate"), "a changed key is nobody's to keep"


def test_a_link_is_replaced_by_force_and_never_followed(
    home: Home, tmp_path: Path, out: Path
) -> None:
    out.mkdir()
    target = tmp_path / "public.txt"
    target.write_text("for everybody")
    target.chmod(0o644)
    (out / "localhost-key.pem").symlink_to(target)
    with pytest.raises(CertkitError) as caught:
        home.issue(["localhost"], Output(out))
    assert caught.value.code == "files.exists"
    published = home.issue(["localhost"], Output(out, force=True))
    assert target.read_text() == "for everybody"
    assert not published.files["key"].is_symlink()
    assert mode(published.files["key"]) == 0o600


def test_a_file_that_became_a_link_is_not_replaced(home: Home, out: Path) -> None:
    published = home.issue(["localhost"], Output(out))
    published.files["key"].rename(out / "moved.key")
    published.files["key"].symlink_to("moved.key")
    with pytest.raises(CertkitError) as caught:
        home.issue(["localhost"], Output(out))
    assert caught.value.code == "files.exists"
    assert "link" in caught.value.message


def test_a_key_that_is_not_that_of_its_certificate_is_not_kept(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        home.issue(["localhost"], Output(out))
    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("UPDATE certificates SET key_id = 'ab' WHERE kind = 'server'")
    connection.close()
    with Home.open(folder) as home:
        with pytest.raises(CertkitError) as caught:
            home.issue(["localhost"], Output(out))
        assert (caught.value.code, caught.value.exit_code) == ("files.key-mismatch", 3)
        assert not home.issue(["localhost"], Output(out, new_key=True)).key_kept


def test_a_key_is_private_also_where_a_public_file_was(home: Home, out: Path) -> None:
    out.mkdir()
    (out / "localhost-key.pem").touch(mode=0o644)
    published = home.issue(["localhost"], Output(out, force=True))
    assert mode(published.files["key"]) == 0o600


def test_a_folder_in_the_way_is_refused_also_by_force(home: Home, out: Path) -> None:
    (out / "localhost.pem").mkdir(parents=True)
    with pytest.raises(CertkitError) as caught:
        home.issue(["localhost"], Output(out, force=True))
    assert (caught.value.code, caught.value.exit_code) == ("files.is-folder", 2)
    assert list(out.iterdir()) == [out / "localhost.pem"]


def test_a_linked_output_folder_is_the_same_folder(home: Home, tmp_path: Path, out: Path) -> None:
    home.issue(["localhost"], Output(out))
    (tmp_path / "link").symlink_to(out)
    assert home.issue(["localhost"], Output(tmp_path / "link")).key_kept


# A group that may read the key


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to any group")
def test_a_group_may_read_the_key_and_keeps_that_when_it_is_replaced(home: Home, out: Path) -> None:
    import grp

    group = next(each for each in grp.getgrall() if each.gr_gid not in (0, os.getegid()))
    published = home.issue(["localhost"], Output(out, group=group.gr_name, also={"bundle": bundle}))
    for _ in range(2):
        for role in ("key", "bundle"):
            status = published.files[role].stat()
            assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o640, group.gr_gid)
        assert published.files["certificate"].stat().st_gid == os.getegid()
        published = home.issue(["localhost"], Output(out, new_key=True, also={"bundle": bundle}))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to any group")
def test_a_group_that_comes_later_gets_the_key_that_is_there(home: Home, out: Path) -> None:
    import grp

    group = next(each for each in grp.getgrall() if each.gr_gid not in (0, os.getegid()))
    home.issue(["localhost"], Output(out))
    published = home.issue(["localhost"], Output(out, group=group.gr_name))
    assert published.key_kept
    assert published.files["key"].stat().st_gid == group.gr_gid


@pytest.mark.skipif(os.geteuid() == 0, reason="root may give files to any group")
def test_a_group_that_one_is_not_in_is_refused(home: Home, out: Path) -> None:
    import grp

    mine = {os.getegid(), *os.getgroups()}
    group = next(each for each in grp.getgrall() if each.gr_gid not in mine)
    with pytest.raises(CertkitError) as caught:
        home.issue(["localhost"], Output(out, group=group.gr_name))
    assert (caught.value.code, caught.value.exit_code) == ("files.not-in-group", 3)
    assert not out.exists()


def test_an_unknown_group_is_refused_before_anything_is_written(home: Home, out: Path) -> None:
    with pytest.raises(CertkitError) as caught:
        home.issue(["localhost"], Output(out, group="no-such-group-here"))
    assert caught.value.code == "files.unknown-group"
    assert home.root is None


# Requests, self-signed certificates, many at once, git


def test_a_request_gets_a_certificate_and_no_key(home: Home, out: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    published = home.sign_csr(csr("app.test", key), Output(out), days=10)
    assert set(published.files) == {"certificate", "ca"}
    certificate = Certificate.from_pem(published.files["certificate"].read_bytes())
    assert certificate.x509.public_key() == key.public_key()
    assert certificate.not_after - certificate.not_before < timedelta(days=10)
    assert home.sign_csr(csr("app.test", key), Output(out)).files == published.files


def test_a_request_does_not_replace_the_certificate_of_a_pair(
    home: Home, folder: Path, out: Path
) -> None:
    request = csr("app.test", ec.generate_private_key(ec.SECP256R1()))
    pair = home.issue(["app.test"], Output(out))
    with pytest.raises(CertkitError) as caught:
        home.sign_csr(request, Output(out))
    assert caught.value.code == "files.exists"
    home.sign_csr(request, Output(out, force=True))
    assert not pair.files["key"].exists(), "a lone key"
    home.close()
    check_after(folder, {out / "none.pem": pair.files["key"]})


def test_a_self_signed_certificate_needs_no_ca(home: Home, out: Path) -> None:
    published = home.issue(["www.example.com"], Output(out), self_signed=True)
    assert home.root is None
    assert set(published.files) == {"certificate", "key"}
    assert published.issued.certificate.self_signed
    assert home.issue(["www.example.com"], Output(out), self_signed=True).key_kept
    with pytest.raises(CertkitError) as caught:
        home.issue(["www.example.com"], Output(out), self_signed=True, client=True)
    assert caught.value.exit_code == 2


def test_many_are_issued_together_or_not_at_all(home: Home, folder: Path, out: Path) -> None:
    lists = [["a.test"], ["b.test", "10.0.0.5"], ["www.example.com"]]
    published = home.issue_all(lists, Output(out))
    assert published[0].permitted == ("www.example.com",)
    assert len({each.issued.certificate.serial for each in published}) == 3
    with pytest.raises(CertkitError):
        home.issue_all([["c.test"], ["*.test"]], Output(out))
    assert not (out / "c.test.pem").exists()
    home.close()
    check_after(folder, {each.files["certificate"]: each.files["key"] for each in published})


def test_a_key_in_a_git_work_tree_draws_one_warning(home: Home, tmp_path: Path) -> None:
    tree = tmp_path / "my project"
    (tree / ".git").mkdir(parents=True)
    published = home.issue_all([["a.test"], ["b.test"]], Output(tree / "tls"))
    findings = [finding for each in published for finding in each.findings]
    assert [finding.code for finding in findings] == ["files.key-in-git"]
    assert findings[0].fix.text == f"echo /tls/a.test-key.pem >> '{tree}/.gitignore'"
    assert home.issue(["a.test"], Output(tree / "tls")).findings == (), "the key was there before"


def test_no_warning_outside_of_git(home: Home, out: Path) -> None:
    assert home.issue(["a.test"], Output(out)).findings == ()


def test_the_moment_is_the_callers(folder: Path, out: Path) -> None:
    moment = datetime(2030, 5, 1, 12, tzinfo=UTC)
    with Home.open(folder, now=moment) as home:
        certificate = home.issue(["localhost"], Output(out), days=1).issued.certificate
    assert certificate.not_before == moment - timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "warned"), [(-720, True), (-2, True), (-0.5, False), (0, False), (720, False)]
)
def test_a_clock_that_has_gone_back_since_the_ca_was_made_is_warned_of(
    folder: Path, out: Path, hours: float, warned: bool
) -> None:
    """By less than the hour by which certkit's roots begin earlier, nobody minds."""
    made = datetime(2030, 5, 1, 12, tzinfo=UTC)
    with Home.open(folder, now=made) as home:
        home.issue(["a.test"], Output(out))
    with Home.open(folder, now=made + timedelta(hours=hours)) as home:
        findings = home.issue(["b.test"], Output(out)).findings
    assert [each.code for each in findings] == ["validity.not-yet"] * warned
