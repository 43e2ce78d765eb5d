"""URIs (uniformResourceIdentifier) as people type them, such as SPIFFE ids."""

from __future__ import annotations

import re
from typing import Final

from certkit.pki.host_name import recognise
from certkit.pki.refusal import NameRefused, quoted

_MAX_URI: Final = 2048  # the SPIFFE id limit
_URI: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL
)
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]*))?")
# RFC 3986 without the characters that end a string or a statement in a shell or a server's
# configuration: ' ( ) ; $
_REST: Final = re.compile(r"(?:[A-Za-z0-9._~:/?#@!&*+,=-]|%[0-9A-Fa-f]{2})*")


def canonical_uri(text: str) -> str:
    """The URI with scheme and host in canonical form; path, query and fragment as they are.

    Raises NameRefused ``name.uri-invalid``.

    >>> canonical_uri("SPIFFE://Example.test/ns/web")
    'spiffe://example.test/ns/web'
    """
    if not text.isascii():
        raise _invalid(text, "it is not in ASCII; percent-encode what is not")
    if len(text) > _MAX_URI:
        raise _invalid(text, f"it has more than {_MAX_URI} characters")
    parts = _URI.fullmatch(text)
    if parts is None:
        raise _invalid(text, "it needs a scheme and a host")
    if _REST.fullmatch(parts["rest"]) is None:
        raise _invalid(text, "its path holds a character that must be percent-encoded")
    return f"{parts['scheme'].lower()}://{_authority(parts['authority'], text)}{parts['rest']}"


def _authority(authority: str, text: str) -> str:
    if "@" in authority:
        raise _invalid(text, "a user name or password has no place in a certificate")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or not parts["host"] or parts["host"].startswith("*"):
        raise _invalid(text, "it needs one host after ://")
    bracketed = parts["host"].startswith("[")
    try:
        kind, host = recognise(parts["host"].strip("[]"))
    except NameRefused as refused:
        raise _invalid(text, refused.message) from refused
    if bracketed != (kind == "ip" and ":" in host):
        raise _invalid(text, "brackets belong around an IPv6 address, and only there")
    shown = f"[{host}]" if bracketed else host
    if not parts["port"]:
        return shown
    port = int(parts["port"][:6])
    if not 0 < port < 65536 or len(parts["port"]) > 5:
        raise _invalid(text, "a port is 1 to 65535")
    return f"{shown}:{port}"


def _invalid(text: str, why: str) -> NameRefused:
    return NameRefused(
        "name.uri-invalid",
        f"{quoted(text)} is not a URI for a certificate: {why}",
        hint="such as: certkit issue --client --uri spiffe://example.test/web",
    )
