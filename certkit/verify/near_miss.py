"""Why a certificate does not name what was asked for: the presented identifier that came closest.

The common name is looked at only to say that it does not count.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from certkit.findings import Finding, Fix, Severity
from certkit.pki.refusal import quoted
from certkit.verify.identity import ascii_lower, covers, is_valid_pattern, reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from certkit.pki.names import Name
    from certkit.verify.identity import Reference

_SHOWN: Final = 6


def explain_mismatch(
    asked: Reference, names: tuple[Name, ...], common_names: Sequence[str] = ()
) -> Finding:
    """The finding for the presented identifier that came closest to ``asked``.

    ``names`` are the subject alternative names, ``common_names`` those of the subject.

    >>> from certkit.pki.names import Name
    >>> from certkit.verify.identity import reference
    >>> explain_mismatch(reference("a.b.dev.test"), (Name("dns", "*.dev.test"),)).summary
    "'*.dev.test' covers one label, and 'a.b.dev.test' has 2 in its place"
    """
    if asked.problem is not None:
        return _mismatch("name.mismatch", asked.problem, asked, names)
    if asked.type == "ip":
        return _ip_miss(asked, names, common_names)
    for relation in _RELATIONS:
        for name in names:
            if name.type == "dns" and relation.holds(name.value, asked.value):
                pattern = quoted(name.value)
                extra = asked.value.count(".") - name.value.count(".") + 1
                summary = relation.summary.format(
                    pattern=pattern, host=quoted(asked.text), extra=extra
                )
                others = tuple(other for other in names if other != name)
                return _mismatch(relation.code, summary, asked, names, relation.why, others)
    if _in_common_name(asked, common_names):
        return _cn_only(asked, names)
    if not names:
        return _no_san(asked)
    return _mismatch(
        "name.mismatch", f"{quoted(asked.text)} is not in the certificate", asked, names
    )


def _ip_miss(asked: Reference, names: tuple[Name, ...], common_names: Sequence[str]) -> Finding:
    shown = quoted(asked.text)
    if any(name.type == "dns" and _same_address(name.value, asked.value) for name in names):
        return _mismatch(
            "name.ip-as-dns",
            f"{shown} stands in the certificate as a DNS name, not as an IP address",
            asked,
            names,
            "RFC 9525 section 6.4: an address is matched against iPAddress entries alone; "
            "every client refuses this",
            listed=(),
        )
    if _in_common_name(asked, common_names):
        return _cn_only(asked, names)
    if not names:
        return _no_san(asked)
    if not any(name.type == "ip" for name in names):
        return _mismatch(
            "name.ip-missing",
            f"the certificate has no IP address at all, and {shown} was asked for",
            asked,
            names,
            "RFC 9525 section 6.4: an address needs an iPAddress entry of its own; a DNS name "
            "that resolves to it does not count",
        )
    return _mismatch("name.mismatch", f"{shown} is not in the certificate", asked, names)


def _same_address(text: str, address: str) -> bool:
    try:
        return str(ip_address(text)) == address
    except ValueError:
        return False


def _in_common_name(asked: Reference, common_names: Sequence[str]) -> bool:
    if asked.type == "ip":
        return any(_same_address(text, asked.value) for text in common_names)
    return any(covers(text, asked.value) for text in common_names)


def _cn_only(asked: Reference, names: tuple[Name, ...]) -> Finding:
    return _mismatch(
        "name.cn-only",
        f"{quoted(asked.text)} stands only in the common name, which does not count",
        asked,
        names,
        "RFC 9525 section 2: the common name is not an identifier. Browsers, Go and rustls refuse "
        "the certificate; OpenSSL, Node, Java and wget may still read the name",
    )


def _no_san(asked: Reference) -> Finding:
    return _mismatch(
        "name.no-san",
        f"the certificate has no subject alternative name, so it is not for {quoted(asked.text)}",
        asked,
        (),
        "RFC 9525 section 2: names are read from the subject alternative name alone",
    )


def _mismatch(
    code: str,
    summary: str,
    asked: Reference,
    names: tuple[Name, ...],
    why: str = "RFC 9525 section 6: a client must refuse a certificate that does not name the host",
    listed: tuple[Name, ...] | None = None,
) -> Finding:
    """``listed`` are the names to show beside the summary, all of them by default."""
    shown = names if listed is None else listed
    also = "also " if listed else ""
    tail = f"; it is {also}for {_listed(shown)}" if shown else ""
    return Finding(code, Severity.ERROR, f"{summary}{tail}", why, _fix(asked, names))


def _listed(names: tuple[Name, ...]) -> str:
    shown = ", ".join(quoted(name.value) for name in names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _fix(asked: Reference, names: tuple[Name, ...]) -> Fix:
    """The command that makes the certificate again with the missing name beside the old ones."""
    if asked.problem is not None or "_" in asked.value:
        return Fix("advice", "ask for a host name or an IP address that the certificate can hold")
    implied = {name.base.value for name in names if name.is_wildcard}
    kept = [
        name.value
        for name in names
        if name.type in ("dns", "ip") and name.value not in implied and _issuable(name)
    ]
    return Fix("command", _issue([*kept[:_SHOWN], asked.value]))


def _issuable(name: Name) -> bool:
    return name.type == "ip" or (is_valid_pattern(name.value) and name.value.isascii())


def _issue(values: Iterable[str]) -> str:
    return shlex.join(["certkit", "issue", *dict.fromkeys(values)])


# --- relations between a presented DNS name and the host ---


def _is_too_deep(pattern: str, host: str) -> bool:
    extra = host.removesuffix(ascii_lower(pattern[1:]))
    return pattern.startswith("*.") and extra != host and "." in extra


def _is_apex(pattern: str, host: str) -> bool:
    return pattern.startswith("*.") and ascii_lower(pattern[2:]) == host


def _is_wildcard_on_tld(pattern: str, host: str) -> bool:
    if pattern == "*":
        return "." not in host
    return pattern.startswith("*.") and "." not in pattern[2:] and covers(pattern, host)


def _is_partial_wildcard(pattern: str, host: str) -> bool:
    """``w*.dev.test`` or ``www.*.test``: older rules (RFC 2818) or a lax client would match it."""
    labels, wanted = ascii_lower(pattern).split("."), host.split(".")
    return (
        "*" in pattern and len(labels) == len(wanted) and all(map(_label_matches, labels, wanted))
    )


def _label_matches(pattern: str, label: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == label
    return label.startswith(before) and label.endswith(after)


def _has_trailing_dot(pattern: str, host: str) -> bool:
    return pattern.endswith(".") and covers(pattern.rstrip("."), host)


def _is_raw_idn(pattern: str, host: str) -> bool:
    if pattern.isascii():
        return False
    base = reference(pattern.removeprefix("*."))
    wildcard = "*." if pattern.startswith("*.") else ""
    return base.problem is None and covers(wildcard + base.value, host)


def _has_underscore(pattern: str, host: str) -> bool:
    return "_" in host and covers(pattern, host)


@dataclass(frozen=True, slots=True)
class _Relation:
    """How a presented name misses the host: ``holds(pattern, host)``."""

    code: str
    holds: Callable[[str, str], bool]
    summary: str
    why: str


# In the order of how close the miss is.
_RELATIONS: Final = (
    _Relation(
        "name.underscore",
        _has_underscore,
        "{host} has an underscore, which no host name may have",
        "RFC 5280 section 4.2.1.6 with RFC 1123 section 2.1; Java and cryptography refuse the "
        "certificate, browsers and OpenSSL accept it",
    ),
    _Relation(
        "name.idn-raw",
        _is_raw_idn,
        "{pattern} stands in the certificate in letters outside ASCII, so it matches nothing",
        "RFC 5280 section 7.2: a name outside ASCII is stored as A-labels (xn--...)",
    ),
    _Relation(
        "name.trailing-dot",
        _has_trailing_dot,
        "{pattern} ends with a dot in the certificate, so {host} does not match",
        "RFC 5280 section 4.2.1.6: the preferred name syntax has no trailing dot; Chromium and "
        "Node ignore the dot, the others refuse",
    ),
    _Relation(
        "name.wildcard-depth",
        _is_too_deep,
        "{pattern} covers one label, and {host} has {extra} in its place",
        "RFC 9525 section 6.3: '*' stands for exactly one label",
    ),
    _Relation(
        "name.wildcard-apex",
        _is_apex,
        "{pattern} does not cover {host} itself",
        "RFC 9525 section 6.3: '*' stands for exactly one label, never for none",
    ),
    _Relation(
        "name.wildcard-tld",
        _is_wildcard_on_tld,
        "{pattern} is a wildcard directly under a top-level name, so {host} does not match",
        "OpenSSL, curl, Python, Node, GnuTLS, NSS, rustls and the browsers refuse it; "
        "only Go and Java accept it",
    ),
    _Relation(
        "name.wildcard-partial",
        _is_partial_wildcard,
        "{pattern} does not count for {host}: '*' must be the whole leftmost label",
        "RFC 9525 section 6.3",
    ),
)
