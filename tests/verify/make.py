"""Certificates with any flaw: what certkit itself refuses to make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certkit import Certificate
from certkit.pki import der

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


def dn(text: str) -> x509.Name:
    """``O=a,CN=b``, in this order; an empty text is an empty name."""
    parts = [part.split("=") for part in text.split(",") if part]
    oids = {
        "O": NameOID.ORGANIZATION_NAME,
        "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "CN": NameOID.COMMON_NAME,
        "C": NameOID.COUNTRY_NAME,
        "E": NameOID.EMAIL_ADDRESS,
    }
    return x509.Name([x509.NameAttribute(oids[kind], value) for kind, value in parts])


_BITS = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def key_usage(*bits: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{bit: bit in bits for bit in _BITS})


def san(*names: str | x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.DNSName(name) if isinstance(name, str) else name for name in names]
    )


def nc(permitted=None, excluded=None) -> x509.NameConstraints:
    return x509.NameConstraints(permitted, excluded)


@dataclass
class Made:
    """A certificate and the key that goes with it; issue others with :meth:`leaf`, :meth:`ca`."""

    certificate: Certificate
    key: object

    def leaf(self, *names, **flaws) -> Made:
        return make(self, names=names or ("app.test",), **flaws)

    def ca(self, subject: str = "CN=Intermediate", **flaws) -> Made:
        return make(self, ca=True, subject=subject, **flaws)


def root(subject: str = "CN=Test Root", **flaws) -> Made:
    return make(None, ca=True, subject=subject, **flaws)


def make(
    issuer: Made | None,
    *,
    names=(),
    subject="O=test",
    ca=False,
    private_key=None,
    start=NOW - timedelta(days=10),
    end=NOW + timedelta(days=80),
    serial=None,
    path_length=None,
    without=(),
    replace=(),
    add=(),
    critical=(),
    optional=(),
    issuer_name=None,
    sign_with=None,
) -> Made:
    """One certificate, in order unless told otherwise.

    ``without`` drops extension classes, ``replace`` puts another extension of the class in,
    ``add`` adds; ``critical`` and ``optional`` turn the flag of a class.
    """
    own = private_key or ec.generate_private_key(ec.SECP256R1())
    signer = sign_with or (issuer.key if issuer else own)
    issuer_x509 = issuer.certificate.x509 if issuer else None
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=ca, path_length=path_length), True),
        (key_usage("key_cert_sign", "crl_sign") if ca else key_usage("digital_signature"), True),
        (x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False),
    ]
    if issuer_x509 is not None:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_x509.public_key())
        extensions.append((identifier, False))
    if not ca:
        extensions.append((x509.ExtendedKeyUsage([SERVER]), False))
    if names:
        extensions.append((san(*names), False))
    for other in replace:
        extensions = [
            (other, flag) if type(value) is type(other) else (value, flag)
            for value, flag in extensions
        ]
    extensions += [(value, False) for value in add]
    called = dn(subject) if isinstance(subject, str) else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(
            (dn(issuer_name) if isinstance(issuer_name, str) else issuer_name)
            if issuer_name is not None
            else (issuer_x509.subject if issuer_x509 else called)
        )
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for value, flag in extensions:
        if type(value) in without:
            continue
        marked = (flag or type(value) in critical) and type(value) not in optional
        builder = builder.add_extension(value, critical=marked)
    bare = isinstance(signer, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    signed = builder.sign(signer, None if bare else hashes.SHA256())
    return Made(Certificate(signed), own)


def signed(tbs: bytes, signer) -> bytes:
    """A certificate in DER around ``tbs``, whatever that is, with an ECDSA signature that fits."""
    signature = signer.sign(tbs, ec.ECDSA(hashes.SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    return der.sequence(tbs, algorithm, bytes([0x03, len(signature) + 1, 0]) + signature)


def patched(certificate: Certificate, old: bytes, new: bytes, signer) -> bytes:
    """The DER with octets exchanged for as many others and signed anew: what no builder writes."""
    tbs = certificate.x509.tbs_certificate_bytes
    assert tbs.count(old) == 1
    assert len(old) == len(new)
    return signed(tbs.replace(old, new), signer)


def crl(
    issuer: Made,
    *revoked: Certificate,
    number: int | None = 1,
    number_critical=False,
    last=NOW - timedelta(days=1),
    following=NOW + timedelta(days=1),
    signer=None,
    add=(),
    entries=(),
    reason=None,
) -> bytes:
    """A list in PEM; ``add`` are its extensions and ``entries`` those of each entry."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.x509.subject)
        .last_update(last)
        .next_update(following)
    )
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=number_critical)
    for value, flag in add:
        builder = builder.add_extension(value, critical=flag)
    for certificate in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.x509.serial_number)
            .revocation_date(NOW - timedelta(hours=3))
        )
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        for value, flag in entries:
            entry = entry.add_extension(value, critical=flag)
        builder = builder.add_revoked_certificate(entry.build())
    signed = builder.sign(signer or issuer.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)
