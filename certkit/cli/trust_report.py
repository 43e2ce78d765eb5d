"""What ``certkit trust`` says: the data for programs, tables and commands for people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from certkit.cli import output
from certkit.cli.output import Result
from certkit.cli.style import bold, dim, green, red, yellow
from certkit.errors import ExitCode
from certkit.findings import Finding, Fix, Severity
from certkit.text import printable
from certkit.truststores import steps
from certkit.truststores.change import exit_code
from certkit.truststores.store import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from certkit.errors import CertkitError
    from certkit.home.schema import ReceiptRow
    from certkit.pki.certificate import Certificate
    from certkit.truststores.change import Outcome
    from certkit.truststores.clients import Client
    from certkit.truststores.handshake import Verdict
    from certkit.truststores.machine import Machine
    from certkit.truststores.store import Store

_COLOUR: Final[dict[str, Callable[[str], str]]] = {
    State.PRESENT: green,
    State.ABSENT: dim,
    State.OTHER: yellow,
    State.UNREADABLE: red,
    "accepts": green,
    "refuses": red,
    "not asked": dim,
    "trusts it": green,
    "does not": yellow,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What is the same in every answer."""

    root: Certificate
    stores: Sequence[Store]
    machine: Machine
    known: Mapping[bytes, Path]
    """Files that hold what a printed command needs."""
    recovered: tuple[Finding, ...] = ()

    def announce(self, plan: Sequence[Outcome], machine: Machine) -> None:
        """Say what is about to be done, before sudo asks for anything."""
        for outcome in plan:
            for step in outcome.left:
                if not steps.is_for_a_person(step, machine):
                    sudo = " (sudo)" if step.as_root and not machine.is_root else ""
                    output.say(dim(f"{outcome.store}: {step.says}{sudo}"))

    def plan(self, plan: Sequence[Outcome]) -> Result:
        """``--dry-run``."""
        lines = [*_table(plan)]
        for outcome in plan:
            lines += [f"  {outcome.store}: {_planned(step)}" for step in outcome.left]
        return Result(
            self._data(plan, self.machine),
            "\n".join([*lines, *self._missing()]),
            ("nothing was changed; this is what would be done",),
            findings=self.recovered,
            errors=_errors(plan),
        )

    def changed(
        self,
        outcomes: Sequence[Outcome],
        machine: Machine,
        proofs: Sequence[Verdict] = (),
        unproved: str = "",
    ) -> Result:
        """What was done, what the clients say, what is left to type."""
        code = exit_code(outcomes)
        lines = [*_table(outcomes), *self._missing()]
        if proofs:
            lines += ["", bold("asked for a handshake"), *map(_proof_line, proofs)]
        if unproved:
            lines += ["", f"no client was asked for a handshake: {printable(unproved)}"]
        commands = self._commands(outcomes, machine)
        if commands:
            lines += ["", bold("left to type, in this order"), *commands]
        data = self._data(outcomes, machine) | {"handshakes": [*map(_proof_data, proofs)]}
        if any(proof.verdict == "refuses" for proof in proofs):
            code = code or ExitCode.NO
        return self._result(data, lines, outcomes, code)

    def status(
        self,
        plan: Sequence[Outcome],
        wanted: set[str],
        clients: Sequence[Client],
        receipts: Iterable[ReceiptRow],
    ) -> Result:
        """``wanted`` are the stores that decide the exit code."""
        since = {(row.store, row.path): row.time for row in receipts}
        trusted = {outcome.where: outcome.before is State.PRESENT for outcome in plan}
        rows = [self._client_row(client, trusted) for client in clients]
        good = all(
            outcome.before is State.PRESENT
            for outcome in plan
            if outcome.store in wanted or outcome.before is State.OTHER
        )
        data = self._data(plan, self.machine) | {"clients": rows}
        lines = [bold("stores"), *_table(plan, since), *self._missing()]
        if rows:
            lines += ["", bold("clients"), *map(_client_line, rows)]
        gone = expired(self.root)
        code = ExitCode.OK if good and plan and gone is None else ExitCode.NO
        result = self._result(data, lines, plan, code)
        return replace(result, findings=(*result.findings, gone)) if gone else result

    def _result(
        self,
        data: dict[str, object],
        lines: Iterable[str],
        outcomes: Iterable[Outcome],
        code: ExitCode,
    ) -> Result:
        return Result(
            data,
            "\n".join(lines),
            findings=self.recovered,
            exit_code=code,
            errors=_errors(outcomes),
        )

    def _client_row(self, client: Client, trusted: dict[Path, bool]) -> dict[str, object]:
        places = [
            place.where
            for store in self.stores
            if store.name == client.store
            for place in store.places
        ]
        trusts = client.trusts(self.root.sha256, trusted, places)
        variable = f"${client.variable}" if client.variable else ""
        return {
            "client": client.name,
            "program": str(client.program),
            "follows": variable or client.store or "no store",
            "place": str(client.where) if client.where else None,
            "trusts": trusts,
            "advice": "" if trusts else client.advice,
        }

    def _data(self, outcomes: Iterable[Outcome], machine: Machine) -> dict[str, object]:
        return {
            "root": self.root.describe(),
            "stores": [_outcome_data(outcome) for outcome in outcomes],
            "commands": self._commands(outcomes, machine),
        }

    def _commands(self, outcomes: Iterable[Outcome], machine: Machine) -> list[str]:
        return [
            steps.for_a_person(step, machine, self.known)
            for outcome in outcomes
            for step in outcome.left
        ]

    def _missing(self) -> Iterator[str]:
        for store in self.stores:
            if not store.available() and store.missing:
                yield dim(f"  {store.name:16} {'-':14} {store.missing}")


def expired(root: Certificate) -> Finding | None:
    """What no trust mends: a store keeps an expired root, and its clients refuse it all the same.

    Some, such as Java, do not look at a root's dates (measured); its certificates ended with it.
    """
    if root.not_after > datetime.now(UTC):
        return None
    return Finding(
        "validity.issuer-expired",
        Severity.ERROR,
        f"the CA expired on {root.not_after:%Y-%m-%d}: no client accepts its certificates",
        "a certificate ends no later than its CA",
        Fix("command", "certkit ca init --home DIR"),
    )


def _table(
    outcomes: Iterable[Outcome], since: dict[tuple[str, Path], str] | None = None
) -> Iterator[str]:
    for outcome in outcomes:
        state = _COLOUR[outcome.after](f"{outcome.after!s:14}")
        when = (since or {}).get((outcome.store, outcome.where))
        note = dim(f"  (installed {when[:10]})") if when and outcome.after is State.PRESENT else ""
        yield f"  {outcome.store:16} {state} {printable(str(outcome.where))}{note}"


def _planned(step: steps.Step) -> str:
    return f"{step.says}{dim(' (as root)') if step.as_root else ''}"


def _proof_line(proof: Verdict) -> str:
    verdict = _COLOUR[proof.verdict](f"{proof.verdict:9}")
    where = dim(f"  {printable(str(proof.where))}") if proof.where else ""
    words = f"  {proof.words}" if proof.words else ""
    return f"  {proof.client:16} {verdict}{where}{words}"


def _client_line(row: dict[str, object]) -> str:
    says = "trusts it" if row["trusts"] else "does not"
    advice = f"; {row['advice']}" if row["advice"] else ""
    place = f" {printable(str(row['place']))}" if row["place"] else ""
    follows = f"follows {row['follows']}{place}{advice}"
    return f"  {row['client']!s:18} {_COLOUR[says](f'{says:10}')} {follows}"


def _errors(outcomes: Iterable[Outcome]) -> tuple[CertkitError, ...]:
    return tuple(outcome.error for outcome in outcomes if outcome.error is not None)


def _outcome_data(outcome: Outcome) -> dict[str, object]:
    error = outcome.error
    return {
        "store": outcome.store,
        "place": str(outcome.where),
        "shared": outcome.shared,
        "before": str(outcome.before),
        "state": str(outcome.after),
        "done": [steps.description(step) for step in outcome.done],
        "left": [steps.description(step) for step in outcome.left],
        "error": error and {"code": error.code, "message": error.message, "hint": error.hint},
    }


def _proof_data(proof: Verdict) -> dict[str, object]:
    return {
        "client": proof.client,
        "program": str(proof.program),
        "store": proof.store,
        "place": str(proof.where) if proof.where else None,
        "verdict": proof.verdict,
        "words": proof.words,
    }
