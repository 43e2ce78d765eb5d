"""What a person types where a host belongs: a DNS name, an IP address, or something around one."""

from __future__ import annotations

import re
from typing import Final, Literal

from certkit.pki.dns_name import canonical_dns
from certkit.pki.idn import fold
from certkit.pki.ip_name import address_of, canonical_ip, looks_like_ip
from certkit.pki.refusal import NameRefused, quoted

Host = tuple[Literal["dns", "ip"], str]

_MAX_SUGGESTED: Final = 8
_SEPARATORS: Final = re.compile(r"[\s,]+")
_CIDR: Final = re.compile(r"(?P<host>[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*)/[0-9.]+")
_EMAIL: Final = re.compile(r"[^@:/]+@(?P<host>[^@:/]+)")
# From the outside in: a URL holds a port, which stands behind brackets.
_AROUND_A_HOST: Final = (
    (
        re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?(?P<host>[^/?#]*).*", re.DOTALL),
        "name.url",
        "is a URL; a certificate holds the host alone",
    ),
    (
        re.compile(r"(?P<host>[^/]*)/.*", re.DOTALL),
        "name.url",
        "has a path; a certificate holds the host alone",
    ),
    (
        re.compile(r"(?P<host>[^:\[\]]+|\[[^\]]*\]):[0-9]*"),
        "name.port",
        "has a port; a certificate holds for every port",
    ),
    (
        re.compile(r"\[(?P<host>[^\]]*)\]"),
        "name.brackets",
        "has the brackets that only a URL needs",
    ),
)


def recognise(text: str) -> Host:
    """The type and canonical value of a DNS name, wildcard or IP address.

    Raises NameRefused, codes ``name.<what>``.

    >>> recognise("FD00::5"), recognise("*.App.test")
    (('ip', 'fd00::5'), ('dns', '*.app.test'))
    """
    folded = fold(text)
    if looks_like_ip(folded):
        return "ip", canonical_ip(folded)
    _refuse_several(folded)
    _refuse_block(folded)
    _refuse_wrapped(folded)
    _refuse_email(folded)
    return "dns", canonical_dns(folded)


def _refuse_several(text: str) -> None:
    if _SEPARATORS.search(text) is None:
        return
    words = [word for word in _SEPARATORS.split(text) if word]
    hosts = [host for word in words[:_MAX_SUGGESTED] for host in _bare(word)]
    raise NameRefused(
        "name.bad-character",
        f"{quoted(text)} holds a blank, a line break or a comma",
        hint="give each name as an argument of its own: localhost 127.0.0.1",
        instead=tuple(hosts) if len(hosts) == len(words) else (),
    )


def _refuse_block(text: str) -> None:
    if _CIDR.fullmatch(text) is None:
        return
    try:
        instead = _bare(address_of(text))
    except ValueError:
        instead = ()
    raise NameRefused(
        "name.cidr",
        f"{quoted(text)} is a block of addresses; a certificate holds single ones",
        hint="type one address, such as 10.0.0.5",
        instead=instead,
    )


def _refuse_wrapped(text: str) -> None:
    for wrapping, code, what in _AROUND_A_HOST:
        if found := wrapping.fullmatch(text):
            raise NameRefused(
                code,
                f"{quoted(text)} {what}",
                hint="type the host alone, such as app.test",
                instead=_bare(found["host"]),
            )


def _refuse_email(text: str) -> None:
    if found := _EMAIL.fullmatch(text):
        raise NameRefused(
            "name.email",
            f"{quoted(text)} is an e-mail address; it goes into a certificate only when asked for",
            hint="type the host alone, such as app.test",
            instead=("--client", "--email", text) if _bare(found["host"]) else (),
        )


def _bare(host: str) -> tuple[str, ...]:
    """The host to suggest, out of what stood around it; none when there is no good one."""
    try:
        return (recognise(host)[1],)
    except NameRefused as refused:
        return refused.instead if len(refused.instead) == 1 else ()
