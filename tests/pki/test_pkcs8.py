"""The encrypted PKCS#8 writer, read back by cryptography and byte by byte."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from certkit.errors import CertkitError
from certkit.pki.pkcs8 import ROUNDS, encrypt_pkcs8

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

SALT = bytes(range(16))
IV = bytes(range(16, 32))
KEYS = {
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "rsa2048": rsa.generate_private_key(65537, 2048),
}


def plain(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def der_of(pem: bytes) -> bytes:
    first, *body, last = pem.decode("ascii").splitlines()
    assert (first[11:-5], last[9:-5]) == ("ENCRYPTED PRIVATE KEY",) * 2
    return b64decode("".join(body), validate=True)


@pytest.mark.parametrize("kind", KEYS)
def test_the_key_comes_back_with_the_passphrase(kind: str) -> None:
    der = plain(KEYS[kind])
    sealed = encrypt_pkcs8(der, b"tulip", salt=SALT, iv=IV)
    assert plain(serialization.load_pem_private_key(sealed, b"tulip")) == der


@pytest.mark.parametrize("passphrase", [b"Tulip", b"tulip ", b"tuli", b"x" * 200])
def test_another_passphrase_is_refused(passphrase: bytes) -> None:
    sealed = encrypt_pkcs8(plain(KEYS["p256"]), b"tulip", salt=SALT, iv=IV)
    with pytest.raises(ValueError, match=r"(?i)password|decrypt"):
        serialization.load_pem_private_key(sealed, passphrase)


def test_no_passphrase_is_refused() -> None:
    sealed = encrypt_pkcs8(plain(KEYS["p256"]), b"tulip", salt=SALT, iv=IV)
    with pytest.raises(TypeError):
        serialization.load_pem_private_key(sealed, None)


def test_the_bytes_say_which_algorithms_and_how_many_rounds() -> None:
    sealed = der_of(encrypt_pkcs8(b"\x30\x03\x02\x01\x00", b"tulip", salt=SALT, iv=IV))
    # PBES2 { PBKDF2 { salt, 600000, hmacWithSHA256 NULL }, aes256-CBC { iv } }, one cipher block.
    expected = (
        "3074" "3060" "06092a864886f70d01050d" "3053"
        "3032" "06092a864886f70d01050c" "3025"
        f"0410{SALT.hex()}" "02030927c0" "300c06082a864886f70d02090500"
        "301d" "060960864801650304012a" f"0410{IV.hex()}"
        "0410"
    )  # fmt: skip
    assert sealed.hex()[:-32] == expected
    assert len(sealed) == 2 + sealed[1]


def test_the_derived_key_is_pbkdf2_of_the_standard_library() -> None:
    der = plain(KEYS["p256"])
    sealed = der_of(encrypt_pkcs8(der, b"tulip", salt=SALT, iv=IV))
    key = hashlib.pbkdf2_hmac("sha256", b"tulip", SALT, ROUNDS)
    size = len(der) // 16 * 16 + 16
    opened = Cipher(algorithms.AES256(key), modes.CBC(IV)).decryptor().update(sealed[-size:])
    assert opened == der + bytes([16 - len(der) % 16]) * (16 - len(der) % 16)


def test_an_empty_passphrase_is_refused_with_a_reason() -> None:
    with pytest.raises(CertkitError) as caught:
        encrypt_pkcs8(b"\x30\x00", b"", salt=SALT, iv=IV)
    assert caught.value.code == "files.empty-passphrase"


@pytest.mark.parametrize(
    "weak",
    [
        {"salt": SALT[:15], "iv": IV},
        {"salt": SALT, "iv": IV[:8]},
        {"salt": SALT, "iv": IV, "rounds": ROUNDS - 1},
    ],
)
def test_parameters_that_weaken_the_file_are_refused(weak: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="rounds"):
        encrypt_pkcs8(b"\x30\x00", b"tulip", **weak)


@settings(max_examples=15, deadline=None)
@given(
    salt=st.binary(min_size=16, max_size=300),
    passphrase=st.binary(min_size=1, max_size=80),
    rounds=st.integers(ROUNDS, ROUNDS + 70_000),
)
def test_any_salt_passphrase_and_count_round_trip(
    salt: bytes, passphrase: bytes, rounds: int
) -> None:
    der = plain(KEYS["p256"])
    sealed = encrypt_pkcs8(der, passphrase, salt=salt, iv=IV, rounds=rounds)
    assert plain(serialization.load_pem_private_key(sealed, passphrase)) == der
