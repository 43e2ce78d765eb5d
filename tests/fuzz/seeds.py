"""Sound files of every kind that certkit reads: what the fuzzer damages."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tests.verify.make import NOW, SERVER, crl, dn, nc, root, san

PASSPHRASE = b"sesame"
SUBJECT = "C=DE,O=test,OU=a,CN=app.test,E=me@app.test"

CA = root(
    "C=DE,O=test,CN=Root",
    add=[
        nc(
            [
                x509.DNSName("test"),
                x509.IPAddress(ip_network("10.0.0.0/8")),
                x509.IPAddress(ip_network("fd00::/8")),
                x509.RFC822Name("app.test"),
                x509.UniformResourceIdentifier("app.test"),
                x509.DirectoryName(dn("C=DE")),
            ],
            [x509.DNSName("bad.test")],
        )
    ],
    critical=[x509.NameConstraints],
    path_length=2,
)
MIDDLE = CA.ca(
    "C=DE,O=test,CN=Issuing CA",
    path_length=0,
    add=[
        nc([x509.DNSName("test"), x509.IPAddress(ip_network("10.0.0.0/16"))]),
        x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3.4"), ["a"])]),
        x509.ExtendedKeyUsage([SERVER, ExtendedKeyUsageOID.CLIENT_AUTH]),
    ],
)
LEAF = MIDDLE.leaf(
    "app.test",
    "*.app.test",
    "xn--bcher-kva.test",
    x509.IPAddress(ip_address("10.0.0.5")),
    x509.IPAddress(ip_address("fd00::5")),
    x509.RFC822Name("me@app.test"),
    x509.UniformResourceIdentifier("https://app.test/"),
    x509.DirectoryName(dn("C=DE")),
    x509.OtherName(x509.ObjectIdentifier("1.2.3"), bytes.fromhex("0500")),
    x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
    subject=SUBJECT,
    add=[
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.CA_ISSUERS,
                    x509.UniformResourceIdentifier("http://ca.test/ca.der"),
                )
            ]
        ),
        x509.CRLDistributionPoints(
            [
                x509.DistributionPoint(
                    [x509.UniformResourceIdentifier("http://ca.test/ca.crl")], None, None, None
                )
            ]
        ),
        x509.TLSFeature([x509.TLSFeatureType.status_request]),
        x509.IssuerAlternativeName([x509.DNSName("ca.test")]),
    ],
)
SCOPE = x509.IssuingDistributionPoint(
    full_name=[x509.UniformResourceIdentifier("http://ca.test/ca.crl")],
    relative_name=None,
    only_contains_user_certs=False,
    only_contains_ca_certs=False,
    only_some_reasons=None,
    indirect_crl=False,
    only_contains_attribute_certs=False,
)
LIST = x509.load_pem_x509_crl(
    crl(
        MIDDLE,
        CA.leaf("x.test").certificate,
        reason=x509.ReasonFlags.key_compromise,
        add=[
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(MIDDLE.key.public_key()), False),
            (SCOPE, True),
        ],
    )
)


def _request() -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder().subject_name(dn(SUBJECT))
    builder = builder.add_extension(san("app.test", "b.test"), critical=False)
    builder = builder.add_attribute(x509.ObjectIdentifier("1.2.840.113549.1.9.7"), b"secret")
    return builder.sign(LEAF.key, hashes.SHA256())


REQUEST = _request()


def _keystore(rounds: int) -> bytes:
    seal = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(rounds)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(PASSPHRASE)
    )
    others = [MIDDLE.certificate.x509, CA.certificate.x509]
    return pkcs12.serialize_key_and_certificates(
        b"app", LEAF.key, LEAF.certificate.x509, others, seal
    )


def _key(key: object) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _with_key(key: object) -> bytes:
    return MIDDLE.leaf("app.test", private_key=key).certificate.der


def _chain() -> bytes:
    return b"".join(each.certificate.pem for each in (LEAF, MIDDLE, CA))


# Name -> DER. Few rounds in the keystore: its own cost is not what is measured.
DER: dict[str, bytes] = {
    "leaf": LEAF.certificate.der,
    "intermediate": MIDDLE.certificate.der,
    "root": CA.certificate.der,
    "rsa": _with_key(rsa.generate_private_key(65537, 2048)),
    "ed25519": _with_key(ed25519.Ed25519PrivateKey.generate()),
    "p521": _with_key(ec.generate_private_key(ec.SECP521R1())),
    "old": MIDDLE.leaf("app.test", end=NOW - timedelta(days=1)).certificate.der,
    "crl": LIST.public_bytes(Encoding.DER),
    "request": REQUEST.public_bytes(Encoding.DER),
    "pkcs7": pkcs7.serialize_certificates(
        [LEAF.certificate.x509, MIDDLE.certificate.x509], Encoding.DER
    ),
    "pkcs12": _keystore(10),
    "key": _key(LEAF.key),
}
PEM: dict[str, bytes] = {
    "chain": _chain(),
    "pair": _chain() + LEAF.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
}
# What is signed again after it was damaged, and by whom: then the damage is looked at in earnest.
SIGNED: dict[str, tuple[bytes, object]] = {
    "leaf": (LEAF.certificate.x509.tbs_certificate_bytes, MIDDLE.key),
    "intermediate": (MIDDLE.certificate.x509.tbs_certificate_bytes, CA.key),
    "request": (REQUEST.tbs_certrequest_bytes, LEAF.key),
    "crl": (LIST.tbs_certlist_bytes, MIDDLE.key),
}
