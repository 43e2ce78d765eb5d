"""Locations that pass requests on to a backend, and whether WebSockets are meant to go there."""

from __future__ import annotations

import re
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from certkit.audit.nginx.maps import value_in_handshake
from certkit.audit.nginx.servers import Server, parsed_address
from certkit.audit.nginx.writing import after, before, with_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.audit.edits import Edit
    from certkit.audit.files import Source
    from certkit.audit.nginx.tree import Configuration, Node

_SET_HEADER: Final = "proxy_set_header"
_MOST_COPIES: Final = 100
# A path, an upstream or a host that has one of these words is for WebSockets.
_WORDS: Final = re.compile(
    r"(?:^|[^a-z0-9])(?:wss?|web-?sockets?|socket\\?\.io|sockjs|signalr|webpack-hmr|cable(?=/?\$?$))"
    r"(?:[^a-z0-9]|$)",
    re.IGNORECASE,
)
_WS_SCHEME: Final = re.compile(r"wss?://", re.IGNORECASE)
_TARGET: Final = re.compile(r"(?:\w+://)?(\[[^\]]*\]|[^/:]+)")
MAP_VARIABLE: Final = "$certkit_connection"
"""A name of our own: another file may define the usual $connection_upgrade in another way."""
_MAP: Final = ("map $http_upgrade {} {{", "    default   '';", "    websocket upgrade;", "}}", "")
# The variable of the recipe, as people call it. $connection and two more are nginx's own.
_RECIPE_VARIABLE: Final = re.compile(
    r"\$\{?(?!http_)((?=\w*upgrade)\w+|connection_(?!requests|time)\w+)"
)
_CAPTURE: Final = re.compile(r"\(\?P?[<'](\w+)")


class Site:
    """What the locations of a configuration have in common."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._headers: dict[Node, dict[str, Node]] = {}

    @cached_property
    def _maps(self) -> dict[str, list[Node]]:
        """The maps of each variable."""
        found: dict[str, list[Node]] = {}
        for node in self._configuration.statements("map"):
            if len(node.args) == 2:
                found.setdefault(node.args[1], []).append(node)
        return found

    @cached_property
    def connection_map(self) -> str | None:
        """The variable of a ``map`` that is ``upgrade`` for a WebSocket and not for others."""
        for node in self._configuration.statements("map"):
            if node.args[:1] == ("$http_upgrade",) and _is_upgrade(value_in_handshake(node)):
                return node.args[1]
        return None

    def never_upgrades(self, value: str) -> Node | None:
        """The map that defines the variable ``value`` otherwise than ``upgrade`` for a WebSocket;
        None where another map may win, or the value cannot be told.
        """
        maps = self._maps.get(value.replace("{", "").removesuffix("}"), [])
        values = [value_in_handshake(node) for node in maps]
        wrong = bool(values) and not any(each is None or _is_upgrade(each) for each in values)
        return maps[0] if wrong else None

    @cached_property
    def variables(self) -> set[str]:
        """Whatever a directive other than proxy_set_header mentions: modules define variables in
        many ways.
        """
        found: set[str] = set()
        for node in self._configuration.root.walk():
            if node.name != _SET_HEADER:
                for argument in node.args:
                    found.update((argument[1:],) if argument.startswith("$") else ())
                    found.update(_CAPTURE.findall(argument))
        return found

    @cached_property
    def upstreams(self) -> dict[str, list[str]]:
        """The servers of each ``upstream``."""
        return {
            node.args[0]: [each.args[0] for each in node.own("server") if each.args]
            for node in self._configuration.statements("upstream")
            if node.args
        }

    @cached_property
    def paths(self) -> dict[Node, set[tuple[str, ...]]]:
        """What the locations of each block take, as their arguments say it; any regular expression
        is ``("~",)``.
        """
        found: dict[Node, set[tuple[str, ...]]] = {}
        for node in self._configuration.statements("location"):
            if node.parent is not None:
                pattern = node.args[:1] in (("~",), ("~*",))
                found.setdefault(node.parent, set()).add(("~",) if pattern else node.args)
        return found

    def headers(self, block: Node) -> dict[str, Node]:
        """The lines that set a header in ``block``, by its name in lower case."""
        level = block.level(_SET_HEADER)
        if not level or level[0].parent is None:
            return {}
        holder = level[0].parent
        if holder not in self._headers:
            lines = [node for node in level if len(node.args) == 2]
            self._headers[holder] = {node.args[0].lower(): node for node in lines}
        return self._headers[holder]

    @cached_property
    def first_servers(self) -> dict[tuple[Node | None, Source], Node]:
        """The first server of each file in its block."""
        found: dict[tuple[Node | None, Source], Node] = {}
        for server in self._configuration.servers():
            found.setdefault((server.parent, server.source), server)
        return found

    def undefined(self, value: str) -> str | None:
        """A variable in ``value`` that nothing defines; None where files are not known."""
        if not self._configuration.whole or self._configuration.unread:
            return None
        names = _RECIPE_VARIABLE.findall(value)
        return next((f"${name}" for name in names if name not in self.variables), None)


class Location:
    """A block that holds ``proxy_pass``: a location, or a file made to be included in one."""

    def __init__(self, node: Node, passes: list[Node], site: Site) -> None:
        self.node: Final = node
        self.passes: Final = passes
        self.site: Final = site
        server = node.enclosing("server")
        self.server: Final = Server(server) if server else None

    @property
    def title(self) -> str:
        """What people call it."""
        return f"location {' '.join(self.node.args)}" if self.node.name else "this file"

    @cached_property
    def anchor(self) -> Node:
        """The statement of the location's own text behind which lines are added."""
        node = self.passes[0]
        while node.parent is not None and node.parent is not self.node:
            node = node.parent
        return node.via or node

    def header(self, name: str) -> Node | None:
        """The line that sets this header (in lower case) here."""
        return self.site.headers(self.node).get(name)

    def lacks(self, name: str) -> bool:
        """Whether this header (in lower case) is set nowhere, also in no file that is not here."""
        return self.header(name) is None and self.node.knows(_SET_HEADER)

    def header_value(self, name: str) -> str:
        """What is sent; empty where nothing is set or sent."""
        node = self.header(name)
        return node.args[1] if node else ""

    def with_header(self, name: str, value: str) -> tuple[Edit, ...]:
        """The edits that send ``name: value`` from here.

        A line in a location switches off all that the location inherits, so that its first line
        takes copies of those with it.
        """
        node = self.header(name.lower())
        if node is not None:
            return (with_word(node, node.statement.words[2], value),)
        line = f"{_SET_HEADER} {name} {value};"
        if own := self.node.own(_SET_HEADER):
            return (after(own[-1].via or own[-1], line),)
        inherited = [each.raw for each in self.node.level(_SET_HEADER)]
        if len(inherited) > _MOST_COPIES:
            return ()
        copies = (after(self.anchor, *inherited),) if inherited else ()
        return (*copies, after(self.anchor, line))

    def with_directive(self, name: str, value: str) -> tuple[Edit, ...]:
        """The edit that makes ``name value;`` hold here."""
        own = [node for node in self.node.own(name) if node.args]
        if own:
            return (with_word(own[-1], own[-1].statement.words[1], value),)
        return (after(self.anchor, f"{name} {value};"),)

    def connection_variable(self) -> tuple[str, tuple[Edit, ...]] | None:
        """The variable that is ``upgrade`` for a WebSocket, and the edits that define it.

        None where there is no place for its ``map``: in a file that is included in a server.
        """
        known = self.site.connection_map
        if known is not None:
            return known, ()
        edits = self.map_for(MAP_VARIABLE)
        return (MAP_VARIABLE, edits) if edits else None

    def map_for(self, variable: str) -> tuple[Edit, ...]:
        """The edit that puts the ``map`` above the first server of the server's file."""
        if self.server is None:
            return ()
        server = self.server.node
        first = self.site.first_servers.get((server.parent, server.source))
        return (before(first, *(line.format(variable) for line in _MAP)),) if first else ()

    def is_for_websockets(self) -> bool:
        """Whether somebody meant WebSockets to go through here."""
        return (
            self.header_value("upgrade") != ""
            or "upgrade" in self.header_value("connection").lower()
            or any(_WORDS.search(word) for word in self.node.args)
            or any(self._names_websockets(node) for node in self.passes if node.args)
            or any(_WORDS.match(name) for name in (self.server.names if self.server else ()))
        )

    def _names_websockets(self, node: Node) -> bool:
        target = node.args[0]
        return bool(_WS_SCHEME.match(target) or _WORDS.search(_host(target)))

    def has_near_backend(self) -> bool:
        """Whether each backend is this machine or one of its network: a program that serves this
        site and no other, which needs no host name of its own.
        """
        targets = [target for node in self.passes for target in node.args[:1]]
        hosts = [host for target in targets for host in self._hosts(target)]
        return bool(hosts) and all(map(_is_near, hosts))

    def _hosts(self, target: str) -> list[str]:
        """The host in a URL, or those behind the name of an upstream."""
        host = _host(target)
        return [_host(each) for each in self.site.upstreams.get(host, [target])]


def locations(configuration: Configuration) -> Iterator[Location]:
    """Every block with a ``proxy_pass``, also one inside of ``if`` or ``limit_except``: headers
    and timeouts cannot be set in those, and hold from the location around them.
    """
    found: dict[Node, list[Node]] = {}
    for node in configuration.statements("proxy_pass"):
        holder = node.enclosing("location")
        if holder is None and node.enclosing("server") is None:
            holder = configuration.root
        if holder is not None:
            found.setdefault(holder, []).append(node)
    site = Site(configuration)
    return (Location(node, passes, site) for node, passes in found.items())


def _is_upgrade(value: str | None) -> bool:
    return value is not None and "upgrade" in value.lower()


def _host(target: str) -> str:
    found = _TARGET.match(target)
    return found[1] if found else ""


def _is_near(host: str) -> bool:
    address = parsed_address(host)
    if isinstance(address, IPv4Address | IPv6Address):
        return address.is_private
    return host in ("localhost", "unix")
