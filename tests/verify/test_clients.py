"""What clients will say, without asking them; tests/e2e/test_predictions.py asks them."""

from __future__ import annotations

import time
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

import certkit
from certkit import CertkitError
from certkit.findings import Severity
from certkit.pki import der
from certkit.verify.clients import CLIENTS, predict
from certkit.verify.clients.apple import REQUIREMENTS
from certkit.verify.clients.flaws import FLAWS
from certkit.verify.clients.rules import HANDSHAKE
from certkit.verify.verdict import judge
from tests.e2e.prediction_cases import cases
from tests.e2e.prediction_maker import with_broken_hash
from tests.verify import make
from tests.verify.make import CLIENT, NOW, key_usage, nc

NAMES = (
    "Chromium",
    "Firefox",
    "Apple",
    "Python <= 3.12",
    "Python 3.13+",
    "OpenSSL",
    "curl",
    "Node 20",
    "Node 24",
    "Go",
    "Java 17",
    "Java 25",
    "GnuTLS",
    "wget",
    "rustls/Deno",
)
EXPIRED = {"start": NOW - timedelta(days=30), "end": NOW - timedelta(days=2)}
FAILED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
PKIX = "PKIX path validation failed: java.security.cert.CertPathValidatorException: "


def said(leaf, root, name="app.test", *, between=(), at=NOW):
    """The reason of each client that rejects, None for accept, ``unknown`` for unknown."""
    given = predict(
        leaf.certificate,
        roots=[root.certificate],
        intermediates=[each.certificate for each in between],
        name=name,
        at=at,
    )
    words = {"accept": None, "unknown": "unknown"}
    return {each.client: words.get(each.verdict, each.reason) for each in given}


def below(root=None, *names, **flaws):
    root = root or make.root()
    return root.leaf(*names, **flaws), root


# ---- headlines: what people see, and paste into a search box -------------------------------------

WRONG_NAME = {
    "Chromium": "net::ERR_CERT_COMMON_NAME_INVALID",
    "Firefox": "SSL_ERROR_BAD_CERT_DOMAIN",
    "Apple": "certificate name does not match input",
    "Python <= 3.12": FAILED + "Hostname mismatch, certificate is not valid for 'app.test'.",
    "Python 3.13+": FAILED + "Hostname mismatch, certificate is not valid for 'app.test'.",
    "OpenSSL": "verify error:num=62:hostname mismatch",
    "curl": "SSL: no alternative certificate subject name matches target host name 'app.test'",
    "Node 20": "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames: "
    "Host: app.test. is not in the cert's altnames: DNS:wrong.test",
    "Node 24": "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames: "
    "Host: app.test. is not in the cert's altnames: DNS:wrong.test",
    "Go": "x509: certificate is valid for wrong.test, not app.test",
    "Java 17": "No subject alternative DNS name matching app.test found.",
    "Java 25": "No subject alternative DNS name matching app.test found.",
    "GnuTLS": "The name in the certificate does not match the expected.",
    "wget": "The certificate's owner does not match hostname ‘app.test’",
    "rustls/Deno": 'invalid peer certificate: certificate not valid for name "app.test"; '
    'certificate is only valid for DnsName("wrong.test")',
}


def test_each_client_is_predicted_in_its_own_words_for_a_wrong_name():
    assert said(*below(None, "wrong.test")) == WRONG_NAME


def test_a_sound_certificate_is_accepted_by_all_without_a_remark():
    leaf, root = below()
    given = predict(leaf.certificate, roots=[root.certificate], name="app.test", at=NOW)
    assert [each.as_dict() for each in given] == [
        {"client": name, "verdict": "accept", "reason": ""} for name in NAMES
    ]


def test_an_untrusted_root_is_told_from_a_missing_intermediate_by_nobody():
    root = make.root()
    unknown = said(root.leaf(), make.root("CN=Other"))
    assert unknown == said(root.ca().leaf(), root)
    assert unknown["Chromium"] == "net::ERR_CERT_AUTHORITY_INVALID"
    assert unknown["Firefox"] == "SEC_ERROR_UNKNOWN_ISSUER"
    assert unknown["Go"] == "x509: certificate signed by unknown authority"
    assert unknown["Java 25"].startswith("PKIX path building failed: ")
    assert unknown["Node 24"] == (
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate"
    )
    assert None not in unknown.values()


def test_only_some_clients_tell_a_ca_that_was_made_again():
    again = said(make.root("CN=Dev CA").leaf(), make.root("CN=Dev CA"))
    assert again["Firefox"] == "SEC_ERROR_BAD_SIGNATURE"
    assert again["rustls/Deno"] == "invalid peer certificate: BadSignature"
    assert again["Java 17"] == f"{PKIX}Path does not chain with any of the trust anchors"
    assert again["curl"] == "SSL certificate problem: unable to get local issuer certificate"


def test_name_or_date_which_comes_first_differs():
    both = said(*below(None, "wrong.test", **EXPIRED))
    for client in ("Chromium", "Firefox", "Python <= 3.12", "Python 3.13+", "OpenSSL"):
        assert both[client] == WRONG_NAME[client]
    assert both["curl"] == "SSL certificate problem: certificate has expired"
    assert both["Node 20"] == "CERT_HAS_EXPIRED: certificate has expired"
    assert both["Go"] == "x509: certificate has expired or is not yet valid"
    assert both["Java 17"] == f"{PKIX}validity check failed"
    assert both["rustls/Deno"] == "invalid peer certificate: certificate expired"


def accepting(words):
    return {client for client, reason in words.items() if reason is None}


def test_the_common_name_is_still_read_by_some():
    no_san = {"subject": "CN=app.test", "without": [x509.SubjectAlternativeName]}
    words = said(*below(**no_san))
    refusing = {"Chromium", "Firefox", "Apple", "Go", "rustls/Deno"}
    assert accepting(words) == {*NAMES} - refusing
    assert words["Go"] == "x509: certificate relies on legacy Common Name field, use SANs instead"
    leaf, root = below(**no_san)
    python = predict(leaf.certificate, roots=[root.certificate], name="app.test", at=NOW)[3]
    assert python.reason == "it reads the name in the common name"
    address = below(subject="CN=10.0.0.5", without=[x509.SubjectAlternativeName])
    assert accepting(said(*address, "10.0.0.5")) == {"curl"}


def test_a_wildcard_under_a_top_level_name_is_taken_by_go_and_java_alone():
    words = said(*below(None, "*.test"))
    assert accepting(words) == {"Go", "Java 17", "Java 25"}
    assert words["Apple"] == "unknown"


def test_java_ignores_the_constraints_of_a_root_and_keeps_those_of_an_intermediate():
    outside = {"add": [nc([x509.DNSName("example.com")])], "critical": [x509.NameConstraints]}
    root = make.root(**outside)
    given = predict(root.leaf().certificate, roots=[root.certificate], name="app.test", at=NOW)
    accepted = {each.client: each.reason for each in given if each.verdict == "accept"}
    assert accepted == dict.fromkeys(
        ("Java 17", "Java 25"), "the name constraints of a root are not kept"
    )
    root = make.root()
    between = root.ca(**outside)
    words = said(between.leaf(), root, between=[between])
    assert words["Java 17"] == f"{PKIX}name constraints check failed"
    assert not accepting(words)


def test_an_expired_root_is_accepted_by_java_and_rustls_alone():
    root = make.root(**EXPIRED)
    assert accepting(said(*below(root))) == {"Java 17", "Java 25", "rustls/Deno"}


def test_the_strict_profile_is_python_3_13s_alone():
    words = said(*below(without=[x509.AuthorityKeyIdentifier]))
    assert accepting(words) == {*NAMES} - {"Python 3.13+"}
    assert words["Python 3.13+"] == FAILED + "Missing Authority Key Identifier"


def test_a_partial_chain_is_accepted_by_those_that_need_no_root():
    root = make.root()
    between = root.ca()
    words = said(between.leaf(), between, between=[between])
    refusing = {"Python <= 3.12", "OpenSSL", "Node 20", "Node 24"}
    assert accepting(words) == {*NAMES} - refusing - {"Apple"}
    assert words["OpenSSL"] == "verify error:num=2:unable to get issuer certificate"


# ---- Apple: no handshake, so each rule of the documents is held here -----------------------------

BIG = rsa.generate_private_key(65537, 2048)
SMALL = rsa.generate_private_key(65537, 1024)
BOTH = key_usage("digital_signature", "key_encipherment")


def with_sha1():
    root = make.root(private_key=BIG)
    return with_broken_hash(root.leaf(), root, "sha1"), root


def days(count):
    return {"start": NOW - timedelta(days=1), "end": NOW + timedelta(days=count - 1)}


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (lambda: below(private_key=SMALL, replace=[BOTH]), "broken key size"),
        (lambda: below(make.root(private_key=SMALL)), "broken key size"),
        (with_sha1, "broken signature algorithm"),
        (lambda: below(**days(826)), "not standards compliant"),
        (lambda: below(replace=[x509.ExtendedKeyUsage([CLIENT])]), "not permitted for this usage"),
        (lambda: below(without=[x509.ExtendedKeyUsage]), "not permitted for this usage"),
        (
            lambda: below(subject="CN=app.test", without=[x509.SubjectAlternativeName]),
            "name does not match input",
        ),
        (lambda: below(make.root(**EXPIRED)), "is expired"),
        (lambda: below(**EXPIRED), "is expired"),
    ],
)
def test_apple_refuses_what_its_documents_say(pair, reason):
    assert said(*pair())["Apple"].endswith(reason)


@pytest.mark.parametrize(
    "pair",
    [
        lambda: below(**days(825)),
        lambda: below(private_key=BIG, replace=[BOTH]),
        lambda: below(make.root(private_key=BIG)),
        lambda: below(start=NOW.replace(year=2019, month=6), end=NOW + timedelta(days=900)),
    ],
)
def test_apple_accepts_what_its_documents_allow(pair):
    assert said(*pair())["Apple"] is None


def test_apple_is_unknown_where_no_document_speaks():
    self_signed = make.make(None, names=("app.test",))
    assert said(self_signed, self_signed)["Apple"] == "unknown"


def test_every_rule_has_a_source():
    sources = {rule.source for client in CLIENTS for rule in client.rules}
    assert HANDSHAKE in sources
    assert REQUIREMENTS in sources
    for client in CLIENTS:
        measured = {rule.source == HANDSHAKE for rule in client.rules}
        assert measured == {client.name != "Apple"}


# ---- the tables ----------------------------------------------------------------------------------


def test_the_tables_speak_of_every_flaw_and_of_no_other():
    spoken = set()
    for client in CLIENTS:
        spoken.update(flaw for flaw, _ in (*client.remarks(), *client.doubts()))
        for rule in client.rules:
            spoken.update((rule.flaw, *rule.unless, *rule.beside))
    assert spoken == set(FLAWS)


def test_clients_and_sentences_are_told_apart():
    assert tuple(client.name for client in CLIENTS) == NAMES
    sentences = [flaw.sentence for flaw in FLAWS.values()]
    assert len(set(sentences)) == len(sentences)


def test_predictions_and_verdict_contradict_each_other_only_where_it_is_known():
    """Where the verdict has nothing to say, no client refuses; where it is no, somebody does."""
    too_mild, too_strict = set(), set()
    for case in cases(NOW):
        chain = {"roots": case.roots, "intermediates": case.chain[1:], "name": case.name, "at": NOW}
        verdict = judge(case.chain[0], **chain)
        refused = any(each.verdict == "reject" for each in predict(case.chain[0], **chain))
        if not verdict.ok and not refused:
            too_strict.add(case.id)
        if refused and all(each.severity is Severity.NOTE for each in verdict.findings):
            too_mild.add(case.id)
    assert too_strict == set(STRICTER_THAN_CLIENTS)
    assert too_mild == set(MILDER_THAN_SOME_CLIENT)


STRICTER_THAN_CLIENTS = {
    "strict-san-critical": "cryptography alone refuses a critical name beside a subject",
    "constraint-dotted": "RFC 5280 has no leading dot in a DNS constraint, clients read it",
}
MILDER_THAN_SOME_CLIENT = {
    "trust-self-signed-pinned-damaged": "rustls reads the signature of what is trusted itself",
    "usage-eku-any-intermediate": "Firefox, OpenSSL and rustls want serverAuth by name in a CA",
    "usage-eku-any-root": "Firefox and OpenSSL want serverAuth by name in a CA",
    "constraint-cn-ip": "OpenSSL and GnuTLS take an address in the common name for a host",
    "constraint-cn-text": "GnuTLS holds the common name against the constraints",
    "odd-policies-leaf": "rustls does not know certificate policies when they are critical",
    "odd-policies-intermediate": "rustls, likewise",
    "odd-feature": "Firefox wants every feature of TLS that is named",
    "odd-self-issued-root-limit": "Firefox, Go and GnuTLS count a self-issued CA like any other",
    "odd-self-issued-limit": "Firefox, Go and GnuTLS, likewise",
    "odd-self-issued-outside": "Firefox and Go constrain the names of a self-issued CA as well",
}


# ---- names ---------------------------------------------------------------------------------------


def test_a_name_in_letters_of_any_script_is_asked_for_in_a_labels():
    leaf, root = below(None, "xn--bcher-kva.test")
    assert set(said(leaf, root, "Bücher.test").values()) == {None}
    assert "'xn--bcher-kva.app.test'" in said(leaf, root, "bücher.app.test")["curl"]


def test_a_dot_at_the_end_is_taken_literally_by_openssl_and_python():
    words = said(*below(), "app.test.")
    assert accepting(words) == {*NAMES} - {"Python <= 3.12", "Python 3.13+", "OpenSSL", "Apple"}
    assert words["Python 3.13+"].endswith("not valid for 'app.test.'.")


@pytest.mark.parametrize("name", ["https://app.test", "10.0.0.300", "*.app.test", "", "a..b"])
def test_what_is_no_name_is_unknown_to_all_and_says_why(name):
    leaf, root = below()
    given = predict(leaf.certificate, roots=[root.certificate], name=name, at=NOW)
    assert {each.verdict for each in given} == {"unknown"}
    assert all(each.reason for each in given)


def test_an_ipv6_address_is_unknown_for_node_24_alone():
    words = said(*below(None, x509.IPAddress(ip_address("fd00::1"))), "fd00::1")
    assert accepting(words) == {*NAMES} - {"Node 24"}
    assert words["Node 24"] == "unknown"


# ---- input of any kind ---------------------------------------------------------------------------


def test_bytes_values_and_a_naive_time_are_taken_as_the_verdict_takes_them():
    leaf, root = below()
    between = root.ca()
    pem = between.leaf().certificate.pem + between.certificate.pem
    for answers in (
        predict(leaf.certificate.der, roots=root.certificate.pem, name="app.test", at=NOW),
        predict(leaf.certificate.x509, roots=[root.certificate.x509], name="app.test", at=NOW),
        predict(pem, roots=[root.certificate], name="app.test", at=NOW.replace(tzinfo=None)),
    ):
        assert {each.verdict for each in answers} == {"accept"}


def test_an_unreadable_certificate_is_unknown_and_misuse_an_error():
    _, root = below()
    given = predict(b"nothing", roots=[root.certificate], name="app.test", at=NOW)
    assert {each.verdict for each in given} == {"unknown"}
    with pytest.raises(CertkitError):
        predict(root.certificate, roots=[root.certificate], name=None, at=NOW)
    with pytest.raises(CertkitError):
        predict(42, roots=[root.certificate], name="app.test", at=NOW)


def raw(*names: tuple[int, bytes]):
    """A leaf with these names, tag and octets, and its root."""
    octets = der.sequence(*(der.tagged(tag, value) for tag, value in names))
    san = x509.UnrecognizedExtension(x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME, octets)
    return below(without=[x509.SubjectAlternativeName], add=[san])


GOOD = (0x82, b"app.test")


def test_good_names_beside_one_that_cannot_be_read_are_seen():
    leaf, root = raw((0x87, b"\x7f\0\0"), GOOD)
    assert leaf.certificate.malformed is not None
    found = said(leaf, root)
    assert {client for client, words in found.items() if words not in (None, "unknown")} == {
        "Chromium",
        "Go",
        "Java 17",
        "Java 25",
    }
    assert found["Go"].endswith("cannot parse IP address of length 3")


def test_a_name_in_latin_1_is_shown_by_each_in_its_own_way():
    found = said(*raw((0x82, b"b\xfccher.test")))
    assert found["Node 20"].endswith('DNS:"b\\u00fccher.test"')
    assert found["rustls/Deno"].endswith('DnsName("b\N{REPLACEMENT CHARACTER}cher.test")')


def test_a_good_name_stays_good_beside_a_latin_1_one():
    found = said(*raw((0x82, b"b\xfccher.test"), GOOD))
    refusing = {client for client, words in found.items() if words not in (None, "unknown")}
    assert refusing == {"Chromium", "Go"}


def test_names_that_are_not_in_der_leave_everything_open():
    leaf, root = raw((0xA5, b""), GOOD)
    assert set(said(leaf, root).values()) == {"unknown"}


def test_a_uri_beside_it_keeps_gnutls_from_the_common_name():
    def gnutls(*names: x509.GeneralName) -> str | None:
        return said(*below(None, *names, subject="CN=app.test"))["GnuTLS"]

    assert gnutls(x509.RFC822Name("a@app.test")) is None
    assert gnutls(x509.UniformResourceIdentifier("https://app.test/")) is not None


def test_extensions_that_cannot_be_read_leave_everything_open():
    leaf, root = below()
    twice = make.patched(
        leaf.certificate,
        bytes.fromhex("0603551d0e"),  # subjectKeyIdentifier
        bytes.fromhex("0603551d0f"),  # keyUsage, which is there already
        root.key,
    )
    given = predict(twice, roots=[root.certificate], name="app.test", at=NOW)
    assert {each.verdict for each in given} == {"unknown"}


def test_kinds_of_keys_that_were_not_measured_are_unknown():
    leaf, root = below(private_key=ec.generate_private_key(ec.SECP256K1()))
    assert set(said(leaf, root).values()) == {"unknown"}
    wrong = said(*below(None, "wrong.test", private_key=ec.generate_private_key(ec.SECP256K1())))
    assert wrong == WRONG_NAME


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damaged_certificates_never_raise(data):
    leaf, root = _PAIR
    der = bytearray(leaf.certificate.der)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(der) - 1))
        der[place] = data.draw(st.integers(0, 255))
    given = predict(bytes(der), roots=[root.certificate], name="app.test", at=NOW)
    assert len(given) == len(CLIENTS)


_PAIR = below()


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=40))
def test_no_name_raises(name):
    leaf, root = _PAIR
    for each in predict(leaf.certificate, roots=[root.certificate], name=name, at=NOW):
        assert each.verdict in ("accept", "reject", "unknown")


@pytest.mark.parametrize("count", [90, 10_000])
def test_many_certificates_cost_bounded_time(count):
    """All of one name, and each seems to have issued each other."""
    key = ec.generate_private_key(ec.SECP256R1())
    loop = [make.root("CN=Loop", private_key=key).certificate for _ in range(40)]
    leaf = make.make(make.Made(loop[0], key), names=("app.test",))
    began = time.monotonic()
    given = predict(
        leaf.certificate,
        roots=[make.root("CN=Other").certificate],
        intermediates=(loop * (count // len(loop) + 1))[:count],
        name="app.test",
        at=NOW,
    )
    assert time.monotonic() - began < 10
    assert {each.verdict for each in given} <= {"reject", "unknown"}


def test_what_certkit_issues_is_accepted_by_every_client():
    ca = certkit.CertificateAuthority.create()
    for issuer in (ca, ca.intermediate()):
        issued = issuer.issue("app.test", "10.0.0.5", "*.dev.test")
        for name in ("app.test", "10.0.0.5", "www.dev.test", "dev.test"):
            given = predict(
                issued.certificate,
                roots=[ca.root],
                intermediates=issued.chain[1:],
                name=name,
                at=issued.certificate.not_before + timedelta(hours=2),
            )
            assert {each.verdict for each in given} == {"accept"}
