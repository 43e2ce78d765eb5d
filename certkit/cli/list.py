"""``certkit list``: what this home issued, what is valid, where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli import style
from certkit.cli.options import HomeOption, opened
from certkit.cli.output import Result
from certkit.errors import CertkitError
from certkit.text import printable

if TYPE_CHECKING:
    from certkit.home.home import Home
    from certkit.home.records import Recorded

_NOTHING: Final = "no certificates yet: certkit issue localhost"
_COLOUR: Final = {"valid": style.green, "expired": style.red, "revoked": style.red}


def list_command(
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="Also superseded, revoked and abandoned ones.")
    ] = False,
    home: HomeOption = None,
) -> Result:
    """List the certificates of this home, the CA first.

    \b
    Examples:
      certkit list
      certkit list --all --json
    """
    try:
        with opened(home, create=False) as store:
            listed = _listed(store, all_=all_)
            return Result(
                {"certificates": [_data(record) for record in listed]},
                "\n".join(map(_line, listed)) or _NOTHING,
                findings=store.recovered,
            )
    except CertkitError as error:
        if error.code != "home.no-ca":
            raise
        return Result({"certificates": []}, _NOTHING)


def _listed(store: Home, *, all_: bool) -> list[Recorded]:
    records = store.certificates()
    return [record for record in records if all_ or record.status in ("valid", "expired")]


def _data(record: Recorded) -> dict[str, object]:
    return {
        **record.certificate.describe(),
        "status": record.status,
        "files": {file.role: str(file.path) for file in record.files},
    }


def _line(record: Recorded) -> str:
    certificate = record.certificate
    names = " ".join(name.unicode for name in certificate.names) or certificate.subject
    status = _COLOUR.get(record.status, style.dim)(f"{record.status:10}")
    first = f"{status} {certificate.not_after:%Y-%m-%d}  {record.kind:12} {printable(names)}"
    if certificate.is_ca and certificate.constraints is None:
        first += style.yellow("  may sign EVERY name")
    lines = [first]
    for file in record.files:
        state = "" if file.state == "unchanged" else style.yellow(f"  ({file.state})")
        lines.append(style.dim(f"           {file.role:12} {printable(str(file.path))}") + state)
    return "\n".join(lines)
