"""``certkit inspect``: what is in a certificate, key, request, revocation list or chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli import style
from certkit.cli.certificate_fields import Row, rows
from certkit.cli.chain_text import chain_lines
from certkit.cli.options import ConnectOption
from certkit.cli.other_fields import crl_data, crl_rows, request_data, request_rows
from certkit.cli.output import Result
from certkit.cli.passphrase import PassphraseEnvOption, PassphraseFileOption
from certkit.cli.targets import read_target
from certkit.errors import CertkitError
from certkit.pki.keys import describe_public_key
from certkit.pki.load import read_contents
from certkit.pki.order import Ordered, has_key, order
from certkit.pki.quiet import quietly
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from certkit.cli.target import Target
    from certkit.pki.certificate import Certificate


_TARGET_HELP: Final = (
    "A file (certificate, key, request, chain, PKCS#12, PKCS#7, CRL), a folder of them, or a "
    "wss:// or https:// URL."
)


def inspect_command(
    target: Annotated[str, typer.Argument(metavar="TARGET", help=_TARGET_HELP)],
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say below each field what it means.")
    ] = False,
    connect: ConnectOption = "",
    passphrase_file: PassphraseFileOption = None,
    passphrase_env: PassphraseEnvOption = None,
) -> Result:
    """Show what is in a certificate, key, request or chain.

    Nothing is judged (that is `certkit verify`), and a private key is described, never shown.

    \b
    Examples:
      certkit inspect 10.0.0.5.pem
      certkit inspect 10.0.0.5.pem --explain
      certkit inspect wss://10.0.0.5
      certkit inspect site.p12 --passphrase-file secret.txt
    """
    seen = read_target(
        target,
        connect=connect,
        passphrase_file=passphrase_file,
        passphrase_env=passphrase_env,
        locked_is_fine=True,
    )
    with quietly():
        return _inspected(seen, explain=explain)


def _inspected(seen: Target, *, explain: bool) -> Result:
    contents = seen.contents
    ordered = _ordered(contents.certificates)
    keys = [_Key.of(key, seen) for key in contents.keys]
    if contents.locked is not None and not keys:
        keys.append(_Key({"algorithm": None, "bits": None}, encrypted=True))
    if not (contents.certificates or keys or contents.requests or contents.crls):
        raise _nothing_here(seen)
    data: dict[str, object] = {
        "target": seen.label,
        "certificates": [certificate.describe() for certificate in contents.certificates],
        "chain": [certificate.sha256 for certificate in ordered],
        "keys": [key.data() for key in keys],
        "requests": [request_data(request) for request in contents.requests],
        "crls": [crl_data(crl) for crl in contents.crls],
        "connection": _connection(seen),
    }
    blocks = [style.bold(_headline(seen, len(keys)))]
    if len(ordered) > 1:
        blocks.append("\n".join(chain_lines(ordered, datetime.now(UTC))))
    blocks += [
        "\n".join(
            [style.bold(title), *(line for row in found for line in row.lines(explain=explain))]
        )
        for title, found in _parts(seen, keys)
    ]
    return Result(
        data,
        "\n\n".join(blocks),
        findings=tuple(each for each in contents.findings if each.code != "files.encrypted-key"),
    )


def _nothing_here(seen: Target) -> CertkitError:
    """A file whose only parts cannot be read, or a server that sent nothing."""
    reasons = [(each.summary, each.fix.text) for each in seen.contents.findings]
    summary, hint = (reasons or [("there is no certificate here", "check the path")])[0]
    return CertkitError("files.unreadable", summary, hint=hint)


def _headline(seen: Target, keys: int) -> str:
    contents = seen.contents
    counts = (
        (len(contents.certificates), "certificate"),
        (keys, "private key"),
        (len(contents.requests), "certificate request"),
        (len(contents.crls), "revocation list"),
    )
    parts = [f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count]
    line = f"{printable(seen.label, limit=500)}: {' and '.join(parts)}"
    if seen.sent is None:
        return line
    version = seen.sent.version or f"handshake not finished: {seen.sent.interrupted}"
    return f"{line}, sent by {seen.sent.peer} ({version})"


def _ordered(certificates: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """The chain that the certificates make, root included; nothing when they make none."""
    try:
        found: Ordered = order(certificates)
    except CertkitError:
        return ()
    root = (found.root,) if found.root else ()
    return (*found.chain, *root)


def _parts(seen: Target, keys: Iterable[_Key]) -> Iterator[tuple[str, Iterable[Row]]]:
    """Title and fields of everything that was found."""
    contents = seen.contents
    count = len(contents.certificates)
    for number, certificate in enumerate(contents.certificates, 1):
        place = f" {number} of {count}" if count > 1 else ""
        yield f"certificate{place}: {certificate.profile}", rows(certificate)
    for key in keys:
        yield "private key", key.rows()
    for request in contents.requests:
        yield "certificate request", request_rows(request, seen.label)
    for crl in contents.crls:
        yield "revocation list", crl_rows(crl)


@dataclass(frozen=True, slots=True)
class _Key:
    """A private key, in everything but its value; ``file`` is where its certificate stands."""

    kind: dict[str, object]
    encrypted: bool
    certificate: Certificate | None = None
    file: Path | None = None

    @classmethod
    def of(cls, key: PrivateKeyTypes, seen: Target) -> _Key:
        public = key.public_key()
        encrypted = any(each.code == "files.encrypted-key" for each in seen.contents.findings)
        here = [each for each in seen.contents.certificates if has_key(each, public)]
        certificate, file = (here[0], None) if here else _beside(Path(seen.label), key)
        return cls(describe_public_key(public), encrypted, certificate, file)

    def data(self) -> dict[str, object]:
        return {
            **self.kind,
            "encrypted": self.encrypted,
            "certificate": self.certificate.sha256 if self.certificate else None,
            "file": str(self.file) if self.file else None,
        }

    def rows(self) -> Iterator[Row]:
        seen = self.kind["algorithm"] is not None
        yield Row(
            "kind",
            f"{self.kind['algorithm']} ({self.kind['bits']} bits)"
            if seen
            else "not to be seen without its passphrase: --passphrase-file FILE",
            "which algorithm; the certificate's key must be of the same kind",
        )
        yield Row(
            "encrypted",
            "yes" if self.encrypted else "no",
            "whether a passphrase protects it; a server that starts by itself cannot type one",
        )
        if seen:
            yield Row(
                "belongs to",
                self._owner(),
                "a server needs the certificate and the key that belong together",
            )

    def _owner(self) -> str:
        if self.certificate is None:
            return "no certificate in this file or its folder"
        names = ", ".join(name.unicode for name in self.certificate.names)
        where = f", in {self.file}" if self.file else ""
        return f"the certificate for {names or self.certificate.subject}{where}"


_NEIGHBOURS: Final = 200
_SMALL: Final = 256 * 1024
_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".cert", ".der"})


def _beside(path: Path, key: PrivateKeyTypes) -> tuple[Certificate | None, Path | None]:
    """The certificate of ``key`` among the files of the same folder, and where it stands."""
    public = key.public_key()
    try:
        files = sorted(
            each
            for each in path.absolute().parent.iterdir()
            if each.suffix.lower() in _SUFFIXES and each.is_file()
        )
        small = [each for each in files[:_NEIGHBOURS] if each.stat().st_size <= _SMALL]
    except OSError:
        return None, None
    for file in small:
        try:
            certificates = read_contents(file.read_bytes()).certificates
        except (OSError, CertkitError):
            continue
        for certificate in certificates:
            if has_key(certificate, public):
                return certificate, file
    return None, None


def _connection(seen: Target) -> dict[str, object] | None:
    if seen.sent is None:
        return None
    return {"peer": seen.sent.peer, "version": seen.sent.version, "cipher": seen.sent.cipher}
