"""``ws://`` in a page, a script or a bundle."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from certkit.audit.edits import Edit
from certkit.audit.page.html import parts
from certkit.audit.page.javascript import Literal, literals
from certkit.audit.page.schemes import Schemes
from certkit.audit.problem import Problem
from certkit.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from certkit.audit.files import Source
    from certkit.audit.page.html import Part

MARKUP: Final = (".html", ".htm", ".vue", ".svelte")
SCRIPTS: Final = (".js", ".mjs", ".ts", ".tsx", ".jsx")
MAX_PROBLEMS: Final = 1_000
"""Of one file."""

# JSON inside of a page may write its slashes as `\/`.
_URL: Final = re.compile(
    r"""\s*ws(:(?:\\?/){2})(?:[^@/?#\s\\]*@)?(\[[^\]\s]*\]|[^:/?#\\\s"'`$,;(){}<>]*)""",
    re.IGNORECASE,
)
_IN_ATTRIBUTE: Final = re.compile(
    r"""(?:^\s*|["']|&quot;|&#34;|\bconnect:\s*)(?=ws://)""", re.IGNORECASE
)
# Django, PHP, ERB, format strings: the host is filled in where the page is made.
_FILLED_IN: Final = re.compile(r"[{$%#]|<[?%]")
_TAG: Final = re.compile(r"\{\{[^{}]*+\}\}|\{%[^{}]*+%\}|<\?[^?]*+\?>|<%[^%]*+%>|\$\{[^{}]*+\}")
_SENTENCE: Final = re.compile(r"\s\S")
# What a server passes requests on to: http-proxy, Vite, webpack-dev-server.
_PROXIED_BEFORE: Final = re.compile(r"""\btarget["']?\s*:\s*["'`]$""")
_PROXIED_NEAR: Final = re.compile(r"""\bws["']?\s*:\s*(?:true|!0)""")
_OF_A_TOOL: Final = re.compile(r"\.(?:config|conf)\.[cm]?[jt]s$|^setupProxy\.js$")
# What is compared, searched for or shown as an example is not opened.
_NOT_OPENED_BEFORE: Final = re.compile(
    r"(?:[=!]==?|\bcase|\b(?:startsWith|endsWith|indexOf|lastIndexOf|includes|match|test|search"
    r"|split|replace|replaceAll)\(|\b(?:placeholder|title|label|description|example)"
    r"""["']?\s*[:=]\s*\{?)\s*["'`]$"""
)
_NOT_OPENED_AFTER: Final = re.compile(r"""["'`]\s*(?:[=!]==?|\.test\()""")
_EXAMPLE_ATTRIBUTES: Final = ("placeholder", "title", "alt", "aria-label", "pattern")
_OPENED_BEFORE: Final = re.compile(r"""\bWebSocket\(\s*["'`]$""")
_GOES_ON: Final = re.compile(
    r"""["']\s*(?:(?:\+|\.concat\()\s*(?:["'](\[[^\]"']*\]|[^"'\s:/?#]*))?"""
    r"""|,[^\[\]]{0,300}\]\.join\()"""
)
# Code that asks for the page's own scheme.
_CHOOSES: Final = re.compile(
    r"""\blocation\.protocol\b|\bisSecureContext\b|["'`]https?(?::(?://)?)?["'`]"""
)
_NEAR: Final = 300
_IN_BROWSER: Final = re.compile(r"\b(?:window|document|location|navigator)\b")
_IN_NODE: Final = re.compile(r"""^#!|\b(?:from\s*|require\(\s*)["'](?:node:[\w/]+|ws)["']""")

_MENTIONED: Final = re.compile(r"""\bws:|["'`]ws["'`]""", re.IGNORECASE)
_CHOICE: Final = "location.protocol === {q}https:{q} ? {q}{wss}{q} : {q}{ws}{q}"

_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_PRIVATE: Final = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
         "fc00::/7", "fe80::/10"),
    )
)  # fmt: skip
_WHY: Final = {
    "name": "from an https page Chromium and Firefox throw SecurityError before a byte is sent",
    "public": "from an https page Chromium throws SecurityError; Firefox allows no ws:// but to "
    "loopback",
    "private": "from an https page Firefox throws SecurityError; Chromium connects to private "
    "addresses and .local names, with a warning that this is deprecated",
    "unknown": "from an https page Firefox throws SecurityError for all but loopback, Chromium for "
    "all but loopback, private addresses and .local names",
}


def problems(source: Source, suffix: str) -> Iterator[Problem]:
    """Each ``ws://`` that a browser would refuse to open from an https page.

    Loopback is left out: browsers allow it everywhere. ``suffix`` says what the text is.
    """
    if suffix in MARKUP:
        for part in parts(source.text):
            if part.code:
                yield from _in_code(source, part.start, part.end)
            else:
                yield from _in_value(source, part)
    elif not _OF_A_TOOL.search(source.path.name) and not _IN_NODE.search(source.text):
        yield from _in_code(source, 0, len(source.text))


def _in_value(source: Source, part: Part) -> Iterator[Problem]:
    """The value of an attribute: a URL, or JSON with URLs."""
    if part.tag == "meta" or part.attribute in _EXAMPLE_ATTRIBUTES:
        return
    for found in _IN_ATTRIBUTE.finditer(source.text[part.start : part.end]):
        url = _URL.match(source.text, part.start + found.end(), part.end)
        if url is not None and url[2] and kind_of(url[2]) != "loopback":
            yield _problem(source, url.start(1), url[2], None)


def _in_code(source: Source, start: int, end: int) -> Iterator[Problem]:
    text = source.text
    if not _MENTIONED.search(text, start, end):
        return  # most scripts of most sites
    found = list(literals(text, start, end))
    schemes = Schemes(text)
    in_browser = _IN_BROWSER.search(text) is not None
    for index, literal in enumerate(found):
        url = _URL.match(text, literal.start, literal.end)
        if url is None and not schemes.is_one(literal):
            continue
        if not _is_opened(text, literal, found[max(0, index - 1) : index + 2]):
            continue
        if url is None:
            derived = _following_the_page(source, literal, start) if in_browser else None
            yield _problem(source, literal.start + 2, "", derived)
            continue
        goes_on = None if literal.quote == "`" else _GOES_ON.match(text, literal.end)
        host = url[2] or (goes_on[1] if goes_on and goes_on[1] else "")
        filled_in = _FILLED_IN.match(text, url.end(), literal.end)
        if not host and not goes_on and not literal.dynamic and not filled_in:
            continue  # a scheme alone, in a list of schemes
        if host and kind_of(host) == "loopback":
            continue
        derived = None
        if not host and url.end() == literal.end and in_browser:
            derived = _following_the_page(source, literal, start)
        yield _problem(source, url.start(1), host, derived)


def _is_opened(text: str, literal: Literal, near: Sequence[Literal]) -> bool:
    before = text[max(0, literal.start - 60) : literal.start]
    if _OPENED_BEFORE.search(before):
        return True
    if _NOT_OPENED_BEFORE.search(before) or _NOT_OPENED_AFTER.match(text, literal.end):
        return False
    if _SENTENCE.search(_TAG.sub("", text[literal.start : literal.end]).strip()):
        return False  # an error message, a help text
    if _PROXIED_BEFORE.search(before) and _PROXIED_NEAR.search(
        text, literal.end, literal.end + _NEAR
    ):
        return False
    if any(_is_alternative(text, literal, other) for other in near if other is not literal):
        return False
    around = text[max(0, literal.start - _NEAR) : literal.end + _NEAR]
    return not (_CHOOSES.search(around) and "wss" in around)


def _is_alternative(text: str, literal: Literal, other: Literal) -> bool:
    """``secure ? "wss://" : "ws://"`` and its like: the other branch is the right one."""
    first, second = sorted((literal, other), key=lambda each: each.start)
    if not text.startswith("wss", other.start) or second.start - first.end > _NEAR:
        return False
    between = text[first.end + 1 : second.start - 1]
    asked = "?" in text[max(0, first.start - _NEAR) : first.start]
    return "else" in between or (asked and ":" in between and not set(",;") & set(between))


def _following_the_page(source: Source, literal: Literal, start: int) -> Edit:
    """The scheme of the page's own: one script for http in development and https behind it."""
    scheme = source.text[literal.start : literal.end].strip()
    if literal.quote == "`" and "/" in scheme:
        # Inside of an attribute its own quote would end it.
        quote = "'" if source.text[start - 1 : start] == '"' else '"'
        text = _CHOICE.format(q=quote, wss="wss", ws="ws")
        at = source.text.index(scheme, literal.start)
        return Edit(source, at, at + len("ws"), f"${{{text}}}")
    text = _CHOICE.format(q=literal.quote, wss=f"wss{scheme[2:]}", ws=f"ws{scheme[2:]}")
    return Edit(source, literal.start - 1, literal.end + 1, f"({text})")


def _problem(source: Source, colon: int, host: str, derived: Edit | None) -> Problem:
    kind = kind_of(host) if host else "unknown"
    return Problem(
        "page.insecure-websocket",
        Severity.ERROR,
        f"ws:// to {host or 'a host that the script puts together'}",
        f"{_WHY[kind]}. The server there must speak TLS: certkit issue NAME --snippet nginx",
        source,
        colon - 2,
        (derived or Edit(source, colon, colon, "s"),),
    )


def kind_of(host: str) -> str:
    """Which rule of the browsers a host falls under (measured: Chromium 156, Firefox 153):
    loopback, private, public or name.
    """
    name = host.strip("[]").rstrip(".").lower()
    try:
        address = ip_address(name)
    except ValueError:
        if name == "localhost" or name.endswith(".localhost"):
            return "loopback"
        return "private" if name.endswith(".local") else "name"
    if any(address in network for network in _LOOPBACK):
        return "loopback"
    return "private" if any(address in network for network in _PRIVATE) else "public"
