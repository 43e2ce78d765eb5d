"""DNS names and wildcards as people type them."""

from __future__ import annotations

import re
from typing import Final

from certkit.pki.idn import to_a_label
from certkit.pki.ip_name import canonical_ip, ends_in_a_number, looks_like_ip
from certkit.pki.public_suffix import is_public_suffix
from certkit.pki.refusal import NameRefused, quoted

MAX_NAME: Final = 253
MAX_LABEL: Final = 63

_STRANGE: Final = re.compile(r"[^a-z0-9_-]")
# RFC 6761 and 6762, and ICANN's `internal`: nobody can register there, so a wildcard two labels
# below never stands on a public suffix, and the list need not be loaded (24 ms).
_NEVER_PUBLIC: Final = frozenset(
    {"test", "localhost", "internal", "local", "lan", "example", "invalid"}
)


def canonical_dns(text: str) -> str:
    """A folded name or wildcard with A-labels, checked label by label.

    Raises NameRefused, codes ``name.<what>``.

    >>> canonical_dns("*.bücher.test")
    '*.xn--bcher-kva.test'
    """
    _refuse_dots(text)
    base = text.removeprefix("*.")
    if "*" in base:
        raise _misplaced_wildcard(text)
    name = ".".join(_label(label) for label in base.split("."))
    if ends_in_a_number(name):
        raise NameRefused(
            "name.numeric-suffix",
            f"{quoted(text)} ends in a number, so browsers read it as a broken IP address",
            hint="put a suffix with letters at its end, such as nas5.test",
        )
    canonical = name if base == text else f"*.{name}"
    if len(canonical) > MAX_NAME:
        raise NameRefused(
            "name.too-long",
            f"{quoted(text)} is {len(canonical)} characters long; a DNS name has at most 253",
            hint="take a shorter name",
        )
    if canonical != name:
        _refuse_wide_wildcard(canonical, name)
    return canonical


def _refuse_dots(text: str) -> None:
    stripped = text.strip(".")
    if not stripped:
        raise NameRefused(
            "name.empty",
            f"{quoted(text)} is not a name",
            hint="type a name or an IP address, such as localhost or 10.0.0.5",
        )
    for found, code, what in (
        (".." in text, "name.empty-label", "has two dots in a row"),
        (text.startswith("."), "name.leading-dot", "starts with a dot"),
        (text.endswith("."), "name.trailing-dot", "ends with a dot; most clients refuse that"),
    ):
        if found:
            raise NameRefused(
                code,
                f"{quoted(text)} {what}",
                hint="leave the dot out",
                instead=_accepted(re.sub(r"\.+", ".", stripped)),
            )


def _label(label: str) -> str:
    width = len(label) if label.isascii() else len(b"xn--" + label.encode("punycode"))
    if width > MAX_LABEL:
        raise NameRefused(
            "name.label-too-long",
            f"the label {quoted(label)} is {width} characters long; 63 are allowed",
            hint="take a shorter label",
        )
    encoded = to_a_label(label)
    if strange := _STRANGE.search(encoded):
        raise NameRefused(
            "name.bad-character",
            f"the label {quoted(label)} holds {quoted(strange[0])}",
            hint="a DNS name is made of letters, digits and hyphens between dots",
        )
    if encoded.startswith("-") or encoded.endswith("-"):
        raise NameRefused(
            "name.hyphen",
            f"the label {quoted(label)} starts or ends with a hyphen",
            hint="put the hyphen between letters or digits",
        )
    return encoded


def _misplaced_wildcard(text: str) -> NameRefused:
    if text == "*":
        return NameRefused(
            "name.wildcard-tld",
            "'*' would cover every name of one label; no browser accepts it",
            instead=("localhost",),
        )
    below = re.split(r"[^.]*\*[^.]*\.", text)[-1]
    return NameRefused(
        "name.wildcard-partial",
        f"{quoted(text)}: a '*' must be the whole leftmost label, and the only one",
        hint="write one wildcard for each level, such as '*.app.test'",
        instead=_accepted(f"*.{below}") if "." in below and "*" not in below else (),
    )


def _refuse_wide_wildcard(wildcard: str, base: str) -> None:
    if "." not in base:
        raise NameRefused(
            "name.wildcard-tld",
            f"{quoted(wildcard)} stands directly on the top-level name {quoted(base)}; "
            "OpenSSL, browsers, Node and GnuTLS refuse it",
            instead=_accepted(f"*.app.{base}"),
        )
    if base.rpartition(".")[2] not in _NEVER_PUBLIC and is_public_suffix(base):
        raise NameRefused(
            "name.wildcard-public-suffix",
            f"{quoted(wildcard)} stands directly on the public suffix {quoted(base)}; "
            "browsers refuse it",
            instead=_accepted(f"*.app.{base}"),
        )


def _accepted(text: str) -> tuple[str, ...]:
    """What to suggest for ``text``: itself, or what its own refusal suggests."""
    try:
        return (canonical_ip(text) if looks_like_ip(text) else canonical_dns(text),)
    except NameRefused as refused:
        return refused.instead
