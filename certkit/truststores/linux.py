"""The system store of Linux: a folder of anchors, and a tool that makes the bundle from it.

What clients read is the bundle, so that is what counts as present; an anchor that the tool has not
seen yet is not trusted, and a bundle that was not made again still trusts a removed one.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.text import argument, printable
from certkit.truststores.steps import RemoveFile, Run, WriteFile
from certkit.truststores.store import (
    LABEL_PREFIX,
    Held,
    Store,
    by_hand,
    certificates_in,
    label_of,
    missing_tool,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from certkit.pki.certificate import Certificate
    from certkit.truststores.machine import Machine
    from certkit.truststores.steps import Step

NAME: Final = "system"


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of distributions keeps its store. ``marker`` is a path that tells it."""

    name: str
    marker: str
    anchors: str
    suffix: str
    bundle: str
    refresh: tuple[str, ...]
    package: str
    reads: str = "*"
    """What of the folder of anchors its tool reads."""
    packages: str = ""
    """The folder of roots that packages bring; the tool reads it, and certkit leaves it alone."""
    links: str = ""
    """The folder in which Debian's tool links to each anchor, and to each link by subject hash."""


# In this order: openSUSE and Alpine have a tool of Debian's name that takes none of its options,
# and a container of any family may have a /usr/local/share/ca-certificates.
FAMILIES: Final = (
    Family(
        "Fedora",  # update-ca-trust(8)
        marker="/etc/pki/ca-trust/source/anchors",
        anchors="/etc/pki/ca-trust/source/anchors",
        suffix=".pem",
        bundle="/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        refresh=("update-ca-trust", "extract"),
        package="sudo dnf install ca-certificates",
        packages="/usr/share/pki/ca-trust-source/anchors",
    ),
    Family(
        "openSUSE",  # README of its ca-certificates: /usr/share/pki/trust is for packages
        marker="/etc/pki/trust/anchors",
        anchors="/etc/pki/trust/anchors",
        suffix=".pem",
        bundle="/var/lib/ca-certificates/ca-bundle.pem",
        refresh=("update-ca-certificates",),
        package="sudo zypper install ca-certificates",
        packages="/usr/share/pki/trust/anchors",
    ),
    Family(
        "Arch",
        marker="/etc/ca-certificates/trust-source/anchors",
        anchors="/etc/ca-certificates/trust-source/anchors",
        suffix=".crt",
        bundle="/etc/ca-certificates/extracted/tls-ca-bundle.pem",
        refresh=("update-ca-trust",),
        package="sudo pacman -S ca-certificates",
        packages="/usr/share/ca-certificates/trust-source/anchors",
    ),
    Family(
        "Alpine",
        marker="/etc/alpine-release",
        anchors="/usr/local/share/ca-certificates",
        suffix=".crt",
        bundle="/etc/ssl/certs/ca-certificates.crt",
        refresh=("update-ca-certificates",),
        package="sudo apk add ca-certificates",
        reads="*.crt",
        packages="/usr/share/ca-certificates",
    ),
    Family(
        "Debian",  # update-ca-certificates(8)
        marker="/etc/debian_version",
        anchors="/usr/local/share/ca-certificates",
        suffix=".crt",
        bundle="/etc/ssl/certs/ca-certificates.crt",
        refresh=("update-ca-certificates",),
        package="sudo apt install ca-certificates",
        reads="*.crt",
        packages="/usr/share/ca-certificates",
        links="/etc/ssl/certs",
    ),
)

# Debian's tool tells its hooks (Java's keystore is one) only of certificates that it removes
# itself, and it removes what its configuration deselects. A file that is simply gone leaves two
# dangling links and an alias in Java's keystore behind (measured); --fresh takes the links away,
# and for a moment those of every other CA with them.
_DESELECT: Final = (
    "conf=$(mktemp) && trap 'rm -f \"$conf\"' EXIT && { cat /etc/ca-certificates.conf; "
    'printf "!%s\\n" "$@"; } > "$conf" && update-ca-certificates --certsconf "$conf"'
)


def system_store(machine: Machine) -> Store:
    """The one system store of a Linux machine."""
    title = "the system store"
    if machine.at("/etc/NIXOS").exists():
        return Store(NAME, title, (ReadOnlyBundle(machine, _NIXOS),))
    for family in FAMILIES:
        if machine.at(family.marker).exists():
            return Store(NAME, f"{title} ({family.name})", (SystemBundle(machine, family),))
    return Store(NAME, title, (ReadOnlyBundle(machine, _UNKNOWN),))


@dataclass(frozen=True, slots=True)
class SystemBundle:
    """The bundle that ``family``'s tool makes."""

    machine: Machine
    family: Family
    shared: bool = True
    fed_by: str = ""

    @property
    def where(self) -> Path:
        return self.machine.at(self.family.bundle)

    def held(self) -> tuple[Held, ...]:
        """What is in the bundle, and what the tool has not put there yet."""
        bundle = {one.sha256: one for one in _read_bundle(self.where)}
        anchors = tuple(self._anchors())
        labelled = {certificate.sha256 for _, certificate in anchors}
        unfinished = {one.sha256: one for one in _read_bundle(self._unfinished)}
        return (
            *(Held(label, one, trusted=one.sha256 in bundle) for label, one in anchors),
            *(Held("", one) for sha256, one in bundle.items() if sha256 not in labelled),
            *(
                Held("", one, trusted=False)
                for sha256, one in unfinished.items()
                if sha256 not in labelled | bundle.keys()
            ),
        )

    def _anchors(self) -> Iterator[tuple[str, Certificate]]:
        for path in sorted(self.machine.at(self.family.anchors).rglob(self.family.reads)):
            for certificate in _read_anchor(path):
                yield str(path), certificate

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """One run of the tool, whatever is added and dropped."""
        folder = self.machine.at(self.family.anchors)
        has_anchor = any(held.label for held in drop if held.certificate == root)
        gone = sorted(
            {held.label for held in drop if held.label and not (add and held.certificate == root)}
        )
        dangling = self._dangling_links()
        if not (add or drop or dangling):
            return ()
        self._refuse_impossible(root, gone)
        self._refuse_packaged({held.certificate for held in drop if not held.label})
        anchor = folder / f"{label_of(root)}{self.family.suffix}"
        return (
            *((WriteFile(anchor, root.pem, as_root=True),) if add and not has_anchor else ()),
            *(RemoveFile(folder / label, as_root=True) for label in gone),
            *self._refresh([_link_name(folder / label) for label in gone] + dangling),
        )

    def _refresh(self, deselected: list[str]) -> tuple[Run, ...]:
        why = "make the system's bundle again"
        plain = Run(self.family.refresh, why, as_root=True)
        first = plain
        if self.family.links and deselected:
            command = ("sh", "-c", _DESELECT, "certkit", *dict.fromkeys(deselected))
            first = Run(command, f"{why}, and take out what was linked", as_root=True)
        return (first, plain) if self._unfinished.exists() else (first,)

    @property
    def _unfinished(self) -> Path:
        """What Debian's tool appends to, and then renames to the bundle.

        Killed, it leaves the file behind, and the next run appends to that: only the run after it
        makes a bundle of what should be in there, and of nothing else (measured).
        """
        return self.where.with_name(f"{self.where.name}.new")

    def _refuse_packaged(self, unlabelled: set[Certificate]) -> None:
        """Older tools put roots there, mkcert on openSUSE to this day."""
        folder = self.machine.at(self.family.packages)
        for path in sorted(folder.rglob("*")) if unlabelled else ():
            if unlabelled.intersection(_read_anchor(path)):
                tool = shlex.join(self.family.refresh)
                raise by_hand(
                    f"this CA is in {printable(str(path))}, among the roots that packages bring",
                    f"sudo rm {argument(str(path))} && sudo {tool}"
                    if not self.family.links
                    else "deselect it: sudo dpkg-reconfigure ca-certificates",
                )

    def _dangling_links(self) -> list[str]:
        """Links to anchors of certkit that somebody removed without the tool."""
        if not self.family.links:
            return []
        folder = self.machine.at(self.family.links)
        links = sorted(folder.glob(f"{LABEL_PREFIX}*.pem"))
        return [f"{link.stem}.crt" for link in links if link.is_symlink() and not link.exists()]

    def _refuse_impossible(self, root: Certificate, gone: list[str]) -> None:
        tool = self.family.refresh[0]
        folder = self.machine.at(self.family.anchors)
        if self.machine.which(tool) is None:
            raise missing_tool(tool, "the system store", self.family.package)
        if self.machine.is_root and not self.machine.may_write(folder / label_of(root)):
            raise by_hand(*_READ_ONLY)
        for label in gone:
            if len(_read_anchor(folder / label)) > 1:
                raise by_hand(
                    f"{label} holds other certificates too",
                    "take this CA out of it with an editor, then run the command again",
                )


@dataclass(frozen=True, slots=True)
class ReadOnlyBundle:
    """A system whose store is not changed by a program; ``advice`` says how a person does it."""

    machine: Machine
    advice: tuple[str, str]
    shared: bool = True
    fed_by: str = ""

    @property
    def where(self) -> Path:
        return self.machine.at("/etc/ssl/certs/ca-certificates.crt")

    def held(self) -> tuple[Held, ...]:
        """What is in the bundle."""
        return tuple(Held("", certificate) for certificate in _read_bundle(self.where))

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """Raises CertkitError ``trust.by-hand`` (exit 4) when there is anything to do."""
        del root
        if add or drop:
            raise by_hand(*self.advice)
        return ()


_ONE_SHELL: Final = 'for one shell: eval "$(certkit trust env)"'
_NIXOS: Final = (
    "NixOS makes its store from the configuration",
    "put the root there and rebuild: security.pki.certificateFiles = [ ./root.pem ];",
)
_UNKNOWN: Final = (
    "certkit does not know how this system keeps its trusted roots",
    _ONE_SHELL,
)
_READ_ONLY: Final = (
    "the system's files are read-only",
    f"put the root into the image that the system starts from; {_ONE_SHELL}",
)


def _read_bundle(path: Path) -> tuple[Certificate, ...]:
    try:
        return certificates_in(path.read_bytes())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise unreadable(
            f"cannot read {path}: {error.strerror or error}",
            "its mode should be 0644, as the system's tool makes it",
        ) from error


def _read_anchor(path: Path) -> tuple[Certificate, ...]:
    try:
        return certificates_in(path.read_bytes())
    except OSError:  # a folder, a dangling link, or a file that is not certkit's: those are 0644
        return ()


def _link_name(anchor: Path) -> str:
    """The name that Debian's tool links ``anchor`` by, as its configuration would spell it."""
    stem = re.sub(r"[()]", "=", anchor.name.removesuffix(".crt").replace(" ", "_"))
    return f"{stem.replace(',', '_')}.crt"
