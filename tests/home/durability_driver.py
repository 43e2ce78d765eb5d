"""What a command asks of the disk, in order: a power cut keeps only what was synced.

    python -m tests.home.durability_driver SCENARIO FOLDER [--sabotage NAME]

A kill leaves the kernel's memory alone, so tests/home/crash_driver.py would not miss a sync. Prints
a JSON list of ``["write", path]``, ``["sync", path]``, ``["rename", from, to]``,
``["remove", path]`` and ``["commit"]``.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from certkit.home import files, journal
from certkit.home.ledger import Ledger
from tests.home.crash_driver import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from certkit.home.schema import Entry


class Record:
    """Everything from its making on."""

    def __init__(self, events: list[list[str]]) -> None:
        self._events = events
        self._fsync, self._connect = os.fsync, sqlite3.connect
        sys.addaudithook(self._audit)
        os.fsync = self._sync  # type: ignore[assignment]  # audit hooks see neither of these two
        sqlite3.connect = self._traced  # type: ignore[assignment]

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT:
            self._events.append(["write", str(arguments[0])])
        elif event == "os.rename":
            self._events.append(["rename", str(arguments[0]), str(arguments[1])])
        elif event == "os.remove":
            self._events.append(["remove", str(arguments[0])])

    def _sync(self, descriptor: int) -> None:
        self._events.append(["sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())])
        self._fsync(descriptor)

    def _traced(self, *arguments: object, **options: object) -> sqlite3.Connection:
        connection = self._connect(*arguments, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(
            lambda text: self._events.append(["commit"]) if text == "COMMIT" else None
        )
        return connection  # type: ignore[no-any-return]


def files_synced_last() -> None:
    """A wrong protocol: the content is synced when its name is in place already."""
    place = journal._place

    def write(path: Path, content: bytes, mode: int, _: int | None = None) -> None:
        path.touch(mode)
        path.write_bytes(content)

    def placed(entry: Entry, ready: set[Path]) -> set[Path]:
        folders = place(entry, ready)
        for row in (each for each in entry.files if each.path.exists()):
            with row.path.open("rb") as file:
                os.fsync(file.fileno())
        return folders

    files.write_new, journal._place = write, placed


def folders_synced_last() -> None:
    """A wrong protocol: the ledger says published before the names are on the disk."""
    publish, sync = Ledger.publish, journal._sync
    waiting: list[set[Path]] = []

    def published(ledger: Ledger, entries: Iterable[Entry]) -> None:
        publish(ledger, entries)
        sync(waiting)

    journal._sync = waiting.extend
    Ledger.publish = published  # type: ignore[method-assign]


SABOTAGE: dict[str, Callable[[], None]] = {
    "files-synced-last": files_synced_last,
    "folders-synced-last": folders_synced_last,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sabotage", choices=SABOTAGE)
    given = parser.parse_args()
    scenario = SCENARIOS[given.scenario]
    given.folder.mkdir(parents=True, exist_ok=True)
    scenario.prepare(given.folder)
    if given.sabotage:
        SABOTAGE[given.sabotage]()
    events: list[list[str]] = []
    Record(events)
    scenario.act(given.folder)
    print(json.dumps(events))


if __name__ == "__main__":
    main()
