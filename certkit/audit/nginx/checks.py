"""All checks of an nginx configuration, in the order in which a connection meets them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from certkit.audit.nginx import certificates, encoding, policy, sharing, tls, websocket
from certkit.audit.nginx.locations import locations
from certkit.audit.nginx.servers import Sockets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from certkit.audit.nginx.certificates import Certificates
    from certkit.audit.nginx.locations import Location
    from certkit.audit.nginx.policy import Pages
    from certkit.audit.nginx.tree import Configuration, Node
    from certkit.audit.problem import Problem

_TLS: Final[tuple[Callable[[Sockets], Iterator[Problem]], ...]] = (
    tls.ssl_on,
    tls.listen_without_ssl,
    tls.old_protocol,
    tls.no_tls13,
    tls.no_tls13_by_default,
    tls.weak_cipher,
)


def problems(
    configuration: Configuration, files: Certificates, pages: Pages, now: datetime
) -> list[Problem]:
    """What is wrong, each thing once: a file that is included twice is mended once."""
    sockets = Sockets(configuration)
    proxying = list(locations(configuration))
    found: dict[tuple[str, object, int], Problem] = {}
    for problem in chain(
        *(check(sockets) for check in _TLS),
        sharing.default_server_wins(sockets),
        sharing.addresses(sockets, files),
        certificates.key_mismatch(sockets, files),
        certificates.out_of_date(sockets, files, now),
        encoding.byte_order_mark(configuration),
        websocket.upstream_scheme(configuration),
        websocket.map_in_server(configuration),
        _proxying(proxying, sockets),
        policy.forbidden(configuration, sockets, proxying, pages),
    ):
        place = (problem.code, problem.source, problem.at)
        found[place] = found[place].merged(problem) if place in found else problem
    return list(found.values())


def _proxying(found: Iterable[Location], sockets: Sockets) -> Iterator[Problem]:
    quiet: dict[Node, Location] = {}
    loud: set[Node] = set()
    for location in found:
        server = location.server.node if location.server else None
        if location.is_for_websockets():
            loud.update((server,) if server else ())
            for check in websocket.CHECKS:
                yield from check(location)
        elif server is not None:
            quiet.setdefault(server, location)
    for each in sockets.servers:
        if each.node in quiet and each.node not in loud and sockets.speaks_tls(each):
            yield from websocket.no_websockets(quiet[each.node])
