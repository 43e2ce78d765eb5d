"""Java's keystores: found once each, and Debian's left to Debian."""

from __future__ import annotations

import json

import pytest

from certkit.errors import CertkitError, ExitCode
from certkit.truststores.change import carry_out, exit_code
from certkit.truststores.java import java_store
from certkit.truststores.machine import Answer
from certkit.truststores.registry import stores
from certkit.truststores.store import State, state
from tests.truststores.machines import COMMON, WORLDS, FakeMachine, keytool, machine_of

FED = "/etc/ssl/certs/java/cacerts"


@pytest.fixture
def fake(tmp_path) -> FakeMachine:
    found = FakeMachine(tmp_path)
    found.home.mkdir(parents=True)
    found.programs |= COMMON | {"keytool": keytool}
    return found


def jdk(fake: FakeMachine, path: str, inside: str = "lib/security/cacerts") -> None:
    fake.make(f"{path}/{inside}")
    fake.at(f"{path}/{inside}").write_text("[]")


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        ("/usr/lib/jvm/java-25", True),
        ("/usr/java/jdk-21", True),
        ("/opt/graalvm", True),
        ("/home/ada lovelace/.sdkman/candidates/java/25-tem", False),
        ("/home/ada lovelace/.jdks/jbr-25", False),
        ("/home/ada lovelace/.asdf/installs/java/temurin-25", False),
        ("/home/ada lovelace/.local/share/mise/installs/java/25", False),
        ("/home/ada lovelace/.gradle/jdks/adoptium-25", False),
    ],
)
def test_a_jdk_is_found_where_packages_and_managers_put_it(fake, path, shared):
    jdk(fake, path)
    (place,) = java_store(fake.machine()).places
    assert place.where == fake.at(f"{path}/lib/security/cacerts")
    assert place.shared is shared


def test_java_8_keeps_its_keystore_in_its_jre(fake):
    jdk(fake, "/usr/lib/jvm/java-8", "jre/lib/security/cacerts")
    assert java_store(fake.machine()).available()


def test_java_home_and_the_java_on_path_are_looked_at_too(fake):
    jdk(fake, "/srv/a jdk")
    jdk(fake, "/srv/other")
    assert not java_store(fake.machine()).available()
    fake.variables["JAVA_HOME"] = str(fake.at("/srv/a jdk"))
    assert len(java_store(fake.machine()).places) == 1
    fake.make("/srv/other/bin/java")
    fake.at("/bin").mkdir()
    fake.at("/bin/java").symlink_to(fake.at("/srv/other/bin/java"))
    fake.programs["java"] = keytool
    assert len(java_store(fake.machine()).places) == 2


def test_one_keystore_that_many_link_to_is_one_place(fake):
    jdk(fake, "/usr/lib/jvm/real")
    for name in ("a", "b"):
        fake.make(f"/usr/lib/jvm/{name}/lib/security/")
        link = fake.at(f"/usr/lib/jvm/{name}/lib/security/cacerts")
        link.symlink_to(fake.at("/usr/lib/jvm/real/lib/security/cacerts"))
    assert len(java_store(fake.machine()).places) == 1


# ---- the keystore that Debian fills --------------------------------------------------------------


@pytest.fixture
def debian(tmp_path) -> FakeMachine:
    found = machine_of(WORLDS["debian"], tmp_path)
    found.programs["keytool"] = keytool
    found.make("/etc/ca-certificates/update.d/jks-keystore", FED, "/usr/lib/jvm/j/lib/security/")
    found.at(FED).write_text("[]")
    found.at("/usr/lib/jvm/j/lib/security/cacerts").symlink_to(found.at(FED))
    return found


def aliases(fake: FakeMachine) -> list[str]:
    return [row[0] for row in json.loads(fake.at(FED).read_text())]


def run(fake: FakeMachine, root, receipts, *names: str, install: bool = True):
    machine = fake.machine()
    found = stores(machine, names)
    return {each.store: each for each in carry_out(found, root, machine, receipts, install=install)}


def test_it_gets_the_root_by_the_system_store_once(debian, roots, receipts):
    outcomes = run(debian, roots.root, receipts)
    assert outcomes["java"].after is State.PRESENT
    assert outcomes["java"].done == ()
    assert [alias.partition("-")[0] for alias in aliases(debian)] == ["debian:certkit"]


def test_alone_it_waits_for_the_system_store_and_says_so(debian, roots, receipts):
    (outcome,) = run(debian, roots.root, receipts, "java").values()
    assert outcome.after is State.ABSENT
    assert exit_code([outcome]) is ExitCode.TODO
    assert outcome.error.hint == "certkit trust install --store system"
    assert aliases(debian) == []


def test_where_the_hook_failed_it_is_imported_directly(debian, roots, receipts):
    debian.broken.add("debian-java-hook")
    outcomes = run(debian, roots.root, receipts)
    assert outcomes["java"].after is State.PRESENT
    assert [alias.partition("-")[0] for alias in aliases(debian)] == ["certkit"]


def test_its_alias_goes_with_the_root_also_when_the_hook_never_hears_of_it(debian, roots, receipts):
    run(debian, roots.root, receipts)
    debian.broken.add("debian-java-hook")
    outcomes = run(debian, roots.root, receipts, install=False)
    assert exit_code(outcomes.values()) is ExitCode.OK
    assert aliases(debian) == []


def test_a_keystore_that_keytool_cannot_open_is_unreadable(fake, roots):
    jdk(fake, "/opt/jdk")
    fake.broken.add("keytool")
    with pytest.raises(CertkitError) as refused:
        java_store(fake.machine()).contains(roots.root.sha256)
    assert refused.value.code == "trust.unreadable"
    assert "as the test wanted" in refused.value.message


# ---- private keys --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        pytest.param(["root"], State.PRESENT, id="of the root itself, which Java trusts"),
        pytest.param(["other", "root"], State.ABSENT, id="of a certificate below it"),
    ],
)
def test_of_a_private_key_only_the_first_certificate_counts(fake, roots, chain, expected):
    machine = with_private_key(fake, [getattr(roots, name) for name in chain])
    (place,) = java_store(machine).places
    assert state(place, roots.root) is expected


def test_a_private_key_is_never_deleted_with_its_certificate(fake, roots, receipts):
    machine = with_private_key(fake, [roots.root])
    (outcome,) = carry_out([java_store(machine)], roots.root, machine, receipts, install=False)
    assert exit_code([outcome]) is ExitCode.TODO
    assert outcome.error.code == "trust.by-hand"
    assert not any("-delete" in command for command in fake.ran)


def with_private_key(fake, chain):
    def listing(fake, arguments, given):
        said = keytool(fake, arguments, given)
        entry = "Alias name: mine\nEntry type: PrivateKeyEntry\nCertificate chain length: 2\n"
        entry += "".join(one.pem.decode() for one in chain)
        return Answer(0, said.out + entry.encode()) if "-list" in arguments else said

    jdk(fake, "/opt/jdk")
    fake.programs["keytool"] = listing
    return fake.machine()
