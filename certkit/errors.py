"""The one exception certkit raises, and the exit codes that go with it."""

from __future__ import annotations

from enum import IntEnum
from functools import partial
from typing import Final


class ExitCode(IntEnum):
    """What a certkit process answers with.

    >>> ExitCode.USAGE.value
    2
    """

    OK = 0
    NO = 1
    """The answer is no: a name does not match, a renewal is due."""
    USAGE = 2
    """Bad input, a name outside the constraints included."""
    ENVIRONMENT = 3
    """Permission, disk, a missing or locked CA."""
    TODO = 4
    """Done as far as a program can; a person must finish."""
    INTERRUPTED = 130


class CertkitError(Exception):
    """Something certkit cannot do, with the way out.

    ``code`` is stable and meant for programs; ``message`` says what is wrong with the
    value at fault in it (lower case, no full stop); ``hint`` is what to type next.

    >>> error = CertkitError("name.ip-invalid", "'10.0.0.256' is not an IP address",
    ...                      hint="each part of an IPv4 address is 0 to 255")
    >>> error.code, int(error.exit_code)
    ('name.ip-invalid', 2)
    """

    def __init__(
        self, code: str, message: str, *, hint: str, exit_code: ExitCode = ExitCode.USAGE
    ) -> None:
        super().__init__(message)
        self.code: Final = code
        self.message: Final = message
        self.hint: Final = hint
        self.exit_code: Final = exit_code

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a process pool: ``args`` alone does not make one again."""
        again = partial(CertkitError, hint=self.hint, exit_code=self.exit_code)
        return again, (self.code, self.message)
