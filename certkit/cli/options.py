"""Options that several commands share, and the one way in which they open the home."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certkit.cli.output import finding_lines, say
from certkit.errors import CertkitError
from certkit.text import argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certkit.home.home import Home

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="The CA home [default: $CERTKIT_HOME, else the user's data directory].",
        show_default=False,
    ),
]
ConnectOption = Annotated[
    str,
    typer.Option(
        "--connect",
        metavar="HOST:PORT",
        help="Dial this instead of the URL's host.",
        show_default=False,
    ),
]
KEY_HELP = "Kind of key: p256, p384, rsa2048, rsa3072, rsa4096 or ed25519."


@contextmanager
def opened(
    home: Path | None, passphrase: Callable[[], bytes] | None = None, *, create: bool = True
) -> Iterator[Home]:
    """The home, locked for this command; says who holds the lock when that takes a while.

    Without ``create`` a missing home stays missing: CertkitError ``home.no-ca`` (exit 3).
    """
    from certkit.home.home import Home

    with Home.open(home, passphrase=passphrase, on_wait=_say_waiting, create=create) as found:
        try:
            yield found
        except CertkitError:
            # On success they are in the result; a failure must not hide that files were mended.
            for finding in found.recovered:
                for line in finding_lines(finding):
                    say(line)
            raise


def _say_waiting(message: str) -> None:
    if sys.stderr.isatty():
        say(f"certkit: {message}")


def home_option(home: Path | None) -> str:
    """``--home`` as it must be typed again, with a blank before it; nothing for the usual home."""
    return f" --home {argument(str(home))}" if home is not None else ""
