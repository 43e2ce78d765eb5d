"""The roots that this machine's OpenSSL programs trust."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from certkit.errors import CertkitError, ExitCode
from certkit.pki.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterator


def system_roots() -> tuple[Certificate, ...]:
    """Every certificate in OpenSSL's default file and folder, or in those that SSL_CERT_FILE and
    SSL_CERT_DIR name.

    Raises CertkitError ``verify.no-system-store`` (exit 3) when there is none.
    """
    found: dict[bytes, Certificate] = {}
    for path in _files():
        try:
            certificates = Certificate.load_all(path.read_bytes())
        except (OSError, CertkitError):
            continue  # a folder of links has dangling ones, and other files too
        found.update((certificate.der, certificate) for certificate in certificates)
    if not found:
        raise CertkitError(
            "verify.no-system-store",
            "this machine has no store of trusted roots where OpenSSL looks for it",
            hint="name the roots: --ca FILE",
            exit_code=ExitCode.ENVIRONMENT,
        )
    return tuple(found.values())


def _files() -> Iterator[Path]:
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        yield Path(paths.cafile)
    if paths.capath:
        yield from sorted(each for each in Path(paths.capath).iterdir() if each.is_file())
