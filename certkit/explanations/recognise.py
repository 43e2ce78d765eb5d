"""Which finding codes a pasted error message speaks of.

Both sides are reduced to their words: case, quotes of every shape, punctuation, underscores and
line breaks do not count, an IP address is one word whatever it is. What is left is looked for as a
whole, so that nothing is found which does not stand there. Every search is linear in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.explanations.symptoms import (
    HANDSHAKE_STATUS,
    REASONS,
    STATUS,
    SYMPTOMS,
    VAGUE,
    WHOLE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST: Final = 20_000
"""Characters of a text that are looked at."""
CANDIDATES: Final = 4
"""The answer and up to three more."""
_GAP: Final = 300
"""Characters that the sign … of a phrase stands for, at most."""

_ANSI: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ADDRESS: Final = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b"
    # An IPv6 address has a :: or all eight groups; `net::ERR` and 10:20:30 are none.
    r"|(?<![\w:])(?=[0-9a-f:]{0,39}::|(?:[0-9a-f]{1,4}:){7})[0-9a-f:]{2,39}(?![\w:])"
)
_WORD: Final = re.compile(r"[^\W_]+")
_BREAK: Final = re.compile(r"[\r\n]+")
_URL: Final = re.compile(r"(?:wss?|https?)://[^\s\"'<>`‘’“”]{1,300}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """The words of a symptom, with at most one gap, and the codes that it may mean."""

    head: str
    tail: str
    codes: tuple[str, ...]

    @classmethod
    def read(cls, text: str, codes: str) -> _Phrase:
        head, _, tail = text.partition("…")
        return cls(_words(head), _words(tail).lstrip() if tail else "", tuple(codes.split()))

    @property
    def weight(self) -> int:
        return len(self.head) + len(self.tail)

    def stands_in(self, words: str) -> bool:
        start = words.find(self.head)
        while start >= 0 and self.tail:
            # The blank that ends the head also begins the tail.
            behind = start + len(self.head)
            end = behind + _GAP + len(self.tail)
            if words.find(f" {self.tail}", behind - 1, end) >= 0:
                break
            start = words.find(self.head, start + 1)
        return start >= 0


def recognise(text: str) -> tuple[str, ...]:
    """The codes that ``text`` may mean, the likeliest first, at most four; none for other texts.

    What says more wins: the longest phrase before shorter ones, any phrase before the status of
    an HTTP answer, and that before words which every failure brings.

    >>> recognise("WebSocket connection to 'wss://a.test/' failed: net::ERR_CERT_DATE_INVALID")[0]
    'validity.expired'
    >>> recognise("it is raining")
    ()
    """
    cut = _ANSI.sub("", text[:LONGEST])
    # A terminal may have broken a line between words or inside of one.
    words = f"{_words(cut)}\n{_words(_BREAK.sub('', cut))}"
    found = dict.fromkeys((*_matches(SYMPTOMS, words), *_statuses(words)))
    if not found:
        alone = cut.strip()
        whole = WHOLE.get(alone) or STATUS.get(alone, "")
        found = dict.fromkeys((*whole.split(), *_matches(VAGUE, words)))
    return tuple(found)[:CANDIDATES]


def first_url(text: str) -> str | None:
    """The URL in ``text`` that the doctor can be asked about, those of WebSockets first.

    >>> first_url("The page at 'https://a.test/' connected to 'wss://b.test:8443/ws'.")
    'wss://b.test:8443/ws'
    """
    found = [_trimmed(url) for url in _URL.findall(text[:LONGEST]) if url.isprintable()]
    found.sort(key=lambda url: not url.lower().startswith("ws"))
    return next((url for url in found if url.partition("://")[2].strip("/")), None)


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence that it stands in; brackets of its own stay."""
    ends = ".,;:" + "".join(end for begin, end in ("()", "[]") if begin not in url)
    return url.rstrip(ends)


def _words(text: str) -> str:
    """The words of ``text``, lower case, a blank before and behind each."""
    addressed = _ADDRESS.sub(" ipaddress ", text.casefold())
    return f" {' '.join(_WORD.findall(addressed))} "


def _matches(table: Mapping[str, Mapping[str, str]], words: str) -> Iterator[str]:
    """First the likeliest code of each phrase, the longest phrase first; then their others."""
    phrases = (_Phrase.read(*row) for rows in table.values() for row in rows.items())
    found = [phrase for phrase in phrases if phrase.stands_in(words)]
    found.sort(key=lambda phrase: -phrase.weight)
    if found:
        yield from found[0].codes
    for phrase in found[1:]:
        yield phrase.codes[0]


def _statuses(words: str) -> Iterator[str]:
    """The codes of the statuses of HTTP answers; outside of a handshake 2xx are no failure."""
    for pattern, lowest in _STATUSES:
        for number in pattern.findall(words):
            if int(number) >= lowest and (number in STATUS or pattern is not _REASON):
                yield from _of_status(number).split()


def _of_status(number: str) -> str:
    return STATUS.get(number) or STATUS.get(f"{number[0]}xx", "")


def _one_of(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(_words(phrase).strip()) for phrase in phrases)


_HANDSHAKE: Final = re.compile(rf" (?:{_one_of(HANDSHAKE_STATUS)}) (\d{{3}})(?= )")
# Status lines, access logs, what HTTP clients print.
_LINE: Final = re.compile(
    r" (?:http 1 [01]|http [123]|http|status|status code|returned error) (\d{3})(?= )"
)
_REASON: Final = re.compile(rf" (\d{{3}}) (?:{_one_of(REASONS)})(?= )")
# requests: `404 Client Error: Not Found for url`.
_BLAMED: Final = re.compile(r" (\d{3}) (?:client|server) error(?= )")
_STATUSES: Final = ((_HANDSHAKE, 101), (_LINE, 300), (_BLAMED, 400), (_REASON, 300))
