"""NSS databases: what Chromium and its relatives read on Linux, and every Firefox profile.

certutil deletes and lists by nickname. Measured on NSS 3.87: deleting is exact as long as the
nickname stands there once; listing one nickname prints every certificate of its subject. So
nicknames carry the fingerprint, and where another certificate of the same subject makes it
uncertain which is which, nothing is touched.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError
from certkit.text import printable
from certkit.truststores.machine import is_absent
from certkit.truststores.steps import Refusal, Run, reason_of
from certkit.truststores.store import (
    Held,
    Store,
    ask,
    by_hand,
    certificates_in,
    label_of,
    missing_tool,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from certkit.pki.certificate import Certificate
    from certkit.truststores.machine import Machine
    from certkit.truststores.steps import Step

NAME: Final = "nss"
DATABASE: Final = "cert9.db"
_LEGACY: Final = "cert8.db"
"""The database of before. Opened as a new one it is converted, and ``certutil -N`` beside it never
ends (measured)."""

# "C" alone makes a CA trusted for servers; "T" (client certificates) is not asked for.
_TRUSTED: Final = ("-t", "C,,", "-a")
_LISTED: Final = re.compile(r"(?P<nickname>.*\S) +(?P<ssl>[a-zA-Z]*),[a-zA-Z]*,[a-zA-Z]*\s*")
_PACKAGES: Final = (
    "sudo apt install libnss3-tools (Fedora, openSUSE: nss-tools, mozilla-nss-tools; "
    "Arch: nss; Alpine: nss-tools)"
)

BROWSERS: Final = {
    "chromium": "Chromium",
    "chromium-browser": "Chromium",
    "google-chrome": "Chrome",
    "google-chrome-stable": "Chrome",
    "microsoft-edge": "Edge",
    "microsoft-edge-stable": "Edge",
    "brave-browser": "Brave",
    "brave": "Brave",
    "vivaldi": "Vivaldi",
    "opera": "Opera",
}
"""Programs that read the shared database, and what they are called."""

_MOVED: Final = 146
"""The version of Chromium that reads the XDG place where there is no ``~/.pki/nssdb``."""


def nss_store(machine: Machine) -> Store:
    """Every shared database of this user, and the one that the browser would make.

    Chromium reads the old place as soon as its folder is there, also when it is empty or holds a
    database of before NSS 3.12, which the browser then converts (measured on Chromium 156).
    """
    title = "the NSS databases of Chromium, Chrome, Edge and Brave"
    old = machine.home / ".pki/nssdb"
    new = machine.folder("XDG_DATA_HOME", ".local/share") / "pki/nssdb"
    snap = machine.home / "snap/chromium/current"
    candidates = (old, new, snap / ".pki/nssdb", snap / ".local/share/pki/nssdb")
    found = [path for path in candidates if not is_absent(path / DATABASE)]
    if not is_absent(machine.home) and installed_browsers(machine):
        # Never make the old place where the new one is in use: its existence would shadow that.
        makes_old = new not in found and _reads_only_the_old_place(machine)
        read = old if not is_absent(old) or makes_old else new
        found = list(dict.fromkeys([*found, read]))
    places = tuple(NssDatabase(machine, path) for path in found)
    return Store(NAME, title, places, missing="no browser that reads one, and no database")


def installed_browsers(machine: Machine) -> dict[str, str]:
    """Path -> name of each browser of the Chromium family, the same program once."""
    found: dict[str, str] = {}
    for program, name in BROWSERS.items():
        path = machine.which(program)
        if path is not None and name not in found.values():
            found[path] = name
    return found


def _reads_only_the_old_place(machine: Machine) -> bool:
    versions = []
    for program in installed_browsers(machine):
        with suppress(CertkitError):  # one that does not even start decides nothing
            said = ask(machine, (program, "--version")).out.decode("utf-8", "replace")
            if number := re.search(r" (\d+)\.", said):
                versions.append(int(number[1]))
    return bool(versions) and min(versions) < _MOVED


@dataclass(frozen=True, slots=True)
class NssDatabase:
    """The database in the folder ``where``, or the one that is to be made there."""

    machine: Machine
    where: Path
    shared: bool = False
    fed_by: str = ""

    def held(self) -> tuple[Held, ...]:
        """What was added to it; the builtin roots are not in it."""
        if is_absent(self.where / DATABASE) and not self._is_legacy:
            return ()
        return tuple(held for group in self._groups() for held in group.held())

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """Delete by nickname, then add."""
        if not (add or drop):
            return ()
        self._refuse_unclear(drop)
        steps = [self._delete(held) for held in drop]
        if add:
            steps += [*self._create(), self._add(root)]
        return tuple(steps)

    def _refuse_unclear(self, drop: tuple[Held, ...]) -> None:
        for held in drop:
            if not held.label:
                raise by_hand(
                    f"{self.where} has two certificates that certutil cannot tell apart: "
                    f"{printable(held.certificate.subject)}",
                    f"remove the one with SHA-256 {held.certificate.sha256} in the certificate "
                    "manager of the browser",
                )

    def _delete(self, held: Held) -> Run:
        return Run(
            (self._certutil(), "-D", "-d", self._location, "-n", held.label),
            f"delete {printable(held.label)} from {printable(str(self.where))}",
        )

    def _add(self, root: Certificate) -> Run:
        return Run(
            (self._certutil(), "-A", "-d", self._location, "-n", label_of(root), *_TRUSTED),
            f"add the root to {printable(str(self.where))}",
            given=root.pem,
            refusals=(
                Refusal(
                    "SEC_ERROR_BAD_PASSWORD",
                    f"the database in {printable(str(self.where))} has a password",
                    "type the command that is left to type: certutil asks for the password",
                ),
            ),
        )

    def _create(self) -> list[Run]:
        if not is_absent(self.where / DATABASE) or self._is_legacy:
            return []
        make = ("mkdir", "-p", "-m", "700", str(self.where))
        database = (self._certutil(), "-N", "-d", self._location, "--empty-password")
        return [
            *([Run(make, f"make the folder {self.where}")] if is_absent(self.where) else []),
            Run(database, f"make an empty database in {self.where}"),
        ]

    @property
    def _is_legacy(self) -> bool:
        return is_absent(self.where / DATABASE) and not is_absent(self.where / _LEGACY)

    @property
    def _location(self) -> str:
        return f"sql:{self.where}"

    def _certutil(self) -> str:
        tool = self.machine.which("certutil")
        if tool is None:
            raise missing_tool("certutil", f"the database in {self.where}", _PACKAGES)
        return tool

    def _groups(self) -> Iterable[_Group]:
        groups: dict[frozenset[str], _Group] = {}
        for line in self._ask("-L").decode("utf-8", "replace").splitlines():
            if row := _LISTED.fullmatch(line):
                found = certificates_in(self._ask("-L", "-n", row["nickname"], "-a"))
                key = frozenset(certificate.sha256 for certificate in found)
                group = groups.setdefault(key, _Group(found, []))
                group.nicknames.append((row["nickname"], "C" in row["ssl"]))
        return groups.values()

    def _ask(self, *what: str) -> bytes:
        # Reading converts nothing: a look at a place must not change it.
        location = f"dbm:{self.where}" if self._is_legacy else self._location
        answer = ask(self.machine, (self._certutil(), *what, "-d", location))
        if answer.code != 0:
            raise unreadable(
                f"certutil cannot read the database in {self.where}: {reason_of(answer)}",
                "check its owner and mode; a program that writes to it may hold it for a moment",
            )
        return answer.out


@dataclass(frozen=True, slots=True)
class _Group:
    """The certificates of one subject, and the nicknames of that subject with their trust."""

    certificates: tuple[Certificate, ...]
    nicknames: list[tuple[str, bool]]

    def held(self) -> Iterator[Held]:
        """Each certificate under its nickname; under none where that is uncertain.

        It is trusted then only if every nickname that it may have is.
        """
        count = Counter(nickname for nickname, _ in self.nicknames)
        labelled = {label_of(certificate): certificate for certificate in self.certificates}
        certificates, nicknames = list(self.certificates), list(self.nicknames)
        for nickname, trusted in self.nicknames:
            if nickname in labelled and count[nickname] == 1:
                yield Held(nickname, labelled[nickname], trusted)
                certificates.remove(labelled[nickname])
                nicknames.remove((nickname, trusted))
        clear = len(certificates) == len(nicknames) == 1
        for certificate in certificates:
            label = nicknames[0][0] if clear else ""
            yield Held(label, certificate, all(trusted for _, trusted in nicknames))
