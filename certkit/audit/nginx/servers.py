"""Servers and the sockets they share: who answers there first, and in which protocol."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from certkit.audit.nginx.writing import behind_word

if TYPE_CHECKING:
    from certkit.audit.edits import Edit
    from certkit.audit.nginx.syntax import Word
    from certkit.audit.nginx.tree import Configuration, Node

Address = IPv4Address | IPv6Address
# The address is in brackets (IPv6), or ends at the colon before the port.
_LISTEN: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::(.+))?")
_DEFAULT: Final = ("default_server", "default")
_TLS: Final = ("ssl", "quic")


@dataclass(frozen=True, eq=False)
class Listen:
    """One ``listen`` of one server."""

    node: Node
    server: Server

    @cached_property
    def socket(self) -> tuple[str, str]:
        """Address and port, the same for every spelling: ``443`` is ``*:443``."""
        text = self.node.args[0] if self.node.args else ""
        if text.startswith("unix:"):
            return text, ""
        if text.replace("-", "").isdigit() or text.startswith("$"):
            return "*", text  # a template for envsubst has its port in a variable
        found = _LISTEN.fullmatch(text)
        host, port = (found[1], found[2] or "80") if found else (text, "80")
        address = parsed_address(host)
        if host in ("", "*") or address == IPv4Address(0):
            return "*", port
        return (host.lower() if address is None else str(address)), port

    @property
    def port(self) -> str:
        return self.socket[1]

    @property
    def tls(self) -> bool:
        return any(word in self.node.args[1:] for word in _TLS)

    @property
    def address_word(self) -> Word:
        """Parameters are put behind this word."""
        return self.node.statement.words[1]

    @property
    def default_word(self) -> Word | None:
        words = self.node.statement.words[2:]
        return next((word for word in words if word.value in _DEFAULT), None)


class Server:
    """One ``server {}`` and what of TLS holds in it."""

    def __init__(self, node: Node) -> None:
        self.node: Final = node
        self.listens: Final = [Listen(each, self) for each in node.own("listen") if each.args]

    @property
    def ssl_on(self) -> bool:
        """``ssl on;``, which nginx took until 1.25.1."""
        return self.node.value("ssl") == "on"

    @property
    def rejects_handshakes(self) -> bool:
        return self.node.value("ssl_reject_handshake") == "on"

    @property
    def has_certificate(self) -> bool:
        return bool(self.node.level("ssl_certificate")) or self.rejects_handshakes

    @property
    def names(self) -> list[str]:
        return [name for each in self.node.own("server_name") for name in each.args]

    @property
    def named_addresses(self) -> set[Address]:
        return {address for name in self.names if (address := parsed_address(name))}

    @property
    def title(self) -> str:
        """What people call it."""
        return f"the server {self.names[0]!r}" if self.names and self.names[0] else "this server"


class Socket:
    """One address and port, and every ``listen`` there in the order in which nginx reads them."""

    def __init__(self) -> None:
        self.listens: Final[list[Listen]] = []

    @cached_property
    def speaks_tls(self) -> bool:
        """One server's ``ssl`` counts for all of them (measured, 1.22 and 1.31)."""
        return any(listen.tls or listen.server.ssl_on for listen in self.listens)

    def default(self, *, whole: bool) -> Listen | None:
        """Who answers a client that names no host: the first one, unless one says so.

        None where that may be a server in a file that is not known.
        """
        named = next((listen for listen in self.listens if listen.default_word), None)
        return named or (self.listens[0] if whole else None)

    @cached_property
    def with_tls(self) -> tuple[Edit, ...]:
        """The edits that turn the socket to TLS: in every server there, since nginx 1.31 warns
        where they differ (protocol options redefined).

        None at all where a server has no certificate: nginx might not start, or serve it with the
        certificate of another.
        """
        if not all(listen.server.has_certificate for listen in self.listens):
            return ()
        plain = [listen for listen in self.listens if not listen.tls]
        return tuple(behind_word(listen.node, listen.address_word, "ssl") for listen in plain)


class Sockets:
    """The servers of a configuration, and the sockets that they share."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration: Final = configuration
        self.servers: Final = [Server(node) for node in configuration.servers()]
        self._sockets: defaultdict[tuple[str, str], Socket] = defaultdict(Socket)
        for server in self.servers:
            for listen in server.listens:
                self._sockets[listen.socket].listens.append(listen)

    def of(self, listen: Listen) -> Socket:
        """The socket of a ``listen``."""
        return self._sockets[listen.socket]

    @cached_property
    def shared(self) -> list[tuple[Listen, list[Listen]]]:
        """The sockets with TLS that several servers share: the default one, and all."""
        found = []
        for socket in self._sockets.values():
            default = socket.default(whole=self.configuration.whole)
            if default is not None and len(socket.listens) > 1 and socket.speaks_tls:
                found.append((default, socket.listens))
        return found

    def speaks_tls(self, server: Server) -> bool:
        """Whether the server speaks TLS on one of its sockets."""
        return any(self.of(listen).speaks_tls for listen in server.listens)


def parsed_address(text: str) -> Address | None:
    """An IP address as ``listen`` and ``server_name`` spell it, IPv6 in brackets."""
    try:
        return ip_address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    except ValueError:
        return None
