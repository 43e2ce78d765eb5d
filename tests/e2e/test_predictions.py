"""The predictions against the truth: every chain of the matrix, really handshaken.

A cell is one chain before one real client. In each, what was predicted must happen, and the words
of a refusal must stand in what the client printed.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from certkit.verify.clients.rules import HANDSHAKE
from tests.e2e.prediction_cases import cases
from tests.e2e.prediction_clients import REAL
from tests.e2e.prediction_maker import Maker
from tests.e2e.prediction_mixtures import mixtures
from tests.e2e.prediction_trust import issuers_at
from tests.e2e.prediction_truth import BY_NAME, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.prediction_truth import Cell

pytestmark = pytest.mark.xdist_group("predictions")  # one worker serves, everybody is asked once

SEEDS = range(1, 121)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Truth]:
    now = datetime.now(UTC).replace(microsecond=0)
    with (
        _broken_certificates(),
        Truth(tuple(cases(now)), now, tmp_path_factory.mktemp("matrix")) as truth,
    ):
        yield truth


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Truth]:
    now = datetime.now(UTC).replace(microsecond=0)
    with (
        _broken_certificates(),
        Truth(tuple(mixtures(now, SEEDS)), now, tmp_path_factory.mktemp("mixed")) as truth,
    ):
        yield truth


def _broken_certificates() -> warnings.catch_warnings[None]:
    """cryptography warns of what is broken here on purpose."""
    return warnings.catch_warnings(action="ignore", category=Warning)


@pytest.mark.parametrize("name", REAL)
def test_a_client_does_what_was_predicted_in_every_cell(name: str, matrix: Truth) -> None:
    cells = matrix.cells(name)
    assert len(cells) >= 200
    wrong = [str(cell) for cell in cells if not cell.agrees]
    assert not wrong, "\n".join(wrong)
    assert {cell.real.accepted for cell in cells} == {True, False}


@pytest.mark.parametrize("name", REAL)
def test_hardly_a_cell_is_unknown(name: str, matrix: Truth) -> None:
    cells = matrix.cells(name)
    unknown = [cell.case.id for cell in cells if cell.prediction.verdict == "unknown"]
    assert len(unknown) <= 0.01 * len(cells), unknown


def test_every_rule_is_seen_to_decide_a_handshake(matrix: Truth) -> None:
    """A rule that nothing in the matrix needs is a rule that nobody has seen."""
    seen = Counter(
        (cell.prediction.client, cell.rule.flaw)
        for name in REAL
        for cell in matrix.cells(name)
        if cell.rule is not None
    )
    unseen = [
        (client.name, rule.flaw)
        for client in BY_NAME.values()
        for rule in client.rules
        if rule.source == HANDSHAKE and not seen[client.name, rule.flaw]
    ]
    assert not unseen


@pytest.mark.parametrize("name", REAL)
def test_a_wrong_prediction_would_be_noticed(name: str, matrix: Truth) -> None:
    """Verdicts turned round and other words disagree, in every cell."""
    cells = [cell for cell in matrix.cells(name) if cell.prediction.verdict != "unknown"]
    for cell in cells:
        other = "reject" if cell.real.accepted else "accept"
        assert not _with(cell, verdict=other).agrees
        assert _with(cell, reason="no such words").agrees == cell.real.accepted


def _with(cell: Cell, **changes: str) -> Cell:
    return replace(cell, prediction=replace(cell.prediction, **changes))


def test_chromium_fetches_a_missing_intermediate_where_it_can(tmp_path: Path) -> None:
    """Why nothing is predicted when the certificate says where its issuer is."""
    maker = Maker(datetime.now(UTC).replace(microsecond=0), "fetched")
    root = maker.root()
    between = maker.ca(root)
    with _published(between.certificate.der) as url, _broken_certificates():
        case = maker.case([maker.leaf(between, add=[issuers_at(url)])], [root])
        with Truth((case,), maker.now, tmp_path) as truth:
            (chromium,) = truth.cells("chromium")
            (java,) = truth.cells("java")
    assert (chromium.prediction.verdict, chromium.real.accepted) == ("unknown", True)
    assert (java.prediction.verdict, java.real.accepted) == ("reject", False)


@contextlib.contextmanager
def _published(certificate: bytes) -> Iterator[str]:
    class Publisher(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/pkix-cert")
            self.send_header("Content-Length", str(len(certificate)))
            self.end_headers()
            self.wfile.write(certificate)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/ca.der"
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_mixtures_of_flaws_are_predicted_too(name: str, mixed: Truth) -> None:
    """Chains with several flaws drawn by lot: the verdict always, the words nearly always.

    Which of several faults a client names first is followed as far as it was seen.
    """
    cells = mixed.cells(name)
    wrong = [str(cell) for cell in cells if not (cell.agrees or cell.same_verdict)]
    assert not wrong, "\n".join(wrong)
    other_words = [str(cell) for cell in cells if not cell.agrees]
    assert len(other_words) <= 0.02 * len(cells), "\n".join(other_words)
