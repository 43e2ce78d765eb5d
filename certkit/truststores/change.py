"""Install and uninstall: plan, run what can be run, leave the rest to a person, look again.

What a place is reported as is always what was read there afterwards, never what a program's exit
code promised. The receipt is written before the first step, so that a change cut short is found
again even where no scan would look; a receipt of what is not there does no harm.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from certkit.errors import CertkitError, ExitCode
from certkit.truststores import steps
from certkit.truststores.store import (
    State,
    by_hand,
    install_steps,
    label_of,
    removal_steps,
    state,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from certkit.pki.certificate import Certificate
    from certkit.truststores.machine import Machine
    from certkit.truststores.steps import Step
    from certkit.truststores.store import Place, Store

PATIENCE: Final = 60.0
"""Seconds to wait for another certkit that changes the same place."""


class Receipts(Protocol):
    """What remembers where a root was put."""

    def add(self, store: str, where: Path, label: str, root: Certificate) -> None: ...

    def remove(self, store: str, where: Path, root: Certificate) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A place before and after, the steps that were run, and those left to a person.

    ``error`` is why nothing, or not everything, was done. As a plan, ``done`` is empty.
    """

    store: str
    where: Path
    shared: bool
    before: State
    after: State
    done: tuple[Step, ...] = ()
    left: tuple[Step, ...] = ()
    error: CertkitError | None = None


def exit_code(outcomes: Iterable[Outcome]) -> ExitCode:
    """3 when something failed, else 4 when something is left to a person, else 0."""
    found = tuple(outcomes)
    failed = [outcome.error.exit_code for outcome in found if outcome.error is not None]
    if any(code is not ExitCode.TODO for code in failed):
        return ExitCode.ENVIRONMENT
    return ExitCode.TODO if failed or any(outcome.left for outcome in found) else ExitCode.OK


def planned(stores: Iterable[Store], root: Certificate, *, install: bool) -> tuple[Outcome, ...]:
    """What would be done, as outcomes whose steps are all left; nothing is changed."""
    planner = install_steps if install else removal_steps
    return tuple(
        _look(store.name, place, root, planner)
        for store in _in_order(stores, install=install)
        for place in store.places
    )


def carry_out(
    stores: Iterable[Store],
    root: Certificate,
    machine: Machine,
    receipts: Receipts,
    *,
    install: bool,
) -> Iterator[Outcome]:
    """Do it, place by place. Raises nothing for a place that fails: the others still get theirs."""
    change = _install if install else _uninstall
    for store in _in_order(stores, install=install):
        for place in store.places:
            try:
                with _locked(place, machine):
                    outcome = change(store.name, place, root, machine, receipts)
            except CertkitError as error:
                unknown = State.UNREADABLE
                outcome = Outcome(
                    store.name, place.where, place.shared, unknown, unknown, error=error
                )
            yield outcome


def _in_order(stores: Iterable[Store], *, install: bool) -> tuple[Store, ...]:
    ordered = tuple(stores)
    return ordered if install else ordered[::-1]


def _look(
    name: str,
    place: Place,
    root: Certificate,
    planner: Callable[[Place, Certificate], tuple[Step, ...]],
) -> Outcome:
    before = State.UNREADABLE
    try:
        before = state(place, root)
        left = planner(place, root)
    except CertkitError as error:
        return Outcome(name, place.where, place.shared, before, before, error=error)
    return Outcome(name, place.where, place.shared, before, before, left=left)


def _install(
    name: str, place: Place, root: Certificate, machine: Machine, receipts: Receipts
) -> Outcome:
    plan = _look(name, place, root, install_steps)
    if plan.left:
        receipts.add(name, place.where, label_of(root), root)
    outcome = _run(plan, place, root, machine)
    if outcome.error is not None or outcome.left or outcome.after is State.PRESENT:
        return outcome
    if not plan.left and place.fed_by:
        return _with_error(outcome, _fed(place))
    return _with_error(outcome, _not_so(outcome, "the root is not trusted there"))


def _uninstall(
    name: str, place: Place, root: Certificate, machine: Machine, receipts: Receipts
) -> Outcome:
    outcome = _run(_look(name, place, root, removal_steps), place, root, machine)
    if outcome.error is not None or outcome.left:
        return outcome
    if versions(place, root):
        return _with_error(outcome, _not_so(outcome, "the root is still there"))
    receipts.remove(name, place.where, root)
    return outcome


def _run(plan: Outcome, place: Place, root: Certificate, machine: Machine) -> Outcome:
    """All steps of a plan, or none when one of them is for a person."""
    if plan.error is not None or any(steps.is_for_a_person(step, machine) for step in plan.left):
        return plan
    done: list[Step] = []
    error = None
    try:
        for step in plan.left:
            steps.perform(step, machine)
            done.append(step)
    except CertkitError as failure:
        error = failure
        _take_back(plan, place, root, machine)
    for_a_person = error is not None and error.exit_code is ExitCode.TODO
    return replace(
        plan,
        after=_state_or_unreadable(place, root),
        done=tuple(done),
        left=plan.left[len(done) :] if for_a_person else (),
        error=error,
    )


def _take_back(plan: Outcome, place: Place, root: Certificate, machine: Machine) -> None:
    """A half of an installation: an NSS entry without trust, an anchor that is in no bundle yet.

    certutil leaves the first when the database has a password; the second would become trusted
    with the next update of the system.
    """
    if plan.before is State.PRESENT:
        return
    with suppress(CertkitError):  # the failure that brought us here is the one to report
        half = tuple(
            held for held in versions(place, root) if held.certificate == root and not held.trusted
        )
        if half:
            for step in place.change(root, add=False, drop=half):
                steps.perform(step, machine)


def _state_or_unreadable(place: Place, root: Certificate) -> State:
    try:
        return state(place, root)
    except CertkitError:
        return State.UNREADABLE


def _with_error(outcome: Outcome, error: CertkitError) -> Outcome:
    return replace(outcome, error=error)


def _fed(place: Place) -> CertkitError:
    return by_hand(
        f"{place.where} is filled from the {place.fed_by} store, which does not have the root yet",
        f"certkit trust install --store {place.fed_by}",
    )


def _not_so(outcome: Outcome, what: str) -> CertkitError:
    return CertkitError(
        "trust.not-so",
        f"{outcome.where}: every step succeeded, but {what}",
        hint="certkit trust status shows what is there; run the same command again",
        exit_code=ExitCode.ENVIRONMENT,
    )


@contextmanager
def _locked(place: Place, machine: Machine) -> Iterator[None]:
    """Two tools that rewrite one bundle or keystore at once lose what one of them wrote.

    The lock is on the folder itself: it needs no file and no write permission, and ends with the
    process. A folder that may not be opened is not locked; it will not be changed either. What is
    shared has one lock for all of it, since Debian's tool changes Java's keystore too.
    """
    folder = machine.root if place.shared else place.where
    while not os.path.isdir(folder) and folder != folder.parent:  # noqa: PTH112 - raises nothing
        folder = folder.parent
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows, where a folder cannot be opened so; its store has its own lock
        yield
        return
    try:
        _wait_for(descriptor, place)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, place: Place) -> None:
    import fcntl

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise _busy(place) from None
            time.sleep(0.05)
        except OSError:  # a file system without locks; NFS locks only what is open for writing
            return None


def _busy(place: Place) -> CertkitError:
    return CertkitError(
        "trust.busy",
        f"another program has held {place.where} for a minute",
        hint="wait until it is done, and run the same command again",
        exit_code=ExitCode.ENVIRONMENT,
    )
