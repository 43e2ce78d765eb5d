"""``certkit lab``: endpoints that are broken on purpose, to look at and to learn from."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli import style
from certkit.cli.output import Result
from certkit.errors import CertkitError
from certkit.text import printable

if TYPE_CHECKING:
    from certkit.lab.lab import Endpoint

_LAST_PORT: Final = 65535


def list_scenarios() -> Result:
    """List what the lab can break, and the code that doctor finds for it.

    \b
    Examples:
      certkit lab list
      certkit lab list --json
    """
    from certkit.lab.registry import SCENARIOS

    rows = [{"name": row.name, "code": row.code, "broken": row.broken} for row in SCENARIOS]
    names, codes = (max(len(row[key]) for row in rows) for key in ("name", "code"))
    lines = [f"{row['name']:{names}}  {row['code']:{codes}}  {row['broken']}" for row in rows]
    return Result({"scenarios": rows}, "\n".join(lines))


def run(
    codes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODE",
            help="Codes or names of scenarios. [default: all]",
            show_default=False,
        ),
    ] = None,
    *,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="PORT",
            help="The port of the first one; others follow. [default: any that is free]",
            show_default=False,
        ),
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="A new folder for the roots to trust, removed in the end. [default: temporary]",
            show_default=False,
        ),
    ] = None,
) -> Iterator[Result]:
    """Serve endpoints that are broken on purpose, on loopback, until interrupted.

    Each has a port of its own and certificates of a throwaway CA, whose key never leaves memory.
    No trust store is touched.

    \b
    Examples:
      certkit lab run validity.expired
      certkit lab run name.mismatch chain.self-signed
      certkit lab run expired --port 8443 --out lab
      certkit lab run --json

    \b
    Exit codes: 130 when it was interrupted, which is how it ends.
    """
    from datetime import UTC, datetime

    from certkit.lab.lab import running
    from certkit.lab.registry import select

    chosen = select(codes or ())
    if not 0 <= port <= _LAST_PORT - 2 * len(chosen):
        raise CertkitError(
            "usage.bad-arguments",
            f"port {port} leaves no room for {len(chosen)} endpoints below {_LAST_PORT}",
            hint="certkit lab run --port 8443",
        )
    # A supervisor's way to interrupt; the folder with the roots must go then too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running(chosen, datetime.now(UTC), port=port, folder=out) as endpoints:
        yield Result(
            {"endpoints": [endpoint.as_dict() for endpoint in endpoints]},
            "\n\n".join("\n".join(_lines(endpoint)) for endpoint in endpoints),
            talk=("serving on loopback; Ctrl-C ends it",),
        )
        threading.Event().wait()


def _lines(endpoint: Endpoint) -> Iterator[str]:
    shown = endpoint.as_dict()
    yield f"{style.bold(endpoint.scenario.name)}  {style.dim(f'[{endpoint.scenario.code}]')}"
    yield f"  {endpoint.scenario.broken}"
    yield f"  {printable(endpoint.url, limit=500)}"
    yield f"  $ {printable(str(shown['doctor']), limit=2000)}"
