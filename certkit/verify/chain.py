"""RFC 5280 section 6.1 over one path: form, signatures, CA, path length, validity, constraints.

Each check takes the path and the question and yields findings; a certificate whose extensions
cannot be read gets that one finding and no consequences of it.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID as Oid

from certkit.findings import Fix
from certkit.pki.refusal import quoted
from certkit.verify import name_constraints
from certkit.verify.signature import BROKEN_HASHES, Link, same_algorithm_twice
from certkit.verify.wording import advice, error, issue_again, moment, some_of, span, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.findings import Finding
    from certkit.verify.name_constraints import Violation
    from certkit.verify.path import Path
    from certkit.verify.question import Question

PROCESSED: Final = frozenset(
    {
        Oid.BASIC_CONSTRAINTS,
        Oid.KEY_USAGE,
        Oid.EXTENDED_KEY_USAGE,
        Oid.SUBJECT_ALTERNATIVE_NAME,
        Oid.NAME_CONSTRAINTS,
        Oid.SUBJECT_KEY_IDENTIFIER,
        Oid.AUTHORITY_KEY_IDENTIFIER,
        Oid.CERTIFICATE_POLICIES,
        Oid.CRL_DISTRIBUTION_POINTS,
    }
)
"""May be critical. Policies are accepted for what they are, mappings and limits of them are not
processed, so those are refused when critical (RFC 5280 section 4.2)."""
_MAX_SERIAL_BITS: Final = 160


def check_form(path: Path, question: Question) -> Iterator[Finding]:
    """Certificates that are not what RFC 5280 calls one."""
    for index, node in enumerate(path.nodes):
        certificate = node.certificate
        for problem, why in _form_problems(path, index):
            yield error(
                "chain.malformed",
                f"{title(path, index)} {problem}",
                why,
                issue_again(certificate.names) if index == 0 else _replace_ca(),
            )
        unknown = [
            quoted(extension.oid.dotted_string)
            for extension in certificate.extensions
            if extension.critical and extension.oid not in PROCESSED
        ]
        if unknown:
            yield error(
                "chain.unknown-critical-extension",
                f"{title(path, index)} has a critical extension that is not processed here: "
                f"{some_of(unknown)}",
                "RFC 5280 section 4.2: whoever does not process a critical extension must refuse "
                "the certificate",
                advice("issue the certificate again without this extension"),
            )


def _form_problems(path: Path, index: int) -> Iterator[tuple[str, str]]:
    node = path.nodes[index]
    certificate = node.certificate
    if certificate.malformed is not None:
        yield (
            f"has extensions that cannot be read: {certificate.malformed}",
            "RFC 5280 section 4.2: each extension at most once, in DER",
        )
    if node.anchor and not same_algorithm_twice(certificate):
        yield (
            "names two different signature algorithms",
            "RFC 5280 section 4.1.1.2: the one inside and the one outside must be the same",
        )
    if node.subject is None or node.issuer is None:
        yield "has a subject or issuer that cannot be read", "RFC 5280 section 4.1.2.4"
    if node.issuer == ():
        yield "has an empty issuer", "RFC 5280 section 4.1.2.4: the issuer must not be empty"
    if index and node.subject == ():
        yield "is a CA with an empty subject", "RFC 5280 section 4.1.2.6: a CA must have one"
    if (index == 0 or not node.anchor) and not _good_serial(certificate.x509.serial_number):
        yield (
            f"has the serial number {quoted(certificate.serial)}",
            "RFC 5280 section 4.1.2.2: a positive integer of at most 20 octets",
        )
    constraints = certificate.extension(x509.NameConstraints)
    if constraints is not None and not certificate.is_ca:
        yield (
            "has name constraints and is no CA",
            "RFC 5280 section 4.2.1.10: only a CA certificate may have them",
        )


def _good_serial(serial: int) -> bool:
    return serial > 0 and serial.bit_length() <= _MAX_SERIAL_BITS


def check_links(path: Path, question: Question) -> Iterator[Finding]:
    """Signatures that say nothing, because their algorithm is broken or unknown."""
    for index, link in enumerate(path.links):
        if link is Link.UNREADABLE:
            algorithm = path.nodes[index].certificate.x509.signature_algorithm_oid
            hash_name = BROKEN_HASHES.get(algorithm)
            yield error(
                "crypto.weak-signature",
                f"{title(path, index)} is signed with "
                f"{hash_name or f'an unknown algorithm ({algorithm.dotted_string})'}",
                "OpenSSL, Go, GnuTLS, rustls and the browsers refuse MD5 and SHA-1 signatures"
                if hash_name
                else "no client here knows the algorithm",
                issue_again(path.nodes[0].certificate.names) if index == 0 else _replace_ca(),
            )


def check_issuers(path: Path, question: Question) -> Iterator[Finding]:
    """Issuers that may not sign certificates (RFC 5280 section 6.1.4 (k) and (n))."""
    for index, node in enumerate(path.nodes):
        if index == 0 or node.certificate.malformed is not None:
            continue
        usage = node.certificate.extension(x509.KeyUsage)
        if not node.certificate.is_ca:
            problem = "is not a CA (basicConstraints CA:TRUE is missing)"
        elif usage is not None and not usage.value.key_cert_sign:
            problem = "may not sign certificates (keyUsage without keyCertSign)"
        else:
            continue
        yield error(
            "chain.issuer-not-ca",
            f"{title(path, index)} {problem}",
            "RFC 5280 section 6.1.4 (k) and (n); every client refuses the chain",
            issue_again(path.nodes[0].certificate.names),
        )


def check_path_length(path: Path, question: Question) -> Iterator[Finding]:
    """More intermediates than a CA allows below itself, or than was asked for.

    Self-issued ones are not counted, nor is the leaf (RFC 5280 section 4.2.1.9).
    """
    counted = 0
    for index, node in enumerate(path.nodes):
        if index == 0:
            continue
        basic = node.certificate.extension(x509.BasicConstraints)
        limit = basic.value.path_length if basic is not None else None
        if limit is not None and counted > limit:
            yield error(
                "chain.path-too-long",
                f"{title(path, index)} allows {limit} intermediate{'s' * (limit != 1)} below "
                f"itself, and there {'is' if counted == 1 else 'are'} {counted}",
                "RFC 5280 section 4.2.1.9: pathLenConstraint",
                issue_again(path.nodes[0].certificate.names),
            )
        counted += not node.self_issued and not node.anchor
    if question.max_depth is not None and counted > question.max_depth:
        yield error(
            "chain.path-too-long",
            f"the chain has {counted} intermediate{'s' * (counted != 1)}, "
            f"{question.max_depth} allowed",
            "the limit was asked for; self-issued certificates are not counted",
            advice("raise the limit, or issue the certificate nearer to the root"),
        )


def check_validity(path: Path, question: Question) -> Iterator[Finding]:
    """Both ends are inclusive (RFC 5280 section 4.1.2.5)."""
    for index, node in enumerate(path.nodes):
        certificate = node.certificate
        code = "validity.issuer-expired" if index else "validity.expired"
        if question.at > certificate.not_after:
            late = span(question.at - certificate.not_after)
            yield error(
                code,
                f"{title(path, index)} expired {late} ago, on {moment(certificate.not_after)}",
                "RFC 5280 section 4.1.2.5; "
                + (
                    "only Java and rustls still accept an expired root"
                    if node.anchor and index
                    else "every client refuses it"
                ),
                _replace_ca() if index else issue_again(certificate.names),
            )
        elif question.at < certificate.not_before:
            early = span(certificate.not_before - question.at)
            yield error(
                "validity.not-yet",
                f"{title(path, index)} becomes valid in {early}, "
                f"on {moment(certificate.not_before)}",
                "RFC 5280 section 4.1.2.5; often a clock that is wrong on one of the machines",
                advice("compare the clocks of both machines, then issue the certificate again"),
            )


def check_name_constraints(path: Path, question: Question) -> Iterator[Finding]:
    """Names outside what a CA above may sign.

    One finding for each constraining certificate, and none for a name that one further up refuses
    already: the constraints of an intermediate repeat those of its root.
    """
    broken = set()
    for index, node in enumerate(path.nodes):
        limits = name_constraints.limits_of(node.certificate)
        if limits is not None and limits.malformed is not None:
            broken.add(index)
            yield error(
                "chain.name-constraint",
                f"{title(path, index)} has the name constraint {limits.malformed}, which is "
                "malformed",
                "RFC 5280 section 4.2.1.10: a DNS constraint is a host name without wildcard or "
                "leading dot, an e-mail constraint a mailbox or a host",
                _replace_ca(),
            )
    try:
        yield from _violations(path, question, broken)
    except name_constraints.TooManyComparisons:
        yield error(
            "chain.name-constraint",
            "the chain has so many names and name constraints that comparing them was given up",
            f"more than {name_constraints.MAX_COMPARISONS:,} comparisons are an attack on the "
            "verifier's time; Go gives up at the same figure",
            advice("issue the certificate again with fewer names"),
        )


def _violations(path: Path, question: Question, broken: set[int]) -> Iterator[Finding]:
    found = name_constraints.violations(path, question.budget)
    first: dict[tuple[int, str], Violation] = {}
    for each in found:
        if each.above not in broken:
            first.setdefault((each.below, each.name), each)
    for above in sorted({each.above for each in first.values()}, reverse=True):
        mine = [each for each in first.values() if each.above == above]
        yield _superseded(path, mine, question) or _constraint_finding(path, mine)


def _constraint_finding(path: Path, violations: list[Violation]) -> Finding:
    first = violations[0]
    where = "" if first.below == 0 else f" of {title(path, first.below)}"
    more = f"; {len(violations) - 1} more like it" if len(violations) > 1 else ""
    missing = list(dict.fromkeys(each.missing for each in violations if each.missing))
    return error(
        "chain.name-constraint",
        f"{first.name}{where} {first.reason} of {title(path, first.above)}{more}",
        "RFC 5280 section 4.2.1.10: name constraints; every client but Java (on a root) keeps them",
        Fix("command", shlex.join(["certkit", "ca", "permit", *missing[:_MISSING]]))
        if missing
        else advice("issue the certificate for names that the CA may sign"),
    )


_MISSING: Final = 50
"""Names in a command that widens a CA; the next verdict says what else is missing."""


def _superseded(path: Path, violations: list[Violation], question: Question) -> Finding | None:
    """The old version of a root that was signed again with wider constraints."""
    old = path.nodes[violations[0].above]
    for newer in question.others:
        if (
            newer.subject == old.subject
            and newer.certificate != old.certificate
            and newer.certificate.not_before >= old.certificate.not_before
            and newer.certificate.public_key == old.certificate.public_key
            and not any(name_constraints.violations(path.replaced(old, newer), question.budget))
        ):
            return error(
                "chain.root-superseded",
                f"{title(path, violations[0].above)} is an old version that does not permit "
                f"{violations[0].name}; the CA was signed again on "
                f"{moment(newer.certificate.not_before)}",
                "the new version has the same key and wider constraints; OpenSSL, curl and Node "
                "use the first version that they meet, GnuTLS the last",
                advice("remove the old root from what is trusted: certkit trust install"),
            )
    return None


def _replace_ca() -> Fix:
    return advice("issue the CA certificate again, then the certificates below it")
