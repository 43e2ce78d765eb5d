"""rustls with webpki: Deno, and most of what is written in Rust.

The certificate itself, then the path, then the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.verify import size
from certkit.verify.clients import general_names as general
from certkit.verify.clients.climb import Climb, by_name, not_the_leaf
from certkit.verify.clients.general_names import general_names
from certkit.verify.clients.hostnames import Matching
from certkit.verify.clients.issuer_names import same_octets
from certkit.verify.clients.rules import Client, Largest, Rule

if TYPE_CHECKING:
    from certkit.verify.clients.general_names import GeneralName
    from certkit.verify.clients.sight import Sight

_PEER: Final = "invalid peer certificate: "
_CRITICAL: Final = f"{_PEER}Other(OtherError(UnsupportedCriticalExtension))"
_EXPIRED: Final = f"{_PEER}certificate expired"
_EARLY: Final = f"{_PEER}certificate not valid yet"
_PURPOSE: Final = f"{_PEER}certificate does not allow extended key usage for server authentication"
_CONSTRAINT: Final = f"{_PEER}Other(OtherError(NameConstraintViolation))"
_HASH: Final = f"{_PEER}UnsupportedSignatureAlgorithmContext"


def _name(sight: Sight) -> str:
    refusal = f'{_PEER}certificate not valid for name "{sight.name}"; certificate '
    names = list(map(_shown, general_names(sight.leaf) or ()))
    if not names:
        return f"{refusal}is not valid for any names (according to its subjectAltName extension)"
    if any(":" in name.value for name in sight.leaf.names if name.type == "ip"):
        return f"{refusal}is only valid for "  # and IPv6 addresses in a notation of its own
    listed = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{refusal}is only valid for {listed}"


def _shown(name: GeneralName) -> str:
    """webpki's GeneralName in the words of Debug."""
    match name.tag:
        case general.DNS:
            return f'DnsName("{_text(name)}")'
        case general.URI:
            return f'UniformResourceIdentifier("{_text(name)}")'
        case general.DIRECTORY:
            return "DirectoryName"
        case general.IP:
            return f"IpAddress({_address(name)})"
    return f"Unsupported(0x{name.tag & 0x1F:02x})"


def _address(name: GeneralName) -> str:
    if name.address is None:
        return f"[invalid: {name.octets.hex(' ').replace(' ', ', ')}]"
    return str(name.address)


def _text(name: GeneralName) -> str:
    return name.octets.decode(errors="replace")


RUSTLS: Final = Client(
    "rustls/Deno",
    "Deno 2.9.8",
    largest=Largest(size.RUSTLS, "received corrupt message of type HandshakePayloadTooLarge"),
    climb=Climb(by_name, not_the_leaf, same_name=same_octets),
    matching=Matching(),
    rules=(
        Rule("leaf-version-1", f"{_PEER}Other(OtherError(UnsupportedCertVersion))"),
        Rule("leaf-unknown-critical", _CRITICAL),
        Rule("leaf-key-id-critical", _CRITICAL),
        Rule("leaf-critical-policies", _CRITICAL),
        Rule("leaf-expired", _EXPIRED),
        Rule("leaf-early", _EARLY),
        Rule("leaf-is-ca", f"{_PEER}Other(OtherError(CaUsedAsEndEntity))"),
        Rule("leaf-purpose", _PURPOSE),
        Rule("leaf-any-purpose", _PURPOSE),
        Rule("intermediate-unknown-critical", _CRITICAL),
        Rule("intermediate-key-id-critical", _CRITICAL),
        Rule("intermediate-critical-policies", _CRITICAL),
        Rule("intermediate-expired", _EXPIRED),
        Rule("intermediate-early", _EARLY),
        Rule("intermediate-no-ca", f"{_PEER}Other(OtherError(EndEntityUsedAsCa))"),
        Rule("intermediate-only-signs", f"{_PEER}Other(OtherError(EndEntityUsedAsCa))"),
        Rule("too-deep-below-intermediate", f"{_PEER}Other(OtherError(PathLenConstraintViolated))"),
        Rule("intermediate-purpose", _PURPOSE),
        Rule("intermediate-any-purpose", _PURPOSE),
        Rule("over-6-between", f"{_PEER}Other(OtherError(MaximumPathDepthExceeded))"),
        Rule("untrusted", f"{_PEER}UnknownIssuer"),
        Rule("signature-of-other-kind", f"{_PEER}UnsupportedSignatureAlgorithmForPublicKeyContext"),
        Rule("signature-unfit", f"{_PEER}BadSignature"),
        Rule("sha1", _HASH),
        Rule("md5", _HASH),
        Rule("issuer-small-rsa", f"{_PEER}BadSignature"),
        Rule("pinned-small-rsa", f"{_PEER}BadSignature"),
        Rule("pinned-damaged", f"{_PEER}BadSignature"),
        *(
            Rule(
                f"odd-name-constrained-by-{which}",
                f"{_PEER}Other(OtherError(MalformedDnsIdentifier))",
            )
            for which in ("intermediate", "anchor")
        ),
        Rule("outside-intermediate", _CONSTRAINT),
        Rule("excluded-by-intermediate", _CONSTRAINT),
        Rule("outside-anchor", _CONSTRAINT),
        Rule("excluded-by-anchor", _CONSTRAINT),
        Rule("wildcard-over-excluded", _CONSTRAINT),
        # The root itself is tried as the issuer after it, and does not fit.
        Rule("self-issued-outside", f"{_PEER}BadSignature"),
        Rule("too-many-below-intermediate", f"{_PEER}BadSignature"),
        Rule("host-not-named", _name),
        Rule("address-not-named", _name),
        # The signature of the handshake comes last.
        Rule("leaf-small-rsa", f"{_PEER}BadSignature"),
    ),
    notes=(
        ("anchor-expired", "the dates of a root are not looked at"),
        ("anchor-early", "the dates of a root are not looked at"),
    ),
)
