"""The flaws that some client minds: each a question about one way up.

The answers come from what the verdict is made of: the path and its links, the questions of its
checks, names held against constraints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from certkit.verify import profile
from certkit.verify.chain import PROCESSED
from certkit.verify.clients.constraints import compare, constrains, constrains_others, outside
from certkit.verify.clients.hostnames import is_named
from certkit.verify.clients.sight import End
from certkit.verify.identity import find_match, is_valid_pattern, reservations
from certkit.verify.signature import BROKEN_HASHES, Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from certkit.pki.certificate import Certificate
    from certkit.verify.clients.constraints import Outside
    from certkit.verify.clients.sight import Sight
    from certkit.verify.path import Node

    Question = Callable[[Sight, Node], object]
    Where = Callable[[Sight], Iterable[Node]]


@dataclass(frozen=True, slots=True)
class Flaw:
    """``sentence`` says it to people; ``holds`` answers for one way up."""

    sentence: str
    holds: Callable[[Sight], bool]


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


def _of(where: Where, question: Question) -> Callable[[Sight], bool]:
    return lambda sight: any(question(sight, node) for node in where(sight))


# ---- questions about one certificate -------------------------------------------------------------


def _expired(sight: Sight, node: Node) -> bool:
    return sight.chain.at > node.certificate.not_after


def _early(sight: Sight, node: Node) -> bool:
    return sight.chain.at < node.certificate.not_before


def _for_other_purposes(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.ExtendedKeyUsage)
    return found is not None and not {Eku.SERVER_AUTH, Eku.ANY_EXTENDED_KEY_USAGE} & {*found.value}


def _for_any_purpose(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.ExtendedKeyUsage)
    return (
        found is not None
        and Eku.ANY_EXTENDED_KEY_USAGE in found.value
        and Eku.SERVER_AUTH not in found.value
    )


def _may_not_sign_data(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not found.value.digital_signature


def _may_only_agree(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not (found.value.digital_signature or found.value.key_encipherment)


def _agrees(node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and found.value.key_agreement


def _may_not_sign_certificates(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not found.value.key_cert_sign


def _signs_certificates_without_being_a_ca(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and found.value.key_cert_sign and not node.certificate.is_ca


def _has_basic_constraints_of_no_ca(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.BasicConstraints)
    return found is not None and not found.value.ca


def _only_signs(sight: Sight, node: Node) -> bool:
    usage = node.certificate.extension(x509.KeyUsage)
    basic = node.certificate.extension(x509.BasicConstraints)
    return basic is None and usage is not None and usage.value.key_cert_sign


def _says_no_ca(sight: Sight, node: Node) -> bool:
    return (
        not node.certificate.is_ca
        and not _only_signs(sight, node)
        and not (node.self_issued and _version_1(sight, node))
    )


def _version_1(sight: Sight, node: Node) -> bool:
    return node.certificate.x509.version is x509.Version.v1


def _small_rsa(sight: Sight, node: Node) -> bool:
    key = node.certificate.public_key
    return isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048


def _ed25519(sight: Sight, node: Node) -> bool:
    return isinstance(node.certificate.public_key, ed25519.Ed25519PublicKey)


def _signed_with_ed25519(sight: Sight, node: Node) -> bool:
    return _algorithm(node) == Algorithm.ED25519


def _checked_ed25519(sight: Sight) -> bool:
    last = None if sight.end is End.OTHER_KEY else -1
    return any(_signed_with_ed25519(sight, node) for node in sight.nodes[:last])


def _leaf_ed25519_by_somebody(sight: Sight) -> bool:
    return _signed_with_ed25519(sight, sight.nodes[0]) and any(
        each.subject == sight.leaf.issuer for each in (*sight.chain.sent[1:], *sight.chain.roots)
    )


def _p521(sight: Sight, node: Node) -> bool:
    key = node.certificate.public_key
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP521R1)


def _broken_hash(name: str) -> Question:
    return lambda _, node: _hash_of(node.certificate) == name


def _hash_of(certificate: Certificate) -> str | None:
    return BROKEN_HASHES.get(certificate.x509.signature_algorithm_oid)


def _weak_hash(sight: Sight, node: Node) -> bool:
    return _hash_of(node.certificate) is not None


def _algorithm(node: Node) -> x509.ObjectIdentifier:
    return node.certificate.x509.signature_algorithm_oid


def key_id_critical(certificate: Certificate) -> bool:
    kinds = (x509.AuthorityKeyIdentifier, x509.SubjectKeyIdentifier)
    found = [certificate.extension(kind) for kind in kinds]
    return any(each is not None and each.critical for each in found)


def _unknown_critical(sight: Sight, node: Node) -> bool:
    return node.certificate.malformed is None and any(
        isinstance(each.value, x509.UnrecognizedExtension) and each.critical
        for each in node.certificate.x509.extensions
    )


def _path_length_without_usage(node: Node, is_ca: bool) -> bool:
    basic = node.certificate.extension(x509.BasicConstraints)
    limited = basic is not None and basic.value.path_length is not None
    return is_ca and limited and node.certificate.extension(x509.KeyUsage) is None


def _nameless(sight: Sight, node: Node) -> bool:
    return node.subject == () and node.certificate.extension(x509.SubjectAlternativeName) is None


def _must_staple(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.TLSFeature)
    return found is not None and x509.TLSFeatureType.status_request in found.value


# ---- the same question about several certificates ------------------------------------------------

_PLACES: Final = {"leaf": leaf, "intermediate": between, "anchor": anchor}
_TITLES: Final = {
    "leaf": "the certificate",
    "intermediate": "an intermediate",
    "anchor": "the root",
}


def _above(what: str, sentence: str, question: Question) -> dict[str, Flaw]:
    return _each(("intermediate", "anchor"), what, sentence, question)


def _each(places: Iterable[str], what: str, sentence: str, question: Question) -> dict[str, Flaw]:
    return {
        f"{place}-{what}": Flaw(f"{_TITLES[place]} {sentence}", _of(_PLACES[place], question))
        for place in places
    }


def _strict(what: str, sentence: str, question: Callable[[Node, bool], bool]) -> dict[str, Flaw]:
    """A question of the strict profile, which is about version 3."""
    return _each(
        _PLACES,
        what,
        sentence,
        lambda sight, node: question(node, node.certificate.is_ca) and not _version_1(sight, node),
    )


# ---- questions about the whole way ---------------------------------------------------------------


def _not_trusted(sight: Sight) -> bool:
    return sight.end is not End.TRUSTED


def _ends(end: End) -> Callable[[Sight], bool]:
    return lambda sight: sight.end is end


def _self_signed(*, alone: bool) -> Callable[[Sight], bool]:
    return lambda sight: sight.end is End.SELF_SIGNED and alone == (len(sight.nodes) == 1)


def _nobody_above(sight: Sight) -> bool:
    return sight.end is End.UNKNOWN and not _nobody_above_a_trusted_one(sight)


def _nobody_above_a_trusted_one(sight: Sight) -> bool:
    trusted = sight.path.top.certificate in sight.chain.roots
    return sight.end is End.UNKNOWN and len(sight.nodes) > 1 and trusted


def _unfit(sight: Sight) -> bool:
    return Link.BAD in sight.path.links


def _unfit_kind(sight: Sight) -> bool:
    return any(
        link is Link.BAD
        and not isinstance(issuer.certificate.public_key, _kind_of_signature(child))
        for link, child, issuer in zip(sight.path.links, sight.nodes, sight.nodes[1:], strict=False)
    )


def _kind_of_signature(node: Node) -> type[object]:
    return _KINDS.get(_algorithm(node), ec.EllipticCurvePublicKey)


def _too_long_below(where: Where) -> Callable[[Sight], bool]:
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


def _constrained(where: Where, *, excluded: bool) -> Callable[[Sight], bool]:
    def holds(sight: Sight) -> bool:
        found = first_outside(sight, where)
        return found is not None and (found.excluded is not None) == excluded

    return holds


def _odd_name_constrained(where: Where) -> Callable[[Sight], bool]:
    """mozilla::pkix and webpki read a name only to compare it, and then mind its form."""
    return lambda sight: (
        any(
            name.type == "dns" and not is_valid_pattern(name.value.replace("_", "a"))
            for name in sight.leaf.names
        )
        and any(constrains(x509.DNSName, node) for node in where(sight))
    )


def _other_family_outside(sight: Sight) -> bool:
    found = [each for node in issuers(sight) for each in outside(sight.leaf, node)]
    return bool(found) and all(each.other_family for each in found)


def _common_names_outside(sight: Sight, *, any_text: bool = False) -> Iterator[Outside]:
    """Common names that are taken for hosts, because there is no DNS name beside them."""
    if any(name.type == "dns" for name in sight.leaf.names):
        return
    for text in profile.common_names(sight.leaf):
        if any_text or _LOOKS_LIKE_HOST.fullmatch(text):
            for node in issuers(sight):
                yield from compare(x509.DNSName, _as_host(text), node)


def _as_host(text: str) -> str:
    return _NOT_LDH.sub("-", text.lower()).strip("-")


_NOT_LDH: Final = re.compile(r"[^a-z0-9.-]")
# What OpenSSL's NAME_CONSTRAINTS_check_CN takes for a host: no blanks, and a dot inside.
_LOOKS_LIKE_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)


def _not_named(kind: str) -> Callable[[Sight], bool]:
    return lambda sight: (
        sight.asked.type == kind and not is_named(sight.leaf, sight.asked, sight.chain.matching)
    )


def _oddly_named(sight: Sight) -> bool:
    matched = find_match(sight.asked, sight.leaf.names)
    return matched is None or bool(reservations(sight.asked, matched))


def _lives_too_long(sight: Sight) -> bool:
    return (
        sight.leaf.not_before >= _APPLES_DAY and sight.leaf.not_after - sight.leaf.not_before > _825
    )


_APPLES_DAY: Final = datetime(2019, 7, 1, tzinfo=UTC)
_825: Final = timedelta(days=825)


def _odd_key(sight: Sight, node: Node) -> bool:
    key = node.certificate.public_key
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size < 1024
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name not in _CURVES
    return not isinstance(key, ed25519.Ed25519PublicKey)


_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})


def _unmeasured_extension(sight: Sight, node: Node) -> bool:
    """Critical ones that some clients know and others do not, and constraints of other names."""
    if node.certificate.malformed is not None:
        return True
    return constrains_others(node) or any(
        each.critical
        and each.oid not in PROCESSED
        and not isinstance(each.value, x509.UnrecognizedExtension)
        for each in node.certificate.x509.extensions
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

FLAWS: Final[Mapping[str, Flaw]] = MappingProxyType(
    {
        # ---- where the way up ends
        "untrusted": Flaw("no path leads to a trusted certificate", _not_trusted),
        "issuer-unknown": Flaw("the issuer is unknown", _nobody_above),
        "issuer-of-leaf-unknown": Flaw(
            "the issuer is unknown, and the certificate is all there is",
            lambda sight: _nobody_above(sight) and len(sight.nodes) == 1,
        ),
        "issuer-of-trusted-unknown": Flaw(
            "an intermediate is trusted, and who issued it is unknown", _nobody_above_a_trusted_one
        ),
        "issuer-has-other-key": Flaw(
            "somebody of the issuer's name has another key", _ends(End.OTHER_KEY)
        ),
        "self-signed": Flaw(
            "the certificate is signed by itself and not trusted", _self_signed(alone=True)
        ),
        "root-sent-untrusted": Flaw(
            "the chain that was sent ends in a root that is not trusted", _self_signed(alone=False)
        ),
        "signature-unfit": Flaw("a signature does not fit the issuer's key", _unfit),
        "leaf-signature-unfit": Flaw(
            "the signature of the certificate does not fit the issuer's key",
            lambda sight: sight.path.links[:1] == (Link.BAD,),
        ),
        "intermediate-signature-unfit": Flaw(
            "the signature of an intermediate does not fit the issuer's key",
            lambda sight: Link.BAD in sight.path.links[1:],
        ),
        "signature-of-other-kind": Flaw(
            "a signature was made with another kind of key than the issuer's", _unfit_kind
        ),
        "pinned": Flaw("the certificate itself is trusted", lambda sight: sight.pinned),
        "not-a-root": Flaw(
            "what is trusted is no root",
            lambda sight: sight.path.top.issuer != sight.path.top.subject,
        ),
        "alone": Flaw(
            "there is one certificate, trusted itself", lambda sight: len(sight.nodes) == 1
        ),
        "pinned-foreign-ca": Flaw(
            "the certificate itself is trusted, and is a CA that somebody else signed",
            lambda sight: sight.pinned and sight.leaf.is_ca and not sight.leaf.self_issued,
        ),
        "issuer-empty": Flaw("the issuer is empty", lambda sight: sight.nodes[0].issuer == ()),
        "in-order": Flaw(
            "the certificates were sent in order, and nothing else",
            lambda sight: not sight.assembled,
        ),
        # ---- the name
        "host-not-named": Flaw("the certificate does not name the host", _not_named("dns")),
        "address-not-named": Flaw("the certificate does not name the address", _not_named("ip")),
        "ipv6-asked": Flaw(
            "an IPv6 address is asked for",
            lambda sight: sight.asked.type == "ip" and ":" in sight.asked.value,
        ),
        "oddly-named": Flaw("the name matches by a rule on which clients differ", _oddly_named),
        # ---- dates
        "leaf-expired": Flaw("the certificate has expired", _of(leaf, _expired)),
        "leaf-early": Flaw("the certificate is not valid yet", _of(leaf, _early)),
        "intermediate-expired": Flaw("an intermediate has expired", _of(between, _expired)),
        "intermediate-early": Flaw("an intermediate is not valid yet", _of(between, _early)),
        "anchor-expired": Flaw("the root has expired", _of(anchor, _expired)),
        "anchor-early": Flaw("the root is not valid yet", _of(anchor, _early)),
        "too-long": Flaw("the certificate is valid for more than 825 days", _lives_too_long),
        # ---- purposes
        "leaf-purpose": Flaw(
            "the certificate is for other purposes than serverAuth", _of(leaf, _for_other_purposes)
        ),
        "leaf-any-purpose": Flaw(
            "the certificate is for any purpose, and not for serverAuth by name",
            _of(leaf, _for_any_purpose),
        ),
        "leaf-no-purpose": Flaw(
            "the certificate has no extended key usage",
            lambda sight: sight.leaf.extension(x509.ExtendedKeyUsage) is None,
        ),
        "intermediate-purpose": Flaw(
            "an intermediate is for other purposes than serverAuth",
            _of(between, _for_other_purposes),
        ),
        "intermediate-any-purpose": Flaw(
            "an intermediate is for any purpose, and not for serverAuth by name",
            _of(between, _for_any_purpose),
        ),
        "anchor-purpose": Flaw(
            "the root is for other purposes than serverAuth", _of(anchor, _for_other_purposes)
        ),
        "anchor-any-purpose": Flaw(
            "the root is for any purpose, and not for serverAuth by name",
            _of(anchor, _for_any_purpose),
        ),
        # ---- key usage, CA or not
        "leaf-cannot-sign": Flaw(
            "the key usage is without digitalSignature", _of(leaf, _may_not_sign_data)
        ),
        "leaf-only-agrees": Flaw(
            "the key usage is without digitalSignature and keyEncipherment",
            _of(leaf, _may_only_agree),
        ),
        "leaf-useless": Flaw(
            "the key usage has nothing that TLS needs",
            _of(leaf, lambda sight, node: _may_only_agree(sight, node) and not _agrees(node)),
        ),
        "leaf-is-ca": Flaw("the certificate of the server is a CA", lambda sight: sight.leaf.is_ca),
        **_above("no-ca", "says that it is no CA, or nothing of what it is for", _says_no_ca),
        **_above("says-no-ca", "says that it is no CA", _has_basic_constraints_of_no_ca),
        "inside-expired": Flaw(
            "an intermediate below another one has expired", _of(inside, _expired)
        ),
        "inside-early": Flaw(
            "an intermediate below another one is not valid yet", _of(inside, _early)
        ),
        **_above(
            "only-signs", "may sign certificates, and does not say that it is a CA", _only_signs
        ),
        "inside-only-signs": Flaw(
            "an intermediate below another CA may sign certificates, and does not say that it is "
            "a CA",
            _of(inside, _only_signs),
        ),
        "leaf-version-1": Flaw(
            "the certificate is of version 1 and has no extensions", _of(leaf, _version_1)
        ),
        "anchor-version-1": Flaw(
            "the root is of version 1 and has no extensions", _of(anchor, _version_1)
        ),
        "foreign-anchor-no-ca": Flaw(
            "what is trusted is neither a root nor a CA",
            lambda sight: (
                sight.anchor is not None
                and not sight.anchor.self_issued
                and not sight.anchor.certificate.is_ca
            ),
        ),
        **_above("no-cert-sign", "has key usage without keyCertSign", _may_not_sign_certificates),
        "too-deep-below-intermediate": Flaw(
            "there are more intermediates than an intermediate allows", _too_long_below(between)
        ),
        "too-deep-below-anchor": Flaw(
            "there are more intermediates than the root allows", _too_long_below(anchor)
        ),
        # ---- name constraints
        "outside-intermediate": Flaw(
            "a name is not permitted by an intermediate", _constrained(between, excluded=False)
        ),
        "excluded-by-intermediate": Flaw(
            "a name is excluded by an intermediate", _constrained(between, excluded=True)
        ),
        "outside-anchor": Flaw(
            "a name is not permitted by the root", _constrained(anchor, excluded=False)
        ),
        "excluded-by-anchor": Flaw(
            "a name is excluded by the root", _constrained(anchor, excluded=True)
        ),
        "odd-name-constrained-by-intermediate": Flaw(
            "a name is malformed, such as *.test, and an intermediate constrains names",
            _odd_name_constrained(between),
        ),
        "odd-name-constrained-by-anchor": Flaw(
            "a name is malformed, such as *.test, and the root constrains names",
            _odd_name_constrained(anchor),
        ),
        "dot-constrained": Flaw(
            "a name ends with a dot, and names are constrained",
            lambda sight: (
                any(name.value.endswith(".") for name in sight.leaf.names)
                and any(constrains(x509.DNSName, node) for node in issuers(sight))
            ),
        ),
        "other-family-outside": Flaw(
            "only addresses are outside, and none of their family is constrained",
            _other_family_outside,
        ),
        "common-name-outside": Flaw(
            "beside no DNS name, the common name looks like a host that a CA does not permit",
            lambda sight: any(not each.excluded for each in _common_names_outside(sight)),
        ),
        "common-name-excluded": Flaw(
            "beside no DNS name, the common name looks like a host that a CA excludes",
            lambda sight: any(each.excluded for each in _common_names_outside(sight)),
        ),
        "common-text-outside": Flaw(
            "beside no DNS name, the common name is none that a CA may sign",
            lambda sight: any(_common_names_outside(sight, any_text=True)),
        ),
        "lone-common-name-outside": Flaw(
            "beside no DNS name and no address, the common name looks like a host that a CA may "
            "not sign",
            lambda sight: (
                not any(name.type == "ip" for name in sight.leaf.names)
                and any(_common_names_outside(sight))
            ),
        ),
        "sent-key-id-critical": Flaw(
            "a key identifier is critical in any of the certificates that were sent",
            lambda sight: any(map(key_id_critical, sight.chain.sent)),
        ),
        # ---- the strict profile
        **_strict(
            "path-length-without-usage",
            "is a CA with a path length and without key usage",
            _path_length_without_usage,
        ),
        **_strict(
            "basic-not-critical",
            "is a CA whose basic constraints are not critical",
            profile.basic_not_critical,
        ),
        **_strict("no-key-usage", "is a CA without key usage", profile.no_key_usage),
        **_strict(
            "no-authority-key-id", "has no authority key identifier", profile.no_authority_key_id
        ),
        **_strict(
            "no-subject-key-id", "is a CA without subject key identifier", profile.no_subject_key_id
        ),
        "leaf-signs-certificates": Flaw(
            "the key usage has keyCertSign, and the certificate is no CA",
            _of(leaf, _signs_certificates_without_being_a_ca),
        ),
        "leaf-optional-san": Flaw(
            "the subject is empty and the subject alternative name not critical",
            _of(leaf, lambda _, node: profile.optional_san_without_subject(node, is_issuer=False)),
        ),
        "leaf-nameless": Flaw(
            "the subject is empty, and there is no subject alternative name", _of(leaf, _nameless)
        ),
        # ---- keys and signatures
        "leaf-small-rsa": Flaw("the certificate has RSA below 2048 bits", _of(leaf, _small_rsa)),
        "issuer-small-rsa": Flaw("a CA has RSA below 2048 bits", _of(issuers, _small_rsa)),
        "sha1": Flaw(
            "a signature that is checked is made with SHA-1",
            _of(below_the_top, _broken_hash("SHA-1")),
        ),
        "md5": Flaw(
            "a signature that is checked is made with MD5", _of(below_the_top, _broken_hash("MD5"))
        ),
        "sent-md5": Flaw(
            "a certificate that was sent is signed by another with MD5",
            lambda sight: any(
                not each.self_issued and _hash_of(each) == "MD5" for each in sight.chain.sent
            ),
        ),
        "leaf-weak-hash": Flaw(
            "the certificate is signed with SHA-1 or MD5", _of(leaf, _weak_hash)
        ),
        "intermediate-weak-hash": Flaw(
            "an intermediate is signed with SHA-1 or MD5", _of(between, _weak_hash)
        ),
        "leaf-p521": Flaw("the certificate has a P-521 key", _of(leaf, _p521)),
        "leaf-ed25519": Flaw("the certificate has an Ed25519 key", _of(leaf, _ed25519)),
        "intermediate-small-rsa": Flaw(
            "an intermediate has RSA below 2048 bits", _of(between, _small_rsa)
        ),
        "anchor-small-rsa": Flaw("the root has RSA below 2048 bits", _of(anchor, _small_rsa)),
        "pinned-damaged": Flaw(
            "the certificate is trusted itself, and its own signature does not fit",
            lambda sight: sight.pinned and sight.leaf.self_issued and not sight.leaf.self_signed,
        ),
        "pinned-small-rsa": Flaw(
            "the certificate is trusted itself and has RSA below 2048 bits",
            lambda sight: sight.pinned and _small_rsa(sight, sight.nodes[0]),
        ),
        "intermediate-ed25519": Flaw("an intermediate has an Ed25519 key", _of(between, _ed25519)),
        "anchor-ed25519": Flaw("the root has an Ed25519 key", _of(anchor, _ed25519)),
        "signed-ed25519": Flaw(
            "a signature that is checked is made with Ed25519", _checked_ed25519
        ),
        "leaf-signed-ed25519": Flaw(
            "the certificate is signed with Ed25519, and somebody of the issuer's name is there",
            _leaf_ed25519_by_somebody,
        ),
        "intermediate-signed-ed25519": Flaw(
            "an intermediate is signed with Ed25519", _of(between, _signed_with_ed25519)
        ),
        # ---- extensions
        **_each(
            _PLACES, "unknown-critical", "has an unknown critical extension", _unknown_critical
        ),
        **_each(
            _PLACES,
            "key-id-critical",
            "has a critical key identifier",
            lambda _, node: key_id_critical(node.certificate),
        ),
        "must-staple": Flaw("an OCSP answer is demanded with the chain", _of(leaf, _must_staple)),
        # ---- what nothing is known of
        "odd-key": Flaw("a key is of a kind that was not measured", _of(everywhere, _odd_key)),
        "odd-extension": Flaw(
            "an extension cannot be read, is critical and rare, or constrains other names",
            _of(everywhere, _unmeasured_extension),
        ),
    }
)
