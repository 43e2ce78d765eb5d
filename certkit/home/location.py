"""Where the CA home is, and whether its folder may hold a CA's key.

``--home DIR``, else ``$CERTKIT_HOME``, else the user's data folder (the XDG Base Directory
specification on Linux and the BSDs, platformdirs elsewhere). Under sudo the last would silently
make a second CA that belongs to root and that no program of the user trusts, so it is refused.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIVATE_FOLDER: Final = 0o700
HOME_FILES: Final = frozenset(
    {"ledger.db", "ledger.db-journal", "lock"}
    | {f"{kind}.{what}" for kind in ("root", "intermediate") for what in ("pem", "key")}
)
_ANOTHER: Final = "or another home: --home DIR"
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def home_path(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The absolute path of the CA home; nothing is created.

    Raises CertkitError ``home.under-sudo`` (exit 3) when only the default is left and it would be
    root's instead of the user's.

    >>> home_path(None, {"XDG_DATA_HOME": "/data", "CERTKIT_HOME": "/srv/ca"}).as_posix()
    '/srv/ca'
    """
    chosen = explicit or environ.get("CERTKIT_HOME")
    if chosen:
        # Not resolve(): a link is to be seen by check_private_folder.
        return Path(os.path.abspath(Path(chosen).expanduser()))  # noqa: PTH100
    if sys.platform != "win32" and environ.get("SUDO_UID") and os.geteuid() == 0:
        raise CertkitError(
            "home.under-sudo",
            "under sudo the CA home would be root's, not that of the user who called sudo",
            hint="run certkit without sudo, or name the home: --home DIR or CERTKIT_HOME=DIR",
            exit_code=ExitCode.ENVIRONMENT,
        )
    return _user_data(environ) / "certkit"


def _user_data(environ: Mapping[str, str]) -> Path:
    if sys.platform in ("win32", "darwin"):
        from platformdirs import user_data_path  # costs 22 ms, and Linux needs none of it

        return user_data_path()
    data = Path(environ.get("XDG_DATA_HOME", ""))
    # "All paths must be absolute. If [...] a relative path, the implementation should consider
    # the path invalid and ignore it": XDG Base Directory specification 0.8.
    if data.is_absolute():
        return data
    user = Path(environ.get("HOME", ""))
    if not user.is_absolute():
        what = "is no absolute path" if environ.get("HOME") else "is not set"
        raise CertkitError(
            "home.no-user-folder",
            f"HOME {what}, so there is no place for the CA home",
            hint="name it: --home DIR or CERTKIT_HOME=DIR",
            exit_code=ExitCode.ENVIRONMENT,
        )
    return user / ".local" / "share"


def make_private_folder(path: Path) -> None:
    """Make ``path`` and its missing parents with mode 0700, or check the folder that is there.

    Raises CertkitError (exit 3) ``home.not-a-folder``, ``home.not-ours`` or
    ``home.writable-by-others`` with the command that puts it right; OSError from the system.
    """
    missing = []
    at = path
    while not exists(at):
        missing.append(at)
        at = at.parent
    for folder in reversed(missing):
        try:
            folder.mkdir(PRIVATE_FOLDER)
        except FileExistsError:  # another certkit was faster; what it made is checked below
            continue
        folder.chmod(PRIVATE_FOLDER)  # whatever the umask took away from us
    check_private_folder(path)
    if sys.platform != "win32" and not missing and _holds_nothing_else(path):
        path.chmod(PRIVATE_FOLDER)


def exists(path: Path) -> bool:
    """Whether something stands at ``path``; OSError, unlike pathlib, where nobody can know."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _holds_nothing_else(path: Path) -> bool:
    """So that nobody's project folder, named by mistake, is closed to others."""
    return all(each.name in HOME_FILES for each in path.iterdir())


def check_private_folder(path: Path) -> None:
    """Refuse a home that is not the caller's own or that others may write to.

    A folder reached through a link counts by its target; the link itself must be the caller's or
    root's, or its owner could point it elsewhere tomorrow. Raises as :func:`make_private_folder`.
    """
    link, target = path.lstat(), path.stat()
    if not stat.S_ISDIR(target.st_mode):
        raise _refused("not-a-folder", f"{path} is not a folder", "choose another: --home DIR")
    if sys.platform == "win32":
        return
    me = os.geteuid()
    if stat.S_ISLNK(link.st_mode) and link.st_uid not in (me, 0):
        raise _refused(
            "not-ours",
            f"the CA home {path} is a link that belongs to user {link.st_uid}",
            "choose another home: --home DIR",
        )
    if target.st_uid != me:
        raise _refused("not-ours", *_foreign(path, target.st_uid, me))
    if target.st_mode & _WRITABLE_BY_OTHERS:
        raise _refused(
            "writable-by-others",
            f"others may write to the CA home {path} (mode {stat.S_IMODE(target.st_mode):04o})",
            f"chmod 700 {shlex.quote(str(path))}",
        )


def _foreign(path: Path, owner: int, me: int) -> tuple[str, str]:
    message = f"the CA home {path} belongs to user {owner}, and this is user {me}"
    if path.is_symlink():  # the target is somebody else's property, not a slip of ours
        return f"{message} (it is a link)", "choose another home: --home DIR"
    if owner:  # root with the environment of a user, as after `su`; or another user's home
        return message, f"run certkit as its owner: sudo -u '#{owner}' certkit ...\n{_ANOTHER}"
    return message, f"sudo chown -R {me} {shlex.quote(str(path))}\n{_ANOTHER}"  # made under sudo


def _refused(code: str, message: str, hint: str) -> CertkitError:
    return CertkitError(f"home.{code}", message, hint=hint, exit_code=ExitCode.ENVIRONMENT)
