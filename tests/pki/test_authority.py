"""The certificate authority: profile, constraints, requests, delegation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from certkit import Certificate, CertificateAuthority, CertkitError, self_signed
from certkit.pki.keys import KEY_KINDS, load_private_key

NOW = datetime(2026, 6, 1, 12, 0, 30, 123456, tzinfo=UTC)


@pytest.fixture(scope="module")
def ca() -> CertificateAuthority:
    return CertificateAuthority.create(permit=["dev.example.com"], now=NOW)


def accepted(issued, name: str, *, root: Certificate | None = None) -> bool:
    """Whether pyca's verifier, with its default policies, takes the chain for the DNS ``name``."""
    verifier = (
        PolicyBuilder()
        .store(Store([(root or issued.ca).x509]))
        .time(NOW)
        .build_server_verifier(x509.DNSName(name))
    )
    leaf, *intermediates = (certificate.x509 for certificate in issued.chain)
    try:
        verifier.verify(leaf, intermediates)
    except VerificationError:
        return False
    return True


def test_the_root_has_the_profile_of_the_design(ca):
    root = ca.root
    described = root.describe()
    assert described["key"] == {"algorithm": "ECDSA P-256", "bits": 256}
    assert described["profile"] == "root"
    assert described["self_signed"] is True
    assert described["key_usage"] == ["keyCertSign", "cRLSign"]
    assert described["extended_key_usage"] == ["serverAuth", "clientAuth"]
    assert described["ski"] == described["aki"]
    assert root.subject == f"O=certkit local CA,CN=certkit CA {root.ski[:8]}"
    assert root.not_before == NOW.replace(microsecond=0) - timedelta(hours=1)
    assert root.not_after - root.not_before == timedelta(days=3650, seconds=-1)
    critical = {extension.oid: extension.critical for extension in root.x509.extensions}
    assert critical == {
        x509.BasicConstraints.oid: True,
        x509.KeyUsage.oid: True,
        x509.ExtendedKeyUsage.oid: False,
        x509.SubjectKeyIdentifier.oid: False,
        x509.AuthorityKeyIdentifier.oid: False,
        x509.NameConstraints.oid: True,
    }
    assert root.extension(x509.BasicConstraints).value.path_length == 1


def test_two_authorities_never_share_a_subject():
    assert CertificateAuthority.create().root.subject != CertificateAuthority.create().root.subject


def test_the_default_constraints_are_the_private_names_and_addresses():
    described = CertificateAuthority.create().root.describe()["constraints"]
    assert described["dns"] == ["localhost", "test", "internal", "home.arpa", "local", "lan"]
    assert described["ip"] == [
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "fc00::/7",
        "fe80::/10",
    ]


def test_a_leaf_has_the_profile_of_the_design(ca):
    leaf = ca.issue("10.0.0.5", "*.dev.test", now=NOW).certificate
    described = leaf.describe()
    assert described["subject"] == "O=certkit development certificate"
    assert described["names"] == [
        {"type": "ip", "value": "10.0.0.5"},
        {"type": "dns", "value": "*.dev.test"},
        {"type": "dns", "value": "dev.test"},
    ]
    assert described["key_usage"] == ["digitalSignature"]
    assert described["extended_key_usage"] == ["serverAuth"]
    assert described["aki"] == ca.root.ski
    assert described["is_ca"] is False
    assert leaf.not_before == NOW.replace(microsecond=0) - timedelta(hours=1)
    assert leaf.not_after - leaf.not_before == timedelta(days=397, seconds=-1)
    assert leaf.extension(x509.SubjectAlternativeName).critical is False
    assert leaf.extension(x509.KeyUsage).critical is True
    assert leaf.extension(x509.BasicConstraints).critical is True


@pytest.mark.parametrize("kind", [kind for kind in KEY_KINDS if kind.startswith("rsa")])
def test_only_rsa_keys_get_key_encipherment(ca, kind):
    leaf = ca.issue("localhost", key=kind, now=NOW).certificate
    assert leaf.key_usage == ("digitalSignature", "keyEncipherment")


def test_a_client_certificate_is_for_clients_only(ca):
    leaf = ca.issue("localhost", client=True, now=NOW).certificate
    assert leaf.extended_key_usage == ("clientAuth",)
    assert leaf.profile == "client"
    assert not accepted(ca.issue("localhost", client=True, now=NOW), "localhost")


def test_the_right_name_is_accepted_and_a_wrong_one_refused(ca):
    issued = ca.issue("*.dev.test", now=NOW)
    assert accepted(issued, "a.dev.test")
    assert accepted(issued, "dev.test")
    assert not accepted(issued, "a.b.dev.test")
    assert not accepted(issued, "a.dev.test", root=CertificateAuthority.create(now=NOW).root)


def test_the_common_name_is_written_on_request_only(ca):
    assert ca.issue("localhost", now=NOW).certificate.subject == "O=certkit development certificate"
    named = ca.issue("10.0.0.5", "localhost", common_name=True, now=NOW).certificate
    assert named.subject == "O=certkit development certificate,CN=localhost"
    with pytest.raises(CertkitError, match="no DNS name") as refused:
        ca.issue("10.0.0.5", common_name=True, now=NOW)
    assert refused.value.code == "name.no-common-name"


def test_a_name_outside_the_constraints_is_refused_with_the_command_that_widens(ca):
    with pytest.raises(CertkitError) as refused:
        ca.issue("app.example.org", now=NOW)
    assert refused.value.code == "chain.name-constraint"
    assert refused.value.hint == "certkit ca permit app.example.org"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "wide", ["com", "co.uk", "dev", "*.com", "0.0.0.0/0", "8.0.0.0/8", "2000::/3"]
)
def test_what_is_too_wide_is_never_permitted(ca, wide):
    with pytest.raises(CertkitError):
        ca.permit(wide, now=NOW)
    with pytest.raises(CertkitError):
        CertificateAuthority.create(permit=[wide], now=NOW)


def test_permit_widens_the_root_and_keeps_key_subject_and_end(ca):
    before = ca.issue("localhost", now=NOW)
    wider = ca.permit("dev.example.org", now=NOW + timedelta(days=1))
    assert wider.root.subject == ca.root.subject
    assert wider.root.ski == ca.root.ski
    assert wider.root.not_after == ca.root.not_after
    assert wider.root.serial != ca.root.serial
    assert accepted(before, "localhost", root=wider.root) is False  # not valid before tomorrow
    issued = wider.issue("a.dev.example.org", now=NOW)
    assert "dev.example.org" in wider.root.describe()["constraints"]["dns"]
    assert issued.certificate.aki == ca.root.ski


def test_an_unconstrained_authority_signs_everything():
    free = CertificateAuthority.create(unconstrained=True, now=NOW)
    assert free.constraints is None
    assert accepted(free.issue("example.com", now=NOW), "example.com")
    with pytest.raises(CertkitError, match="no name constraints"):
        free.permit("example.org")


def test_an_intermediate_carries_the_constraints_and_signs_leaves_only(ca):
    issuing = ca.intermediate(now=NOW)
    assert issuing.certificate.describe()["constraints"] == ca.root.describe()["constraints"]
    assert issuing.certificate.extension(x509.BasicConstraints).value.path_length == 0
    assert issuing.root == ca.root
    issued = issuing.issue("localhost", now=NOW)
    assert issued.chain == (issued.certificate, issuing.certificate)
    assert issued.ca == ca.root
    assert accepted(issued, "localhost")
    with pytest.raises(CertkitError) as refused:
        issuing.intermediate(now=NOW)
    assert refused.value.code == "chain.path-too-long"


def test_a_leaf_never_outlives_its_issuer():
    short = CertificateAuthority.create(days=30, now=NOW)
    assert short.issue("localhost", now=NOW).certificate.not_after == short.root.not_after
    with pytest.raises(CertkitError) as refused:
        short.issue("localhost", now=NOW + timedelta(days=31))
    assert refused.value.code == "validity.issuer-expired"


@pytest.mark.parametrize("days", [0, -1, 826, 100_000])
def test_days_outside_what_apple_accepts_are_refused(ca, days):
    with pytest.raises(CertkitError) as refused:
        ca.issue("localhost", days=days, now=NOW)
    assert refused.value.code == "validity.bad-days"


def test_a_small_rsa_key_is_not_made_for_a_ca():
    with pytest.raises(CertkitError) as refused:
        CertificateAuthority.create(key="rsa2048")
    assert refused.value.code == "key.too-small-for-ca"


def test_now_key_and_serial_can_be_given():
    key = ec.generate_private_key(ec.SECP256R1())
    one = CertificateAuthority.create(now=NOW, private_key=key, serial=7)
    assert one.root.serial == "07"
    assert one.key is key
    leaf = one.issue("localhost", now=NOW, private_key=key, serial=9)
    assert leaf.key is key
    assert leaf.certificate.serial == "09"


def test_browsers_are_mentioned_for_ed25519(ca):
    codes = [finding.code for finding in ca.issue("localhost", key="ed25519", now=NOW).findings]
    assert codes == ["crypto.browser-unsupported-key"]
    assert ca.issue("localhost", now=NOW).findings == ()


def csr(*, key=None, san=("app.test",), common_name=None, ca_true=False) -> bytes:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if san:
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in san])
        builder = builder.add_extension(names, critical=False)
    if ca_true:
        basic = x509.BasicConstraints(ca=True, path_length=None)
        builder = builder.add_extension(basic, critical=True)
    request = builder.sign(key, hashes.SHA256())
    from cryptography.hazmat.primitives.serialization import Encoding

    return request.public_bytes(Encoding.PEM)


def test_a_request_gets_its_names_and_its_key_and_nothing_else(ca):
    key = ec.generate_private_key(ec.SECP256R1())
    issued = ca.sign(csr(key=key, san=("app.test", "*.app.test"), ca_true=True), now=NOW)
    leaf = issued.certificate
    assert [str(name) for name in leaf.names] == ["app.test", "*.app.test"]
    assert leaf.public_key == key.public_key()
    assert leaf.is_ca is False
    assert leaf.key_usage == ("digitalSignature",)
    assert issued.key is None
    assert [finding.code for finding in issued.findings] == ["usage.csr-extensions-ignored"]
    assert "CA:TRUE" in issued.findings[0].summary
    with pytest.raises(CertkitError):
        _ = issued.key_pem


def test_an_address_in_the_common_name_of_a_request_becomes_an_address(ca):
    issued = ca.sign(csr(san=(), common_name="127.0.0.1"), now=NOW)
    assert [(name.type, name.value) for name in issued.certificate.names] == [("ip", "127.0.0.1")]


def test_requests_that_break_a_rule_are_refused(ca):
    good = csr()
    cases = {
        "csr.wrong-format": b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END",
        "csr.no-names": csr(san=()),
        "name.wildcard-tld": csr(san=("*.test",)),
        "chain.name-constraint": csr(san=("app.example.org",)),
        "crypto.weak-key": csr(key=rsa.generate_private_key(65537, 1024)),
    }
    for code, data in cases.items():
        with pytest.raises(CertkitError) as refused:
            ca.sign(data, now=NOW)
        assert refused.value.code == code
    assert ca.sign(good, now=NOW).certificate.names


def test_a_request_whose_signature_is_not_its_own_is_refused(ca):
    from cryptography.hazmat.primitives.serialization import Encoding

    der = bytearray(x509.load_pem_x509_csr(csr()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    with pytest.raises(CertkitError) as refused:
        ca.sign(bytes(der), now=NOW)
    assert refused.value.code in {"csr.bad-signature", "csr.wrong-format"}


def test_a_self_signed_certificate_is_a_leaf_with_key_identifiers():
    leaf = self_signed("localhost", "127.0.0.1", now=NOW).certificate
    assert leaf.self_signed
    assert leaf.is_ca is False
    assert leaf.ski == leaf.aki is not None


def test_loading_refuses_what_does_not_belong_together(ca):
    again = CertificateAuthority.load(ca.certificate_pem, ca.key_pem)
    assert again.root == ca.root
    leaf = ca.issue("localhost", now=NOW)
    cases = {
        "files.key-mismatch": (ca.certificate_pem, leaf.key_pem),
        "chain.issuer-not-ca": (leaf.certificate_pem, leaf.key_pem),
        "files.wrong-format": (ca.key_pem, ca.key_pem),
    }
    for code, (certificate, key) in cases.items():
        with pytest.raises(CertkitError) as refused:
            CertificateAuthority.load(certificate, key)
        assert refused.value.code == code


def test_a_legacy_encrypted_key_with_a_short_iv_is_an_error_in_words():
    """cryptography 50 panics over it, past every `except Exception`."""
    damaged = (
        b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        b"DEK-Info: AES-256-CBC,00112233445566778899\n\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        b"-----END RSA PRIVATE KEY-----\n"
    )
    with pytest.raises(CertkitError) as refused:
        load_private_key(damaged, b"secret")
    assert refused.value.code in {"files.wrong-format", "files.encrypted-key"}
