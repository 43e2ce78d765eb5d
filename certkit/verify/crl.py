"""What revocation lists say of a certificate: RFC 5280 sections 5 and 6.3.3.

Nothing is worked out twice: a list may be tens of megabytes, and a hostile server can send
certificates that make hundreds of paths.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.verify.crl_scope import is_in_scope
from certkit.verify.dn import name_key
from certkit.verify.wording import moment, span

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from certkit.pki.certificate import Certificate
    from certkit.verify.dn import NameKey
    from certkit.verify.path import Node

_EXTENSIONS: Final = (x509.IssuingDistributionPoint, x509.AuthorityKeyIdentifier)
_ENTRY_EXTENSIONS: Final = (x509.CRLReason, x509.InvalidityDate)


@dataclass(frozen=True, slots=True)
class Status:
    """``revoked`` is the entry of the certificate; ``problem`` says why no list could tell."""

    revoked: x509.RevokedCertificate | None = None
    problem: str | None = None


class RevocationLists:
    """The lists that were given. Each certificate is asked for once with each of its issuers."""

    def __init__(self, crls: Iterable[x509.CertificateRevocationList] = ()) -> None:
        self._by_issuer: dict[NameKey, list[_List]] = defaultdict(list)
        for crl in crls:
            issuer = _issuer(crl)
            if issuer is not None:
                self._by_issuer[issuer].append(_List(crl))
        self._known: dict[tuple[Node, Node], Status] = {}

    def status(self, node: Node, issuer: Node, at: datetime) -> Status:
        """What the lists of ``issuer`` say of ``node``, which it signed."""
        pair = node, issuer
        if pair not in self._known:
            self._known[pair] = self._status(node, issuer, at)
        return self._known[pair]

    def _status(self, node: Node, issuer: Node, at: datetime) -> Status:
        lists = self._by_issuer.get(issuer.subject, ()) if issuer.subject is not None else ()
        problem: str | None = None
        usable = False
        for each in lists:
            signed = each.is_signed_by(issuer.certificate)
            revoked = each.entry(node.certificate.x509.serial_number) if signed else None
            if revoked is not None:
                return Status(revoked)  # a list that is too old still says what was revoked
            found = _may_not_sign(issuer) or (
                each.problem_at(at) or each.scope_problem(node) if signed else _OTHER_KEY
            )
            usable = usable or found is None
            problem = problem or found
        return Status() if usable else Status(problem=problem)


_OTHER_KEY: Final = "is not signed by its issuer's key"


def _issuer(crl: x509.CertificateRevocationList) -> NameKey | None:
    try:
        return name_key(crl.issuer)
    except (ValueError, TypeError):
        return None


def _may_not_sign(issuer: Node) -> str | None:
    usage = issuer.certificate.extension(x509.KeyUsage)
    if usage is not None and not usage.value.crl_sign:
        return "is signed by a CA that may not sign lists (keyUsage without cRLSign)"
    return None


class _List:
    """One list."""

    def __init__(self, crl: x509.CertificateRevocationList) -> None:
        self._crl = crl
        self._signed: dict[Certificate, bool] = {}

    def is_signed_by(self, issuer: Certificate) -> bool:
        if issuer not in self._signed:
            self._signed[issuer] = self._check(issuer)
        return self._signed[issuer]

    def _check(self, issuer: Certificate) -> bool:
        key = issuer.public_key
        try:
            return key is not None and self._crl.is_signature_valid(key)  # type: ignore[arg-type]
        except Exception:  # noqa: BLE001 - a hostile list may raise anything, and means "no"
            return False

    def entry(self, serial: int) -> x509.RevokedCertificate | None:
        if serial not in self._entries[0]:
            return None
        return self._crl.get_revoked_certificate_by_serial_number(serial)

    def problem_at(self, at: datetime) -> str | None:
        """Why the list says nothing about anybody; None when it does."""
        if at < self._crl.last_update_utc:
            return f"is valid only from {moment(self._crl.last_update_utc)}"
        following = self._crl.next_update_utc
        if following is not None and at > following:
            return f"was to be replaced {span(at - following)} ago"
        return self._bad_extension or self._entries[1]

    def scope_problem(self, node: Node) -> str | None:
        """Why the list says nothing about ``node``; None when it does."""
        for point in self._points:
            if not is_in_scope(point, node):
                return "is for other certificates (issuing distribution point)"
        return None

    @cached_property
    def _points(self) -> tuple[x509.IssuingDistributionPoint, ...]:
        found = (each.value for each in self._crl.extensions)
        return tuple(each for each in found if isinstance(each, x509.IssuingDistributionPoint))

    @cached_property
    def _bad_extension(self) -> str | None:
        try:
            extensions = list(self._crl.extensions)
        except Exception:  # noqa: BLE001 - a hostile list may raise anything
            return "has extensions that cannot be read"
        number = [each for each in extensions if isinstance(each.value, x509.CRLNumber)]
        if not number:
            return "has no number (RFC 5280 section 5.2.3)"
        if number[0].critical:
            return "has a critical number (RFC 5280 section 5.2.3)"
        return _unprocessed(extensions, _EXTENSIONS)

    @cached_property
    def _entries(self) -> tuple[frozenset[int], str | None]:
        """Every serial number, and what spoils them all.

        RFC 5280 section 5.3: one critical extension that is not processed, in whichever entry,
        and the list must not be used.
        """
        serials = set()
        problem = None
        try:
            for entry in self._crl:
                serials.add(entry.serial_number)
                problem = problem or _unprocessed(entry.extensions, _ENTRY_EXTENSIONS)
        except Exception:  # noqa: BLE001 - a hostile list may raise anything
            problem = "has entries that cannot be read"
        return frozenset(serials), problem


def _unprocessed(
    extensions: Iterable[x509.Extension[x509.ExtensionType]],
    processed: tuple[type[x509.ExtensionType], ...],
) -> str | None:
    for extension in extensions:
        if extension.critical and not isinstance(extension.value, processed):
            return f"has a critical extension {extension.oid.dotted_string} not processed here"
    return None
