"""Who signed what: one signature, checked once."""

from __future__ import annotations

from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from certkit.pki import der

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from certkit.pki.certificate import Certificate


class Link(Enum):
    """What is known of a certificate and one that carries the name of its issuer."""

    SIGNED = "signed"
    BAD = "bad"
    """Signed by another key, or changed after it was signed."""
    UNREADABLE = "unreadable"
    """The algorithm is broken or unknown, so that the signature says nothing."""


BROKEN_HASHES: Final = {
    Algorithm.RSA_WITH_MD5: "MD5",
    Algorithm.RSA_WITH_SHA1: "SHA-1",
    Algorithm._RSA_WITH_SHA1: "SHA-1",  # noqa: SLF001 - the second OID of the same algorithm
    Algorithm.ECDSA_WITH_SHA1: "SHA-1",
    Algorithm.DSA_WITH_SHA1: "SHA-1",
    x509.ObjectIdentifier("1.2.840.113549.1.1.2"): "MD2",
}


def check_link(child: Certificate, issuer: Certificate) -> Link:
    """Whether the key of ``issuer`` signed ``child``; their names are the caller's business."""
    if child.x509.signature_algorithm_oid in BROKEN_HASHES:
        return Link.UNREADABLE
    try:
        _verify(child, issuer)
    except Exception:  # noqa: BLE001 - a hostile certificate may raise anything, and means "no"
        known = child.x509.signature_algorithm_oid in _READABLE
        return Link.BAD if known else Link.UNREADABLE
    return Link.SIGNED


_READABLE: Final = frozenset(
    oid
    for name, oid in vars(Algorithm).items()
    if isinstance(oid, x509.ObjectIdentifier) and "GOST" not in name and oid not in BROKEN_HASHES
)


def same_algorithm_twice(certificate: Certificate) -> bool:
    """Whether the signature algorithm is the same inside and outside of what is signed.

    RFC 5280 section 4.1.1.2 wants that; else the outer one could be exchanged unnoticed. pyca
    looks when it checks a signature, but that of a trust anchor is not checked.
    """
    signed = certificate.x509.tbs_certificate_bytes
    try:
        start, _ = der.span(certificate.der, 0)
        outside = next(der.elements(certificate.der[start + len(signed) :]))
        fields = list(islice(der.elements(der.inside(signed)), 3))
    except (ValueError, StopIteration):
        return False
    # version [0] (missing in version 1), serialNumber, signature
    return outside in fields[1:]


def _verify(child: Certificate, issuer: Certificate) -> None:
    """Raises whatever pyca raises unless the signature and both algorithms are in order.

    Names that RFC 5280 section 7.1 calls equal may differ in their octets, and then pyca does not
    look at the signature.
    """
    try:
        child.x509.verify_directly_issued_by(issuer.x509)
    except ValueError:
        if not same_algorithm_twice(child):
            raise
        _verify_signature(child.x509, issuer.x509.public_key())


def _verify_signature(child: x509.Certificate, key: CertificatePublicKeyTypes) -> None:
    signature, signed = child.signature, child.tbs_certificate_bytes
    parameters = child.signature_algorithm_parameters
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, parameters, child.signature_hash_algorithm)  # type: ignore[arg-type]
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, parameters)  # type: ignore[arg-type]
    else:
        key.verify(signature, signed)  # type: ignore[call-arg, union-attr]
