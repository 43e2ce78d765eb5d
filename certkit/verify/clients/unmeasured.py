"""What no client was asked about: of a chain with any of this, nothing is predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from certkit.verify import netscape
from certkit.verify.chain import PROCESSED
from certkit.verify.clients.constraints import constrains_others

if TYPE_CHECKING:
    from certkit.verify.clients.sight import Sight
    from certkit.verify.path import Node


def odd_key(sight: Sight, node: Node) -> bool:
    key = node.certificate.public_key
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size < 1024
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name not in _CURVES
    return not isinstance(key, ed25519.Ed25519PublicKey)


_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})


def unmeasured_extension(sight: Sight, node: Node) -> bool:
    """Critical ones that some clients know and others do not, and constraints of other names."""
    if node.certificate.malformed is not None:
        return True
    return constrains_others(node) or any(map(_is_unmeasured, node.certificate.extensions))


def _is_unmeasured(extension: x509.Extension[x509.ExtensionType]) -> bool:
    if isinstance(extension.value, x509.PolicyConstraints | x509.InhibitAnyPolicy):
        return True
    if not extension.critical or extension.oid in PROCESSED:
        return False
    # What nobody knows was measured; what some know was not.
    return extension.oid == netscape.TYPE or not isinstance(
        extension.value, x509.UnrecognizedExtension
    )


def odd_signature(sight: Sight, node: Node) -> bool:
    """SHA-224, or PSS with a salt that is not as long as its hash."""
    certificate = node.certificate.x509
    digest = certificate.signature_hash_algorithm
    if not isinstance(digest, _MEASURED_HASHES | None):
        return True
    parameters = certificate.signature_algorithm_parameters
    return (
        isinstance(parameters, padding.PSS)
        and digest is not None
        and parameters._salt_length != digest.digest_size  # noqa: SLF001 - there is no other way
    )


_MEASURED_HASHES = hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | hashes.SHA1 | hashes.MD5
