"""What a client has before its eyes: the way up that it took from the leaf, and where it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from certkit.verify.clients.hostnames import Matching, as_typed

if TYPE_CHECKING:
    from datetime import datetime

    from certkit.pki.certificate import Certificate
    from certkit.verify.identity import Reference
    from certkit.verify.path import Node, Path, SameName


class End(Enum):
    """How the way up ended."""

    TRUSTED = "at a certificate that the client takes as the end"
    UNKNOWN = "at an issuer that nobody knows"
    OTHER_KEY = "at somebody with the issuer's name and another key"
    SELF_SIGNED = "at a self-signed certificate that is not trusted"


@dataclass(frozen=True, slots=True)
class Chain:
    """What was sent, what is trusted, what was asked for and how the client matches names.

    ``sent`` begins with the leaf.
    """

    sent: tuple[Certificate, ...]
    roots: tuple[Certificate, ...]
    asked: Reference
    at: datetime
    matching: Matching = field(default_factory=Matching)
    same_name: SameName | None = None
    """When the client takes two names for the same; None by RFC 5280 section 7.1."""

    @property
    def leaf(self) -> Certificate:
        return self.sent[0]


@dataclass(frozen=True, slots=True)
class Sight:
    """One way up: ``path`` from the leaf, and how it ended."""

    chain: Chain
    path: Path
    end: End
    assembled: bool = False
    """The client did not take the chain as it was sent (a difference in Java alone)."""

    @property
    def leaf(self) -> Certificate:
        return self.chain.leaf

    @property
    def asked(self) -> Reference:
        return self.chain.asked

    @property
    def name(self) -> str:
        """What was asked for, as a client prints it: A-labels, a dot at the end kept."""
        return as_typed(self.asked)

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.path.nodes

    @property
    def anchor(self) -> Node | None:
        """The trusted certificate at the end, unless it is the leaf itself."""
        return self.path.top if self.path.top.anchor and len(self.nodes) > 1 else None

    @property
    def between(self) -> tuple[Node, ...]:
        """What stands above the leaf and is not the anchor."""
        return self.nodes[1:-1] if self.anchor else self.nodes[1:]

    @property
    def pinned(self) -> bool:
        """The leaf itself is trusted."""
        return self.nodes[0].anchor
