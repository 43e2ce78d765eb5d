"""What an answer means: a finding, but for the words of the answer itself."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from certkit.diagnose import repairs
from certkit.findings import Fix
from certkit.verify.wording import advice

if TYPE_CHECKING:
    from certkit.diagnose.case import Case
    from certkit.diagnose.http_head import Head


@dataclass(frozen=True, slots=True)
class Meaning:
    code: str
    summary: str
    why: str
    fix: Fix | Callable[[Case, Head], Fix]


def pass_upgrade(_case: Case, head: Head) -> Fix:
    return repairs.pass_upgrade(head)


def proxy_or_path(case: Case, head: Head) -> Fix:
    """Lines for the proxy where one seems to be in front, else the path is the likelier fault."""
    return (
        repairs.pass_upgrade(head)
        if repairs.is_nginx(head) or _dropped(case)
        else advice("check the path of the URL, and that a proxy passes Upgrade and Connection on")
    )


def _dropped(case: Case) -> bool:
    """The body says that headers were missing which were sent."""
    answer = case.seen.answer
    return answer is not None and bool(_EVIDENCE.search(answer.body))


_EVIDENCE: Final = re.compile(
    rb"(missing|invalid|empty|bad|no) (upgrade|connection) header|upgrade header|HTTP/1\.0"
    rb"|can \"?upgrade\"? only to \"?websocket|upgrade required|hand?shake|upgrade to websocket",
    re.IGNORECASE,
)


def new_url(case: Case, head: Head) -> Fix:
    """The place that the redirect names, as a WebSocket URL."""
    new = redirected(case, head)
    if not new.startswith(("ws://", "wss://")):
        return advice("open the URL that the server redirects to, with wss://")
    return Fix("command", shlex.join(["certkit", "doctor", new]))


def redirected(case: Case, head: Head) -> str:
    """Where the redirect leads, as a WebSocket URL; empty where it names nothing."""
    location = head.get("location")
    if not location:
        return ""
    try:
        parts = urlsplit(location)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        target = urlsplit(case.target.url)
        return parts._replace(
            scheme=scheme or target.scheme, netloc=parts.netloc or target.netloc, fragment=""
        ).geturl()
    except ValueError:
        return ""


def leads_back(case: Case, head: Head) -> bool:
    """To the URL that was asked for, whose port may be left out."""
    new, asked = redirected(case, head), case.target.url.partition("#")[0]
    return new != "" and _with_port(new) == _with_port(asked)


def _with_port(url: str) -> tuple[str, str | None, int | None, str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"ws": 80, "wss": 443}.get(parts.scheme)
    except ValueError:
        return url, None, None, "", ""
    return parts.scheme, parts.hostname, port, parts.path or "/", parts.query
