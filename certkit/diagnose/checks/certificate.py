"""The chain that was sent, judged by :mod:`certkit.verify`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from certkit.verify.wording import issue_again, span, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.case import Case
    from certkit.findings import Finding


def check_chain(case: Case) -> tuple[Finding, ...]:
    """The codes chain, validity, name, usage, crypto and revocation, one verdict for all."""
    return case.verdict.findings if case.verdict is not None else ()


_SOON: Final = timedelta(days=30)
_LAST_PART: Final = 3
"""Of a certificate that lives for less than 90 days the last third, when ACME clients renew."""


def check_expiring(case: Case) -> Iterator[Finding]:
    """Nothing fails yet; only where nothing else is wrong."""
    if case.verdict is None or not case.verdict.chain:
        return
    leaf = case.verdict.chain[0]
    left = leaf.not_after - case.at
    if left < min(_SOON, (leaf.not_after - leaf.not_before) / _LAST_PART):
        yield warning(
            "validity.expiring",
            f"the certificate expires in {span(left)}, on {leaf.not_after:%Y-%m-%d %H:%M:%S} UTC",
            "RFC 5280 section 4.1.2.5: on that day every client refuses it",
            issue_again(leaf.names),
        )


CHECKS: Final = (check_chain, check_expiring)
