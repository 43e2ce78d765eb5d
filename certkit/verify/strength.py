"""Keys: too weak, or of a kind that some clients do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from certkit.findings import Finding, Severity
from certkit.pki.keys import describe_public_key
from certkit.verify.wording import advice, issue_again, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from certkit.pki.certificate import Certificate
    from certkit.verify.path import Path
    from certkit.verify.question import Question

_MIN_RSA: Final = 2048
_MIN_CURVE: Final = 224
"""112 bits of security: what OpenSSL's security level 2 and NIST SP 800-57 ask for."""
_CURVES_OF_BROWSERS: Final = frozenset({"secp256r1", "secp384r1"})
# DER: the OID id-ecPublicKey, then the tag of a named curve's OID.
_NAMED_CURVE: Final = bytes.fromhex("06072a8648ce3d0201" + "06")


def check_keys(path: Path, question: Question) -> Iterator[Finding]:
    """The key of every certificate of the path."""
    for index, node in enumerate(path.nodes):
        certificate = node.certificate
        found = _fault(certificate)
        if found is None:
            continue
        code, severity, problem, why = found
        yield Finding(
            code,
            severity,
            f"{title(path, index)} has {_label(certificate.public_key)}{problem}",
            why,
            issue_again(certificate.names)
            if index == 0
            else advice("make the CA again with a P-256 key"),
        )


def _fault(certificate: Certificate) -> tuple[str, Severity, str, str] | None:
    key = certificate.public_key
    weakness = _weakness(key, certificate)
    if weakness is not None:
        return "crypto.weak-key", Severity.ERROR, "", weakness
    if isinstance(key, rsa.RSAPublicKey):
        if not key.key_size % 8:
            return None
        return "crypto.weak-key", Severity.WARNING, ", no multiple of 8", _ODD_RSA
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES_OF_BROWSERS:
        return None
    return "crypto.browser-unsupported-key", Severity.WARNING, "", _NOT_IN_BROWSERS


_ODD_RSA: Final = (
    "the CA/Browser Forum wants whole octets (Baseline Requirements 6.1.5); no client is known to "
    "mind"
)
_NOT_IN_BROWSERS: Final = (
    "browsers know RSA, P-256 and P-384 in a certificate; Chromium refuses P-521, and Chromium, "
    "Firefox and NSS refuse Ed25519"
)


def _weakness(key: CertificatePublicKeyTypes | None, certificate: Certificate) -> str | None:
    """Why nobody should accept this key; None when somebody may."""
    match key:
        case None:
            return "an unknown kind of key, or one whose encoding is broken"
        case rsa.RSAPublicKey() if key.key_size < _MIN_RSA:
            return (
                "OpenSSL, Python, curl and rustls refuse RSA below 2048 bits (112 bits of security)"
            )
        case dsa.DSAPublicKey():
            return "DSA is gone from TLS 1.3 (RFC 8446 section 4.2.3) and from every browser"
        case ec.EllipticCurvePublicKey() if key.curve.key_size < _MIN_CURVE:
            return "curves below 224 bits have less than 112 bits of security"
        case ec.EllipticCurvePublicKey() if _NAMED_CURVE not in certificate.der:
            return (
                "RFC 5480 section 2.1.1: the curve must be named, not described by its parameters"
            )
        case _:
            return None


def _label(key: CertificatePublicKeyTypes | None) -> str:
    if key is None:
        return "a key that cannot be read"
    kind = describe_public_key(key)
    bits = f" ({kind['bits']} bits)" if kind["bits"] else ""
    return f"a key of the kind {kind['algorithm']}{bits}"
