"""Damaged and hostile certificates: always an answer, never an exception, never a yes."""

from __future__ import annotations

from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from certkit import Certificate, CertkitError, Severity, verify_chain
from certkit.pki.quiet import quietly
from tests.verify.make import NOW, crl, nc, root, signed

CA = root(
    "C=DE,O=test,CN=Root",
    add=[nc([x509.DNSName("test"), x509.IPAddress(ip_network("10.0.0.0/8"))])],
)
MIDDLE = CA.ca(
    "O=test,CN=Issuing CA",
    add=[
        x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3.4"), None)]),
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.CA_ISSUERS,
                    x509.UniformResourceIdentifier("http://ca.test/ca.der"),
                )
            ]
        ),
    ],
)
LEAF = MIDDLE.leaf("app.test", x509.RFC822Name("me@app.test"))
LIST = x509.load_pem_x509_crl(crl(MIDDLE, CA.leaf("x.test").certificate)).public_bytes(Encoding.DER)


@st.composite
def damaged(draw, whole: bytes) -> bytes:
    """A few octets changed, dropped, doubled or put in; now and then a length as well."""
    octets = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(octets) - 1))
        match draw(st.sampled_from(["change", "flip", "drop", "double", "insert"])):
            case "change":
                octets[place] = draw(st.integers(0, 255))
            case "flip":
                octets[place] ^= 1 << draw(st.integers(0, 7))
            case "drop":
                del octets[place : place + draw(st.integers(1, 8))]
            case "double":
                octets[place:place] = octets[place : place + draw(st.integers(1, 40))]
            case _:
                octets[place:place] = draw(st.binary(min_size=1, max_size=6))
        if not octets:
            break
    assume(bytes(octets) != whole)
    return bytes(octets)


def judge(
    leaf=LEAF.certificate.der, middle=MIDDLE.certificate.der, top=CA.certificate.der, lists=()
):
    verdict = verify_chain(
        leaf, roots=[top], intermediates=[middle], name="app.test", at=NOW, crls=lists
    )
    assert verdict.ok is not any(each.severity == Severity.ERROR for each in verdict.findings)
    for finding in verdict.findings:
        shown = finding.summary + finding.why + finding.fix.text
        assert shown.isprintable(), finding
        assert "cannot be judged" not in shown, finding
    return verdict


FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_the_chain_is_good_before_it_is_damaged():
    assert judge(lists=[LIST]).findings == ()


@FUZZ
@given(damaged(LEAF.certificate.der))
def test_a_damaged_leaf_is_never_good(der):
    assert not judge(leaf=der).ok


@FUZZ
@given(damaged(MIDDLE.certificate.der))
def test_a_damaged_intermediate_is_never_good(der):
    assert not judge(middle=der).ok


@FUZZ
@given(damaged(CA.certificate.der))
def test_a_damaged_root_is_an_answer(der):
    # The signature of a trust anchor counts for nothing, so some damage goes unnoticed.
    judge(top=der)


@FUZZ
@given(damaged(LIST))
def test_a_damaged_revocation_list_is_an_answer(der):
    judge(lists=[der])


@FUZZ
@given(damaged(LEAF.certificate.der))
def test_every_property_of_a_damaged_certificate_can_be_read(der):
    try:
        with quietly():
            certificate = Certificate.from_der(der)
    except CertkitError:
        return
    assert certificate.describe()


@settings(FUZZ, max_examples=600)
@given(damaged(LEAF.certificate.x509.tbs_certificate_bytes))
def test_a_leaf_signed_with_damage_in_it_is_an_answer(tbs):
    judge(leaf=signed(tbs, MIDDLE.key))


@FUZZ
@given(damaged(MIDDLE.certificate.x509.tbs_certificate_bytes))
def test_an_intermediate_signed_with_damage_in_it_is_an_answer(tbs):
    judge(middle=signed(tbs, CA.key))


@given(st.binary(max_size=200))
def test_any_octets_are_an_answer(octets):
    assert not judge(leaf=octets).ok


def test_a_leaf_signed_by_the_right_key_under_odd_names_is_an_answer():
    for text in ("\0", "", "*", "*.*", "." * 300, "a" * 300, "xn--", "\x7f"):
        leaf = MIDDLE.leaf(x509.DNSName(text))
        assert not judge(leaf=leaf.certificate.der).ok


def test_a_bit_string_where_text_belongs_is_unreadable_and_no_crash():
    tbs = LEAF.certificate.x509.tbs_certificate_bytes
    organisation = bytes.fromhex("060355040a0c04") + b"test"
    start, end = tbs.rsplit(organisation, 1)
    odd = start + organisation.replace(b"\x0c\x04test", b"\x03\x04test") + end
    der = signed(odd, MIDDLE.key)
    assert Certificate.from_der(der).describe()["subject"] == "(unreadable)"
    verdict = judge(leaf=der)
    assert [each.code for each in verdict.findings if each.severity == Severity.ERROR] == [
        "chain.malformed"
    ]
