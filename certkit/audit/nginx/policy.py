"""A policy that nginx sends and that forbids the WebSockets of its own site."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from certkit.audit.edits import Edit
from certkit.audit.files import Unreadable, resolved
from certkit.audit.page.html import parts
from certkit.audit.page.policy import CODE, WHY, advice, listed, opened_by, sources
from certkit.audit.policy import Opened, Origin, policies
from certkit.audit.problem import Problem
from certkit.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from certkit.audit.files import Source
    from certkit.audit.nginx.locations import Location
    from certkit.audit.nginx.servers import Server, Sockets
    from certkit.audit.nginx.tree import Configuration, Node
    from certkit.audit.policy import Policy

_HEADER: Final = "content-security-policy"
_DIRECTIVE: Final = "add_header"
# Patterns, what fits nothing, and what is filled in later.
_NO_NAME: Final = frozenset("~*_$")
_MOST_ORIGINS: Final = 64
_MOST: Final = 16
"""Servers of one root that are looked at."""


@dataclass
class Pages:
    """The pages of an audit, by resolved path; ``beside`` gives the scripts of one by name."""

    found: Mapping[Path, Source]
    beside: Callable[[Path, str], str | None]
    _urls: dict[tuple[Path, bool], list[Opened]] = field(default_factory=dict)

    def opened(self, path: Path, policy: Policy) -> list[Opened]:
        """What the page opens where ``policy`` holds."""
        key = (path, policy.lets_inline_run)
        if key not in self._urls:
            text = self.found[path].text
            script = partial(self.beside, path)
            self._urls[key] = opened_by(text, list(parts(text)), policy, script)
        return self._urls[key]


class _Sent(NamedTuple):
    """A policy in an ``add_header``; ``at`` is where it begins in the header's value."""

    node: Node
    policy: Policy
    at: int

    def with_sources(self, new: Sequence[str]) -> tuple[Edit, ...]:
        """The edit that allows them too; none where the value is not as it stands in the file."""
        word, change = self.node.statement.words[2], self.policy.letting(new)
        raw = self.node.source.text[word.start : word.end]
        quoted = raw[:1] in ('"', "'") and raw[1:-1] == word.value
        if change is None or not quoted or raw[0] in change[2]:
            return ()
        start = word.start + 1 + self.at
        return (Edit(self.node.source, start + change[0], start + change[1], change[2]),)


def forbidden(
    configuration: Configuration, sockets: Sockets, found: Iterable[Location], pages: Pages
) -> Iterator[Problem]:
    """Each header once: what it forbids besides is found when the first thing is mended."""
    named: set[Node] = set()
    for node, problem in chain(_own(sockets, found), _of_pages(configuration, sockets, pages)):
        if node not in named:
            named.add(node)
            yield problem


def _own(sockets: Sockets, found: Iterable[Location]) -> Iterator[tuple[Node, Problem]]:
    """A policy under which scripts may run, and may not open the WebSocket of the same server."""
    meant = {each.server.node for each in found if each.server and each.is_for_websockets()}
    for server in sockets.servers:
        origins = _origins(server, sockets) if server.node in meant else []
        for sent in _sent(_headers(server)) if origins else ():
            answers = {sent.policy.answer(Opened(*each), each) for each in origins}
            if answers == {"refused"} and sent.policy.lets_scripts_run:
                yield (
                    sent.node,
                    Problem(
                        CODE,
                        Severity.WARNING,
                        f"{server.title} forbids its pages to open its own WebSocket",
                        f"no source of the policy is the server itself, which is 'self'. {WHY}",
                        sent.node.source,
                        sent.node.at,
                        sent.with_sources(["'self'"]),
                        "add 'self' to connect-src, if pages of this server open its WebSocket",
                    ),
                )


def _of_pages(
    configuration: Configuration, sockets: Sockets, pages: Pages
) -> Iterator[tuple[Node, Problem]]:
    """A page below the root of a server, which opens what the server's policy forbids."""
    roots: defaultdict[Path, list[Server]] = defaultdict(list)
    for server in sockets.servers if pages.found else ():
        root = _root(server, configuration)
        if root is not None and len(roots[root]) < _MOST:
            roots[root].append(server)
    for path in pages.found if roots else ():
        servers = (server for folder in path.parents for server in roots.get(folder, ()))
        for server in servers:
            yield from _of_page(path, server, sockets, pages)


def _of_page(
    path: Path, server: Server, sockets: Sockets, pages: Pages
) -> Iterator[tuple[Node, Problem]]:
    origins = _origins(server, sockets)
    for sent in _sent(server.node.level(_DIRECTIVE)) if origins else ():
        refused = [
            url
            for url in pages.opened(path, sent.policy)
            if all(sent.policy.answer(url, own) == "refused" for own in origins)
        ]
        if refused:
            named = all(url.has_source for url in refused)
            yield (
                sent.node,
                Problem(
                    CODE,
                    Severity.ERROR,
                    f"{server.title} forbids {path.name} its WebSocket to {listed(refused)}",
                    WHY,
                    sent.node.source,
                    sent.node.at,
                    sent.with_sources(sources(refused)) if named else (),
                    advice(refused),
                ),
            )


def _origins(server: Server, sockets: Sockets) -> list[Origin]:
    """Where the server's pages come from; empty where that is not known in full."""
    if not server.names or any(not name or set(name) & _NO_NAME for name in server.names):
        return []
    ports = {listen.port for listen in server.listens if sockets.of(listen).speaks_tls}
    if not all(map(str.isdigit, ports)) or len(server.names) * len(ports) > _MOST_ORIGINS:
        return []
    return [Origin(name.lower(), int(port)) for name in server.names for port in sorted(ports)]


def _headers(server: Server) -> list[Node]:
    """Those of the server and of its locations, or else those that hold there."""
    own = [node for node in server.node.walk() if node.name == _DIRECTIVE]
    return own or server.node.level(_DIRECTIVE)


def _root(server: Server, configuration: Configuration) -> Path | None:
    """The folder of the server's files, where all of them are sent with the same headers."""
    own = server.node.level("root")
    different = (
        node
        for node in server.node.walk()
        if node.parent is not server.node and node.name in (_DIRECTIVE, "root", "alias")
    )
    if not own or len(own[-1].args) != 1 or "$" in own[-1].args[0] or any(different):
        return None
    try:
        return resolved(configuration.place(own[-1].args[0]))
    except Unreadable:
        return None


def _sent(headers: Iterable[Node]) -> Iterator[_Sent]:
    for node in headers:
        if len(node.args) > 1 and node.args[0].lower() == _HEADER and "$" not in node.args[1]:
            for at, policy in policies(node.args[1]):
                yield _Sent(node, policy, at)
