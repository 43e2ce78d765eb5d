"""The lock, with real processes: a lock that one process takes twice proves nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from certkit.errors import CertkitError
from certkit.home import lock
from certkit.home.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from certkit.home.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""

Holder = subprocess.Popen[str]


@pytest.fixture
def hold() -> Iterator[Callable[[Path], Holder]]:
    """Start a process that holds the lock until it reads a line."""
    started: list[Holder] = []

    def start(path: Path) -> Holder:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(holder)
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        return holder

    yield start
    for holder in started:
        holder.kill()
        holder.communicate()


def answer(holder: Holder) -> str:
    assert holder.stdin
    assert holder.stdout
    holder.stdin.write("go on\n")
    holder.stdin.flush()
    return holder.stdout.readline()


def test_a_held_lock_ends_in_exit_3_with_the_file_and_the_holder(
    tmp_path: Path, hold: Callable[[Path], Holder]
) -> None:
    holder = hold(tmp_path / "lock")
    with pytest.raises(CertkitError) as caught:
        Lock(tmp_path / "lock").acquire(timeout=0.1)
    assert (caught.value.code, caught.value.exit_code) == ("home.locked", 3)
    assert str(tmp_path / "lock") in caught.value.message
    assert f"process {holder.pid}" in caught.value.message


def test_a_released_lock_is_free_though_its_process_lives(
    tmp_path: Path, hold: Callable[[Path], Holder]
) -> None:
    holder = hold(tmp_path / "lock")
    assert answer(holder) == "released\n"
    Lock(tmp_path / "lock").acquire(timeout=0)


def test_a_killed_holder_leaves_no_lock_behind(
    tmp_path: Path, hold: Callable[[Path], Holder]
) -> None:
    holder = hold(tmp_path / "lock")
    holder.kill()
    holder.wait()
    Lock(tmp_path / "lock").acquire(timeout=0)


def test_who_waits_is_told_once_who_holds_the_lock(
    tmp_path: Path, hold: Callable[[Path], Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = hold(tmp_path / "lock")
    monkeypatch.setattr(lock, "NOTICE_AFTER", 0.05)
    told: list[str] = []
    with pytest.raises(CertkitError):
        Lock(tmp_path / "lock").acquire(timeout=0.2, on_wait=told.append)
    assert told == [f"waiting for process {holder.pid}, which holds the lock {tmp_path / 'lock'}"]


def test_nobody_is_told_of_a_short_wait(tmp_path: Path, hold: Callable[[Path], Holder]) -> None:
    hold(tmp_path / "lock")
    told: list[str] = []
    with pytest.raises(CertkitError):
        Lock(tmp_path / "lock").acquire(timeout=0.1, on_wait=told.append)
    assert told == []


def test_the_lock_waits_until_it_is_free(tmp_path: Path, hold: Callable[[Path], Holder]) -> None:
    holder = hold(tmp_path / "lock")
    begun = time.monotonic()
    with pytest.raises(CertkitError):
        Lock(tmp_path / "lock").acquire(timeout=0.3)
    assert time.monotonic() - begun >= 0.3
    answer(holder)
    Lock(tmp_path / "lock").acquire(timeout=5)


def test_a_lock_file_that_was_removed_meanwhile_does_not_lock_two(
    tmp_path: Path, hold: Callable[[Path], Holder]
) -> None:
    """We hold the file that is there, not one that a newcomer would not see."""
    path = tmp_path / "lock"
    path.touch()
    path.unlink()
    mine = Lock(path)
    mine.acquire(timeout=0)
    path.unlink()
    holder = hold(path)  # a new file: nobody holds it
    mine.release()
    with pytest.raises(CertkitError) as caught:
        mine.acquire(timeout=0.1)
    assert f"process {holder.pid}" in caught.value.message


def test_the_lock_is_not_taken_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        Lock(tmp_path / "lock").acquire(timeout=0)
    assert not (tmp_path / "elsewhere").exists()


def test_the_lock_is_released_once_and_released_again_in_peace(tmp_path: Path) -> None:
    mine = Lock(tmp_path / "lock")
    mine.acquire()
    mine.release()
    mine.release()
    Lock(tmp_path / "lock").acquire(timeout=0)
