"""One certkit at a time in a home.

The lock is the kernel's (``flock``): it is gone when its process is, however that ended, so there
is no stale lock to clean up. The file only carries it, and says who holds it.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIMEOUT: Final = 60.0
NOTICE_AFTER: Final = 2.0
_PAUSE: Final = 0.02
_OPEN: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)

if sys.platform != "win32":
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
else:  # Windows; written from the documentation of msvcrt.locking, not run
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0x7FFF_0000, os.SEEK_SET)  # beside the text, which others read
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True


class Lock:
    """The exclusive lock of a home, held from :meth:`acquire` to :meth:`release`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(
        self, *, timeout: float = TIMEOUT, on_wait: Callable[[str], None] | None = None
    ) -> None:
        """Wait for the lock, at most ``timeout`` seconds.

        ``on_wait`` is called once, with a sentence for the user, after two seconds. Raises
        CertkitError ``home.locked`` (exit 3); OSError when the file cannot be made.
        """
        begun = time.monotonic()
        while True:
            descriptor = os.open(self._path, _OPEN, 0o600)
            if _try_lock(descriptor) and self._is_still_there(descriptor):
                break
            holder = _holder(descriptor)
            os.close(descriptor)
            waited = time.monotonic() - begun
            if waited >= timeout:
                raise self._locked(holder)
            if on_wait and waited >= NOTICE_AFTER:
                on_wait(f"waiting for {holder}, which holds the lock {self._path}")
                on_wait = None
            time.sleep(_PAUSE)
        self._descriptor = descriptor
        with suppress(OSError):  # who holds it is good to know, and no reason to fail
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Let the next one in. Releasing twice is harmless."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_still_there(self, descriptor: int) -> bool:
        """Not a file that was removed while we waited: its successor would lock nobody out."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.lstat())
        except FileNotFoundError:
            return False

    def _locked(self, holder: str) -> CertkitError:
        return CertkitError(
            "home.locked",
            f"{holder} holds the lock of the CA home: {self._path}",
            hint="wait for it to finish, or end it, and try again",
            exit_code=ExitCode.ENVIRONMENT,
        )


def _holder(descriptor: int) -> str:
    number = os.read(descriptor, 20).decode("ascii", "replace")
    return f"process {number}" if number.isdigit() else "another process"
