"""Which files certkit may write over, which key it keeps, which files lose their sense.

certkit replaces a file only when the ledger says that certkit wrote it for the same names and the
file is still what was written; everything else takes ``--force``. The CA's own files it never
replaces here, forced or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError, ExitCode
from certkit.home import files
from certkit.home.journal import CERTIFICATE_ROLES
from certkit.home.location import HOME_FILES
from certkit.home.rows import key_id
from certkit.pki import keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from certkit.home.ledger import Ledger
    from certkit.home.schema import CertificateRow, FileRow
    from certkit.pki.keys import PrivateKey
    from certkit.pki.names import Name

_COPIES: Final = ("bundle", "p12", "der")


def refuse_reserved(home: Path, path: Path) -> None:
    """Refuse the home's own files, also by force. Raises CertkitError ``files.belongs-to-ca``."""
    if path.parent == home and path.name in HOME_FILES:
        raise _refused("belongs-to-ca", f"{path} is a file of the CA itself")


def refuse_foreign(
    ledger: Ledger, path: Path, names: Iterable[Name], kind: str, *, force: bool
) -> None:
    """Refuse to write to ``path`` unless nothing is there or what certkit wrote for ``names``.

    Raises CertkitError ``files.exists`` or ``files.is-folder`` (exit 2).
    """
    known = ledger.at(path)
    if path.is_dir():
        raise _refused("is-folder", f"{path} is a folder")
    if path.exists() and not path.is_file():
        raise _refused("is-device", f"{path} is a device or a pipe")
    there = files.digest_at(path)
    if there is None or force:
        return
    reason = _not_ours(known, there, names, kind)
    if reason is not None:
        raise CertkitError(
            "files.exists",
            f"{path} is there already: {reason}",
            hint="write elsewhere: --out DIR, or replace it: --force",
        )


def _not_ours(
    known: tuple[CertificateRow, FileRow] | None, there: str, names: Iterable[Name], kind: str
) -> str | None:
    if known is None:
        return "certkit did not write it"
    row, file = known
    if row.kind != kind or set(row.names) != {(name.type, name.value) for name in names}:
        of = ", ".join(value for _, value in row.names)
        return f"it belongs to the {row.kind} certificate for {of}"
    if there == files.UNREADABLE:
        return "it is a link, or you may not read it"
    if file.sha256 != there:
        return "it was changed since certkit wrote it"
    return None


def _refused(code: str, message: str) -> CertkitError:
    return CertkitError(
        f"files.{code}", message, hint="choose another name: --cert-file FILE and --key-file FILE"
    )


def kept_key(
    ledger: Ledger, path: Path, names: Iterable[Name], kind: str, wanted: str | None
) -> PrivateKey | None:
    """The key at ``path``, when certkit made it for the same certificate and kind of key.

    None when there is none to keep; ``wanted`` is the kind of key asked for, None for any.
    Raises CertkitError ``files.key-mismatch`` (exit 3); OSError.
    """
    known = ledger.at(path)
    there = files.digest_at(path)
    if known is None or there is None or _not_ours(known, there, names, kind) is not None:
        return None
    key = keys.load_private_key(path.read_bytes())
    if not isinstance(key, keys.PrivateKey) or key_id(key.public_key()) != known[0].key_id:
        raise CertkitError(
            "files.key-mismatch",
            f"the key {path} cannot be kept: it is not the key of its certificate",
            hint="make a new one: --new-key",
            exit_code=ExitCode.ENVIRONMENT,
        )
    return key if wanted is None or keys.key_kind(wanted).name == _kind_of(key) else None


_KINDS: Final = {"ECDSA P-256": "p256", "ECDSA P-384": "p384", "Ed25519": "ed25519"}


def _kind_of(key: PrivateKey) -> str:
    described = keys.describe_public_key(key.public_key())
    return _KINDS.get(str(described["algorithm"]), f"rsa{described['bits']}")


def outdated_files(ledger: Ledger, paths: Mapping[str, Path], new_key: str) -> tuple[FileRow, ...]:
    """The files of other keys that must go when ``paths`` get a certificate for ``new_key``.

    A key that is replaced takes its certificates along; a key whose last certificate is replaced
    goes too. Bundles hold their own key and stay.
    """
    mine = set(paths.values())
    displaced = {
        (known[0].key_id, role)
        for role in ("key", "certificate")
        if role in paths and (known := ledger.at(paths[role])) and known[0].key_id != new_key
    }
    gone: dict[Path, FileRow] = {}
    for old_key in {old_key for old_key, _ in displaced}:
        left = [file for file in _pair_files(ledger, old_key) if file.path not in mine]
        still_used = any(_is_there(file) for file in left if file.role == "certificate")
        if (old_key, "key") in displaced or not still_used:
            gone |= {file.path: file for file in left if _is_there(file)}
    return tuple(gone.values())


def stale_files(ledger: Ledger, paths: Mapping[str, Path]) -> tuple[Path, ...]:
    """Bundles, PKCS#12 and DER files of the certificate that ``paths`` replaces, not written anew.

    They go on holding the old one, beside the new one.
    """
    known = ledger.at(paths["certificate"])
    if known is None:
        return ()
    found = (
        file
        for entry in ledger.with_key(known[0].key_id)
        for file in entry.files
        if file.role in _COPIES and file.path not in paths.values() and _is_there(file)
    )
    return tuple(dict.fromkeys(file.path for file in found))


def _pair_files(ledger: Ledger, key: str) -> list[FileRow]:
    return [
        file
        for entry in ledger.with_key(key)
        for file in entry.files
        if file.role in (*CERTIFICATE_ROLES, "key")
    ]


def _is_there(file: FileRow) -> bool:
    return files.digest_at(file.path) == file.sha256


def refuse_twice(paths: Collection[Path]) -> None:
    """Refuse one path for two files. Raises CertkitError ``files.same-path``."""
    seen: set[Path] = set()
    for path in paths:
        if path in seen:
            raise CertkitError(
                "files.same-path",
                f"two files would be written to {path}",
                hint="give each its own name: --cert-file FILE and --key-file FILE",
            )
        seen.add(path)
