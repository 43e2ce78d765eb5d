"""``certkit.verify_chain``: the verdict of :mod:`certkit.verify`, with a clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from certkit.verify.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address, IPv6Address

    from cryptography import x509

    from certkit.pki.certificate import Certificate
    from certkit.pki.names import Name
    from certkit.verify.question import Purpose
    from certkit.verify.verdict import Verdict


def verify_chain(  # noqa: PLR0913 - the questions that one may ask of a chain
    leaf: bytes | Certificate,
    *,
    roots: Iterable[bytes | Certificate],
    intermediates: Iterable[bytes | Certificate] = (),
    name: str | Name | IPv4Address | IPv6Address | None = None,
    at: datetime | None = None,
    purpose: Purpose = "server",
    max_depth: int | None = None,
    crls: Iterable[bytes | x509.CertificateRevocationList] = (),
    strict: bool = False,
) -> Verdict:
    """Whether ``leaf`` is a certificate for ``name`` that ``roots`` vouch for, and why not.

    Yes means: RFC 5280 path validation, RFC 9525 matching, and the purpose. What only the
    CA/Browser Forum or a pedantic reading demands is a warning that says which clients mind.

    Args:
        leaf: the end-entity certificate, DER or PEM; further certificates in the PEM count as
            intermediates.
        roots: the trust anchors. Nothing else is trusted, the system's store least of all.
        intermediates: what the server sent after the leaf, or any pool of certificates.
        name: a DNS name or an IP address; None leaves the name unchecked.
        at: the moment to verify for; naive means UTC, None means now.
        purpose: ``server`` or ``client``.
        max_depth: how many intermediates there may be, self-issued ones not counted.
        crls: revocation lists; nothing is assumed about what none of them covers.
        strict: whether the rules of the CA/Browser Forum and of a pedantic reading count as
            well. Warnings that break no rule, such as Apple's limit of 825 days, stay warnings.

    A bad certificate, chain or name never raises: it is an answer with a finding. Raises
    CertkitError ``verify.bad-argument`` for misuse.

    >>> import certkit
    >>> ca = certkit.CertificateAuthority.create()
    >>> issued = ca.issue("10.0.0.5", "*.dev.test")
    >>> verdict = certkit.verify_chain(issued.certificate, roots=[ca.root], name="www.dev.test")
    >>> verdict.ok, verdict.matched_by
    (True, '*.dev.test')
    >>> verdict = certkit.verify_chain(issued.certificate, roots=[ca.root], name="10.0.0.6")
    >>> verdict.ok, [finding.code for finding in verdict.findings]
    (False, ['name.mismatch'])
    """
    return judge(
        leaf,
        roots=roots,
        intermediates=intermediates,
        name=name,
        at=datetime.now(UTC) if at is None else at,
        purpose=purpose,
        max_depth=max_depth,
        crls=crls,
        strict=strict,
    )
