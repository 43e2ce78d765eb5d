"""One reader for whatever people have, and no exception but CertkitError for any bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from certkit import CertificateAuthority, CertkitError
from certkit.findings import Severity
from certkit.pki import formats
from certkit.pki.keys import dump_private_key, same_public_key
from certkit.pki.load import MAX_BYTES, Contents, read_contents
from certkit.pki.pem import encode

CA = CertificateAuthority.create().intermediate()
ISSUED = CA.issue("10.0.0.5")
LEAF, INTERMEDIATE, ROOT = ISSUED.certificate, CA.certificate, CA.root
KEY = ISSUED.key
RSA_KEY = rsa.generate_private_key(65537, 2048)
PASSPHRASE = b"tulip"
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
PKCS8, TRADITIONAL = (
    serialization.PrivateFormat.PKCS8,
    serialization.PrivateFormat.TraditionalOpenSSL,
)
OPEN = serialization.NoEncryption()
SEALED = serialization.BestAvailableEncryption(PASSPHRASE)
REQUEST = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "site")]))
    .sign(KEY, hashes.SHA256())
)
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
CRL = (
    x509.CertificateRevocationListBuilder()
    .issuer_name(ROOT.x509.subject)
    .last_update(MOMENT)
    .next_update(MOMENT)
    .sign(CA.key, hashes.SHA256())
)
CERTIFICATES = [LEAF.x509, INTERMEDIATE.x509]
P12 = formats.pkcs12(KEY, ISSUED.chain, passphrase=PASSPHRASE, name="site", salt=bytes(16))
TRUST = formats.java_truststore([ROOT], passphrase=PASSPHRASE)
OPEN_P12 = pkcs12.serialize_key_and_certificates(b"x", KEY, LEAF.x509, None, OPEN)
OLD_P12 = pkcs12.serialize_key_and_certificates(
    b"x",
    KEY,
    LEAF.x509,
    None,
    PKCS8
    and serialization.PrivateFormat.PKCS12.encryption_builder()
    .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    .build(PASSPHRASE),
)
LEGACY_KEY = RSA_KEY.private_bytes(PEM, TRADITIONAL, SEALED)


def held(contents: Contents) -> tuple[int, int, int, int]:
    return (
        len(contents.certificates),
        len(contents.keys),
        len(contents.requests),
        len(contents.crls),
    )


def codes(contents: Contents) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in contents.findings]


FORMS = {
    "certificate PEM": (LEAF.pem, (1, 0, 0, 0)),
    "certificate DER": (LEAF.der, (1, 0, 0, 0)),
    "certificate DER, newline behind": (LEAF.der + b"\r\n", (1, 0, 0, 0)),
    "two certificates DER": (LEAF.der + INTERMEDIATE.der, (2, 0, 0, 0)),
    "X509 CERTIFICATE": (encode("X509 CERTIFICATE", LEAF.der), (1, 0, 0, 0)),
    "PKCS#8 PEM": (KEY.private_bytes(PEM, PKCS8, OPEN), (0, 1, 0, 0)),
    "PKCS#8 DER": (KEY.private_bytes(DER, PKCS8, OPEN), (0, 1, 0, 0)),
    "EC PEM": (KEY.private_bytes(PEM, TRADITIONAL, OPEN), (0, 1, 0, 0)),
    "EC DER": (KEY.private_bytes(DER, TRADITIONAL, OPEN), (0, 1, 0, 0)),
    "RSA PEM": (RSA_KEY.private_bytes(PEM, TRADITIONAL, OPEN), (0, 1, 0, 0)),
    "RSA DER": (RSA_KEY.private_bytes(DER, TRADITIONAL, OPEN), (0, 1, 0, 0)),
    "EC with its parameters": (
        encode("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107"))
        + KEY.private_bytes(PEM, TRADITIONAL, OPEN),
        (0, 1, 0, 0),
    ),
    "certificate with DH parameters": (
        LEAF.pem + encode("DH PARAMETERS", bytes.fromhex("3006020117020105")),
        (1, 0, 0, 0),
    ),
    "request PEM": (REQUEST.public_bytes(PEM), (0, 0, 1, 0)),
    "request DER": (REQUEST.public_bytes(DER), (0, 0, 1, 0)),
    "NEW CERTIFICATE REQUEST": (
        encode("NEW CERTIFICATE REQUEST", REQUEST.public_bytes(DER)),
        (0, 0, 1, 0),
    ),
    "CRL PEM": (CRL.public_bytes(PEM), (0, 0, 0, 1)),
    "CRL DER": (CRL.public_bytes(DER), (0, 0, 0, 1)),
    "PKCS#7 PEM": (pkcs7.serialize_certificates(CERTIFICATES, PEM), (2, 0, 0, 0)),
    "PKCS#7 DER": (pkcs7.serialize_certificates(CERTIFICATES, DER), (2, 0, 0, 0)),
    "PKCS#12 without passphrase": (OPEN_P12, (1, 1, 0, 0)),
    "everything": (
        KEY.private_bytes(PEM, PKCS8, OPEN)
        + LEAF.pem
        + b"some words\n"
        + INTERMEDIATE.pem
        + REQUEST.public_bytes(PEM)
        + CRL.public_bytes(PEM),
        (2, 1, 1, 1),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_without_a_word(form: str) -> None:
    data, expected = FORMS[form]
    contents = read_contents(data)
    assert held(contents) == expected
    assert contents.findings == ()
    assert contents.locked is None


TRUSTED = encode("TRUSTED CERTIFICATE", LEAF.der + bytes.fromhex("300c300a06082b06010505070301"))


@pytest.mark.parametrize(
    ("data", "source", "words"),
    [
        (TRUSTED, "a.pem", "BEGIN TRUSTED CERTIFICATE"),
        (LEAF.der, "a.pem", "the file is DER"),
        (LEAF.der, "A.PEM", "the file is DER"),
        (LEAF.der, "a.der", None),
        (LEAF.der, "a.crt", None),
        (LEAF.pem, "a.pem", None),
    ],
)
def test_what_only_some_programs_read_is_read_and_said(data, source, words) -> None:
    contents = read_contents(data, source=source)
    assert contents.certificates == (LEAF,)
    assert [words in finding.summary for finding in contents.findings] == [True] * bool(words)
    assert codes(contents) == [("files.wrong-format", Severity.WARNING)] * bool(words)


LOCKED = {
    "PKCS#8 of ours": dump_private_key(KEY, PASSPHRASE),
    "PKCS#8 PEM": KEY.private_bytes(PEM, PKCS8, SEALED),
    "PKCS#8 DER": KEY.private_bytes(DER, PKCS8, SEALED),
    "legacy": LEGACY_KEY,
    "PKCS#12": P12,
    "old PKCS#12": OLD_P12,
    "truststore": TRUST,
}


@pytest.mark.parametrize("form", LOCKED)
@pytest.mark.parametrize("passphrase", [None, b"Tulip", b"", b"\xff" * 40])
def test_what_is_locked_stays_locked_without_its_passphrase(
    form: str, passphrase: bytes | None
) -> None:
    contents = read_contents(LOCKED[form], passphrase=passphrase, source="my file")
    assert held(contents) == (0, 0, 0, 0)
    assert codes(contents) == [("files.encrypted-key", Severity.ERROR)]
    assert contents.locked is not None
    assert contents.locked.summary.startswith("my file: ")
    assert "'my file'" in contents.locked.fix.text


@pytest.mark.parametrize("form", LOCKED)
def test_what_is_locked_opens_with_its_passphrase(form: str) -> None:
    contents = read_contents(LOCKED[form], passphrase=PASSPHRASE)
    assert contents.locked is None
    keys = [key.public_key() for key in contents.keys]
    if form == "truststore":
        assert contents.certificates == (ROOT,)
    elif form == "legacy":
        assert same_public_key(keys[0], RSA_KEY.public_key())
    else:
        assert same_public_key(keys[0], KEY.public_key())
    # A key file that is encrypted stops a server that starts alone; a keystore always is.
    expected = [] if form in {"PKCS#12", "old PKCS#12", "truststore"} else ["files.encrypted-key"]
    assert [finding.code for finding in contents.findings] == expected


def test_a_pkcs12_gives_its_leaf_first() -> None:
    assert read_contents(P12, passphrase=PASSPHRASE).certificates == (LEAF, INTERMEDIATE)


def test_a_needless_passphrase_is_no_fault() -> None:
    assert held(read_contents(FORMS["PKCS#8 PEM"][0], passphrase=PASSPHRASE)) == (0, 1, 0, 0)


def test_a_locked_key_does_not_hide_the_certificate_beside_it() -> None:
    contents = read_contents(LEAF.pem + LOCKED["PKCS#8 PEM"])
    assert contents.certificates == (LEAF,)
    assert contents.locked is not None


def test_hours_of_key_derivation_are_refused_and_not_tried() -> None:
    from certkit.pki import der
    from certkit.pki.pkcs8 import ROUNDS

    bomb = P12.replace(der.integer(ROUNDS), der.integer(2**23 - 1))
    contents = read_contents(bomb, passphrase=PASSPHRASE)
    assert contents.locked is not None
    assert "rounds" in contents.locked.summary


@pytest.mark.parametrize(
    "given",
    [[INTERMEDIATE, LEAF], [ROOT, INTERMEDIATE, LEAF], [ROOT, LEAF, INTERMEDIATE]],
    ids=["intermediate first", "reversed", "root first"],
)
def test_an_issuer_before_the_leaf_is_found(given) -> None:
    contents = read_contents(b"".join(one.pem for one in given))
    assert codes(contents) == [("files.leaf-not-first", Severity.ERROR)]
    assert contents.certificates == tuple(given)


@pytest.mark.parametrize(
    "given",
    [
        [LEAF, INTERMEDIATE],
        [LEAF, INTERMEDIATE, ROOT],
        [LEAF, ROOT, INTERMEDIATE],
        [INTERMEDIATE, ROOT],
        [ROOT, *(CertificateAuthority.create().root for _ in range(3))],
    ],
    ids=["chain", "with root", "tail in disorder", "issuers alone", "a bundle of roots"],
)
def test_no_leaf_is_late_where_none_is(given) -> None:
    assert read_contents(b"".join(one.pem for one in given)).findings == ()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (LEAF.pem.decode().encode("utf-16"), "UTF-16"),
        (LEAF.pem.decode().encode("utf-8-sig"), "byte order mark"),
        (LEAF.pem.replace(b"\n", b"\\n"), "laid out"),
        (b"  " + LEAF.pem, "laid out"),
    ],
)
def test_a_layout_that_others_refuse_is_read_with_a_warning(data: bytes, word: str) -> None:
    contents = read_contents(data)
    assert contents.certificates == (LEAF,)
    assert codes(contents) == [("files.wrong-format", Severity.WARNING)]
    assert word in contents.findings[0].summary


@pytest.mark.parametrize(
    "block",
    [
        encode("CERTIFICATE", LEAF.der[:-1]),
        encode("CERTIFICATE", b"\x30\x00"),
        LEAF.pem.replace(b"-----END CERTIFICATE-----", b""),
        LEAF.pem.replace(b"MII", b"M!I", 1),
        encode("CMS", b"\x30\x00"),
        encode("SOMETHING ELSE", b"\x04\x00"),
        encode("OPENSSH PRIVATE KEY", b"openssh-key-v1\0"),
        LEGACY_KEY.replace(b"DEK-Info: AES-256-CBC,", b"DEK-Info: AES-256-CBC,00"),
    ],
)
def test_a_block_that_cannot_be_read_is_named_and_the_rest_is_read(block: bytes) -> None:
    contents = read_contents(INTERMEDIATE.pem + block, passphrase=PASSPHRASE, source="x.pem")
    assert contents.certificates == (INTERMEDIATE,)
    assert codes(contents) == [("files.wrong-format", Severity.ERROR)]
    line = INTERMEDIATE.pem.count(b"\n") + 1
    assert f"at line {line} " in contents.findings[0].summary


@pytest.mark.parametrize(
    ("label", "content", "expected", "what"),
    [
        ("CERTIFICATE", KEY.private_bytes(DER, PKCS8, OPEN), (0, 1, 0, 0), "private key"),
        ("CERTIFICATE", pkcs7.serialize_certificates(CERTIFICATES, DER), (2, 0, 0, 0), "PKCS#7"),
        ("PRIVATE KEY", LEAF.der, (1, 0, 0, 0), "holds a certificate"),
        ("CERTIFICATE", REQUEST.public_bytes(DER), (0, 0, 1, 0), "request"),
        ("NOTHING KNOWN", LEAF.der, (1, 0, 0, 0), "holds a certificate"),
    ],
)
def test_a_block_with_the_wrong_label_is_read_with_a_warning(
    label: str, content: bytes, expected: tuple[int, ...], what: str
) -> None:
    contents = read_contents(encode(label, content))
    assert held(contents) == expected
    assert codes(contents) == [("files.wrong-format", Severity.WARNING)]
    assert what in contents.findings[0].summary


def test_a_public_key_beside_a_certificate_is_only_worth_a_warning() -> None:
    public = KEY.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    contents = read_contents(LEAF.pem + public)
    assert held(contents) == (1, 0, 0, 0)
    assert codes(contents) == [("files.wrong-format", Severity.WARNING)]


def test_a_private_key_in_the_wrong_place_is_never_quoted() -> None:
    secret = KEY.private_bytes(PEM, PKCS8, OPEN)
    body = secret.splitlines()[1]
    for data in (
        b"-----BEGIN CERTIFICATE-----\n" + body + b"\n-----END CERTIFICATE-----\n",
        secret.replace(b"-----END PRIVATE KEY-----", b""),
        b"-----BEGIN " + body[:60] + b"-----\nAAAA\n",
        body,
    ):
        try:
            said = repr(read_contents(data).findings)
        except CertkitError as error:
            said = f"{error.message} {error.hint}"
        assert body[:20].decode() not in said


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"hello", "holds no"),
        (b"\x30", "holds no"),
        (b"\x30\x80", "holds no"),
        (bytes(2000), "holds no"),
        (b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1", "Java's old format"),
        (LEAF.pem.replace(b"-----BEGIN", b"----BEGIN"), "holds no"),
    ],
)
def test_what_holds_nothing_is_unreadable(data: bytes, word: str) -> None:
    with pytest.raises(CertkitError, match=word) as caught:
        read_contents(data, source="odd\x1b[31m.pem")
    assert caught.value.code == "files.unreadable"
    assert "\x1b" not in caught.value.message


def test_what_follows_a_certificate_in_der_is_not_passed_over_in_silence() -> None:
    contents = read_contents(LEAF.der + b"garbage")
    assert contents.certificates == (LEAF,)
    assert codes(contents) == [("files.wrong-format", Severity.ERROR)]


def test_der_that_ends_in_a_newlines_byte_is_not_cut() -> None:
    # A signature may end in 0x0a; stripping it would break one certificate in 256.
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(
        ROOT.x509.subject, ROOT.x509.subject, key.public_key(), 1, MOMENT, MOMENT
    )
    ending = next(
        data
        for data in (builder.sign(key, hashes.SHA256()).public_bytes(DER) for _ in range(20_000))
        if data.endswith(b"\n")
    )
    assert read_contents(ending).certificates[0].der == ending


def test_the_limit_is_64_mib() -> None:
    with pytest.raises(CertkitError, match="64 MiB") as caught:
        read_contents(LEAF.pem + bytes(MAX_BYTES))
    assert caught.value.code == "files.unreadable"
    contents = read_contents(LEAF.pem + b" " * (MAX_BYTES - len(LEAF.pem)))
    assert contents.certificates == (LEAF,)


def test_thousands_of_blocks_are_read() -> None:
    assert len(read_contents((LEAF.pem + INTERMEDIATE.pem) * 2000).certificates) == 4000


SEEDS = [data for data, _ in FORMS.values()] + list(LOCKED.values())


def read_all(data: bytes, passphrase: bytes | None) -> None:
    """Read ``data`` and look at everything: cryptography raises lazily, at attribute access."""
    try:
        contents = read_contents(data, passphrase=passphrase)
    except CertkitError as error:
        if error.code != "files.unreadable":
            raise
        return
    for certificate in contents.certificates:
        certificate.describe()


@given(st.binary(max_size=400), st.none() | st.binary(max_size=8))
def test_random_bytes_raise_nothing_else(data: bytes, passphrase: bytes | None) -> None:
    read_all(data, passphrase)
    read_all(b"0" + data, passphrase)
    read_all(encode("CERTIFICATE", data or b"0"), passphrase)


# A serial number that is negative is the certificate's fault and not the reader's.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@settings(max_examples=200, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=3), st.integers(0, 3)),
        min_size=1,
        max_size=6,
    ),
    end=st.floats(0.3, 1) | st.just(1.0),
)
def test_mutated_and_truncated_files_raise_nothing_else(seed, changes, end) -> None:
    data = seed
    for where, put, drop in changes:
        at = int(where * len(data))
        data = data[:at] + put + data[at + drop :]
    read_all(data[: int(end * len(data))], PASSPHRASE)


@pytest.mark.parametrize("header", ["AES-256-CBC,00", "AES-256-CBC,", "DES-EDE3-CBC,0011", "X,Y"])
def test_a_short_iv_does_not_reach_cryptography(header: str) -> None:
    # cryptography 50 panics on it in Rust, past every `except Exception`.
    lines = LEGACY_KEY.split(b"\n")
    lines[2] = f"DEK-Info: {header}".encode()
    read_all(b"\n".join(lines), PASSPHRASE)
