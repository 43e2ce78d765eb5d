"""What the server answers to the request that opens a WebSocket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certkit.diagnose.checks.statuses import meaning
from certkit.diagnose.http_head import is_folded, odd_line
from certkit.findings import Fix
from certkit.pki.refusal import quoted
from certkit.text import printable
from certkit.verify.wording import advice, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.case import Case
    from certkit.findings import Finding

# Of an error page the title says again what its heading says.
_TEXT: Final = re.compile(r"(?is)<(title|style|script)\b[^>]*>.*?(</\1>|\Z)|<[^>]*>")


# --- no answer in HTTP ---


def check_no_answer(case: Case) -> Iterator[Finding]:
    answer = case.seen.answer
    if answer is None or answer.failure is None or answer.failure.kind != "timeout":
        return
    sent = len(answer.head)
    yield error(
        "http.no-answer",
        f"the server took the request and did not finish its answer ({sent} octets of it came)"
        if sent
        else "the server took the request and does not answer it",
        "a backend that hangs, or a program that waits for something else; browsers wait without "
        "a word, nginx says 504 after proxy_read_timeout",
        advice("look into the log of the server, and of the program behind a proxy"),
    )


def check_closed(case: Case) -> Iterator[Finding]:
    answer = case.seen.answer
    if answer is None or answer.overlong or answer.failure is None:
        return
    if answer.failure.kind in ("closed", "other"):
        yield error(
            "http.closed",
            f"the server closed the connection in the middle of its answer ({len(answer.head)} "
            "octets of it came)"
            if answer.head
            else "the server closed the connection when the request came, without an answer",
            "a server of another protocol, a program that crashed on the request, nginx with "
            "return 444, or a TCP proxy without its backend; Chromium says 'Connection closed "
            "before receiving a handshake response'",
            advice("look into the log of the server, and of the program behind a proxy"),
        )


def check_not_http(case: Case) -> Iterator[Finding]:
    answer = case.seen.answer
    if answer is None or answer.parsed is not None:
        return
    if not answer.overlong and (not answer.head or (answer.failure and _begins_well(answer.head))):
        return
    odd = odd_line(answer.head)
    if answer.overlong:
        said = f"its header is longer than {len(answer.head) // 1024} KiB and does not end"
    elif odd is not None:
        said = f"{quoted(odd[:40].decode('latin-1'))} is no field of a header"
    else:
        said = f"it begins with {quoted(answer.head[:40].decode('latin-1'))}"
    yield error(
        "http.not-http",
        f"what the server answers is no HTTP/1: {said}",
        "a program writes into its answer; Chromium passes over such a line, Python's websockets, "
        "Node's ws and curl refuse it (measured)"
        if odd is not None
        else "another protocol has this port, or a program writes into its answer; Chromium says "
        "ERR_INVALID_HTTP_RESPONSE",
        advice("check that the port is that of the web server: ss -ltnp"),
    )


def _begins_well(octets: bytes) -> bool:
    """It may become HTTP/1 when more of it comes."""
    return octets.startswith(_HTTP[: len(octets)])


_HTTP: Final = b"HTTP/1."


def check_odd(case: Case) -> Iterator[Finding]:
    """An answer that browsers take, and stricter clients do not (measured with four of them)."""
    answer = case.seen.answer
    head = answer.parsed if answer is not None else None
    if answer is None or head is None:
        return
    if is_folded(answer.head):
        yield warning(
            "http.not-http",
            "a field of the answer goes on in the next line",
            "servers must not fold fields (RFC 9112 section 5.2); Chromium and curl read it, "
            "Python's websockets and Node's ws refuse the answer",
            advice("let the server write each field in one line"),
        )
    if head.status == 101 and head.version == "1.0":
        yield warning(
            "http.not-http",
            "the answer 101 is in HTTP/1.0",
            "RFC 6455 section 4.1 wants HTTP/1.1; Chromium and Node's ws open it, Python's "
            "websockets refuses",
            advice("let a WebSocket library make the answer"),
        )


# --- an answer that is not 101 ---


def check_status(case: Case) -> Iterator[Finding]:
    """Every status but 101; for a page only those of a server that is broken."""
    answer = case.seen.answer
    head = answer.parsed if answer is not None else None
    if answer is None or head is None or head.status == 101:
        return
    if not case.target.websocket and head.status < 500:
        return
    found = meaning(case, head, answer.body)
    place = head.get("location") if found.code == "http.redirect" else None
    where = f" to {quoted(place)}" if place else ""
    said = _words(answer.body) if not 200 <= head.status < 400 else ""
    yield error(
        found.code,
        f"{found.summary}{where}: HTTP {head.status} {head.reason}".rstrip() + said,
        found.why,
        found.fix if isinstance(found.fix, Fix) else found.fix(case, head),
    )


def _words(body: bytes) -> str:
    """The first words of an error page."""
    text = " ".join(_TEXT.sub(" ", body[:1000].decode("utf-8", "replace")).split())
    if "\0" in text or text.count("\ufffd") > 1:
        return ""  # compressed, or no text at all
    return f" ('{printable(text, limit=_LONGEST)}')" if text else ""


_LONGEST: Final = 120


CHECKS: Final = (check_not_http, check_no_answer, check_closed, check_status, check_odd)
