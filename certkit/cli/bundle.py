"""``certkit bundle``: convert, join, split and check certificate and key files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli.output import Result
from certkit.cli.passphrase import (
    PassphraseEnvOption,
    PassphraseFileOption,
    read_passphrase,
)
from certkit.cli.user_files import Output, read_file, write_files
from certkit.errors import CertkitError, ExitCode
from certkit.findings import Finding, Fix, Severity, has_error
from certkit.home.files import git_work_tree
from certkit.pki.keys import describe_public_key
from certkit.pki.load import Contents, read_contents
from certkit.pki.order import called, find_leaf, has_key
from certkit.pki.parts import FORMATS, Format, Parts, Seal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
            metavar="FILES...",
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
    contents = [_read(path, passphrase_file, passphrase_env) for path in files]
    parts = Parts(
        tuple(one for each in contents for one in each.certificates),
        tuple(key for each in contents for key in each.keys),
    )
    if check:
        return _check(parts, contents)
    _refuse_damage(contents)
    if split is not None:
        return _split(parts, split, force=force)
    chosen = _format(to, out)
    sources = (new_passphrase_file or passphrase_file, new_passphrase_env or passphrase_env)
    if new_passphrase_file or new_passphrase_env:
        sources = (new_passphrase_file, new_passphrase_env)
    ...
