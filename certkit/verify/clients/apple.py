"""Apple's clients: Safari, and every app on macOS and iOS. From documents, not from handshakes.

The rules for server certificates are support.apple.com/103769, which holds for private CAs too;
the words are those of the Security framework as Apple publishes it (SecFrameworkStrings.h, and
SecPolicyChecks.list for which failure is of which kind).
"""

from __future__ import annotations

from typing import Final

from certkit.verify.clients.climb import Climb, any_certificate, by_signature
from certkit.verify.clients.hostnames import SEVERAL, Matching
from certkit.verify.clients.rules import Client, Rule

REQUIREMENTS: Final = "https://support.apple.com/103769"
SOURCE: Final = "Apple open source, Security: SecPolicyChecks.list"

_COMPLIANT: Final = "certificate is not standards compliant"
_USAGE: Final = "certificate is not permitted for this usage"

APPLE: Final = Client(
    "Apple",
    "documents of iOS 13 and macOS 10.15 and later",
    climb=Climb(by_signature, any_certificate),
    # Whatever could match by anybody's rules: the doubts below single out the rest.
    matching=Matching(stars=SEVERAL, any_label=True, top_level=True, dot_presented="dropped"),
    rules=(
        Rule("leaf-small-rsa", "certificate is using a broken key size", source=REQUIREMENTS),
        Rule("issuer-small-rsa", "certificate is using a broken key size", source=REQUIREMENTS),
        *(
            Rule(flaw, "certificate is using a broken signature algorithm", source=REQUIREMENTS)
            for flaw in ("sha1", "md5")
        ),
        Rule("too-long", _COMPLIANT, source=REQUIREMENTS),
        *(
            Rule(flaw, _COMPLIANT, source=SOURCE)
            for flaw in (
                "leaf-unknown-critical",
                "intermediate-unknown-critical",
                "intermediate-no-ca",
                "intermediate-only-signs",
                "too-deep-below-intermediate",
                "outside-intermediate",
                "excluded-by-intermediate",
                "outside-anchor",
                "excluded-by-anchor",
            )
        ),
        *(
            Rule(f"{which}-{when}", "certificate is expired", source=SOURCE)
            for which in ("leaf", "intermediate", "anchor")
            for when in ("expired", "early")
        ),
        Rule("untrusted", "certificate is not trusted", unless=("fetchable",), source=SOURCE),
        Rule("host-not-named", "certificate name does not match input", source=REQUIREMENTS),
        Rule("address-not-named", "certificate name does not match input", source=REQUIREMENTS),
        Rule("leaf-purpose", _USAGE, source=REQUIREMENTS),
        Rule("leaf-any-purpose", _USAGE, source=REQUIREMENTS),
        Rule("leaf-no-purpose", _USAGE, source=REQUIREMENTS),
    ),
    unsure=tuple(
        (flaw, "no document of Apple's says what its clients make of this")
        for flaw in (
            "fetchable",
            "oddly-named",
            "pinned",
            "not-a-root",
            "leaf-is-ca",
            "leaf-cannot-sign",
            "leaf-p521",
            "leaf-ed25519",
            "intermediate-ed25519",
            "anchor-ed25519",
            "intermediate-no-cert-sign",
            "anchor-no-cert-sign",
            "anchor-no-ca",
            "anchor-only-signs",
            "anchor-version-1",
            "too-deep-below-anchor",
            "intermediate-purpose",
            "intermediate-any-purpose",
            "anchor-purpose",
            "anchor-any-purpose",
            "anchor-unknown-critical",
            "leaf-key-id-critical",
            "intermediate-key-id-critical",
            "anchor-key-id-critical",
            "leaf-optional-san",
            "leaf-raw-name",
            "leaf-no-names",
            "leaf-empty-name",
            "leaf-odd-address",
            "leaf-subject-unreadable",
            "leaf-names-unreadable",
            "leaf-uri-unparsed",
            "must-staple",
            "features",
            "over-6-between",
            "wildcard-over-excluded",
            *(f"{which}-critical-points" for which in ("leaf", "intermediate", "anchor")),
            *(f"{which}-critical-policies" for which in ("leaf", "intermediate", "anchor")),
            "common-text-outside",
        )
    ),
)
