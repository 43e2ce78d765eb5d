"""The subject alternative name octet by octet.

A parser refuses the whole extension for one bad name; clients mostly read the others. So the
extension is read here as they read it: each name for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509

from certkit.pki import der
from certkit.pki.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address

# RFC 5280 section 4.2.1.6: the choices of GeneralName that are read here.
OTHER, EMAIL, DNS, DIRECTORY, URI, IP, REGISTERED = 0xA0, 0x81, 0x82, 0xA4, 0x86, 0x87, 0x88
TEXTS: Final = (EMAIL, DNS, URI)
_CHOICES: Final = frozenset({*TEXTS, OTHER, DIRECTORY, IP, REGISTERED})
_SAN: Final = bytes.fromhex("0603551d11")
_COMMON_NAME: Final = bytes.fromhex("0603550403")
_EXTENSIONS: Final = 0xA3
# RFC 5280 section 4.1: version, serialNumber, signature, issuer, validity, subject.
_VERSION, _SUBJECT = 0xA0, 5


@dataclass(frozen=True, slots=True)
class GeneralName:
    """One name: ``tag`` says of which kind, ``octets`` are its content, promising nothing."""

    tag: int
    octets: bytes

    @property
    def text(self) -> str:
        """As UTF-8, or as Latin-1 if it is none."""
        try:
            return self.octets.decode()
        except UnicodeDecodeError:
            return self.octets.decode("latin-1")

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """None for another kind of name, and for octets that are no address."""
        whole = self.tag == IP and len(self.octets) in (4, 16)
        return ip_address(self.octets) if whole else None

    @property
    def mapped_address(self) -> IPv4Address | None:
        """The IPv4 address that an IPv6 address stands for (RFC 4291 section 2.5.5.2)."""
        found = self.address
        return found.ipv4_mapped if isinstance(found, IPv6Address) else None

    @property
    def readable(self) -> GeneralName | None:
        """The name as cryptography can read it; None for an address of an impossible length."""
        if self.tag in TEXTS:
            return GeneralName(self.tag, self.text.encode())
        return None if self.tag == IP and self.address is None else self

    def encoded(self) -> bytes:
        """In DER."""
        return der.tagged(self.tag, self.octets)


def general_names(certificate: Certificate) -> tuple[GeneralName, ...] | None:
    """The names as they are read; None without the extension, or when it is not in DER."""
    return certificate.shown if isinstance(certificate, Reread) else names_sent(certificate)


@lru_cache(maxsize=32)
def names_sent(certificate: Certificate) -> tuple[GeneralName, ...] | None:
    """Every name in its order, whoever reads it; None as in :func:`general_names`."""
    try:
        (extension,) = _presented(certificate)
        value = der.inside(extension[-1])
        names = tuple(GeneralName(each[0], der.inside(each)) for each in _parts(value))
    except ValueError:  # none, two, or not to be taken apart
        return None
    known = all(name.tag in _CHOICES for name in names)
    return names if known and value == _value(names) else None


def critical_names(certificate: Certificate) -> bool:
    """Whether the extension is critical."""
    return any(len(parts) == len(("id", "critical", "value")) for parts in _presented(certificate))


def _presented(certificate: Certificate) -> list[list[bytes]]:
    """The parts of each subject alternative name."""
    fields = _parts(certificate.x509.tbs_certificate_bytes)
    found = [der.inside(each) for each in fields if each[0] == _EXTENSIONS]
    parts = [_parts(each) for each in _parts(found[0])] if found else []
    return [each for each in parts if each[0] == _SAN]


@lru_cache(maxsize=32)
def subject(certificate: Certificate) -> bytes:
    """In DER, as it stands."""
    fields = _parts(certificate.x509.tbs_certificate_bytes)
    return fields[_SUBJECT if fields[0][0] == _VERSION else _SUBJECT - 1]


def common_name_tags(certificate: Certificate) -> frozenset[int]:
    """The types of string that the common names are in."""
    attributes = (_parts(each) for rdn in _parts(subject(certificate)) for each in _parts(rdn))
    return frozenset(value[0] for kind, value in attributes if kind == _COMMON_NAME)


def _parts(element: bytes) -> list[bytes]:
    return list(der.elements(der.inside(element)))


def _value(names: Iterable[GeneralName]) -> bytes:
    return der.sequence(*(name.encoded() for name in names))


class Reread(Certificate):
    """A certificate whose extensions are read from ``twin``; all else is its own.

    ``shown`` are the names that are seen at all, even those that cannot be read.
    """

    def __init__(
        self,
        certificate: Certificate,
        twin: Certificate,
        shown: tuple[GeneralName, ...] | None,
    ) -> None:
        super().__init__(certificate.x509)
        self._twin = twin
        self.shown: Final = shown

    @cached_property
    def malformed(self) -> str | None:
        """What is wrong with the twin."""
        return self._twin.malformed

    @cached_property
    def extensions(self) -> tuple[x509.Extension[Any], ...]:
        """Those of the twin."""
        return self._twin.extensions


@lru_cache(maxsize=32)
def mended(certificate: Certificate) -> Certificate:
    """The certificate with those of its names that can be read, when a bad one hides them all."""
    if certificate.malformed is None or names_sent(certificate) is None:
        return certificate
    return reread(certificate, names_sent(certificate))


def reread(certificate: Certificate, names: tuple[GeneralName, ...] | None) -> Certificate:
    """The certificate as a client reads it that sees ``names``, or None for no extension."""
    readable = [each for each in (name.readable for name in names or ()) if each is not None]

    def exchanged(extension: bytes) -> bytes:
        *head, _ = parts = _parts(extension)
        if names is None or parts[0] != _SAN:
            return b"" if parts[0] == _SAN else extension
        return der.sequence(*head, der.octets(_value(readable)))

    def field(element: bytes) -> bytes:
        if element[0] != _EXTENSIONS:
            return element
        changed = b"".join(map(exchanged, _parts(der.inside(element))))
        return der.tagged(_EXTENSIONS, der.sequence(changed))

    tbs, *signature = _parts(certificate.der)
    twin = der.sequence(der.sequence(*map(field, _parts(tbs))), *signature)
    return Reread(certificate, Certificate.from_der(twin), names)
