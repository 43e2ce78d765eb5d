"""``certkit ca import``: take over the root that another tool made, and say what it lacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli import passphrase as passphrases
from certkit.cli.ca import shown
from certkit.cli.options import HomeOption, opened
from certkit.cli.output import Result
from certkit.cli.passphrase import PassphraseEnvOption, PassphraseFileOption
from certkit.cli.user_files import read_file
from certkit.errors import CertkitError
from certkit.findings import Finding, Fix, Severity
from certkit.text import argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.pki.authority import CertificateAuthority


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a tool keeps its root and the root's key, below the folder that people know of."""

    tool: str
    certificate: str
    key: str


# mkcert -CAROOT; minica's working folder; the CA in Caddy's data, and that data; STEPPATH;
# easy-rsa's folder and its pki folder.
LAYOUTS: Final = (
    Layout("mkcert", "rootCA.pem", "rootCA-key.pem"),
    Layout("minica", "minica.pem", "minica-key.pem"),
    Layout("Caddy", "root.crt", "root.key"),
    Layout("Caddy", "pki/authorities/local/root.crt", "pki/authorities/local/root.key"),
    Layout("step", "certs/root_ca.crt", "secrets/root_ca_key"),
    Layout("easy-rsa", "ca.crt", "private/ca.key"),
    Layout("easy-rsa", "pki/ca.crt", "pki/private/ca.key"),
)


def import_command(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="The tool's folder, or the root certificate.")
    ],
    *,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The root's key, where SOURCE is a file."),
    ] = None,
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
    home: HomeOption = None,
) -> Result:
    """Take over the root that mkcert, Caddy, step, minica or easy-rsa made.

    Its certificates and the clients that trust it go on working; the files of the other tool
    stay as they are. An encrypted key stays encrypted, with the same passphrase.

    \b
    Examples:
      certkit ca import "$(mkcert -CAROOT)"
      certkit ca import ~/.local/share/caddy
      certkit ca import ~/.step --passphrase-file password.txt
      certkit ca import root.pem --key root.key
    """
    tool, certificate_file, key_file = _found(source, key)
    certificate, secret_key = read_file(certificate_file), read_file(key_file)
    secret = None
    if b"ENCRYPTED" in secret_key:
        secret = passphrases.read_passphrase(
            passphrase_file, passphrase_env, prompt="passphrase of the CA's key", confirm=False
        )
    authority = _root(certificate, secret_key, secret)
    with opened(home) as store:
        store.adopt(authority, secret)
        talk = (
            f"took over the root of {tool}; {certificate_file} and its key stay where they are",
            "whatever trusts this root goes on trusting it: certkit trust status",
        )
        result = shown(store, talk, new=True)
    return replace(result, findings=(*result.findings, *what_it_lacks(authority)))


def _found(source: Path, key: Path | None) -> tuple[str, Path, Path]:
    """The tool, its root certificate and its root key."""
    if not source.is_dir():
        if key is None and source.exists():
            raise CertkitError(
                "ca.no-key",
                "a certificate alone signs nothing; which key belongs to it?",
                hint=f"certkit ca import {argument(str(source))} --key FILE",
            )
        return "another tool", source, key or source
    for layout in LAYOUTS:
        certificate = source / layout.certificate
        if certificate.exists():
            return layout.tool, certificate, key or _beside(source, layout)
    raise CertkitError(
        "ca.unknown-layout",
        f"no root of a tool that certkit knows is in {str(source)!r}",
        hint="certkit ca import ROOT.pem --key ROOT.key; "
        "known are mkcert, minica, Caddy, step and easy-rsa",
    )


def _beside(source: Path, layout: Layout) -> Path:
    """The key, unless somebody has put it away, as people who are careful do."""
    key = source / layout.key
    if not key.exists():
        raise CertkitError(
            "ca.no-key",
            f"the root of {layout.tool} is there, and its key is not: {str(key)!r}",
            hint=f"where is it kept? certkit ca import {argument(str(source))} --key FILE",
        )
    return key


def _root(certificate: bytes, key: bytes, passphrase: bytes | None) -> CertificateAuthority:
    from datetime import UTC, datetime

    from certkit.pki.authority import CertificateAuthority

    authority = CertificateAuthority.load(certificate, key, passphrase=passphrase)
    root = authority.root
    if not root.self_signed:
        raise CertkitError(
            "ca.not-a-root",
            f"{root.subject} is signed by another CA: {root.issuer}",
            hint="import the root at the top; clients trust that one",
        )
    if root.not_after < datetime.now(UTC):
        raise CertkitError(
            "validity.issuer-expired",
            f"{root.subject} has expired on {root.not_after:%Y-%m-%d}: it signs nothing any more",
            hint="make a new CA: certkit ca init",
        )
    return authority


def what_it_lacks(authority: CertificateAuthority) -> Iterator[Finding]:
    """What a CA of certkit has, or what some client asks for, and this root does not have."""
    from cryptography import x509

    from certkit.judge import verify_chain

    root = authority.root
    if root.constraints is None:
        yield Finding(
            "ca.unconstrained",
            Severity.WARNING,
            "this CA may sign for every name: whoever gets its key can pose as any site",
            "every client that trusts it believes it for google.com too",
            Fix("advice", "a new CA is held to private names: certkit ca init --home DIR"),
        )
    basic = root.extension(x509.BasicConstraints)
    if basic is not None and basic.value.path_length == 0:
        yield Finding(
            "ca.no-intermediate",
            Severity.NOTE,
            "this root may sign certificates of servers and no intermediate (pathlen 0)",
            "Java keeps constraints only of an intermediate; step-ca and Vault bring their own",
            Fix("advice", "for an intermediate make a new CA: certkit ca init --intermediate"),
        )
    try:
        issued = authority.issue("localhost", days=1)
    except CertkitError:  # it may not sign that name, and then its constraints say enough
        return
    yield from verify_chain(issued.certificate, roots=[root], name="localhost").findings
