"""The chain that was sent, judged by :mod:`certkit.verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from certkit.diagnose.case import Case
    from certkit.findings import Finding


def check_chain(case: Case) -> tuple[Finding, ...]:
    """The codes chain, validity, name, usage, crypto and revocation, one verdict for all."""
    return case.verdict.findings if case.verdict is not None else ()


CHECKS: Final = (check_chain,)
