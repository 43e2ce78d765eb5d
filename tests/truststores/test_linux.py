"""The system store of Linux, where its families differ and where tools leave something behind."""

from __future__ import annotations

import os

import pytest

from certkit.errors import CertkitError, ExitCode
from certkit.pki.certificate import to_pem
from certkit.truststores import steps
from certkit.truststores.change import carry_out, exit_code
from certkit.truststores.linux import system_store
from certkit.truststores.steps import RemoveFile, Run, WriteFile
from certkit.truststores.store import State, state
from tests.truststores.machines import WORLDS, FakeMachine, machine_of

ANCHORS = "/usr/local/share/ca-certificates"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


@pytest.fixture
def debian(tmp_path) -> FakeMachine:
    return machine_of(WORLDS["debian"], tmp_path)


def perform(plan, machine):
    for step in plan:
        steps.perform(step, machine)


@pytest.mark.parametrize(
    ("world", "anchor", "command"),
    [
        ("debian", f"{ANCHORS}/certkit-*.crt", ("update-ca-certificates",)),
        ("alpine", f"{ANCHORS}/certkit-*.crt", ("update-ca-certificates",)),
        (
            "fedora",
            "/etc/pki/ca-trust/source/anchors/certkit-*.pem",
            ("update-ca-trust", "extract"),
        ),
        ("opensuse", "/etc/pki/trust/anchors/certkit-*.pem", ("update-ca-certificates",)),
        ("arch", "/etc/ca-certificates/trust-source/anchors/certkit-*.crt", ("update-ca-trust",)),
    ],
)
def test_each_family_has_its_folder_its_ending_and_its_tool(
    world, anchor, command, tmp_path, roots
):
    machine = machine_of(WORLDS[world], tmp_path).machine()
    write, run = system_store(machine).plan_install(roots.root)
    assert isinstance(write, WriteFile)
    assert write.path.match(anchor.lstrip("/"))
    assert write.content == roots.root.pem
    assert isinstance(run, Run)
    assert run.command == command
    assert write.as_root
    assert run.as_root


def test_debian_is_told_what_to_take_out_so_that_its_hooks_hear_of_it(debian, roots):
    machine = debian.machine()
    perform(system_store(machine).plan_install(roots.root), machine)
    remove, run = system_store(machine).plan_remove(roots.root)
    assert isinstance(remove, RemoveFile)
    assert run.command[:2] == ("sh", "-c")
    assert run.command[-1] == remove.path.name
    assert "--certsconf" in run.command[2]


def test_a_file_that_somebody_removed_without_the_tool_leaves_a_link_that_goes(debian, roots):
    machine = debian.machine()
    before = debian.contents()
    perform(system_store(machine).plan_install(roots.root), machine)
    (anchor,) = debian.at(ANCHORS).glob("certkit-*")
    anchor.unlink()
    debian.run(["update-ca-certificates"])
    assert [path for path in debian.at("/etc/ssl/certs").glob("*.pem") if not path.exists()]
    assert state(system_store(machine).places[0], roots.root) is State.ABSENT
    perform(system_store(machine).plan_remove(roots.root), machine)
    assert debian.contents() == before


def test_a_killed_update_has_left_a_half_bundle_that_is_used_up_first(debian, roots):
    """The tool appends to the file that it left behind, so the root would come back."""
    machine = debian.machine()
    half = debian.at(f"{BUNDLE}.new")
    half.write_bytes(roots.root.pem)
    assert state(system_store(machine).places[0], roots.root) is State.ABSENT
    plan = system_store(machine).plan_remove(roots.root)
    assert [step.command for step in plan] == [("update-ca-certificates",)] * 2
    half.write_bytes(roots.other.pem)
    assert system_store(machine).plan_remove(roots.root) == ()


def test_the_root_under_two_names_goes_from_both(debian, roots):
    before = debian.contents()
    machine = debian.machine()
    for name in ("a.crt", "sub folder/b (1), c.crt"):
        debian.make(f"{ANCHORS}/{name}")
        debian.at(f"{ANCHORS}/{name}").write_bytes(roots.root.pem)
    debian.run(["update-ca-certificates"])
    perform(system_store(machine).plan_remove(roots.root), machine)
    assert debian.contents() == before


def test_a_file_with_other_certificates_in_it_is_for_a_person(debian, roots, receipts):
    machine = debian.machine()
    file = debian.at(f"{ANCHORS}/mine.crt")
    file.write_bytes(to_pem([roots.other, roots.root]))
    debian.run(["update-ca-certificates"])
    (outcome,) = carry_out([system_store(machine)], roots.root, machine, receipts, install=False)
    assert exit_code([outcome]) is ExitCode.TODO
    assert str(file) in outcome.error.message
    assert outcome.after is State.PRESENT
    assert roots.other.pem in file.read_bytes()


@pytest.mark.parametrize(
    "junk", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n!!!", b"\xff\xfe\x00"]
)
def test_what_is_no_certificate_in_the_folder_is_passed_over(debian, roots, junk):
    machine = debian.machine()
    debian.at(f"{ANCHORS}/junk.crt").write_bytes(junk)
    assert not system_store(machine).contains(roots.root.sha256)
    perform(system_store(machine).plan_install(roots.root), machine)
    assert system_store(machine).contains(roots.root.sha256)


def test_nixos_gets_the_line_for_its_configuration(tmp_path, roots, receipts):
    fake = FakeMachine(tmp_path)
    fake.make("/etc/NIXOS", BUNDLE)
    machine = fake.machine()
    (outcome,) = carry_out([system_store(machine)], roots.root, machine, receipts, install=True)
    assert exit_code([outcome]) is ExitCode.TODO
    assert "security.pki.certificateFiles" in outcome.error.hint
    fake.at(BUNDLE).write_bytes(roots.root.pem)  # rebuilt by the person
    (outcome,) = carry_out([system_store(machine)], roots.root, machine, receipts, install=True)
    assert outcome.after is State.PRESENT
    assert exit_code([outcome]) is ExitCode.OK


def test_a_system_that_certkit_does_not_know_gets_the_variables(tmp_path, roots, receipts):
    machine = FakeMachine(tmp_path).machine()
    (outcome,) = carry_out([system_store(machine)], roots.root, machine, receipts, install=True)
    assert exit_code([outcome]) is ExitCode.TODO
    assert "certkit trust env" in outcome.error.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_bundle_that_may_not_be_read_is_unreadable(debian, roots):
    debian.at(BUNDLE).chmod(0)
    with pytest.raises(CertkitError) as refused:
        system_store(debian.machine()).contains(roots.root.sha256)
    assert refused.value.code == "trust.unreadable"


@pytest.mark.parametrize(
    ("world", "folder", "way_out"),
    [
        ("opensuse", "/usr/share/pki/trust/anchors", "update-ca-certificates"),
        ("fedora", "/usr/share/pki/ca-trust-source/anchors", "update-ca-trust extract"),
        ("debian", "/usr/share/ca-certificates", "dpkg-reconfigure ca-certificates"),
    ],
)
def test_a_root_among_those_of_packages_counts_and_is_for_a_person_to_take_out(
    tmp_path, roots, receipts, world, folder, way_out
):
    fake = machine_of(WORLDS[world], tmp_path)
    fake.make(f"{folder}/rootCA.pem")
    fake.at(f"{folder}/rootCA.pem").write_bytes(roots.root.pem)
    bundle = system_store(fake.machine()).places[0].where
    bundle.write_bytes(bundle.read_bytes() + roots.root.pem)
    before, machine = fake.contents(), fake.machine()
    (place,) = system_store(machine).places
    assert state(place, roots.root) is State.PRESENT
    (outcome,) = carry_out([system_store(machine)], roots.root, machine, receipts, install=False)
    assert exit_code([outcome]) is ExitCode.TODO
    assert "rootCA.pem" in outcome.error.message
    assert way_out in outcome.error.hint
    assert fake.contents() == before


def test_a_root_that_only_the_stale_bundle_has_goes_with_the_next_run_of_the_tool(
    tmp_path, roots, receipts
):
    fake = machine_of(WORLDS["opensuse"], tmp_path)
    fake.make("/usr/share/pki/trust/anchors/other.pem")
    fake.at("/usr/share/pki/trust/anchors/other.pem").write_bytes(roots.other.pem)
    machine = fake.machine()
    (place,) = system_store(machine).places
    place.where.write_bytes(place.where.read_bytes() + roots.root.pem)
    (outcome,) = carry_out([system_store(machine)], roots.root, machine, receipts, install=False)
    assert (exit_code([outcome]), outcome.after) == (ExitCode.OK, State.ABSENT)
