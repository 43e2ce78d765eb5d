"""SSLContexts for servers and clients: the single place where certkit sets up TLS in Python.

The settings are those that ``certkit snippet python`` prints: Mozilla's intermediate guideline
6.0, as far as Python's ssl module can express it.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError
from certkit.pki.certificate import Certificate, Issued

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certkit.pki.authority import CertificateAuthority

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""The six TLS 1.2 suites of Mozilla's intermediate guideline; TLS 1.3 has its own."""


def server_context(issued: Issued, *, alpn: Iterable[str] = ("http/1.1",)) -> ssl.SSLContext:
    """A context that serves ``issued`` with its chain.

    ``alpn`` is what the server offers; WebSocket clients speak http/1.1. Raises CertkitError
    ``key.not-here`` for a certificate that came from a CSR.

    >>> import certkit
    >>> context = certkit.server_context(certkit.CertificateAuthority.create().issue("localhost"))
    >>> context.minimum_version.name
    'TLSv1_2'
    """
    if not isinstance(issued, Issued):
        raise _misuse(issued, 'certkit.server_context(ca.issue("localhost"))')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(list(alpn))
    load_cert_chain(context, issued)
    return context


def load_cert_chain(context: ssl.SSLContext, issued: Issued) -> None:
    """``load_cert_chain`` takes nothing but paths (bpo-16487), so the pair passes through
    a file in a private (0700) folder that is gone when this returns.
    """
    key_pem = issued.key_pem
    with TemporaryDirectory(prefix="certkit-") as folder:
        pair = Path(folder, "pair.pem")
        pair.touch(mode=0o600)
        pair.write_bytes(issued.chain_pem + key_pem)
        context.load_cert_chain(pair)


def client_context(ca: CertificateAuthority | Certificate) -> ssl.SSLContext:
    """A context that trusts the root of ``ca`` and nothing else, and checks the name.

    It is as strict as Python 3.13 on every Python, and never reads the common name.

    >>> import certkit
    >>> context = certkit.client_context(certkit.CertificateAuthority.create())
    >>> context.check_hostname, context.verify_mode.name
    (True, 'CERT_REQUIRED')
    """
    root = ca if isinstance(ca, Certificate) else getattr(ca, "root", None)
    if not isinstance(root, Certificate):
        raise _misuse(ca, "certkit.client_context(ca), a CertificateAuthority or its root")
    context = ssl.create_default_context(cadata=root.pem.decode("ascii"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.hostname_checks_common_name = False
    return context


def _misuse(given: object, right: str) -> CertkitError:
    return CertkitError(
        "usage.bad-argument", f"no context can be made from {type(given).__name__}", hint=right
    )
