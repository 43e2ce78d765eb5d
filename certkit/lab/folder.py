"""A folder of files that are broken on purpose, as data."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from certkit.lab.certificates import Maker
from certkit.lab.scenario import UNASKED, Options
from certkit.pki.certificate import to_pem

if TYPE_CHECKING:
    from pathlib import Path

    from certkit.lab.certificates import Made

_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class File:
    """What stands in a file, and who may read it."""

    content: bytes
    mode: int = 0o644


Files = Mapping[str, File]
"""By their paths below the folder."""
MakeFiles = Callable[[Maker], Files]


@dataclass(frozen=True, slots=True)
class Site:
    """What nginx serves from the ``nginx.conf`` of a folder, in front of a WebSocket backend.

    ``symptom`` is what doctor says of ``url``, asked with ``options``; None where nothing fails.
    """

    url: str = "wss://localhost:{port}/chat"
    options: Options = UNASKED
    symptom: str | None = None


@dataclass(frozen=True, slots=True)
class FolderScenario:
    """``code`` is what the last of ``commands`` says of the files; those before it prepare.

    ``files`` are made anew for each start. In ``commands``, which follow ``certkit``, ``{folder}``
    is where they are.
    """

    name: str
    code: str
    broken: str
    files: MakeFiles
    commands: tuple[str, ...]
    site: Site | None = None

    def typed(self, folder: Path) -> tuple[tuple[str, ...], ...]:
        """The words of each command that follow ``certkit``."""
        return tuple(
            tuple(word.format(folder=folder) for word in shlex.split(command))
            for command in self.commands
        )


def write(files: Files, folder: Path) -> None:
    """Makes ``folder`` and writes ``files`` into it. Raises OSError."""
    folder.mkdir()
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(_PRIVATE)
        path.write_bytes(file.content)
        path.chmod(file.mode)  # the umask takes no part


def certificates(*made: Made) -> File:
    """Certificates as PEM, in this order."""
    return File(to_pem(each.certificate for each in made))


def key(made: Made, mode: int = _PRIVATE, passphrase: bytes | None = None) -> File:
    """The private key of a certificate."""
    # Few rounds are enough for a passphrase that lies beside the key.
    seal = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    return File(made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, seal), mode)


def pair(leaf: Made, root: Made) -> dict[str, File]:
    """What a server loads and what its clients trust."""
    return {
        "server.pem": certificates(leaf),
        "server-key.pem": key(leaf),
        "root.pem": certificates(root),
    }


def sound(maker: Maker) -> dict[str, File]:
    """A pair for localhost without a fault."""
    return pair(maker.leaf(maker.root), maker.root)
