"""Java's PKIX trust manager: the path from the top downwards, then the purpose, then the name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.verify.clients.hostnames import SEVERAL, Matching
from certkit.verify.clients.rules import Client, Rule
from certkit.verify.clients.sight import Climb, any_certificate, in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.verify.clients.sight import Sight

_BUILDING: Final = (
    "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: "
    "unable to find valid certification path to requested target"
)
_VALIDATION: Final = "PKIX path validation failed: java.security.cert.CertPathValidatorException: "
_ANCHOR: Final = "PKIX path validation failed: sun.security.validator.ValidatorException: "


def _name(sight: Sight) -> str:
    """HostnameChecker."""
    leaf, asked = sight.leaf, sight.asked
    if asked.type == "ip":
        if leaf.extension(x509.SubjectAlternativeName) is None:
            return "No subject alternative names present"
        return f"No subject alternative names matching IP address {sight.name} found"
    if "_" in asked.value:
        return f"Illegal given domain name: {asked.value}"
    if any(name.type == "dns" for name in leaf.names):
        return f"No subject alternative DNS name matching {asked.value} found."
    return f"No name matching {asked.value} found"


def _anchor(problem: str) -> Callable[[Sight], str]:
    def words(sight: Sight) -> str:
        subject = sight.path.top.certificate.x509.subject
        shown = ", ".join(each.rfc4514_string() for each in reversed(subject.rdns))
        return f'{_ANCHOR}TrustAnchor with subject "{shown}" {problem}'

    return words


_PATH: Final = (
    Rule("leaf-optional-san", "Failed to parse server certificates"),
    Rule("issuer-has-other-key", f"{_VALIDATION}Path does not chain with any of the trust anchors"),
    Rule("untrusted", _BUILDING),
    Rule("anchor-no-ca", _anchor("is not a CA certificate")),
    Rule("anchor-only-signs", _anchor("is not a CA certificate")),
    Rule("anchor-no-cert-sign", _anchor("does not have keyCertSign bit set in KeyUsage extension")),
    Rule("intermediate-no-cert-sign", f"{_VALIDATION}CA key usage check failed: keyCertSign bit is not set"),
    Rule("intermediate-no-ca", f"{_VALIDATION}basic constraints check failed: this is not a CA certificate"),
    Rule("intermediate-only-signs", f"{_VALIDATION}basic constraints check failed: this is not a CA certificate"),
    Rule(
        "too-deep-below-intermediate",
        f"{_VALIDATION}basic constraints check failed: pathLenConstraint violated - "
        "this cert must be the last cert in the certification path",
    ),
    Rule("outside-intermediate", f"{_VALIDATION}name constraints check failed"),
    Rule("excluded-by-intermediate", f"{_VALIDATION}name constraints check failed"),
    Rule("intermediate-expired", f"{_VALIDATION}validity check failed"),
    Rule("intermediate-early", f"{_VALIDATION}validity check failed"),
    Rule("leaf-expired", f"{_VALIDATION}validity check failed"),
    Rule("leaf-early", f"{_VALIDATION}validity check failed"),
    Rule("signature-unfit", f"{_VALIDATION}signature check failed"),
    Rule("leaf-unknown-critical", f"{_VALIDATION}unrecognized critical extension(s)"),
    Rule("intermediate-unknown-critical", f"{_VALIDATION}unrecognized critical extension(s)"),
    Rule("authority-key-id-critical", f"{_VALIDATION}unrecognized critical extension(s)"),
    Rule("subject-key-id-critical", f"{_VALIDATION}unrecognized critical extension(s)"),
)
_RULES: Final = (
    Rule("md5", "Received fatal alert: handshake_failure"),
    *_PATH,
    Rule("leaf-purpose", "Extended key usage does not permit use for TLS server authentication"),
    Rule("leaf-cannot-sign", "KeyUsage does not allow digital signatures"),
    Rule("host-not-named", _name),
    Rule("address-not-named", _name),
)
_NOTES: Final = (
    ("anchor-expired", "the dates of a root are not looked at"),
    ("anchor-early", "the dates of a root are not looked at"),
    ("outside-anchor", "the name constraints of a root are not kept"),
    ("excluded-by-anchor", "the name constraints of a root are not kept"),
)
_CLIMB: Final = Climb(in_order, any_certificate)

JAVA_17: Final = Client(
    "Java 17",
    "OpenJDK 17.0.15",
    climb=_CLIMB,
    matching=Matching(
        stars=SEVERAL, any_label=True, top_level=True, underscore_asked=False, common_name="no-dns"
    ),
    rules=_RULES,
    notes=_NOTES,
)
JAVA_25: Final = Client(
    "Java 25",
    "OpenJDK 25.0.2",
    climb=_CLIMB,
    matching=Matching(
        stars=SEVERAL, top_level=True, underscore_asked=False, common_name="no-dns"
    ),
    rules=_RULES,
    notes=_NOTES,
)
