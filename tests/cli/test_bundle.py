"""``certkit bundle``: any files in, one file for one consumer out."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from certkit import CertificateAuthority
from certkit.pki.certificate import Certificate
from certkit.pki.keys import dump_private_key, load_private_key, same_public_key
from certkit.pki.parts import FORMATS

CA = CertificateAuthority.create().intermediate()
ISSUED = CA.issue("10.0.0.5", "localhost")
RSA = CA.issue("10.0.0.6", key="rsa2048")
OTHER = CA.issue("10.0.0.7")
FILES = {
    "leaf.pem": ISSUED.certificate.pem,
    "leaf.der": ISSUED.certificate.der,
    "int.pem": CA.certificate.pem,
    "root.pem": CA.root.pem,
    "chain.pem": ISSUED.chain_pem,
    "backwards.pem": CA.root.pem + CA.certificate.pem + ISSUED.certificate.pem,
    "key.pem": ISSUED.key_pem,
    "key.der": ISSUED.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ),
    "sealed.pem": dump_private_key(ISSUED.key, b"tulip"),
    "rsa.pem": RSA.certificate.pem,
    "rsa-key.pem": RSA.key_pem,
    "other-key.pem": OTHER.key_pem,
    "ca-key.pem": CA.key_pem,
    "bag.p7b": pkcs7.serialize_certificates(
        [CA.certificate.x509, ISSUED.certificate.x509], serialization.Encoding.DER
    ),
    "secret": b"tulip\n",
    "store-secret": b"changeit\n",
    "wrong": b"rose\n",
}


@pytest.fixture(autouse=True)
def files(folder: Path) -> Path:
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


def mode(path: str | Path) -> int:
    return stat.S_IMODE(Path(path).lstat().st_mode)


# --- convert ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        ["leaf.pem", "int.pem"],
        ["int.pem", "leaf.pem"],
        ["root.pem", "int.pem", "leaf.pem"],
        ["backwards.pem"],
        ["backwards.pem", "chain.pem", "leaf.der", "key.pem"],
        ["bag.p7b"],
    ],
)
def test_the_chain_is_the_same_whatever_it_came_from(certkit, given) -> None:
    outcome = certkit("bundle", *given)
    assert outcome.code == 0
    assert outcome.out == ISSUED.chain_pem.decode()


def test_what_was_repaired_is_said_on_stderr_and_in_the_data(certkit) -> None:
    said = certkit("bundle", "backwards.pem", "leaf.pem").err
    assert "left out: O=certkit local CA" in said
    assert "put in order: 10.0.0.5, O=certkit local CA" in said
    assert "dropped duplicates: 1" in said
    data = certkit("bundle", "backwards.pem", "leaf.pem", "--json").data
    assert [one["sha256"] for one in data["left_out"]] == [CA.root.sha256]
    assert (data["reordered"], data["duplicates"]) == (True, 1)
    assert data["pem"] == ISSUED.chain_pem.decode()


def test_nothing_is_said_when_nothing_was_repaired(certkit) -> None:
    outcome = certkit("bundle", "chain.pem")
    assert outcome.err == ""
    data = certkit("bundle", "chain.pem", "--json").data
    assert (data["left_out"], data["reordered"], data["duplicates"]) == ([], False, 0)


def read_pem(path: str, passphrase: bytes | None = None):
    return load_private_key(Path(path).read_bytes(), passphrase)


def test_every_format_holds_what_its_name_says(certkit) -> None:
    given = ["backwards.pem", "key.pem", "--passphrase-file", "secret"]
    for name in FORMATS:
        assert certkit("bundle", *given, "--to", name, "--out", f"{name}.out").code == 0
    pem = {name: Path(f"{name}.out").read_bytes() for name in FORMATS}
    assert pem["fullchain"] == ISSUED.chain_pem
    assert pem["cert"] == ISSUED.certificate.pem
    assert pem["chain"] == CA.certificate.pem
    assert pem["root"] == CA.root.pem
    assert pem["key"] == ISSUED.key_pem
    assert pem["keychain"] == ISSUED.key_pem + ISSUED.chain_pem
    assert pem["der"] == ISSUED.certificate.der
    assert b"ENCRYPTED" in pem["encrypted-key"]
    key = read_pem("encrypted-key.out", b"tulip")
    assert same_public_key(key.public_key(), ISSUED.key.public_key())
    store = pkcs12.load_pkcs12(pem["p12"], b"tulip")
    assert store.cert.friendly_name == b"10.0.0.5"
    assert [one.certificate for one in store.additional_certs] == [CA.certificate.x509]
    trust = pkcs12.load_pkcs12(pem["truststore"], b"tulip")
    assert [one.certificate for one in trust.additional_certs] == [CA.root.x509]


def test_files_with_a_key_are_private_and_the_others_are_not(certkit) -> None:
    given = ["backwards.pem", "key.pem", "--passphrase-file", "secret"]
    os.umask(0)
    try:
        for name in FORMATS:
            certkit("bundle", *given, "--to", name, "--out", f"{name}.out")
    finally:
        os.umask(0o022)
    private = {name for name in FORMATS if mode(f"{name}.out") == 0o600}
    assert private == {"key", "encrypted-key", "keychain", "p12"}
    assert all(mode(f"{name}.out") == 0o644 for name in set(FORMATS) - private)


@pytest.mark.parametrize(
    ("out", "format_"),
    [
        ("a.p12", "p12"),
        ("a.PFX", "p12"),
        ("a.der", "der"),
        ("a.key", "key"),
        ("a.pem", "fullchain"),
    ],
)
def test_the_name_of_the_output_chooses_its_format(certkit, out, format_) -> None:
    given = ["chain.pem", "key.pem", "--passphrase-file", "secret", "--out", out]
    data = certkit("bundle", *given, "--json").data
    assert data["format"] == format_
    assert data["files"] == {format_: str(Path(out).absolute())}


def test_to_wins_over_the_name(certkit) -> None:
    certkit("bundle", "leaf.pem", "--to", "cert", "--out", "a.der")
    assert Path("a.der").read_bytes() == ISSUED.certificate.pem


def test_the_key_is_chosen_by_the_leaf(certkit) -> None:
    given = ["ca-key.pem", "key.der", "leaf.pem", "--to", "keychain", "--out", "a"]
    # The CA's key is the key of a certificate only where the CA's certificate is given too.
    assert certkit("bundle", *given).code == 0
    assert Path("a").read_bytes() == ISSUED.key_pem + ISSUED.certificate.pem


def test_a_name_for_the_keystore_entry(certkit) -> None:
    given = ["chain.pem", "key.pem", "--out", "a.p12", "--passphrase-file", "secret"]
    certkit("bundle", *given, "--name", "my site")
    store = pkcs12.load_pkcs12(Path("a.p12").read_bytes(), b"tulip")
    assert store.cert.friendly_name == b"my site"


def test_a_superseded_root_is_not_put_beside_its_successor(certkit) -> None:
    root_ca = CertificateAuthority.create()
    wider = root_ca.permit("dev.example.com", now=root_ca.root.not_before.replace(year=2027))
    Path("roots.pem").write_bytes(wider.root.pem + root_ca.root.pem + CA.root.pem)
    outcome = certkit("bundle", "roots.pem", "--to", "root")
    assert Certificate.load_all(outcome.out.encode()) == (wider.root, CA.root)


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["none.pem"], "files.not-found"),
        (["."], "files.unreadable"),
        (["secret"], "files.unreadable"),
        (["key.pem"], "files.no-certificate"),
        (["leaf.pem", "rsa.pem"], "files.several-leaves"),
        (["leaf.pem", "--to", "chain"], "files.no-intermediate"),
        (["leaf.pem", "--to", "root"], "files.no-root"),
        (["leaf.pem", "--to", "truststore", "--out", "x"], "files.no-root"),
        (["leaf.pem", "--to", "key", "--out", "x"], "files.no-key"),
        (["leaf.pem", "--out", "x.p12"], "files.no-key"),
        (["leaf.pem", "other-key.pem", "--out", "x.p12"], "files.key-mismatch"),
        (["leaf.pem", "rsa-key.pem", "--to", "keychain", "--out", "x"], "files.key-mismatch"),
        (["key.pem", "rsa-key.pem", "--to", "key", "--out", "x"], "files.several-keys"),
        (["leaf.pem", "--to", "jks"], "bundle.unknown-format"),
        (["leaf.pem", "--to", "der"], "bundle.needs-out"),
        (["key.pem", "--to", "key"], "bundle.needs-out"),
        (["leaf.pem", "key.pem", "--out", "x.p12"], "passphrase.not-given"),
        (["sealed.pem", "--to", "key", "--out", "x"], "passphrase.not-given"),
        (
            ["sealed.pem", "--to", "key", "--out", "x", "--passphrase-file", "wrong"],
            "files.encrypted-key",
        ),
        (
            ["leaf.pem", "key.pem", "--out", "x.p12", "--passphrase-file", "secret"]
            + ["--passphrase-env", "PATH"],
            "passphrase.two-sources",
        ),
        (["leaf.pem", "--check", "--out", "x"], "usage.bad-arguments"),
        (["leaf.pem", "--split", "d", "--out", "x"], "usage.bad-arguments"),
        (["leaf.pem", "--split", "d", "--to", "key"], "usage.bad-arguments"),
        ([], "usage.bad-arguments"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(
    certkit, folder, arguments, code
) -> None:
    before = sorted(folder.iterdir())
    outcome = certkit("bundle", *arguments, "--json")
    assert outcome.code == 2
    assert [error["code"] for error in outcome.envelope["errors"]] == [code]
    assert sorted(folder.iterdir()) == before


def test_a_damaged_part_is_not_left_out_in_silence(certkit, folder) -> None:
    damaged = CA.certificate.pem.replace(b"-----END CERTIFICATE-----", b"")
    (folder / "bad.pem").write_bytes(ISSUED.certificate.pem + damaged)
    outcome = certkit("bundle", "bad.pem", "--out", "x.pem", "--json")
    assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (2, "files.wrong-format")
    assert not Path("x.pem").exists()


def test_no_file_is_replaced_without_force(certkit) -> None:
    outcome = certkit("bundle", "chain.pem", "--out", "root.pem")
    assert outcome.code == 2
    assert "files.exists" in outcome.err
    assert Path("root.pem").read_bytes() == FILES["root.pem"]
    assert certkit("bundle", "chain.pem", "--out", "root.pem", "--force").code == 0
    assert Path("root.pem").read_bytes() == ISSUED.chain_pem


def test_a_key_that_replaces_a_wider_file_or_a_link_is_private_all_the_same(certkit) -> None:
    Path("wide").write_bytes(b"old")
    Path("wide").chmod(0o666)
    Path("link").symlink_to("wide")
    for name in ("link", "wide"):
        given = ["key.pem", "--to", "key", "--out", name, "--force"]
        assert certkit("bundle", *given).code == 0
        assert not Path(name).is_symlink()
        assert mode(name) == 0o600
        if name == "link":
            assert Path("wide").read_bytes() == b"old"


def test_a_folder_in_the_way_is_refused_even_with_force(certkit) -> None:
    Path("there").mkdir()
    assert certkit("bundle", "chain.pem", "--out", "there", "--force").code == 2


def test_a_missing_folder_is_the_environments_fault_and_leaves_nothing(certkit, folder) -> None:
    before = sorted(folder.iterdir())
    outcome = certkit("bundle", "chain.pem", "--out", "no/such/x.pem", "--json")
    assert outcome.code == 3
    assert sorted(folder.iterdir()) == before


def test_a_key_in_a_git_work_tree_draws_a_warning(certkit) -> None:
    Path(".git").mkdir()
    found = certkit("bundle", "key.pem", "--to", "key", "--out", "x.key", "--json").envelope
    assert [one["code"] for one in found["findings"]] == ["files.key-in-git"]
    found = certkit("bundle", "chain.pem", "--out", "x.pem", "--json").envelope
    assert found["findings"] == []


# --- passphrases -----------------------------------------------------------------------------


def test_one_passphrase_opens_and_locks_unless_another_is_given(certkit, monkeypatch) -> None:
    monkeypatch.setenv("STOREPASS", "changeit")
    given = ["chain.pem", "sealed.pem", "--passphrase-file", "secret"]
    certkit("bundle", *given, "--out", "same.p12")
    certkit("bundle", *given, "--out", "file.p12", "--new-passphrase-file", "store-secret")
    certkit("bundle", *given, "--out", "env.p12", "--new-passphrase-env", "STOREPASS")
    for name, passphrase in (("same", b"tulip"), ("file", b"changeit"), ("env", b"changeit")):
        assert pkcs12.load_pkcs12(Path(f"{name}.p12").read_bytes(), passphrase).key is not None
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(Path("file.p12").read_bytes(), b"tulip")


def test_a_key_is_decrypted_for_a_server_and_encrypted_again(certkit) -> None:
    given = ["--passphrase-file", "secret"]
    assert certkit("bundle", "sealed.pem", "--to", "key", "--out", "open", *given).code == 0
    assert Path("open").read_bytes() == ISSUED.key_pem
    again = ["open", "--to", "encrypted-key", "--out", "shut", "--passphrase-file", "store-secret"]
    assert certkit("bundle", *again).code == 0
    assert same_public_key(read_pem("shut", b"changeit").public_key(), ISSUED.key.public_key())


def test_no_passphrase_is_ever_shown(certkit) -> None:
    given = ["chain.pem", "sealed.pem", "--out", "x.p12", "--passphrase-file", "secret"]
    outcome = certkit("bundle", *given, "--json")
    assert "tulip" not in outcome.out + outcome.err
    outcome = certkit("bundle", "sealed.pem", "--check", "--passphrase-file", "wrong")
    assert "rose" not in outcome.out + outcome.err


# --- split -----------------------------------------------------------------------------------


def test_split_writes_the_parts_under_certbots_names(certkit) -> None:
    given = ["backwards.pem", "key.pem", "--split", "deep/site"]
    data = certkit("bundle", *given, "--json").data
    parts = {path.name: path.read_bytes() for path in Path("deep/site").iterdir()}
    assert parts == {
        "privkey.pem": ISSUED.key_pem,
        "cert.pem": ISSUED.certificate.pem,
        "chain.pem": CA.certificate.pem,
        "fullchain.pem": ISSUED.chain_pem,
        "root.pem": CA.root.pem,
    }
    assert mode("deep/site/privkey.pem") == 0o600
    assert data["files"]["key"] == str(Path("deep/site/privkey.pem").absolute())


def test_split_of_a_keystore_gives_back_what_was_joined(certkit) -> None:
    given = ["--passphrase-file", "secret"]
    certkit("bundle", "chain.pem", "key.pem", "--out", "a.p12", *given)
    assert certkit("bundle", "a.p12", "--split", "site", *given).code == 0
    assert Path("site/fullchain.pem").read_bytes() == ISSUED.chain_pem
    assert Path("site/privkey.pem").read_bytes() == ISSUED.key_pem
    assert not Path("site/root.pem").exists()


def test_split_writes_nothing_over_anything(certkit) -> None:
    Path("site").mkdir()
    Path("site/fullchain.pem").write_text("mine")
    assert certkit("bundle", "chain.pem", "key.pem", "--split", "site").code == 2
    assert [path.name for path in Path("site").iterdir()] == ["fullchain.pem"]
    assert Path("site/fullchain.pem").read_text() == "mine"


# --- check -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        ["leaf.pem", "key.pem"],
        ["key.der", "leaf.der"],
        ["chain.pem", "sealed.pem", "--passphrase-file", "secret"],
        ["rsa.pem", "rsa-key.pem"],
        ["leaf.pem", "key.pem", "rsa.pem", "rsa-key.pem"],
    ],
)
def test_check_says_yes(certkit, given) -> None:
    outcome = certkit("bundle", *given, "--check")
    assert outcome.code == 0
    assert outcome.out.startswith("yes: ")
    assert certkit("bundle", *given, "--check", "--json").data["match"] is True


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (["leaf.pem", "other-key.pem"], "key values mismatch"),
        (["leaf.pem", "rsa-key.pem"], "nginx -t passes"),
        (["rsa.pem", "key.pem"], "nginx -t passes"),
        (["chain.pem", "ca-key.pem"], "key values mismatch"),
        (["leaf.pem", "key.pem", "other-key.pem"], "key values mismatch"),
    ],
    ids=[
        "same type",
        "EC with an RSA key",
        "RSA with an EC key",
        "the issuer's key",
        "one too many",
    ],
)
def test_check_says_no_and_why(certkit, given, word) -> None:
    outcome = certkit("bundle", *given, "--check", "--json")
    assert outcome.code == 1
    assert outcome.envelope["status"] == "no"
    assert outcome.data["match"] is False
    (finding,) = outcome.envelope["findings"]
    assert finding["code"] == "files.key-mismatch"
    assert word in finding["why"]


def test_check_says_no_to_a_file_whose_first_certificate_is_the_cas(certkit) -> None:
    outcome = certkit("bundle", "backwards.pem", "key.pem", "--check", "--json")
    assert outcome.code == 1
    assert [one["code"] for one in outcome.envelope["findings"]] == ["files.leaf-not-first"]


@pytest.mark.parametrize("given", [["leaf.pem"], ["key.pem"]])
def test_check_needs_both(certkit, given) -> None:
    assert certkit("bundle", *given, "--check").code == 2


def test_check_writes_nothing(certkit, folder) -> None:
    before = sorted(folder.iterdir())
    certkit("bundle", "chain.pem", "key.pem", "--check")
    assert sorted(folder.iterdir()) == before


def test_the_fix_for_a_chain_in_disorder_repairs_it(certkit) -> None:
    import shlex

    (finding,) = certkit("bundle", "backwards.pem", "key.pem", "--check", "--json").envelope[
        "findings"
    ]
    assert certkit(*shlex.split(finding["fix"]["text"])[1:]).code == 0
    assert certkit("bundle", "NEW.pem", "key.pem", "--check").code == 0


def test_the_fix_for_an_encrypted_key_decrypts_it(certkit) -> None:
    import shlex

    given = ["leaf.pem", "sealed.pem", "--check", "--passphrase-file", "secret", "--json"]
    (finding,) = certkit("bundle", *given).envelope["findings"]
    assert finding["code"] == "files.encrypted-key"
    Path("PASSPHRASE-FILE").write_bytes(b"tulip\n")
    assert certkit(*shlex.split(finding["fix"]["text"])[1:]).code == 0
    assert Path("NEW-key.pem").read_bytes() == ISSUED.key_pem


def test_foreign_text_cannot_steer_the_terminal(certkit, folder) -> None:
    name = "evil\x1b[2J.pem"
    (folder / name).write_bytes(ISSUED.certificate.pem.replace(b"-----END", b"----END"))
    outcome = certkit("bundle", name)
    assert outcome.code == 2
    assert "\x1b" not in outcome.err


def test_the_help_shows_examples_and_exit_codes(certkit) -> None:
    outcome = certkit("bundle", "--help")
    assert outcome.code == 0
    assert "certkit bundle site.pem site-key.pem --check" in outcome.out
    assert "Exit codes" in outcome.out


def test_the_envelope_is_json_on_one_stream(certkit) -> None:
    outcome = certkit("bundle", "backwards.pem", "--json")
    assert json.loads(outcome.out)["command"] == "bundle"
    assert outcome.err == ""
