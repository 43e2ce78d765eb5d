"""GnuTLS: gnutls-cli, which looks at the purpose and the key usage, and wget, which does not.

Certificates are judged from the root downwards, each with its issuer. All faults of the first pair
that has any are printed, and the name beside them; the prediction is one of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.pki import der
from certkit.verify import size
from certkit.verify.clients.climb import Climb, end_of_what_was_sent, in_sent_order
from certkit.verify.clients.general_names import (
    DIRECTORY,
    GeneralName,
    general_names,
    mended,
    reread,
)
from certkit.verify.clients.hostnames import ALL_STRINGS, AT_START, Matching
from certkit.verify.clients.issuer_names import same_text
from certkit.verify.clients.rules import Client, Largest, Rule

if TYPE_CHECKING:
    from certkit.pki.certificate import Certificate

_CLIMB: Final = Climb(
    in_sent_order, end_of_what_was_sent, last_version_first=True, same_name=same_text
)
_TOO_LARGE: Final = "The handshake data size is too large."
_IA5, _UNIVERSAL = 0x16, 0x1C
_MATCHING: Final = Matching(
    stars=AT_START,
    common_name="no-dns-ip-or-uri",
    which_common_name="only",
    common_name_strings=ALL_STRINGS - {_IA5, _UNIVERSAL},
)

# What is wrong with the intermediate or its issuer, then with the certificate or its issuer.
_FLAWS: Final = (
    ("untrusted", "issuer"),
    ("anchor-says-no-ca", "ca"),
    ("foreign-anchor-no-ca", "ca"),
    ("intermediate-weak-hash", "hash"),
    ("intermediate-signature-unfit", "signature"),
    ("anchor-no-cert-sign", "constraints"),
    ("anchor-early", "early"),
    ("anchor-expired", "expired"),
    ("intermediate-early", "early"),
    ("intermediate-expired", "expired"),
    ("intermediate-no-server-purpose", "purpose"),
    ("intermediate-any-purpose", "purpose"),
    ("anchor-unknown-critical", "critical"),
    ("intermediate-unknown-critical", "critical"),
    ("intermediate-no-ca", "ca"),
    ("intermediate-only-signs", "ca"),
    ("leaf-weak-hash", "hash"),
    ("intermediate-no-cert-sign", "constraints"),
    ("too-many-below-intermediate", "constraints"),
    ("too-many-below-anchor", "constraints"),
    ("leaf-outside-intermediate", "constraints"),
    ("leaf-excluded-by-intermediate", "constraints"),
    ("outside-anchor", "constraints"),
    ("excluded-by-anchor", "constraints"),
    ("common-text-outside", "constraints"),
    ("leaf-purpose", "purpose"),
    ("leaf-early", "early"),
    ("leaf-expired", "expired"),
    ("leaf-signature-unfit", "signature"),
    ("leaf-unknown-critical", "critical"),
    ("host-not-named", "name"),
    ("address-not-named", "name"),
    ("must-staple", "staple"),
)


def _rules(words: dict[str, str]) -> tuple[Rule, ...]:
    return tuple(
        Rule(flaw, words[kind], unless=_UNLESS.get(kind, ()))
        for flaw, kind in _FLAWS
        if kind in words
    )


_UNREAD: Final = "Unknown Subject Alternative name in X.509 certificate."
_UNLESS: Final = {"critical": ("pinned",), "constraints": ("other-family-outside",)}


def _until_an_empty_name(certificate: Certificate) -> Certificate:
    """GnuTLS looks no further than an empty directoryName."""
    names = general_names(certificate) or ()
    empty = GeneralName(DIRECTORY, der.sequence())
    seen = names[: names.index(empty)] if empty in names else names
    return mended(certificate) if seen == names else reread(certificate, seen)


GNUTLS: Final = Client(
    "GnuTLS",
    "gnutls-cli 3.7.9",
    largest=Largest(size.GNUTLS, f"*** Fatal error: {_TOO_LARGE}"),
    climb=_CLIMB,
    matching=_MATCHING,
    reads=_until_an_empty_name,
    rules=(
        Rule("leaf-extension-over-64-bits", "*** Fatal error: ASN1 parser: Error in DER parsing."),
        Rule("leaf-purpose-over-64-bits", "*** Fatal error: Error in the certificate."),
        Rule("intermediate-over-64-bits", "*** Fatal error: Error in the certificate."),
        Rule("leaf-empty-name", _UNREAD),
        Rule("over-16-sent", "Some constraint limits were reached."),
        Rule("leaf-cannot-sign", "Key usage violation in certificate has been detected."),
        *_rules(
            {
                "issuer": "The certificate issuer is unknown.",
                "ca": "The certificate issuer is not a CA.",
                "hash": "The certificate chain uses insecure algorithm.",
                "constraints": "The certificate chain violates the signer's constraints.",
                "purpose": "The certificate chain does not match the intended purpose.",
                "early": "The certificate chain uses not yet valid certificate.",
                "expired": "The certificate chain uses expired certificate.",
                "signature": "The signature in the certificate is invalid.",
                "critical": "The certificate contains an unknown critical extension.",
                "name": "The name in the certificate does not match the expected.",
                "staple": "The certificate requires the server to include an OCSP status in its "
                "response, but the OCSP status is missing.",
            }
        ),
    ),
)

_NOT_TRUSTED: Final = "The certificate of ‘{name}’ is not trusted."

WGET: Final = Client(
    "wget",
    "wget 1.21.3 with GnuTLS 3.7.9",
    largest=Largest(size.GNUTLS, f"GnuTLS: {_TOO_LARGE}"),
    climb=_CLIMB,
    matching=_MATCHING,
    reads=_until_an_empty_name,
    rules=(
        Rule("leaf-extension-over-64-bits", "GnuTLS: ASN1 parser: Error in DER parsing."),
        Rule("intermediate-over-64-bits", "No certificate presented by {host}."),
        Rule("leaf-empty-name", f"GnuTLS: {_UNREAD}"),
        Rule("over-16-sent", "No certificate presented by {host}."),
        *_rules(
            {
                "issuer": "The certificate of ‘{name}’ doesn't have a known issuer.",
                "ca": "The certificate signer of ‘{name}’ was not a CA.",
                "hash": "The certificate of ‘{name}’ was signed using an insecure algorithm.",
                "constraints": _NOT_TRUSTED,
                "early": "The certificate of ‘{name}’ is not yet activated.",
                "expired": "The certificate of ‘{name}’ has expired.",
                "signature": _NOT_TRUSTED,
                "critical": _NOT_TRUSTED,
                "name": "The certificate's owner does not match hostname ‘{host}’",
                "staple": _NOT_TRUSTED,
            }
        ),
    ),
)
