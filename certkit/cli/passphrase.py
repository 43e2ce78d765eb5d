"""Where a passphrase comes from: a file, an environment variable or a terminal; never from argv."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from certkit.errors import CertkitError, ExitCode

PassphraseFileOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Read the passphrase from FILE; one line end at its end is dropped.",
        show_default=False,
    ),
]
PassphraseEnvOption = Annotated[
    str | None,
    typer.Option(
        "--passphrase-env",
        metavar="NAME",
        help="Take the passphrase from the environment variable NAME.",
        show_default=False,
    ),
]

_MAX_BYTES: Final = 1024  # OpenSSL cuts or refuses longer ones, depending on the format


def read_passphrase(file: Path | None, env: str | None, *, prompt: str, confirm: bool) -> bytes:
    """The passphrase, at least one byte, from the one source that is given, else from the terminal.

    ``prompt`` says which one (``passphrase for site.p12``); ``confirm`` asks twice, for a
    passphrase that will lock something. Without a source and without a terminal nothing is
    asked: a script must not hang.

    Raises CertkitError, exit code 2: ``passphrase.two-sources``, ``passphrase.not-given``,
    ``passphrase.not-found``, ``passphrase.empty``, ``passphrase.too-long``,
    ``passphrase.not-the-same``; exit code 3: ``passphrase.unreadable``.
    """
    if file is not None and env is not None:
        raise CertkitError(
            "passphrase.two-sources",
            "a passphrase file and a passphrase variable were given",
            hint="keep one of --passphrase-file and --passphrase-env",
        )
    if file is not None:
        value = _from_file(file)
    elif env is not None:
        value = _from_environment(env)
    else:
        value = _from_terminal(prompt, confirm=confirm)
    if not value:
        raise CertkitError(
            "passphrase.empty",
            "the passphrase is empty",
            hint="give one of at least one character",
        )
    if len(value) > _MAX_BYTES:
        raise CertkitError(
            "passphrase.too-long",
            f"the passphrase is longer than {_MAX_BYTES} bytes",
            hint="is it the right file? a passphrase file holds the passphrase alone",
        )
    return value


def _from_file(file: Path) -> bytes:
    """Read more than is allowed, but not a whole disk; ``/dev/fd/3`` and pipes work too."""
    try:
        with file.open("rb") as stream:
            value = stream.read(_MAX_BYTES + 3)
    except FileNotFoundError:
        raise CertkitError(
            "passphrase.not-found",
            f"there is no passphrase file {str(file)!r}",
            hint="give the path of a file that holds the passphrase alone",
        ) from None
    except OSError as error:
        raise CertkitError(
            "passphrase.unreadable",
            f"the passphrase file {str(file)!r} cannot be read: {error.strerror or error}",
            hint="check that it is a file that you may read",
            exit_code=ExitCode.ENVIRONMENT,
        ) from error
    return value.removesuffix(b"\n").removesuffix(b"\r")


def _from_environment(name: str) -> bytes:
    if name not in os.environ:
        raise CertkitError(
            "passphrase.not-found",
            f"the environment variable {name!r} is not set",
            hint="export it, or give --passphrase-file FILE",
        )
    return os.fsencode(os.environ[name])


def _from_terminal(prompt: str, *, confirm: bool) -> bytes:
    # sys.stdin is None under pythonw and in some services.
    if sys.stdin is None or not sys.stdin.isatty():
        raise CertkitError(
            "passphrase.not-given",
            f"the {prompt} is needed and there is no terminal to ask for it",
            hint="give --passphrase-file FILE or --passphrase-env NAME",
        )
    from getpass import getpass

    try:
        value = getpass(f"{prompt}: ")
        if confirm and getpass("the same again: ") != value:
            raise CertkitError(
                "passphrase.not-the-same",
                "the two passphrases differ",
                hint="run the command again",
            )
    except EOFError:
        raise CertkitError(
            "passphrase.not-given",
            "the input ended before a passphrase was given",
            hint="type it, or give --passphrase-file FILE or --passphrase-env NAME",
        ) from None
    return value.encode("utf-8", "surrogateescape")
