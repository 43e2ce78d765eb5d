"""Disks that are full or read-only: real ones, small and in memory.

tests/home/test_crash.py makes each single system call fail; here the whole file system does.
"""

from __future__ import annotations

import os
import resource
import subprocess
from typing import TYPE_CHECKING

import pytest

from certkit.errors import CertkitError
from certkit.findings import Severity
from certkit.home.home import Home
from certkit.home.output import Output
from tests.home.crash_driver import run_and_kill
from tests.home.invariants import check_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    options = "size=256k,mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(mounted)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk takes root")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


def fill(disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            return


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def remount_read_only(disk: Path) -> None:
    remount(disk, "ro")


@pytest.mark.parametrize("spoil", [fill, remount_read_only])
def test_a_folder_that_takes_nothing_ends_in_exit_3_and_nothing_is_lost(
    folder: Path, small_disk: Path, spoil: Callable[[Path], None]
) -> None:
    output = Output(small_disk)
    with Home.open(folder) as home:
        first = home.issue(["localhost"], output)
        spoil(small_disk)
        for names in (["localhost"], ["other.test"]):
            with pytest.raises(CertkitError) as caught:
                home.issue(names, Output(small_disk, new_key=True))
            assert (caught.value.code, caught.value.exit_code) == ("files.cannot-write", 3)
            assert f"{small_disk}/{names[0]}" in caught.value.message, "not the temporary file"
            assert "--out" in caught.value.hint
        assert first.files["key"].read_bytes() == first.issued.key_pem
        assert first.files["certificate"].read_bytes() == first.issued.chain_pem
        assert not list(small_disk.glob(".certkit-*"))
        statuses = [each.status for each in home.certificates()]
        assert statuses == ["valid", "valid", "abandoned", "abandoned"]
    check_after(folder, {first.files["certificate"]: first.files["key"]})


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_repair_that_the_disk_refuses_is_tried_again_by_the_next_command(
    folder: Path, small_disk: Path
) -> None:
    def act() -> None:
        with Home.open(folder) as home:
            home.issue(["localhost"], Output(small_disk))

    with Home.open(folder) as home:
        home.init()
    assert run_and_kill(act, only="os.rename", at=1) == "os.rename"
    remount(small_disk, "ro")
    for _ in range(2):
        with Home.open(folder) as home:  # which goes on with its own work
            (finding,) = home.recovered
            assert finding.severity is Severity.WARNING
            assert "Read-only file system" in finding.summary
            assert len(home.certificates()) == 2
    remount(small_disk, "rw")
    with Home.open(folder) as home:
        (finding,) = home.recovered
        assert "completed" in finding.summary
    check_after(folder, {small_disk / "localhost.pem": small_disk / "localhost-key.pem"})


def test_a_home_on_a_full_disk_ends_in_exit_3_and_nothing_is_lost(
    small_disk: Path, tmp_path: Path
) -> None:
    small = small_disk / "home"
    with Home.open(small) as home:
        home.issue(["localhost"], Output(tmp_path / "out"))
    fill(small_disk)
    with Home.open(small) as home:  # looking needs no space
        assert len(home.certificates()) == 2
        with pytest.raises(CertkitError) as caught:
            home.issue_all([[f"n{number}.test"] for number in range(40)], Output(tmp_path / "two"))
        assert (caught.value.code, caught.value.exit_code) == ("home.ledger-unusable", 3)
        assert "space" in caught.value.hint
    assert list((tmp_path / "two").iterdir()) == []
    (small_disk / "ballast").unlink()
    with Home.open(small) as home:
        assert len(home.certificates()) == 2
        home.issue(["other.test"], Output(tmp_path / "two"))


def test_a_read_only_home_ends_in_exit_3(small_disk: Path) -> None:
    with Home.open(small_disk / "home") as home:
        home.init()
    remount(small_disk, "ro")
    with pytest.raises(CertkitError) as caught:
        Home.open(small_disk / "home")
    assert (caught.value.code, caught.value.exit_code) == ("files.cannot-write", 3)
    assert "--home" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_one_may_not_write_to_ends_in_exit_3(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o500)
    with Home.open(folder) as home:
        for out in (tmp_path / "theirs", tmp_path / "theirs" / "below"):
            with pytest.raises(CertkitError) as caught:
                home.issue(["localhost"], Output(out))
            assert (caught.value.code, caught.value.exit_code) == ("files.cannot-write", 3)
        assert home.root is None


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_limit_on_the_size_of_files_ends_in_exit_3(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        home.init()

    def act() -> None:
        with Home.open(folder) as home:
            size = (folder / "ledger.db").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            home.issue_all([[f"n{number}.test"] for number in range(40)], Output(out))

    # Exit code 3 of the fork; a kill or another code would be told apart.
    assert run_and_kill(act, at=10**6) == "!"
    check_after(folder, {})
    with Home.open(folder) as home:
        assert len(home.certificates()) == 1
