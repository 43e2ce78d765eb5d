"""``certkit lab``: endpoints that are broken on purpose, to look at and to learn from."""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli import style
from certkit.cli.output import Result
from certkit.errors import CertkitError
from certkit.text import printable

if TYPE_CHECKING:
    from certkit.diagnose.diagnosis import Diagnosis
    from certkit.lab.certificates import Maker
    from certkit.lab.files import Folder
    from certkit.lab.folder import FolderScenario
    from certkit.lab.lab import Endpoint
    from certkit.lab.page.site import Served
    from certkit.lab.registry import Selection
    from certkit.lab.scenario import Scenario

_LAST_PORT: Final = 65535
_LOOK: Final = 1.0
_SERVING: Final = "serving on loopback; Ctrl-C ends it"
_PortOption = Annotated[
    int,
    typer.Option(
        "--port",
        metavar="PORT",
        help="The port of the first one; others follow. [default: any that is free]",
        show_default=False,
    ),
]
_OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="A new folder for files and roots, removed in the end. [default: temporary]",
        show_default=False,
    ),
]


def list_scenarios() -> Result:
    """List what the lab can break, and the code that certkit finds for it.

    \b
    Examples:
      certkit lab list
      certkit lab list --json
    """
    from certkit.lab.registry import FOLDERS, SCENARIOS

    rows = [
        {"name": row.name, "code": row.code, "broken": row.broken, "kind": kind}
        for kind, scenarios in (("endpoint", SCENARIOS), ("folder", FOLDERS))
        for row in scenarios
    ]
    names, codes = (max(len(row[key]) for row in rows) for key in ("name", "code"))
    lines = [f"{row['name']:{names}}  {row['code']:{codes}}  {row['broken']}" for row in rows]
    return Result({"scenarios": rows}, "\n".join(lines))


def page(*, port: _PortOption = 0, out: _OutOption = None) -> Iterator[Result]:
    """Serve all of it, and an https page that opens each endpoint in your browser.

    What the browser says stands beside what the doctor says. Loopback only, throwaway CAs whose
    keys never leave memory, and no trust store is touched: the page says how to start a browser
    that trusts the lab.

    \b
    Examples:
      certkit lab
      certkit lab --port 8443 --out lab
      certkit lab page --json

    \b
    Exit codes: 130 when it was interrupted, which is how it ends.
    """
    from certkit.lab.lab import running
    from certkit.lab.page.site import ENDPOINTS, Site
    from certkit.lab.registry import FOLDERS, Selection
    from certkit.lab.scenario import Scenario

    site = Site(_look)
    itself = Scenario("lab", "", "the page", handle=site.handle, url="https://localhost:{port}/")
    rest = port + 1 if port else 0
    with (
        _ground(len(ENDPOINTS) + len(FOLDERS), port, out) as (maker, where),
        _running(Selection(ENDPOINTS, FOLDERS), maker, where, rest) as (endpoints, folders),
        running([itself], maker, ports=iter([port]), folder=where) as (page,),
    ):
        site.show(page, endpoints, folders)
        yield Result(
            {
                "page": page.url,
                "ca": str(page.ca),
                "endpoints": [endpoint.as_dict() for endpoint in endpoints],
                "folders": [folder.as_dict() for folder in folders],
            },
            f"{style.bold(page.url)}  opens {len(endpoints)} endpoints, and asks the doctor\n"
            f"  its CA: {printable(str(page.ca))}",
            talk=(_SERVING, *_unserved(folders)),
        )
        _until_interrupted()


def _look(served: Served) -> Diagnosis:
    from certkit.examine import doctor
    from certkit.pki.certificate import Certificate

    roots = Certificate.load_all(served.ca.read_bytes())
    return doctor(served.url, roots=roots, connect=served.connect, **asdict(served.options))


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
    port: _PortOption = 0,
    out: _OutOption = None,
) -> Iterator[Result]:
    """Serve endpoints that are broken on purpose, on loopback, until interrupted.

    Each has a port of its own and certificates of a throwaway CA. What no endpoint shows is a
    folder of files, with the command that finds its fault. No trust store is touched.

    \b
    Examples:
      certkit lab run validity.expired
      certkit lab run name.mismatch chain.self-signed
      certkit lab run expired --port 8443 --out lab
      certkit lab run files.key-mismatch revocation.revoked
      certkit lab run --json

    \b
    Exit codes: 130 when it was interrupted, which is how it ends.
    """
    from certkit.lab.registry import select

    chosen = select(codes or ())
    with (
        _ground(sum(map(len, chosen)), port, out) as (maker, where),
        _running(chosen, maker, where, port) as (served, folders),
    ):
        shown = [*map(_endpoint_lines, served), *map(_folder_lines, folders)]
        yield Result(
            {
                "endpoints": [endpoint.as_dict() for endpoint in served],
                "folders": [folder.as_dict() for folder in folders],
            },
            "\n\n".join("\n".join(lines) for lines in shown),
            talk=(_SERVING, *_unserved(folders)),
        )
        _until_interrupted()


@contextmanager
def _ground(count: int, port: int, out: Path | None) -> Iterator[tuple[Maker, Path]]:
    """Who makes the certificates, and where the roots are, for ``count`` ports from ``port``."""
    from certkit.lab.certificates import Maker
    from certkit.lab.lab import place

    if not 0 <= port <= _LAST_PORT - 2 * count:
        raise CertkitError(
            "usage.bad-arguments",
            f"port {port} leaves no room for {count} endpoints below {_LAST_PORT}",
            hint="certkit lab run --port 8443",
        )
    # A supervisor's way to interrupt; the folder with the roots must go then too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with place(out) as where:
        yield Maker(datetime.now(UTC)), where


@contextmanager
def _running(
    chosen: Selection, maker: Maker, where: Path, port: int
) -> Iterator[tuple[tuple[Endpoint, ...], tuple[Folder, ...]]]:
    from certkit.lab.files import laid_out
    from certkit.lab.lab import ports_from, running

    ports = ports_from(port)
    with (
        running(chosen.endpoints, maker, ports=ports, folder=where) as served,
        laid_out(chosen.folders, maker, where, ports) as folders,
    ):
        yield served, folders


def _until_interrupted() -> None:
    """Many waits in place of one without an end. CPython looks for signals between bytecodes: one
    that came just before such a wait was not seen (13 of 80 on a busy machine, measured).
    """
    while True:
        time.sleep(_LOOK)


def _endpoint_lines(endpoint: Endpoint) -> Iterator[str]:
    shown = endpoint.as_dict()
    yield from _head(endpoint.scenario)
    yield f"  {printable(endpoint.url, limit=500)}"
    yield f"  $ {printable(str(shown['doctor']), limit=2000)}"


def _folder_lines(folder: Folder) -> Iterator[str]:
    yield from _head(folder.scenario)
    yield f"  {printable(str(folder.path), limit=500)}"
    if folder.url is not None:
        yield f"  {folder.url}"
    for words in filter(None, (folder.doctor(), *folder.commands())):
        yield f"  $ {printable(shlex.join(['certkit', *words]), limit=2000)}"


def _unserved(folders: tuple[Folder, ...]) -> Iterator[str]:
    from certkit.lab import nginx

    missing = [each for each in folders if each.scenario.site and each.port is None]
    if missing and nginx.find() is None:
        yield "nginx is not installed: its configurations are files alone"
    elif missing:
        log = printable(str(missing[0].path / "error.log"), limit=500)
        yield f"nginx does not start: {log} says why"


def _head(scenario: Scenario | FolderScenario) -> Iterator[str]:
    yield f"{style.bold(scenario.name)}  {style.dim(f'[{scenario.code}]')}"
    yield f"  {scenario.broken}"
