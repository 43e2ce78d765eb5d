"""Chromium, and with it Chrome, Edge, Brave and the rest of that family.

TLS comes first, then the path, then the name. A path that fails for any other reason than
its dates or its end is ERR_CERT_INVALID, unless one of those two is reported as well.
"""

from __future__ import annotations

from typing import Final

from certkit.verify import size
from certkit.verify.clients.climb import Climb, any_certificate, by_signature, nss_can_hold
from certkit.verify.clients.hostnames import Matching
from certkit.verify.clients.issuer_names import same_octets_of_a_root
from certkit.verify.clients.rules import Client, Largest, Rule

_DATES: Final = (
    "leaf-expired",
    "leaf-early",
    "intermediate-expired",
    "intermediate-early",
    "anchor-expired",
    "anchor-early",
)
_ALWAYS_INVALID: Final = (
    "leaf-no-names",
    "leaf-odd-address",
    "leaf-optional-san",
    "sha1",
    "md5",
    "signed-ed25519",
    "leaf-raw-name",
)
_INVALID: Final = (
    *(f"{which}-unknown-critical" for which in ("leaf", "intermediate", "anchor")),
    *(f"{which}-key-id-critical" for which in ("leaf", "intermediate", "anchor")),
    *(f"{which}-critical-points" for which in ("leaf", "intermediate", "anchor")),
    "leaf-purpose",
    "intermediate-purpose",
    "anchor-purpose",
    "intermediate-no-ca",
    "intermediate-only-signs",
    "intermediate-no-cert-sign",
    "anchor-says-no-ca",
    "anchor-no-cert-sign",
    "too-deep-below-intermediate",
    "too-deep-below-anchor",
)
_CONSTRAINTS: Final = (
    "outside-intermediate",
    "excluded-by-intermediate",
    "outside-anchor",
    "excluded-by-anchor",
    "wildcard-over-excluded",
)

CHROMIUM: Final = Client(
    "Chromium",
    "Chromium 156.0.8078 on Linux, roots in NSS",
    climb=Climb(by_signature, any_certificate, nss_can_hold, same_name=same_octets_of_a_root),
    largest=Largest(size.OPENSSL, "net::ERR_SSL_PROTOCOL_ERROR"),
    matching=Matching(public_suffix=False, dot_presented="dropped"),
    rules=(
        Rule("leaf-subject-unreadable", "net::ERR_SSL_SERVER_CERT_BAD_FORMAT"),
        Rule("leaf-p521", "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
        Rule("leaf-ed25519", "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
        Rule("leaf-cannot-sign", "net::ERR_SSL_KEY_USAGE_INCOMPATIBLE"),
        *(Rule(flaw, "net::ERR_CERT_INVALID") for flaw in _ALWAYS_INVALID),
        Rule("pinned-foreign-ca", "net::ERR_CERT_AUTHORITY_INVALID"),
        Rule("untrusted", "net::ERR_CERT_AUTHORITY_INVALID", unless=("fetchable",)),
        Rule("over-19-between", "net::ERR_CERT_AUTHORITY_INVALID"),
        *(Rule(flaw, "net::ERR_CERT_INVALID", unless=_DATES) for flaw in _INVALID),
        *(
            Rule(flaw, "net::ERR_CERT_INVALID", unless=(*_DATES, "dot-constrained"))
            for flaw in _CONSTRAINTS
        ),
        Rule("host-not-named", "net::ERR_CERT_COMMON_NAME_INVALID"),
        Rule("address-not-named", "net::ERR_CERT_COMMON_NAME_INVALID"),
        *(Rule(flaw, "net::ERR_CERT_DATE_INVALID") for flaw in _DATES),
    ),
    unsure=(
        ("fetchable", "it fetches the missing issuer from the URL in the certificate, if it can"),
        ("dot-constrained", "a dot at the end of a name under constraints was not measured"),
    ),
)
