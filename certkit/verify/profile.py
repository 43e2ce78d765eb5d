"""The profile of RFC 5280 section 4, as strict as Python 3.13 and OpenSSL -x509_strict read it.

Path validation (section 6) does not ask for any of this, and most clients do not either. What the
RFC demands of a CA is an error below the trust anchor; the anchor itself is but a name and a key
(section 6.1.1 (d)), so most of the rules only warn about it. docs/explanation/verify-policy.md
says why each is what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from certkit.findings import Finding, Severity
from certkit.pki.refusal import quoted
from certkit.verify.identity import reference
from certkit.verify.key_ids import points_to
from certkit.verify.uris import go_cannot_constrain, go_parses, java_complaint
from certkit.verify.wording import advice, issue_again, span, title, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certkit.pki.certificate import Certificate
    from certkit.verify.path import Node, Path
    from certkit.verify.question import Question

_MAX_DAYS: Final = 825


@dataclass(frozen=True, slots=True)
class _Rule:
    """``applies(node, is_issuer)`` says that the certificate breaks it."""

    applies: Callable[[Node, bool], bool]
    problem: str
    why: str
    on_anchor: Severity | None = Severity.ERROR
    """What it is on a trust anchor; None exempts it."""
    below: Severity = Severity.ERROR


def check_profile(path: Path, question: Question) -> Iterator[Finding]:
    """Every rule of the table against every certificate that can be read."""
    for index, node in enumerate(path.nodes):
        if node.certificate.malformed is not None:
            continue
        for rule in _RULES:
            severity = rule.on_anchor if node.anchor else rule.below
            if severity is not None and rule.applies(node, index > 0):
                yield Finding(
                    "chain.strict-profile",
                    severity,
                    f"{title(path, index)} {rule.problem}",
                    rule.why,
                    issue_again(node.certificate.names)
                    if index == 0
                    else advice("issue the CA certificate again: certkit ca init --home DIR"),
                )


def basic_not_critical(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.BasicConstraints)
    return is_issuer and found is not None and found.value.ca and not found.critical


def no_authority_key_id(node: Node, is_issuer: bool) -> bool:
    return (
        node.certificate.extension(x509.AuthorityKeyIdentifier) is None
        and not node.certificate.self_signed
    )


def _critical_authority_key_id(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.AuthorityKeyIdentifier)
    return found is not None and found.critical


def _critical_subject_key_id(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.SubjectKeyIdentifier)
    return found is not None and found.critical


def optional_san_without_subject(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.SubjectAlternativeName)
    return not is_issuer and node.subject == () and found is not None and not found.critical


def path_length_of_no_ca(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.BasicConstraints)
    return found is not None and not found.value.ca and found.value.path_length is not None


def no_key_usage(node: Node, is_issuer: bool) -> bool:
    return is_issuer and node.certificate.extension(x509.KeyUsage) is None


def no_subject_key_id(node: Node, is_issuer: bool) -> bool:
    return is_issuer and node.certificate.extension(x509.SubjectKeyIdentifier) is None


def _holds_no_name(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.SubjectAlternativeName)
    return not is_issuer and found is not None and any(map(_is_no_name, found.value))


def _is_no_name(name: x509.GeneralName) -> bool:
    match name:
        case x509.UniformResourceIdentifier(value=uri):
            return java_complaint(uri) is not None or (uri.isascii() and not go_parses(uri))
        case x509.RFC822Name(value=mailbox):
            return not mailbox or mailbox.endswith(("@", "@."))
        case x509.DNSName(value=host):
            return not host
        case x509.DirectoryName(value=dn):
            return not dn.rdns
    return isinstance(name, x509.IPAddress) and isinstance(name.value, IPv4Network | IPv6Network)


def _old_with_extensions(node: Node, is_issuer: bool) -> bool:
    certificate = node.certificate
    return certificate.x509.version is not x509.Version.v3 and bool(certificate.extensions)


def large_oids(certificate: Certificate, bits: int = 31) -> Iterator[x509.ObjectIdentifier]:
    """Identifiers of extensions and of purposes with a number that so many bits do not hold."""
    for extension in certificate.extensions:
        purposes = extension.value if isinstance(extension.value, x509.ExtendedKeyUsage) else ()
        for oid in (extension.oid, *purposes):
            if any(int(arc) >> bits for arc in oid.dotted_string.split(".")):
                yield oid


def _large_oid(node: Node, is_issuer: bool) -> bool:
    return any(large_oids(node.certificate))


def _critical_distribution_points(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.CRLDistributionPoints)
    return found is not None and found.critical


def _foreign_authority_key_id(node: Node, is_issuer: bool) -> bool:
    return node.anchor and node.self_issued and not points_to(node.certificate, node.certificate)


def _odd_authority_key_id(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.AuthorityKeyIdentifier)
    if found is None or not (node.anchor and node.self_issued):
        return False
    return not _foreign_authority_key_id(node, is_issuer) and (
        found.value.key_identifier is None
        or found.value.authority_cert_serial_number is not None
        or found.value.authority_cert_issuer is not None
    )


def _critical_san_with_subject(node: Node, is_issuer: bool) -> bool:
    found = node.certificate.extension(x509.SubjectAlternativeName)
    return not is_issuer and bool(node.subject) and found is not None and found.critical


_STRICT: Final = "Python 3.13 and OpenSSL -x509_strict refuse it, other clients accept it"

_RULES: Final = (
    _Rule(
        basic_not_critical,
        "has basicConstraints that are not critical",
        f"RFC 5280 section 4.2.1.9: a CA must mark them critical; {_STRICT}",
        on_anchor=Severity.WARNING,
    ),
    _Rule(
        no_authority_key_id,
        "has no authority key identifier",
        f"RFC 5280 section 4.2.1.1: only a self-signed one may lack it; {_STRICT}",
        on_anchor=None,
        below=Severity.WARNING,
    ),
    _Rule(
        no_key_usage,
        "is a CA without key usage",
        f"RFC 5280 section 4.2.1.3; {_STRICT}",
        on_anchor=Severity.WARNING,
    ),
    _Rule(
        no_subject_key_id,
        "is a CA without subject key identifier",
        f"RFC 5280 section 4.2.1.2; {_STRICT}",
        on_anchor=Severity.WARNING,
    ),
    _Rule(
        _critical_authority_key_id,
        "has a critical authority key identifier",
        f"RFC 5280 section 4.2.1.1: it must not be critical; {_STRICT}",
    ),
    _Rule(
        _critical_subject_key_id,
        "has a critical subject key identifier",
        f"RFC 5280 section 4.2.1.2: it must not be critical; {_STRICT}",
    ),
    _Rule(
        path_length_of_no_ca,
        "has a path length and is no CA",
        f"RFC 5280 section 4.2.1.9: a path length goes with CA:TRUE; {_STRICT}",
    ),
    _Rule(
        optional_san_without_subject,
        "has an empty subject and a subject alternative name that is not critical",
        "RFC 5280 section 4.2.1.6: then it must be critical; Chromium (ERR_CERT_INVALID), Java, "
        "Python 3.13 and cryptography refuse it",
    ),
    _Rule(
        _critical_san_with_subject,
        "has a subject and a critical subject alternative name",
        "RFC 5280 section 4.2.1.6 and the CA/Browser Forum (7.1.2.7.12): beside a subject it is "
        "not critical; cryptography refuses the certificate, other clients accept it",
    ),
    _Rule(
        _holds_no_name,
        "holds a name that is none, such as a URI without scheme, beside the others",
        "RFC 5280 section 4.2.1.6; Java then sees none of the names, Go refuses the whole "
        "certificate for a URI or an address, GnuTLS for an empty name; others look past it",
        on_anchor=Severity.WARNING,
        below=Severity.WARNING,
    ),
    _Rule(
        _old_with_extensions,
        "is of version 1 and has extensions",
        "RFC 5280 section 4.1.2.1: with extensions it must be of version 3; Chromium, Java, "
        "GnuTLS, rustls and Python 3.13 refuse it, and Go does not read the extensions",
        on_anchor=Severity.WARNING,
    ),
    _Rule(
        _large_oid,
        "has an object identifier with a number of more than 31 bits, as those under 2.25 have",
        "RFC 5280 appendix B: such numbers stay below 2**28; Go refuses the certificate, and "
        "GnuTLS where it is more than 64 bits",
        on_anchor=Severity.WARNING,
        below=Severity.WARNING,
    ),
    _Rule(
        _critical_distribution_points,
        "has critical CRL distribution points",
        "RFC 5280 section 4.2.1.13: they should not be critical; Chromium, Firefox and Java do "
        "not read them and so refuse the certificate, other clients accept it",
        on_anchor=Severity.WARNING,
        below=Severity.WARNING,
    ),
    _Rule(
        _foreign_authority_key_id,
        "is a root whose authority key identifier is that of another",
        "CA/Browser Forum Baseline Requirements 7.1.2.1.3; OpenSSL, Node and Python before 3.13 "
        "look for an issuer above it, curl, Go, Java and the browsers do not",
        on_anchor=Severity.WARNING,
    ),
    _Rule(
        _odd_authority_key_id,
        "is a root whose authority key identifier is more or less than its own key",
        "CA/Browser Forum Baseline Requirements 7.1.2.1.3; no client is known to mind",
        on_anchor=Severity.WARNING,
    ),
)


def check_lifetime(path: Path, question: Question) -> Iterator[Finding]:
    """Apple's limit for TLS server certificates, private roots included."""
    leaf = path.nodes[0].certificate
    life = leaf.not_after - leaf.not_before
    if question.purpose == "server" and life.days >= _MAX_DAYS:
        yield warning(
            "validity.too-long",
            f"the certificate is valid for {span(life)} in all",
            f"Apple's clients refuse more than {_MAX_DAYS} days, private roots included "
            "(support.apple.com/103769); others have no limit for private roots",
            issue_again(leaf.names),
        )


def check_common_name(path: Path, question: Question) -> Iterator[Finding]:
    """A server's common name that looks like a host and is no subject alternative name."""
    leaf = path.nodes[0].certificate
    names = {name.value for name in leaf.names} if question.purpose == "server" else ()
    for text in common_names(leaf) if names else ():
        if text not in names and _looks_like_host(text):
            yield warning(
                "name.cn-only",
                f"the common name {quoted(text)} is none of the subject alternative names",
                "it does not count (RFC 9525 section 2); under name constraints OpenSSL, Node and "
                "GnuTLS hold it against them, and the CA/Browser Forum forbids it "
                "(Baseline Requirements 7.1.4.3)",
                issue_again(leaf.names),
            )


def check_raw_names(path: Path, question: Question) -> Iterator[Finding]:
    """Names outside ASCII, which spoil the certificate for its other names too."""
    leaf = path.nodes[0].certificate
    raw = [name.value for name in leaf.names if not name.value.isascii()]
    if raw:
        more = f" and {len(raw) - 1} more like it" if len(raw) > 1 else ""
        yield warning(
            "name.idn-raw",
            f"the certificate holds {quoted(raw[0])}{more} in letters outside ASCII",
            "RFC 5280 section 7.2: such a name is stored as A-labels (xn--...); Chromium, Go and "
            "cryptography refuse the whole certificate",
            issue_again(leaf.names),
        )


def check_uris(path: Path, question: Question) -> Iterator[Finding]:
    """URIs that name no host, below a CA with name constraints of whatever type."""
    constrained = any(
        node.certificate.extension(x509.NameConstraints) is not None for node in path.nodes[1:]
    )
    leaf = path.nodes[0].certificate
    uris = [name.value for name in leaf.names if name.type == "uri"] if constrained else []
    odd = [uri for uri in uris if go_cannot_constrain(uri) is not None]
    if odd:
        yield warning(
            "chain.strict-profile",
            f"the certificate holds the URI {quoted(odd[0])}, which has no host name, under name "
            "constraints",
            "RFC 5280 section 4.2.1.10 refuses it where URIs are constrained; Go refuses it under "
            "constraints of any type",
            issue_again(leaf.names),
        )


def common_names(certificate: Certificate) -> list[str]:
    """The common names of the subject, as text."""
    try:
        found = certificate.x509.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except (ValueError, TypeError):
        return []
    return [attribute.value for attribute in found if isinstance(attribute.value, str)]


def _looks_like_host(text: str) -> bool:
    asked = reference(text.removeprefix("*."))
    return asked.problem is None and (asked.type == "ip" or "." in asked.value)


def check_anchor(path: Path, question: Question) -> Iterator[Finding]:
    """A trust anchor that is no root."""
    top = path.top
    if top.anchor and not top.self_issued:
        yield warning(
            "chain.anchor-not-root",
            f"{title(path, len(path.nodes) - 1)} is trusted and is no root",
            "Node and Python before 3.13 refuse a chain that does not end in a root; "
            "curl, Go, GnuTLS and Python 3.13 accept it",
            advice("trust the root of the CA instead"),
        )
