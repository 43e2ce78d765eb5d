"""The certificate profiles as data, and the one function that turns a profile into extensions.

Each field was measured against twenty verifiers (docs/explanation/profile.md): the leaf carries
an AKI because Python 3.13 and OpenSSL -x509_strict demand it, only RSA gets keyEncipherment
because NSS demands it there, the SAN is not critical because the subject is not empty
(RFC 5280 section 4.2.1.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from certkit.errors import CertkitError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

ORGANIZATION: Final = "certkit local CA"
LEAF_ORGANIZATION: Final = "certkit development certificate"
BACKDATE: Final = timedelta(hours=1)
"""A clock a little behind must not refuse a new certificate: nobody but NSS tools tolerates it."""
CA_DAYS: Final = 3650
LEAF_DAYS: Final = 397
MAX_LEAF_DAYS: Final = 825
"""Apple's limit for TLS server certificates, private roots included (support.apple.com/103769)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a certificate may do. ``path_length`` is None for a leaf."""

    name: str
    purposes: tuple[x509.ObjectIdentifier, ...]
    path_length: int | None = None

    @property
    def is_ca(self) -> bool:
        return self.path_length is not None

    def extensions(
        self, public_key: CertificatePublicKeyTypes
    ) -> tuple[tuple[x509.ExtensionType, bool], ...]:
        """``(extension, critical)`` for basicConstraints, keyUsage, extendedKeyUsage and SKI."""
        ski = x509.SubjectKeyIdentifier.from_public_key(public_key)
        return (*_fixed(self, isinstance(public_key, rsa.RSAPublicKey)), (ski, False))


@cache
def _fixed(profile: Profile, is_rsa: bool) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """What does not depend on the key itself: built once, a fifth of the cost of a certificate."""
    usage = x509.KeyUsage(
        digital_signature=not profile.is_ca,
        content_commitment=False,
        key_encipherment=not profile.is_ca and is_rsa,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=profile.is_ca,
        crl_sign=profile.is_ca,
        encipher_only=False,
        decipher_only=False,
    )
    basic = x509.BasicConstraints(ca=profile.is_ca, path_length=profile.path_length)
    return ((basic, True), (usage, True), (x509.ExtendedKeyUsage(profile.purposes), False))


# The EKU on a CA keeps e-mail and code signing out: twenty verifiers accept it, most enforce it.
_TLS: Final = (Eku.SERVER_AUTH, Eku.CLIENT_AUTH)
ROOT: Final = Profile("root", _TLS, path_length=1)
INTERMEDIATE: Final = Profile("intermediate", _TLS, path_length=0)
SERVER: Final = Profile("server", (Eku.SERVER_AUTH,))
CLIENT: Final = Profile("client", (Eku.CLIENT_AUTH,))


def ca_validity(now: datetime, days: int) -> tuple[datetime, datetime]:
    """``(notBefore, notAfter)`` of a CA. Raises CertkitError ``validity.bad-days``."""
    if not 1 <= days <= 2 * CA_DAYS:
        raise CertkitError(
            "validity.bad-days",
            f"a CA cannot be valid for {days} days",
            hint=f"--days takes 1 to {2 * CA_DAYS}",
        )
    start = now.replace(microsecond=0) - BACKDATE
    return start, start + timedelta(days=days, seconds=-1)


def leaf_validity(
    now: datetime, days: int, issuer_not_after: datetime | None
) -> tuple[datetime, datetime]:
    """``(notBefore, notAfter)`` of a leaf: inclusive of both ends (RFC 5280 4.1.2.5), hence the
    second less; never past the issuer.

    Raises CertkitError ``validity.bad-days`` outside 1 to 825 days, ``validity.issuer-expired``
    when the issuer has nothing left to give.
    """
    if not 1 <= days <= MAX_LEAF_DAYS:
        raise CertkitError(
            "validity.bad-days",
            f"a certificate cannot be valid for {days} days",
            hint=f"--days takes 1 to {MAX_LEAF_DAYS}: Apple clients refuse more",
        )
    start = now.replace(microsecond=0) - BACKDATE
    end = start + timedelta(days=days, seconds=-1)
    if issuer_not_after is None or end <= issuer_not_after:
        return start, end
    if issuer_not_after <= now:
        raise CertkitError(
            "validity.issuer-expired",
            f"the CA expired on {issuer_not_after:%Y-%m-%d}",
            hint="make a new one in another home: certkit ca init --home DIR",
        )
    return start, issuer_not_after
