"""A page whose own policy forbids the WebSocket that it opens."""

from __future__ import annotations

import re
from collections import defaultdict
from html import unescape
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from certkit.audit.edits import Edit
from certkit.audit.page.html import head_end, parts
from certkit.audit.page.opened import opened
from certkit.audit.policy import Policy
from certkit.audit.problem import Problem
from certkit.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from certkit.audit.files import Source
    from certkit.audit.page.html import Part
    from certkit.audit.policy import Answer, Opened

CODE: Final = "page.csp-connect-src"
_MOST: Final = 16
"""Policies of a page, and scripts that it names, which are looked at."""
MARKUP: Final = (".html", ".htm")
"""Files that are pages by themselves; the others become a part of one."""
_MENTIONED: Final = re.compile(r"content-security-policy", re.IGNORECASE)
# A file of the same site: no scheme, no other host, no way out of the folder.
_FILE: Final = re.compile(r"\s*(?:\./|/(?!/))?((?!\.)[\w.@-]+(?:/(?!\.)[\w.@-]+)*)(?:\?\S*)?\s*")
_BASE: Final = re.compile(r"<base\b", re.IGNORECASE)
# What a template fills in is not known.
_TEMPLATE: Final = re.compile(r"[{}<>$%,]")
WHY: Final = (
    "connect-src, or default-src in its place, says what a script may connect to (CSP Level 3, "
    "section 6.1.2): Chromium fires an error event, Firefox throws NS_ERROR_CONTENT_BLOCKED, and "
    "no byte is sent"
)


class _Meta(NamedTuple):
    policy: Policy
    content: Part
    plain: bool
    """Whether the text of the policy is the text of the file, in quotes and without entities."""


def problems(source: Source, suffix: str, beside: Callable[[str], str | None]) -> Iterator[Problem]:
    """Each policy in a ``<meta>`` that forbids a fixed ``wss://`` URL of a script behind it.

    ``beside`` gives the text of a script by its path below the page's folder.
    """
    text = source.text
    if suffix not in MARKUP or not _MENTIONED.search(text):
        return
    found = list(parts(text))
    for meta in islice(_metas(text, found), _MOST):
        behind = [part for part in found if part.start > meta.content.end]
        yield from _judged(source, meta, opened_by(text, behind, meta.policy, beside))


def opened_by(
    text: str, found: list[Part], policy: Policy, beside: Callable[[str], str | None]
) -> list[Opened]:
    """What the scripts in ``found`` open of those that ``policy`` lets run, each once."""
    urls = list(_inline(text, found)) if policy.lets_inline_run else []
    if not _BASE.search(text):
        urls += _of_files(text, found, beside)
    return list(dict.fromkeys(urls))


def _inline(text: str, behind: list[Part]) -> Iterator[Opened]:
    for part in behind:
        if part.code:
            yield from opened(text, part.start, part.end)


def _of_files(
    text: str, behind: list[Part], beside: Callable[[str], str | None]
) -> Iterator[Opened]:
    sources = (each for each in behind if (each.tag, each.attribute) == ("script", "src"))
    names = (_FILE.fullmatch(_raw(text, each)) for each in sources)
    for name in islice(dict.fromkeys(name[1] for name in names if name), _MOST):
        script = beside(name)
        if script is not None:
            yield from opened(script, 0, len(script))


def _metas(text: str, found: list[Part]) -> Iterator[_Meta]:
    """In the head alone: browsers pass over one in the body."""
    end = head_end(text)
    of_metas = (part for part in found if part.tag == "meta" and part.start < end)
    for _, values in groupby(of_metas, key=lambda part: part.opened):
        attributes: dict[str, Part] = {}
        for part in values:
            attributes.setdefault(part.attribute, part)
        kind, content = attributes.get("http-equiv"), attributes.get("content")
        if kind is None or content is None or not _MENTIONED.fullmatch(_raw(text, kind).strip()):
            continue
        raw = _raw(text, content)
        policy = unescape(raw)
        if not _TEMPLATE.search(policy):
            plain = raw == policy and text[content.start - 1] in "\"'"
            yield _Meta(Policy.parse(policy), content, plain)


def _raw(text: str, part: Part) -> str:
    return text[part.start : part.end]


def _judged(source: Source, meta: _Meta, urls: list[Opened]) -> Iterator[Problem]:
    by_answer: defaultdict[Answer, list[Opened]] = defaultdict(list)
    for url in urls:
        by_answer[meta.policy.answer(url)].append(url)
    refused, depends = by_answer["refused"], by_answer["depends"]
    if refused:
        yield _refused(source, meta, refused, f"forbids its WebSocket to {listed(refused)}")
    if len({url.source for url in depends}) > 1:  # a page comes from one place
        yield _refused(source, meta, depends, f"allows at most one of {listed(depends)}")
    elif depends:
        yield Problem(
            CODE,
            Severity.NOTE,
            f"the page's policy allows {listed(depends)} only if the page itself comes from there",
            f"'self' is the page's own host and port; another port is another source. {WHY}",
            source,
            meta.content.start,
            advice=f"if it comes from elsewhere: {advice(depends)}",
        )


def _refused(source: Source, meta: _Meta, urls: list[Opened], what: str) -> Problem:
    change = meta.policy.letting(sources(urls)) if meta.plain else None
    at = meta.content.start
    edits = (Edit(source, at + change[0], at + change[1], change[2]),) if change else ()
    if not all(url.has_source for url in urls):
        edits = ()
    return Problem(
        CODE, Severity.ERROR, f"the page's policy {what}", WHY, source, at, edits, advice(urls)
    )


def sources(urls: Iterable[Opened]) -> list[str]:
    """As a policy names them, each once."""
    return list(dict.fromkeys(url.source for url in urls))


def listed(urls: Iterable[Opened]) -> str:
    return " ".join(sources(urls))


def advice(urls: Iterable[Opened]) -> str:
    """What a person does where no text can be given."""
    if not all(url.has_source for url in urls):
        return "give the server a host name: no policy can name an IPv6 address"
    return f"add {listed(urls)} to connect-src"
