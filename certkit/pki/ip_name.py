"""IP addresses as people type them."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from certkit.pki.refusal import NameRefused, quoted

# The WHATWG URL standard's number in a host: decimal, octal or hexadecimal.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Two colons at least: with one it is an IPv4 address and a port.
_IPV6_SHAPE: Final = re.compile(r"[0-9a-f.]*:[0-9a-f.]*:[0-9a-f.:]*(?:%.*)?", re.DOTALL)


def ends_in_a_number(text: str) -> bool:
    """Whether browsers read folded ``text`` as an IPv4 address, right or wrong.

    >>> [ends_in_a_number(text) for text in ("10.0.0.300", "nas.5", "1.nas.test")]
    [True, True, False]
    """
    return _NUMBER.fullmatch(text.rpartition(".")[2]) is not None


def looks_like_ip(text: str) -> bool:
    """Whether folded ``text`` can only be meant as an IP address, right or wrong.

    >>> [looks_like_ip(text) for text in ("10.0.0.300", "::1", "nas.5", "1.nas.test")]
    [True, True, False, False]
    """
    return _IPV6_SHAPE.fullmatch(text) is not None or all(map(_NUMBER.fullmatch, text.split(".")))


def canonical_ip(text: str) -> str:
    """The address in its one spelling (IPv6 as RFC 5952).

    Raises NameRefused ``name.ip-invalid``, ``name.ip-zone`` or ``name.ip-mapped``.

    >>> canonical_ip("2001:DB8:0:0::1")
    '2001:db8::1'
    """
    address, percent, _ = text.partition("%")
    if percent:
        raise NameRefused(
            "name.ip-zone",
            f"{quoted(text)} has a zone id, which means something on one machine only",
            instead=(str(_address(address)),),
        )
    parsed = _address(text)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        raise NameRefused(
            "name.ip-mapped",
            f"{quoted(text)} is an IPv4 address in IPv6 clothes; most clients never match it",
            instead=(str(parsed.ipv4_mapped),),
        )
    return str(parsed)


def address_of(block: str) -> str:
    """A single address out of a CIDR block: the one typed, or the first that a host can have.

    >>> address_of("10.0.0.7/24"), address_of("10.0.0.0/24"), address_of("10.0.0.5/32")
    ('10.0.0.7', '10.0.0.1', '10.0.0.5')
    """
    address = ip_address(block.partition("/")[0])
    network = ip_network(block, strict=False)
    if address == network.network_address and network.num_addresses > 2:
        return str(network[1])
    return str(address)


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise _invalid(text) from error


def _invalid(text: str) -> NameRefused:
    if ":" in text:
        return NameRefused(
            "name.ip-invalid",
            f"{quoted(text)} is not an IPv6 address",
            hint="eight groups of up to four hex digits, '::' once for groups of zeros: fd00::5",
        )
    parts = text.split(".")
    if not all(part.isdecimal() and part.isascii() for part in parts):
        return NameRefused(
            "name.ip-invalid",
            f"{quoted(text)} is not an IP address",
            hint="an IP address looks like 10.0.0.5 or fd00::5",
        )
    return _invalid_ipv4(text, parts)


def _invalid_ipv4(text: str, parts: list[str]) -> NameRefused:
    message = f"{quoted(text)} is not an IPv4 address: "
    if len(parts) != 4:
        return NameRefused(
            "name.ip-invalid",
            f"{message}it has {len(parts)} part{'s' * (len(parts) != 1)}, not 4",
            hint="type all four parts, such as 10.0.0.5",
        )
    for part in parts:
        digits = part.lstrip("0") or "0"
        if len(digits) > 3 or int(digits) > 255:
            return NameRefused(
                "name.ip-invalid",
                f"{message}{quoted(part)} is more than 255",
                hint="each part is 0 to 255, such as 192.168.1.30",
            )
    decimal = ".".join(part.lstrip("0") or "0" for part in parts)
    return NameRefused(
        "name.ip-invalid",
        f"{message}leading zeros mean octal to some programs and decimal to others",
        instead=(decimal,),
    )
