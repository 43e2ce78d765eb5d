"""File names for certificates: mkcert's habit, made safe on every system.

``10.0.0.5.pem`` and ``10.0.0.5-key.pem``; ``localhost+2.pem`` for two names more; ``_wildcard`` for
``*``; ``-client`` for client certificates; ``_`` for whatever a file name should not hold, so that
``::1`` gives ``__1.pem`` as with mkcert.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certkit.pki.names import Name

SUFFIXES: Final = {
    "certificate": ".pem",
    "key": "-key.pem",
    "bundle": "-bundle.pem",
    "p12": ".p12",
    "truststore": "-truststore.p12",
    "der": ".der",
}
PRIVATE_ROLES: Final = frozenset({"key", "bundle", "p12"})
"""What holds a private key: readable by its owner alone."""

_LONGEST: Final = 100
"""eCryptfs, the thinnest of the file systems in use, takes 143 bytes with every suffix."""
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.@_-]")
# Windows reserves these in any folder and before any suffix: "nul.test.pem" is the null device.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def file_stem(names: Sequence[Name], *, client: bool = False) -> str:
    """The part of the file names before the suffix, for ``names`` as the user gave them.

    Base names that a wildcard only implies are not among them, so they are not counted.
    The answer never leaves its folder, begins with neither a dot nor a dash, and fits every
    file system; two names that are cut get different ends.

    >>> from certkit.pki.names import parse
    >>> file_stem([parse("*.dev.test")]), file_stem([parse("::1"), parse("localhost")])
    ('_wildcard.dev.test', '__1+1')
    """
    first = str(names[0])
    stem = _UNSAFE.sub("_", first.replace("*", "_wildcard", 1))
    if stem.startswith((".", "-")) or _RESERVED.match(stem):
        stem = f"_{stem}"
    if len(stem) > _LONGEST:
        mark = hashlib.sha256(first.encode()).hexdigest()[:8]
        stem = f"{stem[: _LONGEST - len(mark) - 1]}~{mark}"
    more = len(set(names)) - 1
    return stem + (f"+{more}" if more else "") + ("-client" if client else "")
