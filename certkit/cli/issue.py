"""``certkit issue``: a certificate for the names given, and the CA with it on first use."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from certkit.cli import passphrase
from certkit.cli.options import KEY_HELP, HomeOption, opened
from certkit.cli.output import Result
from certkit.cli.passphrase import PassphraseEnvOption, PassphraseFileOption
from certkit.cli.style import bold, dim
from certkit.cli.user_files import read_file
from certkit.errors import CertkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from certkit.home.home import Home
    from certkit.home.output import Output
    from certkit.home.records import Published
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
    _refuse_unknown(snippet or ())
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
    leaf: dict[str, Any] = {"client": client, "days": days, "common_name": common_name}
    if key is not None:
        leaf["key"] = key
    with opened(home, partial(ask, prompt="passphrase of the CA's key: ", confirm=False)) as store:
        published = _published(
            store, typed, csr, from_file, output, self_signed=self_signed, leaf=leaf
        )
        return _result(store, published, snippet or (), batch=from_file is not None)


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


def _refuse_unknown(snippets: Sequence[str]) -> None:
    """Before anything is written."""
    if snippets:
        from certkit.snippets import find

        for name in snippets:
            find(name)


def _formats(
    ask: Callable[..., bytes], *, bundle: bool, p12: bool, truststore: bool, der: bool
) -> dict[str, Callable[[Issued], bytes]]:
    """What else is written, and how; the passphrase is asked once, before anything is signed."""
    if not (bundle or p12 or truststore or der):
        return {}
    from certkit.pki import formats

    secret = b""
    if p12 or truststore:
        secret = ask(prompt="passphrase for the new file: ", confirm=True)
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

    if issued.key is None:
        raise CertkitError(
            "issue.no-key",
            "a PKCS#12 file holds the key, and the key stayed with the request",
            hint="certkit bundle CERTIFICATE KEY --to p12 --out FILE",
        )
    alias = str(issued.certificate.names[0])
    return formats.pkcs12(
        issued.key, issued.chain, passphrase=secret, name=alias, salt=os.urandom(16)
    )


def _published(
    store: Home,
    typed: list[Name],
    csr: Path | None,
    from_file: Path | None,
    output: Output,
    *,
    self_signed: bool,
    leaf: dict[str, Any],
) -> tuple[Published, ...]:
    if csr is not None:
        signed = store.sign_csr(read_file(csr), output, client=leaf["client"], days=leaf["days"])
        return (signed,)
    lists = [typed] if from_file is None else _lines(from_file)
    return store.issue_all(lists, output, self_signed=self_signed, **leaf)


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


def _result(
    store: Home, published: Sequence[Published], snippets: Sequence[str], *, batch: bool
) -> Result:
    first = published[0]
    data = _data(first, _snippets(first, snippets))
    if batch:
        data["certificates"] = [_data(each, {}) for each in published]
    talk = _ca_talk(store, first)
    text = "\n".join(line for each in published for line in _lines_for(each))
    if len(published) == 1 and not snippets:
        text += "\n\n" + "\n".join(_next_steps(first))
    elif snippets:
        talk = (*talk, text)
        text = "\n".join(_snippets(first, snippets).values()).rstrip("\n")
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

    key = published.files.get("key")
    if key is None:
        raise CertkitError(
            "snippet.no-key",
            "a snippet needs the path of the key, and the key stayed with the request",
            hint="certkit snippet NAME CERTIFICATE --key FILE",
        )
    given = SnippetInput(
        certificate=published.files["certificate"],
        key=key,
        ca=published.files.get("ca"),
        bundle=published.files.get("bundle"),
        names=published.issued.certificate.names,
    )
    return {name: render(name, given) for name in names}


def _ca_talk(store: Home, published: Published) -> tuple[str, ...]:
    if not published.created:
        return ()
    extra = f", and for {', '.join(published.permitted)}" if published.permitted else ""
    return (
        f"created a certificate authority in {store.folder}",
        dim(f"  it can sign for private names and addresses only{extra}"),
    )


def _lines_for(published: Published) -> Iterable[str]:
    certificate = published.issued.certificate
    names = "  ".join(name.unicode for name in certificate.names)
    yield f"{bold(names)}  {dim(f'until {certificate.not_after:%Y-%m-%d}')}"
    for role in sorted(published.files, key=_ROLE_ORDER.index):
        path = published.files[role]
        yield f"  {role:12} {_short(path)}{dim(_NOTES.get(role, ''))}"


_ROLE_ORDER: Final = ("certificate", "key", "bundle", "p12", "der", "ca", "truststore")
_PRIVATE: Final = "  (yours alone)"
_NOTES: Final = {
    "key": _PRIVATE,
    "bundle": _PRIVATE,
    "p12": _PRIVATE,
    "ca": "  (what clients trust)",
}


def _next_steps(published: Published) -> Iterable[str]:
    """What a person types next; paths as short as they are from here."""
    certificate = published.issued.certificate
    path = shlex.quote(_short(published.files["certificate"]))
    name = next((name for name in certificate.names if not name.is_wildcard), None)
    if certificate.profile == "client" or name is None or name.type not in ("ip", "dns"):
        yield dim("next:")
        yield f"  certkit inspect {path}"
        return
    option = "--ip" if name.type == "ip" else "--host"
    yield dim("next:")
    yield f"  certkit snippet nginx {path}     {dim('or python, caddy ...: snippet --list')}"
    yield f"  certkit snippet env {path}       {dim('what clients need to trust it')}"
    yield f"  certkit verify {path} {option} {name}"


def _short(path: Path) -> str:
    """Relative to here when that is inside, else below ``~`` in full."""
    try:
        return str(path.relative_to(Path.cwd().resolve()))
    except (ValueError, OSError):
        return os.fspath(path)
