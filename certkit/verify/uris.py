"""URIs among the names of a certificate, as Java and Go parse them: both refuse bad ones."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

# java.net.URI: RFC 2396, and letters outside ASCII as they are.
_CHAR: Final = r"(?:[A-Za-z0-9_\-!.~'()*;:@&=+$,]|%[0-9A-Fa-f]{2}|(?![\s\x80-\x9f])[^\x00-\x7f])"
_URIC: Final = rf"(?:{_CHAR}|[/?\[\]])"
_AUTHORITY: Final = rf"(?:(?:{_CHAR}*@)?\[[0-9A-Fa-f:.]+(?:%\w+)?\](?::[0-9]*)?|{_CHAR}+)"
_PATH: Final = rf"(?:{_CHAR}|/)*"
_HIERARCHY: Final = rf"(?://(?:{_AUTHORITY}|(?=/))|(?!//)){_PATH}(?:\?{_URIC}*)?"
_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.\-]*:"
_JAVA_ABSOLUTE: Final = re.compile(rf"{_SCHEME}(?:(?=/){_HIERARCHY}|(?!/){_URIC}+)(?:\#{_URIC}*)?")
_JAVA_RELATIVE: Final = re.compile(rf"(?![^/?#]*:){_HIERARCHY}(?:\#{_URIC}*)?")
# java.net.URI takes a dot at the end of a host, and then sun.security.x509.DNSName does not.
_DOT_HOST: Final = re.compile(
    rf"{_SCHEME}//(?:[^/?#@]*@)?(?:[A-Za-z0-9-]+\.)+(?::[0-9]*)?(?:[/?#].*)?"
)


def java_complaint(text: str) -> str | None:
    """What Java's URIName says of a URI; None when it takes it."""
    if _JAVA_ABSOLUTE.fullmatch(text):
        return "invalid URI name (host portion is not" if _DOT_HOST.fullmatch(text) else None
    if _JAVA_RELATIVE.fullmatch(text):
        return "URI name must include scheme:"
    return "invalid URI name:"


# Go's net/url: what may stand in a host, and escapes.
_GO_HOST: Final = re.compile(
    r"""(?:[A-Za-z0-9!$&'()*+,;=:\[\]<>"\-_.~]|%25|%[89A-Fa-f][0-9A-Fa-f])*"""
)
_GO_PORT: Final = re.compile(r"(?::[0-9]*)?")
_GO_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_MAX_HOST, _MAX_LABEL = 253, 63


def go_parses(text: str) -> bool:
    """Whether Go's crypto/x509 takes a URI of ASCII."""
    before, _, fragment = text.partition("#")
    if _CONTROL.search(before) or text.startswith(":") or _BAD_ESCAPE.search(fragment):
        return False
    found = _GO_SCHEME.fullmatch(before)
    scheme, rest = found.groups() if found else ("", before)
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        return bool(scheme) or (":" not in rest.partition("/")[0] and not _BAD_ESCAPE.search(rest))
    host = ""
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        rest = slash + path
    return not _BAD_ESCAPE.search(rest) and _go_host(host.rpartition("@")[2])


def go_cannot_constrain(text: str) -> str | None:
    """Why Go cannot hold a URI against name constraints; None when it can."""
    try:
        host = urlsplit(text).hostname
    except ValueError:
        return None  # Go cannot parse it either, and says so first
    if not host:
        return "URI with empty host"
    try:
        ip_address(host)
    except ValueError:
        return None
    return "URI with IP"


def _go_host(host: str) -> bool:
    address = host.startswith("[")
    port = host.rpartition("]")[2] if address else host[host.rfind(":") :] if ":" in host else ""
    return (
        bool(_GO_HOST.fullmatch(host) and _GO_PORT.fullmatch(port))
        and (not address or "]" in host)
        and len(host) <= _MAX_HOST
        and (not host or all(1 <= len(label) <= _MAX_LABEL for label in host.split(".")))
    )
