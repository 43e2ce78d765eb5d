"""What the next command does after a crash, when the disk has changed in the meantime."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from certkit.home.home import Home
from certkit.home.output import Output
from tests.home.crash_driver import run_and_kill
from tests.home.invariants import check_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from certkit.findings import Finding

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def crash_before(event: str, folder: Path, output: Output, *, at: int = 1) -> None:
    """Issue localhost and die before the ``at``-th ``event``."""

    def act() -> None:
        with Home.open(folder) as home:
            home.issue(["localhost"], output)

    assert run_and_kill(act, only=event, at=at) == event


def reopened(folder: Path) -> tuple[Finding, ...]:
    with Home.open(folder) as home:
        return home.recovered


@pytest.fixture
def with_ca(folder: Path) -> Path:
    with Home.open(folder) as home:
        home.init()
    return folder


def test_complete_files_are_published_and_it_is_said(with_ca: Path, out: Path) -> None:
    crash_before("os.rename", with_ca, Output(out))
    assert not (out / "localhost.pem").exists()
    (finding,) = reopened(with_ca)
    assert finding.code == "home.recovered"
    assert "completed" in finding.summary
    assert str(out / "localhost.pem") in finding.summary
    check_after(with_ca, {out / "localhost.pem": out / "localhost-key.pem"})
    assert (out / "localhost.pem").exists()


def test_incomplete_files_are_removed_and_it_is_said(with_ca: Path, out: Path) -> None:
    crash_before("os.chmod", with_ca, Output(out), at=3)  # folder, key, certificate
    (finding,) = reopened(with_ca)
    assert "undone" in finding.summary
    assert list(out.iterdir()) == []
    with Home.open(with_ca) as home:
        assert [each.status for each in home.certificates()] == ["valid", "abandoned"]


@pytest.mark.parametrize("renamed", [0, 1])
def test_a_folder_that_is_gone_is_no_obstacle(with_ca: Path, out: Path, renamed: int) -> None:
    crash_before("os.rename", with_ca, Output(out), at=1 + renamed)
    shutil.rmtree(out)
    (finding,) = reopened(with_ca)
    assert "undone" in finding.summary
    assert not out.exists()
    with Home.open(with_ca) as home:
        home.issue(["localhost"], Output(out))


def test_a_temporary_file_that_is_gone_leaves_no_lone_key(with_ca: Path, out: Path) -> None:
    crash_before("os.rename", with_ca, Output(out), at=2)
    (left,) = out.glob(".certkit-*")
    left.unlink()
    (finding,) = reopened(with_ca)
    assert "undone" in finding.summary
    assert list(out.iterdir()) == [], "the key had no certificate"


def test_a_temporary_file_that_was_cut_short_is_not_published(with_ca: Path, out: Path) -> None:
    """What a power cut may leave of a file that was not synced yet."""
    crash_before("os.rename", with_ca, Output(out))
    for left in out.glob(".certkit-*"):
        os.truncate(left, left.stat().st_size - 1)
    (finding,) = reopened(with_ca)
    assert "undone" in finding.summary
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("name", ["localhost.pem", "localhost-key.pem"])
def test_what_a_person_put_there_in_the_meantime_stays(with_ca: Path, out: Path, name: str) -> None:
    crash_before("os.rename", with_ca, Output(out))
    (out / name).write_text("mine")
    (finding,) = reopened(with_ca)
    assert "undone" in finding.summary
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name).read_text() == "mine"


def test_an_undone_renewal_leaves_the_pair_that_was_there(with_ca: Path, out: Path) -> None:
    with Home.open(with_ca) as home:
        before = home.issue(["localhost"], Output(out))
    crash_before("os.rename", with_ca, Output(out))
    next(out.glob(".certkit-*")).unlink()
    (finding,) = reopened(with_ca)
    assert "undone" in finding.summary
    assert before.files["key"].read_bytes() == before.issued.key_pem
    assert before.files["certificate"].read_bytes() == before.issued.chain_pem
    with Home.open(with_ca) as home:
        assert home.find(str(before.files["certificate"])).status == "valid"
        assert home.issue(["localhost"], Output(out)).key_kept


def test_a_further_form_that_is_gone_does_not_hold_the_pair_up(with_ca: Path, out: Path) -> None:
    output = Output(out, also={"der": lambda issued: issued.certificate.der})
    crash_before("os.rename", with_ca, output, at=3)
    next(out.glob(".certkit-*")).unlink()
    (finding,) = reopened(with_ca)
    assert "completed" in finding.summary
    check_after(with_ca, {out / "localhost.pem": out / "localhost-key.pem"})


def test_a_failure_inside_the_process_is_undone_at_once(
    with_ca: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with Home.open(with_ca) as home:
        monkeypatch.setattr("certkit.home.journal._place", interrupt)
        with pytest.raises(KeyboardInterrupt):
            home.issue(["localhost"], Output(out))
        assert list(out.iterdir()) == []
        assert [each.status for each in home.certificates()] == ["valid", "abandoned"]
    assert reopened(with_ca) == ()


@pytest.mark.parametrize("steps", [1, 2])
def test_an_interrupt_between_two_renames_is_left_to_the_next_command(
    with_ca: Path, out: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    from pathlib import Path

    renames: list[Callable[..., Path]] = [Path.replace] * (steps - 1)

    def interrupted(path: Path, target: Path) -> Path:
        if not renames:
            raise KeyboardInterrupt
        return renames.pop()(path, target)

    with Home.open(with_ca) as home, monkeypatch.context() as patched:
        patched.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            home.issue(["localhost"], Output(out))
    said = reopened(with_ca)
    assert len(said) == (0 if steps == 1 else 1)
    check_after(with_ca, {out / "localhost.pem": out / "localhost-key.pem"})
    assert (out / "localhost.pem").exists() == (steps == 2)
