"""certkit's certificates before real verifiers: who accepts, who refuses, and in which words.

Each verifier answers all questions in one batch of real handshakes on loopback (``openssl verify``
and pyca's ServerVerifier read files). A cell of the table is one chain before one verifier.
What a verifier cannot do stands in DEPARTURES with the reason, and is demanded as strictly.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from tests.e2e.verifiers import VERIFIERS, Verdict, Why, node_matches_ipv6
from tests.e2e.verifiers_cases import ASKED, CHAINS, Case, Cases
from tests.e2e.verifiers_server import ManyCertificates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCEPTED = tuple(asked for asked, (_, why) in ASKED.items() if why is None)


@dataclass(frozen=True, slots=True)
class Departure:
    """``verifiers``, ``chains`` and ``asked`` are patterns; ``why`` is the verdict there."""

    verifiers: tuple[str, ...]
    chains: str
    asked: tuple[str, ...]
    why: Why | None
    reason: str
    unless: Callable[[str], bool] | None = None

    def covers(self, verifier: str, case: Case) -> bool:
        return (
            any(fnmatchcase(verifier, pattern) for pattern in self.verifiers)
            and fnmatchcase(case.chain, self.chains)
            and any(fnmatchcase(case.asked, pattern) for pattern in self.asked)
            and not (self.unless and self.unless(verifier))
        )


DEPARTURES = (
    Departure(
        ("nss", "chromium", "firefox"),
        "*ed25519*",
        ("*",),
        Why.KEY,
        "NSS and the browsers offer no EdDSA signature scheme; NSS 3.87 imports no Ed25519 CA",
    ),
    Departure(
        ("pyca",),
        "ed25519-ed25519-*",
        ACCEPTED,
        Why.KEY,
        "pyca's default policy permits the Web PKI's keys in a CA: RSA and the NIST curves",
    ),
    Departure(
        ("java*",),
        "forged-root",
        ("google.com", "8.8.8.8", "2001:*"),
        None,
        "Java takes no constraints from a trust anchor (RFC 5280 6.1.1 leaves that to the client); "
        "the constrained intermediate closes it: see forged-intermediate",
    ),
    Departure(
        ("java*",),
        "widened",
        ("*-narrow-root",),
        None,
        "Java takes no constraints from a trust anchor",
    ),
    Departure(
        ("node*",),
        "[!f]*",  # in forged-* the constraint is found before the name
        ("ipv6", "2001:*"),
        Why.NAME,
        "this Node cannot match IPv6 addresses (nodejs/node#64144)",
        unless=node_matches_ipv6,
    ),
)


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Case]]:
    with ManyCertificates() as server:
        yield list(Cases(tmp_path_factory.mktemp("verdicts"), server).all())


@pytest.fixture(scope="session")
def verdicts(cases: list[Case]) -> Callable[[str], list[tuple[Case, Verdict]]]:
    @functools.cache
    def of(verifier: str) -> list[tuple[Case, Verdict]]:
        answers = VERIFIERS[verifier].judge([case.question for case in cases])
        return list(zip(cases, answers, strict=True))

    return of


def expected(verifier: str, case: Case) -> Why | None:
    departures = [each for each in DEPARTURES if each.covers(verifier, case)]
    return departures[0].why if departures else case.why


def described(verdict: Verdict, why: Why | None, words: dict[Why, str]) -> str | None:
    """What is wrong with a verdict; None when it is the expected one for the expected reason."""
    if why is None:
        return None if verdict.accepted else f"refused: {verdict.words.strip()}"
    if verdict.accepted:
        return f"accepted, although {why.value}"
    return None if re.search(words[why], verdict.words) else f"not {why.name}: {verdict.words}"


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize(
    "verifier",
    [pytest.param(name, marks=pytest.mark.xdist_group(f"verdicts-{name}")) for name in VERIFIERS],
)
def test_a_verifier_gives_the_expected_verdicts(
    verifier: str, chain: str, verdicts: Callable[[str], list[tuple[Case, Verdict]]]
) -> None:
    wrong = {
        case.asked: problem
        for case, verdict in verdicts(verifier)
        if case.chain == chain
        and (problem := described(verdict, expected(verifier, case), VERIFIERS[verifier].words))
    }
    assert not wrong


@pytest.mark.xdist_group("verdicts-pyca")
def test_every_chain_gets_questions_of_both_kinds(cases: list[Case]) -> None:
    assert {case.chain for case in cases} == set(CHAINS)
    for chain in CHAINS:
        answers = {case.why is None for case in cases if case.chain == chain}
        assert answers == ({True} if chain == "unconstrained" else {True, False}), chain


@pytest.mark.xdist_group("verdicts-pyca")
@pytest.mark.parametrize(
    "departure", DEPARTURES, ids=lambda each: f"{each.verifiers} {each.chains}"
)
def test_every_departure_departs_from_the_rule(departure: Departure, cases: list[Case]) -> None:
    for pattern in departure.verifiers:
        named = [name for name in VERIFIERS if fnmatchcase(name, pattern)]
        assert named, pattern
        if not departure.unless:
            covered = [case.why for case in cases if departure.covers(named[0], case)]
            assert any(why != departure.why for why in covered), pattern
