"""PEM in the layouts that people save and paste, and out again."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certkit.pki.pem import blocks, encode, text_of

DER = bytes(range(200))
PEM = encode("CERTIFICATE", DER).decode("ascii")
FIRST, *BODY, LAST = PEM.splitlines()
ENCRYPTED = PEM.replace(
    FIRST, f"{FIRST}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,{'0A' * 16}\n"
)


def read(data: bytes) -> list[tuple[str, bytes | None, bool]]:
    text, _ = text_of(data)
    return [(block.label, block.der, block.tidy) for block in blocks(text)]


@given(st.binary(min_size=1, max_size=300), st.from_regex(r"[A-Z0-9 ]{1,30}", fullmatch=True))
def test_what_is_encoded_is_read_back(der: bytes, label: str) -> None:
    assert read(encode(label, der)) == [(label, der, True)]
    lines = encode(label, der).decode().splitlines()
    assert all(len(line) == 64 for line in lines[1:-2])
    assert len(lines[-2]) <= 64


@pytest.mark.parametrize(
    "text",
    [
        PEM,
        PEM.rstrip("\n"),
        PEM.replace("\n", "\r\n"),
        PEM.replace("\n", " \n"),
        f"subject=CN = site\nissuer: x\n{PEM}",
        f"{PEM}trailing notes\n",
        f"{FIRST}\n{''.join(BODY)}\n{LAST}\n",
    ],
    ids=["plain", "no end", "crlf", "trailing blanks", "text before", "text after", "long line"],
)
def test_a_layout_that_openssl_go_and_java_read_is_tidy(text: str) -> None:
    assert read(text.encode()) == [("CERTIFICATE", DER, True)]


@pytest.mark.parametrize(
    "text",
    [
        "  " + PEM.replace("\n", "\n  "),
        PEM.replace("\n", " "),
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\\r\\n"),
        PEM.replace("\n", "\n\n"),
        f"certificate: {PEM}",
        PEM.replace(LAST, LAST + " # end"),
    ],
    ids=["indented", "one line", "escaped", "escaped crlf", "blank lines", "before", "behind"],
)
def test_a_layout_that_they_refuse_is_read_and_not_tidy(text: str) -> None:
    assert read(text.encode()) == [("CERTIFICATE", DER, False)]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (PEM.encode("utf-16"), "UTF-16"),
        (PEM.replace("\n", "\r\n").encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + PEM.encode("utf-16-be"), "UTF-16"),
        (PEM.encode("utf-16-le"), "UTF-16"),
        (PEM.encode("utf-16-be"), "UTF-16"),
        (PEM.encode("utf-8-sig"), "UTF-8 with a byte order mark"),
        (PEM.replace("\n", "\r").encode(), "text with CR line ends"),
        (PEM.encode(), None),
        (b"caf\xe9\n" + PEM.encode(), None),
        ("Müller ☎\n".encode() + PEM.encode(), None),
    ],
)
def test_every_encoding_is_read_and_the_odd_ones_are_named(
    data: bytes, encoding: str | None
) -> None:
    assert text_of(data)[1] == encoding
    assert read(data) == [("CERTIFICATE", DER, True)]


def test_two_blocks_with_no_line_between_them_are_two() -> None:
    assert [der for _, der, _ in read((PEM.rstrip("\n") + PEM).encode())] == [DER, DER]


@pytest.mark.parametrize(
    "text",
    [
        PEM.replace(LAST + "\n", ""),
        PEM.replace(LAST, "-----END PRIVATE KEY-----"),
        PEM.replace(BODY[0], BODY[0][:-1]),
        PEM.replace(BODY[0], BODY[0][:-1] + "!"),
        f"{FIRST}\n{LAST}\n",
        FIRST,
    ],
    ids=["no end", "other end", "a character lost", "no base64", "empty", "header alone"],
)
def test_a_damaged_block_is_there_without_content(text: str) -> None:
    assert [(label, der) for label, der, _ in read(text.encode())] == [("CERTIFICATE", None)]


def test_a_block_without_end_does_not_swallow_the_next() -> None:
    found = read((PEM.replace(LAST, "") + PEM).encode())
    assert [der for _, der, _ in found] == [None, DER]


def test_lines_are_counted_from_one() -> None:
    text = f"note\n\n{PEM}more\n{PEM}"
    assert [block.line for block in blocks(text)] == [3, 3 + len(PEM.splitlines()) + 1]


def test_headers_of_an_encrypted_key_are_kept_apart_from_its_base64() -> None:
    (block,) = blocks(ENCRYPTED)
    assert block.der == DER
    assert block.tidy
    assert block.is_encrypted
    legacy = block.legacy_key()
    assert legacy is not None
    assert legacy.decode() == ENCRYPTED
    (plain,) = blocks(PEM)
    assert not plain.is_encrypted


@pytest.mark.parametrize(
    "header",
    [
        "",
        "DEK-Info: AES-256-CBC,0A",
        "DEK-Info: DES-EDE3-CBC," + "0A" * 16,
        "DEK-Info: AES-256-CBC",
    ],
)
def test_an_iv_of_the_wrong_size_is_kept_from_cryptography(header: str) -> None:
    text = ENCRYPTED.replace(f"DEK-Info: AES-256-CBC,{'0A' * 16}", header)
    (block,) = blocks(text)
    assert block.is_encrypted
    assert block.legacy_key() is None


def test_a_megabyte_of_headers_takes_no_time() -> None:
    # Quadratic scanning would take minutes here.
    text = "-----BEGIN CERTIFICATE-----\n" * 50_000
    assert len(list(blocks(text))) == 50_000


@given(st.text())
def test_any_text_is_scanned_without_an_exception(text: str) -> None:
    for line in (
        text,
        f"-----BEGIN X-----{text}-----END X-----",
        b64encode(text.encode()).decode(),
    ):
        list(blocks(line))
