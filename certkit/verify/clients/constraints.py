"""Name constraints as clients keep them: hosts and addresses, a leading dot taken for what it is.

RFC 5280 section 4.2.1.10 knows no leading dot in a DNS constraint, and the verdict calls one
malformed; every client measured reads ``.test`` as ``test``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.verify.subtrees import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from certkit.pki.certificate import Certificate
    from certkit.verify.path import Node, Path

COMPARED: Final = (x509.DNSName, x509.IPAddress)


@dataclass(frozen=True, slots=True)
class Outside:
    """A name that a CA above may not sign.

    ``excluded`` is the subtree that forbids it; None when it lies in no permitted one.
    """

    kind: type[x509.GeneralName]
    name: str
    excluded: str | None
    other_family: bool = False
    """An IPv6 address where only IPv4 is constrained, or the other way round."""
    by_wildcard: bool = False
    """A wildcard that stands for an excluded name among others."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """The name constraints of one certificate, read once: text and value of each subtree."""

    permitted: Mapping[type[x509.GeneralName], Sequence[tuple[str, object]]]
    excluded: Mapping[type[x509.GeneralName], Sequence[tuple[str, object]]]


def comparisons(path: Path) -> int:
    """Names times subtrees, over the whole path."""
    found = 0
    names = _size(path.nodes[0].certificate.extension(x509.SubjectAlternativeName))
    for node in path.nodes[1:]:
        found += names * len(_all(node))
        names += _size(node.certificate.extension(x509.SubjectAlternativeName))
    return found


def _size(found: x509.Extension[x509.SubjectAlternativeName] | None) -> int:
    return len(found.value) if found is not None else 0


def outside(certificate: Certificate, above: Node) -> Iterator[Outside]:
    """Every name of ``certificate`` outside the constraints of ``above``."""
    if _limits_of(above.certificate) is None:
        return
    found = certificate.extension(x509.SubjectAlternativeName)
    for name in found.value if found is not None else ():
        if isinstance(name, COMPARED):
            yield from compare(type(name), name.value, above)


def compare(kind: type[x509.GeneralName], value: object, above: Node) -> Iterator[Outside]:
    """The same for one name, which need not stand in a certificate."""
    limits = _limits_of(above.certificate)
    name = RULES[kind].read(_lenient(value)) if limits is not None else None
    if limits is None or name is None:
        return
    for subtree, read in limits.excluded[kind]:
        if RULES[kind].touches(name, read):
            yield Outside(kind, str(value), subtree)
            return
        if kind is x509.DNSName and RULES[kind].touches(str(value).lower(), read):
            yield Outside(kind, str(value), subtree, by_wildcard=True)
    permitted = limits.permitted[kind]
    if permitted and not any(RULES[kind].within(name, read) for _, read in permitted):
        version = getattr(name, "version", None)
        versions = {getattr(read, "version", None) for _, read in permitted}
        yield Outside(kind, str(value), None, other_family=version not in versions)


def _lenient(value: object) -> object:
    """A DNS name that is malformed counts by its letters, and a dot at its end is one of them."""
    if not isinstance(value, str):
        return value
    base = value.lower().removeprefix("*.")
    return _ODD.sub("x", f"{base}x" if base.endswith(".") else base)


_ODD: Final = re.compile(r"[^a-z0-9._-]")


@lru_cache(maxsize=64)
def _limits_of(certificate: Certificate) -> _Limits | None:
    """None without constraints."""
    found = certificate.extension(x509.NameConstraints)
    if found is None:
        return None
    return _Limits(
        {kind: tuple(_subtrees(kind, found.value.permitted_subtrees)) for kind in COMPARED},
        {kind: tuple(_subtrees(kind, found.value.excluded_subtrees)) for kind in COMPARED},
    )


def constrains(kind: type[x509.GeneralName], above: Node) -> bool:
    """Whether names of this kind are constrained at all."""
    return any(type(subtree) is kind for subtree in _all(above))


def constrains_others(above: Node) -> bool:
    """Whether there are subtrees that are not compared here: of other types, or malformed."""
    given = _all(above)
    read = (each for kind in COMPARED for each in _subtrees(kind, given))
    return len(given) != sum(1 for _ in read)


def _all(above: Node) -> tuple[x509.GeneralName, ...]:
    found = above.certificate.extension(x509.NameConstraints)
    if found is None:
        return ()
    return (*(found.value.permitted_subtrees or ()), *(found.value.excluded_subtrees or ()))


def _subtrees(
    kind: type[x509.GeneralName], given: Sequence[x509.GeneralName] | None
) -> Iterator[tuple[str, object]]:
    """Text and value of each readable subtree of this kind."""
    for subtree in given or ():
        if type(subtree) is kind:
            value = subtree.value.removeprefix(".") if kind is x509.DNSName else subtree.value
            read = RULES[kind].subtree(value)
            if read is not None:
                yield str(subtree.value), read
