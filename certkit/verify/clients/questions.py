"""What may be asked of a way up, of one certificate on it or of the whole.

The answers come from what the verdict is made of: the path and its links, the questions of its
checks, names held against constraints.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from certkit.verify import profile
from certkit.verify.chain import PROCESSED
from certkit.verify.clients.constraints import compare, constrains, constrains_others, outside
from certkit.verify.clients.general_names import (
    IP,
    TEXTS,
    URI,
    common_name_tags,
    general_names,
)
from certkit.verify.clients.hostnames import ALL_STRINGS, is_named
from certkit.verify.clients.sight import End
from certkit.verify.identity import find_match, is_valid_pattern, reservations
from certkit.verify.signature import BROKEN_HASHES, Link
from certkit.verify.uris import go_parses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from certkit.pki.certificate import Certificate
    from certkit.verify.clients.constraints import Outside
    from certkit.verify.clients.general_names import GeneralName
    from certkit.verify.clients.sight import Sight
    from certkit.verify.path import Node

    Question = Callable[[Sight, Node], object]
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


def inside(sight: Sight) -> Iterable[Node]:
    return sight.nodes[1:-1]


def everywhere(sight: Sight) -> Iterable[Node]:
    return sight.nodes


# ---- questions about one certificate -------------------------------------------------------------


def expired(sight: Sight, node: Node) -> bool:
    return sight.chain.at > node.certificate.not_after


def early(sight: Sight, node: Node) -> bool:
    return sight.chain.at < node.certificate.not_before


def for_other_purposes(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.ExtendedKeyUsage)
    return found is not None and not {Eku.SERVER_AUTH, Eku.ANY_EXTENDED_KEY_USAGE} & {*found.value}


def for_any_purpose(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.ExtendedKeyUsage)
    return (
        found is not None
        and Eku.ANY_EXTENDED_KEY_USAGE in found.value
        and Eku.SERVER_AUTH not in found.value
    )


def may_not_sign_data(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not found.value.digital_signature


def may_only_agree(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not (found.value.digital_signature or found.value.key_encipherment)


def agrees(node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and found.value.key_agreement


def may_not_sign_certificates(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not found.value.key_cert_sign


def signs_certificates_without_being_a_ca(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and found.value.key_cert_sign and not node.certificate.is_ca


def has_basic_constraints_of_no_ca(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.BasicConstraints)
    return found is not None and not found.value.ca


def only_signs(sight: Sight, node: Node) -> bool:
    usage = node.certificate.extension(x509.KeyUsage)
    basic = node.certificate.extension(x509.BasicConstraints)
    return basic is None and usage is not None and usage.value.key_cert_sign


def says_no_ca(sight: Sight, node: Node) -> bool:
    return (
        not node.certificate.is_ca
        and not only_signs(sight, node)
        and not (node.self_issued and version_1(sight, node))
    )


def version_1(sight: Sight, node: Node) -> bool:
    return node.certificate.x509.version is x509.Version.v1


def small_rsa(sight: Sight, node: Node) -> bool:
    key = node.certificate.public_key
    return isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048


def has_ed25519(sight: Sight, node: Node) -> bool:
    return isinstance(node.certificate.public_key, ed25519.Ed25519PublicKey)


def signed_with_ed25519(sight: Sight, node: Node) -> bool:
    return algorithm(node) == Algorithm.ED25519


def checked_ed25519(sight: Sight) -> bool:
    last = None if sight.end is End.OTHER_KEY else -1
    return any(signed_with_ed25519(sight, node) for node in sight.nodes[:last])


def leaf_ed25519_by_somebody(sight: Sight) -> bool:
    return signed_with_ed25519(sight, sight.nodes[0]) and any(
        each.subject == sight.leaf.issuer for each in (*sight.chain.sent[1:], *sight.chain.roots)
    )


def p521(sight: Sight, node: Node) -> bool:
    key = node.certificate.public_key
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP521R1)


def broken_hash(name: str) -> Question:
    return lambda _, node: hash_of(node.certificate) == name


def hash_of(certificate: Certificate) -> str | None:
    return BROKEN_HASHES.get(certificate.x509.signature_algorithm_oid)


def weak_hash(sight: Sight, node: Node) -> bool:
    return hash_of(node.certificate) is not None


def algorithm(node: Node) -> x509.ObjectIdentifier:
    return node.certificate.x509.signature_algorithm_oid


def key_id_critical(certificate: Certificate) -> bool:
    kinds = (x509.AuthorityKeyIdentifier, x509.SubjectKeyIdentifier)
    found = [certificate.extension(kind) for kind in kinds]
    return any(each is not None and each.critical for each in found)


def unknown_critical(sight: Sight, node: Node) -> bool:
    return any(
        isinstance(each.value, x509.UnrecognizedExtension) and each.critical
        for each in node.certificate.extensions
    )


def path_length_without_usage(node: Node, is_ca: bool) -> bool:
    basic = node.certificate.extension(x509.BasicConstraints)
    limited = basic is not None and basic.value.path_length is not None
    return is_ca and limited and node.certificate.extension(x509.KeyUsage) is None


def nameless(sight: Sight, node: Node) -> bool:
    return node.subject == () and node.certificate.extension(x509.SubjectAlternativeName) is None


def raw_names(sight: Sight, node: Node) -> bool:
    """An IA5String holds ASCII alone (RFC 5280 section 4.2.1.6)."""
    return any(not name.value.isascii() for name in node.certificate.names)


def without_names(sight: Sight, node: Node) -> bool:
    return general_names(node.certificate) == ()


def empty_names(sight: Sight, node: Node) -> bool:
    return any(not name.octets and name.tag in (*TEXTS, IP) for name in _general_names(node))


def odd_addresses(sight: Sight, node: Node) -> bool:
    return any(name.tag == IP and name.address is None for name in _general_names(node))


def mapped_addresses(sight: Sight, node: Node) -> bool:
    return any(name.mapped_address for name in _general_names(node))


def critical_names_of_no_endpoint(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.SubjectAlternativeName)
    return found is not None and found.critical and not node.certificate.names


def unparsed_uris(sight: Sight, node: Node) -> bool:
    return any(
        name.tag == URI and name.text.isascii() and not go_parses(name.text)
        for name in _general_names(node)
    )


def unreadable_subject(sight: Sight, node: Node) -> bool:
    return node.subject is None and not common_name_of_no_text(sight, node)


def common_name_of_no_text(sight: Sight, node: Node) -> bool:
    return not common_name_tags(node.certificate) <= ALL_STRINGS


def _general_names(node: Node) -> tuple[GeneralName, ...]:
    return general_names(node.certificate) or ()


def must_staple(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.TLSFeature)
    return found is not None and x509.TLSFeatureType.status_request in found.value


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
    return _KINDS.get(algorithm(node), ec.EllipticCurvePublicKey)


def too_long_below(where: Where) -> Callable[[Sight], bool]:
    def holds(sight: Sight) -> bool:
        counted = 0
        for node in sight.nodes[1:]:
            basic = node.certificate.extension(x509.BasicConstraints)
            limit = basic.value.path_length if basic is not None else None
            if limit is not None and counted > limit and node in where(sight):
                return True
            counted += not node.self_issued
        return False

    return holds


def first_outside(sight: Sight, where: Where = issuers) -> Outside | None:
    """The first name of the leaf outside the constraints of any of these CAs."""
    for node in where(sight):
        for found in outside(sight.leaf, node):
            return found
    return None


def constrained(where: Where, *, excluded: bool) -> Callable[[Sight], bool]:
    def holds(sight: Sight) -> bool:
        found = first_outside(sight, where)
        return found is not None and (found.excluded is not None) == excluded

    return holds


def odd_name_constrained(where: Where) -> Callable[[Sight], bool]:
    """mozilla::pkix and webpki read a name only to compare it, and then mind its form."""
    return lambda sight: (
        any(
            name.type == "dns" and not is_valid_pattern(name.value.replace("_", "a"))
            for name in sight.leaf.names
        )
        and any(constrains(x509.DNSName, node) for node in where(sight))
    )


def other_family_outside(sight: Sight) -> bool:
    found = [each for node in issuers(sight) for each in outside(sight.leaf, node)]
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
    return constrains_others(node) or any(
        each.critical
        and each.oid not in PROCESSED
        and not isinstance(each.value, x509.UnrecognizedExtension)
        for each in node.certificate.extensions
    )


_KINDS: Final[Mapping[x509.ObjectIdentifier, type[object]]] = {
    Algorithm.RSA_WITH_SHA256: rsa.RSAPublicKey,
    Algorithm.RSA_WITH_SHA384: rsa.RSAPublicKey,
    Algorithm.RSA_WITH_SHA512: rsa.RSAPublicKey,
    Algorithm.RSASSA_PSS: rsa.RSAPublicKey,
    Algorithm.RSA_WITH_SHA1: rsa.RSAPublicKey,
    Algorithm.RSA_WITH_MD5: rsa.RSAPublicKey,
    Algorithm.ED25519: ed25519.Ed25519PublicKey,
}
