"""The refusal of a name, with what to type instead."""

from __future__ import annotations

import shlex
from typing import Final

from certkit.errors import CertkitError
from certkit.text import printable

_SHOWN: Final = 80


class NameRefused(CertkitError):
    """A text that is no name certkit issues for.

    ``instead`` holds the arguments that would have been right, where they are known; the hint
    is then ``certkit issue`` with them, and a caller behind another command builds its own.

    >>> refusal = NameRefused("name.port", "'nas.test:8443' has a port", instead=("nas.test",))
    >>> refusal.hint
    'certkit issue nas.test'
    """

    def __init__(
        self, code: str, message: str, *, hint: str = "", instead: tuple[str, ...] = ()
    ) -> None:
        super().__init__(code, message, hint=command("issue", *instead) if instead else hint)
        self.instead: Final = instead


def command(*arguments: str) -> str:
    """A certkit command that a shell takes as it stands.

    >>> command("issue", "*.app.test")
    "certkit issue '*.app.test'"
    """
    return shlex.join(["certkit", *arguments])


def quoted(text: str) -> str:
    """``text`` as a message may show it: quoted, escaped, cut.

    >>> quoted("a\\nb")
    "'a\\\\nb'"
    """
    return f"'{printable(text, limit=_SHOWN)}'"
