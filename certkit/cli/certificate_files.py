"""Which files on this disk belong to a certificate: its key, the root behind it, the bundle."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.cli.options import opened
from certkit.cli.user_files import read_file
from certkit.errors import CertkitError
from certkit.findings import Severity
from certkit.home.location import home_path
from certkit.home.naming import SUFFIXES
from certkit.home.records import absolute
from certkit.pki.load import read_contents
from certkit.pki.order import has_key

if TYPE_CHECKING:
    from certkit.findings import Finding
    from certkit.home.home import Home
    from certkit.home.records import Recorded
    from certkit.pki.certificate import Certificate
    from certkit.pki.load import Contents

_SERVERS: Final = ("server", "self-signed", "csr")


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Absolute paths. ``chain`` is what stands in the certificate's file."""

    certificate: Path
    chain: tuple[Certificate, ...]
    key: Path | None = None
    ca: Path | None = None
    bundle: Path | None = None
    findings: tuple[Finding, ...] = ()


def certificate_files(
    text: str | None, *, key: Path | None, ca: Path | None, home: Path | None
) -> CertificateFiles:
    """The files of the certificate meant by ``text``; None means the newest one of the home.

    ``text`` is a path, or a name, serial number or fingerprint that the home knows. ``key`` and
    ``ca`` win over what is found. A home that is not there is not made.

    Raises CertkitError: ``home.unknown-certificate``, ``snippet.no-certificate``,
    ``files.not-found``, ``files.wrong-format``, ``files.key-mismatch``, and what the home raises.
    """
    if not (home_path(home, os.environ) / "ledger.db").is_file():
        found = _outside(text)
    else:
        with opened(home) as store:
            found = _inside(store, text)
    if key is not None or ca is not None:
        found = replace(found, key=_absolute(key) or found.key, ca=_absolute(ca) or found.ca)
    return _with_checked_key(found)


def _outside(text: str | None) -> CertificateFiles:
    if text is None:
        raise _none_yet()
    return _from_disk(Path(text))


def _inside(store: Home, text: str | None) -> CertificateFiles:
    if text is not None and Path(text).is_file():
        found = _from_disk(Path(text))
        recorded = _recorded_at(store, found.certificate)
        if recorded is None:
            return replace(found, ca=found.ca or _root_of(store, found.chain))
    else:
        recorded = _newest(store) if text is None else store.find(text)
        path = recorded.path("certificate")
        if path is None:
            raise CertkitError(
                "home.unknown-certificate",
                f"the certificate meant by {text!r} was never written to a file",
                hint="certkit list --all",
            )
        found = _from_disk(path)
    self_signed = recorded.kind == "self-signed"
    return replace(
        found,
        key=recorded.path("key") or found.key,
        bundle=recorded.path("bundle"),
        ca=found.certificate if self_signed else store.files.get("root"),
        findings=(*store.recovered, *found.findings),
    )


def _recorded_at(store: Home, path: Path) -> Recorded | None:
    try:
        return store.find(str(path))
    except CertkitError as error:
        if error.code != "home.unknown-certificate":
            raise
        return None


def _newest(store: Home) -> Recorded:
    found = [
        recorded
        for recorded in store.certificates()
        if recorded.status == "valid" and recorded.kind in _SERVERS
    ]
    if not found:
        raise _none_yet()
    return found[-1]


def _none_yet() -> CertkitError:
    return CertkitError(
        "snippet.no-certificate",
        "this home has no certificate for a server yet",
        hint="make one: certkit issue localhost 127.0.0.1\nor name a file: certkit snippet NAME "
        "CERTIFICATE --key FILE",
    )


def _from_disk(path: Path) -> CertificateFiles:
    """What the file says by itself, and a key that lies beside it by mkcert's habit."""
    path = absolute(path)
    data = read_file(path)
    contents = read_contents(data, source=str(path))
    _refuse_what_servers_cannot_read(path, data, contents)
    beside = path.with_name(path.name.removesuffix(path.suffix) + SUFFIXES["key"])
    key = path if contents.keys or contents.locked else beside if beside.is_file() else None
    ca = path if contents.certificates[0].self_signed else None
    return CertificateFiles(path, contents.certificates, key, ca)


def _refuse_what_servers_cannot_read(path: Path, data: bytes, contents: Contents) -> None:
    if b"-----BEGIN CERTIFICATE-----" not in data or not contents.certificates:
        raise CertkitError(
            "files.wrong-format",
            f"{str(path)!r} is not a certificate in PEM, which is what servers read",
            hint="certkit bundle FILE --out FILE.pem",
        )
    for finding in contents.findings:
        if finding.severity is Severity.ERROR and finding.code != "files.encrypted-key":
            raise CertkitError(finding.code, finding.summary, hint=finding.fix.text)


def _root_of(store: Home, chain: tuple[Certificate, ...]) -> Path | None:
    """This home's root, if it signed the end of the chain."""
    if store.root is None or chain[-1].issuer != store.root.subject:
        return None
    try:
        chain[-1].x509.verify_directly_issued_by(store.root.x509)
    except Exception:  # noqa: BLE001 - bad signature, unknown algorithm, broken key: all "no"
        return None
    return store.files["root"]


def _with_checked_key(found: CertificateFiles) -> CertificateFiles:
    """nginx -t lets a key of another kind pass, and then every handshake fails: look here."""
    if found.key is None or (found.key.exists() and not os.access(found.key, os.R_OK)):
        return found  # a server's key may be root's alone
    contents = read_contents(read_file(found.key), source=str(found.key))
    if contents.locked is not None:
        locked = replace(contents.locked, severity=Severity.WARNING)
        return replace(found, findings=(*found.findings, locked))
    if not any(has_key(found.chain[0], key.public_key()) for key in contents.keys):
        raise CertkitError(
            "files.key-mismatch",
            f"the key in {str(found.key)!r} does not belong to the certificate in "
            f"{str(found.certificate)!r}",
            hint="name the right one: --key FILE",
        )
    return found


def _absolute(path: Path | None) -> Path | None:
    return path.absolute() if path else None
