"""Make guessing at a PKCS#12 as dear through its MAC as through its encryption.

cryptography encrypts with as many rounds as one asks for, but leaves the MAC over the same
passphrase at 2048 rounds, so a thief would guess there. This module computes the MAC anew, in the
form that every reader knows (RFC 7292 appendix B; PBMAC1 of RFC 9579 needs OpenSSL 3.4 or Java 26).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from certkit.pki import der

_BLOCK: Final = 64  # bytes that SHA-256 takes in at a time: "v / 8" in RFC 7292 appendix B.2
_FOR_A_MAC: Final = 3  # "ID" in appendix B.3
_SHA256: Final = bytes.fromhex("0609608648016503040201")


def renew_mac(pfx: bytes, passphrase: str, *, salt: bytes, rounds: int) -> bytes:
    """The PKCS#12 ``pfx`` (DER) with a fresh HMAC-SHA256 over its unchanged content.

    ``passphrase`` is the one that ``pfx`` is encrypted with, ``salt`` the caller's randomness.
    """
    version, contents, *_ = der.elements(der.inside(pfx))
    _content_type, explicit = der.elements(der.inside(contents))
    protected = der.inside(der.inside(explicit))
    digest = hmac.digest(_mac_key(passphrase, salt, rounds), protected, "sha256")
    mac = der.sequence(
        der.sequence(der.sequence(_SHA256, der.NULL), der.octets(digest)),
        der.octets(salt),
        der.integer(rounds),
    )
    return der.sequence(version, contents, mac)


def _mac_key(passphrase: str, salt: bytes, rounds: int) -> bytes:
    """RFC 7292 appendix B.2 for 32 bytes from SHA-256: one turn of its outer loop is enough."""
    text = passphrase.encode("utf-16-be") + b"\0\0"
    key = bytes([_FOR_A_MAC]) * _BLOCK + _fill(salt) + _fill(text)
    for _ in range(rounds):
        key = hashlib.sha256(key).digest()
    return key


def _fill(value: bytes) -> bytes:
    """``value`` repeated up to the next whole number of blocks."""
    size = -(-len(value) // _BLOCK) * _BLOCK
    return (value * size)[:size]
