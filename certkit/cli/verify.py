"""``certkit verify``: is this certificate good for that name, and if not, why not."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli import style
from certkit.cli.chain_text import by_severity, chain_lines, finding_lines
from certkit.cli.options import HomeOption
from certkit.cli.output import Result
from certkit.cli.passphrase import PassphraseEnvOption, PassphraseFileOption
from certkit.cli.targets import read_target, read_with_passphrase
from certkit.errors import CertkitError, ExitCode
from certkit.findings import has_error
from certkit.home.location import home_path
from certkit.pki.certificate import Certificate
from certkit.pki.load import Contents
from certkit.pki.order import find_leaf, has_key
from certkit.pki.parts import Parts, mismatches
from certkit.text import printable
from certkit.verify.identity import reference
from certkit.verify.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from certkit.cli.targets import Target
    from certkit.findings import Finding
    from certkit.verify.clients import Prediction

_TARGET_HELP: Final = "A file (PEM, DER, PKCS#12, PKCS#7) or a wss:// or https:// URL."


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
    strict: Annotated[bool, typer.Option("--strict", help="Warnings make the answer no.")] = False,
    system: Annotated[
        bool, typer.Option("--system", help="Trust the roots of this machine too.")
    ] = False,
    connect: Annotated[
        str,
        typer.Option(
            "--connect",
            metavar="HOST:PORT",
            help="Dial this instead of the URL's host.",
            show_default=False,
        ),
    ] = "",
    clients: Annotated[
        bool, typer.Option("--clients", help="Say what each real client will say, one by one.")
    ] = False,
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
    home: HomeOption = None,
) -> Result:
    """Check a certificate or a live endpoint for a name, with the reason.

    Trusted are the root of this home, or the files given with --ca; never the system's roots
    unless --system asks for them.

    \b
    Examples:
      certkit verify 10.0.0.5.pem --ip 10.0.0.5
      certkit verify wss://10.0.0.5
      certkit verify wss://app.test --connect 127.0.0.1:8443
      certkit verify site.pem --host app.test --ca root.pem --key site-key.pem
      certkit verify site.pem --host app.test --clients
      certkit verify site.p12 --host app.test --at 2027-01-31 --passphrase-file secret.txt

    \b
    Exit codes: 0 the answer is yes; 1 it is no.
    """
    name = _asked_name(host, ip)
    moment = _moment(at)
    passphrase = (passphrase_file, passphrase_env)
    seen = read_target(
        target,
        asked=name,
        connect=connect,
        passphrase_file=passphrase_file,
        passphrase_env=passphrase_env,
    )
    trust = _Trust(ca or (), home=home, system=system, passphrase=passphrase)
    others = [read_with_passphrase(path, *passphrase) for path in untrusted or ()]
    leaf, chain = _leaf_and_chain(seen)
    verdict = judge(
        leaf,
        roots=trust.roots,
        intermediates=(*chain, *(one for each in others for one in each.certificates)),
        name=name or seen.name,
        at=moment,
        purpose=purpose,
        crls=[crl for each in (seen.contents, *others) for crl in each.crls],
        strict=strict,
        context=trust.context,
    )
    keys = read_with_passphrase(key, *passphrase) if key else None
    findings = tuple(
        by_severity(
            (
                *verdict.findings,
                *_about_key(leaf, seen, keys),
                *_about_files((seen.contents, *others)),
            )
        )
    )
    predictions: tuple[Prediction, ...] = ()
    if clients:
        _refuse_clients_without_question(name or seen.name, purpose)
        from certkit.verify.clients import predict

        predictions = predict(
            leaf, roots=trust.roots, intermediates=chain, name=name or seen.name, at=moment
        )
    return _result(seen, name or seen.name, verdict, findings, trust, moment, predictions)


def _refuse_clients_without_question(name: str | None, purpose: str) -> None:
    if name is None or purpose != "server":
        raise CertkitError(
            "usage.bad-arguments",
            "--clients needs the name of a server: clients always ask for one",
            hint="certkit verify TARGET --host NAME --clients",
        )


class _Trust:
    """The roots to trust, and in words where they come from."""

    def __init__(
        self,
        files: Sequence[Path],
        *,
        home: Path | None,
        system: bool,
        passphrase: tuple[Path | None, str | None],
    ) -> None:
        own = _context_root(home) if files else _home_root(home)
        self.sources: dict[Certificate, str] = {}
        if system:
            from certkit.probe.system_roots import system_roots

            self._add(system_roots(), "this machine's roots")
        for path in files:
            contents = read_with_passphrase(path, *passphrase)
            if not contents.certificates:
                raise CertkitError(
                    "files.no-certificate",
                    f"{str(path)!r} holds no certificate to trust",
                    hint="give the root certificate: certkit ca export",
                )
            self._add(contents.certificates, str(path))
        if own is not None and not files:
            self._add([own], "the CA of this home")
        # An old version of the home's root is told from a foreign one by the newer one.
        self.context = [own] if own is not None and files else []
        self.none = not self.sources

    @property
    def roots(self) -> tuple[Certificate, ...]:
        return tuple(self.sources)

    def _add(self, certificates: Iterable[Certificate], source: str) -> None:
        self.sources.update((certificate, source) for certificate in certificates)

    def source(self, certificate: Certificate) -> str | None:
        """Where the trust in ``certificate`` comes from; None when there is none."""
        return self.sources.get(certificate)


def _home_root(home: Path | None) -> Certificate | None:
    """The root of the home, if there is one; looking neither makes a home nor waits for its lock.

    Raises CertkitError ``home.under-sudo``, ``files.wrong-format``.
    """
    try:
        return Certificate.from_pem((home_path(home, os.environ) / "root.pem").read_bytes())
    except OSError:
        return None


def _context_root(home: Path | None) -> Certificate | None:
    """The same where it only helps to explain, so that no trouble with it matters."""
    try:
        return _home_root(home)
    except CertkitError:
        return None


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


def _leaf_and_chain(seen: Target) -> tuple[Certificate, tuple[Certificate, ...]]:
    """A server's first certificate is its leaf, whatever it is; in a file it is looked for."""
    certificates = seen.contents.certificates
    if not certificates:
        raise CertkitError(
            "files.no-certificate",
            f"{seen.label!r} holds no certificate",
            hint=f"see what it is: certkit inspect {shlex.quote(seen.label)}",
        )
    leaf = (
        certificates[0]
        if seen.sent
        else find_leaf(certificates, keys=[key.public_key() for key in seen.contents.keys])
    )
    return leaf, tuple(each for each in certificates if each != leaf)


def _about_key(leaf: Certificate, seen: Target, given: Contents | None) -> tuple[Finding, ...]:
    """Whether the key given, or else one in the target, belongs to the leaf."""
    keys = given.keys if given is not None else seen.contents.keys
    if given is not None and not keys:
        locked = given.locked
        raise CertkitError(
            locked.code if locked else "files.no-key",
            locked.summary if locked else "the file given with --key holds no private key",
            hint="give its passphrase: --passphrase-file FILE"
            if locked
            else "a key in PEM begins with -----BEGIN PRIVATE KEY-----",
        )
    if not keys or any(has_key(leaf, key.public_key()) for key in keys):
        return ()
    return mismatches(Parts((leaf,), keys))


def _about_files(contents: Iterable[Contents]) -> Iterator[Finding]:
    """Oddities of the files; an encrypted key is none, since a certificate was asked about."""
    for each in contents:
        yield from (finding for finding in each.findings if finding.code != "files.encrypted-key")


def _result(
    seen: Target,
    name: str | None,
    verdict: Verdict,
    findings: tuple[Finding, ...],
    trust: _Trust,
    moment: datetime,
    predictions: tuple[Prediction, ...],
) -> Result:
    good = not has_error(findings)
    data: dict[str, object] = {
        "target": seen.label,
        "name": name,
        "verdict": "pass" if good else "fail",
        "matched_by": verdict.matched_by,
        "chain": [certificate.describe() for certificate in verdict.chain],
        "clients": [prediction.as_dict() for prediction in predictions],
    }
    lines = [_headline(seen, name, verdict, good=good)]
    for finding in findings:
        lines += ["", *finding_lines(finding)]
    source = trust.source(verdict.chain[-1]) if verdict.chain else None
    end = style.green(f"trusted: {printable(source)}") if source else style.red("not trusted here")
    lines += ["", *chain_lines(verdict.chain, moment, end=end)]
    if predictions:
        lines += ["", *_client_lines(predictions)]
    return Result(
        data,
        "\n".join(lines),
        tuple(_talk(seen, name, trust)),
        findings,
        ExitCode.OK if good else ExitCode.NO,
        findings_in_text=True,
    )


def _headline(seen: Target, name: str | None, verdict: Verdict, *, good: bool) -> str:
    label = printable(seen.label, limit=500)
    word = style.green("yes") if good else style.red("no")
    if name is None:
        return f"{word}: {label} is {'a good' if good else 'no good'} certificate"
    shown = printable(name)
    by = verdict.matched_by
    matched = f", matched by {printable(by)}" if good and by and by != name else ""
    return f"{word}: {label} is {'' if good else 'not '}good for {shown}{matched}"


def _client_lines(predictions: Iterable[Prediction]) -> Iterator[str]:
    """A table of the clients, with the words in which each refuses."""
    yield style.bold("clients that trust the same roots:")
    for each in predictions:
        word = _ANSWERS[each.verdict](f"{each.verdict:8}")
        yield f"  {each.client:12} {word} {printable(each.reason, limit=500)}".rstrip()


_ANSWERS: Final = {"accept": style.green, "reject": style.red, "unknown": style.dim}


def _talk(seen: Target, name: str | None, trust: _Trust) -> Iterator[str]:
    if seen.sent is not None:
        sent = seen.sent
        count = len(sent.certificates)
        yield style.dim(
            f"{sent.peer} sent {count} certificate{'s' * (count != 1)} "
            f"({sent.version or 'handshake not finished: ' + str(sent.interrupted)})"
        )
    if name is None:
        yield "no name was checked: add --host NAME or --ip ADDRESS"
    if trust.none:
        yield "this home has no CA, so nothing is trusted: add --ca FILE, or certkit ca init"
