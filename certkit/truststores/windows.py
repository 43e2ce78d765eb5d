"""Windows: the Root stores of the machine and of the user, also from WSL. Not run.

Written from the documentation of certutil and of PowerShell's certificate drive. Everything but the
adding and deleting is by PowerShell, since what certutil prints is translated. The user's own store
asks in a window on every change, and so it is printed and not run.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes

from certkit.errors import CertkitError
from certkit.pki.certificate import Certificate
from certkit.truststores.steps import FILE, WINDOWS_FILE, Run, reason_of
from certkit.truststores.store import Held, Store, ask, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.truststores.machine import Machine
    from certkit.truststores.steps import Step

SYSTEM: Final = "system"
USER: Final = "user"
FROM_WSL: Final = "windows"
_ASKS: Final = "Windows asks in a window whether to trust it"
_LIST: Final = "Get-ChildItem Cert:\\{}\\Root | % {{ [Convert]::ToBase64String($_.RawData) }}"


def machine_root(machine: Machine) -> Store:
    """For every user of the machine; an administrator changes it, and no window asks."""
    place = RootStore(machine, "LocalMachine", shared=True)
    return Store(SYSTEM, "the Root store of this machine", (place,))


def user_root(machine: Machine) -> Store:
    """For this user alone."""
    return Store(USER, "the Root store of this user", (RootStore(machine, "CurrentUser"),))


def windows_from_wsl(machine: Machine) -> Store:
    """The user's store on the Windows that this Linux runs in, for the browsers over there."""
    there = _is_wsl(machine) and machine.which("powershell.exe") is not None
    places = (RootStore(machine, "CurrentUser", from_wsl=True),) if there else ()
    title = "the Root store of the Windows user"
    return Store(FROM_WSL, title, places, missing="this is not WSL, or Windows is out of reach")


def _is_wsl(machine: Machine) -> bool:
    """By the entry that lets Linux start Windows programs, or by Microsoft's kernel.

    With systemd the entry is called WSLInterop-late, or is not there (WSL 2.5.1) although the
    programs start.
    """
    if any(machine.at("/proc/sys/fs/binfmt_misc").glob("WSLInterop*")):
        return True
    try:
        kernel = machine.at("/proc/sys/kernel/osrelease").read_text(encoding="utf-8")
    except OSError:
        return False
    return "microsoft" in kernel.lower()


@dataclass(frozen=True, slots=True)
class RootStore:
    """``Cert:\\\\location\\\\Root``."""

    machine: Machine
    location: str
    shared: bool = False
    from_wsl: bool = False
    fed_by: str = ""

    @property
    def where(self) -> Path:
        return Path(f"Cert:\\{self.location}\\Root")

    def held(self) -> tuple[Held, ...]:
        """Every certificate in it, under its thumbprint."""
        quiet = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command")
        answer = ask(self.machine, (*quiet, _LIST.format(self.location)))
        if answer.code != 0:
            raise unreadable(
                f"PowerShell cannot list {self.where}: {reason_of(answer)}",
                "look at it yourself: certmgr.msc",
            )
        return tuple(Held(_thumbprint(one), one) for one in _certificates(answer.out))

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """By thumbprint: certutil takes a serial number or a name too, and those are not unique."""
        steps = [
            self._run(("-delstore", "Root", held.label), "delete the certificate") for held in drop
        ]
        if add:
            file = WINDOWS_FILE if self.from_wsl else FILE
            steps.append(self._run(("-addstore", "Root", file), "add the root", root.pem))
        return tuple(steps)

    def _run(self, command: tuple[str, ...], why: str, given: bytes = b"") -> Run:
        user = () if self.shared else ("-user",)
        asks = "" if self.shared else _ASKS
        why = f"{why}: {self.where}"
        return Run(("certutil.exe", *user, *command), why, self.shared, given, asks)


def _certificates(listing: bytes) -> Iterator[Certificate]:
    for line in listing.split():
        try:
            yield Certificate.from_der(b64decode(line, validate=True))
        except (CertkitError, ValueError):  # not a certificate: PowerShell's own words
            continue


def _thumbprint(certificate: Certificate) -> str:
    return certificate.x509.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - a handle
