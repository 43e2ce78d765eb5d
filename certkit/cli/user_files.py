"""Read and write the files that people name on the command line."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError, ExitCode
from certkit.findings import Finding, Fix, Severity
from certkit.home import files
from certkit.home.output import key_in_git
from certkit.text import argument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAX_BYTES: Final = 64 * 2**20


def read_file(path: Path) -> bytes:
    """All of the file at ``path``.

    Raises CertkitError ``files.not-found``, ``files.unreadable`` (a folder, or larger than
    64 MiB), and with exit code 3 ``files.cannot-read``.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise CertkitError(
            "files.not-found",
            f"there is no file {str(path)!r}",
            hint="check the path; certificates that certkit issued: certkit list",
        ) from None
    except IsADirectoryError:
        raise CertkitError(
            "files.unreadable",
            f"{str(path)!r} is a folder",
            hint=f"name a file in it: ls {argument(str(path))}",
        ) from None
    except OSError as error:
        raise CertkitError(
            "files.cannot-read",
            f"{str(path)!r} cannot be read: {error.strerror or error}",
            hint=f"ask its owner, or see who may read it: ls -l {argument(str(path))}",
            exit_code=ExitCode.ENVIRONMENT,
        ) from error
    if len(data) > _MAX_BYTES:
        raise CertkitError(
            "files.unreadable",
            f"{str(path)!r} is larger than {_MAX_BYTES // 2**20} MiB",
            hint="this is hardly a certificate or a key: check the path",
        )
    return data


def exposed_key(path: Path) -> tuple[Finding, ...]:
    """A warning when everybody on this machine can read ``path``, which holds an open key.

    A group may: that of the servers. Windows has no such mode.
    """
    try:
        mode = path.stat().st_mode if os.name == "posix" else 0
    except OSError:
        return ()
    if not mode & stat.S_IROTH:
        return ()
    return (
        Finding(
            "files.key-readable",
            Severity.WARNING,
            f"everybody on this machine can read the private key in {str(path)!r} "
            f"(mode {stat.S_IMODE(mode):04o})",
            "whoever reads it can pose as the server until the certificate expires; "
            "servers load a key of any mode and say nothing",
            Fix("command", f"chmod 600 {argument(str(path))}"),
        ),
    )


@dataclass(frozen=True, slots=True)
class UserFile:
    """What is to stand at ``path``; ``secret`` for a file with a key in it."""

    path: Path
    content: bytes
    secret: bool


def write_files(outputs: Sequence[UserFile], *, force: bool) -> tuple[Finding, ...]:
    """Write each file whole: keys 0600, the rest 0644, also in place of a wider file or a link.

    None is put in place before all are written. Folders must be there. The answer warns of a key
    inside a git work tree.

    Raises CertkitError ``files.exists`` unless ``force``, ``files.cannot-write`` (exit 3).
    """
    with files.failures_named("write"):
        for output in outputs:
            _refuse_to_replace(output.path, force=force)
        temporaries = {output.path: files.temporary_name(output.path) for output in outputs}
        try:
            for output in outputs:
                mode = files.KEY_MODE if output.secret else files.PUBLIC_MODE
                with files.failures_named("write", output.path):
                    files.write_new(temporaries[output.path], output.content, mode)
            for path, temporary in temporaries.items():
                temporary.replace(path)
        except BaseException:
            for temporary in temporaries.values():
                files.remove(temporary)
            raise
        for folder in {output.path.parent for output in outputs}:
            files.sync_folder(folder)
    return tuple(
        finding
        for output in outputs
        if output.secret
        for finding in key_in_git(output.path.absolute())
    )


def _refuse_to_replace(path: Path, *, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if path.exists() and not path.is_file():
        raise CertkitError(
            "files.exists",
            f"{str(path)!r} is a folder or a device",
            hint="name a file to write",
        )
    if not force:
        raise CertkitError(
            "files.exists",
            f"{str(path)!r} is there already",
            hint="write it under another name, or over it with --force",
        )
