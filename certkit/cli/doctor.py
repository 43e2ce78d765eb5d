"""``certkit doctor``: which layer of an endpoint broke, why, and what repairs it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli import style
from certkit.cli.options import ConnectOption, HomeOption
from certkit.cli.output import Result
from certkit.cli.repair import in_our_files
from certkit.errors import ExitCode
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.cli.anchors import Anchors
    from certkit.diagnose.diagnosis import Diagnosis, Layer
    from certkit.findings import Finding

_MARKS: Final = {"ok": style.green("ok  "), "fail": style.red("FAIL"), "skipped": style.dim("-   ")}
_COLOUR: Final = {"error": style.red, "warning": style.yellow, "note": style.dim}
_EVERY: Final = 5.0


def doctor_command(  # noqa: PLR0913 - the interface of the command
    url: Annotated[str, typer.Argument(metavar="URL", help="wss://, ws://, https:// or http://.")],
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Find out every TLS version and suite that is offered.")
    ] = False,
    idle: Annotated[
        int,
        typer.Option(
            "--idle",
            metavar="SECONDS",
            help="Leave the open WebSocket alone for so long.",
            show_default=False,
        ),
    ] = 0,
    timeout: Annotated[
        int, typer.Option("--timeout", metavar="SECONDS", help="For everything but --idle.")
    ] = 10,
    ca: Annotated[
        list[Path] | None,
        typer.Option(
            "--ca",
            metavar="FILE",
            help="Trust the certificates in FILE, and not this home's root.",
            show_default=False,
        ),
    ] = None,
    system: Annotated[
        bool, typer.Option("--system", help="Trust the roots of this machine too.")
    ] = False,
    connect: ConnectOption = "",
    origin: Annotated[
        str,
        typer.Option(
            "--origin",
            metavar="ORIGIN",
            help="The page that asks: https://app.test. [default: that of the URL's host]",
            show_default=False,
        ),
    ] = "",
    subprotocol: Annotated[
        list[str] | None,
        typer.Option(
            "--subprotocol",
            metavar="NAME",
            help="Ask for this subprotocol; several are asked for in order.",
            show_default=False,
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every 5 seconds until interrupted.")
    ] = False,
    home: HomeOption = None,
) -> Result | Iterator[Result]:
    """Say which layer of an endpoint broke, why, and what repairs it.

    Dials the URL as a client would, goes on where a client would stop, and trusts the root of
    this home. Proxies of the environment are not used.

    \b
    Examples:
      certkit doctor wss://10.0.0.5
      certkit doctor wss://app.test/chat --connect 127.0.0.1:8443 --origin https://app.test
      certkit doctor wss://10.0.0.5 --idle 90
      certkit doctor https://10.0.0.5 --deep --json

    \b
    Exit codes: 0 all is well; 1 a fault was found.
    """
    from certkit.cli.anchors import Anchors
    from certkit.examine import doctor

    trust = Anchors(ca or (), home=home, system=system, passphrase=(None, None))

    def look() -> Result:
        diagnosis = doctor(
            url,
            roots=trust.roots,
            context=trust.context,
            connect=connect or None,
            origin=origin or None,
            subprotocols=subprotocol or (),
            timeout=timeout,
            deep=deep,
            idle=idle or None,
        )
        return _result(diagnosis, trust, home)

    return _again_and_again(look) if watch else look()


def _again_and_again(look: Callable[[], Result]) -> Iterator[Result]:
    """One answer after the other, until somebody interrupts."""
    while True:
        yield look()
        time.sleep(_EVERY)


def _result(diagnosis: Diagnosis, trust: Anchors, home: Path | None) -> Result:
    leaf = diagnosis.chain[0] if diagnosis.chain else None
    findings = in_our_files(diagnosis.findings, leaf, home)
    diagnosis = replace(diagnosis, findings=findings)
    return Result(
        diagnosis.as_dict(),
        "\n".join(_lines(diagnosis)),
        talk=tuple(_talk(trust)),
        findings=findings,
        exit_code=ExitCode.OK if diagnosis.ok else ExitCode.NO,
        findings_in_text=True,
    )


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    yield _headline(diagnosis)
    yield ""
    for layer in diagnosis.layers:
        yield _rung(layer)
    for finding in diagnosis.findings:
        yield ""
        yield from _finding_lines(finding)
    if diagnosis.clients:
        yield ""
        yield style.bold("what clients show:")
        width = max(14, *(len(client) for client, _ in diagnosis.clients))
        for client, words in diagnosis.clients:
            yield f"  {client:{width}} {printable(words, limit=500)}"


def _headline(diagnosis: Diagnosis) -> str:
    url = printable(diagnosis.url, limit=500)
    broken = diagnosis.broken
    if diagnosis.ok:
        return f"{style.green('ok:')} {url} works, every layer of it"
    where = f"breaks at {broken.layer}" if broken else "could not be judged"
    return (
        f"{style.red('no:')} {url} {where}: {printable(diagnosis.findings[0].summary, limit=500)}"
    )


def _rung(layer: Layer) -> str:
    ms = f"{layer.ms:7.1f} ms" if layer.ms else " " * 10
    detail = printable(layer.detail, limit=500)
    if layer.status == "skipped":
        detail = style.dim(detail)
    return f"  {_MARKS[layer.status]}  {layer.layer:9} {ms}  {detail}"


def _finding_lines(finding: Finding) -> Iterator[str]:
    """What, why, and the repair; a patch stands by itself, so that it can be copied."""
    label = _COLOUR[finding.severity](f"{finding.severity}:")
    summary = printable(finding.summary, limit=2000)
    yield f"{label} {summary}  {style.dim(f'[{finding.code}]')}"
    yield style.dim(f"  why: {printable(finding.why, limit=2000)}")
    lines = [printable(line, limit=2000) for line in finding.fix.text.splitlines()]
    if len(lines) == 1:
        yield f"  fix: {lines[0]}"
    else:
        yield "  fix:"
        yield from (f"      {line}" for line in lines)


def _talk(trust: Anchors) -> Iterator[str]:
    if trust.none:
        yield "this home has no CA, so nothing is trusted: add --ca FILE, or certkit ca init"
