"""What each client shows for a finding: measured words, or what is predicted of a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.diagnose.client_words import STATUS, WORDS
from certkit.diagnose.variants import variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.case import Case
    from certkit.diagnose.client_words import Words


def words_for(code: str, case: Case) -> Words:
    """Who shows what for a finding; nothing where nothing was measured.

    >>> from datetime import UTC, datetime
    >>> from certkit.diagnose.case import Case
    >>> from certkit.diagnose.observation import Observation, Target
    >>> case = Case(Observation(Target("wss://a.test", "wss")), datetime.now(UTC))
    >>> words_for("tcp.refused", case)[0]
    ('Chromium', 'net::ERR_CONNECTION_REFUSED')
    """
    if code.partition(".")[0] in _OF_CERTIFICATES:
        predicted = tuple(_of_certificate(case))
        return predicted if any(words != _FINE for _, words in predicted) else ()
    rows = WORDS.get(f"{code} {variant(code, case)}", WORDS.get(code))
    answer = case.seen.answer
    head = answer.parsed if answer is not None else None
    if rows is None and head is not None and head.status != 101:
        rows = STATUS
    status = head.status if head is not None else 0
    filled = {"status": status, "url": case.target.url}
    return tuple((client, text.format_map(filled)) for client, text in rows or ())


_FINE: Final = "connects"
_OF_CERTIFICATES: Final = frozenset({"chain", "validity", "name", "usage", "crypto", "revocation"})


def _of_certificate(case: Case) -> Iterator[tuple[str, str]]:
    from certkit.verify.clients import predict

    chain = case.seen.chain
    for each in predict(
        chain[0], roots=case.roots, intermediates=chain[1:], name=case.target.name, at=case.at
    ):
        if each.verdict == "reject":
            yield each.client, each.reason
        elif each.verdict == "accept":
            yield each.client, _FINE
