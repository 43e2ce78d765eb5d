"""Firefox on Linux: an NSS database in each profile.

On Windows and macOS Firefox follows the system's store (since 120), on Linux never: the preference
security.enterprise_roots.enabled and the policy ImportEnterpriseRoots do nothing there (measured on
Firefox 153). certutil may write to a profile while Firefox runs, and Firefox sees it at once.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.truststores.machine import is_absent
from certkit.truststores.nss import NssDatabase
from certkit.truststores.store import ClosedPlace, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.truststores.machine import Machine
    from certkit.truststores.store import Place

NAME: Final = "firefox"
PROGRAMS: Final = ("firefox", "firefox-esr")


def firefox_store(machine: Machine) -> Store:
    """Every profile that a profiles.ini names and that is there, the same folder once."""
    found: dict[str, Place] = {}
    for base in _bases(machine):
        try:
            for profile in profiles(base):
                found.setdefault(os.path.realpath(profile), NssDatabase(machine, profile))
        except OSError as error:
            found[str(base)] = ClosedPlace(base / "profiles.ini", error.strerror or str(error))
    places = tuple(found.values())
    installed = any(machine.which(program) for program in PROGRAMS)
    missing = "Firefox has no profile yet: start it once" if installed else "no Firefox, no profile"
    return Store(NAME, "the profiles of Firefox", places, missing=missing)


def _bases(machine: Machine) -> tuple[Path, ...]:
    """Where profiles.ini may lie: of the package, since 147 by XDG, of the snap, of the flatpak."""
    home = machine.home
    flatpak = home / ".var/app/org.mozilla.firefox"
    return (
        home / ".mozilla/firefox",
        machine.folder("XDG_CONFIG_HOME", ".config") / "mozilla/firefox",
        home / "snap/firefox/common/.mozilla/firefox",
        flatpak / ".mozilla/firefox",
        flatpak / "config/mozilla/firefox",
    )


def profiles(base: Path) -> Iterator[Path]:
    """The profile folders that ``base/profiles.ini`` names, wherever they are.

    Raises OSError when it is there and cannot be read.
    """
    ini = base / "profiles.ini"
    if is_absent(ini):
        return
    for path in map(base.joinpath, _paths(ini.read_bytes())):  # IsRelative=0 marks an absolute one
        # What may not be looked at is a place that cannot be read, and not one that is not there.
        if not is_absent(path) and not os.path.isfile(path):  # noqa: PTH113 - raises nothing
            yield path


def _paths(ini: bytes) -> Iterator[str]:
    """By hand, since Firefox passes over every line that ConfigParser refuses the whole file for.

    Sections "Install..." and "General" have no Path.
    """
    in_profile = False
    for line in re.split(r"[\r\n]+", ini.decode("utf-8-sig", "replace")):
        if line.startswith("["):
            in_profile = re.match(r"\[Profile[^]]*\]", line) is not None
        key, _, value = line.partition("=")
        if in_profile and key == "Path" and value and "\0" not in value:
            yield value
