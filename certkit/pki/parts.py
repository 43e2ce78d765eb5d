"""The parts of a bundle, put together from files in any order: leaf, intermediates, root, key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError
from certkit.pki import formats
from certkit.pki.certificate import Certificate, to_pem
from certkit.pki.keys import dump_private_key, public_key_der
from certkit.pki.order import Ordered, called, has_key, newest_versions, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


class Parts:
    """Certificates and keys as somebody gave them, and what a bundle takes from them."""

    def __init__(
        self, certificates: tuple[Certificate, ...], keys: tuple[PrivateKeyTypes, ...]
    ) -> None:
        self.given: Final = certificates
        self.certificates: Final = tuple(dict.fromkeys(certificates))
        self.keys: Final = tuple({public_key_der(key.public_key()): key for key in keys}.values())

    @cached_property
    def ordered(self) -> Ordered:
        """Raises CertkitError ``files.no-certificate``, ``files.several-leaves``."""
        return order(self.certificates, keys=[key.public_key() for key in self.keys])

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """Leaf first, no root. Raises as :attr:`ordered`."""
        return self.ordered.chain

    @cached_property
    def roots(self) -> tuple[Certificate, ...]:
        """Every self-signed certificate, each in its newest version.

        Raises CertkitError ``files.no-root``.
        """
        roots = newest_versions(one for one in self.certificates if one.self_signed)
        if not roots:
            raise CertkitError(
                "files.no-root",
                "there is no root certificate here, and nothing else is a trust anchor",
                hint="give the root as well; that of this home: certkit ca export",
            )
        return tuple(roots)

    @cached_property
    def key(self) -> PrivateKeyTypes:
        """The key of the leaf, or the only one where there is no certificate.

        Raises CertkitError ``files.no-key``, ``files.several-keys``, ``files.key-mismatch``.
        """
        if not self.keys:
            raise CertkitError(
                "files.no-key",
                "there is no private key here",
                hint="name the file with the key as well",
            )
        if not self.certificates:
            if len(self.keys) > 1:
                raise CertkitError(
                    "files.several-keys",
                    f"{len(self.keys)} keys here, and no certificate that says which one is meant",
                    hint="give one of them, or its certificate",
                )
            return self.keys[0]
        leaf = self.chain[0]
        mine = [key for key in self.keys if has_key(leaf, key.public_key())]
        if not mine:
            formats.check_key(self.keys[0], leaf)
        return mine[0]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file. ``make(parts, passphrase, salt, name)`` gives its bytes.

    ``secret``: it holds a key. ``binary``: it does not belong on a terminal. ``sealed``: it needs
    a passphrase. ``suffixes`` choose it from a file's name.
    """

    name: str
    what: str
    make: Callable[[Parts, Seal], bytes]
    suffixes: tuple[str, ...] = ()
    secret: bool = False
    binary: bool = False
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Seal:
    """What goes into a bundle beside its parts."""

    passphrase: bytes
    salt: bytes
    name: str


def _p12(parts: Parts, seal: Seal) -> bytes:
    return formats.pkcs12(
        parts.key,
        parts.chain,
        passphrase=seal.passphrase,
        name=seal.name or called(parts.chain[0]),
        salt=seal.salt,
    )


def _truststore(parts: Parts, seal: Seal) -> bytes:
    return formats.java_truststore(parts.roots, passphrase=seal.passphrase)


FORMATS: Final = {
    row.name: row
    for row in (
        Format(
            "fullchain",
            "the certificate and its intermediates, for nginx and most servers",
            lambda parts, _: to_pem(parts.chain),
        ),
        Format("cert", "the certificate alone", lambda parts, _: to_pem(parts.chain[:1])),
        Format("chain", "the intermediates alone", lambda parts, _: to_pem(parts.chain[1:])),
        Format("root", "the roots, for clients to trust", lambda parts, _: to_pem(parts.roots)),
        Format(
            "keychain",
            "key, certificate and intermediates in one file, for HAProxy",
            lambda parts, _: formats.key_and_chain(parts.key, parts.chain),
            secret=True,
        ),
        Format(
            "key",
            "the key, not encrypted",
            lambda parts, _: dump_private_key(parts.key),
            suffixes=(".key",),
            secret=True,
        ),
        Format(
            "encrypted-key",
            "the key, encrypted",
            lambda parts, seal: dump_private_key(parts.key, seal.passphrase),
            secret=True,
            sealed=True,
        ),
        Format(
            "p12",
            "PKCS#12 with key and chain, for Java, Node, .NET and Windows",
            _p12,
            suffixes=(".p12", ".pfx"),
            secret=True,
            binary=True,
            sealed=True,
        ),
        Format("truststore", "the roots for Java to trust", _truststore, binary=True, sealed=True),
        Format(
            "der",
            "the certificate alone, binary",
            lambda parts, _: parts.chain[0].der,
            suffixes=(".der",),
            binary=True,
        ),
    )
}
