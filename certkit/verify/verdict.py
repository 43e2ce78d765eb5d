"""The verdict on a certificate, with its reasons: path, name and purpose in one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from typing import TYPE_CHECKING, Final

from certkit.findings import Finding, Severity, has_error
from certkit.pki.names import Name
from certkit.pki.quiet import quietly
from certkit.verify import (
    chain,
    inputs,
    key_ids,
    order,
    profile,
    revocation,
    size,
    spelling,
    strength,
    usage,
)
from certkit.verify.crl import RevocationLists
from certkit.verify.identity import find_match, reference, reservations
from certkit.verify.near_miss import explain_mismatch
from certkit.verify.path import Node, Path, PathBuilder
from certkit.verify.profile import common_names
from certkit.verify.question import PURPOSES, Question
from certkit.verify.untrusted import explain_no_path
from certkit.verify.wording import advice, error, subject_of, warning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certkit.pki.certificate import Certificate
    from certkit.verify.question import Purpose

_MAX_PATHS: Final = 256

_Check = Callable[[Path, Question], Iterator[Finding]]

# In the order in which findings are shown: what decides most comes first.
_PATH_CHECKS: Final[tuple[_Check, ...]] = (
    chain.check_form,
    chain.check_links,
    chain.check_issuers,
    chain.check_path_length,
    chain.check_name_constraints,
    chain.check_validity,
    usage.check_extended_key_usage,
    strength.check_keys,
    revocation.check_revocation,
    profile.check_profile,
    profile.check_uris,
    key_ids.check_key_identifiers,
    spelling.check_spelling,
    profile.check_anchor,
)
# What is the same on every path is looked at once.
_LEAF_CHECKS: Final[tuple[_Check, ...]] = (
    usage.check_key_usage,
    usage.check_leaf_is_ca,
    profile.check_lifetime,
    profile.check_common_name,
    profile.check_raw_names,
    usage.check_missing_extended_key_usage,
    usage.check_netscape_type,
    revocation.check_must_staple,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of :func:`certkit.verify_chain`.

    ``ok`` is the verdict. ``matched_by`` is the presented identifier that matched the name, as
    it stands in the certificate; None without a match or without a name. ``findings`` are the
    reasons, errors first: without an error the verdict is yes. ``chain`` is the path that was
    judged, leaf first, with the trust anchor at its end if one was reached.
    """

    ok: bool
    matched_by: str | None
    findings: tuple[Finding, ...]
    chain: tuple[Certificate, ...]


def judge(  # noqa: PLR0913 - the questions that one may ask of a chain
    leaf: object,
    *,
    roots: object,
    at: datetime,
    intermediates: object = (),
    name: object = None,
    purpose: str = "server",
    max_depth: int | None = None,
    crls: object = (),
    strict: bool = False,
    context: Iterable[Certificate] = (),
) -> Verdict:
    """:func:`certkit.verify_chain` without a clock.

    ``context`` are certificates that explain and never carry a path: the root of this home,
    beside an old version of it that is trusted.
    """
    with quietly():
        given = inputs.read(leaf, roots=roots, intermediates=intermediates, crls=crls)
        if given.leaf is None:
            return Verdict(ok=False, matched_by=None, findings=given.findings, chain=())
        moment = _whole_seconds(at)
        builder = PathBuilder(given.roots, given.intermediates, moment)
        question = Question(
            at=moment,
            purpose=_checked_purpose(purpose),
            max_depth=max_depth,
            crls=RevocationLists(given.crls),
            others=(*builder.nodes, *(Node.of(other, anchor=False) for other in context)),
        )
        path, found = _best_path(builder, given.leaf, given.roots, question)
        found += _check(_LEAF_CHECKS, path, question)
        found += _two_versions(path, builder)
        found += order.check_order(path, given.intermediates)
        found += tuple(size.check_size(path, (given.leaf, *given.intermediates)))
        matched, about_name = _check_name(given.leaf, _checked_name(name))
        findings = _sorted((*found, *about_name, *given.findings), strict=strict)
        return Verdict(
            ok=not has_error(findings),
            matched_by=matched,
            findings=findings,
            chain=path.certificates,
        )


def _best_path(
    builder: PathBuilder, leaf: Certificate, roots: Sequence[Certificate], question: Question
) -> tuple[Path, tuple[Finding, ...]]:
    """The first path without an error, else the one with the fewest, else where they all end."""
    best: tuple[Path, tuple[Finding, ...]] | None = None
    for path in islice(builder.paths(leaf), _MAX_PATHS):
        found = _check(_PATH_CHECKS, path, question)
        if best is None or _errors(found) < _errors(best[1]):
            best = path, found
        if not _errors(found):
            break
    if best is not None:
        return best
    longest = max((end.path for end in builder.dead_ends), key=lambda path: len(path.nodes))
    if longest.top.issuer in (None, ()):
        # that is the reason, and it is among them
        return longest, _check(_PATH_CHECKS, longest, question)
    found = _check(_PATH_CHECKS, longest, question)
    return longest, (explain_no_path(builder, roots), *found)


def _check(checks: Iterable[_Check], path: Path, question: Question) -> tuple[Finding, ...]:
    """What the checks find; one that breaks on a hostile certificate is a no, not a crash."""
    found: list[Finding] = []
    for check in checks:
        try:
            found.extend(check(path, question))
        except Exception as failure:  # noqa: BLE001 - pyca promises no list of what it raises
            found.append(
                error(
                    "chain.malformed",
                    f"the chain cannot be judged: {type(failure).__name__} in {check.__name__}",
                    "a part of a certificate cannot be read, so what it would say counts as no",
                    advice("please report the certificate as a fault of certkit"),
                )
            )
    return tuple(found)


def _errors(findings: Iterable[Finding]) -> int:
    return sum(finding.severity is Severity.ERROR for finding in findings)


def _check_name(leaf: Certificate, name: str | None) -> tuple[str | None, tuple[Finding, ...]]:
    if name is None or leaf.malformed is not None:
        return None, ()
    asked = reference(name)
    matched = find_match(asked, leaf.names)
    if matched is None:
        return None, (explain_mismatch(asked, leaf.names, common_names(leaf)),)
    return matched.value, reservations(asked, matched)


def _two_versions(path: Path, builder: PathBuilder) -> tuple[Finding, ...]:
    """A warning when two versions of the path's root are trusted at once."""
    anchor = path.top
    if not anchor.anchor or len(path.nodes) == 1:
        return ()
    key = anchor.certificate.public_key
    versions = [
        node
        for node in builder.namesakes(anchor)
        if node.anchor and key is not None and node.certificate.public_key == key
    ]
    if len(versions) < 2:
        return ()
    oldest = min(versions, key=lambda node: node.certificate.not_before)
    return (
        warning(
            "chain.root-superseded",
            f"{len(versions)} versions of the root {subject_of(anchor.certificate)} are trusted; "
            f"the oldest has the serial number {oldest.certificate.serial}",
            "OpenSSL, curl, Python and Node use the first that they meet, GnuTLS the last; with "
            "the old one, names that only the new one permits are refused",
            advice("keep the newest version alone: certkit trust install"),
        ),
    )


def _sorted(findings: Iterable[Finding], *, strict: bool) -> tuple[Finding, ...]:
    """Errors first, in the order of the checks; ``strict`` makes errors of broken rules."""
    if strict:
        findings = (
            replace(finding, severity=Severity.ERROR)
            if finding.severity is Severity.WARNING and finding.code not in _NO_RULES
            else finding
            for finding in findings
        )
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


# Warnings about single clients, or about how a chain is served and trusted: no standard is broken,
# so that not even a strict reading may say no.
_NO_RULES: Final = frozenset(
    {
        "chain.anchor-not-root",
        "chain.root-superseded",
        "chain.too-large",
        "chain.wrong-order",
        "revocation.must-staple",
        "validity.too-long",
    }
)
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def _whole_seconds(at: datetime) -> datetime:
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).replace(microsecond=0)


def _checked_purpose(purpose: str) -> Purpose:
    for known in PURPOSES:
        if purpose == known:
            return known
    raise inputs.misuse("purpose", purpose, " or ".join(PURPOSES))


def _checked_name(name: object) -> str | None:
    if name is None or isinstance(name, str | Name | IPv4Address | IPv6Address):
        return None if name is None else str(name)
    raise inputs.misuse("name", name, "a DNS name, an IP address or None")
