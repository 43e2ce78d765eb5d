"""Files as people have them: what is odd about each is said, and its sound twin has no remark.

Each is asked about in three ways: verify, inspect and bundle.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from certkit import CertificateAuthority
from certkit.pki.pem import encode

CA = CertificateAuthority.create()
MIDDLE = CA.intermediate()
SITE = MIDDLE.issue("app.test")
OTHER = MIDDLE.issue("other.test")
RSA = rsa.generate_private_key(65537, 2048)
PASSPHRASE = b"sesame"


def pem(key, passphrase: bytes | None = None) -> bytes:
    seal = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, seal)


PAIR = SITE.chain_pem + SITE.key_pem
TRUSTED = encode(
    "TRUSTED CERTIFICATE", SITE.certificate.der + bytes.fromhex("300c300a06082b06010505070301")
)


@dataclass(frozen=True)
class Odd:
    """``codes`` of the findings and their severities; ``name`` is that of the file."""

    data: bytes
    codes: list[tuple[str, str]]
    name: str = "site.pem"


WRONG_FORMAT = [("files.wrong-format", "warning")]
MISMATCH = [("files.key-mismatch", "error")]

VERIFIED = {
    "a pair": Odd(PAIR, []),
    "a pair, the key first": Odd(SITE.key_pem + SITE.chain_pem, []),
    "a chain": Odd(SITE.chain_pem, []),
    "CRLF": Odd(PAIR.replace(b"\n", b"\r\n"), []),
    "text around the blocks": Odd(b"subject=app\n" + SITE.chain_pem + b"\n\n", []),
    "DER called .der": Odd(
        SITE.certificate.der, [("chain.missing-intermediate", "error")], "a.der"
    ),
    "the key of another certificate": Odd(SITE.chain_pem + OTHER.key_pem, MISMATCH),
    "a key of another type": Odd(SITE.chain_pem + pem(RSA), MISMATCH),
    "an encrypted key": Odd(
        SITE.chain_pem + pem(SITE.key, PASSPHRASE), [("files.encrypted-key", "warning")]
    ),
    "the CA first": Odd(
        MIDDLE.certificate.pem + SITE.certificate.pem, [("files.leaf-not-first", "error")]
    ),
    "a byte order mark": Odd(b"\xef\xbb\xbf" + PAIR, WRONG_FORMAT),
    "UTF-16": Odd(PAIR.decode().encode("utf-16"), WRONG_FORMAT),
    "TRUSTED CERTIFICATE": Odd(TRUSTED + MIDDLE.certificate.pem, WRONG_FORMAT),
    "DER called .pem": Odd(SITE.certificate.der + MIDDLE.certificate.der, WRONG_FORMAT),
    "a key between the lines of a certificate": Odd(
        SITE.chain_pem + SITE.key_pem.replace(b"PRIVATE KEY", b"CERTIFICATE"), WRONG_FORMAT
    ),
    "a damaged intermediate": Odd(
        SITE.certificate.pem + MIDDLE.certificate.pem.replace(b"MII", b"M!I", 1),
        [("chain.missing-intermediate", "error"), ("files.wrong-format", "error")],
    ),
}


def found(outcome) -> list[tuple[str, str]]:
    return [(each["code"], each["severity"]) for each in outcome.envelope["findings"]]


@pytest.fixture
def written(folder):
    """Put a file of the table into the folder, and the root beside it."""

    def write(odd: Odd) -> str:
        (folder / "root.pem").write_bytes(CA.root.pem)
        (folder / odd.name).write_bytes(odd.data)
        return odd.name

    return write


@pytest.mark.parametrize("what", VERIFIED)
def test_verify_says_what_is_odd_about_a_file(certkit, written, what):
    odd = VERIFIED[what]
    ask = ("verify", written(odd), "--host", "app.test", "--ca", "root.pem", "--json")
    outcome = certkit(*ask)
    assert found(outcome) == odd.codes
    assert outcome.code == any(severity == "error" for _, severity in odd.codes)


@pytest.mark.parametrize("what", VERIFIED)
def test_inspect_shows_it_and_says_what_is_odd_about_the_file(certkit, written, what):
    odd = VERIFIED[what]
    outcome = certkit("inspect", written(odd), "--json")
    assert outcome.code == 0
    # What it judges is verify's, whose it is stands with the key, and whether it is encrypted too.
    of_files = {"files.wrong-format", "files.leaf-not-first"}
    assert found(outcome) == [each for each in odd.codes if each[0] in of_files]


REPAIRED = [what for what, odd in VERIFIED.items() if odd.codes == WRONG_FORMAT]


@pytest.mark.parametrize("what", [*REPAIRED, "the CA first", "CRLF"])
def test_bundle_repairs_it(certkit, folder, written, what):
    odd = VERIFIED[what]
    name = written(odd)
    outcome = certkit("bundle", name, "--to", "fullchain", "--out", "repaired.pem", "--json")
    assert outcome.code == 0
    assert [code for code, _ in found(outcome)] == [
        code for code, _ in odd.codes if code != "files.leaf-not-first"
    ]
    again = certkit("verify", "repaired.pem", "--host", "app.test", "--ca", "root.pem", "--json")
    assert (again.code, found(again)) == (0, [])


@pytest.mark.parametrize("what", ["the key of another certificate", "a key of another type"])
def test_bundle_refuses_a_key_that_does_not_belong(certkit, written, what):
    name = written(VERIFIED[what])
    outcome = certkit("bundle", name, "--check", "--json")
    assert (outcome.code, found(outcome)) == (1, MISMATCH)


def test_bundle_checks_a_pair(certkit, written):
    assert certkit("bundle", written(VERIFIED["a pair"]), "--check").code == 0


@pytest.mark.parametrize("command", ["verify", "inspect", "bundle"])
def test_several_leaves_are_told_apart_or_refused(certkit, folder, command):
    (folder / "two.pem").write_bytes(SITE.certificate.pem + OTHER.certificate.pem)
    outcome = certkit(command, "two.pem", "--json")
    if command == "inspect":
        assert len(outcome.data["certificates"]) == 2
    else:
        assert outcome.code == 2
        assert outcome.envelope["errors"][0]["code"] == "files.several-leaves"
        assert "app.test" in outcome.envelope["errors"][0]["message"]


# --- keys ---


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "key.pem"),
        ("verify", "site.pem", "--ca", "key.pem"),
        ("verify", "site.pem", "--host", "app.test", "--untrusted", "key.pem"),
        ("verify", "as-certificate.pem"),
        ("inspect", "key.pem"),
        ("inspect", "as-certificate.pem"),
        ("bundle", "key.pem"),
        ("bundle", "key.pem", "--check"),
        ("bundle", "as-certificate.pem"),
        ("issue", "--csr", "key.pem"),
    ],
)
def test_a_private_key_in_the_place_of_a_certificate_is_never_printed(certkit, folder, arguments):
    (folder / "site.pem").write_bytes(SITE.chain_pem)
    (folder / "key.pem").write_bytes(SITE.key_pem)
    (folder / "as-certificate.pem").write_bytes(
        SITE.key_pem.replace(b"PRIVATE KEY", b"CERTIFICATE")
    )
    secret = SITE.key_pem.splitlines()[1].decode()
    for options in ((), ("--json",)):
        outcome = certkit(*arguments, *options)
        assert secret[:20] not in outcome.out + outcome.err
        assert secret[20:40] not in outcome.out + outcome.err
        assert outcome.out or outcome.err


def test_a_key_where_a_certificate_belongs_is_called_by_its_name(certkit, folder):
    (folder / "key.pem").write_bytes(SITE.key_pem)
    outcome = certkit("verify", "key.pem", "--json")
    assert outcome.code == 2
    (error,) = outcome.envelope["errors"]
    assert error["code"] == "files.no-certificate"
    assert "a private key and no certificate" in error["message"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no mode that says who may read")
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o644, 0o604])
@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "pair.pem", "--host", "app.test", "--ca", "root.pem"),
        ("verify", "site.pem", "--host", "app.test", "--ca", "root.pem"),
        ("verify", "site.pem", "--host", "app.test", "--ca", "root.pem", "--key", "site-key.pem"),
        ("inspect", "site-key.pem"),
        ("bundle", "site.pem", "site-key.pem", "--check"),
        ("bundle", "site.pem", "site-key.pem", "--to", "fullchain"),
    ],
)
def test_a_key_that_everybody_may_read_is_said(certkit, folder, arguments, mode):
    for name, data in {
        "root.pem": CA.root.pem,
        "pair.pem": PAIR,
        "site.pem": SITE.chain_pem,
        "site-key.pem": SITE.key_pem,
    }.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(mode if data in (PAIR, SITE.key_pem) else 0o644)
    outcome = certkit(*arguments, "--json")
    assert outcome.code == 0
    exposed = [("files.key-readable", "warning")] if mode & 0o004 else []
    assert found(outcome) == exposed
    if exposed:
        (finding,) = outcome.envelope["findings"]
        assert finding["fix"]["kind"] == "command"
        assert finding["fix"]["text"].startswith("chmod 600 ")


def test_an_encrypted_key_may_be_read_by_others(certkit, folder):
    (folder / "root.pem").write_bytes(CA.root.pem)
    (folder / "site.pem").write_bytes(SITE.chain_pem + pem(SITE.key, PASSPHRASE))
    (folder / "site.pem").chmod(0o644)
    outcome = certkit("verify", "site.pem", "--host", "app.test", "--ca", "root.pem", "--json")
    assert found(outcome) == [("files.encrypted-key", "warning")]


# --- a key beside its certificate ---


@pytest.mark.parametrize(
    ("certificate", "key", "seen"),
    [
        ("site.pem", "site-key.pem", True),
        ("site.crt", "site.key", True),
        ("fullchain.pem", "privkey.pem", True),
        ("cert.pem", "privkey.pem", True),
        ("site.pem", "privkey.pem", False),
        ("site.pem", "other-key.pem", False),
    ],
)
def test_a_key_beside_the_file_is_compared_and_only_warned_about(
    certkit, folder, certificate, key, seen
):
    (folder / "root.pem").write_bytes(CA.root.pem)
    (folder / certificate).write_bytes(SITE.chain_pem)
    ask = ("verify", certificate, "--host", "app.test", "--ca", "root.pem", "--json")
    (folder / key).write_bytes(SITE.key_pem)
    assert (certkit(*ask).code, found(certkit(*ask))) == (0, [])
    (folder / key).write_bytes(OTHER.key_pem)
    outcome = certkit(*ask)
    assert outcome.code == 0
    assert found(outcome) == ([("files.key-mismatch", "warning")] if seen else [])
    (folder / key).write_bytes(pem(OTHER.key, PASSPHRASE))
    assert found(certkit(*ask)) == []
