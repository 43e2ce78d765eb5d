"""Names of other projects' test tables, as CA-signed certificates, asked for a name.

The rows are those on which cryptography, service-identity, Python's ssl, OpenSSL, GnuTLS, Node and
Go agree, so there is no exception to any of them.
"""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from certkit import verify_chain
from tests.conformance.vectors import vector_file
from tests.verify.make import NOW, make, root

ROWS = json.loads(vector_file("names-dev.json").read_text(encoding="utf-8"))
CA = root()


def alternative_names(row: dict[str, object]) -> x509.UnrecognizedExtension | None:
    """A SubjectAlternativeName from raw octets: the rows hold NUL, UTF-8 and empty names."""
    names = [(0x82, text.encode("latin-1")) for text in row["san_dns"]]
    names += [(0x87, ip_address(text).packed) for text in row["san_ip"]]
    if not names:
        return None
    body = b"".join(tagged(tag, octets) for tag, octets in names)
    return x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, tagged(0x30, body))


def tagged(tag: int, octets: bytes) -> bytes:
    length = len(octets)
    if length < 0x80:
        return bytes([tag, length]) + octets
    return bytes([tag, 0x82]) + length.to_bytes(2, "big") + octets


def subject(common_name: str | None) -> x509.Name:
    if common_name is None:
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "test")])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['source']}-{row['name']!r}"[:60])
def test_a_certificate_with_these_names_is_judged_as_everybody_does(row) -> None:
    extension = alternative_names(row)
    leaf = make(CA, subject=subject(row["cn"]), add=[extension] if extension else [])
    verdict = verify_chain(leaf.certificate, roots=[CA.certificate], name=row["name"], at=NOW)
    assert verdict.ok is row["expected"], verdict.findings
    assert (verdict.matched_by is not None) is row["expected"]
    errors = [finding.code for finding in verdict.findings if finding.severity == "error"]
    assert [code for code in errors if not code.startswith("name.")] == []


def test_the_rows_ask_for_both_answers() -> None:
    assert {row["expected"] for row in ROWS} == {True, False}
