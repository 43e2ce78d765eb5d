"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="The CA home [default: $CERTKIT_HOME, else the user's data directory].",
        show_default=False,
    ),
]
