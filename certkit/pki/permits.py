"""What a CA is to be allowed to sign, as a person types it: DNS names, addresses and blocks."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from certkit.errors import CertkitError
from certkit.pki.idn import fold
from certkit.pki.ip_name import canonical_ip, looks_like_ip
from certkit.pki.names import NameRefused, parse
from certkit.pki.public_suffix import is_public_suffix
from certkit.pki.refusal import command, quoted

IPNetwork = IPv4Network | IPv6Network
Subtree = str | IPNetwork
"""A DNS name with all below it, or a block of addresses."""

# Loopback, RFC 1918, RFC 3927, RFC 6598, RFC 4193, RFC 4291: routed to nobody else.
PRIVATE_BLOCKS: Final[tuple[IPNetwork, ...]] = (
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
_WIDEST_PUBLIC_BLOCK: Final = {4: 16, 6: 32}


def parse_permit(text: str) -> Subtree:
    """The subtree that ``text`` means; a wildcard means its base.

    Raises CertkitError: ``name.block-invalid``, ``name.block-host-bits``, or the refusal of a
    name (:func:`certkit.pki.names.parse`), with the ``certkit ca permit`` to type instead.

    >>> parse_permit("*.Dev.example.com"), str(parse_permit("203.0.113.7"))
    ('dev.example.com', '203.0.113.7/32')
    """
    try:
        folded = fold(text)
        address, slash, _ = folded.partition("/")
        if slash and looks_like_ip(address):
            return _block(folded, canonical_ip(address))
        base = text.removeprefix("*.")
        name = parse(base, "dns" if base != text else None)
    except NameRefused as refused:
        raise CertkitError(refused.code, refused.message, hint=_hint(refused)) from refused
    return name.value if name.type == "dns" else ip_network(name.value)


def refuse_wide(subtree: Subtree) -> None:
    """Raise CertkitError for what no CA on one machine may be allowed to sign.

    ``name.public-suffix`` for a name under which strangers register theirs,
    ``name.block-too-wide`` for a public block wider than /16 (IPv4) or /32 (IPv6).

    >>> refuse_wide("dev.example.com")
    >>> refuse_wide(ip_network("10.0.0.0/8"))
    """
    if isinstance(subtree, str):
        if is_public_suffix(subtree):
            raise CertkitError(
                "name.public-suffix",
                f"{quoted(subtree)} is a public suffix: a CA that may sign below it could "
                "impersonate strangers",
                hint="permit a name that is yours: "
                + command("ca", "permit", f"dev.example.{subtree}"),
            )
        return
    widest = _WIDEST_PUBLIC_BLOCK[subtree.version]
    if subtree.prefixlen < widest and not any(is_inside(subtree, each) for each in PRIVATE_BLOCKS):
        raise CertkitError(
            "name.block-too-wide",
            f"{quoted(str(subtree))} is too wide: outside the private ranges a block is "
            f"/{widest} at most",
            hint="permit the addresses that are yours, such as: certkit ca permit 203.0.113.0/24",
        )


def is_inside(block: IPNetwork, other: IPNetwork) -> bool:
    """Whether every address of ``block`` is in ``other``; never across IP versions.

    >>> is_inside(ip_network("10.1.0.0/16"), ip_network("10.0.0.0/8"))
    True
    """
    if isinstance(block, IPv4Network):
        return isinstance(other, IPv4Network) and block.subnet_of(other)
    return isinstance(other, IPv6Network) and block.subnet_of(other)


def _hint(refused: NameRefused) -> str:
    if not refused.instead:
        return refused.hint
    if any(word.startswith("--") for word in refused.instead):
        return "permit a DNS name, an address or a block: certkit ca permit dev.example.com"
    return command("ca", "permit", *refused.instead)


def _block(text: str, address: str) -> IPNetwork:
    try:
        block = ip_network(text, strict=False)
    except ValueError as error:
        raise CertkitError(
            "name.block-invalid",
            f"{quoted(text)} is not a block of addresses",
            hint="an address and the number of its fixed bits: certkit ca permit 203.0.113.0/24",
        ) from error
    if block.network_address != ip_address(address):
        raise CertkitError(
            "name.block-host-bits",
            f"{quoted(text)} does not begin where its block begins, at {block.network_address}",
            hint=command("ca", "permit", str(block)),
        )
    return block
