"""From a leaf to a trust anchor: every path that the signatures allow, the likeliest first.

The search is bounded, because a server can send certificates that all seem to have issued each
other (x509-limbo's `pathological` cases, Go's TestPathologicalChains).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.pki.keys import public_key_der
from certkit.verify.dn import name_key
from certkit.verify.signature import Link, check_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from cryptography import x509

    from certkit.pki.certificate import Certificate
    from certkit.verify.dn import NameKey

    SameName = Callable[["Node", "Node"], bool]

_MAX_SIGNATURES: Final = 512
"""About 50 ms of P-256; a real chain needs one a certificate."""
_MAX_STEPS: Final = 2000
_MAX_LENGTH: Final = 32


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A certificate on the way up; ``subject`` and ``issuer`` are None when unreadable."""

    certificate: Certificate
    anchor: bool
    subject: NameKey | None
    issuer: NameKey | None

    @classmethod
    def of(cls, certificate: Certificate, *, anchor: bool) -> Node:
        """The node of ``certificate``, its names read once."""
        return cls(
            certificate,
            anchor,
            _name(certificate.x509, "subject"),
            _name(certificate.x509, "issuer"),
        )

    @property
    def self_issued(self) -> bool:
        """Subject and issuer are the same name (RFC 5280 section 3.2)."""
        return self.subject is not None and self.subject == self.issuer


@dataclass(frozen=True, slots=True)
class Path:
    """``nodes`` from the leaf upwards; ``links[i]`` joins ``nodes[i]`` to the next."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...] = ()

    @property
    def top(self) -> Node:
        """The last node: the trust anchor when the path is complete."""
        return self.nodes[-1]

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Leaf first."""
        return tuple(node.certificate for node in self.nodes)

    def extended(self, node: Node, link: Link) -> Path:
        """This path and one more certificate above."""
        return Path((*self.nodes, node), (*self.links, link))

    def replaced(self, old: Node, new: Node) -> Path:
        """This path with ``new`` in the place of ``old``."""
        return Path(tuple(new if node is old else node for node in self.nodes), self.links)


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """A path that nobody continues; ``namesakes`` have the issuer's name but not its key."""

    path: Path
    namesakes: tuple[Node, ...]


class PathBuilder:
    """Paths from one leaf to ``roots`` through ``intermediates``.

    ``same_name(child, issuer)`` may be pickier about names than RFC 5280 section 7.1. After
    :meth:`paths` is used up, ``dead_ends`` holds where the search got stuck and ``exhausted``
    whether it was given up.
    """

    def __init__(
        self,
        roots: Iterable[Certificate],
        intermediates: Iterable[Certificate],
        at: datetime,
        same_name: SameName | None = None,
    ) -> None:
        self._anchors = {certificate.der: certificate for certificate in roots}
        others = {certificate.der: certificate for certificate in intermediates}
        self._by_subject: dict[NameKey, list[Node]] = defaultdict(list)
        self.nodes = tuple(
            Node.of(certificate, anchor=der in self._anchors)
            for der, certificate in (others | self._anchors).items()
        )
        for node in self.nodes:
            if node.subject is not None:
                self._by_subject[node.subject].append(node)
        for namesakes in self._by_subject.values():
            if len(namesakes) > 1:
                namesakes.sort(key=lambda node: _unlikeliness(node, at))
        self._same_name = same_name
        self._keys: dict[Node, bytes | None] = {}
        self._links: dict[tuple[bytes, bytes], Link] = {}
        self._steps = _MAX_STEPS
        self.dead_ends: list[DeadEnd] = []
        self.exhausted = False

    def paths(self, leaf: Certificate) -> Iterator[Path]:
        """Every path from ``leaf`` to a trust anchor, the likeliest first."""
        yield from self._extend(Path((Node.of(leaf, anchor=leaf.der in self._anchors),)))

    def namesakes(self, node: Node) -> list[Node]:
        """Everything given that has the subject of ``node``."""
        return list(self._by_subject.get(node.subject, ())) if node.subject else []

    def _extend(self, path: Path) -> Iterator[Path]:
        if path.top.anchor:
            yield path
            return
        linked = False
        namesakes: list[Node] = []
        for node in self.issuers(path):
            if self._steps <= 0 or len(self._links) >= _MAX_SIGNATURES:
                self.exhausted = True
                break
            self._steps -= 1
            link = self.link(path.top, node)
            if link is Link.BAD:
                namesakes.append(node)
                continue
            linked = True
            yield from self._extend(path.extended(node, link))
        if not linked:
            self.dead_ends.append(DeadEnd(path, tuple(namesakes)))

    def issuers(self, path: Path) -> list[Node]:
        """Who may have issued the top of ``path``: a trust anchor first, a likely key first."""
        if path.top.issuer is None:
            return []
        found = self._not_on(path, self._by_subject.get(path.top.issuer, []))
        if self._same_name is not None:
            found = [node for node in found if self._same_name(path.top, node)]
        if found and len(path.nodes) >= _MAX_LENGTH:
            self.exhausted = True
            return []
        wanted = path.top.certificate.aki
        if len(found) > 1 and wanted is not None:
            return sorted(found, key=lambda node: (not node.anchor, node.certificate.ski != wanted))
        return found

    def _not_on(self, path: Path, found: list[Node]) -> list[Node]:
        """Without what is the same CA, name and key, as one on ``path``: going round gains nothing.

        ``found`` share the subject of the next issuer.
        """
        used = {self._key(node) for node in path.nodes if node.subject == path.top.issuer}
        if not used:
            return found
        if None in used:
            return []
        used.add(None)
        return [node for node in found if self._key(node) not in used]

    def _key(self, node: Node) -> bytes | None:
        if node not in self._keys:
            key = node.certificate.public_key
            self._keys[node] = None if key is None else public_key_der(key)
        return self._keys[node]

    def link(self, child: Node, issuer: Node) -> Link:
        pair = child.certificate.der, issuer.certificate.der
        if pair not in self._links:
            self._links[pair] = check_link(child.certificate, issuer.certificate)
        return self._links[pair]


def _unlikeliness(node: Node, at: datetime) -> tuple[bool, ...]:
    certificate = node.certificate
    return (
        not node.anchor,
        not certificate.not_before <= at <= certificate.not_after,
        not certificate.is_ca,
        node.self_issued,
    )


def _name(certificate: x509.Certificate, field: str) -> NameKey | None:
    try:
        return name_key(getattr(certificate, field))
    except (ValueError, TypeError):
        return None
