"""When clients take the issuer that is named for the subject of another certificate.

OpenSSL and Node do as RFC 5280 section 7.1 says; the others are pickier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.x509.name import _ASN1Type

from certkit.verify.dn import name_key

if TYPE_CHECKING:
    from cryptography import x509

    from certkit.verify.path import Node


def same_octets(child: Node, issuer: Node) -> bool:
    """Go, mozilla::pkix and webpki: the names in DER, octet by octet."""
    return _issuer(child).public_bytes() == _subject(issuer).public_bytes()


def same_octets_of_a_root(child: Node, issuer: Node) -> bool:
    """Chromium: a root is looked for in NSS, by octets; what was sent is compared by RFC 5280."""
    if issuer.anchor:
        return same_octets(child, issuer)
    return _folded(_issuer(child), _NORMALISED) == _folded(_subject(issuer), _NORMALISED)


def same_text(child: Node, issuer: Node) -> bool:
    """GnuTLS: the names as text, in which case and blanks count and string types do not."""
    return _issuer(child).rfc4514_string() == _subject(issuer).rfc4514_string()


def same_usual_text(child: Node, issuer: Node) -> bool:
    """Java: without regard to case and blanks, as long as both are of the usual string types."""
    return _folded(_issuer(child), _USUAL) == _folded(_subject(issuer), _USUAL)


_USUAL: Final = frozenset({_ASN1Type.UTF8String, _ASN1Type.PrintableString})
_NORMALISED: Final = _USUAL | {_ASN1Type.IA5String, _ASN1Type.BMPString, _ASN1Type.UniversalString}


def _folded(name: x509.Name, kinds: frozenset[_ASN1Type]) -> object:
    """Without case and blanks, if all of it is of these types, else the octets."""
    odd = {each._type for each in name} - kinds  # noqa: SLF001 - there is no other way to know
    return name.public_bytes() if odd else name_key(name)


def _issuer(node: Node) -> x509.Name:
    return node.certificate.x509.issuer


def _subject(node: Node) -> x509.Name:
    return node.certificate.x509.subject
