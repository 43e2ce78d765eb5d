"""Which stores are meant, and whose."""

from __future__ import annotations

import pytest

from certkit.errors import CertkitError
from certkit.truststores import registry
from tests.truststores.machines import WORLDS, FakeMachine, keytool, machine_of


@pytest.fixture
def fake(tmp_path) -> FakeMachine:
    """A Debian with a browser database and a JDK in the home, and another JDK for all."""
    found = machine_of(WORLDS["debian"], tmp_path)
    found.programs["keytool"] = keytool
    WORLDS["nss"].build(found)
    for path in ("/opt/jdk", "/home/ada lovelace/.jdks/own"):
        found.make(f"{path}/lib/security/cacerts")
        found.at(f"{path}/lib/security/cacerts").write_text("[]")
    return found


def names(stores) -> list[str]:
    return [store.name for store in stores]


def test_by_default_the_stores_that_need_no_asking_are_meant(fake):
    assert names(registry.stores(fake.machine())) == ["system", "nss", "firefox", "java"]
    assert names(registry.stores(fake.machine(), ["chromium-policy"])) == ["chromium-policy"]
    assert {"chromium-policy", "windows"} < set(names(registry.every_store(fake.machine())))


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd14"])
def test_every_platform_has_its_own_stores_only(fake, platform):
    fake.platform = platform
    found = set(names(registry.every_store(fake.machine())))
    assert ("nss" in found) == (platform == "linux")
    assert ("user" in found) == (platform in {"darwin", "win32"})
    with pytest.raises(CertkitError) as refused:
        registry.stores(fake.machine(), ["system", "no such"])
    assert refused.value.code == "trust.unknown-store"


def places(stores) -> set[tuple[str, bool]]:
    return {(store.name, place.shared) for store in stores for place in store.places}


def test_what_is_shared_and_what_is_the_users_own_are_told_apart(fake):
    machine = fake.machine()
    found = registry.stores(machine)
    own = {("nss", False), ("java", False)}
    shared = {("system", True), ("java", True)}
    assert places(registry.within(found, machine, shared=None)) == own | shared
    assert places(registry.within(found, machine, shared=True)) == shared
    assert places(registry.within(found, machine, shared=False)) == own


def test_under_sudo_only_what_is_shared_is_touched(fake):
    fake.variables["SUDO_UID"] = "1000"
    for asked in (None, True):
        found = registry.within(registry.stores(fake.machine()), fake.machine(), shared=asked)
        assert places(found) == {("system", True), ("java", True)}
    found = registry.stores(fake.machine())
    assert registry.within(found, fake.machine(), shared=False) == (), "never the others instead"
    assert "without sudo" in (registry.no_place(found, fake.machine()).hint or "")
    user = fake.machine(is_root=False)  # a variable alone makes nobody root
    assert ("nss", False) in places(registry.within(registry.stores(user), user, shared=None))


def test_a_place_of_a_receipt_is_looked_at_though_no_scan_finds_it(fake):
    machine = fake.machine()
    far = fake.home / "far profile"
    far.mkdir()
    known = fake.home / ".pki/nssdb"
    receipts = [("nss", far), ("nss", known), ("nss", fake.home / "gone"), ("no store", far)]
    (store,) = registry.with_remembered(registry.stores(machine, ["nss"]), receipts, machine)
    found = [place.where for place in store.places]
    assert found.count(known) == 1
    assert found[-1] == far
    assert len(found) == 3
