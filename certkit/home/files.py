"""Files that appear whole, with their final mode, or not at all.

A file is written under a temporary name beside its place (``O_EXCL | O_NOFOLLOW``: never into a
file or link that somebody else put there), synced, and renamed over its place. The rename replaces
a link instead of following it, and a reader sees the old file or the new one, never a part. Modes
are set by ``fchmod`` on the open file before a byte is written, so that no umask widens a key and
none hides a certificate from the server.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shlex
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY_MODE: Final = 0o600
GROUP_KEY_MODE: Final = 0o640
PUBLIC_MODE: Final = 0o644
PUBLIC_FOLDER: Final = 0o755
"""An output folder that certkit makes: a server that runs as another user must reach the
certificate in it, and the key's own mode protects the key."""

UNREADABLE: Final = "unreadable"
"""The digest of what is there but is no file that certkit could have written."""

_CREATE: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


def temporary_name(path: Path) -> Path:
    """A name beside ``path`` under which nothing stands yet."""
    return path.with_name(f".certkit-{os.urandom(8).hex()}.tmp")


def write_new(path: Path, content: bytes, mode: int, gid: int | None = None) -> None:
    """Write ``content`` to a file that does not exist yet, and sync it. Raises OSError."""
    descriptor = os.open(path, _CREATE, KEY_MODE)
    with os.fdopen(descriptor, "wb") as file:
        if sys.platform != "win32":
            if gid is not None:
                os.fchown(descriptor, -1, gid)  # before the mode: until then 0640 is for another
            os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def sync_folder(path: Path) -> None:
    """Make renames and removals in ``path`` survive a power cut. Raises OSError."""
    if sys.platform == "win32":  # Windows offers no handle for it; NTFS journals its metadata
        return
    descriptor = os.open(path, _FOLDER)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot sync folders
            raise
    finally:
        os.close(descriptor)


def make_public_folder(path: Path) -> None:
    """Make an output folder and its missing parents, each 0755 under any umask. Raises OSError."""
    if path.is_dir():
        return
    make_public_folder(path.parent)
    try:
        path.mkdir()
    except FileExistsError:
        return
    path.chmod(PUBLIC_FOLDER)


def digest_at(path: Path) -> str | None:
    """SHA-256 (hex) of the regular file at ``path``; None when nothing is there.

    A link, a device, a folder or a file that may not be read is :data:`UNREADABLE`: certkit
    wrote none of them. Raises OSError when the disk does not answer.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return UNREADABLE
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        return UNREADABLE


def has_mode(path: Path, mode: int, gid: int | None) -> bool:
    """Whether the file at ``path`` has the mode and, where one is asked for, the group."""
    if sys.platform == "win32":
        return True
    status = path.lstat()
    return stat.S_IMODE(status.st_mode) == mode and gid in (None, status.st_gid)


def remove(path: Path) -> bool:
    """Remove a file that may be gone; the answer is whether it was there. Raises OSError."""
    try:
        path.unlink()
    except OSError:
        # A read-only file system refuses to remove even what is not there.
        if os.path.lexists(path):
            raise
        return False
    return True


def group_id(name: str) -> int:
    """The number of the group ``name``, to which the caller may give files.

    Raises CertkitError ``files.unknown-group`` (exit 2), ``files.not-in-group`` (exit 3).
    """
    if sys.platform != "win32":
        import grp

        with suppress(KeyError):
            gid = grp.getgrnam(name).gr_gid
            if os.geteuid() == 0 or gid in (os.getegid(), *os.getgroups()):
                return gid
            raise CertkitError(
                "files.not-in-group",
                f"you are not in the group {name!r}, so you may not give it a file",
                hint=f'join it, then log in again: sudo usermod -aG {shlex.quote(name)} "$USER"',
                exit_code=ExitCode.ENVIRONMENT,
            )
    raise CertkitError(
        "files.unknown-group",
        f"there is no group {name!r} on this system",
        hint="list them: getent group",
    )


def git_work_tree(path: Path) -> Path | None:
    """The git work tree that ``path`` lies in, if any (a submodule's ``.git`` is a file)."""
    return next((folder for folder in path.parents if (folder / ".git").exists()), None)


# {there} is the option that names another folder.
_HINTS: Final = {
    errno.ENOSPC: "free some space there, or use another folder: {there}",
    errno.EDQUOT: "your disk quota there is used up; use another folder: {there}",
    errno.EFBIG: "a limit on the size of files is too small (ulimit -f)",
    errno.EROFS: "the file system is read-only; use another folder: {there}",
    errno.EACCES: "you may not write there; use a folder of yours: {there}",
    errno.EPERM: "the system forbids it for your user; use a folder of yours: {there}",
    errno.ENOTDIR: "a part of the path is not a folder; use another: {there}",
    errno.ELOOP: "a link is in the way; use another folder: {there}",
    errno.ENAMETOOLONG: "choose a shorter name: --cert-file and --key-file",
}


@contextmanager
def failures_named(
    doing: str, path: Path | None = None, *, there: str = "--out DIR"
) -> Iterator[None]:
    """Turn the system's refusals into CertkitError ``files.cannot-write`` (exit 3).

    ``path`` is named in the place of what the system names, which may be nothing (a full disk)
    or a temporary file; ``there`` is the option with which the user chooses another folder.
    """
    try:
        yield
    except OSError as error:
        place = path or error.filename2 or error.filename
        where = f" {os.fsdecode(place)}" if isinstance(place, os.PathLike | str | bytes) else ""
        hint = _HINTS.get(error.errno or 0, "check the folder, its owner and its disk")
        raise CertkitError(
            "files.cannot-write",
            f"cannot {doing}{where}: {error.strerror or error}",
            hint=hint.format(there=there),
            exit_code=ExitCode.ENVIRONMENT,
        ) from error
