"""``certkit bundle``: convert, join, split and check certificate and key files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli.output import Result
from certkit.cli.passphrase import (
    PassphraseEnvOption,
    PassphraseFileOption,
    read_passphrase,
)
from certkit.cli.user_files import UserFile, exposed_key, read_file, write_files
from certkit.errors import CertkitError, ExitCode
from certkit.findings import Finding, Severity, has_error
from certkit.home.files import failures_named, make_public_folder
from certkit.pki.keys import describe_public_key
from certkit.pki.load import Contents, read_contents
from certkit.pki.order import called, has_key
from certkit.pki.parts import FORMATS, Format, Parts, Seal, mismatches
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certkit.pki.certificate import Certificate

# What --split writes, under the names that certbot made known.
_SPLIT: Final = (
    ("privkey.pem", "key"),
    ("cert.pem", "cert"),
    ("chain.pem", "chain"),
    ("fullchain.pem", "fullchain"),
    ("root.pem", "root"),
)


def bundle_command(  # noqa: PLR0913 - the interface of the command
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES",
            help="Certificates and keys: PEM, DER, PKCS#12 or PKCS#7, in any order.",
        ),
    ],
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help=f"One of: {' '.join(FORMATS)}. [default: by the name of --out, else fullchain]",
            show_default=False,
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write here.", show_default=False),
    ] = None,
    split: Annotated[
        Path | None,
        typer.Option(
            "--split",
            metavar="DIR",
            help=f"Write each part to DIR: {', '.join(name for name, _ in _SPLIT)}.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether key and certificate match.")
    ] = False,
    name: Annotated[
        str,
        typer.Option(
            "--name",
            metavar="ALIAS",
            help="The friendly name in a PKCS#12. [default: the certificate's first name]",
            show_default=False,
        ),
    ] = "",
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            "--new-passphrase-file",
            metavar="FILE",
            help="Protect what is written with this passphrase. [default: the one that opens]",
            show_default=False,
        ),
    ] = None,
    new_passphrase_env: Annotated[
        str | None,
        typer.Option(
            "--new-passphrase-env",
            metavar="NAME",
            help="The same, from an environment variable.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over existing files.")] = False,
) -> Result:
    """Convert, join, split and check certificate and key files.

    Reads PEM, DER, PKCS#12 and PKCS#7 and puts the parts in order: the leaf first, then its
    intermediates; the root is left out where a server would send it.

    \b
    Examples:
      certkit bundle site.pem site-key.pem --check
      certkit bundle leaf.cer intermediate.cer --out fullchain.pem
      certkit bundle site.pem site-key.pem --to keychain --out haproxy.pem
      certkit bundle site.pem site-key.pem --out site.p12 --passphrase-file secret.txt
      certkit bundle root.pem --to truststore --out trust.p12 --passphrase-env STOREPASS
      certkit bundle site.pfx --split site/ --passphrase-file secret.txt
    """
    _refuse_contradictions(to=to, out=out, split=split, check=check)
    chosen = _format(to, out)
    contents = [_read(path, passphrase_file, passphrase_env) for path in files]
    parts = Parts(
        tuple(one for each in contents for one in each.certificates),
        tuple(key for each in contents for key in each.keys),
    )
    if check:
        return _check(parts, contents)
    odd = _oddities(contents)
    if split is not None:
        return _split(parts, split, odd, force=force)
    # What is missing is said before anybody types a passphrase.
    chosen.takes(parts)
    if chosen.secret:
        _ = parts.key
    passphrase = b""
    if chosen.sealed:
        new = (new_passphrase_file, new_passphrase_env)
        file, env = new if any(new) else (passphrase_file, passphrase_env)
        what = f"new passphrase for {out}"
        passphrase = read_passphrase(file, env, prompt=what, confirm=True)
    content = chosen.make(parts, Seal(passphrase, os.urandom(16), name))
    if out is None:
        return _shown(parts, chosen, content.decode("ascii"), odd)
    findings = write_files([UserFile(out, content, chosen.secret)], force=force)
    return _written(parts, [(chosen, out.absolute())], odd + findings)


def _refuse_contradictions(*, to: str, out: Path | None, split: Path | None, check: bool) -> None:
    wishes = [option for option, given in (("--out", out), ("--split", split)) if given]
    if check:
        wishes.append("--check")
    if split or check:
        wishes += ["--to"] if to else []
    if len(wishes) > 1:
        raise CertkitError(
            "usage.bad-arguments",
            f"{' and '.join(wishes)} do not go together",
            hint="certkit bundle --help",
        )


def _read(path: Path, passphrase_file: Path | None, passphrase_env: str | None) -> Contents:
    """What the file holds, opened with the passphrase if it needs one."""
    data = read_file(path)
    contents = read_contents(data, source=str(path))
    if contents.keys:
        contents = replace(contents, findings=contents.findings + exposed_key(path))
    if contents.locked is None:
        return contents
    what = f"passphrase for {path}"
    passphrase = read_passphrase(passphrase_file, passphrase_env, prompt=what, confirm=False)
    contents = read_contents(data, passphrase=passphrase, source=str(path))
    if contents.locked is not None:
        raise CertkitError(
            "files.encrypted-key",
            contents.locked.summary,
            hint="check the passphrase; one line end at its end is dropped, nothing else",
        )
    return contents


def _oddities(contents: Iterable[Contents]) -> tuple[Finding, ...]:
    """What to say of the files beside what converting them repairs.

    Raises CertkitError ``files.wrong-format`` rather than leave out a part that cannot be read.
    """
    repaired = {"files.leaf-not-first", "files.encrypted-key"}
    odd = [one for each in contents for one in each.findings if one.code not in repaired]
    for finding in odd:
        if finding.severity is Severity.ERROR:
            raise CertkitError(finding.code, finding.summary, hint=finding.fix.text)
    return tuple(odd)


def _format(to: str, out: Path | None) -> Format:
    by_suffix = [row for row in FORMATS.values() if out and out.suffix.lower() in row.suffixes]
    chosen = FORMATS.get(to) if to else [*by_suffix, FORMATS["fullchain"]][0]
    if chosen is None:
        raise CertkitError(
            "bundle.unknown-format",
            f"unknown format {to!r}",
            hint=f"choose one of: {' '.join(FORMATS)}",
        )
    if out is None and (chosen.secret or chosen.binary):
        why = "holds a private key" if chosen.secret else "is binary"
        raise CertkitError(
            "bundle.needs-out",
            f"the format {chosen.name} {why} and does not go to stdout",
            hint=f"say where to write it: --to {chosen.name} --out FILE",
        )
    return chosen


def _split(parts: Parts, folder: Path, odd: tuple[Finding, ...], *, force: bool) -> Result:
    present = {
        "key": bool(parts.keys),
        "chain": len(parts.chain) > 1,
        "root": parts.ordered.root is not None,
    }
    rows = [(FORMATS[row], folder / name) for name, row in _SPLIT if present.get(row, True)]
    nothing = Seal(b"", b"", "")
    content = [UserFile(path, row.make(parts, nothing), row.secret) for row, path in rows]
    with failures_named("make the folder"):
        make_public_folder(folder)
    findings = write_files(content, force=force)
    return _written(parts, [(row, path.absolute()) for row, path in rows], odd + findings)


def _check(parts: Parts, contents: Iterable[Contents]) -> Result:
    findings = mismatches(parts) + tuple(one for each in contents for one in each.findings)
    matches = not has_error(findings)
    pairs = [
        (key, one)
        for key in (key.public_key() for key in parts.keys)
        for one in parts.certificates
        if has_key(one, key)
    ]
    data: dict[str, object] = {
        "match": matches,
        "certificates": [one.describe() for one in parts.certificates],
        "keys": [describe_public_key(key.public_key()) for key in parts.keys],
        "pairs": [{"key": describe_public_key(key), "sha256": one.sha256} for key, one in pairs],
    }
    if not matches:
        return Result(data, "no", findings=findings, exit_code=ExitCode.NO)
    text = "\n".join(
        f"yes: the key ({describe_public_key(key)['algorithm']}) belongs to the certificate for "
        f"{printable(called(one))}"
        for key, one in pairs
    )
    return Result(data, text, findings=findings)


def _shown(parts: Parts, chosen: Format, pem: str, odd: tuple[Finding, ...]) -> Result:
    taken, talk = _account(parts, [chosen])
    data = {"format": chosen.name, "files": {}, "pem": pem, **taken}
    return Result(data, pem.rstrip("\n"), talk, odd)


def _written(
    parts: Parts, rows: Sequence[tuple[Format, Path]], findings: tuple[Finding, ...]
) -> Result:
    formats = [row for row, _ in rows]
    taken, talk = _account(parts, formats)
    data = {
        "format": formats[0].name if len(formats) == 1 else "split",
        "files": {row.name: str(path) for row, path in rows},
        "pem": None,
        **taken,
    }
    text = "\n".join(f"{printable(str(path), limit=2000)}: {row.what}" for row, path in rows)
    return Result(data, text, talk, findings)


def _account(parts: Parts, formats: Sequence[Format]) -> tuple[dict[str, object], tuple[str, ...]]:
    """Which certificates went in and which did not, for programs and for people."""
    taken = list(dict.fromkeys(one for row in formats for one in row.takes(parts)))
    left_out = [one for one in parts.certificates if one not in taken] if taken else []
    duplicates = len(parts.given) - len(parts.certificates)
    reordered = [one for one in parts.certificates if one in taken] != taken
    talk = [f"left out: {_description(one)}" for one in left_out]
    if reordered:
        talk.append("put in order: " + ", ".join(printable(called(one)) for one in taken))
    if duplicates:
        talk.append(f"dropped duplicates: {duplicates}")
    data: dict[str, object] = {
        "certificates": [one.describe() for one in taken],
        "left_out": [one.describe() for one in left_out],
        "reordered": reordered,
        "duplicates": duplicates,
    }
    return data, tuple(talk)


def _description(certificate: Certificate) -> str:
    why = "root, which clients have" if certificate.self_signed else "on no path from the leaf"
    return f"{printable(called(certificate))} ({why})"
