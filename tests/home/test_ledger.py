from __future__ import annotations

import os
import shlex
import sqlite3
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certkit.errors import CertkitError
from certkit.home.home import Home
from certkit.home.ledger import Ledger
from certkit.home.output import Output
from certkit.home.schema import VERSION, CertificateRow, Entry, FileRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

ROW = CertificateRow(
    serial="1f",
    sha256="ab" * 32,
    key_id="cd" * 32,
    kind="server",
    names=(("dns", "a.test"), ("ip", "10.0.0.5")),
    not_before="2026-11-23T00:00:00Z",
    not_after="2027-11-23T00:00:00Z",
    der=b"0\x00",
)


def file_row(path: Path, role: str = "certificate") -> FileRow:
    return FileRow(role, path, "ef" * 32, 0o644, None, path.with_name(f".{path.name}.tmp"))


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_the_ledger_is_for_its_owner_alone(
    tmp_path: Path, mask: int, umask: Callable[[int], AbstractContextManager[None]]
) -> None:
    with umask(mask):
        ledger = Ledger(tmp_path / "ledger.db")
        ledger.record([Entry(ROW, ())])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        ledger.close()
    assert set(modes.values()) == {0o600}
    assert "ledger.db-journal" in modes, "the journal holds old pages of the same data"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    entry = Entry(ROW, (file_row(tmp_path / "out" / "a.pem"),))
    ledger = Ledger(tmp_path / "ledger.db")
    (recorded,) = ledger.record([entry])
    assert recorded == entry._replace(certificate=ROW._replace(id=recorded.certificate.id))
    ledger.close()
    ledger = Ledger(tmp_path / "ledger.db")
    assert ledger.intended() == (recorded,)
    ledger.close()


def test_a_published_file_is_known_by_its_path_and_an_intended_one_is_not(
    tmp_path: Path, ledger: Ledger
) -> None:
    path = tmp_path / "a.pem"
    entries = ledger.record([Entry(ROW, (file_row(path),))])
    assert ledger.at(path) is None
    ledger.publish(entries)
    found = ledger.at(path)
    assert found is not None
    assert (found[0].status, found[1].temp) == ("valid", None)
    assert ledger.intended() == ()


def test_a_certificate_whose_place_is_taken_is_superseded(tmp_path: Path, ledger: Ledger) -> None:
    for serial, name in (("1", "a.pem"), ("2", "b.pem"), ("3", "a.pem")):
        row = ROW._replace(serial=serial)
        ledger.publish(ledger.record([Entry(row, (file_row(tmp_path / name),))]))
    statuses = [(each.certificate.serial, each.certificate.status) for each in ledger.entries()]
    assert statuses == [("1", "superseded"), ("2", "valid"), ("3", "valid")]


def test_an_abandoned_certificate_keeps_its_serial_and_has_no_files(
    tmp_path: Path, ledger: Ledger
) -> None:
    ledger.abandon(ledger.record([Entry(ROW, (file_row(tmp_path / "a.pem"),))]))
    (entry,) = ledger.entries()
    assert (entry.certificate.status, entry.certificate.serial) == ("abandoned", "1f")
    assert entry.files == ()


def test_a_transaction_that_fails_changes_nothing(tmp_path: Path, ledger: Ledger) -> None:
    unfit = ROW._replace(serial=None)  # type: ignore[arg-type]
    with pytest.raises(CertkitError):
        ledger.record([Entry(ROW, ()), Entry(unfit, ())])
    assert ledger.entries() == ()
    ledger.record([Entry(ROW, ())])  # and the next one works


@pytest.mark.skipif(os.name != "posix", reason="names that are no text exist on POSIX alone")
def test_a_path_that_is_no_text_survives(tmp_path: Path, ledger: Ledger) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pem"))
    ledger.publish(ledger.record([Entry(ROW, (file_row(path),))]))
    found = ledger.at(path)
    assert found is not None
    assert found[1].path == path


def test_a_home_that_was_moved_knows_its_own_files(tmp_path: Path) -> None:
    with Home.open(tmp_path / "old") as home:
        home.issue(["localhost"], Output(tmp_path / "old" / "out"))
    (tmp_path / "old").rename(tmp_path / "new")
    with Home.open(tmp_path / "new") as home:
        assert home.recovered == ()
        again = home.issue(["localhost"], Output(tmp_path / "new" / "out"))
        home.permit("example.org")
        assert [each.status for each in home.certificates() if each.kind == "root"] == [
            "superseded",
            "valid",
        ]
    assert again.key_kept


@pytest.mark.parametrize("content", [b"not a database, but long enough\n" * 200, b"SQLite format"])
def test_a_corrupt_ledger_is_left_alone_and_the_hint_leads_on(
    tmp_path: Path, folder: Path, out: Path, content: bytes
) -> None:
    with Home.open(folder) as home:
        before, _ = home.authority()
    (folder / "ledger.db").write_bytes(content)
    with pytest.raises(CertkitError) as caught:
        Home.open(folder)
    assert (caught.value.code, caught.value.exit_code) == ("home.ledger-corrupt", 3)
    assert (folder / "ledger.db").read_bytes() == content

    command = caught.value.hint.splitlines()[0].partition(": ")[2]
    subprocess.run(shlex.split(command), check=True)
    with Home.open(folder) as home:
        assert [finding.code for finding in home.recovered] == ["home.recovered"]
        authority, created = home.authority()
        assert (authority.root, created) == (before.root, False)
        home.issue(["localhost"], Output(out))
    assert (folder / "ledger.db.broken").read_bytes() == content
    with Home.open(folder) as home:
        assert home.recovered == ()


def test_a_damaged_page_is_noticed_when_it_is_read(tmp_path: Path, folder: Path) -> None:
    with Home.open(folder) as home:
        home.issue_all([[f"n{number}.test"] for number in range(40)], Output(tmp_path / "out"))
    ledger = bytearray((folder / "ledger.db").read_bytes())
    ledger[4096 * 2 :] = b"\xff" * (len(ledger) - 4096 * 2)
    (folder / "ledger.db").write_bytes(ledger)
    with pytest.raises(CertkitError) as caught, Home.open(folder) as home:
        home.certificates()
    assert (caught.value.code, caught.value.exit_code) == ("home.ledger-corrupt", 3)


def test_the_ledger_of_a_newer_certkit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(CertkitError) as caught:
        Ledger(path)
    assert (caught.value.code, caught.value.exit_code) == ("home.ledger-newer", 3)
    assert path.read_bytes() == content


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    with pytest.raises(CertkitError) as caught:
        Ledger(path)
    assert caught.value.code == "home.ledger-corrupt"


def test_an_empty_ledger_file_is_a_new_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch(mode=0o600)
    ledger = Ledger(tmp_path / "ledger.db")
    assert ledger.entries() == ()
    ledger.close()


def test_a_ledger_that_somebody_writes_to_is_said_to_be_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("certkit.home.ledger.BUSY_SECONDS", 0.1)
    with pytest.raises(CertkitError) as caught:
        Ledger(path)
    other.close()
    assert (caught.value.code, caught.value.exit_code) == ("home.ledger-unusable", 3)
    assert "another program" in caught.value.hint
