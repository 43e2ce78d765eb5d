"""``certkit issue``: a certificate for the names given, and the CA with it on first use."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from certkit.cli import passphrase
from certkit.cli.issued import result
from certkit.cli.options import KEY_HELP, HomeOption, opened
from certkit.cli.output import Result
from certkit.cli.passphrase import PassphraseEnvOption, PassphraseFileOption
from certkit.cli.user_files import read_file
from certkit.errors import CertkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from certkit.pki.certificate import Issued
    from certkit.pki.names import Name


def issue_command(  # noqa: PLR0913 - the interface of the command
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAMES]...",
            help="DNS names, wildcards and IP addresses.",
            show_default=False,
        ),
    ] = None,
    *,
    ip: Annotated[
        list[str] | None, typer.Option("--ip", metavar="ADDRESS", help="An IP address.")
    ] = None,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", metavar="NAME", help="A DNS name or wildcard.")
    ] = None,
    email: Annotated[
        list[str] | None, typer.Option("--email", metavar="ADDRESS", help="An e-mail address.")
    ] = None,
    uri: Annotated[list[str] | None, typer.Option("--uri", metavar="URI", help="A URI.")] = None,
    client: Annotated[
        bool, typer.Option("--client", help="A client certificate (mutual TLS).")
    ] = False,
    csr: Annotated[
        Path | None,
        typer.Option("--csr", metavar="FILE", help="Sign this request: its names and its key."),
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="One certificate a line, names by blanks."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the files, made if missing.")
    ] = Path(),
    cert_file: Annotated[
        Path | None, typer.Option("--cert-file", metavar="FILE", help="Name of the certificate.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", metavar="FILE", help="Name of the key.")
    ] = None,
    days: Annotated[
        int, typer.Option("--days", help="Days of validity, 825 at most (Apple's limit).")
    ] = 397,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KIND", help=KEY_HELP, show_default="p256")
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make a new key where the old one would be kept.")
    ] = False,
    common_name: Annotated[
        bool, typer.Option("--common-name", help="Also write the first DNS name into the CN.")
    ] = False,
    self_signed: Annotated[
        bool, typer.Option("--self-signed", help="Without a CA, for those who insist.")
    ] = False,
    bundle: Annotated[
        bool, typer.Option("--bundle", help="Also key and chain in one PEM file.")
    ] = False,
    p12: Annotated[bool, typer.Option("--p12", help="Also a PKCS#12 file; asks a passphrase.")] = (
        False
    ),
    truststore: Annotated[
        bool, typer.Option("--truststore", help="Also a Java truststore; asks a passphrase.")
    ] = False,
    der: Annotated[bool, typer.Option("--der", help="Also the certificate in DER.")] = False,
    group: Annotated[
        str | None,
        typer.Option("--group", metavar="NAME", help="Let this group read the key (mode 0640)."),
    ] = None,
    snippet: Annotated[
        list[str] | None,
        typer.Option("--snippet", metavar="NAME", help="Print this snippet (snippet --list)."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that certkit did not write.")
    ] = False,
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
    home: HomeOption = None,
) -> Result:
    """Issue a certificate for names and addresses; the CA is made on first use.

    The same names in the same folder are issued again with the same key.

    \b
    Examples:
      certkit issue --ip 10.0.0.5
      certkit issue localhost 127.0.0.1 ::1
      certkit issue '*.dev.test' --out certs --snippet nginx
      certkit issue --csr app.csr
      certkit issue --client --email me@dev.test --p12
    """
    from certkit.home.output import Output

    typed = _typed_names(names or (), ip or (), domain or (), email or (), uri or ())
    _one_source(typed, csr, from_file)
    _check_snippets(snippet or (), typed)
    if csr is not None:
        _refuse_with_csr(
            bundle=bundle,
            p12=p12,
            self_signed=self_signed,
            key=key is not None,
            new_key=new_key,
            key_file=key_file is not None,
            common_name=common_name,
            group=group is not None,
        )
    ask = partial(passphrase.read_passphrase, passphrase_file, passphrase_env)
    output = Output(
        folder=out,
        cert_file=cert_file,
        key_file=key_file,
        also=_formats(ask, bundle=bundle, p12=p12, truststore=truststore, der=der),
        group=group,
        force=force,
        new_key=new_key,
    )
    lists = [typed] if from_file is None else _lines(from_file)
    _check_first(home, [name for names in lists for name in names], key=key, days=days, group=group)
    leaf: dict[str, Any] = {"client": client, "days": days, "common_name": common_name}
    if key is not None:
        leaf["key"] = key
    with opened(home, partial(ask, prompt="passphrase of the CA's key", confirm=False)) as store:
        if csr is not None:
            signed = store.sign_csr(read_file(csr), output, client=client, days=days)
            return result(store, [signed], (), batch=False, home=home)
        published = store.issue_all(lists, output, self_signed=self_signed, **leaf)
        batch = from_file is not None
        return result(store, published, snippet or (), batch=batch, home=home)


def _typed_names(
    bare: Sequence[str],
    ip: Sequence[str],
    domain: Sequence[str],
    email: Sequence[str],
    uri: Sequence[str],
) -> list[Name]:
    from certkit.pki.names import parse

    return [
        *(parse(text) for text in bare),
        *(parse(text, "ip") for text in ip),
        *(parse(text, "dns") for text in domain),
        *(parse(text, "email") for text in email),
        *(parse(text, "uri") for text in uri),
    ]


def _one_source(typed: list[Name], csr: Path | None, from_file: Path | None) -> None:
    given = [bool(typed), csr is not None, from_file is not None]
    if sum(given) == 1:
        return
    raise CertkitError(
        "usage.names",
        "names, --csr and --from exclude each other" if any(given) else "no name was given",
        hint="certkit issue localhost 127.0.0.1",
    )


def _check_snippets(snippets: Sequence[str], typed: Sequence[Name]) -> None:
    """Before anything is written: they are known, and there is a name to serve and a key."""
    if not snippets:
        return
    from certkit.snippets import find

    for name in snippets:
        find(name)
    if not any(name.type in ("dns", "ip") for name in typed):
        raise CertkitError(
            "snippet.no-name",
            "a snippet is for one certificate with a DNS name or an IP address, and its key",
            hint="certkit snippet NAME CERTIFICATE --key FILE",
        )


def _refuse_with_csr(**given: bool) -> None:
    """The request brings its own key, and the CA signs it."""
    for option, is_given in given.items():
        if is_given:
            raise CertkitError(
                "issue.not-with-csr",
                f"--{option.replace('_', '-')} has no meaning with --csr: the key stays with the "
                "request, and the CA signs it",
                hint="certkit issue --csr FILE; then for a file with the key: "
                "certkit bundle CERTIFICATE KEY --to p12 --out FILE",
            )


def _check_first(
    home: Path | None, names: Sequence[Name], *, key: str | None, days: int, group: str | None
) -> None:
    """Refuse what cannot be issued before a home is made for it."""
    from certkit.home.files import group_id
    from certkit.home.location import exists, home_path
    from certkit.pki.constraints import Constraints
    from certkit.pki.keys import key_kind
    from certkit.pki.profiles import leaf_validity

    if key is not None:
        key_kind(key)
    if group is not None:
        group_id(group)
    leaf_validity(datetime.now(UTC), days, None)
    if not exists(home_path(home, os.environ)):
        Constraints.DEFAULT.widened(Constraints.DEFAULT.missing_for(names))


def _formats(
    ask: Callable[..., bytes], *, bundle: bool, p12: bool, truststore: bool, der: bool
) -> dict[str, Callable[[Issued], bytes]]:
    """What else is written, and how; the passphrase is asked once, before anything is signed."""
    if not (bundle or p12 or truststore or der):
        return {}
    from certkit.pki import formats

    secret = b""
    if p12 or truststore:
        secret = ask(prompt="passphrase for the new file", confirm=True)
    wanted = {
        "bundle": (bundle, lambda issued: issued.key_pem + issued.chain_pem),
        "p12": (p12, lambda issued: _pkcs12(issued, secret)),
        "truststore": (
            truststore,
            lambda issued: formats.java_truststore([issued.ca], passphrase=secret),
        ),
        "der": (der, lambda issued: issued.certificate.der),
    }
    return {role: make for role, (asked, make) in wanted.items() if asked}


def _pkcs12(issued: Issued, secret: bytes) -> bytes:
    from certkit.pki import formats

    assert issued.key is not None  # noqa: S101 - a CSR with --p12 was refused
    alias = str(issued.certificate.names[0])
    return formats.pkcs12(
        issued.key, issued.chain, passphrase=secret, name=alias, salt=os.urandom(16)
    )


def _lines(path: Path) -> list[list[Name]]:
    """One certificate a line, its names separated by blanks; ``#`` begins a comment."""
    from certkit.pki.names import parse

    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CertkitError(
            "files.wrong-format",
            f"{path} is not a text file in UTF-8",
            hint="write one certificate a line, its names separated by blanks",
        ) from error
    lists: list[list[Name]] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            names = [parse(word) for word in line.partition("#")[0].split()]
        except CertkitError as error:
            message = f"{path}, line {number}: {error.message}"
            raise CertkitError(error.code, message, hint=error.hint) from error
        if names:
            lists.append(names)
    if not lists:
        raise CertkitError(
            "usage.names", f"{path} holds no name", hint="write one certificate a line"
        )
    return lists
