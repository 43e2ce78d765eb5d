"""The ledger: every certificate that certkit signed in this home, and the files it stands in.

It is SQLite with a rollback journal, and the only index of the home. A certificate is recorded
before its first file is written, so that no certificate exists whose serial number the ledger does
not know; :mod:`.journal` says in which order. Paths are kept as the bytes that the system uses,
those inside the home relative to it: a home that is moved or restored elsewhere still works.

status of a certificate: ``intent`` (recorded, its files not all in place), ``valid``,
``superseded`` (another stands in its place), ``revoked``, ``abandoned`` (never published).
A file row with ``temp`` belongs to an ``intent``; without, it is what certkit last wrote to
``path``. A row without ``sha256`` stands for a file to be removed.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from certkit.errors import CertkitError, ExitCode
from certkit.home.files import KEY_MODE, write_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

VERSION: Final = 1
BUSY_SECONDS: Final = 10.0
_APPLICATION_ID: Final = 0x63_6B_69_74  # "ckit"; tells file(1) and us whose database it is
_SCHEMA: Final = f"""
CREATE TABLE certificates (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL,       -- lower-case hex
    sha256 TEXT NOT NULL,       -- fingerprint
    key_id TEXT NOT NULL,       -- SHA-256 of the SubjectPublicKeyInfo
    kind TEXT NOT NULL,         -- root intermediate server client self-signed csr
    names TEXT NOT NULL,        -- JSON [[type, value], ...]
    not_before TEXT NOT NULL,   -- RFC 3339, UTC
    not_after TEXT NOT NULL,
    status TEXT NOT NULL,
    der BLOB NOT NULL
);
CREATE INDEX certificates_by_key ON certificates (key_id);
CREATE INDEX certificates_intended ON certificates (id) WHERE status = 'intent';
CREATE TABLE files (
    certificate INTEGER NOT NULL REFERENCES certificates,
    role TEXT NOT NULL,         -- certificate key bundle p12 truststore der
    path BLOB NOT NULL,
    sha256 TEXT,
    mode INTEGER NOT NULL,
    gid INTEGER,
    temp BLOB,
    replaces TEXT               -- digest of what stood at path when the intent was recorded
);
CREATE INDEX files_by_path ON files (path);
CREATE INDEX files_by_certificate ON files (certificate);
CREATE TABLE receipts (
    store TEXT NOT NULL,        -- a trust store that the root was put into
    path BLOB NOT NULL,
    label TEXT NOT NULL,        -- its file name, nickname or alias there
    sha256 TEXT NOT NULL,       -- fingerprint of that version of the root
    key_id TEXT NOT NULL,
    time TEXT NOT NULL,         -- RFC 3339, UTC
    PRIMARY KEY (store, path, key_id)
);
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
_CERTIFICATE: Final = "serial, sha256, key_id, kind, names, not_before, not_after, status, der"
_FILE: Final = "role, path, sha256, mode, gid, temp, replaces"


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One signed certificate. ``names`` are ``(type, value)`` in the certificate's order."""

    serial: str
    sha256: str
    key_id: str
    kind: str
    names: tuple[tuple[str, str], ...]
    not_before: str
    not_after: str
    der: bytes
    status: str = "intent"
    id: int = 0


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file: what certkit wrote to ``path`` or, with ``temp``, is about to."""

    role: str
    path: Path
    sha256: str | None
    mode: int
    gid: int | None = None
    temp: Path | None = None
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A certificate with its files."""

    certificate: CertificateRow
    files: tuple[FileRow, ...]

    def file(self, role: str) -> FileRow | None:
        """Its file of this role, if it has one that is not to be removed."""
        return next((file for file in self.files if file.role == role and file.sha256), None)


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A root was put, or was about to be put, into a trust store."""

    store: str
    path: Path
    label: str
    sha256: str
    key_id: str
    time: str


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
            # The lock of the home keeps other certkits out; somebody's sqlite3 shell may read.
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
        if version == VERSION and self._pragma("application_id") == _APPLICATION_ID:
            return
        if version > VERSION and self._pragma("application_id") == _APPLICATION_ID:
            raise CertkitError(
                "home.ledger-newer",
                f"the ledger {self.path} is of version {version}; this certkit knows {VERSION}",
                hint="update certkit: pip install --upgrade certkit",
                exit_code=ExitCode.ENVIRONMENT,
            )
        if self._pragma("schema_version") != 0:
            raise self._corrupt("it is not a ledger of certkit")
        with self._transaction():
            for statement in _SCHEMA.split(";\n"):
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
        return replace(entry, certificate=replace(row, id=identity))

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
