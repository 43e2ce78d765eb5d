"""The names of a certificate as Node prints them in ``subjectaltname``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certkit.verify.clients import general_names as general

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    shown: list[str] = []
    for name in names:
        if name.tag in _CUT:
            return ", ".join([*shown, _CUT[name.tag]])
        shown.append(_shown(name))
    return ", ".join(shown)


def _shown(name: GeneralName) -> str:
    if name.tag != general.IP:
        return f"{_TITLES[name.tag]}{_text(name.octets)}"
    return f"IP Address:{address(name)}"


def _text(octets: bytes) -> str:
    if not _UNSAFE.search(octets):
        return octets.decode()
    quoted = octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    escaped = _ESCAPED.sub(lambda found: rb"\u%04x" % found[0][0], quoted)
    return f'"{escaped.decode()}"'


def address(name: GeneralName) -> str:
    """As inet_ntop writes it."""
    if name.address is None:
        return f"<invalid length={len(name.octets)}>"
    return f"::ffff:{name.mapped_address}" if name.mapped_address else str(name.address)
