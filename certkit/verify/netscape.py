"""The Netscape certificate type: older than the extended key usage, and still read by some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.pki import der

if TYPE_CHECKING:
    from certkit.pki.certificate import Certificate

TYPE: Final = x509.ObjectIdentifier("2.16.840.1.113730.1.1")
_SSL_SERVER: Final = 0x40


def is_for_no_server(certificate: Certificate) -> bool:
    """Whether there is a type, and it is not that of an SSL server."""
    if certificate.malformed is not None:
        return False
    for extension in certificate.extensions:
        if extension.oid == TYPE and isinstance(extension.value, x509.UnrecognizedExtension):
            return not _bits(extension.value.value) & _SSL_SERVER
    return False


def _bits(value: bytes) -> int:
    """The first octet of a BIT STRING; 0 for anything else."""
    try:
        unused_and_bits = der.inside(value)
    except ValueError:
        return 0
    return unused_and_bits[1] if len(unused_and_bits) > 1 else 0
