"""Builders: from a profile, a subject, a key and a validity to a signed certificate.

Nothing is decided here: names, days and constraints arrive checked by :mod:`.authority`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from certkit.errors import CertkitError
from certkit.pki import keys, profiles
from certkit.pki.certificate import Certificate

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from certkit.pki.constraints import Constraints
    from certkit.pki.keys import PrivateKey
    from certkit.pki.names import Name
    from certkit.pki.profiles import Profile

_SERIAL_BITS: Final = 159


def _serial(given: int | None) -> int:
    """RFC 5280 section 4.1.2.2: positive, at most 20 octets."""
    if given is None:
        return x509.random_serial_number()
    if given < 1 or given.bit_length() > _SERIAL_BITS:
        raise CertkitError(
            "serial.invalid",
            f"{given} cannot be a serial number",
            hint=f"a positive number of at most {_SERIAL_BITS} bits, or none for a random one",
        )
    return given


def ca_subject(public_key: CertificatePublicKeyTypes, title: str) -> x509.Name:
    """Unique by the key, so that two CAs never share a subject (NSS and PKIX would mix them up);
    no user or host name, unlike mkcert: the root is shown to strangers.
    """
    key_id = x509.SubjectKeyIdentifier.from_public_key(public_key).digest.hex()[:8]
    return _subject(profiles.ORGANIZATION, f"{title} {key_id}")


@lru_cache(maxsize=64)
def leaf_subject(common_name: str | None) -> x509.Name:
    return _subject(profiles.LEAF_ORGANIZATION, common_name)


def _subject(organization: str, common_name: str | None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)]
    if common_name is not None:
        attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes)


def certificate_builder(
    profile: Profile,
    subject: x509.Name,
    public_key: CertificatePublicKeyTypes,
    validity: tuple[datetime, datetime],
    serial: int | None,
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(_serial(serial))
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
    )
    for extension, critical in profile.extensions(public_key):
        builder = builder.add_extension(extension, critical=critical)
    return builder


def build_root(
    key: PrivateKey,
    *,
    subject: x509.Name,
    validity: tuple[datetime, datetime],
    constraints: Constraints | None,
    serial: int | None,
) -> Certificate:
    public_key = key.public_key()
    builder = certificate_builder(profiles.ROOT, subject, public_key, validity, serial)
    builder = builder.issuer_name(subject).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key), critical=False
    )
    if constraints is not None:
        builder = builder.add_extension(constraints.to_extension(), critical=True)
    return sign(builder, key)


def leaf_builder(
    names: tuple[Name, ...],
    public_key: CertificatePublicKeyTypes,
    profile: Profile,
    common_name: str | None,
    validity: tuple[datetime, datetime],
    serial: int | None,
) -> x509.CertificateBuilder:
    san = x509.SubjectAlternativeName([name.general_name() for name in names])
    return certificate_builder(
        profile, leaf_subject(common_name), public_key, validity, serial
    ).add_extension(san, critical=False)


def sign(builder: x509.CertificateBuilder, key: PrivateKey) -> Certificate:
    return Certificate(builder.sign(key, keys.signature_hash(key)))
