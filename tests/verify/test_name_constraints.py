"""Name constraints of every type that RFC 5280 section 4.2.1.10 defines."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from certkit import CertificateAuthority, Severity, verify_chain
from certkit.verify.subtrees import RULES
from tests.verify.make import CLIENT, NOW, dn, make, nc, root

DNS, IP, EMAIL, URI, DIRECTORY = (
    x509.DNSName,
    lambda text: x509.IPAddress(ip_network(text) if "/" in text else ip_address(text)),
    x509.RFC822Name._init_without_validation,
    x509.UniformResourceIdentifier,
    lambda text: x509.DirectoryName(dn(text)),
)


def errors(ca, leaf, *intermediates) -> list[str]:
    verdict = verify_chain(
        leaf.certificate,
        roots=[ca.certificate],
        intermediates=[each.certificate for each in intermediates],
        at=NOW,
        purpose="client",
    )
    found = [each for each in verdict.findings if each.severity == Severity.ERROR]
    return [f"{each.code}: {each.summary}" for each in found]


def is_inside(constraints: x509.NameConstraints, *names, subject="O=test") -> bool:
    ca = root(add=[constraints])
    purpose = x509.ExtendedKeyUsage([CLIENT])
    leaf = make(ca, names=names, subject=subject, replace=[purpose])
    found = errors(ca, leaf)
    assert all(each.startswith("chain.name-constraint") for each in found), found
    return not found


@pytest.mark.parametrize(
    ("kind", "subtree", "name", "inside"),
    [
        (DNS, "dev.test", "dev.test", True),
        (DNS, "dev.test", "a.b.dev.test", True),
        (DNS, "dev.test", "*.dev.test", True),
        (DNS, "dev.test", "DEV.TEST", True),
        (DNS, "DEV.test", "a.dev.test", True),
        (DNS, "", "anything.example", True),
        (DNS, "dev.test", "notdev.test", False),
        (DNS, "dev.test", "test", False),
        (DNS, "dev.test", "*.test", False),
        (DNS, "a.dev.test", "*.dev.test", False),
        (DNS, "dev.test", "dev.test.", False),
        (DNS, "dev.test", "a..dev.test", False),
        (DNS, "dev.test", "w*.dev.test", False),
        (IP, "10.0.0.0/8", "10.255.0.1", True),
        (IP, "10.0.0.5/32", "10.0.0.5", True),
        (IP, "fd00::/8", "fd12::1", True),
        (IP, "10.0.0.0/8", "11.0.0.1", False),
        (IP, "10.0.0.0/8", "::ffff:10.0.0.1", False),
        (IP, "::/0", "10.0.0.1", False),
        (EMAIL, "me@dev.test", "me@dev.test", True),
        (EMAIL, "me@dev.test", "me@DEV.test", True),
        (EMAIL, "dev.test", "me@dev.test", True),
        (EMAIL, ".dev.test", "me@a.dev.test", True),
        (EMAIL, "*@dev.test", "*@dev.test", True),
        (EMAIL, "me@dev.test", "ME@dev.test", False),
        (EMAIL, "dev.test", "me@a.dev.test", False),
        (EMAIL, ".dev.test", "me@dev.test", False),
        (EMAIL, "*@dev.test", "me@dev.test", False),
        (EMAIL, "dev.test", "me@me@dev.test", False),
        (EMAIL, "dev.test", "dev.test", False),
        (EMAIL, "dev.test", "@dev.test", False),
        (URI, "dev.test", "https://dev.test/path", True),
        (URI, "dev.test", "wss://me@DEV.test:8443/", True),
        (URI, ".dev.test", "https://a.dev.test/", True),
        (URI, "dev.test", "https://a.dev.test/", False),
        (URI, ".dev.test", "https://dev.test/", False),
        (URI, "dev.test", "https://10.0.0.5/", False),
        (URI, "dev.test", "urn:uuid:dev.test", False),
        (URI, "dev.test", "https://[broken/", False),
        (DIRECTORY, "O=a", "O=a,CN=b", True),
        (DIRECTORY, "O=a", "O=A,CN=b", True),
        (DIRECTORY, "O=a,OU=b", "O=a,OU=b,CN=c", True),
        (DIRECTORY, "O=a,OU=b", "O=a,CN=c", False),
        (DIRECTORY, "O=a", "CN=b,O=a", False),
    ],
)  # fmt: skip
def test_a_permitted_subtree_holds_what_lies_in_it(kind, subtree, name, inside):
    # A directory constraint binds the subject too, so the leaf has none.
    subject = "" if kind is DIRECTORY else "O=test"
    constraints = nc([kind(subtree)])
    ca = root(add=[constraints])
    leaf = ca.leaf(
        kind(name),
        subject=subject,
        critical=[x509.SubjectAlternativeName] if not subject else (),
        replace=[x509.ExtendedKeyUsage([CLIENT])],
    )
    found = errors(ca, leaf)
    assert (found == []) is inside, found
    assert all(each.startswith("chain.name-constraint") for each in found)


@pytest.mark.parametrize(
    ("kind", "subtree", "name", "free"),
    [
        (DNS, "bar.dev.test", "foo.dev.test", True),
        (DNS, "bar.dev.test", "*.foo.dev.test", True),
        (DNS, "a.bar.dev.test", "*.dev.test", True),
        (DNS, "bar.dev.test", "x.bar.dev.test", False),
        (DNS, "bar.dev.test", "*.dev.test", False),
        (DNS, "bar.dev.test", "*.bar.dev.test", False),
        (DNS, "bar.dev.test", "BAR.dev.test", False),
        (DNS, "bar.dev.test", "bar.dev.test.", False),
        (IP, "10.0.0.0/8", "11.0.0.1", True),
        (IP, "10.0.0.0/8", "10.0.0.1", False),
        (IP, "0.0.0.0/0", "10.0.0.1", False),
        (EMAIL, "dev.test", "me@other.test", True),
        (EMAIL, "dev.test", "me@dev.test", False),
        (URI, ".dev.test", "https://a.dev.test", False),
        (URI, ".dev.test", "https://other.test", True),
    ],
)  # fmt: skip
def test_an_excluded_subtree_refuses_what_touches_it(kind, subtree, name, free):
    assert is_inside(nc(None, [kind(subtree)]), kind(name)) is free


def test_names_of_another_type_are_free():
    assert is_inside(nc([IP("10.0.0.0/8")], [EMAIL("dev.test")]), DNS("app.test"))
    assert is_inside(nc([DNS("dev.test")]), IP("8.8.8.8"))


def test_excluded_wins_over_permitted():
    assert not is_inside(nc([DNS("dev.test")], [DNS("dev.test")]), DNS("dev.test"))


def test_the_subject_is_a_directory_name():
    assert is_inside(nc([DIRECTORY("O=a")]), DNS("app.test"), subject="O=a,CN=b")
    assert not is_inside(nc([DIRECTORY("O=a")]), DNS("app.test"), subject="O=b")


def test_an_address_in_the_subject_counts_without_alternative_names():
    only_here = nc([EMAIL("dev.test")])
    assert is_inside(only_here, subject="E=me@dev.test")
    assert not is_inside(only_here, subject="E=me@other.test")
    assert is_inside(only_here, DNS("app.test"), subject="E=me@other.test")


def test_a_type_that_cannot_be_checked_is_refused_only_where_it_occurs():
    other = x509.OtherName(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert is_inside(nc(None, [other]), DNS("app.test"))
    assert not is_inside(nc(None, [other]), DNS("app.test"), other)


def test_an_address_with_a_mask_in_a_certificate_is_outside_everything():
    assert not is_inside(nc([IP("10.0.0.0/8")]), DNS("app.test"), IP("10.0.0.0/24"))


@pytest.mark.parametrize("subtree", [DNS(".dev.test"), DNS("a b"), EMAIL("a@b@dev.test")])
def test_a_malformed_subtree_is_the_cas_fault(subtree):
    ca = root(add=[nc([subtree])])
    (found,) = errors(ca, ca.leaf(replace=[x509.ExtendedKeyUsage([CLIENT])]))
    assert "certificate 2 of 2 ('CN=Test Root') has the name constraint" in found


def test_intermediates_only_narrow():
    ca = root(add=[nc([DNS("dev.test")])])
    client = [x509.ExtendedKeyUsage([CLIENT])]
    wider = ca.ca("CN=Wider", add=[nc([DNS("test")])])
    assert errors(ca, wider.leaf("app.dev.test", replace=client), wider) == []
    (found,) = errors(ca, wider.leaf("app.test", replace=client), wider)
    assert "certificate 3 of 3 ('CN=Test Root')" in found
    narrower = ca.ca("CN=Narrower", add=[nc([DNS("a.dev.test")])])
    (found,) = errors(ca, narrower.leaf("b.dev.test", replace=client), narrower)
    assert "certificate 2 of 3 ('CN=Narrower')" in found


def test_a_name_is_refused_once_by_the_ca_furthest_up():
    constraints = nc([DNS("dev.test")])
    ca = root(add=[constraints])
    middle = ca.ca("CN=Middle", add=[constraints])
    purpose = [x509.ExtendedKeyUsage([CLIENT])]
    (found,) = errors(ca, middle.leaf("a.test", "b.test", replace=purpose), middle)
    assert found.startswith("chain.name-constraint: 'a.test' lies outside")
    assert "certificate 3 of 3 ('CN=Test Root'); 1 more like it" in found


def test_names_of_self_issued_intermediates_are_free():
    constraints = nc([DNS("dev.test")])
    ca = root("CN=Rolling", add=[constraints])
    client = [x509.ExtendedKeyUsage([CLIENT])]
    names = x509.SubjectAlternativeName([DNS("ca.example")])
    rolled = ca.ca("CN=Rolling", add=[names])
    assert errors(ca, rolled.leaf("app.dev.test", replace=client), rolled) == []
    other = ca.ca("CN=Other", add=[names])
    (found,) = errors(ca, other.leaf("app.dev.test", replace=client), other)
    assert found.startswith("chain.name-constraint: 'ca.example' of certificate 2 of 3")


def test_the_fix_permits_what_is_missing():
    ca = CertificateAuthority.create(now=NOW)
    wide = ca.permit("dev.example.com", now=NOW)
    issued = wide.issue("*.dev.example.com", now=NOW)
    verdict = verify_chain(issued.certificate, roots=[ca.root], name="a.dev.example.com", at=NOW)
    (finding,) = verdict.findings
    assert finding.code == "chain.name-constraint"
    assert finding.fix.text == "certkit ca permit dev.example.com"
    assert finding.summary.startswith("'*.dev.example.com' lies outside what is permitted")


@given(st.text("ab.*-_@:/[]1\0ü ", max_size=20), st.text("ab.*-_@:/[]1ü ", max_size=20))
def test_any_text_can_be_compared(name, subtree):
    for rule in RULES.values():
        value, read = rule.read(name), rule.subtree(subtree)
        if value is not None and read is not None:
            assert rule.within(value, read) <= rule.touches(value, read)
