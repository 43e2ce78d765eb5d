"""The parts of a bundle, put together from files in any order: leaf, intermediates, root, key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError
from certkit.findings import Finding, Fix, Severity
from certkit.pki import formats
from certkit.pki.certificate import to_pem
from certkit.pki.keys import describe_public_key, dump_private_key, public_key_der
from certkit.pki.order import Ordered, called, find_leaf, has_key, newest_versions, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from certkit.pki.certificate import Certificate


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
            raise _no_key()
        if not self.certificates:
            if len(self.keys) > 1:
                raise CertkitError(
                    "files.several-keys",
                    f"{len(self.keys)} keys here, and no certificate that says which one is meant",
                    hint="give one of them, or its certificate",
                )
            return self.keys[0]
        leaf = self.chain[0]
        mine = [key for key in self.keys if _certified(key, (leaf,))]
        if not mine:
            formats.check_key(self.keys[0], leaf)
        return mine[0]


@dataclass(frozen=True, slots=True)
class Seal:
    """What goes into a bundle beside its parts: ``salt`` is 16 random bytes."""

    passphrase: bytes
    salt: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: ``make`` gives its bytes, ``takes`` the certificates that go into it.

    ``secret``: it holds a key. ``binary``: it does not belong on a terminal. ``sealed``: it needs
    a passphrase. A file name with one of ``suffixes`` asks for it.
    """

    name: str
    what: str
    make: Callable[[Parts, Seal], bytes]
    takes: Callable[[Parts], tuple[Certificate, ...]]
    suffixes: tuple[str, ...] = ()
    secret: bool = False
    binary: bool = False
    sealed: bool = False


def _chain(parts: Parts) -> tuple[Certificate, ...]:
    return parts.chain


def _leaf(parts: Parts) -> tuple[Certificate, ...]:
    return parts.chain[:1]


def _intermediates(parts: Parts) -> tuple[Certificate, ...]:
    if len(parts.chain) == 1:
        raise CertkitError(
            "files.no-intermediate",
            f"no issuer of the certificate for {called(parts.chain[0])} is here, beside the root",
            hint="name the file with the intermediate as well",
        )
    return parts.chain[1:]


def _roots(parts: Parts) -> tuple[Certificate, ...]:
    return parts.roots


def _nothing(_: Parts) -> tuple[Certificate, ...]:
    return ()


def _pkcs12(parts: Parts, seal: Seal) -> bytes:
    return formats.pkcs12(
        parts.key,
        parts.chain,
        passphrase=seal.passphrase,
        name=seal.name or called(parts.chain[0]),
        salt=seal.salt,
    )


def _pem(takes: Callable[[Parts], tuple[Certificate, ...]]) -> Callable[[Parts, Seal], bytes]:
    return lambda parts, _: to_pem(takes(parts))


_TABLE: Final = (
    Format("fullchain", "certificate and intermediates", _pem(_chain), _chain),
    Format("cert", "certificate", _pem(_leaf), _leaf),
    Format("chain", "intermediates", _pem(_intermediates), _intermediates),
    Format("root", "root", _pem(_roots), _roots),
    Format(
        "keychain",
        "key, certificate and intermediates",
        lambda parts, _: formats.key_and_chain(parts.key, parts.chain),
        _chain,
        secret=True,
    ),
    Format(
        "key",
        "key, not encrypted",
        lambda parts, _: dump_private_key(parts.key),
        _nothing,
        suffixes=(".key",),
        secret=True,
    ),
    Format(
        "encrypted-key",
        "key, encrypted",
        lambda parts, seal: dump_private_key(parts.key, seal.passphrase),
        _nothing,
        secret=True,
        sealed=True,
    ),
    Format(
        "p12",
        "PKCS#12 with key, certificate and intermediates",
        _pkcs12,
        _chain,
        suffixes=(".p12", ".pfx"),
        secret=True,
        binary=True,
        sealed=True,
    ),
    Format(
        "truststore",
        "truststore with the root; Java needs -Djavax.net.ssl.trustStorePassword too",
        lambda parts, seal: formats.java_truststore(parts.roots, passphrase=seal.passphrase),
        _roots,
        binary=True,
        sealed=True,
    ),
    Format(
        "der",
        "certificate, binary",
        lambda parts, _: parts.chain[0].der,
        _leaf,
        suffixes=(".der",),
        binary=True,
    ),
)
FORMATS: Final = {row.name: row for row in _TABLE}


def mismatches(parts: Parts) -> tuple[Finding, ...]:
    """A ``files.key-mismatch`` for each key without a certificate, and for a leaf without its key.

    Certificates of several chains (one with an EC and one with an RSA key, say) may come together.
    Raises CertkitError ``files.no-key``, ``files.no-certificate``.
    """
    if not parts.keys:
        raise _no_key()
    leaf = _only_leaf(parts.certificates)
    lonely = [key for key in parts.keys if not _certified(key, parts.certificates)]
    if not lonely and leaf and not any(_certified(key, (leaf,)) for key in parts.keys):
        lonely = list(parts.keys)  # the key of an issuer, which is no use to a server
    return tuple(_mismatch(key, leaf or parts.certificates[0]) for key in lonely)


def _only_leaf(certificates: tuple[Certificate, ...]) -> Certificate | None:
    try:
        return find_leaf(certificates)
    except CertkitError as error:
        if error.code == "files.no-certificate":
            raise
        return None


def _certified(key: PrivateKeyTypes, certificates: tuple[Certificate, ...]) -> bool:
    public = key.public_key()
    return any(has_key(one, public) for one in certificates)


def _mismatch(key: PrivateKeyTypes, certificate: Certificate) -> Finding:
    mine = describe_public_key(key.public_key())["algorithm"]
    its = describe_public_key(certificate.public_key)["algorithm"] if certificate.public_key else ""
    return Finding(
        "files.key-mismatch",
        Severity.ERROR,
        f"the key ({mine}) does not belong to the certificate for {called(certificate)} ({its})",
        'nginx, HAProxy and Node stop at it ("key values mismatch")'
        if mine == its
        else "the types differ: nginx -t passes and every handshake fails (no shared cipher); "
        "Apache's configtest does not look at all",
        Fix("advice", "find the key that it was issued with; certkit list names its own files"),
    )


def _no_key() -> CertkitError:
    return CertkitError(
        "files.no-key",
        "there is no private key here",
        hint="name the file with the key as well",
    )
