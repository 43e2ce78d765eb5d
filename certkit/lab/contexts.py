"""TLS as servers set it up: as certkit does, or with one thing wrong."""

from __future__ import annotations

import ssl
import warnings
from typing import TYPE_CHECKING

from certkit.tls import load_cert_chain, server_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.pki.certificate import Issued

    MakeContext = Callable[[Issued], ssl.SSLContext]


def modern(issued: Issued) -> ssl.SSLContext:
    return server_context(issued)


def lenient(issued: Issued) -> ssl.SSLContext:
    """Takes certificates that OpenSSL refuses to load: RSA of 1024 bits, SHA-1."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("DEFAULT:@SECLEVEL=0")
    load_cert_chain(made, issued)
    return made


def only(version: ssl.TLSVersion) -> MakeContext:
    def make(issued: Issued) -> ssl.SSLContext:
        made = lenient(issued)
        made.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = made.maximum_version = version
        return made

    return make


def of_tls12(ciphers: str) -> MakeContext:
    """TLS 1.2 and these suites alone."""

    def make(issued: Issued) -> ssl.SSLContext:
        made = server_context(issued)
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers(ciphers)
        return made

    return make


def answering_names_with(alert: int) -> MakeContext:
    """The alert for every name, and for none (openssl calls back without SNI too)."""

    def make(issued: Issued) -> ssl.SSLContext:
        made = server_context(issued)
        made.sni_callback = lambda *_: alert
        return made

    return make


def wanting_a_client_certificate(version: ssl.TLSVersion) -> MakeContext:
    """No CA is named, so that none will do. TLS 1.2 and 1.3 refuse with different alerts."""

    def make(issued: Issued) -> ssl.SSLContext:
        made = server_context(issued)
        made.minimum_version = made.maximum_version = version
        made.verify_mode = ssl.CERT_REQUIRED
        return made

    return make
