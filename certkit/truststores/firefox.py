"""Firefox on Linux: an NSS database in each profile.

On Windows and macOS Firefox follows the system's store (since 120), on Linux never: the preference
security.enterprise_roots.enabled and the policy ImportEnterpriseRoots do nothing there (measured on
Firefox 153). certutil may write to a profile while Firefox runs, and Firefox sees it at once.
"""

from __future__ import annotations

from configparser import ConfigParser, Error
from typing import TYPE_CHECKING, Final

from certkit.truststores.nss import NssDatabase
from certkit.truststores.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from certkit.truststores.machine import Machine

NAME: Final = "firefox"
PROGRAMS: Final = ("firefox", "firefox-esr")


def firefox_store(machine: Machine) -> Store:
    """Every profile that a profiles.ini names and that is there."""
    folders: dict[Path, Path] = {}
    for base in _bases(machine):
        for profile in profiles(base):
            folders.setdefault(profile.resolve(), profile)
    places = tuple(NssDatabase(machine, path) for path in folders.values())
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
    """The profile folders that ``base/profiles.ini`` names, wherever they are."""
    ini = ConfigParser(interpolation=None, strict=False)
    try:
        ini.read(base / "profiles.ini", encoding="utf-8")
    except (Error, UnicodeDecodeError, OSError):
        return  # a file that Firefox does not read either
    for section in ini.sections():
        path = ini[section].get("Path")
        # Sections "Install..." and "General" have no Path; IsRelative=0 marks an absolute one.
        if path and section.startswith("Profile") and (base / path).is_dir():
            yield base / path
