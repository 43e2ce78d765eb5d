"""``certkit inspect``: everything in a file or behind a URL, in words; keys are never shown."""

from __future__ import annotations

import base64
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings

from certkit import CertificateAuthority, server_context
from certkit.cli.certificate_fields import rows
from certkit.cli.other_fields import crl_data, request_data
from certkit.pki.certificate import Certificate
from certkit.pki.keys import dump_private_key
from tests.peers import program
from tests.probe.servers import listening, speaking
from tests.verify.make import crl, root
from tests.verify.test_hostile import damaged

CA = CertificateAuthority.create(permit=["dev.example.com"])
MIDDLE = CA.intermediate()
ISSUED = MIDDLE.issue("app.test", "10.0.0.5", "bücher.test")


@pytest.fixture
def files(folder):
    (folder / "chain.pem").write_bytes(ISSUED.chain_pem + CA.root.pem)
    (folder / "site.pem").write_bytes(ISSUED.chain_pem)
    (folder / "site-key.pem").write_bytes(ISSUED.key_pem)
    (folder / "locked-key.pem").write_bytes(dump_private_key(ISSUED.key, b"sesame"))
    (folder / "secret").write_text("sesame")
    return folder


def test_a_certificate_is_shown_field_by_field(certkit, files):
    outcome = certkit("inspect", "site.pem")
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith("site.pem: 2 certificates\n")
    shown = dict(re.findall(r"^  (\S.{0,13}\S)  +(\S.*)$", outcome.out, re.MULTILINE))
    assert shown["CA"] == "yes, with no CAs between it and a server"
    first = outcome.out[: outcome.out.index("certificate 2 of 2")]
    names = "app.test, 10.0.0.5, xn--bcher-kva.test (app.test, 10.0.0.5, bücher.test)"
    assert f"  names          {names}\n" in first
    assert "  key            ECDSA P-256 (256 bits)\n" in first
    assert "  purposes       serverAuth\n" in first
    assert "dev.example.com" in outcome.out[len(first) :]
    assert f"  sha256         {ISSUED.certificate.sha256}\n" in first


def test_every_field_can_explain_itself(certkit, files):
    plain = certkit("inspect", "site.pem").out.splitlines()
    explained = certkit("inspect", "site.pem", "--explain").out.splitlines()
    fields = [line for line in plain if re.match(r"  [a-zA-Z]", line)]
    meanings = [line for line in explained if re.match(r" {17}[a-z]", line)]
    assert len(explained) == len(plain) + len(meanings)
    assert len(meanings) == len(fields)
    assert all(len(line) <= 110 for line in meanings)


def test_the_chain_is_a_tree_from_the_leaf_up_whatever_the_order(certkit, files):
    (files / "mixed.pem").write_bytes(CA.root.pem + MIDDLE.certificate.pem + ISSUED.certificate.pem)
    for name in ("chain.pem", "mixed.pem"):
        outcome = certkit("inspect", name)
        tree = outcome.out.split("\n\n")[1].splitlines()
        assert [line for line in tree if "signed by" in line or line.startswith("O=")] == [
            "O=certkit development certificate",
            f"   signed by {MIDDLE.certificate.subject}",
            f"      signed by {CA.root.subject}",
        ]
    data = certkit("inspect", "mixed.pem", "--json").data
    assert data["chain"] == [
        each.sha256 for each in (ISSUED.certificate, MIDDLE.certificate, CA.root)
    ]
    assert [each["profile"] for each in data["certificates"]] == ["root", "intermediate", "server"]


def test_certificates_of_no_common_chain_are_no_tree(certkit, folder):
    for name in ("a.test", "b.test"):
        (folder / f"{name}.pem").write_bytes(CA.issue(name).certificate.pem)
    outcome = certkit("inspect", ".")
    assert outcome.code == 0
    assert "certificate 2 of 2" in outcome.out
    assert "signed by O=" not in outcome.out
    assert certkit("inspect", ".", "--json").data["chain"] == []


def test_a_key_is_described_and_never_shown(certkit, files):
    secret = ISSUED.key.private_numbers().private_value
    der = base64.b64decode(b"".join(ISSUED.key_pem.splitlines()[1:-1]))
    for arguments in (["site-key.pem"], ["site-key.pem", "--json"], ["site-key.pem", "--explain"]):
        outcome = certkit("inspect", *arguments)
        assert outcome.code == 0
        said = outcome.out + outcome.err
        assert "PRIVATE KEY" not in said
        for form in (
            f"{secret:x}",
            str(secret),
            base64.b64encode(der).decode()[20:60],
            secret.to_bytes(32, "big").hex(),
        ):
            assert form not in said
    key = certkit("inspect", "site-key.pem", "--json").data["keys"]
    assert key == [
        {
            "algorithm": "ECDSA P-256",
            "bits": 256,
            "encrypted": False,
            "certificate": ISSUED.certificate.sha256,
            "file": str(files / "chain.pem"),
        }
    ]


def test_a_key_alone_belongs_to_nothing(certkit, folder):
    (folder / "lone.pem").write_bytes(ISSUED.key_pem)
    (folder / "other.pem").write_bytes(CA.issue("other.test").certificate.pem)
    outcome = certkit("inspect", "lone.pem")
    assert "no certificate in this file or its folder" in outcome.out


def test_a_locked_key_is_still_a_key(certkit, files):
    outcome = certkit("inspect", "locked-key.pem")
    assert outcome.code == 0
    assert "  encrypted      yes\n" in outcome.out
    assert "--passphrase-file" in outcome.out
    opened = certkit("inspect", "locked-key.pem", "--passphrase-file", "secret", "--json").data
    assert opened["keys"][0]["encrypted"] is True
    assert opened["keys"][0]["certificate"] == ISSUED.certificate.sha256
    (files / "wrong").write_text("open")
    wrong = certkit("inspect", "locked-key.pem", "--passphrase-file", "wrong", "--json")
    assert wrong.code == 2
    assert wrong.envelope["errors"][0]["code"] == "files.encrypted-key"


def test_a_keystore_is_opened_or_said_to_be_locked(certkit, files):
    arguments = ("site.pem", "site-key.pem", "--out", "site.p12", "--passphrase-file", "secret")
    assert certkit("bundle", *arguments).code == 0
    outcome = certkit("inspect", "site.p12", "--passphrase-file", "secret", "--json")
    assert [each["profile"] for each in outcome.data["certificates"]] == ["server", "intermediate"]
    assert outcome.data["keys"][0]["certificate"] == ISSUED.certificate.sha256
    locked = certkit("inspect", "site.p12")
    assert locked.code == 2
    assert "passphrase" in locked.err


def test_a_request_is_shown_with_the_command_that_signs_it(certkit, folder):
    command = [program("openssl"), "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout"]
    command += ["my key.pem", "-out", "my request.csr", "-subj", "/O=me"]
    command += ["-addext", "subjectAltName=DNS:app.test,IP:10.0.0.5"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    outcome = certkit("inspect", "my request.csr")
    assert "  names          app.test, 10.0.0.5\n" in outcome.out
    assert "  key            RSA (2048 bits)\n" in outcome.out
    assert "certkit issue --csr 'my request.csr'" in outcome.out
    data = certkit("inspect", "my request.csr", "--json").data
    assert data["requests"][0]["signature_valid"] is True
    assert data["requests"][0]["subject"] == "O=me"


def test_a_revocation_list_is_shown(certkit, folder):
    ca = root("CN=Lists")
    (folder / "ca.crl").write_bytes(crl(ca, ca.leaf("a.test").certificate, number=7))
    outcome = certkit("inspect", "ca.crl")
    assert "  issuer         CN=Lists\n" in outcome.out
    assert certkit("inspect", "ca.crl", "--json").data["crls"] == [
        {
            "issuer": "CN=Lists",
            "number": 7,
            "last_update": "2026-05-31T12:00:00Z",
            "next_update": "2026-06-02T12:00:00Z",
            "revoked": 1,
        }
    ]


def test_a_live_server_is_shown_as_it_is(certkit):
    with listening(speaking(server_context(ISSUED))) as port:
        outcome = certkit("inspect", f"wss://127.0.0.1:{port}")
        elsewhere = ("--connect", f"127.0.0.1:{port}")
        data = certkit("inspect", f"wss://app.test:{port}", *elsewhere, "--json").data
    assert outcome.code == 0
    assert outcome.out.startswith(f"wss://127.0.0.1:{port}: 2 certificates, sent by 127.0.0.1:")
    assert [each["sha256"] for each in data["certificates"]] == [
        each.sha256 for each in ISSUED.chain
    ]
    assert data["connection"]["version"] == "TLSv1.3"


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x30\x82\xff\xff", b"-----BEGIN X-----"])
def test_what_is_nothing_is_refused(certkit, folder, content):
    (folder / "file").write_bytes(content)
    outcome = certkit("inspect", "file", "--json")
    assert outcome.code == 2
    assert outcome.envelope["errors"][0]["code"].startswith("files.")


def test_hostile_text_is_escaped(certkit, folder):
    evil = root("CN=evil\x1b[31m\r\nnames          good.test")
    (folder / "evil.pem").write_bytes(evil.certificate.pem)
    outcome = certkit("inspect", "evil.pem")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert "\nnames " not in outcome.out


def test_a_name_with_a_comma_is_not_taken_for_two(certkit, folder):
    made = root().leaf("a, good.test", "app.test")
    (folder / "comma.pem").write_bytes(made.certificate.pem)
    assert "names          'a, good.test', app.test\n" in certkit("inspect", "comma.pem").out


_BUILDER = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
REQUEST = (
    _BUILDER.add_extension(x509.SubjectAlternativeName([x509.DNSName("a.test")]), critical=False)
    .sign(ISSUED.key, ISSUED.certificate.x509.signature_hash_algorithm)
    .public_bytes(Encoding.DER)
)
LIST = x509.load_pem_x509_crl(crl(root("CN=Lists"), ISSUED.certificate)).public_bytes(Encoding.DER)


@settings(max_examples=200, deadline=None)
@given(damaged(MIDDLE.certificate.der), damaged(REQUEST), damaged(LIST))
@pytest.mark.filterwarnings("ignore")
def test_what_is_damaged_is_shown_or_refused(certificate, request_, revoked):
    for load, show, der in (
        (x509.load_der_x509_certificate, lambda it: list(rows(Certificate(it))), certificate),
        (x509.load_der_x509_csr, request_data, request_),
        (x509.load_der_x509_crl, crl_data, revoked),
    ):
        try:
            loaded = load(der)
        except (ValueError, x509.InvalidVersion):
            continue
        assert show(loaded)
