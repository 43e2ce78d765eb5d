"""Distinguished names compared after RFC 5280 section 7.1: case and blanks do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

NameKey = tuple[frozenset[tuple[str, str | bytes]], ...]
"""One set of (attribute type, folded value) for each relative distinguished name."""


def name_key(name: x509.Name) -> NameKey:
    """Equal for two names exactly when RFC 5280 calls them equal."""
    return tuple(
        frozenset((attribute.oid.dotted_string, _folded(attribute.value)) for attribute in relative)
        for relative in name.rdns
    )


def _folded(value: str | bytes) -> str | bytes:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def is_within(name: NameKey, subtree: NameKey) -> bool:
    """Whether ``name`` begins with ``subtree`` (RFC 5280 section 4.2.1.10)."""
    return name[: len(subtree)] == subtree
