"""Name constraints: RFC 5280 section 4.2.1.10, for every type of name that it defines.

Each constraining certificate is held against every name below it; that gives the same answer as
section 6.1.4's running intersection, and says whose constraint was broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cryptography import x509
from cryptography.x509.oid import NameOID

from certkit.verify.subtrees import RULES, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.pki.certificate import Certificate
    from certkit.verify.path import Path
    from certkit.verify.subtrees import Rule

V = TypeVar("V")
S = TypeVar("S")
Subtrees = tuple[x509.GeneralName, ...]

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
        found = path.nodes[above].certificate.extension(x509.NameConstraints)
        if found is None:
            continue
        permitted = tuple(found.value.permitted_subtrees or ())
        excluded = tuple(found.value.excluded_subtrees or ())
        for below in range(above - 1, -1, -1):
            node = path.nodes[below]
            if node.subject is None or (below and node.self_issued):
                continue  # what cannot be read is malformed already
            for kind, value in names_of(node.certificate):
                budget.spend(len(permitted) + len(excluded))
                broken = _broken(kind, value, permitted, excluded)
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


def malformed(constraints: x509.NameConstraints) -> str | None:
    """The first subtree that RFC 5280 does not allow; None when all are in order."""
    for subtree in (
        *(constraints.permitted_subtrees or ()),
        *(constraints.excluded_subtrees or ()),
    ):
        rule = RULES.get(type(subtree))
        if rule is not None and rule.subtree(subtree.value) is None:
            return shown(subtree.value)
    return None


def _broken(
    kind: type[x509.GeneralName], name: object, permitted: Subtrees, excluded: Subtrees
) -> tuple[str, str | None] | None:
    """Why ``name`` is outside, and what to permit; None when it is inside."""
    inside = tuple(subtree for subtree in permitted if type(subtree) is kind)
    outside = tuple(subtree for subtree in excluded if type(subtree) is kind)
    if not inside and not outside:
        return None
    rule = RULES.get(kind)
    if rule is None:
        # RFC 5280 section 4.2.1.10: "process the constraint or reject the certificate".
        return "is of a type whose constraints cannot be checked here", None
    value = rule.read(name)
    if value is None:
        return f"is no valid {rule.noun}, and the CA constrains those", None
    return _excluded(rule, value, outside) or _not_permitted(rule, value, inside)


def _excluded(rule: Rule[V, S], value: V, subtrees: Subtrees) -> tuple[str, str | None] | None:
    for subtree, read in _read(rule, subtrees):
        if rule.touches(value, read):
            return f"is excluded by {shown(subtree.value)}", None
    return None


def _not_permitted(rule: Rule[V, S], value: V, subtrees: Subtrees) -> tuple[str, str | None] | None:
    if not subtrees or any(rule.within(value, read) for _, read in _read(rule, subtrees)):
        return None
    listed = ", ".join(shown(subtree.value) for subtree in subtrees[:_SHOWN])
    more = f" and {len(subtrees) - _SHOWN} more" if len(subtrees) > _SHOWN else ""
    return f"lies outside what is permitted: {listed}{more}", rule.permit(value)


def _read(rule: Rule[V, S], subtrees: Subtrees) -> Iterator[tuple[x509.GeneralName, S]]:
    """A malformed subtree is nobody's: :func:`malformed` reports it."""
    for subtree in subtrees:
        read = rule.subtree(subtree.value)
        if read is not None:
            yield subtree, read
