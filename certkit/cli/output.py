"""A command's result, for people or as the JSON envelope. Nothing else prints."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

import certkit
from certkit.cli import style
from certkit.errors import CertkitError, ExitCode
from certkit.findings import Severity
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from certkit.findings import Finding

SCHEMA_VERSION: Final = 1
_STATUS: Final = {ExitCode.OK: "ok", ExitCode.NO: "no", ExitCode.TODO: "todo"}
_COLOUR: Final = {
    Severity.ERROR: style.red,
    Severity.WARNING: style.yellow,
    Severity.NOTE: style.dim,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a command has to say.

    ``data`` is the envelope's; ``text`` goes to stdout for people (marks of :mod:`.style`
    allowed), ``talk`` to stderr, line by line, and the findings too, unless they are the answer
    and ``text`` tells them already.
    """

    data: Mapping[str, object]
    text: str
    talk: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    exit_code: ExitCode = ExitCode.OK
    findings_in_text: bool = False
    errors: tuple[CertkitError, ...] = ()
    """What failed of a command that did the rest: one trust store of several."""


def show(result: Result, command: str, *, as_json: bool, one_line: bool = False) -> None:
    """stdout carries the result, stderr the talk and the findings.

    ``one_line`` is for the envelopes of a command that prints several.
    """
    if as_json:
        status = _STATUS.get(result.exit_code, "error")
        errors = map(_failure, result.errors) if status == "error" else ()
        _write_json(
            command,
            status,
            result.exit_code,
            result.data,
            result.findings,
            errors,
            indent=None if one_line else 2,
        )
        return
    for line in result.talk:
        _write(sys.stderr, line)
    for finding in () if result.findings_in_text else result.findings:
        for line in finding_lines(finding):
            _write(sys.stderr, line)
    for error in result.errors:
        _write_error(error)
    if result.text:
        _write(sys.stdout, result.text)


def say(line: str) -> None:
    """What must be read before the command goes on: what a password is asked for."""
    _write(sys.stderr, line)


def show_error(error: CertkitError, command: str, *, as_json: bool) -> None:
    """In age's manner: one line that says what is wrong, one that says what to type."""
    if as_json:
        _write_json(command, "error", error.exit_code, {}, (), [_failure(error)])
    else:
        _write_error(error)


def _failure(error: CertkitError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _write_error(error: CertkitError) -> None:
    message = f"{printable(error.message, limit=2000)}  {style.dim(f'[{error.code}]')}"
    _write(sys.stderr, f"certkit: {style.red('error:')} {message}")
    for line in error.hint.splitlines():
        _write(sys.stderr, f"certkit: {style.green('hint:')} {printable(line, limit=2000)}")


def finding_lines(finding: Finding) -> Iterable[str]:
    """A finding for people: what, then why, then the way out."""
    label = _COLOUR[finding.severity](f"{finding.severity}:")
    summary = printable(finding.summary, limit=2000)
    yield f"certkit: {label} {summary}  {style.dim(f'[{finding.code}]')}"
    if finding.severity is not Severity.NOTE:
        yield style.dim(f"  why: {printable(finding.why, limit=2000)}")
    for line in finding.fix.text.splitlines():
        yield f"  fix: {printable(line, limit=2000)}"


def _write_json(
    command: str,
    status: str,
    exit_code: ExitCode,
    data: Mapping[str, object],
    findings: tuple[Finding, ...],
    errors: Iterable[dict[str, str]] = (),
    *,
    indent: int | None = 2,
) -> None:
    import json

    envelope = {
        "schema": SCHEMA_VERSION,
        "certkit": certkit.__version__,
        "command": command,
        "status": status,
        "exit_code": int(exit_code),
        "data": data,
        "findings": [finding.as_dict() for finding in findings],
        "errors": list(errors),
    }
    _write(sys.stdout, json.dumps(envelope, indent=indent, ensure_ascii=True))


def _write(stream: TextIO, text: str) -> None:
    text = style.styled_for(stream, text)
    # A Latin-1 or ASCII terminal must not end a command in a UnicodeEncodeError.
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CertkitError(
            "environment.os-error",
            f"cannot print: {error.strerror or error}",
            hint="what the command did stands; send what it prints elsewhere, and run it again",
            exit_code=ExitCode.ENVIRONMENT,
        ) from error
