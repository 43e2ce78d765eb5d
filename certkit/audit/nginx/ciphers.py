"""OpenSSL's cipher strings, as far as it takes to say what is weak in one."""

from __future__ import annotations

import re
from typing import Final

# What is weak -> the keywords that bring it in. HIGH and ALL hold suites without authentication in
# every OpenSSL; MEDIUM and LOW are what OpenSSL 1.0 and 1.1 call by these names.
_BRINGS: Final[dict[str, frozenset[str]]] = {
    "no authentication": frozenset(
        {"ALL", "HIGH", "MEDIUM", "LOW", "COMPLEMENTOFDEFAULT", "aNULL", "ADH", "AECDH", "aDH"}
    ),
    "no encryption": frozenset({"NULL", "eNULL", "COMPLEMENTOFALL"}),
    "export keys": frozenset({"EXP", "EXPORT", "EXPORT40", "EXPORT56"}),
    "RC4": frozenset({"RC4", "ALL", "MEDIUM"}),
    "RC2": frozenset({"RC2"}),
    "DES": frozenset({"DES", "LOW"}),
    "triple DES": frozenset({"3DES", "ALL"}),
    "IDEA": frozenset({"IDEA"}),
    "SEED": frozenset({"SEED"}),
    "MD5": frozenset({"MD5"}),
    "SSL 2": frozenset({"SSLv2"}),
}
# The keywords that take it out again, each set of them enough.
_TAKES_OUT: Final[dict[str, tuple[frozenset[str], ...]]] = {
    "no authentication": (frozenset({"aNULL"}), frozenset({"ADH", "AECDH"})),
    "no encryption": (frozenset({"NULL"}), frozenset({"eNULL"})),
    "export keys": (frozenset({"EXP"}), frozenset({"EXPORT"})),
    "triple DES": (frozenset({"3DES"}), frozenset({"DES-CBC3-SHA"})),
}
# Single suites: `DES-CBC3-SHA`, `ECDHE-RSA-RC4-SHA`, `ADH-AES128-SHA`.
_SUITES: Final[dict[str, re.Pattern[str]]] = {
    "no authentication": re.compile(r"^(ADH|AECDH)-"),
    "no encryption": re.compile(r"(^|-)NULL-"),
    "export keys": re.compile(r"^EXP"),
    "RC4": re.compile(r"(^|-)RC4-"),
    "RC2": re.compile(r"(^|-)RC2-"),
    "DES": re.compile(r"(^|-)DES-CBC-"),
    "triple DES": re.compile(r"(^|-)DES-CBC3-"),
    "IDEA": re.compile(r"(^|-)IDEA-"),
    "SEED": re.compile(r"(^|-)SEED-"),
    "MD5": re.compile(r"-MD5$"),
}
_SEPARATORS: Final = re.compile(r"[: ,]+")


def weaknesses(cipher_string: str) -> list[str]:
    """What the string lets in that no client of today should be given.

    >>> weaknesses("HIGH:!aNULL:!MD5"), weaknesses("ALL:!ADH:RC4+RSA:+HIGH")
    ([], ['no authentication', 'RC4', 'triple DES'])
    """
    added, removed = set(), set()
    for word in filter(None, _SEPARATORS.split(cipher_string)):
        if word[0] in "!-":
            removed.add(word[1:])
        elif word[0] != "+":  # `+HIGH` moves what is there to the end and adds nothing
            added.add(word)
    keywords = {part for word in added for part in word.split("+")}
    found = [
        weakness
        for weakness, keys in _BRINGS.items()
        if (keywords & keys or _has_suite(weakness, added - removed))
        and not any(out <= removed for out in _TAKES_OUT.get(weakness, (frozenset({weakness}),)))
    ]
    return found + [f"{word} (lifts OpenSSL's own limits)" for word in sorted(added & _NO_LIMITS)]


_NO_LIMITS: Final = frozenset({"@SECLEVEL=0"})


def _has_suite(weakness: str, words: set[str]) -> bool:
    pattern = _SUITES.get(weakness)
    return pattern is not None and any(map(pattern.search, words))
