"""``certkit explain``: what a finding code means, how to see it and how to repair it."""

from __future__ import annotations

from typing import Annotated

import typer

from certkit.cli.output import Result
from certkit.cli.style import bold
from certkit.errors import CertkitError
from certkit.explanations import explanation
from certkit.findings import CODES


def explain_command(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="A finding code, such as name.mismatch.")
    ] = "",
    *,
    all_codes: Annotated[
        bool, typer.Option("--all", help="List every code with its title.")
    ] = False,
) -> Result:
    """Explain a finding code.

    \b
    Examples:
      certkit explain name.wildcard-depth
      certkit explain --all
    """
    if all_codes or not code:
        width = max(map(len, CODES))
        lines = [f"{name:{width}}  {title}" for name, title in CODES.items()]
        return Result({"codes": dict(CODES)}, "\n".join(lines))
    known = code.strip().lower()
    if known not in CODES:
        raise _unknown(code)
    code = known
    text = explanation(code)
    title = CODES[code]
    return Result(
        {"code": code, "title": title, "explanation": text},
        f"{bold(code)}: {title}\n\n{text}",
    )


def _unknown(code: str) -> CertkitError:
    from difflib import get_close_matches

    near = get_close_matches(code, CODES, n=1, cutoff=0.5)
    return CertkitError(
        "explain.unknown-code",
        f"there is no finding code {code!r}",
        hint=f"certkit explain {near[0]}" if near else "certkit explain --all",
    )
