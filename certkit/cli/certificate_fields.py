"""The fields of a certificate in plain words: what stands there, and what depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509  # noqa: TID253 - for `inspect` alone, which reads certificates

from certkit.cli import style
from certkit.pki.keys import describe_public_key
from certkit.text import one_of_several, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certkit.pki.certificate import Certificate
    from certkit.pki.constraints import Constraints

_WIDTH: Final = 15
_WHOLE: Final = 4000


@dataclass(frozen=True, slots=True)
class Row:
    """One field of anything that ``inspect`` shows: what stands there and what it means."""

    label: str
    value: str
    means: str

    def lines(self, *, explain: bool) -> Iterator[str]:
        """The field, and with ``explain`` its meaning below; the value is escaped here."""
        yield f"  {self.label:{_WIDTH}}{printable(self.value, limit=_WHOLE)}"
        if explain:
            yield style.dim(f"  {'':{_WIDTH}}{self.means}")


@dataclass(frozen=True, slots=True)
class _Field:
    """``value`` is None where the certificate has no such field, and then it is not shown."""

    label: str
    value: Callable[[Certificate], str | None]
    means: str


def rows(certificate: Certificate) -> Iterator[Row]:
    """The fields that the certificate has."""
    for field in _FIELDS:
        value = field.value(certificate)
        if value is not None:
            yield Row(field.label, value, field.means)


def _names(certificate: Certificate) -> str | None:
    words = [
        one_of_several(name.value if name.type in ("dns", "ip") else f"{name.type}:{name.value}")
        for name in certificate.names
    ]
    shown = ", ".join(words)
    other = ", ".join(one_of_several(name.unicode) for name in certificate.names)
    return f"{shown} ({other})" if shown.isascii() and not other.isascii() else shown or None


def _key(certificate: Certificate) -> str:
    key = certificate.public_key
    if key is None:
        return "of a kind that cannot be read"
    described = describe_public_key(key)
    return f"{described['algorithm']} ({described['bits']} bits)"


def _signature(certificate: Certificate) -> str:
    algorithm = certificate.x509.signature_algorithm_oid
    # No public way to pyca's names of algorithms.
    name = getattr(algorithm, "_name", "Unknown OID")
    return algorithm.dotted_string if name == "Unknown OID" else name


def _authority(certificate: Certificate) -> str | None:
    basic = certificate.extension(x509.BasicConstraints)
    if basic is None or not basic.value.ca:
        return "no, it cannot sign other certificates" if basic else None
    length = basic.value.path_length
    if length is None:
        return "yes, with any number of CAs below it"
    return f"yes, with {length or 'no'} CA{'s' * (length != 1)} between it and a server"


def _constraints(certificate: Certificate) -> str | None:
    if not certificate.is_ca:
        return None
    found = certificate.constraints
    return _subtrees(found) if found is not None else "EVERY name: it has no name constraints"


def _subtrees(constraints: Constraints) -> str:
    permitted = [*constraints.dns, *map(str, constraints.ip)]
    excluded = [*constraints.excluded_dns, *map(str, constraints.excluded_ip)]
    parts = []
    if permitted:
        parts.append(f"only {', '.join(permitted)}")
    if excluded:
        parts.append(f"not {', '.join(each or 'any DNS name' for each in excluded)}")
    if constraints.other_permitted or constraints.other_excluded:
        parts.append("and names of other types")
    return "; ".join(parts)


def _others(certificate: Certificate) -> str | None:
    if certificate.malformed is not None:
        return None
    found = [
        _extension_name(extension)
        for extension in certificate.x509.extensions
        if not isinstance(extension.value, _SHOWN)
    ]
    return ", ".join(found) or None


def _extension_name(extension: x509.Extension[x509.ExtensionType]) -> str:
    name = getattr(extension.oid, "_name", "Unknown OID")
    label = extension.oid.dotted_string if name == "Unknown OID" else name
    return f"{label} (critical)" if extension.critical else label


_SHOWN: Final = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.NameConstraints,
    x509.SubjectKeyIdentifier,
    x509.AuthorityKeyIdentifier,
)

_FIELDS: Final = (
    _Field(
        "subject",
        lambda certificate: certificate.subject or "(empty)",
        "whom it is about; no client looks for the server's name here any more",
    ),
    _Field(
        "issuer",
        lambda certificate: certificate.issuer or "(empty)",
        "who signed it: the subject of the next certificate up the chain",
    ),
    _Field(
        "names",
        _names,
        "the names and addresses that it is good for; a client compares these, and nothing else",
    ),
    _Field(
        "valid from",
        lambda certificate: f"{certificate.not_before:%Y-%m-%d %H:%M:%S} UTC",
        "earlier than this by the client's clock it is refused",
    ),
    _Field(
        "valid until",
        lambda certificate: f"{certificate.not_after:%Y-%m-%d %H:%M:%S} UTC",
        "the last second in which it is accepted; then it must have been replaced",
    ),
    _Field(
        "key",
        _key,
        "the public key; the server proves that it has the private one in each handshake",
    ),
    _Field(
        "signed with",
        _signature,
        "how the issuer signed it; SHA-1 and MD5 are refused everywhere",
    ),
    _Field(
        "CA",
        _authority,
        "whether it may sign other certificates; a server's own must not",
    ),
    _Field(
        "may sign for",
        _constraints,
        "name constraints: clients refuse what this CA signs for anything else",
    ),
    _Field(
        "key usage",
        lambda certificate: ", ".join(certificate.key_usage) or None,
        "what the key may do: digitalSignature for a server, keyCertSign for a CA",
    ),
    _Field(
        "purposes",
        lambda certificate: ", ".join(certificate.extended_key_usage) or None,
        "extended key usage: a server needs serverAuth, a client certificate clientAuth",
    ),
    _Field(
        "serial",
        lambda certificate: certificate.serial,
        "unique among what the issuer signed; revocation lists name certificates by it",
    ),
    _Field(
        "sha256",
        lambda certificate: certificate.sha256,
        "the fingerprint: two people who read the same one have the same certificate",
    ),
    _Field(
        "key id",
        lambda certificate: certificate.ski,
        "a short name of this key; certificates that it signed carry it as issuer key id",
    ),
    _Field(
        "issuer key id",
        lambda certificate: certificate.aki,
        "which key signed it, for issuers that share a name; Python 3.13 demands it",
    ),
    _Field(
        "also has",
        _others,
        "further extensions; a critical one that a client does not know makes it refuse",
    ),
    _Field(
        "malformed",
        lambda certificate: certificate.malformed,
        "a part that cannot be read; strict clients refuse the whole certificate",
    ),
)
