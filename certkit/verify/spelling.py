"""Issuer names: the same name, written otherwise (RFC 5280 section 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certkit.verify.wording import advice, issue_again, subject_of, title, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.findings import Finding
    from certkit.verify.path import Path
    from certkit.verify.question import Question


def check_spelling(path: Path, question: Question) -> Iterator[Finding]:
    """Issuers that are named in other octets than those in which they name themselves.

    The string type, the case or the blanks differ: RFC 5280 takes them for the same name.
    """
    for index, (node, issuer) in enumerate(zip(path.nodes, path.nodes[1:], strict=False)):
        if None in (node.issuer, issuer.subject) or node.issuer != issuer.subject:
            continue
        named, names_itself = node.certificate.x509.issuer, issuer.certificate.x509.subject
        if named.public_bytes() != names_itself.public_bytes():
            yield warning(
                "chain.strict-profile",
                f"{title(path, index)} writes the name of its issuer "
                f"{subject_of(issuer.certificate)} otherwise than the issuer does",
                "RFC 5280 section 4.1.2.6: it is to be encoded as the CA's own subject is. "
                "Comparing them as section 7.1 says, in OpenSSL, curl, Python and Node, finds the "
                "issuer; Chromium, Firefox, Go, GnuTLS and rustls do not find it",
                issue_again(node.certificate.names)
                if index == 0
                else advice("issue the CA certificate again: certkit ca init --home DIR"),
            )
