"""GnuTLS: gnutls-cli, which looks at the purpose and the key usage, and wget, which does not.

Both collect every fault and print them in a fixed order; the prediction is the first of them.
"""

from __future__ import annotations

from typing import Final

from certkit.verify.clients.hostnames import AT_START, Matching
from certkit.verify.clients.rules import Client, Rule
from certkit.verify.clients.sight import Climb, by_key_id, leaf_sent_alone

_CLIMB: Final = Climb(by_key_id, leaf_sent_alone, last_version_first=True)
_MATCHING: Final = Matching(stars=AT_START, common_name="no-dns-or-ip")
_CONSTRAINTS: Final = (
    "outside-intermediate",
    "excluded-by-intermediate",
    "outside-anchor",
    "excluded-by-anchor",
    "common-text-outside",
    "intermediate-no-cert-sign",
    "anchor-no-cert-sign",
    "too-deep-below-intermediate",
    "too-deep-below-anchor",
)

GNUTLS: Final = Client(
    "GnuTLS",
    "gnutls-cli 3.7.9",
    climb=_CLIMB,
    matching=_MATCHING,
    rules=(
        Rule("leaf-cannot-sign", "Key usage violation in certificate has been detected."),
        Rule("untrusted", "The certificate issuer is unknown."),
        Rule("intermediate-no-ca", "The certificate issuer is not a CA."),
        Rule("intermediate-only-signs", "The certificate issuer is not a CA."),
        Rule("anchor-says-no-ca", "The certificate issuer is not a CA."),
        Rule("sha1", "The certificate chain uses insecure algorithm."),
        Rule("md5", "The certificate chain uses insecure algorithm."),
        *(Rule(flaw, "The certificate chain violates the signer's constraints.") for flaw in _CONSTRAINTS),
        Rule("leaf-purpose", "The certificate chain does not match the intended purpose."),
        Rule("intermediate-purpose", "The certificate chain does not match the intended purpose."),
        Rule("intermediate-any-purpose", "The certificate chain does not match the intended purpose."),
        *(
            Rule(f"{which}-early", "The certificate chain uses not yet valid certificate.")
            for which in ("leaf", "intermediate", "anchor")
        ),
        *(
            Rule(f"{which}-expired", "The certificate chain uses expired certificate.")
            for which in ("leaf", "intermediate", "anchor")
        ),
        Rule("signature-unfit", "The signature in the certificate is invalid."),
        Rule("host-not-named", "The name in the certificate does not match the expected."),
        Rule("address-not-named", "The name in the certificate does not match the expected."),
        Rule(
            "must-staple",
            "The certificate requires the server to include an OCSP status in its response, but "
            "the OCSP status is missing.",
        ),
        *(
            Rule(f"{which}-unknown-critical", "The certificate contains an unknown critical extension.")
            for which in ("leaf", "intermediate", "anchor")
        ),
    ),
)

_NOT_TRUSTED: Final = "The certificate of ‘{host}’ is not trusted."

WGET: Final = Client(
    "wget",
    "wget 1.21.3 with GnuTLS 3.7.9",
    climb=_CLIMB,
    matching=_MATCHING,
    rules=(
        Rule("untrusted", "The certificate of ‘{host}’ doesn't have a known issuer."),
        Rule("intermediate-no-ca", "The certificate signer of ‘{host}’ was not a CA."),
        Rule("intermediate-only-signs", "The certificate signer of ‘{host}’ was not a CA."),
        Rule("anchor-says-no-ca", "The certificate signer of ‘{host}’ was not a CA."),
        Rule("sha1", "The certificate of ‘{host}’ was signed using an insecure algorithm."),
        Rule("md5", "The certificate of ‘{host}’ was signed using an insecure algorithm."),
        *(
            Rule(f"{which}-early", "The certificate of ‘{host}’ is not yet activated.")
            for which in ("leaf", "intermediate", "anchor")
        ),
        *(
            Rule(f"{which}-expired", "The certificate of ‘{host}’ has expired.")
            for which in ("leaf", "intermediate", "anchor")
        ),
        *(Rule(flaw, _NOT_TRUSTED) for flaw in _CONSTRAINTS),
        Rule("signature-unfit", _NOT_TRUSTED),
        Rule("must-staple", _NOT_TRUSTED),
        *(Rule(f"{which}-unknown-critical", _NOT_TRUSTED) for which in ("leaf", "intermediate", "anchor")),
        Rule("host-not-named", "The certificate's owner does not match hostname ‘{host}’"),
        Rule("address-not-named", "The certificate's owner does not match hostname ‘{host}’"),
    ),
)
