"""certkit's certificates before pkilint: RFC 5280, and the CA/Browser Forum's TLS requirements.

A private CA cannot meet every rule of the public Web PKI, and need not. What it does not meet is
waived here, rule by rule, with the reason; each certificate must draw exactly the codes waived for
it, so a new fault fails, and so does a waiver that nothing needs any more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pkilint.bin import (
    lint_cabf_serverauth_cert,
    lint_pkix_cert,
    lint_pkix_signer_signee_cert_chain,
)

from certkit.pki.authority import CertificateAuthority, self_signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from certkit.pki.certificate import Certificate

# pkilint's commands leave the files they read to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in.*FileIO")

ROOTS = ("root", "root-unconstrained", "root-rsa3072")
SERVERS = (
    *("server-dns", "server-common-name", "server-single-label", "server-ip", "server-wildcard"),
    *("server-idn", "server-rsa2048", "server-ed25519", "server-825-days", "server-self-signed"),
    "server-under-intermediate",
)
LEAVES = (*SERVERS, "client")
CONSTRAINED = ("root", "root-rsa3072", "intermediate")


@dataclass(frozen=True, slots=True)
class Waiver:
    code: str
    certificates: tuple[str, ...]
    reason: str


RFC5280 = (
    Waiver(
        "pkix.invalid_domain_name_syntax",
        (*CONSTRAINED, "server-single-label", "server-wildcard"),
        "the linter wants two labels and no '*': RFC 5280 4.2.1.10 permits one label in a "
        "constraint, RFC 9525 4.1.1 a wildcard in a dNSName, and localhost has one label",
    ),
)
WEB_PKI = (
    Waiver(
        "cabf.serverauth.ca.country_attribute_absent",
        (*ROOTS, "intermediate"),
        "the subject says nothing about the person or place: no country, host or user name",
    ),
    Waiver(
        "cabf.serverauth.root_basic_constraints_pathlenconstraint_present",
        ROOTS,
        "pathlen:1 lets an intermediate be signed and no more; for a public root it is discouraged",
    ),
    Waiver(
        "cabf.ca_certificate_no_digital_signature_bit",
        (*ROOTS, "intermediate"),
        "a note: this CA signs no OCSP answers, so its key needs no digitalSignature",
    ),
    Waiver(
        "cabf.serverauth.root.extended_key_usage_extension_present",
        ROOTS,
        "keeps e-mail and code signing out of what a stolen key can do; twenty verifiers take it",
    ),
    Waiver(
        "cabf.serverauth.root.unknown_extension_present",
        ("root", "root-rsa3072"),
        "name constraints on the root itself are the point: a public root has none",
    ),
    Waiver(
        "cabf.internal_domain_name",
        (*CONSTRAINED, "server-single-label", "server-idn"),
        "localhost, .test and .lan are what a local CA is for; a public CA may not sign them",
    ),
    Waiver(
        "cabf.internal_ip_address",
        ("server-ip",),
        "private and loopback addresses are what a local CA is for",
    ),
    Waiver(
        "cabf.serverauth.ca.incomplete_name_constraints",
        ("intermediate",),
        "no directoryName subtree: the subject holds no name that a TLS client reads",
    ),
    Waiver(
        "cabf.serverauth.ca.certificate_policies_extension_absent",
        ("intermediate",),
        "no policy: no TLS client asks a private CA for one",
    ),
    Waiver(
        "cabf.serverauth.ca.crl_distribution_points_extension_absent",
        ("intermediate",),
        "nothing is published, so there is no URL to name",
    ),
    Waiver(
        "cabf.serverauth.ca.authority_info_access_extension_absent",
        ("intermediate",),
        "nothing is published",
    ),
    Waiver(
        "cabf.serverauth.certificate_validity_period_exceeds_200_days",
        LEAVES,
        "397 days by default (825 at most, Apple's limit for private roots): there is no ACME here",
    ),
    Waiver(
        "cabf.serverauth.dv.unknown_attribute_present",
        LEAVES,
        "O says in a viewer what the certificate is; an empty subject needs a critical SAN",
    ),
    Waiver(
        "cabf.serverauth.dv.common_name_attribute_present",
        ("server-common-name",),
        "only on request, for software that still reads it",
    ),
    Waiver(
        "cabf.serverauth.subscriber.revocation_information_absent",
        LEAVES,
        "no CRL or OCSP is published",
    ),
    Waiver(
        "msft.end_entity.revocation_information_absent",
        LEAVES,
        "no CRL or OCSP is published",
    ),
    Waiver(
        "cabf.serverauth.subscriber.authority_info_access_extension_absent",
        LEAVES,
        "nothing is published; the chain is sent by the server",
    ),
    Waiver(
        "cabf.serverauth.subscriber.certificate_policies_extension_absent",
        LEAVES,
        "no policy: no TLS client asks a private CA for one",
    ),
    Waiver(
        "cabf.serverauth.subscriber.subject_key_identifier_extension_present",
        LEAVES,
        "RFC 5280 4.2.1.2 says SHOULD, the Web PKI NOT RECOMMENDED: the linters contradict",
    ),
    Waiver(
        "cabf.serverauth.subscriber_rsa_digitalsignature_and_keyencipherment_present",
        ("server-rsa2048",),
        "NSS refuses an RSA key without keyEncipherment, Chromium, GnuTLS and Java one without "
        "digitalSignature (measured)",
    ),
    Waiver(
        "cabf.serverauth.prohibited_subject_public_key_algorithm_encoding",
        ("server-ed25519",),
        "Ed25519 is made on request, with the warning that browsers refuse it",
    ),
    Waiver(
        "cabf.serverauth.subscriber.serverauth_eku_absent",
        ("client",),
        "a client certificate is linted as a server's on purpose: it must not pass for one",
    ),
)


@pytest.fixture(scope="module")
def certificates() -> dict[str, Certificate]:
    ca = CertificateAuthority.create(permit=["dev.example.com"])
    intermediate = ca.intermediate()
    host = "app.dev.example.com"
    return {
        "root": ca.root,
        "root-unconstrained": CertificateAuthority.create(unconstrained=True).root,
        "root-rsa3072": CertificateAuthority.create(key="rsa3072").root,
        "intermediate": intermediate.certificate,
        "server-dns": ca.issue(host).certificate,
        "server-common-name": ca.issue(host, common_name=True).certificate,
        "server-single-label": ca.issue("localhost").certificate,
        "server-ip": ca.issue("10.0.0.5", "::1").certificate,
        "server-wildcard": ca.issue("*.dev.example.com").certificate,
        "server-idn": ca.issue("bücher.test").certificate,
        "server-rsa2048": ca.issue(host, key="rsa2048").certificate,
        "server-ed25519": ca.issue(host, key="ed25519").certificate,
        "server-825-days": ca.issue(host, days=825).certificate,
        "server-self-signed": self_signed(host).certificate,
        "server-under-intermediate": intermediate.issue(host).certificate,
        "client": ca.issue(host, client=True).certificate,
    }


@pytest.fixture
def findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[Callable[[list[str]], int], list[str], dict[str, Certificate]], set[str]]:
    """Runs a linter's own command on files; the codes from NOTICE up."""

    def run(
        linter: Callable[[list[str]], int], options: list[str], files: dict[str, Certificate]
    ) -> set[str]:
        paths = []
        for name, certificate in files.items():
            path = tmp_path / f"{name}.pem"
            path.write_bytes(certificate.pem)
            paths.append(str(path))
        linter(["lint", "--format", "JSON", "--severity", "NOTICE", *options, *paths])
        captured = capsys.readouterr()
        assert captured.out, captured.err
        results = json.loads(captured.out)["results"]
        return {each["code"] for result in results for each in result["finding_descriptions"]}

    return run


def waived(waivers: tuple[Waiver, ...], name: str) -> set[str]:
    return {waiver.code for waiver in waivers if name in waiver.certificates}


NAMES = (*ROOTS, "intermediate", *LEAVES)


@pytest.mark.parametrize("name", NAMES)
def test_rfc_5280_finds_nothing_that_is_not_waived(name: str, certificates, findings) -> None:
    found = findings(lint_pkix_cert.main, [], {name: certificates[name]})
    assert found == waived(RFC5280, name)


@pytest.mark.parametrize("name", NAMES)
def test_the_web_pki_finds_nothing_that_is_not_waived(name: str, certificates, findings) -> None:
    kinds = {"root": "ROOT-CA", "inte": "INTERNAL-CONSTRAINED-TLS-CA"}
    kind = kinds.get(name[:4], "DV-FINAL-CERTIFICATE")
    linter = lint_cabf_serverauth_cert.main
    assert findings(linter, ["--type", kind], {name: certificates[name]}) == waived(WEB_PKI, name)


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [
        ("root", "intermediate"),
        ("root", "server-dns"),
        ("root", "client"),
        ("intermediate", "server-under-intermediate"),
        ("server-self-signed", "server-self-signed"),
    ],
)
def test_issuer_and_subject_fit_together(issuer: str, subject: str, certificates, findings) -> None:
    pair = {"issuer": certificates[issuer], "subject": certificates[subject]}
    assert findings(lint_pkix_signer_signee_cert_chain.main, [], pair) == set()


def test_a_stranger_does_not_fit(certificates, findings) -> None:
    pair = {"issuer": certificates["root-rsa3072"], "subject": certificates["server-dns"]}
    assert findings(lint_pkix_signer_signee_cert_chain.main, [], pair)


@pytest.mark.parametrize("waiver", [*RFC5280, *WEB_PKI], ids=lambda waiver: waiver.code)
def test_every_waiver_names_certificates_that_are_linted(waiver: Waiver) -> None:
    assert waiver.certificates
    assert set(waiver.certificates) <= set(NAMES)
