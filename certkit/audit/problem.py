"""What a check of the audit found: a finding with its place, and the edits that repair it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from certkit.audit.edits import patch
from certkit.findings import Finding, Fix, Severity

if TYPE_CHECKING:
    from certkit.audit.edits import Edit
    from certkit.audit.files import Source


@dataclass(frozen=True, slots=True)
class Problem:
    """``edits`` repair it; where no text can be given, ``advice`` says what to do."""

    code: str
    severity: Severity
    what: str
    why: str
    source: Source
    at: int
    edits: tuple[Edit, ...] = ()
    advice: str = ""

    @property
    def line(self) -> int:
        return self.source.line(self.at)

    @property
    def patch(self) -> str | None:
        return patch(self.edits) if self.edits else None

    def merged(self, other: Problem) -> Problem:
        """One problem for a text that is included in several places."""
        return replace(self, edits=tuple(dict.fromkeys((*self.edits, *other.edits))))

    def finding(self) -> Finding:
        text = self.patch
        return Finding(
            self.code,
            self.severity,
            f"{self.source.path}:{self.line}: {self.what}",
            self.why,
            Fix("advice", self.advice) if text is None else Fix("patch", text),
        )
