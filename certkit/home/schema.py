"""The tables of the ledger and their rows.

status of a certificate: ``intent`` (recorded, its files not all in place), ``valid``,
``superseded`` (another stands in its place), ``revoked``, ``abandoned`` (never published).
A file row with ``temp`` belongs to an ``intent``; without, it is what certkit last wrote to
``path``. A row without ``sha256`` stands for a file to be removed.

The rows are named tuples because a dataclass costs 0.4 ms of every start, and a tuple 0.06.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = 1
APPLICATION_ID: Final = 0x63_6B_69_74  # "ckit"; tells file(1) and us whose database it is
SCHEMA: Final = f"""
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
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""


class CertificateRow(NamedTuple):
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


class FileRow(NamedTuple):
    """One file: what certkit wrote to ``path`` or, with ``temp``, is about to."""

    role: str
    path: Path
    sha256: str | None
    mode: int
    gid: int | None = None
    temp: Path | None = None
    replaces: str | None = None


class Entry(NamedTuple):
    """A certificate with its files."""

    certificate: CertificateRow
    files: tuple[FileRow, ...]

    def file(self, role: str) -> FileRow | None:
        """Its file of this role, if it has one that is not to be removed."""
        return next((file for file in self.files if file.role == role and file.sha256), None)


class ReceiptRow(NamedTuple):
    """A root was put, or was about to be put, into a trust store."""

    store: str
    path: Path
    label: str
    sha256: str
    key_id: str
    time: str
