"""Firefox: mozilla::pkix builds the path; then trust is reported before the name and dates."""

from __future__ import annotations

from typing import Final

from certkit.verify.clients.hostnames import Matching
from certkit.verify.clients.rules import Client, Rule
from certkit.verify.clients.sight import Climb, any_certificate, by_signature, nss_can_hold

FIREFOX: Final = Client(
    "Firefox",
    "Firefox ESR 153.7 on Linux, roots imported with the flag C",
    climb=Climb(by_signature, any_certificate, nss_can_hold),
    matching=Matching(),
    rules=(
        Rule("leaf-ed25519", "SSL_ERROR_NO_CYPHER_OVERLAP"),
        Rule("leaf-unknown-critical", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"),
        Rule("authority-key-id-critical", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"),
        Rule("subject-key-id-critical", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"),
        Rule("self-signed", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT"),
        Rule("leaf-is-ca", "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"),
        Rule("leaf-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        Rule("leaf-any-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        Rule("intermediate-unknown-critical", "SEC_ERROR_UNKNOWN_ISSUER"),
        Rule("anchor-unknown-critical", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"),
        Rule("issuer-has-other-key", "SEC_ERROR_BAD_SIGNATURE"),
        Rule("untrusted", "SEC_ERROR_UNKNOWN_ISSUER"),
        Rule("intermediate-no-cert-sign", "SEC_ERROR_INADEQUATE_KEY_USAGE"),
        Rule("anchor-no-cert-sign", "SEC_ERROR_INADEQUATE_KEY_USAGE"),
        *(
            Rule(f"{which}-{what}", "SEC_ERROR_CA_CERT_INVALID")
            for which in ("intermediate", "anchor")
            for what in ("no-ca", "only-signs")
        ),
        Rule("too-deep-below-intermediate", "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID"),
        Rule("too-deep-below-anchor", "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID"),
        Rule("intermediate-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        Rule("intermediate-any-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        Rule("anchor-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        Rule("anchor-any-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        *(
            Rule(flaw, "SEC_ERROR_CERT_NOT_IN_NAME_SPACE")
            for flaw in (
                "outside-intermediate",
                "excluded-by-intermediate",
                "outside-anchor",
                "excluded-by-anchor",
            )
        ),
        Rule("sha1", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"),
        Rule("md5", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"),
        Rule("must-staple", "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"),
        Rule("host-not-named", "SSL_ERROR_BAD_CERT_DOMAIN"),
        Rule("address-not-named", "SSL_ERROR_BAD_CERT_DOMAIN"),
        Rule("intermediate-expired", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"),
        Rule("anchor-expired", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"),
        Rule("intermediate-early", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE"),
        Rule("anchor-early", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE"),
        Rule("leaf-expired", "SEC_ERROR_EXPIRED_CERTIFICATE"),
        Rule("leaf-early", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE"),
    ),
)
