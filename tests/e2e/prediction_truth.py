"""What real clients say of a set of cases, and where the predictions say otherwise."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from certkit.pki import keys
from certkit.pki.certificate import to_pem
from certkit.pki.quiet import quietly
from certkit.verify.clients import CLIENTS
from certkit.verify.clients.prediction import predict_one
from certkit.verify.clients.sight import Chain
from certkit.verify.identity import reference
from tests.e2e.prediction_clients import REAL
from tests.e2e.verifiers import Question, Verdict
from tests.e2e.verifiers_server import ManyCertificates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from certkit.verify.clients.prediction import Prediction
    from certkit.verify.clients.rules import Rule
    from tests.e2e.prediction_maker import Case

BY_NAME = {client.name: client for client in CLIENTS}


@dataclass(frozen=True, slots=True)
class Cell:
    """One case before one client: what was predicted, by which rule, and what happened."""

    case: Case
    prediction: Prediction
    rule: Rule | None
    real: Verdict

    @property
    def same_verdict(self) -> bool:
        return (self.prediction.verdict == "accept") == self.real.accepted

    @property
    def same_words(self) -> bool:
        """The reason of a reject stands in what the client printed."""
        return self.real.accepted or _flat(self.prediction.reason) in _flat(self.real.words)

    @property
    def agrees(self) -> bool:
        return self.prediction.verdict == "unknown" or (self.same_verdict and self.same_words)

    def __str__(self) -> str:
        real = "accept" if self.real.accepted else f"reject: {_flat(self.real.words)[:300]}"
        return f"{self.case.id}: {self.prediction.verdict}: {self.prediction.reason}\n  {real}"


class Truth:
    """Serves the cases until closed; every client is asked once, when somebody wants to know."""

    def __init__(self, cases: Sequence[Case], now: datetime, folder: Path) -> None:
        self._cases = cases
        self._now = now
        self._server = ManyCertificates()
        self._questions = [self._serve(case, folder) for case in cases]
        self._trusted = [root for case in cases for root in case.roots]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.__exit__(*exception)

    @functools.cache  # noqa: B019 - lives as long as the module's fixture
    def cells(self, name: str) -> tuple[Cell, ...]:
        """Every case before the real client of this name."""
        real = REAL[name]
        client = BY_NAME[real.row()]
        answers = real.ask(self._questions, self._trusted)
        return tuple(
            Cell(case, *predict_one(client, self._chain(case)), answer)
            for case, answer in zip(self._cases, answers, strict=True)
        )

    def _chain(self, case: Case) -> Chain:
        with quietly():
            return Chain(case.chain, case.roots, reference(case.name), self._now)

    def _serve(self, case: Case, folder: Path) -> Question:
        chain, key, roots = (folder / f"{case.id}{kind}.pem" for kind in ("", "-key", "-roots"))
        chain.write_bytes(to_pem(case.chain))
        key.write_bytes(keys.dump_private_key(case.key))
        roots.write_bytes(to_pem(case.roots))
        return Question(self._server.serve(chain, key), case.name, roots, chain)


def _flat(text: str) -> str:
    return " ".join(text.split())
