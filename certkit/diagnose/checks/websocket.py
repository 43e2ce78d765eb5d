"""Whether the answer opens a WebSocket, and what happens on it (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from certkit.diagnose import frames, repairs
from certkit.diagnose.frames import Frame
from certkit.pki.refusal import quoted
from certkit.verify.wording import advice, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.case import Case
    from certkit.diagnose.http_head import Head
    from certkit.findings import Finding

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LONGEST: Final = 1 << 63
# Section 7.4.1: never in a frame. 999 and below and 5000 and above are no codes at all.
_RESERVED: Final = frozenset({1004, 1005, 1006, 1015})


def expected_accept(key: str) -> str:
    """Section 4.2.2, with the RFC's own example:

    >>> expected_accept("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    digest = hashlib.sha1(f"{key}{_GUID}".encode("ascii"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def _opened(case: Case) -> Head | None:
    answer = case.seen.answer
    head = answer.parsed if answer is not None and case.target.websocket else None
    return head if head is not None and head.status == 101 else None


def check_origin(case: Case) -> Iterator[Finding]:
    """The request was forbidden, and is not from another page."""
    taken = [each for each in case.seen.origins if each.status == 101]
    if not taken:
        return
    refused = quoted(case.target.origin or "none")
    head = case.seen.answer.parsed if case.seen.answer is not None else None
    status = head.status if head is not None else "no answer"
    other = taken[0].origin
    lost_port = (other or "").count(":") == 1 and (case.target.origin or "").startswith(f"{other}:")
    yield error(
        "websocket.origin-refused",
        f"the server refuses requests of the page {refused} ({status}), and takes them "
        + (f"of {quoted(other)}" if other else "without an Origin"),
        "the backend compares the Origin with the Host that it sees, and the proxy takes the port "
        "out of it: proxy_set_header Host $host"
        if lost_port
        else "the server has a list of the pages that may connect (websockets origins=, "
        "verifyClient of ws, ALLOWED_HOSTS), or it compares the Origin with the Host that it sees, "
        "which a proxy changed (tornado); browsers always send the Origin",
        repairs.ORIGINAL_HOST
        if lost_port
        else advice(
            f"add the page to the server's allowed origins: {case.target.origin}; a proxy must "
            "send the browser's Host: proxy_set_header Host $http_host, ProxyPreserveHost On"
        ),
    )


def check_upgrade_fields(case: Case) -> Iterator[Finding]:
    head = _opened(case)
    if head is None:
        return
    missing = [
        f"{name}: {token}"
        for name, token in (("Upgrade", "websocket"), ("Connection", "upgrade"))
        if token not in head.tokens(name.lower())
    ]
    if missing:
        yield error(
            "websocket.missing-upgrade",
            f"the answer is 101 and lacks {' and '.join(missing)}",
            "RFC 6455 section 4.1: clients must refuse it; a proxy that takes these lines out of "
            "the answer does this",
            repairs.pass_upgrade(head),
        )


def check_accept(case: Case) -> Iterator[Finding]:
    head = _opened(case)
    if head is None:
        return
    accept = head.get("sec-websocket-accept")
    if accept != expected_accept(case.seen.key):
        said = f"is {quoted(accept)}, which does not fit the key" if accept else "is missing"
        yield error(
            "websocket.bad-accept",
            f"Sec-WebSocket-Accept {said}",
            "RFC 6455 section 4.2.2: it proves that the server understood the request; a cache or "
            "a program that answers by rote does not",
            advice("let a WebSocket library make the answer"),
        )


def check_extension(case: Case) -> Iterator[Finding]:
    head = _opened(case)
    extensions = head.get("sec-websocket-extensions") if head is not None else None
    if extensions is not None:
        # Chromium 156, websockets 17 and ws 8 refuse the field without a value too (measured).
        said = quoted(extensions) if extensions else "the field is there, and empty"
        yield error(
            "websocket.extension",
            f"the server uses an extension that nobody asked for: {said}",
            "RFC 6455 section 4.1: clients must fail the connection; Chromium says 'Found an "
            "unsupported extension'",
            advice("let the server choose among the extensions of the request alone"),
        )


def check_subprotocol(case: Case) -> Iterator[Finding]:
    head = _opened(case)
    if head is None:
        return
    asked, chosen = case.target.subprotocols, head.get("sec-websocket-protocol")
    if chosen is not None and chosen not in asked:
        said = f"chose the subprotocol {quoted(chosen)}, which was not asked for"
        why = "RFC 6455 section 4.1: clients must refuse; Node 24's built-in client even crashes"
    elif asked and chosen is None:
        said = f"chose none of the subprotocols {', '.join(map(quoted, asked))}"
        why = "Chromium and Node's ws refuse, Firefox and Python connect without one"
    else:
        return
    yield error(
        "websocket.subprotocol",
        f"the server {said}",
        why,
        advice("let page and server name the same subprotocol; --subprotocol asks for one"),
    )


def check_protocol(case: Case) -> Iterator[Finding]:
    """Frames that clients must not accept."""
    session = case.seen.session
    if session is None:
        return
    begun = False
    for frame in session.frames:
        fault = _fault(frame) or _fault_of_order(frame, begun=begun)
        begun = begun if frame.control else not frame.fin
        if fault is not None:
            yield error(
                "websocket.protocol-error",
                f"the server sent a frame that is not allowed: {fault}",
                "RFC 6455 section 7.1.7: clients close the connection, with 1002 or 1007",
                advice("let a WebSocket library make the frames"),
            )
            return


def _fault_of_order(frame: Frame, *, begun: bool) -> str | None:
    """``begun``: a message in parts was begun and is not at its end (section 5.4)."""
    if frame.opcode == frames.CONTINUATION and not begun:
        return "a message goes on that was never begun (section 5.4)"
    if frame.data and begun:
        return "a message begins before the one before has ended (section 5.4)"
    return None


def _fault(frame: Frame) -> str | None:
    for applies, sentence in _FAULTS:
        if applies(frame):
            return sentence
    return _close_fault(frame) if frame.opcode == frames.CLOSE else None


_FAULTS: Final[tuple[tuple[Callable[[Frame], bool], str], ...]] = (
    (lambda frame: frame.masked, "it is masked, and only clients mask (section 5.1)"),
    (
        lambda frame: frame.reserved != 0,
        "a reserved bit is set without an extension that uses it (section 5.2)",
    ),
    (lambda frame: frame.opcode not in frames.KNOWN, "its opcode is reserved (section 5.2)"),
    (
        lambda frame: frame.control and (not frame.fin or frame.length > 125),
        "a control frame in parts, or longer than 125 octets (section 5.5)",
    ),
    (
        lambda frame: not frame.shortest or frame.length >= _LONGEST,
        "a length in more octets than it needs, or with its highest bit set (section 5.2)",
    ),
    (
        lambda frame: (
            frame.opcode == frames.TEXT
            and frame.fin
            and frame.whole
            and not _is_utf8(frame.payload)
        ),
        "a text that is not UTF-8 (section 8.1)",
    ),
)


def _close_fault(frame: Frame) -> str | None:
    code = frame.close_code
    if frame.length == 1:
        return "a close frame with half a code (section 5.5.1)"
    if code is not None and (code in _RESERVED or not 1000 <= code < 5000):
        return f"the close code {code} must not be sent (section 7.4)"
    return None if _is_utf8(frame.payload[2:]) else "a close reason that is not UTF-8"


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_ended(case: Case) -> Iterator[Finding]:
    session = case.seen.session
    if session is None:
        return
    codes = [frame.close_code for frame in session.frames if frame.opcode == frames.CLOSE]
    if broken := [_BROKEN[code] for code in codes if code in _BROKEN]:
        yield error(
            "websocket.closed-abnormally",
            f"the server closed the WebSocket as soon as it was open: {broken[0]}",
            "the handshake was right, and the program failed behind it; pages see the close code "
            "and nothing else",
            advice("look into the log of the program: it ended with an error"),
        )
        return
    if session.failure is None or session.idle is not None:
        return
    how = "reset" if session.failure.kind == "reset" else "closed"
    yield error(
        "websocket.closed-abnormally",
        f"the connection was {how} right after it opened, without a close frame",
        "browsers report the code 1006; the program behind it crashed, a proxy has no backend for "
        "WebSockets, or nginx asked it in HTTP/1.0 (tornado then hangs up)",
        advice(
            "look into the log of the program: it ended with an error; behind nginx look for "
            "proxy_http_version 1.1"
        ),
    )


# RFC 6455 section 7.4.1 and the registry of IANA: what a server says of itself.
_BROKEN: Final = {
    1011: "1011, it met an error (internal error)",
    1014: "1014, it has no answer of its backend (bad gateway)",
}


def check_idle(case: Case) -> Iterator[Finding]:
    session = case.seen.session
    idle = session.idle if session is not None else None
    if idle is None or idle.open:
        return
    how = f"with the code {idle.close_code}" if idle.close_code else "without a close frame (1006)"
    yield error(
        "websocket.idle-timeout",
        f"the silent connection was cut after {idle.seconds:.1f} s, {how}",
        "a proxy ends what is silent: nginx after proxy_read_timeout (60 s), HAProxy after timeout "
        "tunnel, Apache after TimeOut; browsers cannot send pings",
        repairs.longer(case.seen.answer.parsed if case.seen.answer is not None else None),
    )


CHECKS: Final = (
    check_origin,
    check_upgrade_fields,
    check_accept,
    check_extension,
    check_subprotocol,
    check_protocol,
    check_idle,
    check_ended,
)
