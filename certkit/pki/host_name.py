"""What a person types where a host belongs: a DNS name, an IP address, or something around one."""

from __future__ import annotations

import re
from typing import Final, Literal

from certkit.pki.dns_name import canonical_dns
from certkit.pki.idn import fold
from certkit.pki.ip_name import canonical_ip, looks_like_ip
from certkit.pki.refusal import NameRefused, quoted

Host = tuple[Literal["dns", "ip"], str]

_URL: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?(?P<host>[^/?#]*)")
_BRACKETS: Final = re.compile(r"\[(?P<host>[^\]]*)\]")
_PORT: Final = re.compile(r"(?P<host>[^:]+|\[[^\]]*\]):[0-9]*")
_CIDR: Final = re.compile(r"(?P<host>[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*)/[0-9.]+")
_PATH: Final = re.compile(r"(?P<host>[^/]*)/")
_EMAIL: Final = re.compile(r"[^@]*@")
# From the outside in: a URL holds a port, which follows brackets.
_AROUND_A_HOST: Final = (
    (_URL.match, "name.url", "is a URL; a certificate holds the host alone"),
    (_CIDR.fullmatch, "name.cidr", "is a block of addresses; a certificate holds single ones"),
    (_PATH.match, "name.url", "has a path; a certificate holds the host alone"),
    (_PORT.fullmatch, "name.port", "has a port; a certificate holds for every port"),
    (_BRACKETS.fullmatch, "name.brackets", "has the brackets that only a URL needs"),
)


def recognise(text: str) -> Host:
    """The type and canonical value of a DNS name, wildcard or IP address.

    Raises NameRefused, codes ``name.<what>``.

    >>> recognise("FD00::5"), recognise("*.App.test")
    (('ip', 'fd00::5'), ('dns', '*.app.test'))
    """
    folded = fold(text)
    for matches, code, what in _AROUND_A_HOST:
        if found := matches(folded):
            raise NameRefused(
                code,
                f"{quoted(text)} {what}",
                hint="type the host alone, such as certkit issue app.test",
                instead=_bare(found["host"]),
            )
    if looks_like_ip(folded):
        return "ip", canonical_ip(folded)
    if _EMAIL.match(folded):
        raise NameRefused(
            "name.email",
            f"{quoted(text)} looks like an e-mail address",
            hint="e-mail addresses go into a certificate with: certkit issue --client --email",
        )
    return "dns", canonical_dns(folded)


def _bare(host: str) -> tuple[str, ...]:
    """The host to suggest, out of what stood between the wrappings; none when it is no host."""
    try:
        return (recognise(host)[1],)
    except NameRefused as refused:
        return refused.instead
