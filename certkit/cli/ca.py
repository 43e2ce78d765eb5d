"""``certkit ca``: create the authority on purpose, show it, widen it, hand out its root."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certkit.cli import passphrase as passphrases
from certkit.cli.options import HomeOption, opened
from certkit.cli.output import Result
from certkit.cli.passphrase import PassphraseEnvOption, PassphraseFileOption
from certkit.cli.style import bold, dim, yellow
from certkit.cli.user_files import UserFile, write_files
from certkit.errors import CertkitError, ExitCode
from certkit.findings import Finding, Fix, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certkit.home.home import Home
    from certkit.pki.certificate import Certificate
    from certkit.pki.constraints import Constraints


def init(  # noqa: PLR0913 - the interface of the command
    *,
    permit: Annotated[
        list[str] | None,
        typer.Option("--permit", metavar="NAME", help="Permit this name, address or block too."),
    ] = None,
    unconstrained: Annotated[
        bool, typer.Option("--unconstrained", help="May sign every name. Think twice.")
    ] = False,
    intermediate: Annotated[
        bool,
        typer.Option("--intermediate", help="Sign with an intermediate; Java needs it."),
    ] = False,
    discard_root_key: Annotated[
        bool,
        typer.Option("--discard-root-key", help="Never write the root's key; with --intermediate."),
    ] = False,
    key: Annotated[
        str, typer.Option("--key", metavar="KIND", help="p256, p384, rsa3072, rsa4096, ed25519.")
    ] = "p256",
    days: Annotated[int, typer.Option("--days", help="Days of validity.")] = 3650,
    encrypt: Annotated[
        bool, typer.Option("--encrypt", help="Encrypt the root's key; asks a passphrase.")
    ] = False,
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
    home: HomeOption = None,
) -> Result:
    """Create the certificate authority of a home, with options.

    Without this command, the first `certkit issue` makes one with the defaults.

    \b
    Examples:
      certkit ca init
      certkit ca init --permit dev.example.com --permit 203.0.113.0/24
      certkit ca init --intermediate --discard-root-key
    """
    _check_first(permit or (), key=key, days=days, unconstrained=unconstrained)
    secret = None
    if encrypt or passphrase_file is not None or passphrase_env is not None:
        secret = passphrases.read_passphrase(
            passphrase_file, passphrase_env, prompt="passphrase for the CA's key", confirm=True
        )
    with opened(home) as store:
        store.init(
            permit or (),
            unconstrained=unconstrained,
            key=key,
            days=days,
            intermediate=intermediate,
            discard_root_key=discard_root_key,
            passphrase=secret,
        )
        return shown(store, (f"created a certificate authority in {store.folder}",), new=True)


def _check_first(permit: Sequence[str], *, key: str, days: int, unconstrained: bool) -> None:
    """Refuse what cannot be made before a home or a passphrase is asked for."""
    from certkit.pki.authority import refuse_contradiction
    from certkit.pki.constraints import Constraints
    from certkit.pki.keys import ca_key_kind
    from certkit.pki.profiles import ca_validity

    refuse_contradiction(permit, unconstrained=unconstrained)
    ca_key_kind(key)
    ca_validity(datetime.now(UTC), days)
    Constraints.DEFAULT.widened(permit)


def show(*, home: HomeOption = None) -> Result:
    """Show the CA: subject, fingerprint, validity, what it may sign, its files.

    \b
    Examples:
      certkit ca show
      certkit ca show --json
    """
    with opened(home, create=False) as store:
        return shown(store)


def permit(
    names: Annotated[
        list[str], typer.Argument(metavar="NAMES...", help="DNS names, addresses or blocks.")
    ],
    *,
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
    home: HomeOption = None,
) -> Result:
    """Widen what the CA may sign: the root is signed again, its key and subject stay.

    Certificates issued before stay valid. Clients that trust the old root need the new one
    before they accept the new names.

    \b
    Examples:
      certkit ca permit dev.example.org
      certkit ca permit 203.0.113.0/24
    """
    ask = partial(
        passphrases.read_passphrase,
        passphrase_file,
        passphrase_env,
        prompt="passphrase of the CA's key",
        confirm=False,
    )
    with opened(home, ask, create=False) as store:
        before = store.root
        store.permit(*names)
        if store.root == before:
            return shown(store, ("permitted already; nothing was changed",))
        result = shown(
            store,
            (
                "the root was signed again with the same key; certificates stay valid",
                "give the new root to your clients and take the old one away: certkit ca export",
            ),
        )
        return replace(result, findings=(*result.findings, *_superseded(store)))


def _superseded(store: Home) -> Iterable[Finding]:
    """The trust stores that still hold the root of before."""
    held = store.receipts.outdated(_root(store))
    if not held:
        return
    where = ", ".join(f"{row.store} ({row.path})" for row in held)
    yield Finding(
        "chain.root-superseded",
        Severity.WARNING,
        f"the root of before is still trusted here: {where}",
        "its clients refuse the names that are permitted since now",
        Fix("command", "certkit trust install"),
    )


def export(
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write here instead of stdout."),
    ] = None,
    der: Annotated[
        bool, typer.Option("--der", help="DER instead of PEM: Android, Windows.")
    ] = False,
    truststore: Annotated[
        bool, typer.Option("--truststore", help="A Java truststore; asks a passphrase.")
    ] = False,
    mobileconfig: Annotated[
        bool, typer.Option("--mobileconfig", help="A configuration profile for iOS and iPadOS.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
    home: HomeOption = None,
) -> Result:
    """Hand out the root certificate for clients to trust; never a key.

    \b
    Examples:
      certkit ca export > certkit-root.pem
      certkit ca export --der --out certkit-root.crt
      certkit ca export --truststore --out truststore.p12
      certkit ca export --mobileconfig --out certkit.mobileconfig
    """
    if der + truststore + mobileconfig > 1:
        raise CertkitError(
            "usage.bad-arguments",
            "--der, --truststore and --mobileconfig exclude each other",
            hint="certkit ca export --der --out certkit-root.crt",
        )
    with opened(home, create=False) as store:
        root = _root(store)
    if out is None:
        if der or truststore or mobileconfig:
            raise CertkitError(
                "usage.binary-to-terminal",
                "DER, truststores and profiles go to a file",
                hint="certkit ca export --der --out certkit-root.crt",
            )
        pem = root.pem.decode("ascii")
        return Result({"certificate": root.describe(), "pem": pem}, pem.rstrip("\n"))
    content = root.der if der else root.pem
    if mobileconfig:
        from certkit.pki import formats

        content = formats.mobileconfig(root)
    if truststore:
        from certkit.pki.formats import java_truststore

        secret = passphrases.read_passphrase(
            passphrase_file,
            passphrase_env,
            prompt="passphrase for the truststore",
            confirm=True,
        )
        content = java_truststore([root], passphrase=secret)
    write_files([UserFile(out, content, secret=False)], force=force)
    path = out.absolute()
    return Result(
        {"certificate": root.describe(), "files": {"certificate": str(path)}},
        f"wrote the root certificate to {path}",
    )


def _root(store: Home) -> Certificate:
    if store.root is None:
        raise CertkitError(
            "home.no-ca",
            f"there is no CA in {store.folder}",
            hint="certkit ca init, or certkit issue NAME, which makes one",
            exit_code=ExitCode.ENVIRONMENT,
        )
    return store.root


def shown(store: Home, talk: tuple[str, ...] = (), *, new: bool = False) -> Result:
    """The CA of a home; of a ``new`` one also what browsers will say about its key."""
    from certkit.pki.keys import browser_warnings

    root, constraints = _root(store), store.constraints
    paths = store.files
    files = {"certificate": paths["root"]}
    if "root-key" in paths:
        files["key"] = paths["root-key"]
    files |= {role: path for role, path in paths.items() if role.startswith("intermediate")}
    data = {
        "certificate": root.describe(),
        "constraints": constraints.as_dict() if constraints else None,
        "files": {role: str(path) for role, path in files.items()},
    }
    width = max(12, *map(len, files))
    lines = [
        bold(root.subject),
        f"  {'valid':{width}} {root.not_before:%Y-%m-%d} to {root.not_after:%Y-%m-%d}",
        f"  {'sha256':{width}} {root.sha256}",
        *_constraint_lines(constraints, width),
        *(f"  {role:{width}} {path}" for role, path in files.items()),
    ]
    if "key" not in files:
        lines.append(dim("  the root's key was discarded: the intermediate signs"))
    warned = browser_warnings(root.x509.public_key()) if new else ()
    return Result(data, "\n".join(lines), talk, (*store.recovered, *warned))


def _constraint_lines(constraints: Constraints | None, width: int) -> list[str]:
    head, rest = f"  {'may sign':{width}} ", " " * (width + 3)
    if constraints is None:
        return [yellow(f"{head}EVERY name: this CA is unconstrained")]
    names = " ".join(constraints.dns) or "any name"
    blocks = " ".join(map(str, constraints.ip)) or "any address"
    return [
        f"{head}{names}",
        f"{rest}{blocks}",
        dim(f"{rest}and any e-mail address or URI, which name constraints leave free"),
    ]
