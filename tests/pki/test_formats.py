"""Bundles, read back by cryptography; their real readers are in tests/e2e/test_formats_peers.py."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed448
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from certkit import Certificate, CertificateAuthority, CertkitError
from certkit.pki import der, formats
from certkit.pki.keys import same_public_key
from certkit.pki.pkcs8 import ROUNDS

SALT = bytes(range(16))
CA = CertificateAuthority.create().intermediate()
ISSUED = CA.issue("10.0.0.5", "localhost")
OTHER = CA.issue("10.0.0.6", key="rsa2048")


def p12(passphrase: bytes = b"tulip", name: str = "site") -> bytes:
    return formats.pkcs12(ISSUED.key, ISSUED.chain, passphrase=passphrase, name=name, salt=SALT)


def test_key_and_chain_is_the_key_then_the_leaf_then_the_intermediate() -> None:
    bundle = formats.key_and_chain(ISSUED.key, ISSUED.chain)
    assert bundle == ISSUED.key_pem + ISSUED.certificate.pem + CA.certificate.pem
    assert CA.root.pem not in bundle


@pytest.mark.parametrize("key", [OTHER.key, CA.key], ids=["another type", "the issuer's"])
def test_a_key_that_is_not_the_leafs_is_refused_by_both(key) -> None:
    with pytest.raises(CertkitError) as caught:
        formats.key_and_chain(key, ISSUED.chain)
    assert caught.value.code == "files.key-mismatch"
    with pytest.raises(CertkitError) as caught:
        formats.pkcs12(key, ISSUED.chain, passphrase=b"tulip", name="site", salt=SALT)
    assert caught.value.code == "files.key-mismatch"


def test_pkcs12_holds_key_leaf_intermediate_and_alias_but_no_root() -> None:
    store = pkcs12.load_pkcs12(p12(name="Büro ☎"), b"tulip")
    assert same_public_key(store.key.public_key(), ISSUED.key.public_key())
    assert store.cert.certificate == ISSUED.certificate.x509
    assert store.cert.friendly_name.decode() == "Büro ☎"
    assert [entry.certificate for entry in store.additional_certs] == [CA.certificate.x509]


@pytest.mark.parametrize("passphrase", [b"Tulip", b"", b"tulip ", None])
def test_pkcs12_does_not_open_without_its_passphrase(passphrase: bytes | None) -> None:
    with pytest.raises(ValueError, match="Invalid password"):
        pkcs12.load_pkcs12(p12(), passphrase)


def test_the_mac_costs_as_many_rounds_as_the_encryption() -> None:
    _, contents, mac = der.elements(der.inside(p12()))
    digest, salt, rounds = der.elements(der.inside(mac))
    assert int.from_bytes(der.inside(rounds), "big") == ROUNDS
    assert der.inside(salt) == SALT
    assert contents.count(der.integer(ROUNDS)) >= 1
    assert len(der.inside(list(der.elements(der.inside(digest)))[1])) == 32


def test_a_changed_byte_of_the_content_breaks_the_mac() -> None:
    broken = bytearray(p12())
    broken[len(broken) // 2] ^= 1
    with pytest.raises(ValueError, match=r"password|PKCS12"):
        pkcs12.load_pkcs12(bytes(broken), b"tulip")


@settings(max_examples=12, deadline=None)
@given(
    passphrase=st.text(st.characters(min_codepoint=1, max_codepoint=126), min_size=1, max_size=90),
    salt=st.binary(min_size=8, max_size=90),
)
def test_the_mac_is_right_for_every_passphrase_and_salt(passphrase: str, salt: bytes) -> None:
    data = formats.pkcs12(
        ISSUED.key, ISSUED.chain, passphrase=passphrase.encode(), name="x", salt=salt
    )
    assert pkcs12.load_pkcs12(data, passphrase.encode()).key is not None


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [
        (b"", "files.empty-passphrase"),
        ("tülip".encode(), "files.passphrase-not-ascii"),
        (b"\xff", "files.passphrase-not-ascii"),
    ],
)
def test_a_passphrase_that_java_cannot_use_is_refused(passphrase: bytes, code: str) -> None:
    for make in (
        lambda: p12(passphrase),
        lambda: formats.java_truststore([CA.root], passphrase=passphrase),
    ):
        with pytest.raises(CertkitError) as caught:
            make()
        assert caught.value.code == code


def test_a_key_that_pkcs12_has_no_place_for_is_refused() -> None:
    key = ed448.Ed448PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ed448")])
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, moment, moment)
    chain = (Certificate(builder.sign(key, None)),)
    with pytest.raises(CertkitError) as caught:
        formats.pkcs12(key, chain, passphrase=b"tulip", name="x", salt=SALT)
    assert caught.value.code == "files.unsupported-key"


def test_a_truststore_holds_each_root_under_an_alias_of_its_own() -> None:
    roots = [CertificateAuthority.create().root for _ in range(3)]
    store = pkcs12.load_pkcs12(formats.java_truststore(roots, passphrase=b"changeit"), b"changeit")
    assert (store.key, store.cert) == (None, None)
    assert [entry.certificate for entry in store.additional_certs] == [one.x509 for one in roots]
    aliases = [entry.friendly_name.decode() for entry in store.additional_certs]
    assert len({alias.lower() for alias in aliases}) == 3
    assert all(alias.isascii() and " " not in alias for alias in aliases)
