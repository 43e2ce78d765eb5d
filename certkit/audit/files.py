"""Files as they are read for an audit: bounded, each once, never anything but a regular file."""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES: Final = 16 * 2**20
"""The largest file that is read: bundles and lists of redirects are smaller."""
MAX_TOTAL: Final = 512 * 2**20
"""What one audit reads altogether."""

# Without O_NONBLOCK a named pipe in an include would wait for a writer for ever.
_READ: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Unreadable(Exception):
    """Why a file was not read, in words that go on from its name."""


class Source:
    """The text of a file and where its lines begin.

    Bytes that are not UTF-8 are surrogates in ``text``: written back, they are what they were.

    >>> Source(Path("a.conf"), "one;\\ntwo;\\n").line(6)
    2
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path: Final = path
        self.text: Final = text

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        while (newline := self.text.find("\n", starts[-1])) >= 0:
            starts.append(newline + 1)
        return starts

    @cached_property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def line(self, offset: int) -> int:
        """The number of the line at ``offset``, from 1."""
        return bisect_right(self._starts, offset)

    def line_start(self, offset: int) -> int:
        return self._starts[self.line(offset) - 1]

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Where the lines ``first`` to ``last`` begin and end, their line breaks included."""
        end = self._starts[last] if last < len(self._starts) else len(self.text)
        return self._starts[first - 1], end

    def line_end(self, offset: int) -> int:
        """Where the line at ``offset`` ends, before its line break."""
        end = self.text.find("\n", offset)
        if end < 0:
            return len(self.text)
        return end - 1 if end > offset and self.text[end - 1] == "\r" else end


def decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Reader:
    """Reads files; ``texts`` (by resolved path) stand for what the disk holds."""

    def __init__(self, texts: Mapping[Path, str]) -> None:
        self._texts = texts
        self._left = MAX_TOTAL
        self._sources: dict[Path, Source] = {}

    def source(self, path: Path, limit: int = MAX_BYTES) -> Source:
        """The text at ``path``; the same object for every path that leads to the same file.

        Raises Unreadable.
        """
        real = resolved(path)
        if real not in self._sources:
            text = self._texts.get(real)
            if text is None:
                text = decoded(self.data(path, limit))
            self._sources[real] = Source(path, text)
        return self._sources[real]

    def data(self, path: Path, limit: int = MAX_BYTES) -> bytes:
        """The bytes at ``path`` on the disk. Raises Unreadable."""
        try:
            descriptor = os.open(path, _READ)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise Unreadable(_reason(error)) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Unreadable("is not a file")
        with os.fdopen(descriptor, "rb") as file:
            try:
                data = file.read(limit + 1)
            except OSError as error:
                raise Unreadable(_reason(error)) from error
        if len(data) > limit:
            raise Unreadable(f"is larger than {limit // 2**20} MiB")
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable(f"is past the {MAX_TOTAL // 2**20} MiB that one audit reads")
        return data


def resolved(path: Path) -> Path:
    """The one name of a file, whatever links lead to it. Raises Unreadable."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links
        raise Unreadable(_reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "is not there"
    words = error.strerror if isinstance(error, OSError) else str(error)
    return f"cannot be read: {(words or type(error).__name__).lower()}"
