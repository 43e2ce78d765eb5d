"""Key identifiers: whether a certificate points to its issuer (RFC 5280 section 4.2.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from certkit.verify.dn import name_key
from certkit.verify.wording import advice, issue_again, subject_of, title, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.findings import Finding
    from certkit.pki.certificate import Certificate
    from certkit.verify.path import Path
    from certkit.verify.question import Question


def check_key_identifiers(path: Path, question: Question) -> Iterator[Finding]:
    """Certificates that point to another issuer than the one whose key signed them.

    That happens when a CA certificate is made again for the same key, with another serial number
    or another way to hash the key.
    """
    for index, (node, issuer) in enumerate(zip(path.nodes, path.nodes[1:], strict=False)):
        if not points_to(node.certificate, issuer.certificate):
            yield warning(
                "chain.strict-profile",
                f"{title(path, index)} has an authority key identifier that is not that of its "
                f"issuer {subject_of(issuer.certificate)}",
                "RFC 5280 section 4.2.1.1. The signature is in order, and Go, Java and the "
                "browsers accept the chain; OpenSSL, curl, Python and Node look for another issuer "
                "and report that it is unknown",
                issue_again(node.certificate.names)
                if index == 0
                else advice("issue the CA certificate again: certkit ca init --home DIR"),
            )


def points_to(child: Certificate, issuer: Certificate) -> bool:
    """Whether nothing in the authority key identifier of ``child`` speaks against ``issuer``.

    What OpenSSL's X509_check_akid compares: the key identifier, and the serial number and issuer
    of the issuer's own certificate.
    """
    found = child.extension(x509.AuthorityKeyIdentifier)
    if found is None:
        return True
    if not names_key_of(child, issuer):
        return False
    serial = found.value.authority_cert_serial_number
    if serial is not None and serial != issuer.x509.serial_number:
        return False
    names = found.value.authority_cert_issuer or ()
    named = next((each.value for each in names if isinstance(each, x509.DirectoryName)), None)
    return named is None or name_key(named) == name_key(issuer.x509.issuer)


def names_key_of(child: Certificate, issuer: Certificate) -> bool:
    """Whether the key identifiers do not differ; one that is missing differs from none."""
    return None in (child.aki, issuer.ski) or child.aki == issuer.ski
