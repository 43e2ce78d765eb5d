"""``certkit verify``: is this certificate good for that name, and if not, why not."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli.anchors import Anchors
from certkit.cli.chain_text import by_severity
from certkit.cli.leaf_and_key import about_files, about_key, leaf_and_chain
from certkit.cli.options import ConnectOption, HomeOption
from certkit.cli.output import Result
from certkit.cli.passphrase import PassphraseEnvOption, PassphraseFileOption
from certkit.cli.repair import in_our_files
from certkit.cli.targets import read_target, read_with_passphrase
from certkit.cli.verdict_text import talk, verdict_text
from certkit.errors import CertkitError, ExitCode
from certkit.findings import has_error
from certkit.verify.identity import reference
from certkit.verify.verdict import judge

if TYPE_CHECKING:
    from certkit.cli.target import Target
    from certkit.findings import Finding
    from certkit.pki.certificate import Certificate
    from certkit.verify.clients import Prediction
    from certkit.verify.verdict import Verdict

_TARGET_HELP: Final = (
    "A file (PEM, DER, PKCS#12, PKCS#7), a folder of them, or a wss:// or https:// URL."
)


def verify_command(  # noqa: PLR0913 - the interface of the command
    target: Annotated[str, typer.Argument(metavar="TARGET", help=_TARGET_HELP)],
    *,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="NAME",
            help="The host name that clients ask for. [default: that of the URL]",
            show_default=False,
        ),
    ] = "",
    ip: Annotated[
        str,
        typer.Option(
            "--ip",
            metavar="ADDRESS",
            help="The IP address that clients ask for.",
            show_default=False,
        ),
    ] = "",
    ca: Annotated[
        list[Path] | None,
        typer.Option(
            "--ca",
            metavar="FILE",
            help="Trust the certificates in FILE, and not this home's root.",
            show_default=False,
        ),
    ] = None,
    untrusted: Annotated[
        list[Path] | None,
        typer.Option(
            "--untrusted",
            metavar="FILE",
            help="Further intermediates and revocation lists.",
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            metavar="FILE",
            help="Check that this private key belongs to the certificate.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Verify for this moment: 2027-01-31 or 2027-01-31T12:00Z. [default: now]",
            show_default=False,
        ),
    ] = "",
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="PURPOSE", help="server or client.")
    ] = "server",
    strict: Annotated[
        bool,
        typer.Option("--strict", help="The CA/Browser Forum's rules and pedantic ones count too."),
    ] = False,
    system: Annotated[
        bool, typer.Option("--system", help="Trust the roots of this machine too.")
    ] = False,
    connect: ConnectOption = "",
    clients: Annotated[
        bool, typer.Option("--clients", help="Say what each real client will say, one by one.")
    ] = False,
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
    home: HomeOption = None,
) -> Result:
    """Check a certificate or a live endpoint for a name, with the reason.

    Trusted are the root of this home, or the files given with --ca; never the system's roots
    unless --system asks for them. A key in the same file or folder, or beside the file
    (app-key.pem, app.key, privkey.pem), is compared with the certificate.

    \b
    Examples:
      certkit verify 10.0.0.5.pem --ip 10.0.0.5
      certkit verify wss://10.0.0.5
      certkit verify wss://app.test --connect 127.0.0.1:8443
      certkit verify site.pem --host app.test --ca root.pem --key site-key.pem
      certkit verify /etc/letsencrypt/live/app.example --host app.example --system
      certkit verify site.pem --host app.test --clients
      certkit verify site.p12 --host app.test --at 2027-01-31 --passphrase-file secret.txt

    \b
    Exit codes: 0 the answer is yes; 1 it is no.
    """
    moment = _moment(at)
    passphrase = (passphrase_file, passphrase_env)
    asked = _asked_name(host, ip)
    seen = read_target(
        target,
        asked=asked,
        connect=connect,
        passphrase_file=passphrase_file,
        passphrase_env=passphrase_env,
    )
    name = asked or seen.name
    trust = Anchors(ca or (), home=home, system=system, passphrase=passphrase)
    others = [read_with_passphrase(path, *passphrase) for path in untrusted or ()]
    contents = (seen.contents, *others)
    leaf, chain = leaf_and_chain(seen, name)
    verdict = judge(
        leaf,
        roots=trust.roots,
        intermediates=(*chain, *(one for each in others for one in each.certificates)),
        name=name,
        at=moment,
        purpose=purpose,
        crls=[crl for each in contents for crl in each.crls],
        strict=strict,
        context=trust.context,
    )
    keys = read_with_passphrase(key, *passphrase) if key else None
    of_files = (*about_key(leaf, seen, keys, passphrase), *about_files(contents))
    findings = (*verdict.findings, *of_files)
    predictions: tuple[Prediction, ...] = ()
    if clients:
        predictions = _predicted(leaf, trust.roots, chain, name, moment, purpose)
    findings = in_our_files(tuple(by_severity(findings)), leaf, home)
    return _result(seen, name, verdict, findings, trust, moment, predictions)


def _predicted(
    leaf: Certificate,
    roots: tuple[Certificate, ...],
    chain: tuple[Certificate, ...],
    name: str | None,
    moment: datetime,
    purpose: str,
) -> tuple[Prediction, ...]:
    if name is None or purpose != "server":
        raise CertkitError(
            "usage.bad-arguments",
            "--clients needs the name of a server: clients always ask for one",
            hint="certkit verify TARGET --host NAME --clients",
        )
    from certkit.verify.clients import predict

    return predict(leaf, roots=roots, intermediates=chain, name=name, at=moment)


def _asked_name(host: str, ip: str) -> str | None:
    if host and ip:
        raise CertkitError(
            "usage.bad-arguments",
            "--host and --ip do not go together",
            hint=f"verify once for each: certkit verify TARGET --ip {shlex.quote(ip)}",
        )
    if ip and reference(ip).type != "ip":
        raise CertkitError(
            "name.ip-invalid",
            f"{ip!r} is not an IP address",
            hint=f"certkit verify TARGET --host {shlex.quote(ip)}",
        )
    return host or ip or None


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CertkitError(
            "usage.bad-time",
            f"{text!r} is not a time",
            hint="such as --at 2027-01-31 or --at 2027-01-31T12:00:00Z",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _result(
    seen: Target,
    name: str | None,
    verdict: Verdict,
    findings: tuple[Finding, ...],
    trust: Anchors,
    moment: datetime,
    predictions: tuple[Prediction, ...],
) -> Result:
    good = not has_error(findings)
    return Result(
        {
            "target": seen.label,
            "name": name,
            "verdict": "pass" if good else "fail",
            "matched_by": verdict.matched_by,
            "chain": [certificate.describe() for certificate in verdict.chain],
            "clients": [prediction.as_dict() for prediction in predictions],
        },
        verdict_text(seen, name, verdict, findings, trust, moment, predictions),
        tuple(talk(seen, name, trust)),
        findings,
        ExitCode.OK if good else ExitCode.NO,
        findings_in_text=True,
    )
