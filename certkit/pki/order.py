"""Put certificates in the order in which a server sends them (RFC 8446 section 4.4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError
from certkit.pki.keys import public_key_der, same_public_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from certkit.pki.certificate import Certificate

_MAX_DEPTH: Final = 16  # issuers above the leaf; a loop of cross-signed CAs ends here at the latest


@dataclass(frozen=True, slots=True)
class Ordered:
    """``chain`` is leaf first, each certificate signed by the next, the root left out.

    ``root`` is the self-signed end of the path, if it was there; ``strays`` are on no path.
    """

    chain: tuple[Certificate, ...]
    root: Certificate | None
    strays: tuple[Certificate, ...]


def order(certificates: Iterable[Certificate], *, keys: Sequence[PublicKeyTypes] = ()) -> Ordered:
    """The chain that these certificates make, in whatever order and however often they come.

    The leaf is the certificate that one of ``keys`` belongs to, else the one that signed no other.
    A certificate alone is the leaf, a root too: then it is the whole chain.

    Raises CertkitError ``files.no-certificate``, ``files.several-leaves``.
    """
    given = tuple(dict.fromkeys(certificates))
    leaf = find_leaf(given, keys=keys)
    path = [leaf]
    while not path[-1].self_signed and len(path) <= _MAX_DEPTH:
        issuer = _issuer(path[-1], [other for other in given if other not in path])
        if issuer is None:
            break
        path.append(issuer)
    root = path.pop() if len(path) > 1 and path[-1].self_signed else None
    used = {*path, root}
    return Ordered(tuple(path), root, tuple(other for other in given if other not in used))


def find_leaf(
    certificates: Sequence[Certificate], *, keys: Sequence[PublicKeyTypes] = ()
) -> Certificate:
    """The one certificate that is not there for the sake of another. Raises as :func:`order`."""
    if not certificates:
        raise CertkitError(
            "files.no-certificate",
            "there is no certificate here",
            hint="name the file with the certificate as well",
        )
    issuers = {
        _name(one, "issuer")
        for one in certificates
        if _name(one, "issuer") != _name(one, "subject")
    }
    # Each rule narrows the choice, unless it would leave nobody.
    rules: tuple[Callable[[Certificate], bool], ...] = (
        lambda one: any(has_key(one, key) for key in keys),
        lambda one: _name(one, "subject") not in issuers,
        lambda one: not one.is_ca,
    )
    candidates = list(certificates)
    for rule in rules:
        candidates = [one for one in candidates if rule(one)] or candidates
    candidates = newest_versions(candidates)
    if len(candidates) > 1:
        some = ", ".join(map(called, candidates[:3]))
        raise CertkitError(
            "files.several-leaves",
            f"{len(candidates)} certificates here belong to no common chain: {some}",
            hint="give one of them with its chain, or with its key",
        )
    return candidates[0]


def newest_versions(certificates: Iterable[Certificate]) -> list[Certificate]:
    """Without those that another of the same subject and key has replaced.

    A renewed leaf or a re-signed root must not stand beside its former self: OpenSSL uses the
    first of two such roots, GnuTLS the last (measured).
    """
    newest: dict[object, Certificate] = {}
    for one in certificates:
        key = one.public_key
        identity = (_name(one, "subject"), public_key_der(key)) if key is not None else one
        known = newest.setdefault(identity, one)
        if one.not_before > known.not_before:
            newest[identity] = one
    return list(newest.values())


def has_key(certificate: Certificate, key: PublicKeyTypes) -> bool:
    """Whether ``key`` is the public key of ``certificate``, whatever type either is."""
    own = certificate.public_key
    return own is not None and same_public_key(own, key)


def called(certificate: Certificate) -> str:
    """What people call it: its first name, else its subject."""
    names = certificate.names
    return names[0].value if names else certificate.subject or f"serial {certificate.serial}"


def _issuer(certificate: Certificate, others: Iterable[Certificate]) -> Certificate | None:
    """Who signed it: an intermediate before a root of the same name and key (cross-signing)."""
    wanted = _name(certificate, "issuer")
    candidates = [
        other
        for other in others
        if wanted is not None and _name(other, "subject") == wanted and _signed(certificate, other)
    ]
    return min(
        candidates,
        key=lambda other: (other.self_signed, -other.not_before.timestamp()),
        default=None,
    )


def _signed(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.x509.verify_directly_issued_by(issuer.x509)
    except Exception:  # noqa: BLE001 - bad signature, unknown algorithm, broken key: all "no"
        return False
    return True


def _name(certificate: Certificate, field: str) -> x509.Name | None:
    try:
        name: x509.Name = getattr(certificate.x509, field)
    except (ValueError, TypeError):  # a name that cannot be parsed is nobody's issuer
        return None
    return name
