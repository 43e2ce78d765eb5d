"""A certificate as the ledger writes it down."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from certkit.home.schema import CertificateRow
from certkit.pki.certificate import Certificate, rfc3339
from certkit.pki.keys import public_key_der

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes


def certificate_row(certificate: Certificate, kind: str) -> CertificateRow:
    """The row for a certificate that is about to be published."""
    return CertificateRow(
        serial=certificate.serial,
        sha256=certificate.sha256,
        key_id=key_id(certificate.x509.public_key()),
        kind=kind,
        names=tuple((name.type, name.value) for name in certificate.names),
        not_before=rfc3339(certificate.not_before),
        not_after=rfc3339(certificate.not_after),
        der=certificate.der,
    )


def key_id(key: CertificatePublicKeyTypes) -> str:
    """How the ledger names a key: SHA-256 (hex) of its SubjectPublicKeyInfo."""
    return hashlib.sha256(public_key_der(key)).hexdigest()
