"""What a caller may hand in: certificates and revocation lists, as values or as bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509

from certkit.errors import CertkitError
from certkit.findings import Finding
from certkit.pki.certificate import Certificate
from certkit.verify.wording import advice, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATOMS = (bytes, Certificate, x509.Certificate, x509.CertificateRevocationList)


@dataclass(frozen=True, slots=True)
class Given:
    """What could be read; ``findings`` say what could not. ``leaf`` is None when unreadable."""

    leaf: Certificate | None
    roots: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]
    crls: tuple[x509.CertificateRevocationList, ...]
    findings: tuple[Finding, ...]


def read(leaf: object, *, roots: object, intermediates: object, crls: object) -> Given:
    """Every argument of ``verify_chain`` that holds certificates or lists.

    A certificate is a Certificate, one of cryptography's, or bytes: DER, or PEM with any number
    of them; what follows the leaf in its own PEM counts as intermediates. Raises CertkitError
    ``verify.bad-argument`` for other types.
    """
    own, bad_leaf = _certificates(leaf, "leaf")
    anchors, bad_roots = _certificates(roots, "roots")
    between, bad_intermediates = _certificates(intermediates, "intermediates")
    lists, bad_lists = _revocation_lists(crls)
    return Given(
        leaf=own[0] if own else None,
        roots=anchors,
        intermediates=(*own[1:], *between),
        crls=lists,
        findings=(*bad_leaf, *map(_only_warn, (*bad_roots, *bad_intermediates)), *bad_lists),
    )


def _certificates(given: object, what: str) -> tuple[tuple[Certificate, ...], list[Finding]]:
    found: list[Certificate] = []
    unreadable: list[Finding] = []
    for value in _each(given, what):
        if isinstance(value, Certificate):
            found.append(value)
        elif isinstance(value, x509.Certificate):
            found.append(Certificate(value))
        elif isinstance(value, bytes):
            load = _load_again if what == "roots" else Certificate.load_all
            try:
                found.extend(load(value))
            except CertkitError as failure:
                unreadable.append(_unreadable(what, value, failure))
        else:
            raise misuse(what, value, "PEM or DER bytes or certkit.Certificate")
    if what == "leaf" and not found and not unreadable:
        raise misuse(what, given, "a certificate")
    return tuple(found), unreadable


@lru_cache(maxsize=64)
def _load_again(data: bytes) -> tuple[Certificate, ...]:
    """The same roots come with every question: read once, as one loads a trust store once."""
    return Certificate.load_all(data)


def _unreadable(what: str, value: bytes, failure: CertkitError) -> Finding:
    reason = "this is a private key" if b"PRIVATE KEY-----" in value else failure.message
    return error(
        "files.wrong-format",
        f"{'the certificate' if what == 'leaf' else f'one of the {what}'} cannot be read: {reason}",
        "a certificate is DER, or PEM between BEGIN CERTIFICATE and END CERTIFICATE lines",
        advice(failure.hint),
    )


def _only_warn(finding: Finding) -> Finding:
    """A root or intermediate that cannot be read is as if it had not been given."""
    return warning(finding.code, finding.summary, finding.why, finding.fix)


def _revocation_lists(
    given: object,
) -> tuple[tuple[x509.CertificateRevocationList, ...], list[Finding]]:
    found: list[x509.CertificateRevocationList] = []
    unreadable: list[Finding] = []
    for value in _each(given, "crls"):
        if isinstance(value, x509.CertificateRevocationList):
            found.append(value)
        elif isinstance(value, bytes):
            load = x509.load_pem_x509_crl if b"-----BEGIN" in value else x509.load_der_x509_crl
            try:
                found.append(load(value))
            except (ValueError, x509.InvalidVersion):
                unreadable.append(_UNREADABLE_LIST)
        else:
            raise misuse("crls", value, "PEM or DER bytes")
    return tuple(found), unreadable


_UNREADABLE_LIST = error(
    "revocation.crl-unusable",
    "a revocation list cannot be read",
    "it is DER, or PEM between BEGIN X509 CRL and END X509 CRL lines",
    advice("get the list from the CA again, or verify without it"),
)


def _each(given: object, what: str) -> Iterator[object]:
    if isinstance(given, _ATOMS):
        yield given
    elif isinstance(given, Iterable) and not isinstance(given, str):
        yield from given
    else:
        raise misuse(what, given, "certificates")


def misuse(what: str, value: object, wanted: str) -> CertkitError:
    """The error for an argument of the wrong type."""
    shown = repr(value) if isinstance(value, str) else type(value).__name__
    return CertkitError(
        "verify.bad-argument",
        f"{what} takes {wanted}, not {shown}",
        hint="certkit.verify_chain(leaf, roots=[root], name='10.0.0.5')",
    )
