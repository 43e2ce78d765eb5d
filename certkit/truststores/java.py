"""Java: the keystore ``cacerts`` of each JDK, once however many JDKs link to it.

keytool lists, adds and deletes; entries are known by SHA-256, since an alias says nothing. Debian
feeds one keystore from its system store, under aliases of its own: that one is left to the system
store, and only what it left behind is taken out here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.text import argument
from certkit.truststores import linux
from certkit.truststores.steps import Run, reason_of
from certkit.truststores.store import (
    Held,
    State,
    Store,
    ask,
    by_hand,
    certificates_in,
    label_of,
    missing_tool,
    state,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.pki.certificate import Certificate
    from certkit.truststores.machine import Machine
    from certkit.truststores.steps import Step

NAME: Final = "java"
PASSWORD: Final = "changeit"  # noqa: S105 - the default of every JDK, known to all
CACERTS: Final = ("lib/security/cacerts", "jre/lib/security/cacerts")  # the second is Java 8's

_DEBIAN: Final = "/etc/ssl/certs/java/cacerts"
_DEBIAN_HOOK: Final = "/etc/ca-certificates/update.d/jks-keystore"
_ALIAS: Final = re.compile(rb"(?m)^Alias name: (.*)$")

# Folders of JDKs: packages, archives, SDKMAN, IntelliJ, asdf, mise, Gradle.
_SYSTEM_FOLDERS: Final = ("/usr/lib/jvm", "/usr/java", "/opt", "/opt/java")
_USER_FOLDERS: Final = (
    ".sdkman/candidates/java",
    ".jdks",
    ".asdf/installs/java",
    ".local/share/mise/installs/java",
    ".gradle/jdks",
)
_MAC_FOLDERS: Final = "/Library/Java/JavaVirtualMachines"


def java_store(machine: Machine) -> Store:
    """Every keystore of every JDK that is found."""
    keystores: dict[Path, Path] = {}  # the real file -> a JDK that reads it
    for jdk in homes(machine):
        for inside in CACERTS:
            if os.access(jdk / inside, os.R_OK):
                keystores.setdefault((jdk / inside).resolve(), jdk)
    places = tuple(Keystore(machine, path, jdk) for path, jdk in keystores.items())
    return Store(NAME, "the keystores of Java", places, missing="no JDK")


def homes(machine: Machine) -> Iterator[Path]:
    """Folders that may be a JDK: $JAVA_HOME first, the one on PATH, then where they are put."""
    if named := machine.variables.get("JAVA_HOME"):
        yield machine.home / named
    if program := machine.which("java"):
        yield Path(program).resolve().parent.parent
    system = [machine.at(folder) for folder in _SYSTEM_FOLDERS]
    for folder in [*system, *(machine.home / folder for folder in _USER_FOLDERS)]:
        yield from sorted(folder.glob("*"))
    for folder in (machine.at(_MAC_FOLDERS), machine.home / _MAC_FOLDERS.lstrip("/")):
        yield from sorted(folder.glob("*/Contents/Home"))


@dataclass(frozen=True, slots=True)
class Keystore:
    """The keystore file ``where``, read by ``jdk``'s keytool."""

    machine: Machine
    where: Path
    jdk: Path

    @property
    def shared(self) -> bool:
        """A JDK in the user's home is the user's own."""
        return not self.where.is_relative_to(self.machine.home)

    @property
    def fed_by(self) -> str:
        """Debian's hook copies the system store into one keystore."""
        debian = self.machine.at(_DEBIAN)
        fed = self.where == debian.resolve() and self.machine.at(_DEBIAN_HOOK).exists()
        return linux.NAME if fed else ""

    def held(self) -> tuple[Held, ...]:
        """What Java trusts: each certificate, and of a private key the first of its chain.

        The latter has no label here, since to delete it would be to delete the key.
        """
        answer = ask(self.machine, self._keytool("-list", "-rfc"))
        if answer.code != 0:
            raise unreadable(
                f"keytool cannot read {self.where}: {reason_of(answer)}",
                "a keystore with a password of its own is changed by whoever knows it: "
                "keytool -importcert -keystore FILE -alias certkit -file root.pem",
            )
        _, *parts = _ALIAS.split(answer.out)
        return tuple(
            held
            for alias, text in zip(parts[::2], parts[1::2], strict=True)
            for held in _entry(alias.decode("utf-8", "replace"), text)
        )

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """Delete by alias, then import."""
        if not all(held.label for held in drop):
            keystore = argument(str(self.where))
            raise by_hand(
                f"{self.where} has this CA together with a private key",
                f"see that you need it no more, and delete it: keytool -list -keystore {keystore}",
            )
        as_root = not self.machine.may_write(self.where)
        steps = [
            Run(
                self._keytool("-delete", "-alias", held.label),
                f"delete {held.label} from {self.where}",
                as_root,
            )
            for held in drop
        ]
        if add and not self._comes_with_the_system_store(root):
            steps.append(
                Run(
                    self._keytool("-importcert", "-noprompt", "-alias", label_of(root)),
                    f"import the root into {self.where}",
                    as_root,
                    given=root.pem,
                )
            )
        return tuple(steps)

    def _comes_with_the_system_store(self, root: Certificate) -> bool:
        """Not where the system store has it already: then the hook has failed."""
        if not self.fed_by:
            return False
        places = linux.system_store(self.machine).places
        return all(state(place, root) is not State.PRESENT for place in places)

    def _keytool(self, *what: str) -> tuple[str, ...]:
        own = self.jdk / "bin/keytool"
        tool = str(own) if os.access(own, os.X_OK) else self.machine.which("keytool")
        if tool is None:
            raise missing_tool("keytool", str(self.where), "sudo apt install default-jre-headless")
        english = "-J-Duser.language=en"  # "Alias name" is translated otherwise
        return (tool, english, *what, "-keystore", str(self.where), "-storepass", PASSWORD)


def _entry(alias: str, text: bytes) -> Iterator[Held]:
    certificates = certificates_in(text)
    if b"Entry type: trustedCertEntry" in text:
        yield from (Held(alias, certificate) for certificate in certificates)
    else:
        yield from (Held("", certificate) for certificate in certificates[:1])


def keystore_at(machine: Machine, path: Path) -> Keystore:
    """The keystore at ``path``, wherever its JDK is."""
    return Keystore(machine, path, path.parents[2])
