"""Key kinds, generation and PKCS#8 serialisation."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from certkit.errors import CertkitError
from certkit.findings import Finding, Fix, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class KeyKind:
    """A kind of key that certkit makes."""

    name: str
    generate: Callable[[], PrivateKey]


def _rsa(bits: int) -> Callable[[], PrivateKey]:
    return lambda: rsa.generate_private_key(public_exponent=65537, key_size=bits)


# P-521 and ML-DSA are left out: Chromium refuses the one, most clients the other (measured).
KEY_KINDS: Final = {
    kind.name: kind
    for kind in (
        KeyKind("p256", lambda: ec.generate_private_key(ec.SECP256R1())),
        KeyKind("p384", lambda: ec.generate_private_key(ec.SECP384R1())),
        KeyKind("rsa2048", _rsa(2048)),
        KeyKind("rsa3072", _rsa(3072)),
        KeyKind("rsa4096", _rsa(4096)),
        KeyKind("ed25519", ed25519.Ed25519PrivateKey.generate),
    )
}
_ALIASES: Final = {"ecdsa": "p256", "ec": "p256", "rsa": "rsa2048"}

# A CA key signs for years, so a small RSA key is not offered for one.
CA_KEY_KINDS: Final = ("p256", "p384", "rsa3072", "rsa4096", "ed25519")


def key_kind(name: str) -> KeyKind:
    """The kind called ``name``, in any case and with or without a dash: ``P-256``, ``rsa-2048``.

    Raises CertkitError ``key.unknown-kind``.
    """
    folded = name.lower().replace("-", "").replace("_", "")
    try:
        return KEY_KINDS[_ALIASES.get(folded, folded)]
    except KeyError:
        raise CertkitError(
            "key.unknown-kind",
            f"unknown kind of key {name!r}",
            hint=f"choose one of: {' '.join(KEY_KINDS)}",
        ) from None


def ca_key_kind(name: str) -> KeyKind:
    """As :func:`key_kind`, for a key that signs certificates. Raises ``key.too-small-for-ca``."""
    kind = key_kind(name)
    if kind.name not in CA_KEY_KINDS:
        raise CertkitError(
            "key.too-small-for-ca",
            f"a CA does not get the key {kind.name}: it must outlive every certificate it signs",
            hint=f"choose one of: {' '.join(CA_KEY_KINDS)}",
        )
    return kind


def browser_warnings(key: PublicKeyTypes) -> tuple[Finding, ...]:
    """A warning for a key that browsers refuse in a certificate; ``()`` for the others."""
    if isinstance(key, rsa.RSAPublicKey):
        return ()
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _BROWSER_CURVES:
        return ()
    algorithm = describe_public_key(key)["algorithm"]
    return (
        Finding(
            "crypto.browser-unsupported-key",
            Severity.WARNING,
            f"browsers refuse a certificate with a key of the kind {algorithm}",
            "measured: ERR_SSL_VERSION_OR_CIPHER_MISMATCH in Chromium, for Ed25519 also "
            "SSL_ERROR_NO_CYPHER_OVERLAP in Firefox; OpenSSL, GnuTLS, Java, Go and Node accept it",
            Fix("command", "certkit issue --new-key --key p256 NAMES..."),
        ),
    )


def signature_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | None:
    """The hash that goes with ``key``: P-384 signs SHA-384, Ed25519 has its own, others SHA-256."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size > 256:
        return hashes.SHA384()
    return hashes.SHA256()


def dump_private_key(key: PrivateKeyTypes, passphrase: bytes | None = None) -> bytes:
    """``key`` as PKCS#8 PEM; with a passphrase, encrypted with PBES2 (see :mod:`.pkcs8`)."""
    if passphrase is None:
        return key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    from certkit.pki.pkcs8 import encrypt_pkcs8

    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return encrypt_pkcs8(der, passphrase, salt=os.urandom(16), iv=os.urandom(16))


def load_private_key(data: bytes, passphrase: bytes | None = None) -> PrivateKeyTypes:
    """A private key from PEM or DER (PKCS#8, PKCS#1, SEC 1), encrypted or not.

    Raises CertkitError ``files.encrypted-key`` without a needed passphrase or with a wrong one,
    ``files.wrong-format`` when ``data`` holds no private key. The data is never quoted.
    """
    try:
        return _load(data, passphrase)
    except TypeError:
        if passphrase is not None:  # for a key that has none: no fault
            return load_private_key(data)
        raise CertkitError(
            "files.encrypted-key",
            "the private key is encrypted and no passphrase was given",
            hint="pass --passphrase-file FILE or --passphrase-env NAME",
        ) from None
    except (ValueError, UnsupportedAlgorithm) as error:
        if passphrase is not None and b"ENCRYPTED" in data:
            raise CertkitError(
                "files.encrypted-key",
                "the passphrase does not open the private key",
                hint="check the passphrase; its last newline is dropped, nothing else",
            ) from error
        raise CertkitError(
            "files.wrong-format",
            "this is not a private key that can be read",
            hint="a key in PEM begins with -----BEGIN PRIVATE KEY-----",
        ) from error


def _load(data: bytes, passphrase: bytes | None) -> PrivateKeyTypes:
    pem = b"-----BEGIN" in data
    load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    try:
        return load(data, passphrase)
    except BaseException as error:
        # cryptography 50 panics in Rust, past `except Exception`, over a short IV in a DEK-Info.
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("damaged") from error


_BROWSER_CURVES: Final = ("secp256r1", "secp384r1")
_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def describe_public_key(key: PublicKeyTypes) -> dict[str, object]:
    """``{"algorithm": "ECDSA P-256", "bits": 256}`` and the like."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        curve = _CURVES.get(key.curve.name, key.curve.name)
        return {"algorithm": f"ECDSA {curve}", "bits": key.curve.key_size}
    if isinstance(key, rsa.RSAPublicKey):
        return {"algorithm": "RSA", "bits": key.key_size}
    if isinstance(key, ed25519.Ed25519PublicKey):
        return {"algorithm": "Ed25519", "bits": 256}
    if isinstance(key, ed448.Ed448PublicKey):
        return {"algorithm": "Ed448", "bits": 456}
    name = type(key).__name__.strip("_").removesuffix("PublicKey")
    return {"algorithm": name, "bits": getattr(key, "key_size", None)}


def same_public_key(one: PublicKeyTypes, other: PublicKeyTypes) -> bool:
    """Whether both are the same key: nginx does not notice an EC certificate beside an RSA key."""
    return public_key_der(one) == public_key_der(other)


def public_key_der(key: PublicKeyTypes) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
