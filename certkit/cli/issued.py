"""What ``certkit issue`` says: the data for programs, the lines for people."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.cli.options import home_option
from certkit.cli.output import Result
from certkit.cli.style import bold, dim
from certkit.text import argument, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certkit.home.home import Home
    from certkit.home.records import Published
    from certkit.pki.names import Name


def result(
    store: Home,
    published: Sequence[Published],
    snippets: Sequence[str],
    *,
    batch: bool,
    home: Path | None = None,
) -> Result:
    """``data`` is about the first; with ``batch`` (--from) it also lists every one.

    ``home`` is the one that was named, so that the next commands name it too.
    """
    first = published[0]
    printed = _snippets(first, snippets)
    data = _data(first, printed)
    if batch:
        data["certificates"] = [_data(each, {}) for each in published]
    talk = _talk(store, first)
    text = "\n".join(line for each in published for line in _lines_for(each))
    if printed:
        talk = (*talk, text)
        text = "\n".join(printed.values()).rstrip("\n")
    elif len(published) == 1:
        text += "\n" + "\n".join(_next_steps(first, home_option(home)))
    findings = (*store.recovered, *(finding for each in published for finding in each.findings))
    return Result(data, text, talk, findings)


def _data(published: Published, snippets: dict[str, str]) -> dict[str, object]:
    return {
        "certificate": published.issued.certificate.describe(),
        "ca": {"created": published.created, "permitted": list(published.permitted)},
        "files": {role: str(path) for role, path in published.files.items()},
        "snippets": snippets,
    }


def _snippets(published: Published, names: Sequence[str]) -> dict[str, str]:
    if not names:
        return {}
    from certkit.snippets import SnippetInput, render

    files = published.files
    given = SnippetInput(
        certificate=files["certificate"],
        key=files["key"],
        ca=files.get("ca", files["certificate"]),  # self-signed: it is its own root
        bundle=files.get("bundle"),
        names=published.issued.certificate.names,
    )
    return {name: render(name, given) for name in names}


def _talk(store: Home, published: Published) -> tuple[str, ...]:
    if published.key_kept:
        return ("a server goes on with the old certificate until it is reloaded",)
    if not published.created:
        return ()
    extra = f" and {', '.join(published.permitted)}" if published.permitted else ""
    folder = printable(str(store.folder), limit=_WHOLE)
    return (f"created a CA in {folder}, for private names and addresses{extra} only",)


def _lines_for(published: Published) -> Iterable[str]:
    certificate = published.issued.certificate
    names = "  ".join(map(_both_ways, certificate.names))
    yield f"{bold(names)}  {dim(f'until {certificate.not_after:%Y-%m-%d}')}"
    for role in sorted(published.files, key=_ROLE_ORDER.index):
        path = published.files[role]
        yield f"  {role:12} {_short(path)}{dim(_note(role, path, published))}"


def _both_ways(name: Name) -> str:
    """An IDN as people read it and as it stands in the certificate."""
    if name.unicode == name.value:
        return printable(name.value)
    return f"{printable(name.unicode)} ({printable(name.value)})"


_ROLE_ORDER: Final = ("certificate", "key", "bundle", "p12", "der", "ca", "truststore")
_PRIVATE_ROLES: Final = ("key", "bundle", "p12")
_WHOLE: Final = 4096


def _note(role: str, path: Path, published: Published) -> str:
    if role == "ca":
        return "  (what clients trust)"
    if role not in _PRIVATE_ROLES:
        return ""
    shared = path.stat().st_mode & stat.S_IRGRP
    readers = "for you and its group" if shared else "yours alone"
    kept = ", the same as before" if role == "key" and published.key_kept else ""
    return f"  ({readers}{kept})"


def _next_steps(published: Published, at: str) -> Iterable[str]:
    """What a person types next; paths as short as they are from here, ``at`` says which home."""
    certificate = published.issued.certificate
    path = argument(_short(published.files["certificate"]))
    name = next((name for name in certificate.names if not name.is_wildcard), None)
    yield dim("next:")
    if certificate.profile == "client" or name is None or name.type not in ("ip", "dns"):
        yield f"  certkit inspect {path}"
        return
    option = "--ip" if name.type == "ip" else "--host"
    key = "" if "key" in published.files else " --key KEY"
    ca = f" --ca {path}" if certificate.self_signed else ""
    others = dim("or python, caddy ...: snippet --list")
    yield f"  certkit snippet nginx {path}{key}{at}     {others}"
    yield f"  certkit snippet env {path}{ca}{at}       {dim('what clients need to trust it')}"
    yield f"  certkit verify {path} {option} {name}{ca}{at}"


def _short(path: Path) -> str:
    """Relative when it lies below the current folder, in full elsewhere."""
    with suppress(ValueError, OSError):
        path = path.relative_to(Path.cwd().resolve())
    return printable(os.fspath(path), limit=_WHOLE)
