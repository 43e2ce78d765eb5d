"""Revocation lists: what they revoke, and when they say nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certkit import verify_chain
from tests.verify.make import NOW, crl, dn, key_usage, root

CA = root()
MIDDLE = CA.ca("CN=Issuing CA")
LEAF = MIDDLE.leaf("app.test")


def codes(*lists, leaf=LEAF, roots=(CA,), intermediates=(MIDDLE,), at=NOW) -> list[str]:
    verdict = verify_chain(
        leaf.certificate,
        roots=[each.certificate for each in roots],
        intermediates=[each.certificate for each in intermediates],
        name="app.test",
        at=at,
        crls=lists,
    )
    assert verdict.ok is not bool(verdict.findings)
    return [finding.code for finding in verdict.findings]


def here(text: str = "http://crl.test/") -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(text)]


def point(**more) -> x509.IssuingDistributionPoint:
    given = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**given | more)


def points(full=None, relative=None, issuer=None) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints([x509.DistributionPoint(full, relative, None, issuer)])


def named(text: str) -> x509.RelativeDistinguishedName:
    (relative,) = dn(text).rdns
    return relative


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")


def test_nothing_is_assumed_without_a_list():
    assert codes() == []
    assert codes(crl(CA)) == []


def test_a_listed_certificate_is_revoked():
    assert codes(crl(MIDDLE, MIDDLE.leaf("b.test").certificate)) == []
    assert codes(crl(MIDDLE, LEAF.certificate)) == ["revocation.revoked"]
    assert codes(crl(CA, MIDDLE.certificate), crl(MIDDLE)) == ["revocation.revoked"]


def test_the_reason_is_told():
    revoked = crl(MIDDLE, LEAF.certificate, reason=x509.ReasonFlags.key_compromise)
    verdict = verify_chain(
        LEAF.certificate,
        roots=[CA.certificate],
        intermediates=[MIDDLE.certificate],
        at=NOW,
        crls=revoked,
    )
    (finding,) = verdict.findings
    assert (
        finding.summary == "the certificate was revoked on 2026-06-01 09:00:00 UTC (keyCompromise)"
    )


def test_the_list_of_another_ca_does_not_count():
    stranger = root("CN=Stranger")
    assert codes(crl(stranger, LEAF.certificate)) == []


@pytest.mark.parametrize(
    "flaw",
    [
        {"following": NOW - timedelta(seconds=1)},
        {"last": NOW + timedelta(seconds=1), "following": NOW + timedelta(days=2)},
        {"number": None},
        {"number_critical": True},
        {"signer": ec.generate_private_key(ec.SECP256R1())},
        {"add": [(x509.DeltaCRLIndicator(1), True)]},
        {"add": [(UNKNOWN, True)]},
        {"entries": [(UNKNOWN, True)]},
        {"entries": [(x509.CertificateIssuer([x509.DirectoryName(dn("CN=other"))]), True)]},
        {"add": [(point(full_name=here()), True)]},
        {"add": [(point(relative_name=named("OU=part")), True)]},
        {"add": [(point(only_contains_ca_certs=True), True)]},
        {"add": [(point(indirect_crl=True), True)]},
        {"add": [(point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})), True)]},
    ],
)
def test_a_list_that_cannot_be_used_is_an_error(flaw):
    other = MIDDLE.leaf("b.test").certificate
    assert codes(crl(MIDDLE, other, **flaw)) == ["revocation.crl-unusable"]
    assert codes(crl(MIDDLE, other, **flaw), crl(MIDDLE)) == []


@pytest.mark.parametrize(
    "addition",
    [
        (point(only_contains_user_certs=True), True),
        (point(full_name=[x509.DirectoryName(dn("CN=Issuing CA"))]), True),
        (UNKNOWN, False),
    ],
)
def test_what_a_list_may_have(addition):
    assert codes(crl(MIDDLE, add=[addition])) == []
    assert codes(crl(MIDDLE, LEAF.certificate, add=[addition])) == ["revocation.revoked"]


def test_what_an_entry_may_have():
    other = MIDDLE.leaf("b.test").certificate
    for extension in (UNKNOWN, False), (x509.InvalidityDate(NOW.replace(tzinfo=None)), True):
        assert codes(crl(MIDDLE, other, entries=[extension])) == []
        revoked = crl(MIDDLE, LEAF.certificate, entries=[extension])
        assert codes(revoked) == ["revocation.revoked"]


IN_PART = dn("CN=Issuing CA,OU=part")


@pytest.mark.parametrize(
    ("of_certificate", "of_list", "same"),
    [
        (points(here()), point(full_name=here()), True),
        (points([*here(), *here("http://b/")]), point(full_name=here("http://b/")), True),
        (points(here("http://crl.test/%61")), point(full_name=here("http://crl.test/a")), False),
        (points(here()), point(full_name=[x509.DNSName("http://crl.test/")]), False),
        (points(relative=named("OU=part")), point(relative_name=named("OU=PART")), True),
        (points(relative=named("OU=part")), point(relative_name=named("OU=other")), False),
        (points([x509.DirectoryName(IN_PART)]), point(relative_name=named("OU=part")), True),
        (points(issuer=[x509.DirectoryName(IN_PART)]), point(full_name=here()), False),
        (
            points(issuer=[x509.DirectoryName(IN_PART)]),
            point(full_name=[x509.DirectoryName(IN_PART)]),
            True,
        ),
    ],
)
def test_a_part_of_a_list_is_for_the_certificates_that_point_to_it(of_certificate, of_list, same):
    leaf = MIDDLE.leaf("app.test", add=[of_certificate])
    unusable = [] if same else ["revocation.crl-unusable"]
    assert codes(crl(MIDDLE, add=[(of_list, True)]), leaf=leaf) == unusable
    assert codes(crl(MIDDLE), leaf=leaf) == []


def test_an_old_list_still_says_what_was_revoked():
    old = crl(MIDDLE, LEAF.certificate, following=NOW - timedelta(hours=1))
    assert codes(old) == ["revocation.revoked"]


def test_a_forged_list_revokes_nothing():
    forged = crl(MIDDLE, LEAF.certificate, signer=ec.generate_private_key(ec.SECP256R1()))
    assert codes(forged) == ["revocation.crl-unusable"]
    assert codes(forged, crl(MIDDLE)) == []


def test_the_issuer_must_be_allowed_to_sign_lists():
    mute = CA.ca("CN=Mute CA", replace=[key_usage("key_cert_sign")])
    leaf = mute.leaf("app.test")
    listed = crl(mute)
    assert codes(listed, leaf=leaf, intermediates=[mute]) == ["revocation.crl-unusable"]
    assert codes(leaf=leaf, intermediates=[mute]) == []


def test_a_root_without_key_usage_may_sign_lists():
    ca = root(without=[x509.KeyUsage])
    leaf = ca.leaf("app.test")
    verdict = verify_chain(leaf.certificate, roots=[ca.certificate], at=NOW, crls=[crl(ca)])
    assert verdict.ok
    verdict = verify_chain(
        leaf.certificate, roots=[ca.certificate], at=NOW, crls=[crl(ca, leaf.certificate)]
    )
    assert not verdict.ok


def test_rubbish_is_no_list():
    assert codes(b"rubbish") == ["revocation.crl-unusable"]


def test_must_staple_is_warned_about():
    feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
    middle = CA.ca("CN=Demanding CA", add=[feature])
    for leaf, intermediates in (CA.leaf("app.test", add=[feature]), []), (middle.leaf(), [middle]):
        verdict = verify_chain(
            leaf.certificate,
            roots=[CA.certificate],
            intermediates=[each.certificate for each in intermediates],
            at=NOW,
        )
        assert verdict.ok
        assert [finding.code for finding in verdict.findings] == ["revocation.must-staple"]
