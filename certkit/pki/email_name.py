"""E-mail addresses (rfc822Name) as people type them."""

from __future__ import annotations

import re
from typing import Final

from certkit.pki.dns_name import canonical_dns
from certkit.pki.idn import fold
from certkit.pki.refusal import NameRefused, quoted

# RFC 5322 dot-atom without the characters that end a string in a shell, a server's configuration
# or a path: ' ` $ { | } /
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#%&*+=?^_~-]+(?:\.[A-Za-z0-9!#%&*+=?^_~-]+)*")
_MAX_LOCAL_PART: Final = 64  # RFC 5321 section 4.5.3.1.1


def canonical_email(text: str) -> str:
    """The address with its domain in A-labels; the part before the @ keeps its case.

    Raises NameRefused ``name.email-invalid``.

    >>> canonical_email("Ann.Lee@Bücher.test")
    'Ann.Lee@xn--bcher-kva.test'
    """
    local_part, at, domain = text.partition("@")
    if not at or not domain or "@" in domain:
        raise _invalid(text, "it needs exactly one @ with a domain behind it")
    if not 0 < len(local_part) <= _MAX_LOCAL_PART:
        raise _invalid(text, "the part before the @ has 1 to 64 characters")
    if _LOCAL_PART.fullmatch(local_part) is None:
        raise _invalid(
            text, "before the @ stand ASCII letters, digits, . _ + - and a few other signs"
        )
    try:
        host = canonical_dns(fold(domain))
    except NameRefused as refused:
        raise _invalid(text, refused.message) from refused
    if host.startswith("*"):
        raise _invalid(text, "its domain cannot be a wildcard")
    return f"{local_part}@{host}"


def _invalid(text: str, why: str) -> NameRefused:
    return NameRefused(
        "name.email-invalid",
        f"{quoted(text)} is not an e-mail address for a certificate: {why}",
        hint="such as: certkit issue --client --email ann@example.test",
    )
