"""What a check is given: what was seen, and what is trusted when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from certkit.findings import Finding
from certkit.verify.verdict import Verdict, judge

if TYPE_CHECKING:
    from certkit.diagnose.observation import Observation, Target
    from certkit.pki.certificate import Certificate


@dataclass(frozen=True)
class Case:
    """``context`` are certificates that explain and never carry a path (the home's own root)."""

    seen: Observation
    at: datetime
    roots: tuple[Certificate, ...] = ()
    context: tuple[Certificate, ...] = ()

    @property
    def target(self) -> Target:
        return self.seen.target

    @cached_property
    def verdict(self) -> Verdict | None:
        """On the certificates as they were sent; None when none came."""
        chain = self.seen.chain
        if not chain:
            return None
        return judge(
            chain[0],
            roots=self.roots,
            intermediates=chain[1:],
            name=self.target.name,
            at=self.at,
            context=self.context,
        )


Check = Callable[[Case], Iterable[Finding]]
