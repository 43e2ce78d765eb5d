"""Certificate revocation lists: RFC 5280 section 6.3, for complete lists of the issuer itself.

Nothing is assumed about a certificate whose issuer gave no list. A list that was given and cannot
be used is an error, because somebody wanted it to be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from certkit.verify.wording import advice, error, issue_again, moment, title, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.findings import Finding
    from certkit.verify.path import Path
    from certkit.verify.question import Question


def check_revocation(path: Path, question: Question) -> Iterator[Finding]:
    """Each certificate below the anchor against the lists of its issuer."""
    for index, node in enumerate(path.nodes[:-1]):
        status = question.crls.status(node, path.nodes[index + 1], question.at)
        if status.revoked is not None:
            reason = _reason(status.revoked)
            yield error(
                "revocation.revoked",
                f"{title(path, index)} was revoked on {moment(status.revoked.revocation_date_utc)}"
                + (f" ({reason})" if reason else ""),
                "it stands on the revocation list of its issuer; browsers and most programs never "
                "fetch a list and accept it all the same",
                issue_again(node.certificate.names),
            )
        elif status.problem is not None:
            yield error(
                "revocation.crl-unusable",
                f"the revocation list for {title(path, index)} {status.problem}",
                "RFC 5280 section 6.3.3: without a usable list nothing is known about revocation",
                advice("get a new list from the CA, or verify without it"),
            )


def check_must_staple(path: Path, question: Question) -> Iterator[Finding]:
    """Certificates that demand a stapled OCSP answer, of themselves or below them (RFC 7633)."""
    for index, node in enumerate(path.nodes):
        found = node.certificate.extension(x509.TLSFeature)
        if found is not None and x509.TLSFeatureType.status_request in set(found.value):
            yield warning(
                "revocation.must-staple",
                f"{title(path, index)} demands that the server staples an OCSP answer",
                "RFC 7633; Firefox and GnuTLS refuse a server that does not, and a private CA "
                "seldom has an OCSP responder",
                issue_again(path.nodes[0].certificate.names),
            )


def _reason(entry: x509.RevokedCertificate) -> str | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except Exception:  # noqa: BLE001 - there is none, or it cannot be read
        return None
