"""A verdict as people read it: the answer, the reasons, the chain, the clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.cli import style
from certkit.cli.chain_text import chain_lines, finding_lines
from certkit.findings import has_error
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from certkit.cli.anchors import Anchors
    from certkit.cli.target import Target
    from certkit.findings import Finding
    from certkit.verify.clients import Prediction
    from certkit.verify.verdict import Verdict


def verdict_text(
    seen: Target,
    name: str | None,
    verdict: Verdict,
    findings: tuple[Finding, ...],
    trust: Anchors,
    moment: datetime,
    predictions: Collection[Prediction],
) -> str:
    """The answer on the first line; ``findings`` are those of the verdict and of the files."""
    lines = [_headline(seen, name, verdict, good=not has_error(findings))]
    for finding in findings:
        lines += ["", *finding_lines(finding)]
    source = trust.source(verdict.chain[-1]) if verdict.chain else None
    end = style.green(f"trusted: {printable(source)}") if source else style.red("not trusted here")
    lines += ["", *chain_lines(verdict.chain, moment, end=end)]
    if predictions:
        lines += ["", *_client_lines(predictions)]
    return "\n".join(lines)


def _headline(seen: Target, name: str | None, verdict: Verdict, *, good: bool) -> str:
    label = printable(seen.label, limit=500)
    word = style.green("yes") if good else style.red("no")
    if name is None:
        return f"{word}: {label} is {'a good' if good else 'no good'} certificate"
    shown = printable(name)
    by = verdict.matched_by
    matched = f", matched by {printable(by)}" if good and by and by != name else ""
    return f"{word}: {label} is {'' if good else 'not '}good for {shown}{matched}"


def _client_lines(predictions: Collection[Prediction]) -> Iterator[str]:
    """A table of the clients, with the words in which each refuses."""
    yield style.bold("clients that trust the same roots:")
    width = max(len(each.client) for each in predictions)
    for each in predictions:
        word = _ANSWERS[each.verdict](f"{each.verdict:8}")
        yield f"  {each.client:{width}} {word} {printable(each.reason, limit=500)}".rstrip()


_ANSWERS: Final = {"accept": style.green, "reject": style.red, "unknown": style.dim}


def talk(seen: Target, name: str | None, trust: Anchors) -> Iterator[str]:
    if seen.sent is not None:
        sent = seen.sent
        count = len(sent.certificates)
        yield style.dim(
            f"{sent.peer} sent {count} certificate{'s' * (count != 1)} "
            f"({sent.version or 'handshake not finished: ' + str(sent.interrupted)})"
        )
    yield from seen.skipped
    if name is None:
        yield "no name was checked: add --host NAME or --ip ADDRESS"
    if trust.none:
        yield "this home has no CA, so nothing is trusted: add --ca FILE, or certkit ca init"
