"""kill -9 and failing system calls at every step of every command that writes.

tests/home/crash_driver.py does the work in a process of its own, which it can fork cheaply.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.home.crash_driver import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: nothing here depends on a disk, only its speed."""
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir():
        yield tmp_path
        return
    import tempfile

    with tempfile.TemporaryDirectory(dir=shared_memory, prefix="certkit-test-") as folder:
        yield Path(folder)


def drive(scenario: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.home.crash_driver", scenario, str(folder), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def steps_of(done: subprocess.CompletedProcess[str]) -> Counter[str]:
    assert done.returncode == 0, done.stderr
    return Counter(json.loads(done.stdout))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_kill_at_any_step_breaks_no_invariant_and_the_next_command_repairs_it(
    scenario: str, memory: Path
) -> None:
    steps = steps_of(drive(scenario, memory))
    assert steps["COMMIT"] >= 1 or scenario == "restore-root"
    assert steps.total() >= 10


def test_the_steps_of_a_first_certificate_are_all_there(memory: Path) -> None:
    steps = steps_of(drive("first-issue", memory))
    # schema, intent, published; four files, each with its mode and its sync; two folders
    assert steps["COMMIT"] == 3
    assert steps["os.rename"] == 4
    assert steps["sync"] == 1 + 4 + 2


@pytest.mark.parametrize(
    ("scenario", "sabotage", "complaint"),
    [
        ("first-issue", "certificate-first", "stands without its key"),
        ("new-key", "old-certificate-stays", "stands beside a foreign key"),
        ("force-over-foreign", "old-certificate-stays", "stands beside a foreign key"),
        ("issue-again", "write-before-recording", "is not in the ledger"),
        ("first-issue", "mode-after-writing", "has mode 0644"),
        ("issue-again", "undo-takes-all", "is valid in the ledger"),
        ("force-over-foreign", "undo-takes-all", "had a key and was lost"),
        ("issue-again", "said-to-be-finished", "is valid in the ledger"),
        ("first-issue", "said-to-be-finished", "stands without its key"),
        ("issue-again", "removed-first", "was gone for an instant"),
        ("permit", "removed-first", "was gone for an instant"),
    ],
)
def test_a_wrong_protocol_is_caught(
    scenario: str, sabotage: str, complaint: str, memory: Path
) -> None:
    done = drive(scenario, memory, "--sabotage", sabotage)
    assert done.returncode == 1
    assert complaint in done.stderr


@pytest.mark.peer("strace")
@pytest.mark.parametrize("scenario", ["first-issue", "new-key"])
def test_a_kill_at_any_system_call_breaks_no_invariant(scenario: str, memory: Path) -> None:
    done = drive(scenario, memory, "--syscalls")
    skip_without_ptrace(done)
    calls = steps_of(done)
    assert calls["fdatasync"] >= 8, "those of SQLite are among them"
    assert calls["rename"] >= 2


@pytest.mark.peer("strace")
@pytest.mark.parametrize(
    ("scenario", "error"), [("first-issue", "ENOSPC"), ("new-key", "EIO"), ("new-key", "EROFS")]
)
def test_any_failing_system_call_ends_in_exit_3_and_loses_nothing(
    scenario: str, error: str, memory: Path
) -> None:
    done = drive(scenario, memory, "--syscalls", error)
    skip_without_ptrace(done)
    calls = steps_of(done)
    for call in ("fchmod", "fsync", "rename"):  # `!`: the command ended with exit code 3
        assert calls[f"{call}!"] >= 2
        assert calls[call] == 0, f"{call} failed and nobody noticed"


def skip_without_ptrace(done: subprocess.CompletedProcess[str]) -> None:
    if "strace cannot attach" in done.stderr:
        pytest.skip("strace may not attach to processes here")
