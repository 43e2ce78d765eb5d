"""Certificate revocation lists: RFC 5280 section 6.3, for complete lists of the issuer itself.

Nothing is assumed about a certificate whose issuer gave no list. A list that was given and cannot
be used is an error, because somebody wanted it to be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from certkit.verify.dn import name_key
from certkit.verify.wording import advice, error, issue_again, moment, span, title, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.findings import Finding
    from certkit.verify.path import Node, Path
    from certkit.verify.question import Question


def check_revocation(path: Path, question: Question) -> Iterator[Finding]:
    """Each certificate below the anchor against the lists of its issuer."""
    for index, node in enumerate(path.nodes[:-1]):
        issuer = path.nodes[index + 1]
        lists = [crl for crl in question.crls if _is_by(crl, issuer)]
        problems = [_problem(crl, node, issuer, question) for crl in lists]
        entry = next(filter(None, (_entry(crl, node, issuer) for crl in lists)), None)
        if entry is not None:
            reason = _reason(entry)
            yield error(
                "revocation.revoked",
                f"{title(path, index)} was revoked on {moment(entry.revocation_date_utc)}"
                + (f" ({reason})" if reason else ""),
                "it stands on the revocation list of its issuer; browsers and most programs never "
                "fetch a list and accept it all the same",
                issue_again(node.certificate.names),
            )
        elif problems and None not in problems:
            yield error(
                "revocation.crl-unusable",
                f"the revocation list for {title(path, index)} {problems[0]}",
                "RFC 5280 section 6.3.3: without a usable list nothing is known about revocation",
                advice("get a new list from the CA, or verify without it"),
            )


def check_must_staple(path: Path, question: Question) -> Iterator[Finding]:
    """A certificate that demands a stapled OCSP answer (RFC 7633)."""
    leaf = path.nodes[0].certificate
    found = leaf.extension(x509.TLSFeature)
    if found is not None and x509.TLSFeatureType.status_request in set(found.value):
        yield warning(
            "revocation.must-staple",
            "the certificate demands that the server staples an OCSP answer",
            "RFC 7633; Firefox and GnuTLS refuse a server that does not, and a private CA seldom "
            "has an OCSP responder",
            issue_again(leaf.names),
        )


def _is_by(crl: x509.CertificateRevocationList, issuer: Node) -> bool:
    try:
        return issuer.subject is not None and name_key(crl.issuer) == issuer.subject
    except (ValueError, TypeError):
        return False


def _is_signed(crl: x509.CertificateRevocationList, issuer: Node) -> bool:
    key = issuer.certificate.public_key
    try:
        return key is not None and crl.is_signature_valid(key)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - a hostile list may raise anything, and means "no"
        return False


def _entry(
    crl: x509.CertificateRevocationList, node: Node, issuer: Node
) -> x509.RevokedCertificate | None:
    """The entry of this certificate. A list that is too old still says what was revoked."""
    if not _is_signed(crl, issuer):
        return None
    try:
        return crl.get_revoked_certificate_by_serial_number(node.certificate.x509.serial_number)
    except Exception:  # noqa: BLE001 - an entry that cannot be read revokes nothing
        return None


def _problem(
    crl: x509.CertificateRevocationList, node: Node, issuer: Node, question: Question
) -> str | None:
    """Why the list says nothing about this certificate; None when it does."""
    usage = issuer.certificate.extension(x509.KeyUsage)
    if usage is not None and not usage.value.crl_sign:
        return "is signed by a CA that may not sign lists (keyUsage without cRLSign)"
    if not _is_signed(crl, issuer):
        return "is not signed by its issuer's key"
    if question.at < crl.last_update_utc:
        return f"is valid only from {moment(crl.last_update_utc)}"
    if crl.next_update_utc is not None and question.at > crl.next_update_utc:
        return f"was to be replaced {span(question.at - crl.next_update_utc)} ago"
    try:
        return _bad_extension(crl.extensions, node)
    except Exception:  # noqa: BLE001 - a hostile list may raise anything
        return "has extensions that cannot be read"


def _bad_extension(extensions: x509.Extensions, node: Node) -> str | None:
    number = [each for each in extensions if isinstance(each.value, x509.CRLNumber)]
    if not number:
        return "has no number (RFC 5280 section 5.2.3)"
    if number[0].critical:
        return "has a critical number (RFC 5280 section 5.2.3)"
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            if not _is_in_scope(value, node):
                return "is for other certificates (issuing distribution point)"
        elif extension.critical and not isinstance(value, x509.AuthorityKeyIdentifier):
            return f"has a critical extension {extension.oid.dotted_string} not processed here"
    return None


def _is_in_scope(point: x509.IssuingDistributionPoint, node: Node) -> bool:
    if point.indirect_crl or point.only_contains_attribute_certs or point.only_some_reasons:
        return False
    if node.certificate.is_ca:
        return not point.only_contains_user_certs
    return not point.only_contains_ca_certs


def _reason(entry: x509.RevokedCertificate) -> str | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except Exception:  # noqa: BLE001 - there is none, or it cannot be read
        return None
