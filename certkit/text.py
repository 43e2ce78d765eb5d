"""Text that came from a peer, a certificate or a user, made safe for a terminal."""

from __future__ import annotations

import re
import shlex
import unicodedata
from typing import Final

_SEVERAL: Final = re.compile(r"[\s,'\"]|^$")
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str, *, limit: int = 200) -> str:
    r"""``text`` with control, bidirectional and format characters escaped, cut after ``limit``.

    >>> printable("a\x1b[31mb\n")
    'a\\x1b[31mb\\n'
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in _UNPRINTABLE
        else character
        for character in cut
    )


def argument(path: str) -> str:
    """``path`` as it is typed in a shell: quoted, and never taken for an option.

    >>> argument("my site/app.pem"), argument("-old/app.pem")
    ("'my site/app.pem'", './-old/app.pem')
    """
    return shlex.quote(f"./{path}" if path.startswith("-") else path)


def one_of_several(text: str) -> str:
    """``text`` to stand in a list with commas: quoted where it would look like more or less.

    >>> one_of_several("app.test"), one_of_several("a, b.test")
    ('app.test', "'a, b.test'")
    """
    return f"'{text}'" if _SEVERAL.search(text) else text
