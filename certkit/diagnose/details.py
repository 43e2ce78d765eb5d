"""One line for each layer: what was seen there when nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from certkit.text import printable
from certkit.verify.wording import span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from certkit.diagnose.case import Case

_NOT_REACHED: Final = "not reached"
_PLAIN: Final = "not encrypted"


class Detail(NamedTuple):
    ms: float | None
    text: str
    seen: bool


def _skipped(text: str) -> Detail:
    return Detail(None, text, seen=False)


def _url(case: Case) -> Detail:
    return Detail(0, printable(case.target.url), seen=True)


def _dns(case: Case) -> Detail:
    lookup = case.seen.lookup
    if lookup is None or lookup.failure is not None:
        return _skipped(_NOT_REACHED)
    shown = ", ".join(map(printable, lookup.addresses[:4]))
    return Detail(lookup.ms, f"{shown} (an address)" if lookup.literal else shown, seen=True)


def _tcp(case: Case) -> Detail:
    connection = case.seen.connection
    if connection is None:
        return _skipped(_NOT_REACHED)
    if connection.peer is None:
        return Detail(connection.ms, _NOT_REACHED, seen=False)
    in_vain = "".join(
        f"; {attempt.address}: {attempt.failure.text}" for attempt in connection.attempts
    )
    return Detail(connection.ms, f"connected to {connection.peer}{in_vain}", seen=True)


def _tls(case: Case) -> Detail:
    handshake = case.seen.handshake
    if not case.target.secure and case.target.problem is None:
        return _skipped(_PLAIN)
    if handshake is None:
        return _skipped(_NOT_REACHED)
    if not handshake.complete:
        return Detail(handshake.ms, "not finished", seen=False)
    name = case.target.server_name
    parts = [
        f"{handshake.version}, {handshake.cipher}",
        f"ALPN {printable(handshake.alpn)}" if handshake.alpn else "no ALPN",
        f"SNI {printable(name)}" if name else "no SNI, as for every address",
    ]
    if handshake.client_certificate_asked:
        parts.append("a client certificate is asked for")
    offered = case.seen.offered
    if offered is not None:
        count = sum(len(suites) for _, suites in offered.suites)
        more = "" if offered.whole else ", more were not asked for in time"
        parts.append(f"offers {', '.join(offered.versions)} ({count} suites{more})")
    return Detail(handshake.ms, "; ".join(parts), seen=True)


def _of_chain(text: Callable[[Case], str]) -> Callable[[Case], Detail]:
    def detail(case: Case) -> Detail:
        if not case.target.secure and case.target.problem is None:
            return _skipped(_PLAIN)
        if not case.seen.chain:
            return _skipped(_NOT_REACHED)
        return Detail(0, text(case), seen=True)

    return detail


def _chain(case: Case) -> str:
    verdict = case.verdict
    if verdict is None or not verdict.chain:
        return ""
    return f"signed by {printable(verdict.chain[-1].subject)}, which is trusted"


def _validity(case: Case) -> str:
    verdict = case.verdict
    if verdict is None or not verdict.chain:
        return ""
    leaf = verdict.chain[0]
    return f"until {leaf.not_after:%Y-%m-%d} ({span(leaf.not_after - case.at)} left)"


def _name(case: Case) -> str:
    verdict = case.verdict
    matched = printable(verdict.matched_by or "") if verdict is not None else ""
    name = printable(case.target.name)
    return name if matched in ("", name) else f"{name}, matched by {matched}"


def _usage(case: Case) -> str:
    verdict = case.verdict
    key = verdict.chain[0].describe()["key"] if verdict is not None and verdict.chain else None
    named = f", {key['algorithm']} {key['bits']}" if isinstance(key, dict) else ""
    return f"a server certificate{named}"


def _http(case: Case) -> Detail:
    answer = case.seen.answer
    head = answer.parsed if answer is not None else None
    if answer is None:
        return _skipped(_NOT_REACHED)
    if head is None:
        return Detail(answer.ms, "no answer", seen=False)
    server = f" from {printable(head.get('server') or '')}" if head.get("server") else ""
    return Detail(answer.ms, f"{head.status} {printable(head.reason)}{server}", seen=True)


def _websocket(case: Case) -> Detail:
    if not case.target.websocket and case.target.problem is None:
        return _skipped("an https:// or http:// URL opens none")
    session, answer = case.seen.session, case.seen.answer
    head = answer.parsed if answer is not None else None
    if session is None or head is None:
        return _skipped(_NOT_REACHED)
    chosen = head.get("sec-websocket-protocol")
    closed = next((frame for frame in session.frames if frame.opcode == 8), None)
    parts = ["open"]
    if chosen:
        parts.append(f"subprotocol {printable(chosen)}")
    if session.pong:
        parts.append("answers a ping")
    elif closed is not None:
        reason = printable(closed.payload[2:].decode("utf-8", "replace"))
        parts.append(f"closed by the server: {closed.close_code or 'no code'} {reason}".rstrip())
    else:
        parts.append("no answer to a ping")
    if session.idle is not None and session.idle.open:
        parts.append(f"still open after {session.idle.seconds:g} s of silence")
    return Detail(session.ms, ", ".join(parts), seen=True)


DETAILS: Final[Mapping[str, Callable[[Case], Detail]]] = {
    "url": _url,
    "dns": _dns,
    "tcp": _tcp,
    "tls": _tls,
    "chain": _of_chain(_chain),
    "validity": _of_chain(_validity),
    "name": _of_chain(_name),
    "usage": _of_chain(_usage),
    "http": _http,
    "websocket": _websocket,
}
