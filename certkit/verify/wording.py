"""How findings speak of certificates, times and commands."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from certkit.findings import Finding, Fix, Severity
from certkit.pki.refusal import quoted
from certkit.verify.identity import is_valid_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from certkit.pki.certificate import Certificate
    from certkit.pki.names import Name
    from certkit.verify.path import Path

_NAMES_IN_A_COMMAND: Final = 6
_SHOWN: Final = 6
_UNITS: Final = (
    ("year", 365 * 86400),
    ("day", 86400),
    ("hour", 3600),
    ("minute", 60),
    ("second", 1),
)


def title(path: Path, index: int) -> str:
    """Which certificate is meant: its place in the chain and its subject.

    The leaf is ``the certificate``, its issuer ``certificate 2 of 3 ('O=...,CN=...')``.
    """
    if index == 0:
        return "the certificate"
    subject = quoted(path.nodes[index].certificate.subject)
    return f"certificate {index + 1} of {len(path.nodes)} ({subject})"


def subject_of(certificate: Certificate) -> str:
    """The subject in quotes, or the serial where there is none."""
    return quoted(certificate.subject) if certificate.subject else f"serial {certificate.serial}"


def some_of(values: Sequence[str]) -> str:
    """The first of them, and how many more there are.

    >>> some_of(["a", "b"]), some_of([*"abcdefgh"])
    ('a, b', 'a, b, c, d, e, f and 2 more')
    """
    more = len(values) - _SHOWN
    shown = ", ".join(values[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def span(delta: timedelta) -> str:
    """How long, in the largest unit that fits: ``3 days``, ``1 second``.

    >>> from datetime import timedelta
    >>> span(timedelta(days=2, hours=5)), span(timedelta(seconds=-1))
    ('2 days', '1 second')
    """
    seconds = abs(int(delta.total_seconds()))
    for unit, size in _UNITS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' * (count != 1)}"
    return "0 seconds"


def moment(time: datetime) -> str:
    """``2026-11-23 16:00:00 UTC``."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def error(code: str, summary: str, why: str, fix: Fix) -> Finding:
    """A finding that makes the verdict no."""
    return Finding(code, Severity.ERROR, summary, why, fix)


def warning(code: str, summary: str, why: str, fix: Fix) -> Finding:
    """A finding that makes the verdict no under ``strict`` alone."""
    return Finding(code, Severity.WARNING, summary, why, fix)


def advice(text: str) -> Fix:
    """What a person must do."""
    return Fix("advice", text)


def issue_again(names: Iterable[Name], *more: str) -> Fix:
    """The command that makes a certificate for these names, and ``more``, with certkit's CA.

    Base names that a wildcard brings along are left out; ``more`` may hold options.
    """
    names = list(names)
    implied = {name.base.value for name in names if name.is_wildcard}
    kept = [
        name.value
        for name in names
        if name.value not in implied
        and (name.type == "ip" or (name.type == "dns" and is_valid_pattern(name.value)))
    ]
    values = list(dict.fromkeys([*kept[:_NAMES_IN_A_COMMAND], *more]))
    return Fix("command", shlex.join(["certkit", "issue", *(values or ["NAMES"])]))
