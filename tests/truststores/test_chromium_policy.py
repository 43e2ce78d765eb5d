"""Managed policy: one file for certkit, and everybody else's left as it is."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

import certkit
from certkit.errors import CertkitError
from certkit.truststores import steps
from certkit.truststores.chromium_policy import policy_store
from tests.truststores.machines import WORLDS, FakeMachine, machine_of

FOLDER = "/etc/chromium/policies/managed"


@pytest.fixture
def fake(tmp_path) -> FakeMachine:
    return machine_of(WORLDS["chromium-policy"], tmp_path)


def install(fake: FakeMachine, root) -> None:
    machine = fake.machine()
    for step in policy_store(machine).plan_install(root):
        steps.perform(step, machine)


def written(fake: FakeMachine):
    return json.loads(fake.at(f"{FOLDER}/certkit.json").read_text())


def test_the_constraints_of_the_root_are_those_of_the_policy(fake, roots):
    install(fake, roots.root)
    (entry,) = written(fake)["CACertificatesWithConstraints"]
    assert entry["certificate"] == b64encode(roots.root.der).decode()
    assert "localhost" in entry["constraints"]["permitted_dns_names"]
    assert "10.0.0.0/8" in entry["constraints"]["permitted_cidrs"]


def test_an_unconstrained_root_is_not_constrained_by_the_policy(fake):
    root = certkit.CertificateAuthority.create(unconstrained=True).root
    install(fake, root)
    assert written(fake) == {"CACertificates": [b64encode(root.der).decode()]}


def test_two_cas_share_the_one_file_since_a_second_would_hide_the_first(fake, roots):
    for root in (roots.root, roots.other):
        install(fake, root)
    assert len(written(fake)["CACertificatesWithConstraints"]) == 2
    assert [path.name for path in fake.at(FOLDER).iterdir()] == ["certkit.json"]


@pytest.mark.parametrize("name", ["aaa.json", "zzz.json"])
def test_a_policy_of_an_administrator_is_neither_hidden_nor_changed(fake, roots, name):
    other = {"CACertificatesWithConstraints": [], "BookmarkBarEnabled": True}
    fake.at(f"{FOLDER}/{name}").write_text(json.dumps(other))
    with pytest.raises(CertkitError) as refused:
        policy_store(fake.machine()).plan_install(roots.root)
    assert refused.value.code == "trust.by-hand"
    assert b64encode(roots.root.der).decode() in refused.value.hint


def test_a_file_that_a_later_one_hides_does_not_count(fake, roots):
    install(fake, roots.root)
    fake.at(f"{FOLDER}/zzz.json").write_text('{"CACertificatesWithConstraints": []}')
    assert not policy_store(fake.machine()).contains(roots.root.sha256)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"CACertificates": "x"}',
        '{"CACertificates": [1, null, "AAAA", {"certificate": 5}]}',
        '{"CACertificatesWithConstraints": [{}, {"certificate": "-"}]}',
    ],
)
def test_a_broken_file_is_passed_over(fake, roots, text):
    fake.at(f"{FOLDER}/certkit.json").write_text(text)
    assert not policy_store(fake.machine()).contains(roots.root.sha256)
    install(fake, roots.root)
    assert policy_store(fake.machine()).contains(roots.root.sha256)


def test_a_folder_among_the_files_is_passed_over_as_the_browser_does(fake, roots):
    fake.make(f"{FOLDER}/backup.json/")
    install(fake, roots.root)
    assert policy_store(fake.machine()).contains(roots.root.sha256)


@pytest.mark.parametrize(
    ("program", "folder"),
    [
        ("chromium", "/etc/chromium/policies/managed"),
        ("google-chrome", "/etc/opt/chrome/policies/managed"),
        ("microsoft-edge", "/etc/opt/edge/policies/managed"),
        ("brave-browser", "/etc/brave/policies/managed"),
    ],
)
def test_each_browser_has_its_folder(tmp_path, program, folder):
    fake = FakeMachine(tmp_path, programs={program: WORLDS["chromium-policy"].build})
    (place,) = policy_store(fake.machine()).places
    assert place.where == fake.at(folder)
