"""Name constraints: what a CA may sign (RFC 5280 section 4.2.1.10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import (
    IPv4Network,
    IPv6Network,
    ip_network,
)
from typing import TYPE_CHECKING, ClassVar, Final

from cryptography import x509

from certkit.errors import CertkitError
from certkit.pki.host_name import recognise
from certkit.pki.names import Name, parse
from certkit.pki.public_suffix import is_public_suffix
from certkit.pki.refusal import NameRefused, command, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

IPNetwork = IPv4Network | IPv6Network

# Names that nobody can register and addresses that nobody is routed: RFC 6761, RFC 8375, ICANN's
# `internal`, RFC 6762, RFC 1918, RFC 3927, RFC 6598, RFC 4193, RFC 4291.
# No leading dots: pyca/cryptography rejects the form ".test" (measured).
_DEFAULT_DNS: Final = ("localhost", "test", "internal", "home.arpa", "local", "lan")
_DEFAULT_IP: Final[tuple[IPNetwork, ...]] = (
    IPv4Network("127.0.0.0/8"),
    IPv6Network("::1/128"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("100.64.0.0/10"),
    IPv6Network("fc00::/7"),
    IPv6Network("fe80::/10"),
)
_WIDEST: Final = {4: 16, 6: 32}


@dataclass(frozen=True)
class Constraints:
    """The subtrees within which a CA may sign.

    ``dns`` and ``ip`` are the permitted subtrees; an empty one leaves names of its type free,
    as RFC 5280 has it. The other fields are empty for every CA that certkit makes: they keep
    what another program's CA excludes, and its subtrees of types that certkit does not weigh.

    >>> Constraints.DEFAULT.permits(parse("app.test")), Constraints.DEFAULT.permits(parse("a.com"))
    (True, False)
    """

    dns: tuple[str, ...]
    ip: tuple[IPNetwork, ...]
    excluded_dns: tuple[str, ...] = ()
    excluded_ip: tuple[IPNetwork, ...] = ()
    other_permitted: tuple[x509.GeneralName, ...] = ()
    other_excluded: tuple[x509.GeneralName, ...] = ()

    DEFAULT: ClassVar[Constraints]

    @classmethod
    def from_certificate(cls, certificate: x509.Certificate) -> Constraints | None:
        """The certificate's name constraints; None when it has none.

        A certificate whose extensions cannot be read permits nothing.
        """
        try:
            value = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        except x509.ExtensionNotFound:
            return None
        except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            return _NOTHING
        permitted = tuple(value.permitted_subtrees or ())
        excluded = tuple(value.excluded_subtrees or ())
        return cls(
            dns=_dns_subtrees(permitted),
            ip=_ip_subtrees(permitted),
            excluded_dns=_dns_subtrees(excluded),
            excluded_ip=_ip_subtrees(excluded),
            other_permitted=_other_subtrees(permitted),
            other_excluded=_other_subtrees(excluded),
        )

    def to_extension(self) -> x509.NameConstraints:
        return x509.NameConstraints(
            permitted_subtrees=[*_general_names(self.dns, self.ip), *self.other_permitted] or None,
            excluded_subtrees=[
                *_general_names(self.excluded_dns, self.excluded_ip),
                *self.other_excluded,
            ]
            or None,
        )

    def as_dict(self) -> dict[str, object]:
        """The JSON shape: ``{"dns": [...], "ip": [...]}``, and ``excluded`` where there is any."""
        shape: dict[str, object] = {"dns": list(self.dns), "ip": list(map(str, self.ip))}
        if self.excluded_dns or self.excluded_ip:
            shape["excluded"] = {
                "dns": list(self.excluded_dns),
                "ip": list(map(str, self.excluded_ip)),
            }
        return shape

    def permits(self, name: Name) -> bool:
        """Whether a certificate with this name may be signed.

        A wildcard is permitted only when its whole base lies in a permitted subtree, and never
        when an excluded subtree touches what it covers. E-mail and URI names are free, unless
        another program's CA constrains them: certkit does not weigh those, and says no.
        """
        match name.type:
            case "dns":
                base = name.base.value.lower()
                return (
                    not self.dns or any(_within(base, subtree) for subtree in self.dns)
                ) and not any(
                    _within(base, subtree.lstrip("."))
                    or (name.is_wildcard and _within(subtree.lstrip("."), base))
                    for subtree in self.excluded_dns
                )
            case "ip":
                address = name.address
                return (not self.ip or any(address in block for block in self.ip)) and not any(
                    address in block for block in self.excluded_ip
                )
            case _:
                kind = type(name.general_name())
                return not any(
                    isinstance(subtree, kind)
                    for subtree in (*self.other_permitted, *self.other_excluded)
                )

    def widened(self, permits: Iterable[str]) -> Constraints:
        """These constraints and ``permits``: DNS names, wildcards (their base), IP addresses and
        CIDR blocks as a person types them. What is covered already is dropped.

        Raises CertkitError: ``name.public-suffix``, ``name.block-too-wide``,
        ``name.block-host-bits``, or the refusal of a text that is none of these.

        >>> Constraints.DEFAULT.widened(["*.dev.example.com", "app.test", "203.0.113.7"]).dns[6:]
        ('dev.example.com',)
        """
        wider = self
        for text in permits:
            subtree = _subtree(text)
            if wider._covers(subtree):
                continue
            _refuse_wide(subtree, text)
            if isinstance(subtree, str):
                wider = replace(wider, dns=(*wider.dns, subtree))
            else:
                wider = replace(wider, ip=(*wider.ip, subtree))
        return wider

    def missing_for(self, names: Iterable[Name]) -> tuple[str, ...]:
        """The fewest permits that bring ``names`` inside, in the order of the names.

        >>> names = [parse("www.dev.example.com"), parse("*.dev.example.com")]
        >>> Constraints.DEFAULT.missing_for(names)
        ('dev.example.com',)
        """
        outside = dict.fromkeys(
            name.base.value
            for name in names
            if name.type in ("dns", "ip") and not self.permits(name)
        )
        return tuple(
            value
            for value in outside
            if not any(other != value and _within(value, other) for other in outside)
        )

    def _covers(self, subtree: str | IPNetwork) -> bool:
        if isinstance(subtree, str):
            return any(_within(subtree, permitted) for permitted in self.dns)
        return any(_inside(subtree, permitted) for permitted in self.ip)


Constraints.DEFAULT = Constraints(_DEFAULT_DNS, _DEFAULT_IP)
_NOTHING: Final = Constraints(
    (), (), excluded_dns=("",), excluded_ip=(IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
)


def refuse_outside(constraints: Constraints, names: Iterable[Name]) -> None:
    """Raise CertkitError ``chain.name-constraint`` when a name lies outside ``constraints``.

    The hint is the command that permits them all, or the reason why none can.

    >>> refuse_outside(Constraints.DEFAULT, [parse("app.test")])
    """
    outside = tuple(name for name in names if not constraints.permits(name))
    if not outside:
        return
    missing = constraints.missing_for(outside)
    shown = ", ".join(quoted(str(name)) for name in outside)
    message = f"{shown} lies outside what this CA may sign"
    try:
        constraints.widened(missing)
    except CertkitError as error:
        raise CertkitError(
            "chain.name-constraint", f"{message}: {error.message}", hint=error.hint
        ) from error
    raise CertkitError("chain.name-constraint", message, hint=command("ca", "permit", *missing))


def _within(domain: str, subtree: str) -> bool:
    if subtree.startswith("."):
        return domain.endswith(subtree)
    return not subtree or domain == subtree or domain.endswith(f".{subtree}")


def _inside(block: IPNetwork, other: IPNetwork) -> bool:
    if isinstance(block, IPv4Network):
        return isinstance(other, IPv4Network) and block.subnet_of(other)
    return isinstance(other, IPv6Network) and block.subnet_of(other)


def _subtree(text: str) -> str | IPNetwork:
    """The DNS subtree or block that a permit, as typed, means."""
    address, slash, length = text.partition("/")
    try:
        if slash and length.isdecimal() and recognise(address)[0] == "ip":
            block = ip_network(text, strict=False)
        else:
            name = parse(text.removeprefix("*."))
            if name.type == "dns":
                return name.value
            return ip_network(name.value)
    except NameRefused as refused:
        hint = command("ca", "permit", *refused.instead) if refused.instead else refused.hint
        raise CertkitError(refused.code, refused.message, hint=hint) from refused
    except ValueError as error:
        raise CertkitError(
            "name.block-invalid",
            f"{quoted(text)} is not a block of addresses",
            hint="such as: certkit ca permit 203.0.113.0/24",
        ) from error
    if str(block.network_address) != str(ip_network(address).network_address):
        raise CertkitError(
            "name.block-host-bits",
            f"{quoted(text)} names an address inside the block {block}",
            hint=command("ca", "permit", str(block)),
        )
    return block


def _refuse_wide(subtree: str | IPNetwork, text: str) -> None:
    if isinstance(subtree, str):
        if is_public_suffix(subtree):
            raise CertkitError(
                "name.public-suffix",
                f"{quoted(text)} cannot be permitted: everybody's names end in the public suffix "
                f"{quoted(subtree)}",
                hint=command("ca", "permit", f"dev.example.{subtree}"),
            )
        return
    private = any(_inside(subtree, block) for block in _DEFAULT_IP)
    if subtree.prefixlen < _WIDEST[subtree.version] and not private:
        raise CertkitError(
            "name.block-too-wide",
            f"{quoted(text)} cannot be permitted: a public block is at most "
            f"/{_WIDEST[subtree.version]} wide",
            hint="permit the addresses you own, such as: certkit ca permit 203.0.113.0/24",
        )


def _dns_subtrees(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    return tuple(name.value.lower() for name in names if isinstance(name, x509.DNSName))


def _ip_subtrees(names: Iterable[x509.GeneralName]) -> tuple[IPNetwork, ...]:
    return tuple(
        name.value
        for name in names
        if isinstance(name, x509.IPAddress) and isinstance(name.value, IPv4Network | IPv6Network)
    )


def _other_subtrees(names: Iterable[x509.GeneralName]) -> tuple[x509.GeneralName, ...]:
    return tuple(name for name in names if not isinstance(name, x509.DNSName | x509.IPAddress))


def _general_names(dns: tuple[str, ...], ip: tuple[IPNetwork, ...]) -> list[x509.GeneralName]:
    return [*map(x509.DNSName, dns), *map(x509.IPAddress, ip)]
