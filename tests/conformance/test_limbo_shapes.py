"""Chains of the shapes that x509-limbo (C2SP) describes, made here.

The sample of limbo's own certificates in test_limbo.py leaves out a third of its classes; these
stand in for them. ``ok`` is what limbo expects; where certkit decides otherwise the id stands in
limbo_exceptions.json, as for the sample.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from certkit import Certificate, verify_chain
from tests.verify.make import (
    CLIENT,
    NOW,
    SERVER,
    Made,
    crl,
    dn,
    key_usage,
    nc,
    patched,
    root,
    san,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

EXCEPTIONS = {
    row["id"]: row
    for row in json.loads(Path(__file__).with_name("limbo_exceptions.json").read_text())
}
SECOND = timedelta(seconds=1)
EKU = x509.ExtendedKeyUsage
NC = x509.NameConstraints


@dataclass(frozen=True)
class Shape:
    """``make()`` gives the arguments of verify_chain; ``leaf`` and ``roots`` may be Made."""

    name: str
    ok: bool
    make: Callable[[], dict[str, Any]]


SHAPES: list[Shape] = []


def shape(name: str, *, ok: bool) -> Callable[[Callable[[], dict[str, Any]]], Callable[[], Any]]:
    def register(make: Callable[[], dict[str, Any]]) -> Callable[[], Any]:
        SHAPES.append(Shape(name, ok, make))
        return make

    return register


def case(leaf: Made | bytes, *cas: Made, name: str | None = "app.test", **more: Any) -> dict:
    """The first of ``cas`` is trusted, the others are sent."""
    return {"leaf": leaf, "roots": cas[:1], "intermediates": cas[1:], "name": name, **more}


def judged(arguments: dict[str, Any]) -> Any:
    def bare(value: Any) -> Any:
        return value.certificate if isinstance(value, Made) else value

    given = {"at": NOW} | arguments
    for key in ("roots", "intermediates"):
        given[key] = [bare(each) for each in given[key]]
    return verify_chain(bare(given.pop("leaf")), **given)


@pytest.mark.parametrize("each", SHAPES, ids=lambda each: each.name)
def test_the_verdict_is_what_limbo_expects_or_a_listed_exception(each: Shape) -> None:
    exception = EXCEPTIONS.get(each.name)
    if exception is not None:
        assert exception["expected"] == ("SUCCESS" if each.ok else "FAILURE")
    verdict = judged(each.make())
    assert verdict.ok is (each.ok if exception is None else not each.ok), verdict.findings


# --- crl, cve, invalid ---


@shape("crl::issuer-no-keyusage-extension", ok=True)
def _() -> dict:
    ca = root(without=[x509.KeyUsage])
    return case(ca.leaf(), ca, crls=[crl(ca, ca.leaf().certificate)])


@shape("crl::certificate-not-on-crl", ok=True)
def _() -> dict:
    ca = root()
    others = [ca.leaf().certificate for _ in range(2)]
    return case(ca.leaf(), ca, crls=[crl(ca, *others)])


@shape("crl::issuer-valid-crlsign-and-keycertsign", ok=True)
def _() -> dict:
    ca = root(optional=[x509.KeyUsage])
    return case(ca.leaf(), ca, crls=[crl(ca, ca.leaf().certificate)])


@shape("cve::cve-2025-61727", ok=False)
def _() -> dict:
    ca = root()
    limits = nc([x509.DNSName("app.test")], [x509.DNSName("bar.app.test")])
    middle = ca.ca(add=[limits], critical=[NC])
    return case(middle.leaf("*.app.test"), ca, middle, name="bar.app.test")


@shape("cve::cve-2025-61727-nc-permits-variant", ok=False)
def _() -> dict:
    ca = root()
    middle = ca.ca(add=[nc([x509.DNSName("foo.app.test")])], critical=[NC])
    return case(middle.leaf("*.app.test"), ca, middle, name="foo.app.test")


@shape("invalid::invalid-issuer-key", ok=False)
def _() -> dict:
    ca, other = root(), root()
    middle = other.ca()
    # An RSA key of no octets, and a signature that is an empty sequence.
    tbs = middle.certificate.x509.tbs_certificate_bytes
    old = middle.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    empty = bytes.fromhex("3012300d06092a864886f70d0101010500030100")
    body = tbs[4:].replace(old, empty)
    assert len(body) < len(tbs) - 4
    broken = signed(b"\x30\x82" + len(body).to_bytes(2, "big") + body, other.key)
    return {
        "leaf": middle.leaf(),
        "roots": [ca],
        "intermediates": [broken],
        "name": "app.test",
    }


# --- pathlen, pathological ---


@shape("pathlen::ee-with-intermediate-pathlen-1", ok=True)
def _() -> dict:
    ca = root()
    middle = ca.ca(path_length=1)
    return case(middle.leaf(), ca, middle)


@shape("pathlen::intermediate-pathlen-may-increase", ok=True)
def _() -> dict:
    ca = root()
    first = ca.ca("CN=1", path_length=1)
    second = first.ca("CN=2", path_length=2)
    return case(second.leaf(), ca, first, second)


@shape("pathlen::intermediate-pathlen-too-long", ok=False)
def _() -> dict:
    ca = root()
    first = ca.ca("CN=1", path_length=1)
    second = first.ca("CN=2", path_length=0)
    third = second.ca("CN=3", path_length=0)
    return case(third.leaf(), ca, first, second, third)


@shape("pathlen::self-issued-certs-pathlen", ok=True)
def _() -> dict:
    ca = root()
    first = ca.ca("CN=1", path_length=1)
    again = first.ca("CN=1", path_length=1)
    third = again.ca("CN=3", path_length=0)
    return case(third.leaf(), ca, first, again, third)


@shape("pathlen::max-chain-depth-1-self-issued", ok=True)
def _() -> dict:
    ca = root()
    first = ca.ca("CN=1")
    again = first.ca("CN=1")
    return case(again.leaf(), ca, first, again, max_depth=1)


@shape("pathological::intermediate-cycle-same-logical-ca", ok=False)
def _() -> dict:
    one, two = root("CN=ICA"), root("CN=ICA")
    first, second = two.ca("CN=ICA", private_key=one.key), one.ca("CN=ICA", private_key=two.key)
    return case(first.leaf(), root(), first, second)


@shape("pathological::nc-dos-2", ok=False)
def _() -> dict:
    names = [x509.RFC822Name(f"t{index}@mail.test") for index in range(2048)]
    ca = root(add=[nc(names, names)], critical=[NC])
    return case(ca.leaf("app.test", *names), ca)


@shape("pathological::pathological-chain-distinct-subject-distinct-key", ok=False)
def _() -> dict:
    ca = top = root("CN=0")
    cas = [top := top.ca(f"CN={index}") for index in range(1, 100)]
    return case(top.leaf(), root(), ca, *cas)


# --- rfc5280 ---

UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55738.666.1"), b"")


@shape("rfc5280::unknown-critical-extension-unrelated-root", ok=True)
def _() -> dict:
    ca = root()
    odd = root("CN=other", add=[UNKNOWN], critical=[x509.UnrecognizedExtension])
    return case(ca.leaf(), ca) | {"roots": [odd, ca]}


@shape("rfc5280::chain-untrusted-root", ok=False)
def _() -> dict:
    ca = root()
    middle = ca.ca(path_length=0)
    return case(middle.leaf(), root("CN=unrelated"), ca, middle)


@shape("rfc5280::intermediate-ca-missing-basic-constraints", ok=False)
def _() -> dict:
    ca = root()
    middle = ca.ca(without=[x509.BasicConstraints])
    return case(middle.leaf(), ca, middle)


@shape("rfc5280::root-missing-basic-constraints", ok=False)
def _() -> dict:
    ca = root(without=[x509.BasicConstraints])
    return case(ca.leaf(), ca)


@shape("rfc5280::leaf-ku-keycertsign", ok=False)
def _() -> dict:
    ca = root()
    return case(ca.leaf(replace=[key_usage("digital_signature", "key_cert_sign")]), ca)


@shape("rfc5280::duplicate-extensions", ok=False)
def _() -> dict:
    ca = root()
    other = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.18"), bytes.fromhex("3000"))
    leaf = ca.leaf(add=[other])
    # issuerAltName turned into a second subjectAltName: no builder writes one twice
    old, new = bytes.fromhex("0603551d12"), bytes.fromhex("0603551d11")
    return case(patched(leaf.certificate, old, new, ca.key), ca)


@shape("rfc5280::no-keyusage", ok=True)
def _() -> dict:
    ca = root()
    return case(ca.leaf(without=[x509.KeyUsage]), ca)


@shape("rfc5280::no-basicconstraints", ok=True)
def _() -> dict:
    ca = root()
    return case(ca.leaf(without=[x509.BasicConstraints]), ca)


@shape("rfc5280::mismatching-signature-algorithm", ok=False)
def _() -> dict:
    ca = root()
    sha256, sha384 = bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040303")
    outer = ca.certificate.der.rfind(sha256)
    der = bytearray(ca.certificate.der)
    der[outer : outer + len(sha384)] = sha384
    return case(ca.leaf(), ca) | {"roots": [bytes(der)]}


@shape("rfc5280::aki::critical-aki", ok=False)
def _() -> dict:
    key = ec.generate_private_key(ec.SECP256R1())
    aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    ca = root(private_key=key, add=[aki], critical=[x509.AuthorityKeyIdentifier])
    return case(ca.leaf(), ca)


@shape("rfc5280::aki::leaf-missing-aki", ok=False)
def _() -> dict:
    ca = root()
    return case(ca.leaf(without=[x509.AuthorityKeyIdentifier]), ca)


@shape("rfc5280::eku::ee-wrong-eku", ok=False)
def _() -> dict:
    ca = root()
    return case(ca.leaf(replace=[EKU([CLIENT])]), ca)


@shape("rfc5280::san::noncritical-with-empty-subject", ok=False)
def _() -> dict:
    ca = root()
    return case(ca.leaf(subject=""), ca)


@shape("rfc5280::ski::root-missing-ski", ok=False)
def _() -> dict:
    ca = root(without=[x509.SubjectKeyIdentifier])
    return case(ca.leaf(), ca)


@shape("rfc5280::ski::critical-ski", ok=False)
def _() -> dict:
    ca = root(critical=[x509.SubjectKeyIdentifier])
    return case(ca.leaf(), ca)


# --- rfc5280::nc ---


def constrained(permitted: list | None, excluded: list | None, *names: Any, **more: Any) -> dict:
    """A root with these name constraints and a leaf with these names."""
    ca = root(add=[nc(permitted, excluded)], critical=[NC])
    subject = more.pop("subject", "O=test")
    return case(ca.leaf(*names, subject=subject), ca, **more)


def directory(text: str) -> x509.DirectoryName:
    return x509.DirectoryName(dn(text))


def block(text: str) -> x509.IPAddress:
    return x509.IPAddress(ip_network(text))


def address(text: str) -> x509.IPAddress:
    return x509.IPAddress(ip_address(text))


@shape("rfc5280::nc::excluded-dns-match-second", ok=False)
def _() -> dict:
    bad = x509.DNSName("bad.app.test")
    return constrained(None, [bad], "app.test", "bad.app.test")


@shape("rfc5280::nc::permitted-ip-mismatch", ok=False)
def _() -> dict:
    return constrained([block("192.0.2.0/24")], None, address("192.0.3.1"), name="192.0.3.1")


@shape("rfc5280::nc::excluded-ipv4-match", ok=False)
def _() -> dict:
    return constrained(None, [block("192.0.2.0/24")], address("192.0.2.1"), name="192.0.2.1")


@shape("rfc5280::nc::excluded-ipv6-match", ok=False)
def _() -> dict:
    return constrained(None, [block("::1/128")], address("::1"), name="::1")


@shape("rfc5280::nc::permitted-dn-mismatch", ok=False)
def _() -> dict:
    foo, other = [directory("CN=foo")], directory("CN=not-foo")
    return constrained(foo, None, other, subject="CN=not-foo", name=None)


@shape("rfc5280::nc::excluded-dn-match-sub-mismatch", ok=False)
def _() -> dict:
    foo, other = [directory("CN=foo")], directory("CN=not-foo")
    return constrained(None, foo, other, subject="CN=foo", name=None)


@shape("rfc5280::nc::excluded-self-issued-leaf", ok=False)
def _() -> dict:
    ca = root(add=[nc([x509.DNSName("app.test")])], critical=[NC])
    middle = ca.ca("CN=other.test", add=[san("other.test")])
    leaf = middle.leaf("other.test", subject="CN=other.test")
    return case(leaf, ca, middle, name="other.test")


@shape("rfc5280::nc::not-allowed-in-ee-critical", ok=False)
def _() -> dict:
    ca = root()
    return case(ca.leaf(add=[nc([x509.DNSName("app.test")])], critical=[NC]), ca)


@shape("rfc5280::nc::intermediate-with-san-rejected-by-intermediate-nc", ok=False)
def _() -> dict:
    ca = root()
    limits = nc([x509.DNSName("good.test")], [x509.DNSName("bad.test")])
    first = ca.ca("CN=1", add=[limits], critical=[NC])
    second = first.ca("CN=2", add=[san("bad.test")])
    return case(second.leaf("good.test"), ca, first, second, name="good.test")


@shape("rfc5280::nc::nc-permits-invalid-dns-san", ok=False)
def _() -> dict:
    ca = root()
    middle = ca.ca(add=[nc([x509.DNSName("app.test")])], critical=[NC])
    return case(middle.leaf(".app.test", "foo.app.test"), ca, middle, name="foo.app.test")


def mailbox(constraint: str, *boxes: str) -> dict:
    """An intermediate that permits a mailbox or a host, and a client certificate."""
    ca = root()
    permitted = [x509.RFC822Name._init_without_validation(constraint)]
    middle = ca.ca(add=[nc(permitted)], critical=[NC])
    names = [x509.RFC822Name._init_without_validation(box) for box in boxes]
    leaf = middle.leaf(*names, replace=[EKU([CLIENT])])
    return case(leaf, ca, middle, name=None, purpose="client")


@shape("rfc5280::nc::nc-permits-email-literal-asterisk-rejects-subdomain", ok=False)
def _() -> dict:
    return mailbox("*@app.test", "*@mail.app.test")


@shape("rfc5280::nc::nc-permits-email-literal-double-asterisk-rejects-single", ok=False)
def _() -> dict:
    return mailbox("**@app.test", "*@app.test")


# --- rfc5280::validity ---

START, END = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC)


def dated(at: datetime, **spans: tuple[datetime, datetime]) -> dict:
    """Root, intermediate and leaf, each valid from START to END unless ``spans`` says otherwise."""

    def validity(who: str) -> dict[str, datetime]:
        start, end = spans.get(who, (START, END))
        return {"start": start, "end": end}

    ca = root(**validity("root"))
    middle = ca.ca(**validity("middle"))
    return case(middle.leaf(**validity("leaf")), ca, middle, at=at)


@shape("rfc5280::validity::expired-root", ok=False)
def _() -> dict:
    return dated(END, root=(START, END - SECOND))


@shape("rfc5280::validity::expired-leaf", ok=False)
def _() -> dict:
    return dated(END, leaf=(START, END - SECOND))


@shape("rfc5280::validity::notafter-exact", ok=True)
def _() -> dict:
    return dated(END)


@shape("rfc5280::validity::notafter-fractional", ok=True)
def _() -> dict:
    return dated(END + timedelta(milliseconds=5))


@shape("rfc5280::validity::notbefore-fractional", ok=False)
def _() -> dict:
    return dated(START - timedelta(milliseconds=1))


# --- webpki ---


@shape("webpki::cryptographydotio-chain", ok=True)
def _() -> dict:
    ca = root()
    middle = ca.ca(path_length=0, replace=[key_usage("key_cert_sign", "digital_signature")])
    return case(middle.leaf(), ca, middle)


@shape("webpki::forbidden-p192-root", ok=False)
def _() -> dict:
    ca = root(private_key=ec.generate_private_key(ec.SECP192R1()))
    return case(ca.leaf(), ca)


@shape("webpki::forbidden-dsa-leaf", ok=False)
def _() -> dict:
    ca = root()
    return case(ca.leaf(private_key=dsa.generate_private_key(1024)), ca)


@shape("webpki::v1-cert", ok=False)
def _() -> dict:
    ca = root()
    leaf = ca.leaf()
    # [0] { INTEGER 2 } says version 3; version 1 with extensions is no certificate at all
    return case(
        patched(leaf.certificate, bytes.fromhex("a003020102"), bytes.fromhex("a003020100"), ca.key),
        ca,
    )


@shape("webpki::ee-basicconstraints-ca", ok=False)
def _() -> dict:
    ca = root()
    return case(ca.leaf(replace=[x509.BasicConstraints(ca=True, path_length=None)]), ca)


def rooted(**flaws: Any) -> dict:
    ca = root(**flaws)
    return case(ca.leaf(), ca)


@shape("webpki::aki::root-with-aki-authoritycertissuer", ok=False)
def _() -> dict:
    key = ec.generate_private_key(ec.SECP256R1())
    aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    aki._authority_cert_issuer = [directory("CN=other")]
    return rooted(private_key=key, add=[aki])


@shape("webpki::aki::root-with-aki-missing-keyidentifier", ok=False)
def _() -> dict:
    return rooted(add=[x509.AuthorityKeyIdentifier(None, None, None)])


def named(common_name: str, *names: Any, asked: str) -> dict:
    ca = root()
    return case(ca.leaf(*names, subject=f"CN={common_name}"), ca, name=asked)


@shape("webpki::cn::ipv4-hex-mismatch", ok=False)
def _() -> dict:
    return named("0xC0A80101", address("192.168.1.1"), asked="192.168.1.1")


@shape("webpki::cn::ipv6-uppercase-mismatch", ok=False)
def _() -> dict:
    return named("2001:DB8::8A2E", address("2001:db8::8a2e"), asked="2001:db8::8a2e")


@shape("webpki::cn::ipv6-uncompressed-mismatch", ok=False)
def _() -> dict:
    return named("2001:0db8:0:0:0:0:0:0001", address("2001:db8::1"), asked="2001:db8::1")


@shape("webpki::cn::case-mismatch", ok=False)
def _() -> dict:
    return named("App.TEST", "app.test", asked="app.test")


@shape("webpki::eku::ee-anyeku", ok=False)
def _() -> dict:
    ca = root()
    purposes = EKU([SERVER, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
    return case(ca.leaf(replace=[purposes]), ca)


# --- webpki::san ---


def presents(name: Any, asked: str, **more: Any) -> Callable[[], dict]:
    def make() -> dict:
        ca = root()
        return case(ca.leaf(name, **more), ca, name=asked)

    return make


for _name, _ok, _presented, _asked in (
    ("exact-dns-san", True, "example.com", "example.com"),
    ("exact-localhost-dns-san", True, "localhost", "localhost"),
    ("exact-localhost-ip-san", True, address("127.0.0.1"), "127.0.0.1"),
    ("mismatch-domain-san", False, "example.com", "example2.com"),
    ("mismatch-subdomain-apex-san", False, "example.com", "abc.example.com"),
    ("mismatch-apex-subdomain-san", False, "abc.example.com", "example.com"),
    ("public-suffix-multi-label-wildcard-san", False, "*.co.uk", "example.co.uk"),
    ("wildcard-not-in-leftmost-san", False, "foo.*.example.com", "foo.bar.example.com"),
    ("wildcard-match-across-labels-san", False, "*.example.com", "foo.bar.example.com"),
):
    SHAPES.append(Shape(f"webpki::san::{_name}", _ok, presents(_presented, _asked)))


@shape("webpki::san::san-critical-with-nonempty-subject", ok=False)
def _() -> dict:
    return presents("app.test", "app.test", critical=[x509.SubjectAlternativeName])()


def test_no_shape_stands_here_twice() -> None:
    names = [each.name for each in SHAPES]
    assert len(names) == len(set(names))


def test_a_parsed_shape_is_the_one_that_was_meant() -> None:
    """The flaws are in the certificates and not in how they were made."""
    ca = root()
    assert judged(case(ca.leaf(), ca)).ok
    assert judged(dated(START)).ok
    assert judged(mailbox("*@app.test", "*@app.test")).ok
    assert judged(constrained(None, [block("192.0.2.0/24")], address("192.0.3.1"), name=None)).ok
    assert Certificate.from_der(ca.leaf().certificate.der).malformed is None
