"""Names: what a person types, and what stands in a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, Literal

from cryptography import x509

from certkit.pki.email_name import canonical_email
from certkit.pki.host_name import recognise
from certkit.pki.idn import to_unicode
from certkit.pki.refusal import NameRefused, quoted
from certkit.pki.uri_name import canonical_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

NameType = Literal["dns", "ip", "email", "uri"]

# The longest name that any type allows is a URI of 2,048 bytes; nothing longer is looked at.
_MAX_TYPED: Final = 2048


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A subject alternative name.

    :func:`parse` makes one from typed text: ``value`` is then canonical (lower case with A-labels
    for ``dns``, the shortest spelling for ``ip``), printable ASCII without blanks, quotes,
    semicolons or ``$``, and for ``dns`` and ``ip`` without slashes, so that it can stand in a
    template or a file name. :func:`presented` keeps what a certificate says, promising nothing.

    >>> parse("*.Dev.example.com")
    Name(type='dns', value='*.dev.example.com')
    """

    type: NameType
    value: str

    def __str__(self) -> str:
        return self.value

    @property
    def is_wildcard(self) -> bool:
        """Whether this is a DNS name with ``*`` as its whole leftmost label."""
        return self.type == "dns" and self.value.startswith("*.")

    @property
    def base(self) -> Name:
        """The DNS name below ``*.``; a name that is no wildcard is its own base."""
        return Name("dns", self.value[2:]) if self.is_wildcard else self

    @property
    def unicode(self) -> str:
        """A DNS name with its A-labels decoded, for display only; the value of any other name.

        >>> parse("xn--bcher-kva.test").unicode
        'bücher.test'
        """
        return to_unicode(self.value) if self.type == "dns" else self.value

    @property
    def address(self) -> IPv4Address | IPv6Address:
        """The address of a name of type ``ip``. Raises ValueError for the other types."""
        return _address(self.value)

    def general_name(self) -> x509.GeneralName:
        """What stands for a parsed name in a certificate's subject alternative name."""
        match self.type:
            case "dns":
                return x509.DNSName(self.value)
            case "ip":
                return x509.IPAddress(self.address)
            case "email":
                return x509.RFC822Name(self.value)
            case "uri":
                return x509.UniformResourceIdentifier(self.value)


# An address is asked for at each step from the constraints to the extension.
_address: Final = lru_cache(maxsize=256)(ip_address)


def parse(text: str, type: NameType | None = None) -> Name:  # noqa: A002 - the SAN's own word
    """The name that ``text``, typed by a person, means.

    Without a ``type``, DNS names, wildcards and IP addresses are recognised; e-mail addresses
    and URIs are read only when asked for. Raises NameRefused (a CertkitError, exit code 2) with a
    code ``name.<what>`` and what to type instead as its hint.

    >>> parse("10.0.0.5"), parse("Bücher.test")
    (Name(type='ip', value='10.0.0.5'), Name(type='dns', value='xn--bcher-kva.test'))
    >>> parse("spiffe://example.test/web", "uri")
    Name(type='uri', value='spiffe://example.test/web')
    >>> try:
    ...     parse("wss://10.0.0.5:8443/chat")
    ... except NameRefused as refused:
    ...     print(refused.code, "->", refused.hint)
    name.url -> certkit issue 10.0.0.5
    """
    if len(text) > _MAX_TYPED:
        raise NameRefused(
            "name.too-long",
            f"{quoted(text)} is {len(text)} characters long",
            hint="a DNS name has at most 253 characters, a URI 2048",
        )
    if type == "email":
        return Name(type, canonical_email(text))
    if type == "uri":
        return Name(type, canonical_uri(text))
    found, value = recognise(text)
    if type == "dns" and found == "ip":
        raise NameRefused(
            "name.ip-as-dns",
            f"{quoted(text)} is an IP address; no client looks for it among the DNS names",
            instead=("--ip", value),
        )
    if type == "ip" and found == "dns":
        raise NameRefused(
            "name.ip-invalid", f"{quoted(text)} is not an IP address", instead=("--domain", value)
        )
    return Name(found, value)


def presented(general_name: x509.GeneralName) -> Name | None:
    """The name as it stands in a certificate, unchecked and unchanged.

    None for the types that name no endpoint: directoryName, registeredID, otherName.

    >>> presented(x509.DNSName("NAS.test."))
    Name(type='dns', value='NAS.test.')
    """
    match general_name:
        case x509.DNSName():
            return Name("dns", general_name.value)
        case x509.IPAddress():
            return Name("ip", str(general_name.value))
        case x509.RFC822Name():
            return Name("email", general_name.value)
        case x509.UniformResourceIdentifier():
            return Name("uri", general_name.value)
        case _:
            return None


def with_base_names(names: Iterable[Name]) -> tuple[Name, ...]:
    """``names`` with the base name after each wildcard, each once, in their order.

    A wildcard does not cover its own base (RFC 9525 section 6.3), and people expect it to.

    >>> [str(name) for name in with_base_names([parse("*.app.test"), parse("10.0.0.5")])]
    ['*.app.test', 'app.test', '10.0.0.5']
    """
    return tuple(dict.fromkeys(each for name in names for each in (name, name.base)))


__all__ = [
    "Name",
    "NameRefused",
    "NameType",
    "parse",
    "presented",
    "with_base_names",
]
