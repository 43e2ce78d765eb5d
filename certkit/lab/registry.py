"""All scenarios, and those that a person names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError
from certkit.lab.scenarios import certificate, http, transport, websocket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certkit.lab.scenario import Scenario

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *transport.SCENARIOS,
    *certificate.SCENARIOS,
    *http.SCENARIOS,
    *websocket.SCENARIOS,
)


def select(wanted: Iterable[str]) -> tuple[Scenario, ...]:
    """The scenarios of these codes or names, without any all of them.

    Raises CertkitError ``lab.unknown-scenario``.

    >>> [scenario.code for scenario in select(["expired", "validity.expired"])]
    ['validity.expired']
    """
    found: list[Scenario] = []
    for each in wanted:
        matching = [row for row in SCENARIOS if each in (row.code, row.name)]
        if not matching:
            raise _unknown(each)
        found += matching
    return tuple(dict.fromkeys(found)) or SCENARIOS


def _unknown(given: str) -> CertkitError:
    known = {word for row in SCENARIOS for word in (row.code, row.name)}
    near = get_close_matches(given, sorted(known), n=1, cutoff=0.5)
    return CertkitError(
        "lab.unknown-scenario",
        f"the lab has no scenario {given!r}",
        hint=f"certkit lab run {near[0]}" if near else "certkit lab list",
    )
