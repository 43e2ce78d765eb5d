"""The five types of name that RFC 5280 section 4.2.1.10 knows how to constrain.

A rule reads a name and a subtree of its type (None when malformed) and compares the two.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

from cryptography import x509

from certkit.pki.refusal import quoted
from certkit.verify.dn import NameKey, is_within, name_key

Value = TypeVar("Value")
Subtree = TypeVar("Subtree")
Mailbox = tuple[str | None, str]
"""The local part, which keeps its case and is None in a subtree for a host, and the host."""

# An underscore is let through: whether it may stand in a host name is not a matter of constraints.
_HOST: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")


class Rule(ABC, Generic[Value, Subtree]):
    """How names of one type relate to subtrees of that type."""

    noun: str

    @abstractmethod
    def read(self, value: object) -> Value | None:
        """The name in a certificate, ready to compare; None when it is malformed."""

    @abstractmethod
    def subtree(self, value: object) -> Subtree | None:
        """The subtree in a constraint, ready to compare; None when it is malformed."""

    @abstractmethod
    def within(self, value: Value, subtree: Subtree) -> bool:
        """Whether the whole name lies in the subtree."""

    def touches(self, value: Value, subtree: Subtree) -> bool:
        """Whether any part of what the name covers lies in the subtree."""
        return self.within(value, subtree)

    def permit(self, value: Value) -> str | None:  # noqa: ARG002 - for the types that have one
        """The argument of ``certkit ca permit`` that would bring the name inside."""
        return None


class _Dns(Rule[str, str]):
    noun = "DNS name"

    def read(self, value: object) -> str | None:
        return _host(value, wildcard=True)

    def subtree(self, value: object) -> str | None:
        # A leading dot, OpenSSL's own, is in no RFC: URI constraints have it, these do not.
        return "" if value == "" else _host(value)

    def within(self, value: str, subtree: str) -> bool:
        return _is_below(value.removeprefix("*."), subtree)

    def touches(self, value: str, subtree: str) -> bool:
        if self.within(value, subtree):
            return True
        return value.startswith("*.") and subtree.partition(".")[2] == value[2:]

    def permit(self, value: str) -> str:
        return value.removeprefix("*.")


class _Ip(Rule[IPv4Address | IPv6Address, IPv4Network | IPv6Network]):
    noun = "IP address"

    def read(self, value: object) -> IPv4Address | IPv6Address | None:
        return value if isinstance(value, IPv4Address | IPv6Address) else None

    def subtree(self, value: object) -> IPv4Network | IPv6Network | None:
        return value if isinstance(value, IPv4Network | IPv6Network) else None

    def within(self, value: IPv4Address | IPv6Address, subtree: IPv4Network | IPv6Network) -> bool:
        return value in subtree

    def permit(self, value: IPv4Address | IPv6Address) -> str:
        return str(value)


class _Email(Rule[Mailbox, Mailbox]):
    noun = "e-mail address"

    def read(self, value: object) -> Mailbox | None:
        mailbox = self.subtree(value)
        return mailbox if mailbox and mailbox[0] and not mailbox[1].startswith(".") else None

    def subtree(self, value: object) -> Mailbox | None:
        if not isinstance(value, str):
            return None
        local, at, host = value.rpartition("@")
        if at and (not local or "@" in local):
            return None
        checked = _host(host if at else host.removeprefix("."))
        if checked is None:
            return None
        return (local, checked) if at else (None, host.lower())

    def within(self, value: Mailbox, subtree: Mailbox) -> bool:
        local, host = subtree
        if host.startswith("."):
            return value[1].endswith(host)
        return value[1] == host and local in (None, value[0])


class _Uri(Rule[str, str]):
    noun = "URI"

    def read(self, value: object) -> str | None:
        """The host. RFC 5280: without a host name a constrained URI is refused, an address too."""
        try:
            host = urlsplit(value).hostname if isinstance(value, str) else None
        except ValueError:
            return None
        return _host(host) if host and not _is_address(host) else None

    def subtree(self, value: object) -> str | None:
        if not isinstance(value, str) or _host(value.removeprefix(".")) is None:
            return None
        return value.lower()

    def within(self, value: str, subtree: str) -> bool:
        return value.endswith(subtree) if subtree.startswith(".") else value == subtree


class _Directory(Rule[NameKey, NameKey]):
    noun = "directory name"

    def read(self, value: object) -> NameKey | None:
        return name_key(value) if isinstance(value, x509.Name) else None

    def subtree(self, value: object) -> NameKey | None:
        return self.read(value)

    def within(self, value: NameKey, subtree: NameKey) -> bool:
        return is_within(value, subtree)


RULES: Final[Mapping[type[x509.GeneralName], Rule[Any, Any]]] = MappingProxyType(
    {
        x509.DNSName: _Dns(),
        x509.IPAddress: _Ip(),
        x509.RFC822Name: _Email(),
        x509.UniformResourceIdentifier: _Uri(),
        x509.DirectoryName: _Directory(),
    }
)


def shown(value: object) -> str:
    """The value of a name or subtree for a message: quoted, escaped, cut."""
    return quoted(value.rfc4514_string() if isinstance(value, x509.Name) else str(value))


def _host(value: object, *, wildcard: bool = False) -> str | None:
    if not isinstance(value, str) or not value.isascii() or len(value) > 255:
        return None
    host = value.lower()
    base = host.removeprefix("*.") if wildcard else host
    return host if _HOST.fullmatch(base) else None


def _is_below(name: str, subtree: str) -> bool:
    return not subtree or name == subtree or name.endswith(f".{subtree}")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
