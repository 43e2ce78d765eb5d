"""Firefox: mozilla::pkix builds the path; then trust is reported before the name and dates."""

from __future__ import annotations

from typing import Final

from certkit.verify import size
from certkit.verify.clients.climb import (
    Climb,
    any_certificate,
    by_name_without_foreign_roots,
    nss_can_hold,
)
from certkit.verify.clients.hostnames import Matching
from certkit.verify.clients.issuer_names import same_octets
from certkit.verify.clients.rules import Client, Largest, Rule

_KEY_USAGE: Final = "SEC_ERROR_INADEQUATE_KEY_USAGE"
_DISABLED: Final = "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED"
_UNKNOWN_CRITICAL: Final = "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"


def _constraints(which: str) -> tuple[Rule, ...]:
    return (
        Rule(f"odd-name-constrained-by-{which}", "SEC_ERROR_BAD_DER"),
        Rule(f"outside-{which}", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"),
        Rule(f"excluded-by-{which}", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"),
    )


def _of_issuer(which: str) -> tuple[Rule, ...]:
    return (
        Rule(f"{which}-no-cert-sign", "SEC_ERROR_INADEQUATE_KEY_USAGE"),
        Rule(f"{which}-no-ca", "SEC_ERROR_CA_CERT_INVALID"),
        Rule(f"{which}-only-signs", "SEC_ERROR_CA_CERT_INVALID"),
        Rule(f"too-deep-below-{which}", "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID"),
        Rule(f"{which}-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        Rule(f"{which}-any-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
        Rule(f"{which}-expired", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"),
        Rule(f"{which}-early", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE"),
    )


# From the leaf upwards: each certificate must be in order before its issuer is looked at.
# Signatures and the purpose of the leaf come on the way back.
_PATH: Final = (
    Rule("self-signed", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT"),
    Rule("intermediate-unknown-critical", "SEC_ERROR_UNKNOWN_ISSUER"),
    Rule("intermediate-key-id-critical", "SEC_ERROR_UNKNOWN_ISSUER"),
    Rule("intermediate-critical-points", "SEC_ERROR_UNKNOWN_ISSUER"),
    *_constraints("intermediate"),
    Rule("intermediate-weak-hash", _DISABLED),
    Rule("intermediate-signed-ed25519", _DISABLED),
    Rule("intermediate-ed25519", "SEC_ERROR_UNSUPPORTED_KEYALG"),
    Rule("leaf-signed-ed25519", _DISABLED, unless=("pinned",)),
    *_of_issuer("intermediate"),
    Rule("untrusted", "SEC_ERROR_UNKNOWN_ISSUER"),
    Rule("issuer-over-64-kb", "SEC_ERROR_UNKNOWN_ISSUER"),
    Rule("over-6-between", "SEC_ERROR_UNKNOWN_ISSUER"),
    Rule("anchor-unknown-critical", _UNKNOWN_CRITICAL),
    Rule("anchor-key-id-critical", _UNKNOWN_CRITICAL),
    Rule("anchor-critical-points", _UNKNOWN_CRITICAL),
    *_constraints("anchor"),
    *_of_issuer("anchor"),
    Rule("wildcard-over-excluded", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"),
    # The root itself is tried as the issuer after them, and does not fit.
    *(
        Rule(flaw, "SEC_ERROR_UNKNOWN_ISSUER")
        for flaw in ("self-issued-outside", "too-many-below-intermediate", "too-many-below-anchor")
    ),
    Rule("lone-common-name-outside", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE"),
    Rule("signature-of-other-kind", "SEC_ERROR_INVALID_KEY"),
    Rule("signature-unfit", "SEC_ERROR_BAD_SIGNATURE"),
    Rule("leaf-weak-hash", _DISABLED, unless=("pinned",)),
)
_LEAF: Final = (
    Rule("leaf-is-ca", "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY"),
    Rule("leaf-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
    Rule("leaf-any-purpose", "SEC_ERROR_INADEQUATE_CERT_TYPE"),
)
_DATES: Final = (
    Rule("leaf-expired", "SEC_ERROR_EXPIRED_CERTIFICATE"),
    Rule("leaf-early", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE"),
)


FIREFOX: Final = Client(
    "Firefox",
    "Firefox ESR 153.7 on Linux, roots imported with the flag C",
    climb=Climb(
        by_name_without_foreign_roots, any_certificate, nss_can_hold, same_name=same_octets
    ),
    largest=Largest(size.FIREFOX, "SSL_ERROR_RX_MALFORMED_HANDSHAKE"),
    matching=Matching(),
    rules=(
        Rule("leaf-over-64-kb", "SEC_ERROR_BAD_DER"),
        Rule("leaf-ed25519", "SSL_ERROR_NO_CYPHER_OVERLAP"),
        Rule("leaf-unknown-critical", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"),
        Rule("leaf-key-id-critical", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"),
        Rule("leaf-critical-points", _UNKNOWN_CRITICAL),
        Rule("leaf-useless", _KEY_USAGE),
        *_PATH,
        # Usages are tried one after the other; when keyAgreement fails as well, they get the blame.
        Rule("leaf-only-agrees", _KEY_USAGE, beside=tuple(r.flaw for r in (*_LEAF, *_DATES))),
        *_LEAF,
        Rule(
            "features",
            "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING",
            unless=("leaf-expired", "leaf-early"),
        ),
        Rule("host-not-named", "SSL_ERROR_BAD_CERT_DOMAIN"),
        Rule("address-not-named", "SSL_ERROR_BAD_CERT_DOMAIN"),
        *_DATES,
    ),
)
