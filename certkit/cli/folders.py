"""A folder of certificates and keys, as certbot, mkcert and people leave them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.cli.target import Target
from certkit.cli.user_files import exposed_key
from certkit.errors import CertkitError
from certkit.pki.load import Contents, read_contents
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIXES: Final = frozenset(
    {
        *(".pem", ".crt", ".cer", ".cert", ".der", ".key"),
        *(".p12", ".pfx", ".p7b", ".p7c", ".crl", ".csr"),
    }
)
_MOST: Final = 200
_SMALL: Final = 2**20
# certbot's names for the certificate; its key is privkey.pem.
_CERTBOT: Final = frozenset({"cert.pem", "fullchain.pem"})


def read_folder(folder: Path, file: Path | None, env: str | None) -> Target:
    """All that the files of ``folder`` hold, each thing once; files of other kinds are left out.

    Nothing is asked: what needs a passphrase and has none given stays closed, with a finding.
    What may not be read is named in ``skipped``. Raises CertkitError ``files.no-certificate`` when
    no certificate is there.
    """
    passphrase = _passphrase(file, env)
    read: list[Contents] = []
    skipped: list[str] = []
    for path in _candidates(folder):
        try:
            contents = _read(path, passphrase)
        except (OSError, CertkitError) as failure:
            skipped.append(f"{printable(path.name)}: {_reason(failure)}")
            continue
        read.append(contents)
    merged = Contents(
        tuple(dict.fromkeys(one for each in read for one in each.certificates)),
        tuple(key for each in read for key in each.keys),
        tuple(one for each in read for one in each.requests),
        tuple(one for each in read for one in each.crls),
        tuple(finding for each in read for finding in each.findings),
    )
    if not merged.certificates:
        raise CertkitError(
            "files.no-certificate",
            f"the folder {str(folder)!r} holds no certificate that can be read",
            hint="\n".join(skipped)
            or "certificates are looked for in files named *.pem, *.crt, "
            "*.cer, *.der, *.p12 and the like",
        )
    return Target(str(folder), merged, folder=True, skipped=tuple(skipped))


def key_beside(certificate: Path, passphrase: tuple[Path | None, str | None]) -> Contents | None:
    """The key that lies beside the file of a certificate under the name that tools give it.

    ``app-key.pem`` (mkcert, certkit), ``app.key``, certbot's ``privkey.pem``. None without one, and
    for one that cannot be read: nobody asked about it.
    """
    stem = certificate.name.removesuffix(certificate.suffix)
    names = [f"{stem}-key.pem", f"{stem}.key"]
    if certificate.name in _CERTBOT:
        names.append("privkey.pem")
    for name in names:
        path = certificate.with_name(name)
        if path == certificate or not path.is_file():
            continue
        try:
            return _read(path, _passphrase(*passphrase))
        except (OSError, CertkitError):
            return None
    return None


def _candidates(folder: Path) -> Iterator[Path]:
    found = sorted(each for each in folder.iterdir() if each.suffix.lower() in _SUFFIXES)
    yield from (each for each in found[:_MOST] if each.is_file())


def _read(path: Path, passphrase: bytes | None) -> Contents:
    if path.stat().st_size > _SMALL:
        raise CertkitError("files.unreadable", "it is larger than 1 MiB", hint="name it alone")
    data = path.read_bytes()
    contents = read_contents(data, source=str(path))
    if contents.keys:
        return replace(contents, findings=contents.findings + exposed_key(path))
    if contents.locked is not None and passphrase is not None:
        return read_contents(data, passphrase=passphrase, source=str(path))
    return contents


def _passphrase(file: Path | None, env: str | None) -> bytes | None:
    if file is None and env is None:
        return None
    from certkit.cli.passphrase import read_passphrase

    return read_passphrase(file, env, prompt="", confirm=False)


def _reason(failure: OSError | CertkitError) -> str:
    if isinstance(failure, CertkitError):
        return failure.message
    return failure.strerror or str(failure)
