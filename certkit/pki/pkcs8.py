"""Encrypt a PKCS#8 private key so that a stolen file costs its thief something.

cryptography's ``BestAvailableEncryption`` derives the key in 2048 rounds of PBKDF2 and offers no
knob for PKCS#8, so this module writes the few bytes of DER itself: PBES2 (RFC 8018 A.4) with
PBKDF2-HMAC-SHA256 and AES-256-CBC, the one combination that cryptography, OpenSSL 3, GnuTLS, Node
and Java all read. scrypt would be stronger, but OpenSSL refuses it above 32 MiB and GnuTLS cannot
parse it.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from certkit.errors import CertkitError
from certkit.pki import der, pem

ROUNDS: Final = 600_000
"""PBKDF2-HMAC-SHA256 rounds: OWASP's figure since 2023; about 0.1 s a guess on one core."""

SALT_BYTES: Final = 16
IV_BYTES: Final = 16

# The OIDs as DER, from RFC 8018 appendix C and NIST's AES arc.
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256: Final = bytes.fromhex("06082a864886f70d0209")
_AES_256_CBC: Final = bytes.fromhex("060960864801650304012a")


def encrypt_pkcs8(
    private_key: bytes, passphrase: bytes, *, salt: bytes, iv: bytes, rounds: int = ROUNDS
) -> bytes:
    """Encrypt a PKCS#8 ``PrivateKeyInfo`` (DER): PEM, a block ``ENCRYPTED PRIVATE KEY``.

    ``salt`` (16 bytes or more) and ``iv`` (16 bytes) are the caller's randomness and must be fresh
    for each call; ``rounds`` may only be raised.

    Raises CertkitError for an empty passphrase, ValueError for a salt, iv or number of rounds that
    would weaken the file. Source: RFC 5958 section 3, RFC 8018 sections 5.2 and 6.2.

    >>> import secrets
    >>> from cryptography.hazmat.primitives import serialization as s
    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> key = ec.generate_private_key(ec.SECP256R1())
    >>> plain = key.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
    >>> sealed = encrypt_pkcs8(plain, b"tulip", salt=secrets.token_bytes(16),
    ...                        iv=secrets.token_bytes(16))
    >>> s.load_pem_private_key(sealed, b"tulip").public_key() == key.public_key()
    True
    """
    if not passphrase:
        raise CertkitError(
            "files.empty-passphrase",
            "an empty passphrase protects nothing",
            hint="give a passphrase of at least one character, or write the key unencrypted",
        )
    if len(salt) < SALT_BYTES or len(iv) != IV_BYTES or rounds < ROUNDS:
        raise ValueError(f"needs salt >= {SALT_BYTES} bytes, iv {IV_BYTES}, rounds >= {ROUNDS}")
    derive = PBKDF2HMAC(hashes.SHA256(), length=32, salt=salt, iterations=rounds)
    pad = padding.PKCS7(algorithms.AES256.block_size).padder()
    seal = Cipher(algorithms.AES256(derive.derive(passphrase)), modes.CBC(iv)).encryptor()
    sealed = seal.update(pad.update(private_key) + pad.finalize()) + seal.finalize()
    key_derivation = der.sequence(
        _PBKDF2,
        der.sequence(der.octets(salt), der.integer(rounds), der.sequence(_HMAC_SHA256, der.NULL)),
    )
    cipher = der.sequence(_AES_256_CBC, der.octets(iv))
    algorithm = der.sequence(_PBES2, der.sequence(key_derivation, cipher))
    return pem.encode("ENCRYPTED PRIVATE KEY", der.sequence(algorithm, der.octets(sealed)))
