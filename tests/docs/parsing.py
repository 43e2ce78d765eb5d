"""Whether a certkit command line that a text shows would be understood: parsed, never run."""

from __future__ import annotations

import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from certkit.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def certkit_commands(lines: Iterable[str]) -> Iterator[list[str]]:
    """The words after ``certkit`` of each line that is such a command, up to a redirection."""
    for line in lines:
        if line.startswith("certkit "):
            yield shlex.split(line.partition(" > ")[0], comments=True)[1:]


def parse(words: list[str]) -> None:
    """Let the command line read ``words``. Raises what it raises when it does not understand."""
    command = typer.main.get_command(app)
    context = command.make_context("certkit", list(words), resilient_parsing=True)
    while hasattr(command, "get_command"):
        if not words or words[0].startswith("-"):
            return
        found = command.get_command(context, words[0])
        if found is None:
            raise LookupError(f"there is no command {words[0]!r}")
        command, words = found, words[1:]
        with suppress(typer.Exit):  # --help is understood, and answers at once
            context = command.make_context("certkit", list(words), parent=context)
