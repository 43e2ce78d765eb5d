"""Does the server speak TLS at all, with which versions and suites."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from certkit.audit.nginx.ciphers import weaknesses
from certkit.audit.nginx.writing import after, behind_word, with_word, without, without_word
from certkit.audit.problem import Problem
from certkit.findings import Severity
from certkit.mozilla import CIPHERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from certkit.audit.edits import Edit
    from certkit.audit.nginx.servers import Listen, Server, Socket, Sockets
    from certkit.audit.nginx.tree import Node

_OLD: Final = frozenset({"sslv2", "sslv3", "tlsv1", "tlsv1.1"})
MODERN: Final = "TLSv1.2 TLSv1.3"
_PLAIN_PORTS: Final = ("80", "8000", "8080")


def ssl_on(sockets: Sockets) -> Iterator[Problem]:
    meant: defaultdict[Node, list[Server]] = defaultdict(list)
    for server in sockets.servers:
        if server.ssl_on:
            meant[server.node.level("ssl")[-1]].append(server)
    for node in sockets.configuration.statements("ssl"):
        if len(node.args) != 1:
            continue
        turned = [
            sockets.of(listen).with_tls
            for server in meant[node]
            for listen in _listens_for_tls(server)
        ]
        safe = all(server.listens for server in meant[node]) and all(turned)
        yield Problem(
            "nginx.ssl-on",
            Severity.ERROR,
            f"'ssl {node.args[0]}' was removed from nginx 1.25.1",
            'since 1.25.1 nginx does not start with it (unknown directive "ssl"), before it only '
            "warned; the parameter ssl of listen takes its place, for each port by itself",
            node.source,
            node.at,
            (without(node), *(edit for edits in turned for edit in edits)) if safe else (),
            "take the line out and write 'listen ... ssl' in each server that speaks TLS; another "
            "server on the same port has no certificate: give it one, or a port of its own",
        )


def _listens_for_tls(server: Server) -> list[Listen]:
    """Those that ``ssl on`` turned to TLS. Port 80 beside another one was never meant."""
    plain = [listen for listen in server.listens if not listen.tls]
    return [listen for listen in plain if listen.port != "80"] or plain


def listen_without_ssl(sockets: Sockets) -> Iterator[Problem]:
    """Each socket once: the parameter is missing for all of its servers."""
    seen: set[Socket] = set()
    for server in sockets.servers:
        for listen in () if server.ssl_on else _plain_by_mistake(server, sockets):
            socket, node = sockets.of(listen), listen.node
            if socket in seen:
                continue
            seen.add(socket)
            yield Problem(
                "nginx.listen-without-ssl",
                Severity.ERROR,
                f"{server.title} speaks plain HTTP on port {listen.port}: 'listen' has no 'ssl'",
                "nginx loads this without a word; a client that opens wss:// there gets "
                "ERR_SSL_PROTOCOL_ERROR (Chromium) or WRONG_VERSION_NUMBER (OpenSSL)",
                node.source,
                node.at,
                socket.with_tls,
                f"write 'listen {node.args[0]} ssl' once every server on this port has its "
                "certificate: certkit issue NAME --snippet nginx",
            )


def _plain_by_mistake(server: Server, sockets: Sockets) -> list[Listen]:
    plain = [
        listen
        for listen in server.listens
        if not sockets.of(listen).speaks_tls and not listen.socket[0].startswith("unix:")
    ]
    on_443 = [listen for listen in plain if listen.port == "443"]
    if on_443 or sockets.speaks_tls(server):
        return on_443
    if not server.node.level("ssl_certificate"):
        return []
    like_443 = [listen for listen in plain if listen.port.endswith("443")]
    if like_443 or not server.node.own("ssl_certificate"):
        return like_443
    return [listen for listen in plain if listen.port not in _PLAIN_PORTS]


def old_protocol(sockets: Sockets) -> Iterator[Problem]:
    for node in sockets.configuration.statements("ssl_protocols"):
        words = node.statement.words[1:]
        old = [word for word in words if word.value.lower() in _OLD]
        if not old:
            continue
        edits: list[Edit] = [without_word(node, word) for word in old]
        if len(old) == len(words):
            edits[0] = with_word(node, old[0], "TLSv1.2")
        yield Problem(
            "nginx.old-protocol",
            Severity.WARNING,
            f"ssl_protocols allows {_listed(word.value for word in old)}",
            "RFC 8996, 7568 and 6176 forbid them, browsers left them in 2020, and OpenSSL 3 speaks "
            "none of them at its usual security level: it only looks as if old clients were served",
            node.source,
            node.at,
            tuple(edits),
        )


def no_tls13(sockets: Sockets) -> Iterator[Problem]:
    for node in sockets.configuration.statements("ssl_protocols"):
        # Several lines of one block add up; the last one speaks for them.
        level = node.parent.own("ssl_protocols") if node.parent else [node]
        if node is not level[-1] or not node.args or "tlsv1.3" in _protocols(level):
            continue
        yield Problem(
            "nginx.no-tls13",
            Severity.WARNING,
            "ssl_protocols does not allow TLSv1.3",
            "every current client offers TLS 1.3 first; it saves a round trip for each connection, "
            "and a client that wants nothing else is refused (alert 70, protocol_version)",
            node.source,
            node.at,
            (behind_word(node, node.statement.words[-1], "TLSv1.3"),),
        )


def no_tls13_by_default(sockets: Sockets) -> Iterator[Problem]:
    """No ssl_protocols at all: fine in a current nginx, TLS 1.2 alone in Debian 12's."""
    mended = _losing_to_a_neighbour(sockets)
    bare = [
        server
        for server in sockets.servers
        if server not in mended
        and sockets.speaks_tls(server)
        and not server.node.level("ssl_protocols")
        and server.node.knows("ssl_protocols")
    ]
    if not bare:
        return
    anchors = [tls_anchor(server) for server in bare]
    yield Problem(
        "nginx.no-tls13",
        Severity.NOTE,
        "no ssl_protocols: before nginx 1.23.4 the default has no TLS 1.3",
        "nginx 1.22 (Debian 12) then speaks TLS 1.2 alone",
        anchors[0].source,
        bare[0].node.at,
        tuple(after(anchor, f"ssl_protocols {MODERN};") for anchor in anchors),
    )


def _losing_to_a_neighbour(sockets: Sockets) -> set[Server]:
    """Those to which :func:`.sharing.default_server_wins` adds this very line."""
    return {
        default.server
        for default, listens in sockets.shared
        if any(listen.server.node.level("ssl_protocols") for listen in listens)
    }


def tls_anchor(server: Server) -> Node:
    """The statement in the server's own text behind which a line on TLS belongs."""
    for name in ("ssl_certificate_key", "ssl_certificate", "listen"):
        if own := server.node.own(name):
            return own[-1].via or own[-1]
    return server.node.children[0]


def weak_cipher(sockets: Sockets) -> Iterator[Problem]:
    for node in sockets.configuration.statements("ssl_ciphers"):
        if len(node.args) == 1 and (found := weaknesses(node.args[0])):
            yield Problem(
                "nginx.weak-cipher",
                Severity.WARNING,
                f"ssl_ciphers lets in: {_listed(found)}",
                "which of them are really offered depends on the OpenSSL below; nginx -t accepts "
                "any of these words in silence. The patch is Mozilla's guideline 6.0",
                node.source,
                node.at,
                (with_word(node, node.statement.words[1], ":".join(CIPHERS)),),
            )


def _protocols(nodes: Iterable[Node]) -> set[str]:
    return {argument.lower() for node in nodes for argument in node.args}


def modern_protocols(nodes: Iterable[Node]) -> frozenset[str] | None:
    """What ssl_protocols allows once this file's findings are mended; None where it is not set."""
    allowed = _protocols(nodes)
    return frozenset((allowed - _OLD or {"tlsv1.2"}) | {"tlsv1.3"}) if allowed else None


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
