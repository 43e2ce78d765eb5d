"""A file must not choose how long its reader works."""

from __future__ import annotations

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from certkit import CertificateAuthority
from certkit.pki import der, formats
from certkit.pki.kdf_cost import MAX_ROUNDS, too_costly
from certkit.pki.pkcs8 import ROUNDS, encrypt_pkcs8
from certkit.pki.pkcs12_mac import renew_mac

SALT = bytes(16)
ISSUED = CertificateAuthority.create().issue("10.0.0.5")
PLAIN = ISSUED.key.private_bytes(
    serialization.Encoding.DER,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


def encrypted_key(rounds: int) -> bytes:
    pem = encrypt_pkcs8(PLAIN, b"tulip", salt=SALT, iv=SALT)
    data = b64decode(b"".join(pem.splitlines()[1:-1]))
    return data.replace(der.integer(ROUNDS), der.integer(rounds))


def keystore() -> bytes:
    return formats.pkcs12(ISSUED.key, ISSUED.chain, passphrase=b"x", name="x", salt=SALT)


def scrypt_key(cost: int, block: int = 8, lanes: int = 1) -> bytes:
    scrypt = bytes.fromhex("06092b06010401da47040b")
    values = der.sequence(der.octets(SALT), *map(der.integer, (cost, block, lanes)))
    return der.sequence(der.sequence(der.sequence(scrypt, values)), der.octets(SALT))


@pytest.mark.parametrize("rounds", [2048, ROUNDS, MAX_ROUNDS])
def test_an_ordinary_number_of_rounds_is_tried(rounds: int) -> None:
    assert not too_costly(encrypted_key(rounds))


@pytest.mark.parametrize("rounds", [MAX_ROUNDS + 1, 2**31 - 1, 2**62])
def test_hours_of_rounds_are_not(rounds: int) -> None:
    assert too_costly(encrypted_key(rounds))


def test_the_encryption_of_a_pkcs12_counts() -> None:
    data = keystore()
    assert not too_costly(data)
    assert too_costly(data.replace(der.integer(ROUNDS), der.integer(2**23 - 1)))


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_the_mac_of_a_pkcs12_counts_alone(algorithm: hashes.HashAlgorithm) -> None:
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .hmac_hash(algorithm)
        .build(b"x")
    )
    data = pkcs12.serialize_key_and_certificates(None, None, None, [ISSUED.ca.x509], encryption)
    assert not too_costly(data)
    *_, mac = der.elements(der.inside(data))
    rounds = list(der.elements(der.inside(mac)))[2]
    assert data.endswith(rounds)
    assert too_costly(data.removesuffix(rounds) + der.integer(2**31 - 1))


def test_a_mac_of_ours_is_within_the_limit() -> None:
    assert not too_costly(renew_mac(keystore(), "x", salt=SALT, rounds=2))


@pytest.mark.parametrize(("cost", "block", "lanes"), [(2**14, 8, 1), (2**18, 8, 1), (2**15, 8, 4)])
def test_an_ordinary_scrypt_is_tried(cost: int, block: int, lanes: int) -> None:
    assert not too_costly(scrypt_key(cost, block, lanes))


@pytest.mark.parametrize(
    ("cost", "block", "lanes"), [(2**30, 8, 1), (2**14, 2**20, 1), (2**14, 8, 2**20)]
)
def test_a_scrypt_that_eats_the_machine_is_not(cost: int, block: int, lanes: int) -> None:
    assert too_costly(scrypt_key(cost, block, lanes))


def test_certificates_are_no_business_of_it() -> None:
    for certificate in (*ISSUED.chain, ISSUED.ca):
        assert not too_costly(certificate.der)
