"""certkit trust and the keystore of a JDK of one's own."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certkit.truststores.store import certificates_in
from tests.e2e.throwaway_system import System
from tests.e2e.trust_server import Site, root_of, site
from tests.peers import clean_env, program
from tests.truststores.conftest import same_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.peer("java-wheel", "javac")]

CACERTS = "lib/security/cacerts"
OWN = ("--store", "java", "--user")


@pytest.fixture
def person(tmp_path: Path) -> System:
    home = tmp_path / "ada lovelace"
    home.mkdir()
    return System(None, home)


@pytest.fixture
def jdk(person: System) -> Path:
    """A JDK that is the person's: that of the wheel, linked file by file but for its keystore."""
    original = Path(program("java-wheel")).parent.parent
    copy = person.home / ".jdks/jdk 25"
    shutil.copytree(original, copy, copy_function=lambda one, two: Path(two).hardlink_to(one))
    keystore = copy / CACERTS
    keystore.unlink()
    shutil.copy(original / CACERTS, keystore)
    return copy


@pytest.fixture
def served(person: System) -> Iterator[Site]:
    with site(person) as found:
        command = [program("javac"), "--release", "17", "-d", ".", "Client.java"]
        subprocess.run(command, cwd=found.folder, env=clean_env(), check=True, timeout=120)
        yield found


def opens(jdk: Path, served: Site) -> bool:
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
    done = subprocess.run(
        [jdk / "bin/java", *quick, "-cp", ".", "Client", served.url],
        cwd=served.folder,
        env=clean_env(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    refused = "unable to find valid certification path" in done.stderr
    assert refused == (done.returncode != 0), done.stderr
    return not refused


def keytool(jdk: Path, *arguments: str) -> str:
    keystore = ("-keystore", str(jdk / CACERTS), "-storepass", "changeit")
    done = subprocess.run(
        [jdk / "bin/keytool", "-J-Duser.language=en", *arguments, *keystore],
        env=clean_env(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def entries(jdk: Path) -> dict[str, str]:
    """Alias -> SHA-256."""
    parts = re.split(r"(?m)^Alias name: (.*)$", keytool(jdk, "-list", "-rfc"))[1:]
    return {
        alias: hashlib.sha256(certificate.der).hexdigest()
        for alias, text in zip(parts[::2], parts[1::2], strict=True)
        for certificate in certificates_in(text.encode())
    }


def test_java_accepts_after_install_and_refuses_again_after_uninstall(
    person: System, jdk: Path, served: Site
) -> None:
    before = entries(jdk)
    assert len(before) > 100
    assert not opens(jdk, served)
    done = person.certkit("trust", "install", *OWN, "--json")
    assert done.code == 0, done.err
    (row,) = done.envelope["data"]["stores"]
    assert (row["place"], row["shared"]) == (str(jdk / CACERTS), False)
    assert opens(jdk, served)
    assert person.certkit("trust", "install", *OWN).code == 0
    assert len(entries(jdk)) == len(before) + 1
    assert person.certkit("trust", "uninstall", *OWN).code == 0
    assert not opens(jdk, served)
    assert entries(jdk) == before


def test_one_keystore_that_two_jdks_link_to_is_one_place(person: System, jdk: Path) -> None:
    person.certkit("ca", "init")
    for name in ("jdk-a", "jdk-b"):
        folder = person.home / ".sdkman/candidates/java" / name / "lib/security"
        folder.mkdir(parents=True)
        (folder / "cacerts").symlink_to(jdk / CACERTS)
    done = person.certkit("trust", "install", *OWN, "--json", JAVA_HOME=str(jdk))
    assert done.code == 0
    assert [row["place"] for row in done.envelope["data"]["stores"]] == [str(jdk / CACERTS)]


def test_a_resigned_root_and_one_under_another_alias_are_replaced(
    person: System, jdk: Path
) -> None:
    """Somebody imported the root by hand; after `ca permit` only the new one is there."""
    person.certkit("ca", "init")
    old = root_of(person.home / "ca")
    before = entries(jdk)
    for alias in ("my ca", "the same again"):
        file = str(person.home / "ca/root.pem")
        keytool(jdk, "-importcert", "-noprompt", "-alias", alias, "-file", file)
    assert person.certkit("trust", "status", *OWN[:2], "--json").states["java"] >= {"present"}
    person.certkit("ca", "permit", "dev.example.com")
    assert person.certkit("trust", "install", *OWN).code == 0
    new = root_of(person.home / "ca")
    assert old.sha256 not in entries(jdk).values()
    assert new.sha256 in entries(jdk).values()
    assert person.certkit("trust", "uninstall", *OWN).code == 0
    assert entries(jdk) == before


def test_a_stranger_under_the_same_subject_stays(person: System, jdk: Path) -> None:
    person.certkit("ca", "init")
    stranger = person.home / "stranger.pem"
    stranger.write_bytes(same_subject(root_of(person.home / "ca")).pem)
    keytool(jdk, "-importcert", "-noprompt", "-alias", "somebody", "-file", str(stranger))
    before = entries(jdk)
    assert person.certkit("trust", "install", *OWN).code == 0
    assert person.certkit("trust", "uninstall", *OWN).code == 0
    assert entries(jdk) == before


def test_a_keystore_with_another_password_is_unreadable_and_never_called_installed(
    person: System, jdk: Path
) -> None:
    person.certkit("ca", "init")
    keytool(jdk, "-storepasswd", "-new", "our secret")
    done = person.certkit("trust", "install", *OWN, "--json")
    assert done.code == 3
    assert done.states == {"java": {"unreadable"}}
    assert "password" in done.errors[0]["message"]


def test_an_entry_with_a_private_key_is_no_trust_of_its_ca_and_stays(
    person: System, jdk: Path
) -> None:
    person.certkit("ca", "init")
    out, p12 = person.home / "out", person.home / "mine.p12"
    person.certkit("issue", "localhost", "--out", str(out))
    files = ("-in", out / "localhost.pem", "-inkey", out / "localhost-key.pem", "-out", p12)
    chain = ("-certfile", person.home / "ca/root.pem", "-passout", "pass:changeit")
    command = [program("openssl"), "pkcs12", "-export", *files, *chain]
    subprocess.run(command, env=clean_env(), check=True, timeout=60)
    source = ("-srckeystore", str(p12), "-srcstorepass", "changeit", "-noprompt")
    store = ("-destkeystore", str(jdk / CACERTS), "-deststorepass", "changeit")
    imported = subprocess.run(
        [jdk / "bin/keytool", "-importkeystore", *source, *store],
        env=clean_env(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert imported.returncode == 0, imported.stdout
    before = entries(jdk)
    assert "Certificate chain length: 2" in keytool(jdk, "-list", "-rfc")
    assert person.certkit("trust", "status", *OWN[:2], "--json").states["java"] == {"absent"}
    assert person.certkit("trust", "install", *OWN).code == 0
    assert person.certkit("trust", "uninstall", *OWN).code == 0
    assert entries(jdk) == before


def test_without_keytool_it_says_what_brings_it(person: System, jdk: Path) -> None:
    person.certkit("ca", "init")
    (jdk / "bin/keytool").unlink()
    empty = person.home / "empty"
    empty.mkdir()
    done = person.certkit("trust", "install", *OWN, "--json", PATH=str(empty))
    assert done.code == 4
    assert done.states == {"java": {"unreadable"}}
    assert done.errors[0]["code"] == "trust.no-tool"
