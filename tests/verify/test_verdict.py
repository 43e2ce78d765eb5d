"""The verdict over real chains with one flaw each: the code, who is at fault, what to type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

import certkit
from certkit import Certificate, CertificateAuthority, CertkitError, Severity, verify_chain
from certkit.pki import der
from tests.verify.make import (
    CLIENT,
    NOW,
    SERVER,
    Made,
    dn,
    key_usage,
    make,
    nc,
    patched,
    root,
    san,
    signed,
)

CA = root()
INTERMEDIATE = CA.ca("CN=Issuing CA")


def judge(leaf, *, roots=(CA,), intermediates=(), name="app.test", at=NOW, **more):
    return verify_chain(
        getattr(leaf, "certificate", leaf),
        roots=[getattr(each, "certificate", each) for each in roots],
        intermediates=[getattr(each, "certificate", each) for each in intermediates],
        name=name,
        at=at,
        **more,
    )


def codes(verdict, severity=Severity.ERROR) -> list[str]:
    return [finding.code for finding in verdict.findings if finding.severity == severity]


def only_error(verdict) -> certkit.Finding:
    """The one error, of a verdict that is no."""
    assert not verdict.ok
    errors = [finding for finding in verdict.findings if finding.severity == Severity.ERROR]
    assert len(errors) == 1, errors
    return errors[0]


# --- yes ---


@pytest.mark.parametrize("name", ["app.test", "www.dev.test", "10.0.0.5", "fd00::5", None])
def test_what_certkit_issues_is_judged_good_without_a_remark(name):
    ca = CertificateAuthority.create(now=NOW)
    for authority in (ca, ca.intermediate(now=NOW)):
        issued = authority.issue(
            "app.test", "*.dev.test", "10.0.0.5", "fd00::5", now=NOW, key="p256"
        )
        verdict = verify_chain(
            issued.chain_pem, roots=[ca.root.der], name=name, at=NOW, strict=True
        )
        assert verdict.ok, verdict.findings
        assert verdict.findings == ()
        assert verdict.chain == (*issued.chain, ca.root)


def test_a_chain_through_an_intermediate_is_found_in_any_order():
    second = INTERMEDIATE.ca("CN=Second CA")
    leaf = second.leaf("app.test")
    assert judge(leaf, intermediates=[second, INTERMEDIATE]).findings == ()
    verdict = judge(leaf, intermediates=[INTERMEDIATE, second])
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ["chain.wrong-order"]
    assert [each.subject for each in verdict.chain] == [
        "O=test",
        "CN=Second CA",
        "CN=Issuing CA",
        "CN=Test Root",
    ]


def test_a_useless_twin_is_minded_where_it_stands_before_the_useful_one():
    leaf = INTERMEDIATE.leaf("app.test")
    expired = CA.ca("CN=Issuing CA", private_key=INTERMEDIATE.key, end=NOW - timedelta(days=1))
    verdict = judge(leaf, intermediates=[expired, INTERMEDIATE])
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ["chain.wrong-order"]
    assert "'CN=Issuing CA' that leads nowhere" in verdict.findings[0].summary
    assert judge(leaf, intermediates=[INTERMEDIATE, expired]).findings == ()
    assert judge(leaf, intermediates=[CA.ca("CN=Other"), INTERMEDIATE]).findings == ()


def test_what_is_longer_than_clients_take_is_minded():
    swollen = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(33_000))
    verdict = judge(CA.leaf("app.test", add=[swollen]))
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ["chain.too-large"]
    finding = verdict.findings[0]
    assert finding.summary.endswith("32 KB in 1 certificate, 0 between the first and the root")
    assert finding.why.startswith("Java takes 32 KB; RFC 5280")
    assert judge(CA.leaf("app.test", add=[swollen]), strict=True).ok


def test_what_a_hostile_certificate_lists_is_not_all_repeated():
    unknown = [
        x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.2.3.{number}"), b"\x05\x00")
        for number in range(100)
    ]
    purposes = x509.ExtendedKeyUsage([each.oid for each in unknown])
    ca = root(add=[nc([x509.DNSName("good.test")])], critical=[x509.NameConstraints])
    leaf = ca.leaf(
        *(f"{number}.bad.test" for number in range(500)),
        add=unknown,
        replace=[purposes],
        critical=[x509.UnrecognizedExtension],
    )
    verdict = judge(leaf, roots=[ca])
    assert len(verdict.findings) < 8
    texts = [f"{each.summary}{each.why}{each.fix.text}" for each in verdict.findings]
    assert max(map(len, texts)) < 1500
    assert sum("1.2.3.5, 1.2.3.6 and" in text or "'1.2.3.5' and 94 more" in text for text in texts)


@pytest.mark.parametrize(("more", "minding"), [(9, False), (10, True)])
def test_certificates_beyond_those_that_java_takes_are_minded(more, minding):
    others = [CA.ca(f"CN=Other {number}") for number in range(more)]
    verdict = judge(CA.leaf("app.test"), intermediates=others)
    assert codes(verdict, Severity.WARNING) == ["chain.too-large"] * minding


@pytest.mark.parametrize(("between", "minding"), [(6, False), (7, True)])
def test_intermediates_beyond_those_that_firefox_takes_are_minded(between, minding):
    path = [CA]
    for number in range(between):
        path.insert(0, path[0].ca(f"CN=Level {number}"))
    verdict = judge(path[0].leaf("app.test"), intermediates=path[:-1])
    assert codes(verdict, Severity.WARNING) == ["chain.too-large"] * minding


def test_a_root_that_is_sent_is_noted():
    leaf = INTERMEDIATE.leaf("app.test")
    verdict = judge(leaf, intermediates=[INTERMEDIATE, CA])
    assert verdict.ok
    assert codes(verdict, Severity.NOTE) == ["chain.root-sent"]
    assert judge(leaf, intermediates=[INTERMEDIATE, CA], strict=True).ok


def test_pem_der_and_values_are_all_taken():
    leaf = INTERMEDIATE.leaf("app.test")
    for encode in (
        lambda made: made.certificate,
        lambda made: made.certificate.x509,
        lambda made: made.certificate.pem,
        lambda made: made.certificate.der,
    ):
        verdict = verify_chain(
            encode(leaf),
            roots=[encode(CA)],
            intermediates=[encode(INTERMEDIATE)],
            name="app.test",
            at=NOW,
        )
        assert verdict.ok


def test_one_value_stands_for_a_list_and_a_bundle_for_its_certificates():
    leaf = INTERMEDIATE.leaf("app.test")
    chain = leaf.certificate.pem + INTERMEDIATE.certificate.pem
    bundle = root("CN=Other").certificate.pem + CA.certificate.pem
    assert verify_chain(chain, roots=bundle, name="app.test", at=NOW).ok


@pytest.mark.parametrize("name", ["10.0.0.5", ip_address("10.0.0.5"), certkit.parse("10.0.0.5")])
def test_a_name_may_be_text_an_address_or_a_name(name):
    leaf = CA.leaf(x509.IPAddress(ip_address("10.0.0.5")))
    assert judge(leaf, name=name).matched_by == "10.0.0.5"


def test_now_is_the_default_moment():
    start = datetime.now(UTC) - timedelta(days=1)
    ca = root(start=start, end=start + timedelta(days=5))
    leaf = ca.leaf("app.test", start=start, end=start + timedelta(days=4))
    assert judge(leaf, roots=[ca], at=None).ok
    assert codes(judge(leaf, roots=[ca], at=start + timedelta(days=4, seconds=1))) == [
        "validity.expired"
    ]


# --- trust ---


def test_an_unknown_ca_is_named_with_what_is_trusted():
    finding = only_error(judge(CA.leaf("app.test"), roots=[root("CN=Another Root")]))
    assert finding.code == "chain.untrusted-root"
    assert "'CN=Test Root'" in finding.summary
    assert "'CN=Another Root'" in finding.why


def test_a_root_that_was_sent_is_not_thereby_trusted():
    finding = only_error(
        judge(CA.leaf("app.test"), roots=[root("CN=Another Root")], intermediates=[CA])
    )
    assert finding.code == "chain.untrusted-root"
    assert finding.summary.startswith("the chain ends in the root 'CN=Test Root'")


def test_without_any_root_nothing_is_trusted():
    assert only_error(judge(CA.leaf("app.test"), roots=[])).code == "chain.untrusted-root"


def test_a_ca_made_again_under_its_name_is_told_from_an_unknown_one():
    finding = only_error(judge(CA.leaf("app.test"), roots=[root()]))
    assert finding.code == "chain.ca-regenerated"
    sent = judge(CA.leaf("app.test"), roots=[root()], intermediates=[CA])
    assert only_error(sent).code == "chain.ca-regenerated"


def test_a_certificate_changed_after_it_was_signed_is_not_a_ca_matter():
    leaf = CA.leaf("app.test").certificate
    der = leaf.der.replace(b"app.test", b"bad.test")
    finding = only_error(judge(Certificate.from_der(der), name="bad.test"))
    assert finding.code == "chain.malformed"
    assert "changed after it was signed" in finding.summary


def test_a_missing_intermediate_is_told_from_an_unknown_root():
    finding = only_error(judge(INTERMEDIATE.leaf("app.test")))
    assert finding.code == "chain.missing-intermediate"
    assert "'CN=Issuing CA'" in finding.summary
    ca = CertificateAuthority.create(now=NOW)
    issued = ca.intermediate(now=NOW).issue("app.test", now=NOW)
    alone = judge(issued.certificate, roots=[ca.root])
    assert only_error(alone).code == "chain.missing-intermediate"
    elsewhere = judge(ca.issue("app.test", now=NOW).certificate)
    assert only_error(elsewhere).code == "chain.untrusted-root"


def test_an_intermediate_with_another_key_does_not_count():
    stale = CA.ca("CN=Issuing CA")
    finding = only_error(judge(INTERMEDIATE.leaf("app.test"), intermediates=[stale]))
    assert finding.code == "chain.missing-intermediate"
    assert "another key" in finding.summary


def test_a_self_signed_certificate_is_trusted_only_itself():
    alone = certkit.self_signed("app.test", now=NOW)
    assert only_error(judge(alone.certificate)).code == "chain.self-signed"
    verdict = judge(alone.certificate, roots=[alone.certificate], strict=True)
    assert verdict.ok
    assert verdict.chain == (alone.certificate,)


def test_a_pinned_leaf_or_intermediate_is_trusted_with_a_warning():
    leaf = INTERMEDIATE.leaf("app.test")
    for anchor in (leaf, INTERMEDIATE):
        verdict = judge(leaf, roots=[anchor])
        assert verdict.ok
        assert codes(verdict, Severity.WARNING) == ["chain.anchor-not-root"]
        # No rule of a standard is broken, so that a strict reading says yes too.
        assert judge(leaf, roots=[anchor], strict=True).ok


def test_of_several_paths_the_good_one_is_taken():
    expired = make(
        CA,
        ca=True,
        subject="CN=Issuing CA",
        private_key=INTERMEDIATE.key,
        end=NOW - timedelta(days=1),
    )
    leaf = INTERMEDIATE.leaf("app.test")
    assert judge(leaf, intermediates=[expired, INTERMEDIATE]).ok
    assert only_error(judge(leaf, intermediates=[expired])).code == "validity.issuer-expired"


# --- re-signed roots ---


def test_an_old_version_of_a_widened_root_is_named():
    old = CertificateAuthority.create(now=NOW - timedelta(days=9))
    new = old.permit("dev.example.com", now=NOW)
    issued = new.issue("dev.example.com", now=NOW)
    ask = {"name": "dev.example.com"}
    assert judge(issued.certificate, roots=[new.root], **ask).findings == ()
    stale = judge(issued.certificate, roots=[old.root], **ask)
    assert only_error(stale).code == "chain.name-constraint"
    told = judge(issued.certificate, roots=[old.root], intermediates=[new.root], **ask)
    assert only_error(told).code == "chain.root-superseded"
    both = judge(issued.certificate, roots=[old.root, new.root], **ask)
    assert both.ok
    assert codes(both, Severity.WARNING) == ["chain.root-superseded"]


# --- form ---


@pytest.mark.parametrize(
    ("flaw", "code"),
    [
        ({"serial": 1 << 158}, None),
        ({"issuer_name": ""}, "chain.malformed"),
        ({"add": [x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")]}, None),
        ({"add": [nc([x509.DNSName("app.test")])]}, "chain.malformed"),
        (
            {
                "add": [x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")],
                "critical": [x509.UnrecognizedExtension],
            },
            "chain.unknown-critical-extension",
        ),
        (
            {
                "add": [x509.PolicyConstraints(0, None)],
                "critical": [x509.PolicyConstraints],
            },
            "chain.unknown-critical-extension",
        ),
        (
            {"add": [x509.UnrecognizedExtension(ExtensionOID.ISSUER_ALTERNATIVE_NAME, b"junk")]},
            "chain.malformed",
        ),
    ],
)
def test_the_form_of_a_certificate_matters(flaw, code):
    verdict = judge(CA.leaf("app.test", **flaw))
    if code is None:
        assert verdict.ok
    else:
        assert only_error(verdict).code == code


@pytest.mark.parametrize(("serial", "good"), [("7f", True), ("00", False), ("ff", False)])
def test_a_serial_number_is_positive(serial, good):
    leaf = CA.leaf("app.test", serial=0x55).certificate
    other = patched(leaf, b"\x02\x01\x55", b"\x02\x01" + bytes.fromhex(serial), CA.key)
    assert judge(other).ok is good
    if not good:
        assert only_error(judge(other)).code == "chain.malformed"


def test_a_doubled_extension_is_malformed():
    leaf = CA.leaf(
        "app.test",
        add=[x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.77"), b"\5\0")],
    )
    # 2.5.29.77 becomes 2.5.29.37, of which there is one already.
    doubled = patched(leaf.certificate, b"\x55\x1d\x4d", b"\x55\x1d\x25", CA.key)
    assert only_error(judge(doubled)).code == "chain.malformed"


def test_the_issuers_of_a_chain_must_be_cas():
    no_ca = CA.leaf("ca.test", subject="CN=Issuing CA")
    finding = only_error(judge(no_ca.leaf("app.test"), intermediates=[no_ca]))
    assert finding.code == "chain.issuer-not-ca"
    assert finding.summary.startswith("certificate 2 of 3 ('CN=Issuing CA')")
    plain = CA.ca("CN=Issuing CA", without=[x509.BasicConstraints])
    assert codes(judge(plain.leaf("app.test"), intermediates=[plain])) == ["chain.issuer-not-ca"]
    mute = CA.ca("CN=Issuing CA", replace=[key_usage("crl_sign")])
    assert codes(judge(mute.leaf("app.test"), intermediates=[mute])) == ["chain.issuer-not-ca"]


def test_names_of_issuers_are_compared_without_case_and_blanks():
    ca = root("O=My  Company,CN=The CA")
    leaf = ca.leaf("app.test", issuer_name="O=my company,CN=THE ca")
    assert judge(leaf, roots=[ca]).ok
    other = ca.leaf("app.test", issuer_name="O=mycompany,CN=THE ca")
    assert only_error(judge(other, roots=[ca])).code == "chain.untrusted-root"


def called(text: str, kind: _ASN1Type) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, _type=kind)])


@pytest.mark.parametrize(
    "kind", [_ASN1Type.PrintableString, _ASN1Type.T61String, _ASN1Type.BMPString]
)
@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=lambda key: type(key).__name__,
)
def test_names_of_issuers_are_compared_whatever_their_string_type(kind, key):
    """RFC 5280 section 7.1; programs of two makers seldom choose the same type."""
    ca = root(called("The CA", _ASN1Type.UTF8String), private_key=key)
    leaf = ca.leaf("app.test", issuer_name=called("The CA", kind))
    verdict = judge(leaf, roots=[ca])
    assert verdict.ok
    assert "chain.strict-profile" in codes(verdict, Severity.WARNING)
    said = [each.summary for each in verdict.findings]
    assert any("the certificate writes the name of its issuer" in summary for summary in said)
    damaged = leaf.certificate.der[:-1] + bytes([leaf.certificate.der[-1] ^ 1])
    assert only_error(judge(damaged, roots=[ca])).code == "chain.malformed"


# --- path length ---


def test_a_path_length_counts_what_is_below_without_the_leaf():
    ca = root(path_length=1)
    first = ca.ca("CN=First")
    second = first.ca("CN=Second")
    assert judge(first.leaf("app.test"), roots=[ca], intermediates=[first]).ok
    verdict = judge(second.leaf("app.test"), roots=[ca], intermediates=[second, first])
    finding = only_error(verdict)
    assert finding.code == "chain.path-too-long"
    assert "allows 1 intermediate below itself, and there are 2" in finding.summary


def test_self_issued_intermediates_are_not_counted():
    ca = root("CN=Rolling", path_length=0)
    rolled = ca.ca("CN=Rolling")
    leaf = rolled.leaf("app.test")
    assert judge(leaf, roots=[ca], intermediates=[rolled], max_depth=0).ok
    other = ca.ca("CN=Not Rolling")
    verdict = judge(other.leaf("app.test"), roots=[ca], intermediates=[other])
    assert only_error(verdict).code == "chain.path-too-long"


@pytest.mark.parametrize(("depth", "good"), [(None, True), (2, True), (1, True), (0, False)])
def test_the_depth_that_was_asked_for_is_kept(depth, good):
    verdict = judge(INTERMEDIATE.leaf("app.test"), intermediates=[INTERMEDIATE], max_depth=depth)
    assert verdict.ok is good
    assert good or only_error(verdict).code == "chain.path-too-long"


# --- validity ---


@pytest.mark.parametrize(
    ("at", "code", "text"),
    [
        (NOW, None, ""),
        (NOW + timedelta(seconds=0.9), None, ""),
        (NOW + timedelta(seconds=1), "validity.expired", "expired 1 second ago"),
        (NOW + timedelta(days=400), "validity.expired", "expired 1 year ago"),
        (NOW - timedelta(hours=2), None, ""),
        (NOW - timedelta(hours=2, seconds=1), "validity.not-yet", "valid in 1 second"),
    ],
)
def test_both_ends_of_the_validity_are_inclusive(at, code, text):
    ca = root(start=NOW - timedelta(days=999), end=NOW + timedelta(days=999))
    leaf = ca.leaf("app.test", start=NOW - timedelta(hours=2), end=NOW)
    verdict = judge(leaf, roots=[ca], at=at)
    if code is None:
        assert verdict.ok
    else:
        finding = only_error(verdict)
        assert (finding.code, text in finding.summary) == (code, True)


def test_an_expired_issuer_is_not_the_leafs_fault():
    ca = root(end=NOW - timedelta(days=3))
    finding = only_error(judge(ca.leaf("app.test"), roots=[ca]))
    assert finding.code == "validity.issuer-expired"
    assert "certificate 2 of 2 ('CN=Test Root') expired 3 days ago" in finding.summary


def test_a_naive_moment_is_utc():
    twins = [INTERMEDIATE, CA.ca("CN=Issuing CA")]
    leaf = INTERMEDIATE.leaf("app.test")
    assert judge(leaf, intermediates=twins, at=NOW.replace(tzinfo=None)).ok


@pytest.mark.parametrize(("days", "good"), [(825, True), (826, False), (3650, False)])
def test_a_long_life_is_warned_about_as_apple_counts(days, good):
    ca = root(end=NOW + timedelta(days=9999))
    leaf = ca.leaf("app.test", start=NOW, end=NOW + timedelta(days=days, seconds=-1))
    verdict = judge(leaf, roots=[ca])
    assert verdict.ok
    assert (codes(verdict, Severity.WARNING) == []) is good
    assert judge(leaf, roots=[ca], strict=True).findings == verdict.findings


# --- usage ---


@pytest.mark.parametrize(
    ("purposes", "purpose", "code"),
    [
        ([SERVER], "server", None),
        ([SERVER, CLIENT], "client", None),
        ([CLIENT], "client", None),
        ([CLIENT], "server", "usage.eku-not-server"),
        ([SERVER], "client", "usage.eku-not-client"),
        ([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], "server", "usage.eku-not-server"),
        ([x509.ObjectIdentifier("1.2.3.4")], "server", "usage.eku-not-server"),
    ],
)
def test_the_purpose_must_be_listed(purposes, purpose, code):
    leaf = CA.leaf("app.test", replace=[x509.ExtendedKeyUsage(purposes)])
    verdict = judge(leaf, purpose=purpose)
    assert verdict.ok if code is None else only_error(verdict).code == code


def test_the_purposes_of_a_ca_limit_what_is_below():
    ca = root(add=[x509.ExtendedKeyUsage([CLIENT])])
    finding = only_error(judge(ca.leaf("app.test"), roots=[ca]))
    assert finding.code == "usage.eku-not-server"
    assert finding.summary.startswith("certificate 2 of 2")
    every = root(add=[x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])])
    assert judge(every.leaf("app.test"), roots=[every]).ok


def test_a_missing_purpose_is_apples_concern():
    verdict = judge(CA.leaf("app.test", without=[x509.ExtendedKeyUsage]))
    assert verdict.ok
    (finding,) = verdict.findings
    assert (finding.code, finding.severity) == ("usage.eku-not-server", Severity.WARNING)
    assert "Apple" in finding.why


@pytest.mark.parametrize(
    ("bits", "good"),
    [
        (["digital_signature"], True),
        (["digital_signature", "key_encipherment"], True),
        (["key_agreement"], False),
        (["key_encipherment"], False),
        (["digital_signature", "key_cert_sign"], False),
    ],
)
def test_the_key_must_be_allowed_to_sign_and_no_certificates(bits, good):
    verdict = judge(CA.leaf("app.test", replace=[key_usage(*bits)]))
    assert verdict.ok is good
    assert good or only_error(verdict).code == "usage.key-usage"
    assert judge(CA.leaf("app.test", without=[x509.KeyUsage])).ok


def test_a_ca_in_the_place_of_the_leaf_is_warned_about():
    verdict = judge(CA.ca(add=[san("app.test")]))
    assert verdict.ok
    assert "usage.leaf-is-ca" in codes(verdict, Severity.WARNING)
    odd = CA.ca(add=[san("app.test")], replace=[key_usage("digital_signature")])
    assert only_error(judge(odd)).code == "usage.leaf-is-ca"


# --- keys and signatures ---

RSA_1024 = rsa.generate_private_key(65537, 1024)
RSA_2048 = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("private_key", "code", "severity"),
    [
        (ec.generate_private_key(ec.SECP384R1()), None, None),
        (RSA_2048, None, None),
        (RSA_1024, "crypto.weak-key", Severity.ERROR),
        (dsa.generate_private_key(1024), "crypto.weak-key", Severity.ERROR),
        (ec.generate_private_key(ec.SECP192R1()), "crypto.weak-key", Severity.ERROR),
        (ec.generate_private_key(ec.SECP521R1()), "crypto.browser-unsupported-key", "warning"),
        (ec.generate_private_key(ec.SECP256K1()), "crypto.browser-unsupported-key", "warning"),
        (ed25519.Ed25519PrivateKey.generate(), "crypto.browser-unsupported-key", "warning"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "public_key") else None,
)
def test_keys_are_weighed(private_key, code, severity):
    leaf = judge(CA.leaf("app.test", private_key=private_key))
    assert [(each.code, each.severity) for each in leaf.findings] == (
        [(code, severity)] if code else []
    )
    ca = root(private_key=private_key)
    above = judge(ca.leaf("app.test"), roots=[ca])
    assert [(each.code, each.severity) for each in above.findings] == (
        [(code, severity)] if code else []
    )


def test_a_broken_hash_makes_the_signature_void():
    ca = root(private_key=RSA_2048)
    leaf = ca.leaf("app.test").certificate
    sha256, sha1 = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    weak = Certificate.from_der(leaf.der.replace(sha256, sha1))
    finding = only_error(judge(weak, roots=[ca]))
    assert finding.code == "crypto.weak-signature"
    assert "SHA-1" in finding.summary
    unknown = Certificate.from_der(leaf.der.replace(sha256, bytes.fromhex("2a864886f70d01017f")))
    assert only_error(judge(unknown, roots=[ca])).code == "crypto.weak-signature"


def test_inner_and_outer_signature_algorithm_must_agree():
    leaf = CA.leaf("app.test").certificate
    before, _, after = leaf.der.rpartition(bytes.fromhex("2a8648ce3d040302"))
    other = before + bytes.fromhex("2a8648ce3d040303") + after
    assert not judge(Certificate.from_der(other)).ok


# --- the strict profile ---


@pytest.mark.parametrize(
    ("flaw", "severity"),
    [
        ({"optional": [x509.BasicConstraints]}, Severity.WARNING),
        ({"critical": [x509.SubjectKeyIdentifier]}, Severity.ERROR),
        ({"without": [x509.SubjectKeyIdentifier]}, Severity.WARNING),
        ({"without": [x509.KeyUsage]}, Severity.WARNING),
    ],
)
def test_what_only_python_3_13_refuses_on_a_root(flaw, severity):
    ca = root(**flaw)
    verdict = judge(ca.leaf("app.test"), roots=[ca])
    assert codes(verdict, severity) == ["chain.strict-profile"]
    assert verdict.ok is (severity == Severity.WARNING)
    assert not judge(ca.leaf("app.test"), roots=[ca], strict=True).ok


@pytest.mark.parametrize(
    "flaw",
    [
        {"optional": [x509.BasicConstraints]},
        {"without": [x509.SubjectKeyIdentifier]},
        {"without": [x509.KeyUsage]},
        {"critical": [x509.AuthorityKeyIdentifier]},
    ],
)
def test_below_the_root_the_profile_is_kept(flaw):
    middle = CA.ca("CN=Issuing CA", **flaw)
    verdict = judge(middle.leaf("app.test"), intermediates=[middle])
    assert only_error(verdict).code == "chain.strict-profile"


@pytest.mark.parametrize(
    ("flaw", "good"),
    [
        ({"without": [x509.SubjectKeyIdentifier]}, True),
        ({"without": [x509.BasicConstraints]}, True),
        ({"subject": "", "critical": [x509.SubjectAlternativeName]}, True),
        ({"subject": ""}, False),
        ({"critical": [x509.SubjectAlternativeName]}, False),
    ],
)
def test_the_profile_of_a_leaf(flaw, good):
    verdict = judge(CA.leaf("app.test", **flaw))
    assert verdict.ok is good
    assert good or only_error(verdict).code == "chain.strict-profile"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        (x509.UniformResourceIdentifier("https://app.test/"), True),
        (x509.UniformResourceIdentifier("/path"), False),
        (x509.UniformResourceIdentifier("https://a b/"), False),
        (x509.RFC822Name("a@app.test"), True),
        (x509.DNSName(""), False),
        (x509.DirectoryName(dn("CN=a")), True),
        (x509.DirectoryName(dn("")), False),
        (x509.IPAddress(ip_network("fd00::/16")), False),
    ],
)
def test_a_name_that_is_none_beside_a_good_one_is_warned_of(name, good):
    verdict = judge(CA.leaf("app.test", name))
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ([] if good else ["chain.strict-profile"])


def test_a_missing_authority_key_id_is_python_3_13s_concern():
    flaw = {"without": [x509.AuthorityKeyIdentifier]}
    middle = CA.ca("CN=Issuing CA", **flaw)
    for leaf in (CA.leaf("app.test", **flaw), middle.leaf("app.test")):
        verdict = judge(leaf, intermediates=[middle])
        assert verdict.ok
        assert codes(verdict, Severity.WARNING) == ["chain.strict-profile"]
        assert "Python 3.13" in verdict.findings[0].why
        assert not judge(leaf, intermediates=[middle], strict=True).ok


def aki(key=None, issuer=None, serial=None) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier(
        key, None if issuer is None else [x509.DirectoryName(dn(issuer))], serial
    )


@pytest.mark.parametrize(
    ("identifier", "points"),
    [
        (aki(INTERMEDIATE.certificate.x509.extensions[2].value.digest), True),
        (aki(b"\1" * 20), False),
        (aki(None, "CN=Test Root", INTERMEDIATE.certificate.x509.serial_number), True),
        (aki(None, "CN=Test Root", 4711), False),
        (aki(None, "CN=Other", INTERMEDIATE.certificate.x509.serial_number), False),
    ],
)
def test_an_authority_key_id_of_another_is_openssls_concern(identifier, points):
    leaf = INTERMEDIATE.leaf("app.test", replace=[identifier])
    verdict = judge(leaf, intermediates=[INTERMEDIATE])
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ([] if points else ["chain.strict-profile"])
    assert points or "OpenSSL, curl, Python and Node" in verdict.findings[0].why
    assert judge(leaf, intermediates=[INTERMEDIATE], strict=True).ok is points


def of_version_1(made: Made, issuer: Made) -> Made:
    """The same certificate, with its extensions, without the number of its version."""
    tbs = der.inside(made.certificate.x509.tbs_certificate_bytes)
    fields = b"".join(each for each in der.elements(tbs) if each[0] != 0xA0)
    octets = signed(der.sequence(fields), issuer.key)
    return Made(Certificate.from_der(octets), made.key)


@pytest.mark.parametrize(
    ("where", "severity"),
    [
        ("leaf", Severity.ERROR),
        ("intermediate", Severity.ERROR),
        ("root", Severity.WARNING),
        (None, None),
    ],
)
def test_extensions_belong_to_version_3(where, severity):
    """RFC 5280 section 4.1.2.1; a root is but a name and a key."""
    ca = root()
    between = ca.ca()
    leaf = between.leaf("app.test")
    if where == "root":
        ca = of_version_1(ca, ca)
    elif where == "intermediate":
        between = of_version_1(between, ca)
    elif where == "leaf":
        leaf = of_version_1(leaf, between)
    verdict = judge(leaf, roots=[ca], intermediates=[between])
    assert verdict.ok == (severity is not Severity.ERROR)
    assert [each.severity for each in verdict.findings] == ([severity] if severity else [])
    assert all("is of version 1 and has ext" in each.summary for each in verdict.findings)


@pytest.mark.parametrize(
    ("uri", "constrained", "minded"),
    [
        ("urn:example:a", True, True),
        ("https://10.0.0.1/", True, True),
        ("https://app.test/", True, False),
        ("urn:example:a", False, False),
    ],
)
def test_a_uri_without_a_host_name_under_constraints_is_gos_concern(uri, constrained, minded):
    constraints = nc([x509.DNSName("test")])
    ca = root(**({"add": [constraints], "critical": [x509.NameConstraints]} if constrained else {}))
    verdict = judge(ca.leaf("app.test", x509.UniformResourceIdentifier(uri)), roots=[ca])
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ["chain.strict-profile"] * minded


@pytest.mark.parametrize(
    ("number", "minded"),
    [
        ("2.25.329800735698586629295641978511506172918", True),
        ("1.3.6.1.4.1.2147483648", True),
        ("1.3.6.1.4.1.2147483647", False),
    ],
)
def test_a_number_that_does_not_fit_into_31_bits_is_gos_concern(number, minded):
    oid = x509.ObjectIdentifier(number)
    extension = {"add": [x509.UnrecognizedExtension(oid, b"\x05\x00")]}
    for leaf in (CA.leaf(**extension), CA.leaf(replace=[x509.ExtendedKeyUsage([SERVER, oid])])):
        verdict = judge(leaf)
        assert verdict.ok
        assert codes(verdict, Severity.WARNING) == ["chain.strict-profile"] * minded


@pytest.mark.parametrize("where", ["leaf", "intermediate", "root"])
def test_critical_distribution_points_are_minded_by_browsers_and_java(where):
    url = x509.UniformResourceIdentifier("http://ca.test/crl")
    points = x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)])
    flaw = {"add": [points], "critical": [x509.CRLDistributionPoints]}
    ca = root(**(flaw if where == "root" else {}))
    between = ca.ca(**(flaw if where == "intermediate" else {}))
    leaf = between.leaf("app.test", **(flaw if where == "leaf" else {}))
    verdict = judge(leaf, roots=[ca], intermediates=[between])
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ["chain.strict-profile"]
    assert "has critical CRL distribution points" in verdict.findings[0].summary


def test_a_root_that_names_another_authority_is_openssls_concern():
    ca = root(add=[aki(b"\1" * 20)])
    verdict = judge(ca.leaf("app.test"), roots=[ca])
    assert verdict.ok
    assert "OpenSSL, Node and Python before 3.13" in verdict.findings[0].why
    wordy = root(add=[aki(None, "CN=Test Root", 7)], serial=7)
    assert "no client is known to mind" in judge(wordy.leaf(), roots=[wordy]).findings[0].why


@pytest.mark.parametrize(
    ("bits", "good"), [("03020640", True), ("03020780", False), ("030100", False), ("05", False)]
)
def test_a_netscape_type_without_server_is_warned_about(bits, good):
    kind = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.16.840.1.113730.1.1"), bytes.fromhex(bits)
    )
    leaf = CA.leaf("app.test", add=[kind], replace=[x509.ExtendedKeyUsage([SERVER, CLIENT])])
    verdict = judge(leaf)
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ([] if good else ["usage.eku-not-server"])
    assert codes(judge(leaf, purpose="client"), Severity.WARNING) == []


def test_a_common_name_that_is_another_host_is_warned_about():
    verdict = judge(CA.leaf("app.test", subject="CN=other.test"))
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ["name.cn-only"]
    for harmless in ("CN=app.test", "CN=Ms Example", "CN=myhost"):
        assert judge(CA.leaf("app.test", subject=harmless)).findings == ()


def test_a_pinned_certificate_is_but_a_name_and_a_key():
    leaf = CA.leaf("app.test", without=[x509.AuthorityKeyIdentifier])
    assert codes(judge(leaf, roots=[leaf]), Severity.WARNING) == ["chain.anchor-not-root"]
    assert codes(judge(leaf), Severity.WARNING) == ["chain.strict-profile"]


def test_a_name_outside_ascii_spoils_the_certificate_for_some():
    octets = "bücher.test".encode()
    raw = b"\x82\x08app.test" + bytes([0x82, len(octets)]) + octets
    names = x509.UnrecognizedExtension(
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME, bytes([0x30, len(raw)]) + raw
    )
    verdict = judge(make(CA, add=[names]))
    assert verdict.ok
    assert verdict.matched_by == "app.test"
    assert codes(verdict, Severity.WARNING) == ["name.idn-raw"]
    assert codes(judge(make(CA, add=[names]), name="bücher.test")) == ["name.idn-raw"]


# --- names ---


def test_the_name_is_judged_beside_the_chain():
    verdict = judge(CA.leaf("app.test", end=NOW - timedelta(days=1)), name="10.0.0.5")
    assert codes(verdict) == ["validity.expired", "name.ip-missing"]
    assert verdict.matched_by is None


@pytest.mark.parametrize("name", ["", ".", "a b", "*.test", "wss://app.test", "\0", "x" * 9999])
def test_a_bad_name_is_an_answer_and_no_error(name):
    assert only_error(judge(CA.leaf("app.test"), name=name)).code == "name.mismatch"


def test_an_unreadable_san_is_malformed_and_not_a_mismatch():
    leaf = CA.leaf(
        add=[x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"app.test")],
        without=[x509.SubjectAlternativeName],
    )
    assert only_error(judge(leaf)).code == "chain.malformed"


# --- bounds ---


def test_certificates_that_seem_to_have_issued_each_other_end_in_an_answer():
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(60)]
    crowd = [
        make(None, ca=True, subject="CN=Crowd", private_key=key, sign_with=keys[(index + 1) % 60])
        for index, key in enumerate(keys)
    ]
    leaf = crowd[0].leaf("app.test")
    assert not judge(leaf, intermediates=crowd).ok
    codes_found = codes(judge(leaf, intermediates=crowd))
    assert codes_found[0] in ("chain.search-limit", "chain.untrusted-root", "chain.malformed")


def test_too_many_names_and_constraints_end_in_an_answer():
    ca = root(add=[nc([x509.DNSName(f"n{number}.test") for number in range(1000)])])
    leaf = ca.leaf(*(f"n{number}.test" for number in range(1000)))
    finding = only_error(judge(leaf, roots=[ca], name="n1.test"))
    assert finding.code == "chain.name-constraint"
    assert "given up" in finding.summary
    fewer = ca.leaf(*(f"n{number}.test" for number in range(200)))
    assert judge(fewer, roots=[ca], name="n1.test").ok


# --- misuse and rubbish ---


def test_rubbish_in_the_place_of_a_certificate_is_an_answer():
    verdict = judge(b"-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n")
    assert only_error(verdict).code == "files.wrong-format"
    assert verdict.chain == ()
    assert only_error(judge(b"")).code == "files.wrong-format"


def test_a_private_key_in_the_place_of_a_certificate_is_called_one_and_not_shown():
    key = CertificateAuthority.create().issue("app.test").key_pem
    for verdict in (judge(key), judge(INTERMEDIATE.leaf("app.test"), roots=[key])):
        (finding,) = [each for each in verdict.findings if each.code == "files.wrong-format"]
        assert finding.summary.endswith("this is a private key")
        assert key.splitlines()[1].decode()[:20] not in str(verdict)


def test_rubbish_among_the_roots_is_as_if_it_were_not_there():
    verdict = judge(CA.leaf("app.test"), roots=[b"rubbish", CA], intermediates=[b"more"])
    assert verdict.ok
    assert codes(verdict, Severity.WARNING) == ["files.wrong-format"] * 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"leaf": None},
        {"leaf": "-----BEGIN CERTIFICATE-----"},
        {"leaf": []},
        {"roots": 5},
        {"roots": "root.pem"},
        {"roots": [None]},
        {"crls": ["list"]},
        {"name": b"app.test"},
        {"purpose": "everything"},
    ],
)
def test_misuse_raises(arguments):
    given = {"leaf": CA.leaf().certificate, "roots": [CA.certificate], "at": NOW} | arguments
    with pytest.raises(CertkitError) as caught:
        verify_chain(given.pop("leaf"), **given)
    assert caught.value.code == "verify.bad-argument"
    assert caught.value.hint


def test_hostile_text_is_escaped_in_every_finding():
    hostile = "CN=evil\x1b[31m\r\nRoot"
    ca = root(hostile, optional=[x509.BasicConstraints], end=NOW - timedelta(days=1))
    for verdict in (
        judge(ca.leaf("app.test"), roots=[ca]),
        judge(ca.leaf("a\x1b.test")),
        judge(ca.leaf("app.test"), roots=[root(hostile)]),
    ):
        assert not verdict.ok
        for finding in verdict.findings:
            for text in (finding.summary, finding.why, finding.fix.text):
                assert "\x1b" not in text
                assert "\n" not in text
