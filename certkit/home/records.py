"""What the home says about the certificates in it: for ``list``, ``snippet`` and ``renew``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from certkit.errors import CertkitError
from certkit.home import files
from certkit.pki.certificate import Certificate, Issued, rfc3339
from certkit.pki.names import parse

if TYPE_CHECKING:
    from certkit.findings import Finding
    from certkit.home.ledger import Ledger
    from certkit.home.schema import Entry

FileState = Literal["unchanged", "changed", "missing"]


class RecordedFile(NamedTuple):
    """A file that certkit wrote, and whether it still stands there as written."""

    role: str
    path: Path
    state: FileState


@dataclass(frozen=True)
class Recorded:
    """A certificate of the ledger.

    ``status`` is valid, expired, superseded, revoked or abandoned (signed, never published).
    """

    entry: Entry
    status: str

    @property
    def kind(self) -> str:
        """What it is for: root, intermediate, server, client, self-signed or csr."""
        return self.entry.certificate.kind

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate itself, from the ledger: its files may be gone."""
        return Certificate.from_der(self.entry.certificate.der)

    @cached_property
    def files(self) -> tuple[RecordedFile, ...]:
        """Looked up on the disk when first asked for."""
        return tuple(
            RecordedFile(row.role, row.path, _state(files.digest_at(row.path), row.sha256))
            for row in self.entry.files
        )

    def path(self, role: str) -> Path | None:
        """Where the file of this role was written; None when there never was one."""
        row = self.entry.file(role)
        return row.path if row else None


@dataclass(frozen=True, slots=True)
class Published:
    """A certificate on the disk.

    ``files`` maps the role (certificate, key, bundle, p12, truststore, der, ca) to the absolute
    path; ``created`` says that the CA was made for it, ``permitted`` what the new CA permits
    beyond the private names; ``key_kept`` that the key is the one that was there.
    """

    issued: Issued
    files: dict[str, Path]
    created: bool = False
    permitted: tuple[str, ...] = ()
    key_kept: bool = False
    findings: tuple[Finding, ...] = ()


def recorded(entry: Entry, now: datetime) -> Recorded:
    """``entry`` with the status that it has at ``now``."""
    row = entry.certificate
    expired = row.status == "valid" and row.not_after < rfc3339(now)
    return Recorded(entry, "expired" if expired else row.status)


def find(ledger: Ledger, text: str, now: datetime) -> Recorded:
    """The certificate meant by ``text``: of several the newest, valid ones first.

    ``text`` is the path of one of its files, its serial number, its SHA-256 fingerprint, or a
    name in it.

    Raises CertkitError ``home.unknown-certificate`` (exit 2).
    """
    path = absolute(Path(text))
    name = _canonical(text)
    digits = text.lower().replace(":", "")

    def means(entry: Entry) -> bool:
        row = entry.certificate
        return (
            any(file.path == path for file in entry.files)
            or digits in (row.serial, row.sha256)
            or any(name == value for _, value in row.names)
        )

    found = [recorded(entry, now) for entry in ledger.entries() if means(entry)]
    if not found:
        raise CertkitError(
            "home.unknown-certificate",
            f"no certificate of this home is meant by {text!r}",
            hint="certkit list",
        )
    return max(found, key=lambda each: (each.status == "valid", each.entry.certificate.id))


def absolute(path: Path) -> Path:
    """The one spelling of ``path`` under which the ledger knows it.

    Links among its folders are followed, a link in its place is not.
    """
    return path.parent.resolve() / path.name if path.name else path.resolve()


def _canonical(text: str) -> str:
    try:
        return parse(text).value
    except CertkitError:
        return text


def _state(there: str | None, written: str | None) -> FileState:
    if there is None:
        return "missing"
    return "unchanged" if there == written else "changed"
