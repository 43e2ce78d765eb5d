"""RFC 9525: does a certificate name the service that was asked for?

The *reference identifier* is what somebody typed, the *presented identifiers* are what stands in
the certificate. Why none matched is told by :mod:`certkit.verify.near_miss`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Literal

from certkit.errors import CertkitError
from certkit.findings import Finding, Fix, Severity
from certkit.pki.idn import fold, to_a_label
from certkit.pki.refusal import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certkit.pki.names import Name

# RFC 1034 section 3.5 with RFC 1123 section 2.1, the "preferred name syntax" that RFC 5280
# section 4.2.1.6 demands of a dNSName. The underscore is no part of it.
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# A name that ends in a number is an IPv4 address, right or wrong (WHATWG URL, RFC 9525 3.1.3.1).
_NUMERIC: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_NAME: Final = 253


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference identifier; ``problem`` says why ``text`` is none and can match nothing."""

    text: str
    type: Literal["dns", "ip"]
    value: str
    problem: str | None = None

    @property
    def trailing_dot(self) -> bool:
        """One was typed, and dropped from ``value``."""
        return self.type == "dns" and self.text.endswith(".")


def reference(text: str) -> Reference:
    """What somebody typed as a reference identifier: DNS name (A-labels, lower case) or IP address.

    A zone id (``fe80::1%eth0``) is dropped: it means something on one machine only, so it is no
    part of the identity (RFC 6874 section 1). One trailing dot is dropped too.

    >>> reference("Bücher.test").value, reference("fe80::1%eth0").value
    ('xn--bcher-kva.test', 'fe80::1')
    >>> reference("10.0.0.300").problem
    "'10.0.0.300' ends in a number, so it is an IP address, and not a valid one"
    """
    try:
        return Reference(text, "ip", str(ip_address(text.partition("%")[0])))
    except ValueError:
        pass
    try:
        host = _to_ascii(fold(text).removesuffix("."))
    except CertkitError as error:
        return Reference(text, "dns", text, problem=error.message)
    return Reference(text, "dns", host, problem=_problem(text, host))


def _to_ascii(host: str) -> str:
    """A-labels as they are, even one that decodes to nothing: only its octets are compared."""
    if host.isascii():
        return host
    return ".".join(label if label.isascii() else to_a_label(label) for label in host.split("."))


def _problem(text: str, host: str) -> str | None:
    for applies, sentence in _PROBLEMS:
        if applies(host):
            return f"{quoted(text)} {sentence}"
    return None


_PROBLEMS: Final[tuple[tuple[Callable[[str], object], str], ...]] = (
    (lambda host: "://" in host, "is a URL; the name to verify is only its host"),
    (lambda host: host.startswith("*."), "is a wildcard; ask for one of the names that it covers"),
    (lambda host: not all(host.split(".")), "has an empty label"),
    (
        lambda host: _NUMERIC.fullmatch(host.rpartition(".")[2]),
        "ends in a number, so it is an IP address, and not a valid one",
    ),
    (
        lambda host: len(host) > _MAX_NAME or any(len(label) > 63 for label in host.split(".")),
        "is longer than DNS allows: 63 characters a label, 253 in all",
    ),
    (
        lambda host: not all(map(_LABEL.fullmatch, host.replace("_", "a").split("."))),
        "is not a host name: letters, digits and hyphens between dots",
    ),
)


def find_match(asked: Reference, presented: Iterable[Name]) -> Name | None:
    """The presented identifier that names ``asked``; None when there is none.

    Matching is RFC 9525 section 6: addresses octet by octet, DNS names label by label without
    regard to case, ``*`` for exactly one whole leftmost label. A wildcard under a top-level name
    (``*.test``) matches nothing, as in OpenSSL, GnuTLS, NSS, rustls and the browsers, and a name
    with an underscore is no host name (RFC 5280 section 4.2.1.6).

    >>> from certkit.pki.names import Name
    >>> names = Name("ip", "10.0.0.5"), Name("dns", "*.app.test")
    >>> str(find_match(reference("www.app.test"), names))
    '*.app.test'
    """
    if asked.problem is not None or "_" in asked.value:
        return None
    for name in presented:
        if name.type != asked.type:
            continue
        if name.value == asked.value if asked.type == "ip" else _dns_match(name.value, asked.value):
            return name
    return None


def _dns_match(presented: str, asked: str) -> bool:
    return covers(presented, asked) and is_valid_pattern(presented)


def is_valid_pattern(presented: str) -> bool:
    """A host name, or ``*.`` before one of two labels at least."""
    base = ascii_lower(presented).removeprefix("*.")
    labels = base.split(".")
    return (
        len(base) <= _MAX_NAME
        and all(map(_LABEL.fullmatch, labels))
        and not _NUMERIC.fullmatch(labels[-1])
        and (len(base) == len(presented) or len(labels) > 1)
    )


def ascii_lower(text: str) -> str:
    """DNS folds case in ASCII alone: str.lower turns the Kelvin sign into a plain k."""
    return text.lower() if text.isascii() else text


def covers(pattern: str, host: str) -> bool:
    """Whether the letters match, ``*`` standing for one label; the form is not looked at."""
    pattern = ascii_lower(pattern)
    if not pattern.startswith("*."):
        return pattern == host
    label, dot, rest = host.partition(".")
    return bool(label and dot) and rest == pattern[2:]


def reservations(asked: Reference, matched: Name) -> tuple[Finding, ...]:
    """Warnings about a match that some clients do not make."""
    found = []
    if asked.trailing_dot:
        found.append(
            Finding(
                "name.trailing-dot",
                Severity.WARNING,
                f"{quoted(asked.text)} ends with a dot; it was verified without",
                "Node and Go do the same; OpenSSL, Python, GnuTLS and cryptography refuse the name",
                Fix("advice", "leave the trailing dot out of the URL"),
            )
        )
    if matched.is_wildcard and _on_public_suffix(matched.value[2:].lower()):
        found.append(
            Finding(
                "name.wildcard-public-suffix",
                Severity.WARNING,
                f"{quoted(matched.value)} covers a whole public suffix",
                "Chromium refuses it, and no public CA may issue it "
                "(CA/Browser Forum Baseline Requirements 3.2.2.6); OpenSSL and others accept it",
                Fix("command", shlex.join(["certkit", "issue", asked.value])),
            )
        )
    return tuple(found)


def _on_public_suffix(base: str) -> bool:
    from certkit.pki.public_suffix import is_public_suffix

    return is_public_suffix(base)
