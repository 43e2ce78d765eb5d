"""What must hold on the disk at every instant, and what must hold after the next command."""

from __future__ import annotations

import shutil
import stat
import tempfile
from pathlib import Path

from certkit.errors import CertkitError
from certkit.home.home import Home
from certkit.home.ledger import Ledger
from certkit.pki import keys
from certkit.pki.certificate import Certificate

CA_PAIRS = {"root.pem": "root.key", "intermediate.pem": "intermediate.key"}


def check_now(home: Path, pairs: dict[Path, Path], foreign: frozenset[str] = frozenset()) -> None:
    """Every certificate stands beside its key and is in the ledger; no key is readable by others.

    ``pairs`` maps certificate paths to key paths; ``foreign`` are the fingerprints of
    certificates that certkit did not issue.
    """
    pairs = pairs | {home / pem: home / key for pem, key in CA_PAIRS.items()}
    known = _known_serials(home)
    for certificate_path, key_path in pairs.items():
        if certificate_path.exists():
            certificate = _certificate(certificate_path)
            _check_key(certificate_path, certificate, key_path)
            assert certificate.serial in known or certificate.sha256 in foreign, (
                f"{certificate_path}: serial {certificate.serial} is not in the ledger"
            )
    for folder in {home, *(path.parent for path in (*pairs, *pairs.values()))}:
        _check_modes(folder)


def check_after(home: Path, pairs: dict[Path, Path], foreign: frozenset[str] = frozenset()) -> None:
    """And after the next command: no key without its certificate, no temporary file, and
    a pair that the ledger calls valid stands there as it was written.
    """
    check_now(home, pairs, foreign)
    pairs = pairs | {home / pem: home / key for pem, key in CA_PAIRS.items()}
    for key_path in set(pairs.values()):
        beside = [path for path, key in pairs.items() if key == key_path and path.exists()]
        assert beside or not key_path.exists(), f"lone key {key_path}"
    for folder in {home, *(path.parent for path in (*pairs, *pairs.values()))}:
        left = [path.name for path in folder.glob(".certkit-*")]
        assert not left, f"temporary files in {folder}: {left}"
    with Home.open(home) as opened:
        assert not opened.recovered, "the same repair twice"
        for recorded in opened.certificates():
            pair = [each for each in recorded.files if each.role in ("key", "certificate")]
            for file in pair if recorded.status == "valid" else ():
                assert file.state == "unchanged", (
                    f"{file.path} is {file.state}, and its certificate is valid in the ledger"
                )


def unfinished(home: Path, pairs: dict[Path, Path]) -> bool:
    """Whether there is something that the next command has to speak about."""
    folders = {home, *(path.parent for path in (*pairs, *pairs.values()))}
    return (
        any(any(folder.glob(".certkit-*")) for folder in folders)
        or bool(_intended(home))
        or ((home / "root.key").exists() and not (home / "root.pem").exists())
    )


def _certificate(path: Path) -> Certificate:
    return Certificate.load_all(path.read_bytes())[0]


def _check_key(certificate_path: Path, certificate: Certificate, key_path: Path) -> None:
    assert key_path.exists(), f"{certificate_path} stands without its key {key_path}"
    key = keys.load_private_key(key_path.read_bytes())
    assert keys.same_public_key(key.public_key(), certificate.x509.public_key()), (
        f"{certificate_path} stands beside a foreign key"
    )


def _check_modes(folder: Path) -> None:
    for path in folder.iterdir() if folder.exists() else ():
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes():
            mode = stat.S_IMODE(path.stat().st_mode)
            assert not mode & 0o077, f"{path} has mode {mode:04o}"


def _known_serials(home: Path) -> set[str]:
    with _LedgerCopy(home) as ledger:
        return {entry.certificate.serial for entry in ledger.entries()} if ledger else set()


def _intended(home: Path) -> list[str]:
    with _LedgerCopy(home) as ledger:
        return [entry.certificate.serial for entry in ledger.intended()] if ledger else []


class _LedgerCopy:
    """The ledger read in a copy: looking must not roll the journal of the original back."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __enter__(self) -> Ledger | None:
        self._folder = tempfile.mkdtemp(dir=self._home.parent)
        self._ledger = None
        copied = [shutil.copy2(path, self._folder) for path in self._home.glob("ledger.db*")]
        if copied:
            try:
                self._ledger = Ledger(Path(self._folder, "ledger.db"))
            except CertkitError as error:
                raise AssertionError(f"the ledger did not survive: {error.message}") from error
        return self._ledger

    def __exit__(self, *_: object) -> None:
        if self._ledger:
            self._ledger.close()
        shutil.rmtree(self._folder)
