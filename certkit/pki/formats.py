"""Bundles: one file for one consumer. PEM of a chain is :func:`certkit.pki.certificate.to_pem`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12 as pyca

from certkit.errors import CertkitError
from certkit.pki.certificate import to_pem
from certkit.pki.keys import PrivateKey, dump_private_key
from certkit.pki.order import called, has_key
from certkit.pki.pkcs8 import ROUNDS
from certkit.pki.pkcs12_mac import renew_mac

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.serialization import KeySerializationEncryption

    from certkit.pki.certificate import Certificate

TRUSTSTORE_ROUNDS: Final = 10_000
"""keytool's own figure: what it hides is public, and every start of a JVM pays for it."""


def key_and_chain(key: PrivateKeyTypes, chain: Sequence[Certificate]) -> bytes:
    """One PEM for HAProxy, lighttpd, Postfix and Vault: the key, the leaf, the intermediates.

    The key comes first because Postfix wants it there; the others take any order.
    Raises CertkitError ``files.key-mismatch``.
    """
    check_key(key, chain[0])
    return dump_private_key(key) + to_pem(chain)


def pkcs12(
    key: PrivateKeyTypes, chain: Sequence[Certificate], *, passphrase: bytes, name: str, salt: bytes
) -> bytes:
    """A PKCS#12 keystore for Java, Node, .NET, Windows and macOS: key, leaf and intermediates.

    ``chain`` is leaf first; ``name`` is the friendly name, Java's alias; ``salt`` is 16 random
    bytes for the MAC (cryptography takes its own for the encryption). AES-256-CBC under
    PBKDF2-HMAC-SHA256 and an HMAC-SHA256, 600,000 rounds each: OpenSSL 3, Java 17, Node 20, GnuTLS
    and NSS read it within a second. Java before 8u301 does not.

    Raises CertkitError ``files.key-mismatch``, ``files.unsupported-key`` (ML-DSA), or
    ``files.empty-passphrase`` and ``files.passphrase-not-ascii``: Java could not use it.
    """
    check_key(key, chain[0])
    text = _java_passphrase(passphrase)
    if not isinstance(key, PrivateKey):
        raise CertkitError(
            "files.unsupported-key",
            f"PKCS#12 has no place for a key of this kind ({type(key).__name__})",
            hint="use a P-256 or RSA key: certkit issue --new-key --key p256 NAMES...",
        )
    pfx = pyca.serialize_key_and_certificates(
        name.encode(),
        key,
        chain[0].x509,
        [certificate.x509 for certificate in chain[1:]],
        _encryption(passphrase, ROUNDS),
    )
    return renew_mac(pfx, text, salt=salt, rounds=ROUNDS)


def java_truststore(roots: Iterable[Certificate], *, passphrase: bytes) -> bytes:
    """A PKCS#12 truststore in which Java finds ``roots`` as ``trustedCertEntry``.

    Certificates in an ordinary PKCS#12 are no trust anchors to Java: it counts 0 entries and says
    "the trustAnchors parameter must be non-empty". Java asks for the passphrase on reading:
    ``-Djavax.net.ssl.trustStore=FILE -Djavax.net.ssl.trustStorePassword=...``.

    Raises CertkitError ``files.empty-passphrase`` and ``files.passphrase-not-ascii``.
    """
    _java_passphrase(passphrase)
    return pyca.serialize_java_truststore(
        [pyca.PKCS12Certificate(root.x509, _alias(root).encode()) for root in roots],
        _encryption(passphrase, TRUSTSTORE_ROUNDS),
    )


def mobileconfig(root: Certificate) -> bytes:
    """An Apple configuration profile that holds ``root`` (com.apple.security.root), for iOS.

    The same root gives the same profile, so that a new one replaces it. iOS trusts it only after
    Settings > General > About > Certificate Trust Settings (support.apple.com/HT204477).

    >>> import certkit, plistlib
    >>> root = certkit.CertificateAuthority.create().root
    >>> plistlib.loads(mobileconfig(root))["PayloadContent"][0]["PayloadContent"] == root.der
    True
    """
    import plistlib
    from uuid import NAMESPACE_OID, uuid5

    name = called(root)
    certificate = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"certkit.root.{root.sha256}",
        "PayloadUUID": str(uuid5(NAMESPACE_OID, f"root {root.sha256}")).upper(),
        "PayloadDisplayName": name,
        "PayloadContent": root.der,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"certkit.profile.{root.ski or root.sha256}",
        "PayloadUUID": str(uuid5(NAMESPACE_OID, f"profile {root.sha256}")).upper(),
        "PayloadDisplayName": name,
        "PayloadDescription": "Trusts a local certificate authority made with certkit.",
        "PayloadContent": [certificate],
    }
    return plistlib.dumps(profile)


def check_key(key: PrivateKeyTypes, certificate: Certificate) -> None:
    """Raises CertkitError ``files.key-mismatch`` unless ``key`` belongs to ``certificate``."""
    if not has_key(certificate, key.public_key()):
        raise CertkitError(
            "files.key-mismatch",
            f"the key does not belong to the certificate for {called(certificate)}",
            hint="find the key that the certificate was issued with: "
            "certkit bundle --check CERTIFICATE KEY",
        )


def _java_passphrase(passphrase: bytes) -> str:
    """``passphrase`` as text. Java 17 opens no PKCS#12 with another: "Password is not ASCII"."""
    if not passphrase:
        raise CertkitError(
            "files.empty-passphrase",
            "an empty passphrase protects nothing, and Java finds no entry behind it",
            hint="give a passphrase: --passphrase-file FILE or --passphrase-env NAME",
        )
    try:
        return passphrase.decode("ascii")
    except UnicodeDecodeError:
        raise CertkitError(
            "files.passphrase-not-ascii",
            "the passphrase of a PKCS#12 file has a character outside ASCII: Java cannot open it",
            hint="choose a passphrase of ASCII letters, digits and signs",
        ) from None


def _encryption(passphrase: bytes, rounds: int) -> KeySerializationEncryption:
    return (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(rounds)
        .key_cert_algorithm(pyca.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(passphrase)
    )


def _alias(root: Certificate) -> str:
    """What ``keytool -delete -alias`` takes: the subject in words, made unique.

    Java drops the earlier of two entries with one alias, so the fingerprint belongs to it.
    """
    words = re.sub(r"[^a-z0-9.]+", "-", root.subject.lower().rpartition("cn=")[2]).strip("-.")
    return f"{words[:40] or 'ca'}-{root.sha256[:8]}"
