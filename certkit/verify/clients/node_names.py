"""The names of a certificate as Node prints them in ``subjectaltname``."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from certkit.verify.clients import general_names as general

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address

    from certkit.verify.clients.general_names import GeneralName

_TITLES: Final = {general.DNS: "DNS:", general.EMAIL: "email:", general.URI: "URI:"}
_CUT: Final = {
    general.OTHER: "othername:",
    general.DIRECTORY: "DirName:",
    general.REGISTERED: "Registered ID:",
}
# What makes Node put quotes round a name, since CVE-2021-44532, and what it escapes in them.
_UNSAFE: Final = re.compile(rb"[^ -~]|[\"\\,']")
_ESCAPED: Final = re.compile(rb"[^ -~]|,")


def listed(names: Iterable[GeneralName]) -> str:
    """All of them, up to the first whose text is in a notation of its own."""
    shown = []
    for name in names:
        if name.tag in _CUT:
            return ", ".join([*shown, _CUT[name.tag]])
        shown.append(_shown(name))
    return ", ".join(shown)


def _shown(name: GeneralName) -> str:
    if name.tag != general.IP:
        return f"{_TITLES[name.tag]}{_text(name.octets)}"
    if len(name.octets) not in (4, 16):
        return f"IP Address:<invalid length={len(name.octets)}>"
    return f"IP Address:{address(ip_address(name.octets))}"


def _text(octets: bytes) -> str:
    if not _UNSAFE.search(octets):
        return octets.decode()
    quoted = octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    escaped = _ESCAPED.sub(lambda found: rb"\u%04x" % found[0][0], quoted)
    return f'"{escaped.decode()}"'


def address(value: IPv4Address | IPv6Address) -> str:
    """As inet_ntop writes it."""
    mapped = value.ipv4_mapped if isinstance(value, IPv6Address) else None
    return f"::ffff:{mapped}" if mapped else str(value)
