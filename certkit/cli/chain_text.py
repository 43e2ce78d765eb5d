"""Certificates, chains and findings as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.cli import style
from certkit.findings import Severity
from certkit.text import one_of_several, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from certkit.findings import Finding
    from certkit.pki.certificate import Certificate

_COLOUR: Final = {
    Severity.ERROR: style.red,
    Severity.WARNING: style.yellow,
    Severity.NOTE: style.dim,
}
_NAMES: Final = 8
_WHOLE: Final = 2000


def finding_lines(finding: Finding) -> Iterator[str]:
    """What is wrong, why that matters, what to type."""
    label = _COLOUR[finding.severity](f"{finding.severity}:")
    summary = printable(finding.summary, limit=_WHOLE)
    yield f"{label} {summary}  {style.dim(f'[{finding.code}]')}"
    yield style.dim(f"  why: {printable(finding.why, limit=_WHOLE)}")
    for line in finding.fix.text.splitlines():
        yield f"  fix: {printable(line.expandtabs(4), limit=_WHOLE)}"


def chain_lines(
    chain: Sequence[Certificate], now: datetime, *, end: str | None = None
) -> Iterator[str]:
    """The chain from the leaf upwards, each certificate under the one that it signed.

    ``end`` is what is known of the last one, such as ``trusted: this home``.
    """
    for depth, certificate in enumerate(chain):
        indent = "   " * depth
        link = "signed by " if depth else ""
        yield f"{indent}{link}{style.bold(subject(certificate))}"
        yield f"{indent}   {details(certificate, now)}"
    if end is not None:
        yield "   " * len(chain) + end


def subject(certificate: Certificate) -> str:
    """The subject, or where it is empty the serial number."""
    return printable(certificate.subject) or f"(no subject, serial {certificate.serial})"


def details(certificate: Certificate, now: datetime) -> str:
    """What it is for and until when, on one line."""
    parts = [certificate.profile]
    if certificate.names:
        parts.append(f"for {names(certificate)}")
    parts.append(validity(certificate, now))
    return "; ".join(parts)


def names(certificate: Certificate) -> str:
    """The first names, in their own letters."""
    shown = ", ".join(
        one_of_several(printable(name.unicode)) for name in certificate.names[:_NAMES]
    )
    more = len(certificate.names) - _NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def validity(certificate: Certificate, now: datetime) -> str:
    """The end of the validity and how far off it is."""
    day = f"{certificate.not_after:%Y-%m-%d}"
    if now > certificate.not_after:
        return style.red(f"expired on {day}")
    if now < certificate.not_before:
        return style.red(f"not valid before {certificate.not_before:%Y-%m-%d %H:%M} UTC")
    days = (certificate.not_after - now).days
    return f"until {day} ({days} day{'s' * (days != 1)} left)"


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, notes; otherwise in the order in which they were found."""
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))
