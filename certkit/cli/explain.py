"""``certkit explain``: what a finding code or a pasted message means, and what repairs it."""

from __future__ import annotations

import os
import re
import stat
import sys
from contextlib import suppress
from typing import Annotated, Final

import typer

from certkit.cli.output import Result
from certkit.cli.style import bold
from certkit.errors import CertkitError, ExitCode
from certkit.explanations import explanation
from certkit.findings import CODES
from certkit.text import printable

_MOST_OCTETS: Final = 80_000
"""Of stdin; more than what :func:`.recognise` looks at, in any encoding."""
_LIKE_A_CODE: Final = re.compile(r"[a-z]+\.[a-z0-9-]+")


def explain_command(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODE | TEXT",
            help="A finding code, such as name.mismatch, or an error message; - reads stdin.",
        ),
    ] = None,
    *,
    all_codes: Annotated[
        bool, typer.Option("--all", help="List every code with its title.")
    ] = False,
) -> Result:
    """Explain a finding code, or the error message that a browser, client or server printed.

    \b
    Examples:
      certkit explain name.wildcard-depth
      certkit explain net::ERR_CERT_COMMON_NAME_INVALID
      certkit explain "SecurityError: The operation is insecure."
      tail -1 /var/log/nginx/error.log | certkit explain
      certkit explain --all

    \b
    Exit codes: 0 explained; 1 the text is not recognised; 2 there is no such code.
    """
    text = "" if all_codes else _given(words or [])
    if not text:
        width = max(map(len, CODES))
        lines = [f"{name:{width}}  {title}" for name, title in CODES.items()]
        return Result({"codes": dict(CODES)}, "\n".join(lines))
    code = text.lower()
    return _explained(code) if code in CODES else _recognised(text)


def _given(words: list[str]) -> str:
    """The arguments, as one text for whoever forgot the quotes; or what comes in by a pipe."""
    if words == ["-"]:
        text = _stdin()
        if not text:
            raise CertkitError(
                "explain.no-text", "there is nothing on stdin", hint="certkit explain --all"
            )
        return text
    if words:
        return " ".join(words).strip()
    return _stdin() if _piped() else ""


def _piped() -> bool:
    """Whether stdin is a pipe or a file: a terminal or /dev/null has no text to explain."""
    with suppress(OSError, ValueError, AttributeError):  # closed, replaced, or None
        mode = os.fstat(sys.stdin.fileno()).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)
    return False


def _stdin() -> str:
    if sys.stdin is None:
        return ""
    return sys.stdin.buffer.read(_MOST_OCTETS).decode("utf-8", "replace").strip()


def _explained(code: str) -> Result:
    text = explanation(code)
    title = CODES[code]
    return Result(
        {"code": code, "title": title, "explanation": text},
        f"{bold(code)}: {title}\n\n{text}",
    )


def _recognised(text: str) -> Result:
    from certkit.explanations.recognise import first_url, recognise

    code, *also = recognise(text) or ("",)
    if not code:
        return _unknown(text)
    found = _explained(code)
    lines = [found.text]
    if also:
        width = max(map(len, also))
        lines += ["", "The same words may also mean:"]
        lines += [f"  {other:{width}}  {CODES[other]}" for other in also]
    if url := first_url(text):
        lines += ["", f"What it is here: {_doctor(url)}"]
    return Result({**found.data, "also": also}, "\n".join(lines))


def _doctor(url: str) -> str:
    from shlex import quote

    return f"certkit doctor {quote(url)}"


def _unknown(text: str) -> Result:
    """The answer no, with what may help; a text that looks like a code was meant as one."""
    if _LIKE_A_CODE.fullmatch(text.lower()):
        raise _unknown_code(text)
    from certkit.explanations.recognise import first_url

    url = first_url(text)
    hints = [*([f"what it is here: {_doctor(url)}"] if url else []), "codes: certkit explain --all"]
    return Result(
        {"code": None, "also": []},
        f"not recognised: '{printable(text, limit=80)}'",
        talk=tuple(hints),
        exit_code=ExitCode.NO,
    )


def _unknown_code(code: str) -> CertkitError:
    from difflib import get_close_matches

    near = get_close_matches(code[:80], CODES, n=1, cutoff=0.5)
    return CertkitError(
        "explain.unknown-code",
        f"there is no finding code '{printable(code, limit=80)}'",
        hint=f"certkit explain {near[0]}" if near else "certkit explain --all",
    )
