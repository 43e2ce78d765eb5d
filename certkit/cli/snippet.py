"""``certkit snippet``: the text that makes a server or a client use a certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from certkit.cli.certificate_files import certificate_files
from certkit.cli.options import HomeOption
from certkit.cli.output import Result
from certkit.cli.style import bold, dim
from certkit.errors import CertkitError
from certkit.snippets import SNIPPETS, SnippetInput, Upstream, find, placed, render
from certkit.text import printable

if TYPE_CHECKING:
    from certkit.snippets import Profile, Snippet

_DEFAULT_UPSTREAM = "ws://127.0.0.1:19808"


def snippet_command(  # noqa: PLR0913 - the interface of the command
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Which one: nginx, python ...", show_default=False),
    ] = None,
    certificate: Annotated[
        str | None,
        typer.Argument(
            metavar="[CERTIFICATE]",
            help="A file, or a name or serial number in this home. [default: the newest one]",
            show_default=False,
        ),
    ] = None,
    *,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="URL",
            help=f"The backend, ws:// or wss://. [default: {_DEFAULT_UPSTREAM}]",
            show_default=False,
        ),
    ] = None,
    listen: Annotated[
        int, typer.Option("--listen", metavar="PORT", help="Where clients connect.")
    ] = 443,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The key. [default: beside the certificate]"),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca",
            metavar="FILE",
            help="The root that clients trust, and a wss:// backend is checked against. "
            "[default: this home's]",
        ),
    ] = None,
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="Of Mozilla's guideline 6.0: intermediate, or modern (TLS 1.3 alone).",
        ),
    ] = "intermediate",
    redirect: Annotated[
        bool, typer.Option("--redirect", help="Also send http on port 80 to https.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the snippets.")] = False,
    home: HomeOption = None,
) -> Result:
    """Print a server or client configuration that fits a certificate.

    \b
    Examples:
      certkit snippet --list
      certkit snippet nginx 10.0.0.5.pem --to ws://127.0.0.1:9001
      certkit snippet nginx --redirect | sudo tee /etc/nginx/conf.d/wss.conf
      certkit snippet python localhost --listen 8443 > wss.py
      certkit snippet haproxy site.pem --to wss://backend.internal --ca root.pem
      certkit snippet env > trust.sh && . ./trust.sh
    """
    if list_:
        return _list()
    if name is None:
        raise CertkitError("usage.bad-arguments", "which snippet?", hint="certkit snippet --list")
    snippet = find(name)
    upstream = Upstream.parse(to or _DEFAULT_UPSTREAM)
    files = certificate_files(certificate, key=key, ca=ca, home=home)
    given = SnippetInput(
        certificate=files.certificate,
        key=files.key,
        names=files.chain[0].names,
        ca=files.ca,
        bundle=files.bundle,
        listen=listen,
        upstream=upstream,
        profile=cast("Profile", profile),
        redirect=redirect,
    )
    text = render(name, given)
    place, check = placed(snippet, given)
    data: dict[str, object] = {
        "name": name,
        "text": text,
        "url": given.url,
        "place": place,
        "check": check,
        "files": {
            role: str(path)
            for role, path in (
                ("certificate", given.certificate),
                ("key", given.key),
                ("ca", given.ca),
            )
            if path
        },
    }
    talk = (
        *_without_effect(snippet, to=to, redirect=redirect, profile=profile),
        f"goes to {printable(place)}",
        f"check it there: {bold(check)}",
    )
    return Result(data, text.removesuffix("\n"), talk, files.findings)


def _without_effect(
    snippet: Snippet, *, to: str | None, redirect: bool, profile: str
) -> tuple[str, ...]:
    """Options that this snippet cannot honour: said, not swallowed."""
    asked = {"--to": to is not None, "--redirect": redirect} if not snippet.proxies else {}
    if snippet.kind == "shell":
        asked["--profile"] = profile != "intermediate"
    return tuple(
        f"{option} changes nothing in the {snippet.name} snippet"
        for option, given in asked.items()
        if given
    )


def _list() -> Result:
    rows = [
        {"name": row.name, "title": row.title, "kind": row.kind, "place": row.place}
        for row in SNIPPETS.values()
    ]
    width = max(map(len, SNIPPETS))
    lines = [f"{bold(f'{row.name:{width}}')}  {row.title}" for row in SNIPPETS.values()]
    return Result({"snippets": rows}, "\n".join(lines), (dim("certkit snippet NAME CERTIFICATE"),))
