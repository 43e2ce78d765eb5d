"""A certificate as a value, and what the authority hands out: certificate, key and chain."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from certkit.errors import CertkitError
from certkit.pki import keys
from certkit.pki.constraints import Constraints
from certkit.pki.names import Name, presented
from certkit.pki.quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from certkit.findings import Finding
    from certkit.pki.keys import PrivateKey

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_PEM_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"


class Certificate:
    """An X.509 certificate: what certkit issued, or what somebody else's server showed.

    Every property is safe on a hostile certificate: a part that cannot be parsed reads as
    absent, and :attr:`malformed` says why.

    >>> import certkit
    >>> certificate = certkit.CertificateAuthority.create().certificate
    >>> certificate.is_ca, certificate.self_signed, certificate.profile
    (True, True, 'root')
    """

    def __init__(self, certificate: x509.Certificate) -> None:
        self.x509: Final = certificate

    @classmethod
    def from_der(cls, data: bytes) -> Self:
        """Raises CertkitError ``files.wrong-format``."""
        try:
            return cls(x509.load_der_x509_certificate(data))
        except (ValueError, x509.InvalidVersion) as error:
            raise _not_a_certificate("DER") from error

    @classmethod
    def from_pem(cls, data: bytes) -> Self:
        """The first certificate in ``data``. Raises CertkitError ``files.wrong-format``."""
        try:
            return cls(x509.load_pem_x509_certificate(data))
        except (ValueError, x509.InvalidVersion) as error:
            raise _not_a_certificate("PEM") from error

    @classmethod
    def load_all(cls, data: bytes) -> tuple[Self, ...]:
        """Every certificate in PEM ``data``, or the one in DER, in file order; at least one.

        Raises CertkitError ``files.wrong-format``.
        """
        if _PEM_BEGIN not in data:
            return (cls.from_der(data),)
        try:
            return tuple(map(cls, x509.load_pem_x509_certificates(data)))
        except (ValueError, x509.InvalidVersion) as error:
            raise _not_a_certificate("PEM") from error

    @cached_property
    def der(self) -> bytes:
        return self.x509.public_bytes(serialization.Encoding.DER)

    @cached_property
    def pem(self) -> bytes:
        return self.x509.public_bytes(serialization.Encoding.PEM)

    @cached_property
    def sha256(self) -> str:
        """The fingerprint, 64 lower-case hex digits."""
        return self.x509.fingerprint(hashes.SHA256()).hex()

    @cached_property
    def serial(self) -> str:
        """Lower-case hex, whole bytes, as OpenSSL prints it."""
        number = self.x509.serial_number
        digits = f"{abs(number):x}"
        return ("-" if number < 0 else "") + "0" * (len(digits) % 2) + digits

    @cached_property
    def subject(self) -> str:
        """RFC 4514, as OpenSSL and browsers order it: ``O=...,CN=...``; may be empty."""
        return _rfc4514(self.x509, "subject")

    @cached_property
    def issuer(self) -> str:
        return _rfc4514(self.x509, "issuer")

    @cached_property
    def not_before(self) -> datetime:
        return self.x509.not_valid_before_utc

    @cached_property
    def not_after(self) -> datetime:
        """The last second in which the certificate is valid (RFC 5280 section 4.1.2.5)."""
        return self.x509.not_valid_after_utc

    @cached_property
    def malformed(self) -> str | None:
        """Why the extensions cannot be read (a duplicate one, bad DER); None when they can."""
        try:
            _ = self.x509.extensions
        except Exception as error:  # noqa: BLE001 - what a hostile one makes pyca raise varies
            return str(error) or type(error).__name__
        return None

    def extension(self, kind: type[_Extension]) -> x509.Extension[_Extension] | None:
        """The extension of this ``kind``; None when absent or when :attr:`malformed`."""
        return self._extensions.get(kind)

    @cached_property
    def extensions(self) -> tuple[x509.Extension[Any], ...]:
        """Every extension; none when :attr:`malformed`."""
        return tuple(self.x509.extensions) if self.malformed is None else ()

    @cached_property
    def _extensions(self) -> dict[type[x509.ExtensionType], x509.Extension[Any]]:
        # pyca looks through all of them at each question, and a verdict asks thirty.
        return {type(extension.value): extension for extension in self.extensions}

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The subject alternative names of the types dns, ip, email and uri, in their order."""
        found = self.extension(x509.SubjectAlternativeName)
        if found is None:
            return ()
        return tuple(name for name in map(presented, found.value) if name is not None)

    @cached_property
    def public_key(self) -> CertificatePublicKeyTypes | None:
        """None when the kind of key is unknown here or its encoding is broken."""
        try:
            return self.x509.public_key()
        except Exception:  # noqa: BLE001 - a hostile key may raise anything, and means "unusable"
            return None

    @cached_property
    def is_ca(self) -> bool:
        found = self.extension(x509.BasicConstraints)
        return found is not None and found.value.ca

    @cached_property
    def self_issued(self) -> bool:
        """Subject and issuer are equal; whether the signature is its own is not looked at."""
        return self.subject == self.issuer

    @cached_property
    def self_signed(self) -> bool:
        if not self.self_issued:
            return False
        try:
            self.x509.verify_directly_issued_by(self.x509)
        except InvalidSignature:
            return False
        except Exception:  # noqa: BLE001 - SHA-1, a small or a broken key: not to be checked here
            return self.aki in (None, self.ski)
        return True

    @cached_property
    def ski(self) -> str | None:
        """The subject key identifier, lower-case hex."""
        found = self.extension(x509.SubjectKeyIdentifier)
        return found.value.digest.hex() if found else None

    @cached_property
    def aki(self) -> str | None:
        """The key identifier of the issuer's key, lower-case hex."""
        found = self.extension(x509.AuthorityKeyIdentifier)
        return found.value.key_identifier.hex() if found and found.value.key_identifier else None

    @cached_property
    def as_issuer(self) -> x509.AuthorityKeyIdentifier:
        """The AKI of the certificates that this one signs: its SKI, or what its SKI would be."""
        found = self.extension(x509.SubjectKeyIdentifier)
        ski = (
            found.value
            if found
            else x509.SubjectKeyIdentifier.from_public_key(self.x509.public_key())
        )
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)

    @cached_property
    def key_usage(self) -> tuple[str, ...]:
        """RFC 5280's names of the bits set: ``("digitalSignature",)``."""
        found = self.extension(x509.KeyUsage)
        return _key_usage_bits(found.value) if found else ()

    @cached_property
    def extended_key_usage(self) -> tuple[str, ...]:
        """``("serverAuth",)``; a purpose without a common name stays a dotted OID."""
        found = self.extension(x509.ExtendedKeyUsage)
        if found is None:
            return ()
        return tuple(_EKU_NAMES.get(oid, oid.dotted_string) for oid in found.value)

    @cached_property
    def constraints(self) -> Constraints | None:
        """The name constraints; None when there are none."""
        return Constraints.from_certificate(self.x509)

    @cached_property
    def profile(self) -> str:
        """``root``, ``intermediate``, ``server`` or ``client``: what it is for."""
        if self.is_ca:
            return "root" if self.self_signed else "intermediate"
        purposes = self.extended_key_usage
        return "client" if "clientAuth" in purposes and "serverAuth" not in purposes else "server"

    def describe(self) -> dict[str, object]:
        """The JSON shape that every command prints for a certificate."""
        with quietly():
            return self._described()

    def _described(self) -> dict[str, object]:
        key = self.public_key
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "serial": self.serial,
            "sha256": self.sha256,
            "not_before": rfc3339(self.not_before),
            "not_after": rfc3339(self.not_after),
            "names": [{"type": name.type, "value": name.value} for name in self.names],
            "key": keys.describe_public_key(key)
            if key is not None
            else {"algorithm": "unknown", "bits": None},
            "profile": self.profile,
            "is_ca": self.is_ca,
            "self_signed": self.self_signed,
            "ski": self.ski,
            "aki": self.aki,
            "key_usage": list(self.key_usage),
            "extended_key_usage": list(self.extended_key_usage),
            "constraints": self.constraints.as_dict() if self.constraints else None,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.x509 == other.x509

    def __hash__(self) -> int:
        return hash(self.x509)

    def __repr__(self) -> str:
        return f"<Certificate {self.subject!r} {self.sha256[:16]}>"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate fresh from the authority.

    ``chain`` is what a server sends: the leaf first, then the intermediates, the root left out.
    ``key`` is None when the certificate came from a CSR. ``ca`` is the root that clients must
    trust; for a self-signed certificate it is the certificate itself.

    >>> import certkit
    >>> issued = certkit.CertificateAuthority.create().issue("localhost")
    >>> issued.chain_pem == issued.certificate_pem, issued.key_pem[:27]
    (True, b'-----BEGIN PRIVATE KEY-----')
    """

    certificate: Certificate
    key: PrivateKey | None
    chain: tuple[Certificate, ...]
    ca: Certificate
    findings: tuple[Finding, ...] = field(default=())

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.pem

    @property
    def key_pem(self) -> bytes:
        """PKCS#8 PEM, unencrypted. Raises CertkitError ``key.not-here`` for a signed CSR."""
        if self.key is None:
            raise CertkitError(
                "key.not-here",
                "this certificate was signed from a request, its key never left the requester",
                hint="use the key file that the request was made with",
            )
        return keys.dump_private_key(self.key)

    @property
    def chain_pem(self) -> bytes:
        return to_pem(self.chain)


def to_pem(certificates: Iterable[Certificate]) -> bytes:
    return b"".join(certificate.pem for certificate in certificates)


def rfc3339(moment: datetime) -> str:
    """``2026-11-23T16:00:00Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _not_a_certificate(encoding: str) -> CertkitError:
    return CertkitError(
        "files.wrong-format",
        f"this is not a certificate in {encoding}",
        hint="a certificate in PEM begins with -----BEGIN CERTIFICATE-----",
    )


def _rfc4514(certificate: x509.Certificate, field_name: str) -> str:
    try:
        name: x509.Name = getattr(certificate, field_name)
        # pyca prints RFC 4514's reversed order; people and every other tool read forwards.
        return ",".join(rdn.rfc4514_string() for rdn in name.rdns)
    except (ValueError, TypeError):  # TypeError: a BIT STRING where text belongs
        return "(unreadable)"


_EKU_NAMES: Final = {
    Eku.SERVER_AUTH: "serverAuth",
    Eku.CLIENT_AUTH: "clientAuth",
    Eku.CODE_SIGNING: "codeSigning",
    Eku.EMAIL_PROTECTION: "emailProtection",
    Eku.TIME_STAMPING: "timeStamping",
    Eku.OCSP_SIGNING: "OCSPSigning",
    Eku.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}

# RFC 5280 section 4.2.1.3; the last two only mean something beside keyAgreement.
_KEY_USAGE_BITS: Final = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
_KEY_AGREEMENT_BITS: Final = {"encipher_only": "encipherOnly", "decipher_only": "decipherOnly"}


def _key_usage_bits(usage: x509.KeyUsage) -> tuple[str, ...]:
    bits = _KEY_USAGE_BITS | (_KEY_AGREEMENT_BITS if usage.key_agreement else {})
    return tuple(name for attribute, name in bits.items() if getattr(usage, attribute))
