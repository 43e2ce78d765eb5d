"""All scenarios, and those that a person names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from certkit.errors import CertkitError
from certkit.lab.scenarios import (
    certificate,
    files,
    http,
    nginx,
    page,
    transport,
    websocket,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certkit.lab.folder import FolderScenario
    from certkit.lab.scenario import Scenario

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *transport.SCENARIOS,
    *certificate.SCENARIOS,
    *http.SCENARIOS,
    *websocket.SCENARIOS,
)
FOLDERS: Final[tuple[FolderScenario, ...]] = (*files.FOLDERS, *nginx.FOLDERS, *page.FOLDERS)


class _Row(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


_AnyRow = TypeVar("_AnyRow", bound=_Row)


class Selection(NamedTuple):
    """Scenarios of both kinds."""

    endpoints: tuple[Scenario, ...]
    folders: tuple[FolderScenario, ...]


def select(wanted: Iterable[str]) -> Selection:
    """The scenarios of these codes or names in this order, without any all of them.

    Raises CertkitError ``lab.unknown-scenario``.

    >>> [scenario.code for scenario in select(["expired", "validity.expired"]).endpoints]
    ['validity.expired']
    """
    words = list(wanted)
    for each in words:
        if each not in _known():
            raise _unknown(each)
    if not words:
        return Selection(SCENARIOS, FOLDERS)
    return Selection(_chosen(SCENARIOS, words), _chosen(FOLDERS, words))


def _chosen(rows: tuple[_AnyRow, ...], words: list[str]) -> tuple[_AnyRow, ...]:
    found = [row for each in words for row in rows if each in (row.code, row.name)]
    return tuple(dict.fromkeys(found))


def _known() -> set[str]:
    rows: tuple[_Row, ...] = (*SCENARIOS, *FOLDERS)
    return {word for row in rows for word in (row.code, row.name)}


def _unknown(given: str) -> CertkitError:
    near = get_close_matches(given, sorted(_known()), n=1, cutoff=0.5)
    return CertkitError(
        "lab.unknown-scenario",
        f"the lab has no scenario {given!r}",
        hint=f"certkit lab run {near[0]}" if near else "certkit lab list",
    )
