"""What some clients mind about a name that certkit accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.findings import Finding, Fix, Severity
from certkit.pki.idn import mixed_scripts, to_unicode
from certkit.pki.refusal import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.pki.names import Name

# Top-level names that browsers open over HTTPS alone, with everything below them.
# Source: Chromium's net/http/transport_security_state_static.json of 2025-01-01, the entries of
# one label with include_subdomains.
HSTS_PRELOADED: Final = frozenset(
    {
        *("amazon", "android", "app", "audible", "azure", "bank", "bing", "boo", "channel"),
        *("chrome", "dad", "day", "dev", "eat", "esq", "fire", "fly", "foo", "fujitsu", "gle"),
        *("gmail", "google", "hangout", "hotmail", "imdb", "ing", "insurance", "kindle", "meet"),
        *("meme", "microsoft", "mov", "new", "nexus", "office", "page", "phd", "play", "prime"),
        *("prof", "rsvp", "search", "silk", "skype", "windows", "xbox", "xn--cckwcxetd"),
        *("xn--jlq480n2rg", "youtube", "zappos", "zip"),
    }
)


def warnings_for(name: Name) -> tuple[Finding, ...]:
    """The warnings for a name: underscore, single label, preloaded suffix, mixed scripts.

    >>> from certkit.pki.names import parse
    >>> [finding.code for finding in warnings_for(parse("my_nas.dev"))]
    ['name.underscore', 'name.hsts-preloaded']
    """
    return tuple(_warnings(name)) if name.type == "dns" else ()


def _warnings(name: Name) -> Iterator[Finding]:
    shown = quoted(name.value)
    labels = name.base.value.split(".")
    if "_" in name.value:
        yield _warning(
            "name.underscore",
            f"{shown} has an underscore",
            "a host name has none (RFC 952); Java and pyca/cryptography refuse such a name",
            "use a hyphen instead",
        )
    if len(labels) == 1 and labels != ["localhost"]:
        yield _warning(
            "name.single-label",
            f"{shown} is a single label",
            "it resolves only where a search domain, a hosts file or a local resolver says so",
            f"prefer a name below a reserved suffix, such as {quoted(name.value + '.test')}",
        )
    if labels[-1] in HSTS_PRELOADED:
        yield _warning(
            "name.hsts-preloaded",
            f"{shown}: browsers open names under .{labels[-1]} over HTTPS and wss alone",
            "the suffix is on the HSTS preload list, so a certificate error cannot be clicked away",
            "install the CA in the browser (certkit trust install), or use a name under .test",
        )
    for label in map(to_unicode, labels):
        if scripts := mixed_scripts(label):
            yield _warning(
                "name.idn-mixed-script",
                f"{shown} mixes {' and '.join(scripts).lower()} letters in {quoted(label)}",
                "it can pass for another name, so browsers show its A-label",
                "type the name in one script, unless you mean exactly this one",
            )


def _warning(code: str, summary: str, why: str, advice: str) -> Finding:
    return Finding(code, Severity.WARNING, summary, why, Fix("advice", advice))
