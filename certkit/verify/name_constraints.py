"""Name constraints: RFC 5280 section 4.2.1.10, for every type of name that it defines.

Each constraining certificate is held against every name below it; that gives the same answer as
section 6.1.4's running intersection, and says whose constraint was broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from certkit.verify.subtrees import RULES, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from certkit.pki.certificate import Certificate
    from certkit.verify.path import Path

Subtrees = dict[type[x509.GeneralName], list[tuple[x509.GeneralName, object]]]

MAX_COMPARISONS: Final = 250_000
"""Names times subtrees; Go stops at the same figure. A hostile pair asks for millions."""


_SHOWN: Final = 8


class TooManyComparisons(Exception):
    """The constraints and the names together are an attack on the verifier's time."""


@dataclass(slots=True)
class Budget:
    """What one verdict may spend, however many paths it looks at."""

    left: int = MAX_COMPARISONS

    def spend(self, comparisons: int) -> None:
        """Raises :class:`TooManyComparisons` when there is no more."""
        self.left -= comparisons
        if self.left < 0:
            raise TooManyComparisons


@dataclass(frozen=True, slots=True)
class Violation:
    """``name`` of ``path.nodes[below]`` against the constraints of ``path.nodes[above]``.

    ``reason`` completes "<name> ..."; ``missing`` is what would have to be permitted, if a
    ``certkit ca permit`` can say it.
    """

    above: int
    below: int
    name: str
    reason: str
    missing: str | None = None


def violations(path: Path, budget: Budget) -> Iterator[Violation]:
    """Every name outside the constraints above it. Raises :class:`TooManyComparisons`.

    Names of self-issued intermediates are free (RFC 5280 section 6.1.3 (b)), those of the leaf
    never are.
    """
    for above in range(len(path.nodes) - 1, 0, -1):
        limits = limits_of(path.nodes[above].certificate)
        if limits is None:
            continue
        for below in range(above - 1, -1, -1):
            node = path.nodes[below]
            if node.subject is None or (below and node.self_issued):
                continue  # what cannot be read is malformed already
            for kind, value in names_of(node.certificate):
                budget.spend(limits.size)
                broken = _broken(kind, value, limits)
                if broken is not None:
                    yield Violation(above, below, shown(value), *broken)


def names_of(certificate: Certificate) -> Iterator[tuple[type[x509.GeneralName], object]]:
    """Type and value of every name that constraints apply to.

    Subject, subject alternative names, and the e-mail addresses in a subject without the latter.
    """
    subject = certificate.x509.subject
    if len(subject.rdns):
        yield x509.DirectoryName, subject
    san = certificate.extension(x509.SubjectAlternativeName)
    if san is not None:
        yield from ((type(name), name.value) for name in san.value)
        return
    for attribute in subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS):
        yield x509.RFC822Name, attribute.value


@dataclass(frozen=True, slots=True)
class Limits:
    """The name constraints of one certificate, read once.

    ``permitted`` and ``excluded`` hold, for each type of name, the subtrees as they stand and as
    its rule reads them. ``malformed`` is the first that RFC 5280 does not allow: it is nobody's.
    """

    permitted: Subtrees
    excluded: Subtrees
    malformed: str | None
    size: int


@lru_cache(maxsize=64)
def limits_of(certificate: Certificate) -> Limits | None:
    """None without constraints. A CA is asked again with every certificate that it signed."""
    found = certificate.extension(x509.NameConstraints)
    if found is None:
        return None
    permitted = tuple(found.value.permitted_subtrees or ())
    excluded = tuple(found.value.excluded_subtrees or ())
    bad = (each for each in (*permitted, *excluded) if _read(each) is _MALFORMED)
    first = next(bad, None)
    return Limits(
        _by_type(permitted),
        _by_type(excluded),
        None if first is None else shown(first.value),
        len(permitted) + len(excluded),
    )


def _by_type(subtrees: Iterable[x509.GeneralName]) -> Subtrees:
    found: Subtrees = {}
    for subtree in subtrees:
        found.setdefault(type(subtree), []).append((subtree, _read(subtree)))
    return found


def _read(subtree: x509.GeneralName) -> object:
    rule = RULES.get(type(subtree))
    if rule is None:
        return None
    read = rule.subtree(subtree.value)
    return _MALFORMED if read is None else read


_MALFORMED: Final = object()


def _broken(
    kind: type[x509.GeneralName], name: object, limits: Limits
) -> tuple[str, str | None] | None:
    """Why ``name`` is outside, and what to permit; None when it is inside."""
    inside, outside = limits.permitted.get(kind), limits.excluded.get(kind)
    if not inside and not outside:
        return None
    rule = RULES.get(kind)
    if rule is None:
        # RFC 5280 section 4.2.1.10: "process the constraint or reject the certificate".
        return "is of a type whose constraints cannot be checked here", None
    value = rule.read(name)
    if value is None:
        return f"is no valid {rule.noun}, and the CA constrains those", None
    for subtree, read in outside or ():
        if read is not _MALFORMED and rule.touches(value, read):
            return f"is excluded by {shown(subtree.value)}", None
    if not inside or any(rule.within(value, read) for _, read in inside if read is not _MALFORMED):
        return None
    listed = ", ".join(shown(subtree.value) for subtree, _ in inside[:_SHOWN])
    more = f" and {len(inside) - _SHOWN} more" if len(inside) > _SHOWN else ""
    return f"lies outside what is permitted: {listed}{more}", rule.permit(value)
