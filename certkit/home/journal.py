"""Record, then publish: how a certificate and its key reach the disk together.

1. One ledger commit records the intent: serial number, names, and for each file its path, its
   temporary name beside it, the SHA-256 of what will stand there and of what stands there now.
2. Every temporary file is written and synced. An error up to here removes them and marks the
   certificate abandoned; nothing that was there has been touched.
3. If another key takes the place of a key, the certificates of the old key are removed first, so
   that none is ever seen beside a key that is not its own. Then the key is renamed into place,
   then the certificate, then the rest. A key that is kept is not touched at all, and the one
   rename of the certificate is atomic.
4. The folders are synced, and a second commit marks the certificate valid.

After a crash the next command looks at what the intent names. When key and certificate are each
either in place or complete under their temporary name, it goes on with step 3; otherwise nothing
of them has been published and it removes what there is. The digest tells a complete temporary
file from one cut short, which is why the ledger needs no commit of its own between steps 2 and 3:
each commit is four or five syncs of the disk.

No temporary file exists whose name is not recorded, so none is ever looked for by its pattern:
that could be the file of another home that is publishing into the same folder.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from certkit.errors import CertkitError
from certkit.findings import Finding, Fix, Severity
from certkit.home import files
from certkit.home.schema import Entry, FileRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from certkit.home.ledger import Ledger
    from certkit.home.schema import CertificateRow

CERTIFICATE_ROLES: Final = ("certificate", "der")
"""Files that are of no use without the key beside them."""


class NewFile(NamedTuple):
    """What is to stand at ``path``."""

    role: str
    path: Path
    content: bytes
    mode: int
    gid: int | None = None


class Draft(NamedTuple):
    """A signed certificate, its files, and the files that it makes meaningless.

    ``outdated`` are files of a key that is replaced or loses its certificate; each is removed
    only while it is still what certkit wrote.
    """

    certificate: CertificateRow
    files: tuple[NewFile, ...]
    outdated: tuple[FileRow, ...] = ()


def publish(ledger: Ledger, drafts: Sequence[Draft]) -> None:
    """Publish ``drafts`` into folders that are there.

    Costs two commits, one sync a file and one a folder, however many drafts they are.
    Raises CertkitError ``files.cannot-write`` (exit 3) with nothing published, or, when the system
    stops it between two renames, with the rest left to the next command; and what Ledger raises.
    """
    with files.failures_named("look at"):
        intended = [_intended(draft) for draft in drafts]
    entries = ledger.record(intended)
    contents = [file.content for draft in drafts for file in draft.files]
    rows = [row for entry in entries for row in entry.files if row.sha256]
    try:
        ready = _write_temporaries(zip(rows, contents, strict=True))
        with files.failures_named("put in place"):
            _sync(_place(entry, ready) for entry in entries)
    except BaseException:
        _undo_untouched(ledger, entries)
        raise
    ledger.publish(entries)


def recover(ledger: Ledger) -> tuple[Finding, ...]:
    """Finish or undo what an interrupted command left behind; a finding for each certificate."""
    return tuple(_settle(ledger, entry) for entry in ledger.intended())


def _intended(draft: Draft) -> Entry:
    new = tuple(
        FileRow(
            file.role,
            file.path,
            hashlib.sha256(file.content).hexdigest(),
            file.mode,
            file.gid,
            files.temporary_name(file.path),
            files.digest_at(file.path),
        )
        for file in draft.files
    )
    gone = tuple(
        FileRow(
            file.role,
            file.path,
            None,
            file.mode,
            temp=files.temporary_name(file.path),
            replaces=file.sha256,
        )
        for file in draft.outdated
    )
    return Entry(draft.certificate, new + gone)


def _write_temporaries(rows: Iterable[tuple[FileRow, bytes]]) -> set[Path]:
    """Write every file that is not in place already; the answer has their temporary names."""
    written = set()
    for row, content in rows:
        if row.sha256 == row.replaces and files.has_mode(row.path, row.mode, row.gid):
            continue
        if row.temp is not None:
            with files.failures_named("write", row.path):
                files.write_new(row.temp, content, row.mode, row.gid)
            written.add(row.temp)
    return written


def _place(entry: Entry, ready: set[Path]) -> set[Path]:
    """Step 3 for one certificate; the answer has the folders to sync."""
    key = entry.file("key")
    folders = set()
    if key is not None and key.temp in ready and key.sha256 != key.replaces:
        folders = _remove_certificates(entry)
        _sync([folders])
    for row in sorted(entry.files, key=lambda row: row.role != "key"):
        if row.temp not in ready:
            continue
        row.temp.replace(row.path)
        folders.add(row.path.parent)
        if row is key and len({other.path.parent for other in entry.files}) > 1:
            # Two folders reach the disk in any order; the key's must not be the later one.
            _sync([{row.path.parent}])
    return folders | _remove_outdated(row for row in entry.files if row.role == "key")


def _remove_certificates(entry: Entry) -> set[Path]:
    """Take away the certificates of the key that is about to be replaced."""
    certificates = [row for row in entry.files if row.role in CERTIFICATE_ROLES]
    folders = _remove_outdated(certificates)
    for row in certificates:
        if row.sha256 is not None and row.replaces is not None:
            files.remove(row.path)
            folders.add(row.path.parent)
    return folders


def _remove_outdated(rows: Iterable[FileRow]) -> set[Path]:
    gone = [row for row in rows if not row.sha256 and files.digest_at(row.path) == row.replaces]
    for row in gone:
        files.remove(row.path)
    return {row.path.parent for row in gone}


def _sync(folders: Iterable[set[Path]]) -> None:
    for folder in set().union(*folders):
        files.sync_folder(folder)


def _undo_untouched(ledger: Ledger, entries: Sequence[Entry]) -> None:
    """After a failure: abandon what has changed nothing yet, leave the rest to the next command."""
    # The failure that brought us here is the one to report; what cannot be undone now, such as on
    # a disk that is still full, the next command undoes.
    with suppress(OSError, CertkitError):
        untouched = [
            entry
            for entry in entries
            if all(files.digest_at(row.path) == row.replaces for row in entry.files)
        ]
        _sync([_undo(entry) for entry in untouched])
        ledger.abandon(untouched)


def _undo(entry: Entry) -> set[Path]:
    """Remove what is there of it; the answer has the folders to sync, before the ledger forgets."""
    gone = _temporaries(entry)
    key = entry.file("key")
    if key and key.sha256 != key.replaces and files.digest_at(key.path) == key.sha256:
        gone.append(key.path)
    return _removed(gone)


def _temporaries(entry: Entry) -> list[Path]:
    return [row.temp for row in entry.files if row.temp is not None]


def _removed(paths: Iterable[Path]) -> set[Path]:
    return {path.parent for path in paths if files.remove(path)}


def _settle(ledger: Ledger, entry: Entry) -> Finding:
    try:
        placeable = {row.temp for row in entry.files if _is_placeable(row)}
        if _can_be_finished(entry, placeable):
            folders = _place(entry, {temp for temp in placeable if temp})
            _sync([folders, _removed(_temporaries(entry))])
            ledger.publish([entry])
            return _recovered(entry, "completed", Severity.NOTE, "nothing is left to do")
        _sync([_undo(entry)])
        ledger.abandon([entry])
        return _recovered(entry, "undone", Severity.NOTE, "run the interrupted command again")
    except OSError as error:
        reason = f"not completed yet ({error.strerror or error})"
        return _recovered(
            entry, reason, Severity.WARNING, "repair it; the next certkit command tries again"
        )


def _is_placeable(row: FileRow) -> bool:
    """The temporary file is complete, and what it replaces is still what it was to replace."""
    return (
        row.sha256 is not None
        and row.temp is not None
        and files.digest_at(row.temp) == row.sha256
        and files.digest_at(row.path) in (None, row.replaces, row.sha256)
    )


def _can_be_finished(entry: Entry, placeable: set[Path | None]) -> bool:
    pair = [row for row in (entry.file("key"), entry.file("certificate")) if row is not None]
    in_place = [row for row in pair if files.digest_at(row.path) == row.sha256]
    if any(row.role == "certificate" for row in in_place):
        return True  # the key went before it
    return all(row in in_place or row.temp in placeable for row in pair)


def _recovered(entry: Entry, outcome: str, severity: Severity, advice: str) -> Finding:
    certificate = entry.file("certificate")
    names = " ".join(value for _, value in entry.certificate.names) or entry.certificate.kind
    where = f" in {certificate.path}" if certificate else ""
    return Finding(
        "home.recovered",
        severity,
        f"an interrupted command was {outcome}: the certificate for {names}{where}",
        "the ledger recorded it before its first file was written",
        Fix("advice", advice),
    )
