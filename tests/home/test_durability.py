"""A power cut: names, contents and the ledger reach the disk in the order of the protocol."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.home.crash_driver import SCENARIOS

ROOT = Path(__file__).parents[2]
# What `prepare` leaves interrupted was written by a process that is not looked at.
RECOVERIES = ("recover-finish", "recover-undo")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/fd")


def events_of(scenario: str, folder: Path, *options: str) -> list[list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.home.durability_driver", scenario, str(folder), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    events: list[list[str]] = json.loads(done.stdout)
    return events


def complaints(events: list[list[str]]) -> list[str]:
    """What a power cut at the wrong moment would turn into a broken promise."""
    found = []
    commits = [index for index, event in enumerate(events) if event == ["commit"]]
    for index, (what, *paths) in enumerate(events):
        if what == "rename" and ["sync", paths[0]] not in events[:index]:
            found.append(f"{Path(paths[1]).name} took its name before its content was synced")
        if what in ("rename", "remove") and commits:
            folder = str(Path(paths[-1]).parent)
            if ["sync", folder] not in events[index : commits[-1]] and index < commits[-1]:
                found.append(f"{what} in {Path(folder).name} was not synced before the last commit")
    return found


@pytest.mark.parametrize("scenario", sorted({*SCENARIOS} - {*RECOVERIES}))
def test_what_the_ledger_calls_published_is_on_the_disk(scenario: str, tmp_path: Path) -> None:
    events = events_of(scenario, tmp_path)
    assert [event for event in events if event[0] == "rename"], "nothing was looked at"
    assert complaints(events) == []


@pytest.mark.parametrize("scenario", RECOVERIES)
def test_what_is_repaired_is_on_the_disk_before_the_ledger_says_so(
    scenario: str, tmp_path: Path
) -> None:
    events = events_of(scenario, tmp_path)
    renames = [event[1:2] for event in events if event[0] == "rename"]
    synced_before = [["sync", temporary] for (temporary,) in renames]
    assert complaints(synced_before + events) == []


@pytest.mark.parametrize("scenario", ["first-issue", "issue-again", "new-key", "permit"])
@pytest.mark.parametrize(
    ("sabotage", "complaint"),
    [
        ("files-synced-last", "took its name before its content was synced"),
        ("folders-synced-last", "was not synced before the last commit"),
    ],
)
def test_a_sync_that_comes_too_late_is_caught(
    scenario: str, sabotage: str, complaint: str, tmp_path: Path
) -> None:
    found = complaints(events_of(scenario, tmp_path, "--sabotage", sabotage))
    assert [each for each in found if complaint in each]


@pytest.mark.parametrize("scenario", ["new-key", "new-key-apart"])
def test_the_certificate_of_a_replaced_key_is_off_the_disk_before_the_new_key_is_on_it(
    scenario: str, tmp_path: Path
) -> None:
    events = events_of(scenario, tmp_path)
    out = str(tmp_path / "out")
    removed = events.index(["remove", f"{out}/localhost.pem"])
    (key,) = [
        index
        for index, event in enumerate(events)
        if event[0] == "rename" and event[2].endswith(("-key.pem", "it.key"))
    ]
    assert removed < key
    assert ["sync", out] in events[removed:key]


def test_a_key_in_another_folder_is_on_the_disk_before_its_certificate(tmp_path: Path) -> None:
    events = events_of("new-key-apart", tmp_path)
    renames = {event[2]: index for index, event in enumerate(events) if event[0] == "rename"}
    key, certificate = renames[f"{tmp_path}/keys/it.key"], renames[f"{tmp_path}/out/localhost.pem"]
    assert ["sync", f"{tmp_path}/keys"] in events[key:certificate]
