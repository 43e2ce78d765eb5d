"""The ledger: every certificate that certkit signed in this home, and the files it stands in.

It is SQLite with a rollback journal, and the only index of the home. A certificate is recorded
before its first file is written, so that no certificate exists whose serial number the ledger does
not know; :mod:`.journal` says in which order. Paths are kept as the bytes that the system uses,
those inside the home relative to it: a home that is moved or restored elsewhere still works.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from certkit.errors import CertkitError, ExitCode
from certkit.home.files import KEY_MODE, write_new
from certkit.home.schema import (
    APPLICATION_ID,
    SCHEMA,
    VERSION,
    CertificateRow,
    Entry,
    FileRow,
    ReceiptRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

BUSY_SECONDS: Final = 10.0
_CERTIFICATE: Final = "serial, sha256, key_id, kind, names, not_before, not_after, status, der"
_FILE: Final = "role, path, sha256, mode, gid, temp, replaces"


class Ledger:
    """The open ledger. The caller holds the home's lock.

    Every method raises CertkitError (exit 3): ``home.ledger-corrupt``, ``home.ledger-newer``,
    ``home.ledger-unusable``. Opening also raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._prefix: Final = os.fsencode(path.parent / "_")[:-1]
        if not path.exists():
            write_new(path, b"", KEY_MODE)  # SQLite takes the mode of its journal from this file
        with self._failures_named():
            # The home's lock keeps other certkits out; the timeout is for somebody's sqlite3 shell.
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Close the database and give up its lock."""
        self._connection.close()

    def _prepare(self) -> None:
        # Held over the whole command, the file lock and the journal are made once, not per commit.
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA synchronous = FULL")
        version = self._pragma("user_version")
        if version == VERSION and self._pragma("application_id") == APPLICATION_ID:
            return
        if version > VERSION and self._pragma("application_id") == APPLICATION_ID:
            raise CertkitError(
                "home.ledger-newer",
                f"the ledger {self.path} is of version {version}; this certkit knows {VERSION}",
                hint="update certkit: pip install --upgrade certkit",
                exit_code=ExitCode.ENVIRONMENT,
            )
        if self._pragma("schema_version") != 0:
            raise self._corrupt("it is not a ledger of certkit")
        with self._transaction():
            for statement in SCHEMA.split(";\n"):
                self._connection.execute(statement)

    def _stored(self, path: Path) -> bytes:
        return os.fsencode(path).removeprefix(self._prefix)

    def _path(self, stored: bytes) -> Path:
        return self.path.parent / os.fsdecode(stored)

    def _pragma(self, name: str) -> int:
        (value,) = self._connection.execute(f"PRAGMA {name}").fetchone()
        return int(value)

    # Writing

    def record(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """Commit the intent to publish ``entries``; the answer has their ids."""
        with self._transaction():
            return tuple(self._insert(entry) for entry in entries)

    def _insert(self, entry: Entry) -> Entry:
        row = entry.certificate
        cursor = self._connection.execute(
            f"INSERT INTO certificates ({_CERTIFICATE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
            (
                row.serial, row.sha256, row.key_id, row.kind, json.dumps(row.names),
                row.not_before, row.not_after, row.status, row.der,
            ),
        )  # fmt: skip
        identity = cursor.lastrowid or 0
        self._connection.executemany(
            f"INSERT INTO files (certificate, {_FILE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            [
                (
                    identity, file.role, self._stored(file.path), file.sha256, file.mode, file.gid,
                    file.temp and self._stored(file.temp), file.replaces,
                )
                for file in entry.files
            ],
        )  # fmt: skip
        return entry._replace(certificate=row._replace(id=identity))

    def publish(self, entries: Sequence[Entry]) -> None:
        """All files of ``entries`` are in place: they are what stands at their paths now."""
        with self._transaction():
            for entry in entries:
                self._publish(entry)

    def _publish(self, entry: Entry) -> None:
        identity = entry.certificate.id
        self._connection.executemany(
            "UPDATE certificates SET status = 'superseded' WHERE status = 'valid' AND id IN "
            "(SELECT certificate FROM files WHERE path = ? AND temp IS NULL)",
            [(self._stored(file.path),) for file in entry.files if file.role == "certificate"],
        )
        self._connection.executemany(
            "DELETE FROM files WHERE path = ? AND temp IS NULL",
            [(self._stored(file.path),) for file in entry.files],
        )
        self._connection.execute(
            "DELETE FROM files WHERE certificate = ? AND sha256 IS NULL", (identity,)
        )
        self._connection.execute(
            "UPDATE files SET temp = NULL, replaces = NULL WHERE certificate = ?", (identity,)
        )
        self._set_status(identity, "valid")

    def abandon(self, entries: Iterable[Entry]) -> None:
        """Nothing of ``entries`` is left on the disk; their serial numbers stay known."""
        with self._transaction():
            for entry in entries:
                identity = entry.certificate.id
                self._connection.execute("DELETE FROM files WHERE certificate = ?", (identity,))
                self._set_status(identity, "abandoned")

    def _set_status(self, identity: int, status: str) -> None:
        self._connection.execute(
            "UPDATE certificates SET status = ? WHERE id = ?", (status, identity)
        )

    def add_receipt(self, row: ReceiptRow) -> None:
        """Remember one version of a root in each place: the newest."""
        with self._transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?, ?)",
                (row.store, self._stored(row.path), row.label, row.sha256, row.key_id, row.time),
            )

    def remove_receipt(self, store: str, path: Path, key_id: str) -> None:
        """The root is no longer there, in no version."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM receipts WHERE store = ? AND path = ? AND key_id = ?",
                (store, self._stored(path), key_id),
            )

    # Reading

    def receipts(self) -> tuple[ReceiptRow, ...]:
        """Where a root of this home was put, in that order."""
        rows = self._rows(
            "SELECT store, path, label, sha256, key_id, time FROM receipts ORDER BY rowid"
        )
        return tuple(ReceiptRow(store, self._path(path), *rest) for store, path, *rest in rows)

    def intended(self) -> tuple[Entry, ...]:
        """What an interrupted command left behind."""
        return self._entries("status = 'intent'")

    def entries(self) -> tuple[Entry, ...]:
        """Every certificate, in the order of signing."""
        return self._entries("TRUE")

    def of_kind(self, kind: str) -> Entry | None:
        """The valid certificate of this kind, the newest."""
        found = self._entries("status = 'valid' AND kind = ?", kind)
        return found[-1] if found else None

    def with_key(self, key_id: str) -> tuple[Entry, ...]:
        """Every published certificate for one key."""
        return self._entries("status NOT IN ('intent', 'abandoned') AND key_id = ?", key_id)

    def at(self, path: Path) -> tuple[CertificateRow, FileRow] | None:
        """What certkit last wrote to ``path``."""
        found = self._entries(
            "id IN (SELECT certificate FROM files WHERE path = ? AND temp IS NULL)",
            self._stored(path),
        )
        return next(
            (
                (entry.certificate, file)
                for entry in found
                for file in entry.files
                if file.path == path and file.temp is None
            ),
            None,
        )

    def _entries(self, condition: str, *values: object) -> tuple[Entry, ...]:
        # Conditions are this module's own text; what comes from outside is in `values`.
        rows = self._rows(
            f"SELECT {_CERTIFICATE}, id FROM certificates WHERE {condition} ORDER BY id",  # noqa: S608
            *values,
        )
        return tuple(Entry(_certificate_row(row), self._files(row[-1])) for row in rows)

    def _files(self, identity: int) -> tuple[FileRow, ...]:
        rows = self._rows(
            f"SELECT {_FILE} FROM files WHERE certificate = ? ORDER BY rowid",  # noqa: S608
            identity,
        )
        return tuple(
            FileRow(role, self._path(path), sha256, mode, gid, temp and self._path(temp), replaces)
            for role, path, sha256, mode, gid, temp, replaces in rows
        )

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._failures_named():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._failures_named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself, and then there is nothing left to.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
                raise self._corrupt(str(error)) from error
            raise CertkitError(
                "home.ledger-unusable",
                f"cannot use the ledger {self.path}: {error}",
                hint=_HINTS.get(primary, "check the folder, its owner and its disk"),
                exit_code=ExitCode.ENVIRONMENT,
            ) from error

    def _corrupt(self, reason: str) -> CertkitError:
        import shlex

        path = shlex.quote(str(self.path))
        return CertkitError(
            "home.ledger-corrupt",
            f"the ledger {self.path} cannot be read: {reason}",
            hint=f"move it away: mv {path} {path}.broken\n"
            "the CA stays: certkit goes on from root.pem and root.key with a new ledger",
            exit_code=ExitCode.ENVIRONMENT,
        )


_HINTS: Final = {
    sqlite3.SQLITE_FULL: "free some space on that disk, and try again",
    sqlite3.SQLITE_READONLY: "the home is read-only; choose another: --home DIR",
    sqlite3.SQLITE_CANTOPEN: "the home cannot be written to; choose another: --home DIR",
    sqlite3.SQLITE_IOERR: "check the disk, its free space and your quota",
    sqlite3.SQLITE_BUSY: "another program has the ledger open; close it and try again",
}


def _certificate_row(row: tuple[Any, ...]) -> CertificateRow:
    serial, sha256, key_id, kind, names, not_before, not_after, status, der, identity = row
    pairs = tuple((str(type_), str(value)) for type_, value in json.loads(names))
    return CertificateRow(
        serial, sha256, key_id, kind, pairs, not_before, not_after, der, status, identity
    )
