"""The machine as the trust stores see it: every file, program and variable goes through this value.

Tests give one whose root is a folder and whose programs are recorded; nothing else changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PATIENCE: Final = 120
"""Seconds. Debian's update-ca-certificates takes three; its Java hook may wait for dpkg."""

_SYSTEM_FOLDERS: Final = ("/usr/sbin", "/sbin", "/usr/local/sbin")
"""Where update-ca-certificates lies, and what the PATH of a user, of cron and of su leaves out."""

# What makes a tool answer in another language, or Java print a line about itself.
_UNWANTED: Final = ("LANGUAGE", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended and what it said."""

    code: int
    out: bytes = b""
    err: str = ""


class Runner(Protocol):
    """Runs a program with ``given`` on its standard input. Raises OSError when it cannot start."""

    def __call__(self, command: Sequence[str], given: bytes = b"") -> Answer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where things are and what may be done.

    ``root`` is put before every absolute path. ``elevate`` runs a program as root, or is None when
    a person has to. ``may_write`` says whether a file may be created, changed or removed as it is.
    """

    platform: str
    home: Path
    variables: Mapping[str, str]
    which: Callable[[str], str | None]
    run: Runner
    may_write: Callable[[Path], bool]
    root: Path = Path("/")
    elevate: Runner | None = None
    is_root: bool = False

    @classmethod
    def here(cls, *, elevate: Runner | None = None) -> Machine:
        """This machine and this user, as the process was started."""
        return cls(
            platform=sys.platform,
            home=_home(),
            variables=dict(os.environ),
            which=_which,
            run=run,
            may_write=_may_write,
            elevate=elevate,
            is_root=_is_root(),
        )

    def at(self, path: str) -> Path:
        """The absolute ``path`` on this machine."""
        return self.root / path.lstrip("/")

    def folder(self, variable: str, default: str) -> Path:
        """The folder that ``variable`` names if it is absolute, else ``default`` in the home."""
        named = Path(self.variables.get(variable, ""))
        return named if named.is_absolute() else self.home / default


NO_HOME: Final = Path("/nonexistent")
"""The home of a user who has none, by the name that Debian gives it."""


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # no $HOME, and no entry in the list of users: a number in a container
        return NO_HOME


def run(command: Sequence[str], given: bytes = b"") -> Answer:
    """Run ``command`` without a terminal: a program that wants a passphrase fails and says so."""
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        env={key: value for key, value in os.environ.items() if key not in _UNWANTED}
        | {"LC_ALL": "C", "PATH": _path()},
        timeout=PATIENCE,
        check=False,
        start_new_session=True,  # certutil asks on /dev/tty, whatever its standard input is
    )
    return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def run_as_root(sudo: str, prompt: str) -> Runner:
    """A runner that puts ``sudo`` before each command; it asks on the terminal with ``prompt``."""

    def elevated(command: Sequence[str], given: bytes = b"") -> Answer:
        done = subprocess.run(
            [sudo, f"--prompt={prompt}", "--", *command],
            input=given,
            capture_output=True,
            timeout=None,  # a person may look for the password
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    return elevated


def is_absent(path: Path) -> bool:
    """Whether there is certainly nothing: not so for what this user may not look at."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _which(name: str) -> str | None:
    return shutil.which(name, path=_path())


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])


def _is_root() -> bool:
    if sys.platform == "win32":
        import ctypes  # not run: IsUserAnAdmin of shell32, from its documentation

        return bool(ctypes.windll.shell32.IsUserAnAdmin())
    return os.geteuid() == 0


def _may_write(path: Path) -> bool:
    """A file is replaced in its folder; for what is not there yet, its nearest folder counts."""
    if os.path.lexists(path) and not os.access(path, os.W_OK):
        return False
    folder = path.parent
    while is_absent(folder):
        folder = folder.parent
    return os.access(folder, os.W_OK)
