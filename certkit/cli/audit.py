"""``certkit audit``: what is wrong in nginx configuration and in pages, and the corrected text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certkit.audit import audit, corrected
from certkit.cli.audit_files import write_corrected
from certkit.cli.chain_text import finding_lines
from certkit.cli.output import Result
from certkit.errors import ExitCode
from certkit.findings import Severity
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.audit import Report
    from certkit.findings import Finding


def audit_command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH", help="nginx configuration, pages and scripts, or folders of them."
        ),
    ],
    *,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write a corrected copy beside each file: NAME.fixed.")
    ] = False,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Correct the files themselves; keeps no copy.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a NAME.fixed that is there.")
    ] = False,
) -> Result:
    """Find what breaks wss:// in nginx configuration and in pages.

    Reads nginx.conf with its includes, or a file of conf.d alone, and the certificates that it
    names. In .html .js .mjs .ts .tsx .jsx .vue and .svelte files it looks for ws:// URLs, and for
    wss:// that the page's own Content Security Policy forbids. What stays untouched: comments,
    formatting, and every file without a finding.

    \b
    Examples:
      certkit audit /etc/nginx/nginx.conf
      certkit audit site.conf public/
      certkit audit nginx.conf --fix; diff nginx.conf nginx.conf.fixed
      certkit audit src/ --in-place

    \b
    Exit codes: 0 nothing found but notes; 1 errors or warnings were found,
    with --fix too: it says what the files were like.
    """
    now = datetime.now(UTC)
    report = audit(paths, now=now)
    written: dict[Path, Path] = {}
    if fix or in_place:
        texts = corrected(paths, now=now)
        written = write_corrected(texts, report.patterns, in_place=in_place, force=force)
    findings = tuple(problem.finding() for problem in report.problems)
    bad = any(finding.severity is not Severity.NOTE for finding in findings)
    return Result(
        _data(report, written),
        "\n".join(_text(report, findings, written)),
        tuple(_talk(report)),
        findings,
        ExitCode.NO if bad else ExitCode.OK,
        findings_in_text=True,
    )


def _data(report: Report, written: dict[Path, Path]) -> dict[str, object]:
    return {
        "files": [str(path) for path in report.files],
        "unread": [{"file": str(path), "reason": why} for path, why in report.unread.items()],
        "places": [
            {
                "code": problem.code,
                "file": str(problem.source.path),
                "line": problem.line,
                "patch": problem.patch,
            }
            for problem in report.problems
        ],
        "fixed": [{"file": str(path), "written": str(copy)} for path, copy in written.items()],
    }


def _talk(report: Report) -> Iterator[str]:
    for path, why in report.unread.items():
        yield f"not read: {printable(str(path))} {printable(why)}"


def _text(
    report: Report, findings: tuple[Finding, ...], written: dict[Path, Path]
) -> Iterator[str]:
    for finding in findings:
        yield from finding_lines(finding)
    for copy in written.values():
        yield f"written: {printable(str(copy))}"
    counts = [
        _counted(sum(finding.severity is severity for finding in findings), str(severity))
        for severity in Severity
    ]
    yield f"{_counted(len(report.files), 'file')} read: {', '.join(counts)}"
    if not written and any(problem.edits for problem in report.problems):
        yield "corrected copies: the same command with --fix"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
