"""Content Security Policies: whether a page may open a WebSocket, and the text that lets it.

The rules are those of CSP Level 3, section 6.7.2, as browsers keep them (measured, Chromium 156 and
Firefox 153): ``'self'`` takes wss:// to the page's own host and port; ``https:`` and a host without
a scheme do not take wss://; a host without a port takes 443 alone; IPv6 addresses match nothing.
Where the two differ, what one of them takes counts as allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Answer = Literal["allowed", "refused", "depends", "unknown"]
"""``depends``: on the server that the page comes from; ``unknown``: a source is not understood."""

DEFAULT_PORT: Final = 443
_PLAIN_PORT: Final = 80
_WEBSOCKETS: Final = ("ws", "wss")
_DIRECTIVE: Final = re.compile(r"[^;]+")
_WORD: Final = re.compile(r"[^ \t\r\n\f]+")
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_KEYWORD: Final = re.compile(r"'[a-z0-9+/=_-]+'", re.IGNORECASE)
_HOST: Final = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(\*|(?:\*\.)?[a-z0-9_.-]+)(?::(\*|[0-9]{1,9}))?(/[!-~]*)?",
    re.IGNORECASE,
)
_PLAIN_HOST: Final = re.compile(r"[a-z0-9.-]+", re.IGNORECASE)
_INLINE: Final = re.compile(r"'(?:unsafe-inline|nonce-|sha(?:256|384|512)-)", re.IGNORECASE)
# What says nothing about connections; a connect-src that takes the place of default-src goes
# without it.
_OF_SCRIPTS: Final = re.compile(r"'(?!self')[^']*'", re.IGNORECASE)


class Opened(NamedTuple):
    """A ``wss://`` URL: the host in lower case, and None for a path that is not known."""

    host: str
    port: int
    path: str | None = None

    @property
    def source(self) -> str:
        """As a policy names it; see :meth:`has_source`."""
        port = "" if self.port == DEFAULT_PORT else f":{self.port}"
        return f"wss://{self.host}{port}"

    @property
    def has_source(self) -> bool:
        """Whether a policy can name it: an IPv6 address it cannot."""
        return bool(_PLAIN_HOST.fullmatch(self.host))


class Origin(NamedTuple):
    """Where an https page comes from."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Directive:
    """``start`` and ``end`` are around its sources, in the text of the policy."""

    sources: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. ``directives`` by their names in lower case; the first of a name counts."""

    directives: dict[str, Directive]

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Of a header or of a ``<meta>``; in a header, commas part several.

        >>> Policy.parse("default-src 'self'; connect-src wss:").connections.sources
        ('wss:',)
        """
        found: dict[str, Directive] = {}
        for part in _DIRECTIVE.finditer(text):
            words = list(_WORD.finditer(text, part.start(), part.end()))
            if words:
                end = words[-1].end()
                sources = tuple(word[0] for word in words[1:])
                start = words[1].start() if sources else end
                found.setdefault(words[0][0].lower(), Directive(sources, start, end))
        return cls(found)

    @property
    def connections(self) -> Directive | None:
        """The directive that speaks of connections, if any does."""
        return self.directives.get("connect-src") or self.directives.get("default-src")

    @property
    def lets_scripts_run(self) -> bool:
        """Whether a page under it can have a script at all."""
        sandbox = self.directives.get("sandbox")
        if sandbox is not None and "allow-scripts" not in map(str.lower, sandbox.sources):
            return False
        scripts = self._scripts
        return scripts is None or any(each.lower() != "'none'" for each in scripts.sources)

    @property
    def lets_inline_run(self) -> bool:
        """Whether a script that stands in the page itself may run, by a nonce or a hash too."""
        scripts = self._scripts
        return scripts is None or any(map(_INLINE.match, scripts.sources))

    @property
    def _scripts(self) -> Directive | None:
        names = ("script-src-elem", "script-src", "default-src")
        return next((self.directives[name] for name in names if name in self.directives), None)

    def answer(self, url: Opened, own: Origin | None = None) -> Answer:
        """What a browser says to ``url``; ``own`` is where the page comes from, if that is known.

        >>> Policy.parse("connect-src 'self'").answer(Opened("a.test", 443), Origin("a.test", 443))
        'allowed'
        """
        directive = self.connections
        if directive is None:
            return "allowed"
        answers = {_answer(source, url, own) for source in directive.sources}
        for each in ("allowed", "unknown", "depends"):
            if each in answers:
                return each
        return "refused"

    def letting(self, new: Sequence[str]) -> tuple[int, int, str] | None:
        """What to write from where to where, so that the sources ``new`` are allowed."""
        directive = self.connections
        if directive is None:
            return None
        kept = [each for each in directive.sources if each.lower() != "'none'"]
        if "connect-src" not in self.directives:
            sources = [each for each in kept if not _OF_SCRIPTS.fullmatch(each)]
            return directive.end, directive.end, f"; connect-src {' '.join([*sources, *new])}"
        if len(kept) < len(directive.sources):
            return directive.start, directive.end, " ".join([*kept, *new])
        return directive.end, directive.end, f" {' '.join(new)}"


def policies(header: str) -> Iterator[tuple[int, Policy]]:
    """Those of a header's value, each with where it begins; all of them hold at once."""
    at = 0
    for part in header.split(","):
        yield at, Policy.parse(part)
        at += len(part) + 1


def _answer(source: str, url: Opened, own: Origin | None) -> Answer:
    """What one source says to ``url``."""
    lower = source.lower()
    if lower == "'self'" and own is None:
        return "depends"
    if lower == "'self'" or _KEYWORD.fullmatch(source):
        return "allowed" if lower == "'self'" and own == (url.host, url.port) else "refused"
    scheme = _SCHEME.fullmatch(source)
    if lower == "*" or (scheme and scheme[1].lower() in _WEBSOCKETS):
        return "allowed"
    if scheme:
        return "refused"
    found = _HOST.fullmatch(source)
    return _of_host(found, url) if found else "unknown"


def _of_host(source: re.Match[str], url: Opened) -> Answer:
    scheme, host, port, path = source.groups()
    if (scheme or "").lower() not in _WEBSOCKETS or not _is_host(host.lower(), url.host):
        return "refused"
    if port != "*" and url.port not in _ports(int(port or DEFAULT_PORT)):
        return "refused"
    if path in (None, "/"):
        return "allowed"
    if url.path is None:
        return "unknown"
    wanted, asked = unquote(path), unquote(url.path)
    fits = asked.startswith(wanted) if wanted.endswith("/") else asked == wanted
    return "allowed" if fits else "refused"


def _is_host(pattern: str, host: str) -> bool:
    return pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _ports(port: int) -> tuple[int, ...]:
    """``ws://a:80`` takes what ``wss://a`` asks for: an upgrade of the scheme, and of its port."""
    return (port, DEFAULT_PORT) if port == _PLAIN_PORT else (port,)
