"""Light marks for people on a terminal.

Text is written with ANSI marks in it and stripped when it goes elsewhere. Foreign text cannot
smuggle marks in: :func:`certkit.text.printable` escapes ESC.
"""

from __future__ import annotations

import os
import re
from typing import IO, Final

_MARK: Final = re.compile(r"\x1b\[[0-9;]*m")


def bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m"


def dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m"


def red(text: str) -> str:
    return f"\x1b[31m{text}\x1b[0m"


def green(text: str) -> str:
    return f"\x1b[32m{text}\x1b[0m"


def yellow(text: str) -> str:
    return f"\x1b[33m{text}\x1b[0m"


def plain(text: str) -> str:
    return _MARK.sub("", text)


def styled_for(stream: IO[str], text: str) -> str:
    """``text`` as ``stream`` should get it: NO_COLOR (no-color.org), pipes and dumb terminals
    get it plain.
    """
    wanted = stream.isatty() and not os.environ.get("NO_COLOR")
    return text if wanted and os.environ.get("TERM") != "dumb" else plain(text)
