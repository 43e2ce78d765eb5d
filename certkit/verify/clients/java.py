"""Java's PKIX trust manager: the path from the top downwards, then the purpose, then the name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.verify import size
from certkit.verify.clients.climb import Climb, any_certificate, in_order
from certkit.verify.clients.hostnames import SEVERAL, Matching
from certkit.verify.clients.issuer_names import same_usual_text
from certkit.verify.clients.java_names import complaint, without_bad_names
from certkit.verify.clients.rules import Client, Largest, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.verify.clients.sight import Sight

_BUILDING: Final = (
    "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: "
    "unable to find valid certification path to requested target"
)
_VALIDATION: Final = "PKIX path validation failed: java.security.cert.CertPathValidatorException: "


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


def _path(problem: str) -> Callable[[Sight], str]:
    """The builder does not say what was wrong with the paths that it found."""
    return lambda sight: _BUILDING if sight.assembled else f"{_VALIDATION}{problem}"


def _anchor(problem: str) -> Callable[[Sight], str]:
    def words(sight: Sight) -> str:
        subject = sight.path.top.certificate.x509.subject
        shown = ", ".join(each.rfc4514_string() for each in reversed(subject.rdns))
        return (
            f"PKIX path {'building' if sight.assembled else 'validation'} failed: "
            f'sun.security.validator.ValidatorException: TrustAnchor with subject "{shown}" '
            f"{problem}"
        )

    return words


_NO_CA: Final = "basic constraints check failed: this is not a CA certificate"
_CRITICAL: Final = "unrecognized critical extension(s)"
_PINNED: Final = ("pinned",)
"""Nothing is asked of the path to a certificate that is trusted itself."""

_TOO_DEEP: Final = (
    "basic constraints check failed: pathLenConstraint violated - this cert must be the last cert "
    "in the certification path"
)
_UNFIT: Final = "signature check failed"
_VALIDITY: Final = "validity check failed"

_PATH: Final = tuple(
    Rule(flaw, _path(problem), unless=_PINNED)
    for flaw, problem in (
        ("intermediate-no-cert-sign", "CA key usage check failed: keyCertSign bit is not set"),
        ("intermediate-no-ca", _NO_CA),
        ("intermediate-only-signs", _NO_CA),
        (
            "too-deep-below-intermediate",
            _TOO_DEEP,
        ),
        ("intermediate-expired", _VALIDITY),
        ("intermediate-early", _VALIDITY),
        ("intermediate-signature-unfit", _UNFIT),
        ("intermediate-unknown-critical", _CRITICAL),
        ("intermediate-key-id-critical", _CRITICAL),
        ("intermediate-critical-points", _CRITICAL),
        ("outside-intermediate", "name constraints check failed"),
        ("excluded-by-intermediate", "name constraints check failed"),
        ("leaf-expired", _VALIDITY),
        ("leaf-early", _VALIDITY),
        ("leaf-signature-unfit", _UNFIT),
        ("leaf-unknown-critical", _CRITICAL),
        ("leaf-key-id-critical", _CRITICAL),
        ("leaf-critical-points", _CRITICAL),
    )
)
_RULES: Final = (
    Rule(
        "over-10-sent", "The certificate chain length (11) exceeds the maximum allowed length (10)"
    ),
    Rule("sent-md5", "Received fatal alert: handshake_failure"),
    Rule("leaf-optional-san", "Failed to parse server certificates"),
    Rule("leaf-nameless", "Failed to parse server certificates"),
    Rule("leaf-critical-names-unreadable", "Failed to parse server certificates"),
    Rule("issuer-has-other-key", _path("Path does not chain with any of the trust anchors")),
    Rule("untrusted", _BUILDING),
    *_PATH,
    # The builder, other than the validator, looks at the dates of a root.
    Rule("anchor-expired", _BUILDING, unless=("in-order",)),
    Rule("anchor-early", _BUILDING, unless=("in-order",)),
    *(
        Rule(flaw, _anchor(problem))
        for flaw, problem in (
            ("anchor-no-ca", "is not a CA certificate"),
            ("anchor-only-signs", "is not a CA certificate"),
            (
                "anchor-no-cert-sign",
                "does not have keyCertSign bit set in KeyUsage extension",
            ),
        )
    ),
    Rule(
        "leaf-no-server-purpose",
        "Extended key usage does not permit use for TLS server authentication",
        unless=_PINNED,
    ),
    Rule("leaf-cannot-sign", "KeyUsage does not allow digital signatures", unless=_PINNED),
    Rule(
        "leaf-netscape-type",
        "Netscape cert type does not permit use for SSL server",
        unless=_PINNED,
    ),
)
_NAME: Final = (Rule("host-not-named", _name), Rule("address-not-named", _name))
_NOTES: Final = (
    ("anchor-expired", "the dates of a root are not looked at"),
    ("anchor-early", "the dates of a root are not looked at"),
    ("outside-anchor", "the name constraints of a root are not kept"),
    ("excluded-by-anchor", "the name constraints of a root are not kept"),
)
_LARGEST: Final = Largest(
    size.JAVA,
    "The size of the handshake message ({length}) exceeds the maximum allowed size (32768)",
)
_CLIMB: Final = Climb(in_order, any_certificate, same_name=same_usual_text)


def _complaint(sight: Sight) -> str:
    return complaint(sight.leaf) or ""


JAVA_17: Final = Client(
    "Java 17",
    "OpenJDK 17.0.15",
    largest=_LARGEST,
    climb=_CLIMB,
    matching=Matching(
        stars=SEVERAL,
        any_label=True,
        top_level=True,
        underscore_asked=False,
        common_name="no-dns",
        which_common_name="last",
        idn_in_common_name=True,
        mapped_addresses=True,
    ),
    rules=(*_RULES, *_NAME),
    notes=_NOTES,
    reads=without_bad_names,
)
JAVA_25: Final = Client(
    "Java 25",
    "OpenJDK 25.0.2",
    largest=_LARGEST,
    climb=_CLIMB,
    matching=Matching(
        stars=SEVERAL,
        top_level=True,
        underscore_asked=False,
        common_name="no-dns",
        which_common_name="last",
        idn_in_common_name=True,
        mapped_addresses=True,
    ),
    rules=(*_RULES, Rule("leaf-names-unreadable", _complaint), *_NAME),
    notes=_NOTES,
)
