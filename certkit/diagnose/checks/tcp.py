"""Whether somebody takes the connection, and keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.verify.wording import advice, error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from certkit.diagnose.case import Case
    from certkit.diagnose.observation import Attempt, Ending
    from certkit.findings import Finding


def check_refused(case: Case) -> Iterator[Finding]:
    if failed := _in_vain(case, "refused"):
        yield error(
            "tcp.refused",
            f"nothing listens on {_where(failed)}",
            "the machine answers, and no program has this port open on this address; a server "
            "that binds 127.0.0.1 alone is not reached by another address",
            advice(
                f"start the server, or look for its real port: ss -ltn | grep :{case.target.port}"
            ),
        )


def check_timeout(case: Case) -> Iterator[Finding]:
    if failed := _in_vain(case, "timeout"):
        yield error(
            "tcp.timeout",
            f"{_where(failed)} does not answer",
            "a firewall that drops, a machine that is off or in another network, or a server "
            "that is too busy to accept; browsers wait for minutes",
            advice("check the address, and that the firewall lets the port through"),
        )


def check_unreachable(case: Case) -> Iterator[Finding]:
    connection = case.seen.connection
    if connection is None or connection.peer is not None or not connection.attempts:
        return
    kinds = {attempt.failure.kind for attempt in connection.attempts}
    if kinds.isdisjoint({"refused", "timeout", "reset"}):
        yield error(
            "tcp.unreachable",
            f"{_where(connection.attempts)} cannot be reached: "
            f"{connection.attempts[0].failure.text}",
            "this machine has no way to that address",
            advice("check the address and the network: ip route"),
        )


def check_proxy_line(case: Case) -> Iterator[Finding]:
    """Nothing was answered, but behind the line of a load balancer it was."""
    peer = case.seen.connection.peer if case.seen.connection else None
    if case.seen.behind_proxy_line and peer is not None:
        yield error(
            "tcp.proxy-protocol",
            f"{peer} expects the PROXY protocol, which clients do not speak",
            "each connection must begin with a line that a load balancer writes, or the server "
            "closes it without a word: proxy_protocol in nginx's listen, accept-proxy in HAProxy, "
            "RemoteIPProxyProtocol in Apache",
            advice(
                "dial the load balancer, or let the server do without on a port for clients: take "
                "proxy_protocol out of its listen line"
            ),
        )


def check_reset(case: Case) -> Iterator[Finding]:
    """At once, in the TLS handshake, or when the request came."""
    seen = case.seen
    if failed := _in_vain(case, "reset"):
        yield _reset(_where(failed), "at once")
        return
    peer = seen.connection.peer if seen.connection else None
    for step, when in (
        (seen.handshake, "in the TLS handshake"),
        (seen.answer, "after the request"),
    ):
        failure = step.failure if step is not None else None
        if peer and failure is not None and failure.kind == "reset":
            if not _said_why(case):
                yield _reset(peer, when)
            return


def _said_why(case: Case) -> bool:
    """More is known: an alert, a wish for a certificate, the answer to another question."""
    handshake, anything = case.seen.handshake, case.seen.anything
    plain, secure = case.seen.plain, case.seen.secure
    return (
        (handshake is not None and bool(handshake.alert or handshake.client_certificate_asked))
        or (anything is not None and anything.complete)
        or (plain is not None and bool(plain.head))
        or (secure is not None and secure.complete)
    )


def _reset(where: str, when: str) -> Finding:
    return error(
        "tcp.reset",
        f"{where} reset the connection {when}",
        "a program that ends with the connection open, a proxy without its backend, or a firewall "
        "that rejects, or Envoy without a filter chain for the name; browsers say "
        "ERR_CONNECTION_RESET",
        advice("look into the server's log at this moment"),
    )


def _in_vain(case: Case, kind: Ending) -> Sequence[Attempt]:
    """Every attempt, when none opened and the clearest answer was ``kind``."""
    connection = case.seen.connection
    if connection is None or connection.peer is not None:
        return ()
    kinds = {attempt.failure.kind for attempt in connection.attempts}
    clearest = next((each for each in _CLEAREST if each in kinds), None)
    return connection.attempts if clearest == kind else ()


_CLEAREST: Final[tuple[Ending, ...]] = ("refused", "reset", "timeout")


def _where(attempts: Sequence[Attempt]) -> str:
    return " and ".join(attempt.address for attempt in attempts[:4])


CHECKS: Final = (check_refused, check_timeout, check_unreachable, check_proxy_line, check_reset)
