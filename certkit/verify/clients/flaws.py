"""The flaws that some client minds, by name: what rules speak of."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.verify import profile
from certkit.verify.clients import certificates as one
from certkit.verify.clients import java_names, unmeasured
from certkit.verify.clients import questions as ask
from certkit.verify.clients.constraints import constrains
from certkit.verify.clients.sight import End
from certkit.verify.identity import find_match
from certkit.verify.signature import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from certkit.verify.clients.certificates import Question
    from certkit.verify.clients.questions import Where
    from certkit.verify.clients.sight import Sight
    from certkit.verify.path import Node


@dataclass(frozen=True, slots=True)
class Flaw:
    """``sentence`` says it to people; ``holds`` answers for one way up."""

    sentence: str
    holds: Callable[[Sight], bool]


def _of(where: Where, question: Question) -> Callable[[Sight], bool]:
    return lambda sight: any(question(sight, node) for node in where(sight))


# ---- the same question about several certificates ------------------------------------------------

_PLACES: Final = {"leaf": ask.leaf, "intermediate": ask.between, "anchor": ask.anchor}
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


def _strict(
    what: str,
    sentence: str,
    question: Callable[[Node, bool], bool],
    places: Iterable[str] = ("leaf", "intermediate", "anchor"),
) -> dict[str, Flaw]:
    """A question of the strict profile, which is about version 3."""
    return _each(
        places,
        what,
        sentence,
        lambda sight, node: (
            question(node, node.certificate.is_ca) and not one.version_1(sight, node)
        ),
    )


FLAWS: Final[Mapping[str, Flaw]] = MappingProxyType(
    {
        # ---- where the way up ends
        "untrusted": Flaw("no path leads to a trusted certificate", ask.not_trusted),
        "issuer-unknown": Flaw("the issuer is unknown", ask.nobody_above),
        "issuer-of-leaf-unknown": Flaw(
            "the issuer is unknown, and the certificate is all there is",
            lambda sight: ask.nobody_above(sight) and len(sight.nodes) == 1,
        ),
        "issuer-of-trusted-unknown": Flaw(
            "an intermediate is trusted, and who issued it is unknown",
            ask.nobody_above_a_trusted_one,
        ),
        "issuer-has-other-key": Flaw(
            "somebody of the issuer's name has another key", ask.ends(End.OTHER_KEY)
        ),
        "self-signed": Flaw(
            "the certificate is signed by itself and not trusted", ask.self_signed(alone=True)
        ),
        "root-sent-untrusted": Flaw(
            "the chain that was sent ends in a root that is not trusted",
            ask.self_signed(alone=False),
        ),
        "signature-unfit": Flaw("a signature does not fit the issuer's key", ask.unfit),
        "leaf-signature-unfit": Flaw(
            "the signature of the certificate does not fit the issuer's key",
            lambda sight: sight.path.links[:1] == (Link.BAD,),
        ),
        "intermediate-signature-unfit": Flaw(
            "the signature of an intermediate does not fit the issuer's key",
            lambda sight: Link.BAD in sight.path.links[1:],
        ),
        "signature-of-other-kind": Flaw(
            "a signature was made with another kind of key than the issuer's", ask.unfit_kind
        ),
        "fetchable": Flaw(
            "the issuer is missing, and the certificate says where it may be fetched",
            ask.fetchable,
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
        "host-not-named": Flaw("the certificate does not name the host", ask.not_named("dns")),
        "address-not-named": Flaw("the certificate does not name the address", ask.not_named("ip")),
        "ipv6-asked": Flaw(
            "an IPv6 address is asked for",
            lambda sight: sight.asked.type == "ip" and ":" in sight.asked.value,
        ),
        "read-in-common-name": Flaw(
            "the name is found in the common name alone", ask.read_in_common_name
        ),
        "matched-alone": Flaw(
            "the name matches, and not by RFC 9525",
            lambda sight: (
                find_match(sight.asked, sight.leaf.names) is None
                and not ask.read_in_common_name(sight)
            ),
        ),
        "oddly-named": Flaw("the name matches by a rule on which clients differ", ask.oddly_named),
        # ---- dates
        "leaf-expired": Flaw("the certificate has expired", _of(ask.leaf, one.expired)),
        "leaf-early": Flaw("the certificate is not valid yet", _of(ask.leaf, one.early)),
        "intermediate-expired": Flaw("an intermediate has expired", _of(ask.between, one.expired)),
        "intermediate-early": Flaw("an intermediate is not valid yet", _of(ask.between, one.early)),
        "anchor-expired": Flaw("the root has expired", _of(ask.anchor, one.expired)),
        "anchor-early": Flaw("the root is not valid yet", _of(ask.anchor, one.early)),
        "too-long": Flaw("the certificate is valid for more than 825 days", ask.lives_too_long),
        # ---- purposes
        "leaf-purpose": Flaw(
            "the certificate is for other purposes than serverAuth",
            _of(ask.leaf, one.for_other_purposes),
        ),
        "leaf-any-purpose": Flaw(
            "the certificate is for any purpose, and not for serverAuth by name",
            _of(ask.leaf, one.for_any_purpose),
        ),
        "leaf-no-purpose": Flaw(
            "the certificate has no extended key usage",
            lambda sight: sight.leaf.extension(x509.ExtendedKeyUsage) is None,
        ),
        "intermediate-purpose": Flaw(
            "an intermediate is for other purposes than serverAuth",
            _of(ask.between, one.for_other_purposes),
        ),
        "intermediate-any-purpose": Flaw(
            "an intermediate is for any purpose, and not for serverAuth by name",
            _of(ask.between, one.for_any_purpose),
        ),
        "anchor-purpose": Flaw(
            "the root is for other purposes than serverAuth",
            _of(ask.anchor, one.for_other_purposes),
        ),
        "anchor-any-purpose": Flaw(
            "the root is for any purpose, and not for serverAuth by name",
            _of(ask.anchor, one.for_any_purpose),
        ),
        **_each(
            _PLACES,
            "no-server-purpose",
            "is neither for serverAuth nor for server gated cryptography",
            one.for_no_server,
        ),
        "leaf-netscape-type": Flaw(
            "the Netscape certificate type is not that of a server",
            _of(ask.leaf, one.no_netscape_server),
        ),
        # ---- key usage, CA or not
        "leaf-cannot-sign": Flaw(
            "the key usage is without digitalSignature", _of(ask.leaf, one.may_not_sign_data)
        ),
        "leaf-only-agrees": Flaw(
            "the key usage is without digitalSignature and keyEncipherment",
            _of(ask.leaf, one.may_only_agree),
        ),
        "leaf-useless": Flaw(
            "the key usage has nothing that TLS needs",
            _of(
                ask.leaf,
                lambda sight, node: one.may_only_agree(sight, node) and not one.agrees(node),
            ),
        ),
        "leaf-is-ca": Flaw("the certificate of the server is a CA", lambda sight: sight.leaf.is_ca),
        **_above("no-ca", "says that it is no CA, or nothing of what it is for", one.says_no_ca),
        "anchor-says-no-ca": Flaw(
            "the root says that it is no CA", _of(ask.anchor, one.has_basic_constraints_of_no_ca)
        ),
        "inside-expired": Flaw(
            "an intermediate below another one has expired", _of(ask.inside, one.expired)
        ),
        "inside-early": Flaw(
            "an intermediate below another one is not valid yet", _of(ask.inside, one.early)
        ),
        **_above(
            "only-signs", "may sign certificates, and does not say that it is a CA", one.only_signs
        ),
        "inside-only-signs": Flaw(
            "an intermediate below another CA may sign certificates, and does not say that it is "
            "a CA",
            _of(ask.inside, one.only_signs),
        ),
        "leaf-version-1": Flaw(
            "the certificate is of version 1 and has no extensions", _of(ask.leaf, one.version_1)
        ),
        "anchor-version-1": Flaw(
            "the root is of version 1 and has no extensions", _of(ask.anchor, one.version_1)
        ),
        "foreign-anchor-no-ca": Flaw(
            "what is trusted is neither a root nor a CA",
            lambda sight: (
                sight.anchor is not None
                and not sight.anchor.self_issued
                and not sight.anchor.certificate.is_ca
            ),
        ),
        **_above(
            "no-cert-sign", "has key usage without keyCertSign", one.may_not_sign_certificates
        ),
        "too-deep-below-intermediate": Flaw(
            "there are more intermediates than an intermediate allows",
            ask.too_long_below(ask.between),
        ),
        "too-deep-below-anchor": Flaw(
            "there are more intermediates than the root allows", ask.too_long_below(ask.anchor)
        ),
        "too-many-below-intermediate": Flaw(
            "there are more intermediates than an intermediate allows, self-issued ones counted",
            ask.too_long_below(ask.between, self_issued_too=True),
        ),
        "too-many-below-anchor": Flaw(
            "there are more intermediates than the root allows, self-issued ones counted",
            ask.too_long_below(ask.anchor, self_issued_too=True),
        ),
        "over-6-between": Flaw("there are more than 6 intermediates", ask.more_between(6)),
        "over-19-between": Flaw("there are more than 19 intermediates", ask.more_between(19)),
        "over-10-sent": Flaw("more than 10 certificates were sent", ask.more_sent(10)),
        "over-16-sent": Flaw("more than 16 certificates were sent", ask.more_sent(16)),
        # ---- name constraints
        "outside-intermediate": Flaw(
            "a name is not permitted by an intermediate",
            ask.constrained(ask.between, excluded=False),
        ),
        "excluded-by-intermediate": Flaw(
            "a name is excluded by an intermediate", ask.constrained(ask.between, excluded=True)
        ),
        "outside-anchor": Flaw(
            "a name is not permitted by the root", ask.constrained(ask.anchor, excluded=False)
        ),
        "excluded-by-anchor": Flaw(
            "a name is excluded by the root", ask.constrained(ask.anchor, excluded=True)
        ),
        "leaf-outside-intermediate": Flaw(
            "a name of the certificate is not permitted by an intermediate",
            ask.constrained(ask.between, excluded=False, of_leaf_alone=True),
        ),
        "leaf-excluded-by-intermediate": Flaw(
            "a name of the certificate is excluded by an intermediate",
            ask.constrained(ask.between, excluded=True, of_leaf_alone=True),
        ),
        "self-issued-outside": Flaw(
            "a name of a self-issued intermediate is none that a CA above may sign",
            lambda sight: any(ask.names_outside_of_self_issued(sight)),
        ),
        "wildcard-over-excluded": Flaw(
            "a wildcard stands for a name that a CA excludes, among others",
            ask.wildcard_over_excluded(ask.issuers),
        ),
        "odd-name-constrained-by-intermediate": Flaw(
            "a name is malformed, such as *.test, and an intermediate constrains names",
            ask.odd_name_constrained(ask.between),
        ),
        "odd-name-constrained-by-anchor": Flaw(
            "a name is malformed, such as *.test, and the root constrains names",
            ask.odd_name_constrained(ask.anchor),
        ),
        "dot-constrained": Flaw(
            "a name ends with a dot, and names are constrained",
            lambda sight: (
                any(name.value.endswith(".") for name in sight.leaf.names)
                and any(constrains(x509.DNSName, node) for node in ask.issuers(sight))
            ),
        ),
        "other-family-outside": Flaw(
            "only addresses are outside, and none of their family is constrained",
            ask.other_family_outside,
        ),
        "common-name-outside": Flaw(
            "beside no DNS name, the common name looks like a host that a CA does not permit",
            lambda sight: any(not each.excluded for each in ask.common_names_outside(sight)),
        ),
        "common-name-excluded": Flaw(
            "beside no DNS name, the common name looks like a host that a CA excludes",
            lambda sight: any(each.excluded for each in ask.common_names_outside(sight)),
        ),
        "common-text-outside": Flaw(
            "beside no DNS name, the common name is none that a CA may sign",
            lambda sight: any(ask.common_names_outside(sight, any_text=True)),
        ),
        "lone-common-name-outside": Flaw(
            "beside no DNS name and no address, the common name looks like a host that a CA may "
            "not sign",
            lambda sight: (
                not any(name.type == "ip" for name in sight.leaf.names)
                and any(ask.common_names_outside(sight))
            ),
        ),
        "sent-key-id-critical": Flaw(
            "a key identifier is critical in any of the certificates that were sent",
            lambda sight: any(map(one.key_id_critical, sight.chain.sent)),
        ),
        # ---- the strict profile
        **_strict(
            "path-length-without-usage",
            "is a CA with a path length and without key usage",
            one.path_length_without_usage,
        ),
        **_strict(
            "basic-not-critical",
            "is a CA whose basic constraints are not critical",
            profile.basic_not_critical,
        ),
        **_strict("no-key-usage", "is a CA without key usage", profile.no_key_usage),
        **_strict(
            "no-authority-key-id",
            "has no authority key identifier",
            profile.no_authority_key_id,
            places=("leaf", "intermediate"),
        ),
        **_strict(
            "no-subject-key-id", "is a CA without subject key identifier", profile.no_subject_key_id
        ),
        "leaf-signs-certificates": Flaw(
            "the key usage has keyCertSign, and the certificate is no CA",
            _of(ask.leaf, one.signs_certificates_without_being_a_ca),
        ),
        "leaf-optional-san": Flaw(
            "the subject is empty and the subject alternative name not critical",
            _of(
                ask.leaf,
                lambda _, node: profile.optional_san_without_subject(node, is_issuer=False),
            ),
        ),
        "leaf-nameless": Flaw(
            "the subject is empty, and there is no subject alternative name",
            _of(ask.leaf, one.nameless),
        ),
        "leaf-raw-name": Flaw(
            "a name outside ASCII is not stored as A-labels", _of(ask.leaf, one.raw_names)
        ),
        "leaf-no-names": Flaw(
            "the subject alternative name is there and holds nothing",
            _of(ask.leaf, one.without_names),
        ),
        "leaf-empty-name": Flaw("a name is empty", _of(ask.leaf, one.empty_names)),
        "leaf-odd-address": Flaw(
            "an address among the names is neither IPv4 nor IPv6", _of(ask.leaf, one.odd_addresses)
        ),
        "leaf-mapped-address": Flaw(
            "an address among the names is an IPv4 address mapped to IPv6",
            _of(ask.leaf, one.mapped_addresses),
        ),
        "leaf-uri-unparsed": Flaw(
            "a URI among the names has a host or an escape that is none",
            _of(ask.leaf, one.unparsed_uris),
        ),
        "leaf-names-unreadable": Flaw(
            "Java cannot read one of the names, and then none of them",
            _of(ask.leaf, lambda _, node: java_names.complaint(node.certificate) is not None),
        ),
        "leaf-critical-names-unreadable": Flaw(
            "Java cannot read one of the names, and they are critical",
            _of(ask.leaf, lambda _, node: java_names.critical_complaint(node.certificate)),
        ),
        "leaf-critical-san-of-no-endpoint": Flaw(
            "the names are critical, and none of them is a host, address, mailbox or URI",
            _of(ask.leaf, one.critical_names_of_no_endpoint),
        ),
        "leaf-subject-unreadable": Flaw(
            "the subject holds octets that are no text of their type",
            _of(ask.leaf, one.unreadable_subject),
        ),
        "leaf-subject-no-text": Flaw(
            "the common name is no text at all", _of(ask.leaf, one.common_name_of_no_text)
        ),
        # ---- keys and signatures
        "leaf-over-64-kb": Flaw(
            "the certificate is longer than 64 KB", _of(ask.leaf, one.over_64_kb)
        ),
        "issuer-over-64-kb": Flaw(
            "a CA's certificate is longer than 64 KB", _of(ask.issuers, one.over_64_kb)
        ),
        "uri-without-host-constrained": Flaw(
            "a URI names no host, and there are name constraints",
            lambda sight: ask.uri_without_host_constrained(sight) is not None,
        ),
        "sent-large-oid": Flaw(
            "an object identifier has a number of more than 31 bits",
            lambda sight: any(any(profile.large_oids(each)) for each in sight.chain.sent),
        ),
        "leaf-extension-over-64-bits": Flaw(
            "the identifier of an extension has a number of more than 64 bits",
            _of(ask.leaf, one.extension_over_64_bits),
        ),
        "leaf-purpose-over-64-bits": Flaw(
            "the identifier of a purpose has a number of more than 64 bits",
            _of(ask.leaf, one.purpose_over_64_bits),
        ),
        "intermediate-over-64-bits": Flaw(
            "an identifier in an intermediate has a number of more than 64 bits",
            _of(ask.between, lambda _, node: any(profile.large_oids(node.certificate, 64))),
        ),
        "leaf-small-rsa": Flaw(
            "the certificate has RSA below 2048 bits", _of(ask.leaf, one.small_rsa)
        ),
        **_each(
            _PLACES, "below-112-bits", "has RSA below 112 bits of security", one.below_112_bits
        ),
        "issuer-small-rsa": Flaw("a CA has RSA below 2048 bits", _of(ask.issuers, one.small_rsa)),
        "sha1": Flaw(
            "a signature that is checked is made with SHA-1",
            _of(ask.below_the_top, one.broken_hash("SHA-1")),
        ),
        "md5": Flaw(
            "a signature that is checked is made with MD5",
            _of(ask.below_the_top, one.broken_hash("MD5")),
        ),
        "sent-md5": Flaw(
            "a certificate that was sent is signed by another with MD5",
            lambda sight: any(
                not each.self_issued and one.hash_of(each) == "MD5" for each in sight.chain.sent
            ),
        ),
        "leaf-weak-hash": Flaw(
            "the certificate is signed with SHA-1 or MD5", _of(ask.leaf, one.weak_hash)
        ),
        "intermediate-weak-hash": Flaw(
            "an intermediate is signed with SHA-1 or MD5", _of(ask.between, one.weak_hash)
        ),
        "leaf-p521": Flaw("the certificate has a P-521 key", _of(ask.leaf, one.p521)),
        "leaf-ed25519": Flaw("the certificate has an Ed25519 key", _of(ask.leaf, one.has_ed25519)),
        "pinned-damaged": Flaw(
            "the certificate is trusted itself, and its own signature does not fit",
            lambda sight: sight.pinned and sight.leaf.self_issued and not sight.leaf.self_signed,
        ),
        "pinned-small-rsa": Flaw(
            "the certificate is trusted itself and has RSA below 2048 bits",
            lambda sight: sight.pinned and one.small_rsa(sight, sight.nodes[0]),
        ),
        "intermediate-ed25519": Flaw(
            "an intermediate has an Ed25519 key", _of(ask.between, one.has_ed25519)
        ),
        "anchor-ed25519": Flaw("the root has an Ed25519 key", _of(ask.anchor, one.has_ed25519)),
        "signed-ed25519": Flaw(
            "a signature that is checked is made with Ed25519", ask.checked_ed25519
        ),
        "leaf-signed-ed25519": Flaw(
            "the certificate is signed with Ed25519, and somebody of the issuer's name is there",
            ask.leaf_ed25519_by_somebody,
        ),
        "intermediate-signed-ed25519": Flaw(
            "an intermediate is signed with Ed25519", _of(ask.between, one.signed_with_ed25519)
        ),
        # ---- extensions
        **_each(
            _PLACES, "unknown-critical", "has an unknown critical extension", one.unknown_critical
        ),
        **_each(
            _PLACES,
            "key-id-critical",
            "has a critical key identifier",
            lambda _, node: one.key_id_critical(node.certificate),
        ),
        **_each(
            _PLACES,
            "critical-points",
            "has critical CRL distribution points",
            one.critical(x509.CRLDistributionPoints),
        ),
        **_each(
            _PLACES,
            "critical-policies",
            "has critical certificate policies",
            one.critical(x509.CertificatePolicies),
        ),
        "must-staple": Flaw(
            "an OCSP answer is demanded with the chain",
            _of(ask.but_the_anchor, one.must_staple),
        ),
        "features": Flaw(
            "a TLS feature is demanded, of which most clients have none",
            _of(ask.but_the_anchor, one.demands_features),
        ),
        # ---- what nothing is known of
        "odd-key": Flaw(
            "a key is of a kind that was not measured", _of(ask.everywhere, unmeasured.odd_key)
        ),
        "odd-extension": Flaw(
            "an extension cannot be read, is critical and rare, or constrains other names",
            _of(ask.everywhere, unmeasured.unmeasured_extension),
        ),
        "odd-signature": Flaw(
            "a signature is of a kind that was not measured",
            _of(ask.below_the_top, unmeasured.odd_signature),
        ),
    }
)
