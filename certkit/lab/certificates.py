"""Certificates with one flaw each, by throwaway CAs that may sign for this machine alone.

Keys stay in memory; they are gone with the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from certkit.pki import der
from certkit.pki.certificate import Certificate, Issued
from certkit.pki.keys import PrivateKey, signature_hash
from certkit.pki.profiles import INTERMEDIATE, ROOT, SERVER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certkit.pki.profiles import Profile

DAY: Final = timedelta(days=1)
LOOPBACK: Final = ("localhost",)
_NETWORKS: Final = ("127.0.0.0/8", "::1/128")
# sha1WithRSAEncryption and sha256WithRSAEncryption (RFC 8017 appendix C), without tag and length.
_SHA1_RSA: Final = bytes.fromhex("2a864886f70d010105")
_SHA256_RSA: Final = bytes.fromhex("2a864886f70d01010b")


@dataclass(frozen=True, slots=True)
class Made:
    """A certificate and its key."""

    certificate: Certificate
    key: PrivateKey


class Flaws(TypedDict, total=False):
    """What may differ from a sound certificate; ``change``: extensions, and if critical."""

    key: PrivateKey
    dates: tuple[datetime, datetime]
    change: tuple[tuple[x509.ExtensionType, bool], ...]
    without: tuple[type[x509.ExtensionType], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """What a server sends, the leaf first, and what the client trusts."""

    sent: tuple[Made, ...]
    trusted: tuple[Made, ...]

    @property
    def issued(self) -> Issued:
        leaf = self.sent[0]
        sent = tuple(each.certificate for each in self.sent)
        return Issued(leaf.certificate, leaf.key, sent, self.trusted[0].certificate)

    @property
    def roots(self) -> tuple[Certificate, ...]:
        return tuple(each.certificate for each in self.trusted)


@dataclass
class Maker:
    """Makes certificates around ``now``.

    Every CA has a name of its own: browsers remember those that they have seen.
    """

    now: datetime
    made: int = field(default=0, init=False)

    @cached_property
    def root(self) -> Made:
        """The sound root, the same for all."""
        return self.authority()

    @cached_property
    def rsa_key(self) -> rsa.RSAPrivateKey:
        """One for all: RSA keys take long to make."""
        return rsa.generate_private_key(65537, 2048)

    def authority(
        self,
        issuer: Made | None = None,
        *,
        permit: Iterable[str] = LOOPBACK,
        subject: x509.Name | None = None,
        **flaws: Unpack[Flaws],
    ) -> Made:
        """A root, or with ``issuer`` an intermediate; it may sign for ``permit`` and loopback."""
        self.made += 1
        profile, kind = (ROOT, "CA") if issuer is None else (INTERMEDIATE, "intermediate CA")
        name = subject or _name(f"certkit lab {kind} {self.made} {self.now:%Y%m%d%H%M%S}")
        return self._make(profile, issuer, name, (constrained_to(*permit), True), flaws)

    def leaf(
        self,
        issuer: Made | None,
        *names: str | x509.GeneralName,
        common_name: str = "",
        profile: Profile = SERVER,
        **flaws: Unpack[Flaws],
    ) -> Made:
        """A certificate for ``names``, without any for localhost and 127.0.0.1."""
        wanted = names or ("localhost", x509.IPAddress(ip_address("127.0.0.1")))
        return self._make(profile, issuer, _name(common_name), (alternative(*wanted), False), flaws)

    def dates(self, start: int, end: int) -> tuple[datetime, datetime]:
        """Validity in days from now."""
        now = self.now.replace(microsecond=0)
        return now + start * DAY, now + end * DAY

    def _make(
        self,
        profile: Profile,
        issuer: Made | None,
        subject: x509.Name,
        names: tuple[x509.ExtensionType, bool],
        flaws: Flaws,
    ) -> Made:
        own = flaws.get("key") or ec.generate_private_key(ec.SECP256R1())
        signer = issuer.key if issuer else own
        above = issuer.certificate.x509.subject if issuer else subject
        identifier = (
            issuer.certificate.as_issuer
            if issuer
            else x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key())
        )
        given = (
            *profile.extensions(own.public_key()),
            (identifier, False),
            names,
            *flaws.get("change", ()),
        )
        extensions = {type(value): (value, critical) for value, critical in given}
        start, end = flaws.get("dates") or self.dates(-10, 80)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(above)
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )
        for kind, (value, critical) in extensions.items():
            if kind not in flaws.get("without", ()):
                builder = builder.add_extension(value, critical=critical)
        return Made(Certificate(builder.sign(signer, signature_hash(signer))), own)


def alternative(*names: str | x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.DNSName(name) if isinstance(name, str) else name for name in names]
    )


def constrained_to(*permitted: str) -> x509.NameConstraints:
    """Names below ``permitted`` and the addresses of loopback, nothing else."""
    addresses = [x509.IPAddress(ip_network(block)) for block in _NETWORKS]
    return x509.NameConstraints([*map(x509.DNSName, permitted), *addresses], None)


def signed_with_sha1(made: Made, issuer: Made) -> Made:
    """The same certificate, signed by an RSA key with SHA-1, which cryptography does not write."""
    if not isinstance(issuer.key, rsa.RSAPrivateKey):
        raise TypeError("the issuer's key is not RSA")
    # The algorithm stands before the issuer; the OID of an RSA key is another one.
    tbs = made.certificate.x509.tbs_certificate_bytes.replace(_SHA256_RSA, _SHA1_RSA, 1)
    signature = issuer.key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - the flaw
    algorithm = der.sequence(bytes([0x06, len(_SHA1_RSA)]) + _SHA1_RSA, der.NULL)
    size = len(signature) + 1
    bits = b"\x03\x82" + size.to_bytes(2, "big") + b"\x00" + signature
    return Made(Certificate.from_der(der.sequence(tbs, algorithm, bits)), made.key)


def damaged(made: Made) -> Made:
    """The same certificate with a bit of its signature turned."""
    octets = bytearray(made.certificate.der)
    octets[-1] ^= 1
    return Made(Certificate.from_der(bytes(octets)), made.key)


def _name(common_name: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "certkit lab")]
    if common_name:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)
