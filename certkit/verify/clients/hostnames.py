"""How each client matches the name asked for, where it departs from RFC 9525.

One algorithm with the departures as data: what a wildcard may look like, what it stands for,
whether a dot at the end counts, and whether the common name is still read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Literal

from certkit.pki.public_suffix import is_public_suffix
from certkit.verify.clients.general_names import DNS, IP, URI, common_name_tags, general_names
from certkit.verify.identity import ascii_lower, reference
from certkit.verify.profile import common_names

if TYPE_CHECKING:
    from certkit.pki.certificate import Certificate
    from certkit.verify.identity import Reference

WHOLE: Final = re.compile(r"\*")
AT_START: Final = re.compile(r"\*[^*]*")
AT_EITHER_END: Final = re.compile(r"\*[^*]*|[^*]*\*")
SEVERAL: Final = re.compile(r".*\*.*")
ANYWHERE: Final = re.compile(r"[^*]*\*[^*]*")
_ANY_TEXT: Final = re.compile(r".*")
# UTF8String, PrintableString, T61String, IA5String, VisibleString, UniversalString, BMPString.
ALL_STRINGS: Final = frozenset({0x0C, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E})
LDH: Final = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Matching:
    """The defaults are what most clients do.

    ``stars`` is what the label with a wildcard may look like, ``covered`` what a wildcard may
    stand for. ``common_name`` says when the subject's common name is read: never, when there is
    no DNS name beside it, no DNS name and no address, or no URI either; ``which_common_name``
    which one of several.
    """

    stars: re.Pattern[str] = WHOLE
    covered: re.Pattern[str] = _ANY_TEXT
    any_label: bool = False
    """A wildcard may stand in any label, not in the leftmost alone."""
    top_level: bool = False
    """A wildcard may stand directly under a top-level name."""
    public_suffix: bool = True
    """A wildcard may stand directly under a public suffix."""
    dot_asked: Literal["dropped", "kept"] = "dropped"
    dot_presented: Literal["dropped", "kept", "refused"] = "refused"
    underscore_asked: bool = True
    common_name: Literal["never", "no-dns", "no-dns-or-ip", "no-dns-ip-or-uri"] = "never"
    which_common_name: Literal["any", "last", "only"] = "any"
    address_in_common_name: bool = False
    common_name_strings: frozenset[int] = ALL_STRINGS
    """The types of string in which a common name is read, by their tags."""
    idn_in_common_name: bool = False
    """A common name in letters outside ASCII is turned into A-labels."""
    mapped_addresses: bool = False
    """An IPv6 address that maps an IPv4 address stands for that one."""


def is_named(leaf: Certificate, asked: Reference, matching: Matching) -> bool:
    """Whether a client with this ``matching`` finds ``asked`` in the certificate."""
    if asked.type == "ip":
        return _has_address(leaf, asked.value, mapped=matching.mapped_addresses) or (
            matching.address_in_common_name
            and _reads_common_name(leaf, matching)
            and asked.value in _common_names(leaf, matching)
        )
    if "_" in asked.value and not matching.underscore_asked:
        return False
    return any(covers(pattern, asked, matching) for pattern in _patterns(leaf, matching))


def as_typed(asked: Reference) -> str:
    """The host in A-labels, with the dot at its end if there was one."""
    return f"{asked.value}." if asked.trailing_dot else asked.value


def _has_address(leaf: Certificate, address: str, *, mapped: bool) -> bool:
    asked = ip_address(address)
    return any(
        name.address == asked or (mapped and name.mapped_address == asked)
        for name in general_names(leaf) or ()
    )


def _patterns(leaf: Certificate, matching: Matching) -> list[str]:
    presented = [name.value for name in leaf.names if name.type == "dns"]
    return _common_names(leaf, matching) if _reads_common_name(leaf, matching) else presented


def _common_names(leaf: Certificate, matching: Matching) -> list[str]:
    """Those that the client can read; all of them where even one is in a string it cannot."""
    if not common_name_tags(leaf) <= matching.common_name_strings:
        return []
    found = common_names(leaf)
    if matching.which_common_name == "last":
        found = found[-1:]
    elif matching.which_common_name == "only" and len(found) > 1:
        found = []
    return [reference(text).value for text in found] if matching.idn_in_common_name else found


def _reads_common_name(leaf: Certificate, matching: Matching) -> bool:
    if matching.common_name == "never":
        return False
    return not {name.tag for name in general_names(leaf) or ()} & _BESIDE[matching.common_name]


_BESIDE: Final = {"no-dns": {DNS}, "no-dns-or-ip": {DNS, IP}, "no-dns-ip-or-uri": {DNS, IP, URI}}


def covers(pattern: str, asked: Reference, matching: Matching) -> bool:
    """Whether ``pattern`` names the host ``asked`` under these rules."""
    pattern = ascii_lower(pattern)
    if pattern.endswith("."):
        if matching.dot_presented != "dropped":
            return matching.dot_presented == "kept" and pattern == as_typed(asked)
        pattern = pattern[:-1]
    host = as_typed(asked) if matching.dot_asked == "kept" else asked.value
    if "*" not in pattern:
        return pattern == host
    labels, others = pattern.split("."), host.split(".")
    if len(labels) != len(others) or not _may_stand(labels, matching):
        return False
    return all(map(lambda label, other: _label_covers(label, other, matching), labels, others))


def _may_stand(labels: list[str], matching: Matching) -> bool:
    """Whether wildcards are where they may be."""
    starred = [index for index, label in enumerate(labels) if "*" in label]
    below = labels[max(starred) + 1 :]
    return (
        (matching.any_label or starred == [0])
        and len(below) >= (1 if matching.top_level else 2)
        and (matching.public_suffix or not is_public_suffix(".".join(below)))
    )


def _label_covers(label: str, other: str, matching: Matching) -> bool:
    if "*" not in label:
        return label == other
    if not matching.stars.fullmatch(label) or "xn--" in label:
        return False
    whole = label == "*"
    covered = _stand_for(label.split("*"), other)
    if covered is None or (not whole and other.startswith("xn--")):
        return False
    return all(matching.covered.fullmatch(part) for part in covered if part or whole)


def _stand_for(literals: list[str], text: str) -> list[str] | None:
    """What the stars between ``literals`` stand for in ``text``, each for as little as it can.

    No regular expression: one with thirty stars runs for years.
    """
    first, *between, last = literals
    end = len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last) or end < len(first):
        return None
    found, at = [], len(first)
    for literal in between:
        place = text.find(literal, at, end)
        if place < 0:
            return None
        found.append(text[at:place])
        at = place + len(literal)
    return [*found, text[at:end]]
