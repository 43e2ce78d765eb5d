"""Several servers on one socket: what the default server decides for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.audit.nginx.tls import modern_protocols, tls_anchor
from certkit.audit.nginx.writing import after, behind_word, without_word
from certkit.audit.problem import Problem
from certkit.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from certkit.audit.edits import Edit
    from certkit.audit.nginx.certificates import Certificates
    from certkit.audit.nginx.servers import Address, Listen, Server, Sockets

_CURVES: Final = "ssl_ecdh_curve"
_PROTOCOLS: Final = "ssl_protocols"


def default_server_wins(sockets: Sockets) -> Iterator[Problem]:
    """ssl_protocols before nginx 1.29.2 and ssl_ecdh_curve in every version (measured to 1.31.3)
    are the default server's for every server of the socket.
    """
    seen: set[tuple[str, Server]] = set()
    for default, listens in sockets.shared:
        for name in (_PROTOCOLS, _CURVES):
            other = next((each for each in listens if _differs(name, each, default)), None)
            # The default server of two sockets takes its line from one neighbour, not from both.
            if other is not None and (name, default.server) not in seen:
                seen.add((name, default.server))
                yield _overruled(name, default, other)


def _differs(name: str, listen: Listen, default: Listen) -> bool:
    mine, its = listen.server.node.level(name), default.server.node.level(name)
    if not mine or mine is its:
        return False
    if name == _PROTOCOLS:
        return modern_protocols(mine) != modern_protocols(its)
    return [node.args for node in mine] != [node.args for node in its]


def _overruled(name: str, default: Listen, other: Listen) -> Problem:
    theirs = default.server.node.level(name)
    lines = [node.raw for node in other.server.node.level(name)]
    at = theirs[-1] if theirs else default.node
    version = "before nginx 1.29.2" if name == _PROTOCOLS else "in every nginx"
    return Problem(
        "nginx.default-server-wins",
        Severity.WARNING,
        f"{name} of {other.server.title} does not count: another server is the default on port "
        f"{default.port}",
        f"{version} the default server of a port decides {name} for all of them"
        + ("" if theirs else "; without the line it takes TLS 1.3 or the groups away"),
        at.source,
        at.at,
        () if theirs else (after(tls_anchor(default.server), *lines),),
        f"write the same {name} in both servers, or give one an address or a port of its own",
    )


def addresses(sockets: Sockets, certificates: Certificates) -> Iterator[Problem]:
    """A client that dials an IP address names no host (RFC 6066 section 3): the default server
    answers it, with its own certificate or with a refusal.
    """
    for default, listens in sockets.shared:
        covered = certificates.addresses(default.server)
        for listen in listens:
            wanted = listen.server.named_addresses | certificates.addresses(listen.server)
            if listen is default or listen.server.rejects_handshakes:
                continue
            if not wanted - covered or not _has_another(listen, default):
                continue
            refuses = default.server.rejects_handshakes
            yield (_refused if refuses else _answered)(listen, default, wanted - covered)
            break


def _has_another(listen: Listen, default: Listen) -> bool:
    """Whether it has a certificate, and not the one that the default server has."""
    mine, its = (each.server.node.level("ssl_certificate") for each in (listen, default))
    return bool(mine) and [node.args for node in mine] != [node.args for node in its]


def _refused(listen: Listen, default: Listen, wanted: set[Address]) -> Problem:
    return Problem(
        "nginx.reject-handshake-ip",
        Severity.ERROR,
        f"clients that dial {_some(wanted)} are refused: ssl_reject_handshake is on in the default "
        f"server of port {default.port}",
        "a client that dials an IP address sends no server name and meets the default server; "
        "curl, Node and Java all get the alert unrecognized_name (112), Chromium says "
        "ERR_SSL_UNRECOGNIZED_NAME_ALERT",
        default.node.source,
        default.node.at,
        _made_default(listen, default),
    )


def _answered(listen: Listen, default: Listen, wanted: set[Address]) -> Problem:
    return Problem(
        "nginx.default-server-wins",
        Severity.WARNING,
        f"clients that dial {_some(wanted)} do not get the certificate of {listen.server.title}",
        f"a client that dials an IP address sends no server name and meets the default server of "
        f"port {default.port}, which has another certificate",
        listen.node.source,
        listen.node.at,
        () if default.default_word else _made_default(listen, default),
        f"give it an address of its own: listen {_bracketed(min(wanted, key=str))}:{default.port} "
        "ssl; or move default_server here",
    )


def _made_default(listen: Listen, default: Listen) -> tuple[Edit, ...]:
    given = behind_word(listen.node, listen.address_word, "default_server")
    word = default.default_word
    return (given,) if word is None else (without_word(default.node, word), given)


def _some(wanted: Iterable[Address]) -> str:
    first, *others = sorted(map(str, wanted))
    return f"{first} and {len(others)} more" if others else first


def _bracketed(address: Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)
