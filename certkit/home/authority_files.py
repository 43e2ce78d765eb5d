"""The CA's own files in its home: root.pem, root.key, and the pair of an intermediate.

The ledger holds the certificates too, so that a root.pem that got lost is written again and one
that was changed is noticed. The keys stand in their files alone.
"""

from __future__ import annotations

import shlex
import stat
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError, ExitCode
from certkit.findings import Finding, Fix, Severity
from certkit.home import files, journal
from certkit.home.journal import Draft, NewFile
from certkit.home.rows import certificate_row
from certkit.pki.authority import CertificateAuthority
from certkit.pki.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from certkit.home.ledger import Ledger

KINDS: Final = ("root", "intermediate")


class AuthorityFiles:
    """The files of the CA in ``folder``; ``passphrase`` is asked when a key is encrypted.

    Errors are CertkitError with exit 3 and a code ``home.*``, unless said otherwise.
    """

    def __init__(
        self, folder: Path, ledger: Ledger, passphrase: Callable[[], bytes] | None
    ) -> None:
        self._folder = folder
        self._ledger = ledger
        self._passphrase = passphrase and cache(passphrase)

    def paths(self) -> dict[str, Path]:
        """What there is of ``root``, ``root-key``, ``intermediate`` and ``intermediate-key``."""
        found = {}
        for kind in KINDS:
            if entry := self._ledger.of_kind(kind):
                found[kind] = self._certificate(kind)
                if entry.file("key"):
                    found[f"{kind}-key"] = self._key(kind)
        return found

    def certificate(self, kind: str) -> Certificate | None:
        """The current certificate of the root or the intermediate, from the ledger."""
        entry = self._ledger.of_kind(kind)
        return Certificate.from_der(entry.certificate.der) if entry else None

    def load(self) -> CertificateAuthority | None:
        """The CA that signs: the intermediate if there is one; None in a home without a CA."""
        root = self.certificate("root")
        if root is None:
            return None
        self._refuse_changed("root")
        intermediate = self.certificate("intermediate")
        if intermediate is None:
            return self._load("root", root, root)
        self._refuse_changed("intermediate")
        return self._load("intermediate", intermediate, root)

    def load_root(self) -> CertificateAuthority:
        """The root with its key, intermediate or not."""
        root = self.certificate("root")
        if root is None:
            raise no_ca(self._folder)
        self._refuse_changed("root")
        return self._load("root", root, root)

    def drafts(
        self,
        root: CertificateAuthority,
        root_key: bytes | None,
        below: CertificateAuthority | None = None,
    ) -> tuple[Draft, ...]:
        """A new CA ready to be published; without ``root_key`` the root's key is discarded.

        Raises ``home.leftover-file``: a new CA never writes over the remains of another.
        """
        self._refuse_leftovers()
        new = [self._draft("root", root.certificate, root_key)]
        if below is not None:
            new.append(self._draft("intermediate", below.certificate, below.key_pem))
        return tuple(new)

    def drafts_again(self, changed: dict[str, Certificate]) -> list[Draft]:
        """Drafts for certificates signed again; their keys stay as they stand on the disk."""
        return [
            self._draft(kind, certificate, self._key_pem(kind))
            for kind, certificate in changed.items()
        ]

    def recover(self) -> tuple[Finding, ...]:
        """Write a lost root.pem again; take over the CA of a home whose ledger was lost."""
        if self._ledger.of_kind("root"):
            with files.failures_named("restore the CA in", self._folder, there="--home DIR"):
                return tuple(filter(None, map(self._restore, KINDS)))
        if not self._certificate("root").exists():
            return ()
        journal.publish(self._ledger, [self._adopted(kind) for kind in KINDS if self._has(kind)])
        return (
            _note(
                f"the ledger of {self._folder} knew no CA; it now has the one of root.pem",
                "certificates issued before are valid as ever, but not in the new ledger",
            ),
        )

    def _draft(self, kind: str, certificate: Certificate, key_pem: bytes | None) -> Draft:
        pem = NewFile("certificate", self._certificate(kind), certificate.pem, files.PUBLIC_MODE)
        key = NewFile("key", self._key(kind), key_pem or b"", files.KEY_MODE)
        return Draft(certificate_row(certificate, kind), (pem, key) if key_pem else (pem,))

    def _refuse_leftovers(self) -> None:
        for kind in KINDS:
            for path in (self._certificate(kind), self._key(kind)):
                if path.exists() or path.is_symlink():
                    raise _failure(
                        "leftover-file",
                        f"{path} is there already, but there is no CA that it belongs to",
                        f"move it away: mv {shlex.quote(str(path))} "
                        f"{shlex.quote(str(path))}.old\nor another home: --home DIR",
                    )

    def _certificate(self, kind: str) -> Path:
        return self._folder / f"{kind}.pem"

    def _key(self, kind: str) -> Path:
        return self._folder / f"{kind}.key"

    def _has(self, kind: str) -> bool:
        return self._certificate(kind).exists()

    def _load(self, kind: str, certificate: Certificate, root: Certificate) -> CertificateAuthority:
        key_pem = self._key_pem(kind)
        passphrase = None
        if b"ENCRYPTED" in key_pem and self._passphrase is not None:
            passphrase = self._passphrase()
        try:
            return CertificateAuthority.load(
                certificate.pem, key_pem, root_pem=root.pem, passphrase=passphrase
            )
        except CertkitError as error:
            if error.code == "files.encrypted-key":  # no passphrase or a wrong one: exit 2
                raise
            raise _failure(
                "key-mismatch",
                f"{self._key(kind)} is not usable: {error.message}",
                "restore it from a backup, or make a new CA: certkit ca init --home DIR",
            ) from error

    def _key_pem(self, kind: str) -> bytes:
        path = self._key(kind)
        entry = self._ledger.of_kind(kind)
        try:
            mode = path.stat().st_mode
            if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise _failure(
                    "key-readable",
                    f"others may use the CA's key {path} (mode {stat.S_IMODE(mode):04o})",
                    f"chmod 600 {shlex.quote(str(path))}",
                )
            return path.read_bytes()
        except FileNotFoundError as error:
            if entry is not None and entry.file("key") is None:
                raise _failure(
                    "key-discarded",
                    f"the key of {self._certificate(kind)} was discarded: it signs no more",
                    "make a new CA in another home: certkit ca init --home DIR",
                ) from error
            raise _failure(
                "key-missing",
                f"the CA's key is gone: {path}",
                "restore it from a backup, or make a new CA: certkit ca init --home DIR",
            ) from error
        except OSError as error:
            raise _failure(
                "key-unreadable",
                f"cannot read the CA's key {path}: {error.strerror or error}",
                f"check its owner and its mode: ls -l {shlex.quote(str(path))}",
            ) from error

    def _refuse_changed(self, kind: str) -> None:
        entry, path = self._ledger.of_kind(kind), self._certificate(kind)
        recorded = entry and entry.file("certificate")
        with files.failures_named("read", path, there="--home DIR"):
            there = files.digest_at(path)
        if recorded and there != recorded.sha256:
            raise _failure(
                "certificate-changed",
                f"{path} is not the certificate that certkit wrote there",
                f"remove it, certkit writes it again: rm {shlex.quote(str(path))}",
            )

    def _restore(self, kind: str) -> Finding | None:
        entry, path = self._ledger.of_kind(kind), self._certificate(kind)
        if entry is None or files.digest_at(path) is not None:
            return None
        # Always the same name: if this is interrupted, root.pem is still gone and we come again.
        temp = path.with_name(f".certkit-{path.name}.tmp")
        files.remove(temp)
        files.write_new(temp, Certificate.from_der(entry.certificate.der).pem, files.PUBLIC_MODE)
        temp.replace(path)
        files.sync_folder(self._folder)
        return _note(f"{path} was gone and is there again", "nothing is left to do")

    def _adopted(self, kind: str) -> Draft:
        path = self._certificate(kind)
        try:
            certificate = _ca_certificate(path.read_bytes())
            key = self._key(kind)
            return self._draft(kind, certificate, key.read_bytes() if key.exists() else None)
        except OSError as error:
            raise _failure(
                "unreadable",
                f"cannot read the CA in {self._folder}: {error.strerror or error}",
                f"check the owner and the mode of its files: ls -l {shlex.quote(str(path.parent))}",
            ) from error
        except CertkitError as error:
            raise _failure(
                "leftover-file",
                f"{path} is no CA certificate: {error.message}",
                f"move it away: mv {shlex.quote(str(path))} {shlex.quote(str(path))}.old",
            ) from error


def no_ca(folder: Path) -> CertkitError:
    """There is nothing to work with (exit 3)."""
    return _failure(
        "no-ca",
        f"there is no CA in {folder}",
        "make one: certkit ca init\nor with the first certificate: certkit issue localhost",
    )


def _ca_certificate(pem: bytes) -> Certificate:
    certificate = Certificate.from_pem(pem)
    if not certificate.is_ca:
        raise CertkitError(
            "chain.issuer-not-ca", "it may not sign others", hint="use the root of a CA"
        )
    return certificate


def _note(summary: str, advice: str) -> Finding:
    return Finding(
        "home.recovered",
        Severity.NOTE,
        summary,
        "the home is put in order before each command",
        Fix("advice", advice),
    )


def _failure(code: str, message: str, hint: str) -> CertkitError:
    return CertkitError(f"home.{code}", message, hint=hint, exit_code=ExitCode.ENVIRONMENT)
