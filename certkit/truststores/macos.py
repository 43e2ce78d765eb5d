"""macOS: the keychains of the system and of the user. Written from security(1), not run.

A certificate in a keychain counts for nothing until it has trust settings; verify-cert says whether
it has. Setting them asks the person in a window: for the user's own keychain always, so that this
is printed and not run; for the system's under sudo since macOS 11 unless nobody is logged in, and
then it fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes

from certkit.truststores.steps import FILE, Run, reason_of
from certkit.truststores.store import Held, Store, ask, certificates_in, unreadable

if TYPE_CHECKING:
    from certkit.pki.certificate import Certificate
    from certkit.truststores.machine import Machine
    from certkit.truststores.steps import Step

SYSTEM: Final = "system"
USER: Final = "user"
_ASKS: Final = "macOS asks for your password in a window"
# errSecItemNotFound: an empty keychain.
_NOTHING_FOUND: Final = 44


def system_keychain(machine: Machine) -> Store:
    """For every user of the machine."""
    path = machine.at("/Library/Keychains/System.keychain")
    return Store(SYSTEM, "the system keychain", (Keychain(machine, path, shared=True),))


def login_keychain(machine: Machine) -> Store:
    """For this user alone."""
    path = machine.home / "Library/Keychains/login.keychain-db"
    return Store(USER, "the login keychain", (Keychain(machine, path, shared=False),))


@dataclass(frozen=True, slots=True)
class Keychain:
    """The keychain ``where``; the system's has its trust settings in the admin domain (-d)."""

    machine: Machine
    where: Path
    shared: bool
    fed_by: str = ""

    def held(self) -> tuple[Held, ...]:
        """Every certificate in it; trusted where verify-cert accepts it as a CA for TLS."""
        command = ("security", "find-certificate", "-a", "-p", str(self.where))
        answer = ask(self.machine, command)
        if answer.code not in (0, _NOTHING_FOUND):
            raise unreadable(
                f"security cannot read {self.where}: {reason_of(answer)}",
                "unlock it: security unlock-keychain",
            )
        return tuple(
            Held(_sha1(certificate), certificate, self._is_trusted(certificate))
            for certificate in certificates_in(answer.out)
        )

    def _is_trusted(self, certificate: Certificate) -> bool:
        if not (certificate.is_ca and certificate.self_issued):
            return False
        with TemporaryDirectory(prefix="certkit-") as folder:
            path = Path(folder, "root.crt")
            path.write_bytes(certificate.pem)
            # -l: it is a CA itself; -L: look nothing up on the network.
            command = ("security", "verify-cert", "-l", "-L", "-q", "-p", "ssl", "-c", str(path))
            return ask(self.machine, command).code == 0

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """Trust settings first, then the certificate, by its SHA-1: the tool's own handle."""
        steps = [step for held in drop for step in self._remove(held)]
        if add:
            purpose = ("-r", "trustRoot", "-p", "ssl", "-p", "basic")
            command = ("add-trusted-cert", *self._domain, *purpose, "-k", str(self.where), FILE)
            steps.append(self._run(command, "add the root and trust it", root.pem))
        return tuple(steps)

    def _remove(self, held: Held) -> tuple[Run, ...]:
        delete = ("delete-certificate", "-Z", held.label, str(self.where))
        forget = ("remove-trusted-cert", *self._domain, FILE)
        return (
            *(
                (self._run(forget, "remove its trust settings", held.certificate.pem),)
                if held.trusted
                else ()
            ),
            self._run(delete, "delete the certificate", b""),
        )

    def _run(self, command: tuple[str, ...], why: str, given: bytes) -> Run:
        asks = "" if self.shared else _ASKS
        why = f"{why}: {self.where.name}"
        return Run(("security", *command), why, as_root=self.shared, given=given, asks=asks)

    @property
    def _domain(self) -> tuple[str, ...]:
        return ("-d",) if self.shared else ()


def _sha1(certificate: Certificate) -> str:
    return certificate.x509.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - a handle
