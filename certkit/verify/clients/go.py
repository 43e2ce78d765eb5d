"""Go's crypto/x509: the certificate itself, then its name, then the path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.verify import size
from certkit.verify.clients import general_names as general
from certkit.verify.clients.certificates import key_id_critical
from certkit.verify.clients.climb import Climb, any_certificate, by_signature
from certkit.verify.clients.general_names import common_name_tags
from certkit.verify.clients.hostnames import Matching, covers
from certkit.verify.clients.issuer_names import same_octets
from certkit.verify.clients.questions import first_outside, uri_without_host_constrained
from certkit.verify.clients.rules import Client, Largest, Rule
from certkit.verify.profile import common_names, large_oids
from certkit.verify.uris import go_cannot_constrain, go_parses

if TYPE_CHECKING:
    from certkit.pki.certificate import Certificate
    from certkit.verify.clients.sight import Sight

_EXPIRED: Final = "x509: certificate has expired or is not yet valid"
_TOO_DEEP: Final = "x509: too many intermediates for path length constraint"
_UNKNOWN: Final = "x509: certificate signed by unknown authority"
_UNPARSED: Final = "tls: failed to parse certificate from server: x509: "
_CRITICAL: Final = "x509: unhandled critical extension"
_MATCHING: Final = Matching(top_level=True, dot_presented="kept")


_TOO_MANY_TO_LIST: Final = 100


def _name(sight: Sight) -> str:
    """HostnameError.Error."""
    asked, leaf = sight.asked, sight.leaf
    has_san = leaf.extension(x509.SubjectAlternativeName) is not None
    texts = common_names(leaf)[-1:] if _UNIVERSAL not in common_name_tags(leaf) else ()
    if not has_san and any(covers(text, asked, _MATCHING) for text in texts):
        return "x509: certificate relies on legacy Common Name field, use SANs instead"
    names = [name.value for name in leaf.names if name.type == asked.type]
    if len(names) >= _TOO_MANY_TO_LIST:
        kind = "names" if asked.type == "dns" else "IP SANs"
        return f"x509: certificate is valid for {len(names)} {kind}, but none matched {sight.name}"
    if any(names):
        return f"x509: certificate is valid for {', '.join(names)}, not {sight.name}"
    if asked.type == "ip":
        return (
            f"x509: cannot validate certificate for {sight.name} because it doesn't contain any "
            "IP SANs"
        )
    return f"x509: certificate is not valid for any names, but wanted to match {sight.name}"


_REFUSAL: Final = (
    "x509: a root or intermediate certificate is not authorized to sign for this name: "
)


def _constraint(sight: Sight) -> str:
    found = first_outside(sight)
    if found is None:
        return _REFUSAL
    kind = "DNS name" if found.kind is x509.DNSName else "IP address"
    why = (
        "is not permitted by any constraint"
        if found.excluded is None
        else f'is excluded by constraint "{found.excluded}"'
    )
    return f'{_REFUSAL}{kind} "{found.name}" {why}'


def _uri_constraint(sight: Sight) -> str:
    uri = uri_without_host_constrained(sight) or ""
    return f'{_REFUSAL}{go_cannot_constrain(uri)} ("{uri}") cannot be matched against constraints'


def _large_oid(sight: Sight) -> str:
    """An extension is refused by its identifier before what is in it is read."""
    first = next(each for each in sight.chain.sent if any(large_oids(each)))
    ids = {extension.oid for extension in first.extensions}
    what = (
        "malformed extension OID field"
        if not ids.isdisjoint(large_oids(first))
        else "invalid extended key usages"
    )
    return f"{_UNPARSED}{what}"


def _unparsed(sight: Sight) -> str:
    """The first name that parseSANExtension refuses."""
    for name in general.general_names(sight.leaf) or ():
        if name.tag in _IA5 and not name.text.isascii():
            return f"{_UNPARSED}SAN {_IA5[name.tag]} is malformed"
        if name.tag == general.URI and not go_parses(name.text):
            return f'{_UNPARSED}cannot parse URI "'
        if name.tag == general.IP and name.address is None:
            return f"{_UNPARSED}cannot parse IP address of length {len(name.octets)}"
        if name.mapped_address:
            return f"{_UNPARSED}SAN iPAddress contains IPv4-mapped IPv6 address"
    return _UNPARSED


_IA5: Final = {
    general.DNS: "dNSName",
    general.EMAIL: "rfc822Name",
    general.URI: "uniformResourceIdentifier",
}
_UNIVERSAL: Final = 0x1C


def _can_parse(certificate: Certificate) -> bool:
    """Not with critical key identifiers, nor with numbers of more than 31 bits."""
    return not key_id_critical(certificate) and not any(large_oids(certificate))


GO: Final = Client(
    "Go",
    "Go 1.27.3",
    largest=Largest(
        size.GO,
        "tls: handshake message of length {length} bytes exceeds maximum of 262144 bytes",
    ),
    climb=Climb(by_signature, any_certificate, _can_parse, same_name=same_octets),
    matching=_MATCHING,
    rules=(
        Rule("sent-md5", "tls: handshake failure"),
        Rule("sent-key-id-critical", _UNPARSED),
        Rule("sent-large-oid", _large_oid),
        Rule("leaf-subject-unreadable", f"{_UNPARSED}invalid RDNSequence"),
        *(
            Rule(flaw, _unparsed)
            for flaw in (
                "leaf-raw-name",
                "leaf-uri-unparsed",
                "leaf-odd-address",
                "leaf-mapped-address",
            )
        ),
        Rule("leaf-unknown-critical", _CRITICAL),
        Rule("leaf-critical-san-of-no-endpoint", _CRITICAL),
        Rule("leaf-expired", _EXPIRED),
        Rule("leaf-early", _EXPIRED),
        Rule("host-not-named", _name),
        Rule("address-not-named", _name),
        Rule("sha1", _UNKNOWN),
        *(
            Rule(f"{which}-{what}", _UNKNOWN)
            for which in ("intermediate", "anchor")
            for what in ("no-ca", "only-signs", "no-cert-sign")
        ),
        Rule("intermediate-unknown-critical", _CRITICAL),
        Rule("intermediate-expired", _EXPIRED),
        Rule("intermediate-early", _EXPIRED),
        Rule("too-many-below-intermediate", _TOO_DEEP),
        Rule("untrusted", _UNKNOWN),
        Rule("anchor-unknown-critical", _CRITICAL),
        Rule("anchor-expired", _EXPIRED),
        Rule("anchor-early", _EXPIRED),
        Rule("too-many-below-anchor", _TOO_DEEP),
        Rule("leaf-purpose", "x509: certificate specifies an incompatible key usage"),
        Rule("intermediate-purpose", "x509: certificate specifies an incompatible key usage"),
        Rule("anchor-purpose", "x509: certificate specifies an incompatible key usage"),
        Rule("outside-intermediate", _constraint),
        Rule("excluded-by-intermediate", _constraint),
        Rule("outside-anchor", _constraint),
        Rule("excluded-by-anchor", _constraint),
        Rule("wildcard-over-excluded", _constraint),
        Rule("uri-without-host-constrained", _uri_constraint),
        Rule("self-issued-outside", _constraint),
    ),
)
