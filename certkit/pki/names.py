"""Names: what a person types, what stands in a certificate, and how the two are told apart."""

from __future__ import annotations

import ipaddress
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from cryptography import x509

from certkit.findings import Finding, Fix, Severity
from certkit.pki import idn
from certkit.pki.email_name import canonical_email
from certkit.pki.host_name import recognise
from certkit.pki.refusal import NameRefused, quoted
from certkit.pki.uri_name import canonical_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

NameType = Literal["dns", "ip", "email", "uri"]

_MAX_TYPED: Final = 2048

# Top-level names that browsers reach over HTTPS alone, subdomains included.
# Source: Chromium's net/http/transport_security_state_static.json of 2025-01-01.
HSTS_PRELOADED_SUFFIXES: Final = frozenset(
    (
        "amazon android app audible azure bank bing boo channel chrome dad day dev eat esq fire "
        "fly foo fujitsu gle gmail google hangout hotmail imdb ing insurance kindle meet meme "
        "microsoft mov new nexus office page phd play prime prof rsvp search silk skype windows "
        "xbox xn--cckwcxetd xn--jlq480n2rg youtube zappos zip"
    ).split()
)


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A subject alternative name in canonical form.

    ``value`` is lower case with A-labels for ``dns``, the shortest spelling for ``ip``.
    :func:`parse` makes one from typed text, :func:`presented` from a certificate.

    >>> parse("*.Dev.example.com")
    Name(type='dns', value='*.dev.example.com')
    """

    type: NameType
    value: str

    def __str__(self) -> str:
        return self.value

    @property
    def is_wildcard(self) -> bool:
        return self.type == "dns" and self.value.startswith("*.")

    @property
    def base(self) -> Name:
        """The DNS name below ``*.``; a name that is no wildcard is its own base."""
        return Name("dns", self.value[2:]) if self.is_wildcard else self

    @property
    def unicode(self) -> str:
        """The value with its A-labels decoded: for display only.

        >>> parse("xn--bcher-kva.test").unicode
        'bücher.test'
        """
        return idn.to_unicode(self.value) if self.type == "dns" else self.value

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        """The address of a name of type ``ip``; ValueError for any other."""
        return _address(self.value)

    def general_name(self) -> x509.GeneralName:
        """What goes into a certificate's subject alternative name."""
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
_address: Final = lru_cache(maxsize=256)(ipaddress.ip_address)


def parse(text: str, type: NameType | None = None) -> Name:
    """The name that ``text``, typed by a person, means.

    Without a ``type``, DNS names, wildcards and IP addresses are recognised; e-mail addresses
    and URIs are read only when asked for. Raises :class:`NameRefused` (a CertkitError, exit
    code 2) with a code ``name.<what>`` and the right thing to type as its hint.

    >>> parse("10.0.0.5"), parse("Bücher.test")
    (Name(type='ip', value='10.0.0.5'), Name(type='dns', value='xn--bcher-kva.test'))
    >>> parse("spiffe://example.test/web", "uri")
    Name(type='uri', value='spiffe://example.test/web')
    >>> parse("wss://10.0.0.5:8443/chat")
    Traceback (most recent call last):
    certkit.pki.refusal.NameRefused: 'wss://10.0.0.5:8443/chat' is a URL; a certificate holds the \
host alone
    """
    _refuse_unprintable(text)
    if type == "email":
        return Name(type, canonical_email(text))
    if type == "uri":
        return Name(type, canonical_uri(text))
    found, value = recognise(text)
    if type == "dns" and found == "ip":
        raise NameRefused(
            "name.ip-as-dns",
            f"{quoted(text)} is an IP address; no client finds it as a DNS name",
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
        case x509.DNSName(value=value):
            return Name("dns", value)
        case x509.IPAddress(value=address):
            return Name("ip", str(address))
        case x509.RFC822Name(value=value):
            return Name("email", value)
        case x509.UniformResourceIdentifier(value=value):
            return Name("uri", value)
        case _:
            return None


def with_base_names(names: Iterable[Name]) -> tuple[Name, ...]:
    """``names`` with the base name after each wildcard, each once, in their order.

    A wildcard does not cover its own base (RFC 9525 section 6.3), and people expect it to.

    >>> [str(name) for name in with_base_names([parse("*.app.test"), parse("app.test")])]
    ['*.app.test', 'app.test']
    """
    return tuple(dict.fromkeys(each for name in names for each in (name, name.base)))


def warnings_for(name: Name) -> tuple[Finding, ...]:
    """What some clients mind about a name that certkit accepts.

    >>> [finding.code for finding in warnings_for(parse("my_nas.dev"))]
    ['name.underscore', 'name.hsts-preloaded']
    """
    if name.type != "dns":
        return ()
    labels = name.base.value.split(".")
    found: list[Finding] = []
    if any("_" in label for label in labels):
        found.append(
            _warning(
                "name.underscore",
                f"{name} has an underscore",
                "Java, and clients built on pyca/cryptography or rustls, refuse such a host name",
                "use a hyphen instead",
            )
        )
    if len(labels) == 1 and labels != ["localhost"]:
        found.append(
            _warning(
                "name.single-label",
                f"{name} is a single label",
                "it resolves only where a search domain or a hosts file says so",
                f"prefer a name under a reserved suffix, such as {name}.test",
            )
        )
    if labels[-1] in HSTS_PRELOADED_SUFFIXES:
        found.append(
            _warning(
                "name.hsts-preloaded",
                f"browsers open .{labels[-1]} names over https and wss alone",
                "the suffix is HSTS-preloaded: a certificate error cannot be clicked away",
                "install the CA with: certkit trust install; or use a name under .test",
            )
        )
    for label in labels:
        if scripts := idn.mixed_scripts(idn.to_unicode(label)):
            found.append(
                _warning(
                    "name.idn-mixed-script",
                    f"{name} mixes {' and '.join(script.title() for script in scripts)} letters",
                    "it can look like another name; browsers show it as its A-label",
                    "type the name again in one script, unless this is what you mean",
                )
            )
    return tuple(found)


def _warning(code: str, summary: str, why: str, advice: str) -> Finding:
    return Finding(code, Severity.WARNING, summary, why, Fix("advice", advice))


def _refuse_unprintable(text: str) -> None:
    if not text:
        raise NameRefused(
            "name.empty", "the name is empty", hint="type a name: certkit issue localhost"
        )
    if len(text) > _MAX_TYPED:
        raise NameRefused(
            "name.too-long",
            f"{quoted(text)} is {len(text)} characters long",
            hint="a DNS name has at most 253 characters",
        )
    if any(
        character.isspace() or unicodedata.category(character) in _REFUSED for character in text
    ):
        raise NameRefused(
            "name.bad-character",
            f"{quoted(text)} holds a blank or a control character",
            hint="type each name as an argument of its own, without blanks in it",
        )


_REFUSED: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})

__all__ = [
    "HSTS_PRELOADED_SUFFIXES",
    "Name",
    "NameRefused",
    "NameType",
    "parse",
    "presented",
    "warnings_for",
    "with_base_names",
]
