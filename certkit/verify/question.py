"""What is asked of a chain, besides the name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from certkit.verify.crl import RevocationLists
from certkit.verify.name_constraints import Budget

if TYPE_CHECKING:
    from datetime import datetime

    from certkit.verify.path import Node

Purpose = Literal["server", "client"]
PURPOSES: Final[tuple[Purpose, ...]] = ("server", "client")


@dataclass(frozen=True, slots=True)
class Question:
    """``at`` is an aware time without microseconds, as X.509 counts in seconds.

    ``max_depth`` is how many intermediates there may be, self-issued ones not counted.
    ``others`` is everything that was given, whether on the path or not.
    """

    at: datetime
    purpose: Purpose = "server"
    max_depth: int | None = None
    crls: RevocationLists = field(default_factory=RevocationLists)
    others: tuple[Node, ...] = ()
    budget: Budget = field(default_factory=Budget)
