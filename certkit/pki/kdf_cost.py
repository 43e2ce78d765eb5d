"""Refuse a file that would keep its reader busy for hours before it says "wrong passphrase".

How dear a key derivation is, is its writer's choice: 2^31 rounds, or a terabyte of scrypt, are an
attack on whoever opens the file. The numbers stand in the clear behind the algorithm's OID.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certkit.pki import der

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ROUNDS: Final = 5_000_000
"""Java's own limit for a PKCS#12; about a second of PBKDF2-HMAC-SHA256."""

MAX_SCRYPT_BYTES: Final = 512 * 2**20

# What stands before a number of rounds: PBES1 and PBKDF2 (RFC 8018 appendix A), the schemes of
# PKCS#12 (RFC 7292 appendix C), and the digest of its MAC (MD5, SHA-1, SHA-2).
_ALGORITHM: Final = re.compile(
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05[\x01-\x0c]"
    rb"|\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01[\x01-\x06]"
    rb"|\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05"
    rb"|\x06\x05\x2b\x0e\x03\x02\x1a"
    rb"|\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02[\x01-\x10]",
    re.DOTALL,
)
_SCRYPT: Final = re.compile(rb"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b")  # RFC 7914 section 7


def too_costly(data: bytes) -> bool:
    """Whether an encrypted key or a PKCS#12 (DER or BER) asks for more than a few seconds' work."""
    for algorithm in _ALGORITHM.finditer(data):
        if next(_integers(data, algorithm.end()), 0) > MAX_ROUNDS:
            return True
    for algorithm in _SCRYPT.finditer(data):
        cost, block, lanes = [*_integers(data, algorithm.end()), 1, 1, 1][:3]
        if 128 * cost * block * lanes > MAX_SCRYPT_BYTES:
            return True
    return False


def _integers(data: bytes, at: int) -> Iterator[int]:
    """The numbers in the parameters at ``at``, behind a salt, a digest or nothing."""
    for _ in range(8):
        try:
            start, end = der.span(data, at)
        except ValueError:
            return
        match data[at]:
            case der.SEQUENCE:
                at = start
                continue
            case der.INTEGER:
                yield int.from_bytes(data[start:end], "big")
            case der.OCTET_STRING | 0x05:
                pass
            case _:
                return
        at = end
