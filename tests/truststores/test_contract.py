"""What every trust store must do, asked of each on a machine made for it."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from typing import TYPE_CHECKING

import pytest

from certkit.errors import CertkitError, ExitCode
from certkit.truststores import change, steps
from certkit.truststores.change import carry_out, exit_code, planned
from certkit.truststores.machine import Answer
from certkit.truststores.registry import stores
from certkit.truststores.store import State, state
from tests.truststores.machines import WORLDS, FakeMachine, World, machine_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from certkit.pki.certificate import Certificate
    from certkit.truststores.change import Outcome
    from certkit.truststores.machine import Machine
    from certkit.truststores.steps import Step
    from certkit.truststores.store import Store


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param]


@pytest.fixture
def fake(world: World, tmp_path: Path) -> FakeMachine:
    return machine_of(world, tmp_path)


@pytest.fixture
def machine(fake: FakeMachine) -> Machine:
    return fake.machine()


def store_of(world: World, machine: Machine) -> Store:
    (store,) = stores(machine, [world.store])
    return store


def perform(plan: Sequence[Step], machine: Machine) -> None:
    for step in plan:
        steps.perform(step, machine)


def run(world: World, machine: Machine, root: Certificate, receipts, *, install: bool) -> list:
    store = store_of(world, machine)
    return list(carry_out([store], root, machine, receipts, install=install))


def states(outcomes: list[Outcome]) -> set[State]:
    return {outcome.after for outcome in outcomes}


def test_a_store_is_known_by_its_name_and_there(world, machine):
    store = store_of(world, machine)
    assert store.name == world.store
    assert store.available()


def test_the_root_is_absent_until_it_is_installed_and_absent_again_afterwards(
    world, fake, machine, roots
):
    before = fake.contents()
    assert not store_of(world, machine).contains(roots.root.sha256)
    assert not world.trusts(fake, roots.root)

    perform(store_of(world, machine).plan_install(roots.root), machine)
    assert store_of(world, machine).contains(roots.root.sha256)
    assert world.trusts(fake, roots.root)

    perform(store_of(world, machine).plan_remove(roots.root), machine)
    assert not store_of(world, machine).contains(roots.root.sha256)
    assert not world.trusts(fake, roots.root)
    assert fake.contents() == before


def test_making_a_plan_changes_nothing(world, fake, machine, roots):
    before = fake.contents()
    store = store_of(world, machine)
    assert store.plan_install(roots.root)
    assert store.plan_remove(roots.root) == ()
    assert fake.contents() == before


def test_every_step_can_be_shown_before_it_is_run(world, machine, roots):
    for step in store_of(world, machine).plan_install(roots.root):
        assert steps.description(step)["what"]
        assert step.says


def test_installing_twice_is_installing_once(world, fake, machine, roots, receipts):
    run(world, machine, roots.root, receipts, install=True)
    after = fake.contents()
    assert store_of(world, machine).plan_install(roots.root) == ()
    again = run(world, machine, roots.root, receipts, install=True)
    assert states(again) == {State.PRESENT}
    assert [step for outcome in again for step in outcome.done] == []
    assert fake.contents() == after


def test_removing_what_is_not_there_is_success(world, fake, machine, roots, receipts):
    before = fake.contents()
    outcomes = run(world, machine, roots.root, receipts, install=False)
    assert states(outcomes) == {State.ABSENT}
    assert exit_code(outcomes) is ExitCode.OK
    assert fake.contents() == before


def test_a_resigned_root_takes_the_place_of_its_older_version(
    world, fake, machine, roots, receipts
):
    before = fake.contents()
    run(world, machine, roots.root, receipts, install=True)
    assert {state(place, roots.resigned) for place in store_of(world, machine).places} == {
        State.OTHER
    }
    outcomes = run(world, machine, roots.resigned, receipts, install=True)
    assert states(outcomes) == {State.PRESENT}
    assert world.trusts(fake, roots.resigned)
    assert not world.trusts(fake, roots.root)

    run(world, machine, roots.root, receipts, install=False)  # by any version of it
    assert not world.trusts(fake, roots.resigned)
    assert fake.contents() == before


def test_two_cas_do_not_touch_each_other(world, fake, machine, roots, receipts):
    run(world, machine, roots.other, receipts, install=True)
    alone = fake.contents()
    run(world, machine, roots.root, receipts, install=True)
    assert world.trusts(fake, roots.other)
    assert world.trusts(fake, roots.root)
    run(world, machine, roots.root, receipts, install=False)
    assert fake.contents() == alone


def test_a_stranger_with_the_same_subject_is_never_touched(world, fake, machine, roots, receipts):
    world.seed(fake, roots.stranger)
    before = fake.contents()
    assert not store_of(world, machine).contains(roots.root.sha256)
    assert states(run(world, machine, roots.root, receipts, install=False)) == {State.ABSENT}
    assert fake.contents() == before

    if world.store == "chromium-policy":
        run(world, machine, roots.root, receipts, install=True)
        assert world.trusts(fake, roots.stranger)
        run(world, machine, roots.root, receipts, install=False)
        assert fake.contents() == before
        return
    assert states(run(world, machine, roots.root, receipts, install=True)) == {State.PRESENT}
    assert world.trusts(fake, roots.stranger)
    assert world.trusts(fake, roots.root)
    assert states(run(world, machine, roots.root, receipts, install=False)) == {State.ABSENT}
    assert world.trusts(fake, roots.stranger)
    assert not world.trusts(fake, roots.root)
    assert fake.contents() == before


def test_a_root_that_somebody_else_installed_is_found_and_taken_out(
    world, fake, machine, roots, receipts
):
    world.seed(fake, roots.root)
    assert store_of(world, machine).contains(roots.root.sha256)
    assert store_of(world, machine).plan_install(roots.root) == ()
    outcomes = run(world, machine, roots.root, receipts, install=False)
    if world.store == "chromium-policy":  # an administrator's file
        assert exit_code(outcomes) is ExitCode.TODO
        assert world.trusts(fake, roots.root)
        return
    assert states(outcomes) == {State.ABSENT}
    assert not world.trusts(fake, roots.root)


def test_after_a_kill_between_any_two_steps_the_truth_is_told_and_the_work_goes_on(
    world, tmp_path, roots, receipts
):
    """Every prefix of: install the old version, replace it by the new one, remove that."""
    length = 0
    for plan in ("install", "replace", "remove"):
        cut = 0
        while cut <= length or cut == 0:
            fake = machine_of(world, tmp_path / f"{plan}{cut}")
            machine = fake.machine()
            before = fake.contents()
            if plan != "install":
                run(world, machine, roots.root, receipts, install=True)
            wanted = roots.resigned if plan == "replace" else roots.root
            store = store_of(world, machine)
            full = store.plan_remove(wanted) if plan == "remove" else store.plan_install(wanted)
            length = len(full)
            perform(full[:cut], machine)

            told = store_of(world, machine).contains(wanted.sha256)
            assert told == world.trusts(fake, wanted)
            outcomes = run(world, machine, wanted, receipts, install=True)
            assert states(outcomes) == {State.PRESENT}
            assert world.trusts(fake, wanted)
            run(world, machine, wanted, receipts, install=False)
            assert fake.contents() == before
            cut += 1
        length = 0


def test_after_a_kill_between_any_two_steps_uninstall_leaves_nothing(
    world, tmp_path, roots, receipts
):
    cut = 0
    while True:
        fake = machine_of(world, tmp_path / str(cut))
        machine = fake.machine()
        before = fake.contents()
        plan = store_of(world, machine).plan_install(roots.root)
        perform(plan[:cut], machine)
        assert states(run(world, machine, roots.root, receipts, install=False)) == {State.ABSENT}
        left = {name for name in fake.contents() if fake.contents()[name] != before.get(name)}
        assert left <= {"home/ada lovelace/.local/share/pki/nssdb/cert9.db"}
        if cut == len(plan):
            return
        cut += 1


def test_a_receipt_is_written_before_the_first_step_and_goes_with_the_root(
    world, fake, machine, roots, receipts
):
    fake.broken.add(world.tool)
    outcomes = run(world, machine, roots.root, receipts, install=True)
    planned_for = {
        (each.store, each.where) for each in outcomes if each.before is not State.UNREADABLE
    }
    assert {row[:2] for row in receipts.rows} == planned_for
    assert {row[2] for row in receipts.rows} <= {roots.root.sha256}
    fake.broken.clear()
    run(world, machine, roots.root, receipts, install=False)
    assert receipts.rows == []


def test_without_root_the_steps_are_left_to_a_person_and_nothing_is_changed(
    world, fake, roots, receipts
):
    machine = fake.machine(is_root=False)
    before = fake.contents()
    outcomes = run(world, machine, roots.root, receipts, install=True)
    if not world.needs_root:
        assert states(outcomes) == {State.PRESENT}
        return
    assert exit_code(outcomes) is ExitCode.TODO
    assert states(outcomes) == {State.ABSENT}
    assert fake.contents() == before
    for outcome in outcomes:
        assert outcome.left
        for step in outcome.left:
            typed = steps.for_a_person(step, machine, {})
            assert typed.startswith("certutil.exe " if fake.platform == "win32" else "sudo ")


def test_with_sudo_the_steps_that_need_it_run_through_it(world, fake, roots, receipts):
    machine = fake.machine(is_root=False, elevated=True)
    before = fake.contents()
    assert states(run(world, machine, roots.root, receipts, install=True)) == {State.PRESENT}
    assert world.trusts(fake, roots.root)
    assert states(run(world, machine, roots.root, receipts, install=False)) == {State.ABSENT}
    assert fake.contents() == before


def test_without_its_tool_nothing_is_called_installed(world, fake, roots, receipts):
    if not world.tool:
        pytest.skip("this store needs no tool")
    del fake.programs[world.tool]
    machine = fake.machine()
    before = fake.contents()
    outcomes = run(world, machine, roots.root, receipts, install=True)
    assert State.PRESENT not in states(outcomes)
    if fake.platform != "linux":  # the tool is a part of the system
        assert exit_code(outcomes) is ExitCode.ENVIRONMENT
        return
    assert exit_code(outcomes) is ExitCode.TODO
    assert {outcome.error.code for outcome in outcomes} == {"trust.no-tool"}
    assert all(world.tool in outcome.error.message for outcome in outcomes)
    assert all(outcome.error.hint.startswith("sudo ") for outcome in outcomes)
    assert fake.contents() == before


def test_a_tool_that_fails_is_an_error_and_leaves_no_half(world, fake, machine, roots, receipts):
    if not world.tool:
        pytest.skip("this store needs no tool")
    before = fake.contents()
    fake.broken.add(world.tool)
    outcomes = run(world, machine, roots.root, receipts, install=True)
    assert exit_code(outcomes) is ExitCode.ENVIRONMENT
    assert State.PRESENT not in states(outcomes)
    assert all("as the test wanted" in outcome.error.message for outcome in outcomes)
    assert fake.contents() == before


def test_a_tool_that_only_says_that_it_worked_is_found_out(world, fake, machine, roots, receipts):
    """An exit code of 0 is no proof: what is read afterwards is."""
    if not world.tool:
        pytest.skip("this store needs no tool")
    honest = fake.programs[world.tool]
    changing = {"-A", "-importcert", "extract", "add-trusted-cert", "-addstore"}

    def lying(fake: FakeMachine, arguments: list[str], given: bytes):
        if changing.intersection(arguments) or not arguments:
            return Answer(0)
        return honest(fake, arguments, given)

    fake.programs[world.tool] = lying
    outcomes = run(world, machine, roots.root, receipts, install=True)
    assert exit_code(outcomes) is ExitCode.ENVIRONMENT
    assert {outcome.error.code for outcome in outcomes} == {"trust.not-so"}
    assert State.PRESENT not in states(outcomes)
    assert not world.trusts(fake, roots.root)


def test_a_removal_that_a_tool_only_claims_is_found_out(world, fake, machine, roots, receipts):
    if not world.tool:
        pytest.skip("this store needs no tool")
    run(world, machine, roots.root, receipts, install=True)
    for name in ({world.tool, "sh"} if world.needs_root else {world.tool}) & fake.programs.keys():
        fake.programs[name] = claiming(fake.programs[name])
    outcomes = run(world, machine, roots.root, receipts, install=False)
    assert exit_code(outcomes) is ExitCode.ENVIRONMENT
    assert {outcome.error.code for outcome in outcomes} == {"trust.not-so"}
    assert world.trusts(fake, roots.root)
    assert receipts.rows != [], "the receipt stays until the root is gone"


def claiming(honest):
    """The program, but that it says it removed something and did not."""
    asking = {"-L", "-list", "find-certificate", "verify-cert"}

    def tool(fake: FakeMachine, arguments: list[str], given: bytes) -> Answer:
        return honest(fake, arguments, given) if asking.intersection(arguments) else Answer(0)

    return tool


def test_two_installations_at_once_both_count(world, fake, machine, roots, receipts):
    cas = [roots.root, roots.other]
    threads = [
        threading.Thread(target=run, args=(world, machine, ca, receipts), kwargs={"install": True})
        for ca in cas
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [world.trusts(fake, ca) for ca in cas] == [True, True]


def test_while_another_changes_what_is_shared_nothing_shared_is_changed(
    world, fake, machine, roots, receipts, monkeypatch
):
    """Whichever of the stores: the system's tool changes Java's keystore too."""
    monkeypatch.setattr(change, "PATIENCE", 0.0)
    before = fake.contents()
    descriptor = os.open(machine.root, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    outcomes = run(world, machine, roots.root, receipts, install=True)
    for outcome in outcomes:
        if outcome.shared:
            assert outcome.error.code == "trust.busy"
        else:
            assert outcome.after is State.PRESENT
    assert (fake.contents() == before) is all(outcome.shared for outcome in outcomes)
    os.close(descriptor)
    assert states(run(world, machine, roots.root, receipts, install=True)) == {State.PRESENT}


def test_a_file_system_without_locks_is_changed_all_the_same(
    world, machine, roots, receipts, monkeypatch
):
    """NFS gives no exclusive lock on what is open for reading."""

    def none(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", none)
    assert states(run(world, machine, roots.root, receipts, install=True)) == {State.PRESENT}


def test_a_plan_tells_what_stands_there_and_what_would_be_done(world, machine, roots):
    store = store_of(world, machine)
    for outcome in planned([store], roots.root, install=True):
        assert outcome.before is State.ABSENT
        assert outcome.left
        assert outcome.done == ()


def test_a_store_of_another_platform_is_not_there(machine):
    with pytest.raises(CertkitError) as refused:
        stores(machine, ["keychain"])
    assert refused.value.code == "trust.unknown-store"
