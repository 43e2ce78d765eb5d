"""What may be asked of a way up as a whole; :mod:`.certificates` asks single certificates.

The answers come from what the verdict is made of: the path and its links, the questions of its
checks, names held against constraints.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from certkit.verify import profile
from certkit.verify.clients import certificates as one
from certkit.verify.clients.constraints import compare, constrains, outside
from certkit.verify.clients.hostnames import is_named
from certkit.verify.clients.sight import End
from certkit.verify.identity import find_match, is_valid_pattern, reservations
from certkit.verify.signature import Link
from certkit.verify.uris import go_cannot_constrain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from certkit.verify.clients.constraints import Outside
    from certkit.verify.clients.sight import Sight
    from certkit.verify.path import Node

    Where = Callable[[Sight], Iterable[Node]]


# ---- of which certificates -----------------------------------------------------------------------


def leaf(sight: Sight) -> Iterable[Node]:
    return sight.nodes[:1]


def between(sight: Sight) -> Iterable[Node]:
    return sight.between


def anchor(sight: Sight) -> Iterable[Node]:
    return (sight.anchor,) if sight.anchor else ()


def issuers(sight: Sight) -> Iterable[Node]:
    return sight.nodes[1:]


def below_the_top(sight: Sight) -> Iterable[Node]:
    return sight.nodes[:-1]


def but_the_anchor(sight: Sight) -> Iterable[Node]:
    return (*sight.nodes[:1], *sight.between)


def inside(sight: Sight) -> Iterable[Node]:
    return sight.nodes[1:-1]


def everywhere(sight: Sight) -> Iterable[Node]:
    return sight.nodes


# ---- questions about the whole way ---------------------------------------------------------------


def not_trusted(sight: Sight) -> bool:
    return sight.end is not End.TRUSTED


def ends(end: End) -> Callable[[Sight], bool]:
    return lambda sight: sight.end is end


def self_signed(*, alone: bool) -> Callable[[Sight], bool]:
    return lambda sight: sight.end is End.SELF_SIGNED and alone == (len(sight.nodes) == 1)


def nobody_above(sight: Sight) -> bool:
    return sight.end is End.UNKNOWN and not nobody_above_a_trusted_one(sight)


def nobody_above_a_trusted_one(sight: Sight) -> bool:
    trusted = sight.path.top.certificate in sight.chain.roots
    return sight.end is End.UNKNOWN and len(sight.nodes) > 1 and trusted


def fetchable(sight: Sight) -> bool:
    if sight.end not in (End.UNKNOWN, End.OTHER_KEY):
        return False
    found = sight.path.top.certificate.extension(x509.AuthorityInformationAccess)
    return found is not None and any(
        each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
        for each in found.value
    )


def unfit(sight: Sight) -> bool:
    return Link.BAD in sight.path.links


def unfit_kind(sight: Sight) -> bool:
    return any(
        link is Link.BAD and not isinstance(issuer.certificate.public_key, kind_of_signature(child))
        for link, child, issuer in zip(sight.path.links, sight.nodes, sight.nodes[1:], strict=False)
    )


def kind_of_signature(node: Node) -> type[object]:
    return _KINDS.get(one.algorithm(node), ec.EllipticCurvePublicKey)


def checked_ed25519(sight: Sight) -> bool:
    last = None if sight.end is End.OTHER_KEY else -1
    return any(one.signed_with_ed25519(sight, node) for node in sight.nodes[:last])


def leaf_ed25519_by_somebody(sight: Sight) -> bool:
    return one.signed_with_ed25519(sight, sight.nodes[0]) and any(
        each.subject == sight.leaf.issuer for each in (*sight.chain.sent[1:], *sight.chain.roots)
    )


def too_long_below(where: Where, *, self_issued_too: bool = False) -> Callable[[Sight], bool]:
    def holds(sight: Sight) -> bool:
        counted = 0
        for node in sight.nodes[1:]:
            basic = node.certificate.extension(x509.BasicConstraints)
            limit = basic.value.path_length if basic is not None else None
            if limit is not None and counted > limit and node in where(sight):
                return True
            counted += self_issued_too or not node.self_issued
        return False

    return holds


def more_between(limit: int) -> Callable[[Sight], bool]:
    return lambda sight: len(sight.between) > limit


def more_sent(limit: int) -> Callable[[Sight], bool]:
    return lambda sight: len(sight.chain.sent) > limit


def names_outside(sight: Sight, where: Where, *, of_leaf_alone: bool = False) -> Iterator[Outside]:
    """Names outside the constraints of any of these CAs, of the leaf first.

    Those of self-issued intermediates are free (RFC 5280 section 6.1.3 (b)).
    """
    for above in where(sight):
        for below in sight.nodes[: sight.nodes.index(above)]:
            if below is sight.nodes[0] or not (of_leaf_alone or below.self_issued):
                yield from outside(below.certificate, above)


def names_outside_of_self_issued(sight: Sight) -> Iterator[Outside]:
    """Those that are free by the RFC, and not with everybody."""
    for index, above in enumerate(sight.nodes):
        for below in sight.nodes[1:index]:
            if below.self_issued:
                yield from outside(below.certificate, above)


def first_outside(sight: Sight) -> Outside | None:
    found = chain(names_outside(sight, issuers), names_outside_of_self_issued(sight))
    return next(found, None)


def constrained(
    where: Where, *, excluded: bool, of_leaf_alone: bool = False
) -> Callable[[Sight], bool]:
    def holds(sight: Sight) -> bool:
        found = names_outside(sight, where, of_leaf_alone=of_leaf_alone)
        first = next((each for each in found if not each.by_wildcard), None)
        return first is not None and (first.excluded is not None) == excluded

    return holds


def wildcard_over_excluded(where: Where) -> Callable[[Sight], bool]:
    return lambda sight: any(each.by_wildcard for each in names_outside(sight, where))


def odd_name_constrained(where: Where) -> Callable[[Sight], bool]:
    """mozilla::pkix and webpki read a name only to compare it, and then mind its form."""
    return lambda sight: (
        any(
            name.type == "dns" and not is_valid_pattern(name.value.replace("_", "a"))
            for name in sight.leaf.names
        )
        and any(constrains(x509.DNSName, node) for node in where(sight))
    )


def uri_without_host_constrained(sight: Sight) -> str | None:
    """The first URI of the leaf that Go cannot compare, if any CA above has name constraints."""
    if not any(each.certificate.extension(x509.NameConstraints) for each in issuers(sight)):
        return None
    uris = (name.value for name in sight.leaf.names if name.type == "uri")
    return next((uri for uri in uris if go_cannot_constrain(uri) is not None), None)


def other_family_outside(sight: Sight) -> bool:
    found = [
        each for each in names_outside(sight, issuers, of_leaf_alone=True) if not each.by_wildcard
    ]
    return bool(found) and all(each.other_family for each in found)


def common_names_outside(sight: Sight, *, any_text: bool = False) -> Iterator[Outside]:
    """Common names that are taken for hosts, because there is no DNS name beside them."""
    if any(name.type == "dns" for name in sight.leaf.names):
        return
    for text in profile.common_names(sight.leaf):
        if any_text or _LOOKS_LIKE_HOST.fullmatch(text):
            for node in issuers(sight):
                yield from compare(x509.DNSName, as_host(text), node)


def as_host(text: str) -> str:
    return _NOT_LDH.sub("-", text.lower()).strip("-")


_NOT_LDH: Final = re.compile(r"[^a-z0-9.-]")
# What OpenSSL's NAME_CONSTRAINTS_check_CN takes for a host: no blanks, and a dot inside.
_LOOKS_LIKE_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)


def not_named(kind: str) -> Callable[[Sight], bool]:
    return lambda sight: (
        sight.asked.type == kind and not is_named(sight.leaf, sight.asked, sight.chain.matching)
    )


def read_in_common_name(sight: Sight) -> bool:
    without = replace(sight.chain.matching, common_name="never")
    return not is_named(sight.leaf, sight.asked, without)


def oddly_named(sight: Sight) -> bool:
    matched = find_match(sight.asked, sight.leaf.names)
    return matched is None or bool(reservations(sight.asked, matched))


def lives_too_long(sight: Sight) -> bool:
    return (
        sight.leaf.not_before >= _APPLES_DAY and sight.leaf.not_after - sight.leaf.not_before > _825
    )


_APPLES_DAY: Final = datetime(2019, 7, 1, tzinfo=UTC)
_825: Final = timedelta(days=825)


_KINDS: Final[Mapping[x509.ObjectIdentifier, type[object]]] = {
    Algorithm.RSA_WITH_SHA256: rsa.RSAPublicKey,
    Algorithm.RSA_WITH_SHA384: rsa.RSAPublicKey,
    Algorithm.RSA_WITH_SHA512: rsa.RSAPublicKey,
    Algorithm.RSASSA_PSS: rsa.RSAPublicKey,
    Algorithm.RSA_WITH_SHA1: rsa.RSAPublicKey,
    Algorithm.RSA_WITH_MD5: rsa.RSAPublicKey,
    Algorithm.ED25519: ed25519.Ed25519PublicKey,
}
