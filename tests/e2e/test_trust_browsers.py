"""certkit trust and the databases of real browsers: every place, every state they may be in."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import ssl
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import certkit
from tests.e2e.throwaway_system import System, throwaway_system
from tests.e2e.trust_browsers import chromium_opens, chromium_page, firefox, profiles
from tests.e2e.trust_server import Site, root_of, site
from tests.e2e.wss import Backend
from tests.peers import clean_env, program
from tests.truststores.conftest import same_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.peer("certutil")]

OLD = Path(".pki/nssdb")
NEW = Path(".local/share/pki/nssdb")


@pytest.fixture
def person(tmp_path: Path) -> System:
    """Somebody with an empty home whose name has a space in it, on this machine as it is."""
    home = tmp_path / "ada lovelace"
    home.mkdir()
    return System(None, home)


@pytest.fixture
def served(person: System) -> Iterator[Site]:
    with site(person) as found:
        yield found


def certutil(*arguments: str | Path, given: bytes = b"") -> str:
    done = subprocess.run(
        [program("certutil"), *map(str, arguments)],
        env=clean_env(),
        input=given,
        capture_output=True,
        check=True,
        timeout=60,
        start_new_session=True,
    )
    return done.stdout.decode()


def make_database(folder: Path) -> Path:
    folder.mkdir(parents=True)
    certutil("-N", "-d", f"sql:{folder}", "--empty-password")
    return folder


def entries(database: Path) -> list[tuple[object, ...]]:
    """Every object in the database, but for the numbers that NSS gives them."""
    with sqlite3.connect(f"file:{database / 'cert9.db'}?mode=ro", uri=True) as connection:
        return sorted((row[1:] for row in connection.execute("SELECT * FROM nssPublic")), key=repr)


# ---- Chromium ------------------------------------------------------------------------------------


@pytest.mark.peer("chromium")
@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        pytest.param([], [NEW], id="none"),
        pytest.param([NEW], [NEW], id="new place"),
        pytest.param([OLD], [OLD], id="old place"),
        pytest.param([OLD, NEW], [OLD, NEW], id="both"),
    ],
)
def test_chromium_opens_the_page_whichever_database_it_reads(
    person: System, served: Site, existing: list[Path], expected: list[Path]
) -> None:
    before = {place: entries(make_database(person.home / place)) for place in existing}
    assert not chromium_opens(person, served.url)

    done = person.certkit("trust", "install", "--store", "nss", "--json")
    assert done.code == 0, done.err
    places = [row["place"] for row in done.envelope["data"]["stores"]]
    assert places == [str(person.home / place) for place in expected]
    asked = {row["client"]: row["verdict"] for row in done.envelope["data"]["handshakes"]}
    assert asked == {"Chromium": "accepts"}
    assert chromium_opens(person, served.url)
    assert (person.home / OLD).exists() == (OLD in existing), "it would shadow the new place"
    told = person.certkit("trust", "status", "--store", "nss", "--json")
    assert told.code == 0
    (client,) = (row for row in told.envelope["data"]["clients"] if row["client"] == "Chromium")
    assert (client["follows"], client["trusts"]) == ("nss", True)

    assert person.certkit("trust", "uninstall", "--store", "nss").code == 0
    assert not chromium_opens(person, served.url)
    assert person.certkit("trust", "status", "--store", "nss").code == 1
    for place in existing:
        assert entries(person.home / place) == before[place]


@pytest.mark.peer("chromium")
@pytest.mark.parametrize("in_use", [False, True], ids=["alone", "beside the new place"])
def test_chromium_reads_the_old_place_as_soon_as_its_folder_is_there(
    person: System, served: Site, *, in_use: bool
) -> None:
    (person.home / OLD).mkdir(parents=True)
    if in_use:
        make_database(person.home / NEW)
    done = person.certkit("trust", "install", "--store", "nss", "--json")
    assert done.code == 0, done.err
    assert chromium_opens(person, served.url)
    assert str(person.home / OLD) in [row["place"] for row in done.envelope["data"]["stores"]]
    assert person.certkit("trust", "uninstall", "--store", "nss").code == 0
    assert not chromium_opens(person, served.url)


@pytest.mark.peer("chromium")
def test_the_xdg_place_is_where_the_variable_says(person: System, served: Site) -> None:
    elsewhere = {"XDG_DATA_HOME": str(person.home / "my data")}
    assert person.certkit("trust", "install", "--store", "nss", **elsewhere).code == 0
    assert (person.home / "my data/pki/nssdb/cert9.db").exists()
    assert chromium_opens(person, served.url, **elsewhere)
    assert not chromium_opens(person, served.url)


@pytest.mark.peer("chromium")
def test_a_websocket_opens_that_failed_without_a_reason(person: System) -> None:
    """The page of a WebSocket is told nothing about certificates: error, 1006, no reason."""
    issued = person.certkit("issue", "127.0.0.1", "--out", str(person.home / "site"), "--json")
    files = issued.envelope["data"]["files"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["certificate"], files["key"])
    with Backend(context) as backend, socket.create_server(("127.0.0.1", 0)) as silent:
        page = person.home / "page.html"
        # The page counts as loading, and is not printed, until the image gives up.
        page.write_text(
            f"<p>waiting</p><img src='http://127.0.0.1:{silent.getsockname()[1]}/'>"
            f"<script>const socket = new WebSocket('{backend.url}');"
            "const say = text => { document.querySelector('p').textContent = text;"
            "document.querySelector('img').src = 'data:,'; };"
            "socket.onopen = () => say('ok');"
            "socket.onclose = event => say(`${event.code} '${event.reason}'`);</script>"
        )
        assert "1006 ''" in chromium_page(person, page.as_uri())
        assert person.certkit("trust", "install", "--store", "nss").code == 0
        assert "<p>ok</p>" in chromium_page(person, page.as_uri())


# ---- Firefox -------------------------------------------------------------------------------------


@pytest.mark.peer("firefox")
def test_firefox_opens_the_page_while_it_runs_and_after_a_restart(
    person: System, served: Site
) -> None:
    with firefox(person, None) as running:
        (profile,) = profiles(person)
        assert not running.opens(served.url)
        before = entries(profile)
        done = person.certkit("trust", "install", "--store", "firefox", "--json")
        assert done.code == 0, done.err
        (row,) = done.envelope["data"]["stores"]
        assert row["place"] == str(profile)
        (asked,) = done.envelope["data"]["handshakes"]
        assert (asked["client"], asked["verdict"]) == ("Firefox", "accepts")
        assert running.opens(served.url), "without a restart"
    with firefox(person, profile) as running:
        assert running.opens(served.url)
    assert person.certkit("trust", "uninstall", "--store", "firefox").code == 0
    with firefox(person, profile) as running:
        assert not running.opens(served.url)
    known = {row for row in entries(profile) if b"certkit" in repr(row).encode()}
    assert known == set()
    assert set(before) <= set(entries(profile))


@pytest.mark.peer("firefox")
def test_a_profile_anywhere_is_found_by_profiles_ini(person: System, served: Site) -> None:
    far = person.home / "far away" / "my profile"
    far.mkdir(parents=True)
    base = person.home / ".mozilla/firefox"
    base.mkdir(parents=True)
    (base / "profiles.ini").write_text(
        f"[Profile0]\nName=far\nIsRelative=0\nPath={far}\nDefault=1\n\n[General]\nVersion=2\n"
    )
    done = person.certkit("trust", "install", "--store", "firefox", "--json")
    assert done.code == 0, done.err
    with firefox(person, far) as running:
        assert running.opens(served.url)
    # It leaves profiles.ini, and the receipt still leads there.
    (base / "profiles.ini").write_text("[General]\nVersion=2\n")
    assert person.certkit("trust", "uninstall", "--store", "firefox").code == 0
    with firefox(person, far) as running:
        assert not running.opens(served.url)


# ---- databases in a bad way ----------------------------------------------------------------------


def test_a_database_with_a_password_is_left_as_it_was_and_the_person_told(
    person: System,
) -> None:
    """certutil would leave the root there without trust, and say only that it failed."""
    person.certkit("ca", "init")
    database = person.home / NEW
    database.mkdir(parents=True)
    (person.home / "password").write_text("secret\n")
    certutil("-N", "-d", f"sql:{database}", "-f", person.home / "password")
    before = entries(database)
    done = person.certkit("trust", "install", "--store", "nss", "--json")
    assert done.code == 4
    assert done.states == {"nss": {"absent"}}
    (error,) = done.errors
    assert error["code"] == "trust.refused"
    assert entries(database) == before

    (command,) = done.envelope["data"]["commands"]
    shell = subprocess.run(
        ["sh", "-c", f"{command} -f password"],
        cwd=person.home,
        env=clean_env(),
        capture_output=True,
        check=False,
    )
    assert shell.returncode == 0, shell.stderr
    assert person.certkit("trust", "status", "--store", "nss").code == 0
    assert person.certkit("trust", "uninstall", "--store", "nss").code == 0
    assert entries(database) == before


def test_a_database_that_others_own_is_an_error_and_never_called_installed() -> None:
    with throwaway_system("nobody") as system:
        system.certkit("ca", "init", user="nobody")
        database = make_database(system.home / NEW)
        for path in (*database.iterdir(), database, *database.parents[:3]):
            if path.is_relative_to(system.home):
                path.chmod(0o755 if path.is_dir() else 0o644)
        done = system.certkit("trust", "install", "--store", "nss", "--json", user="nobody")
        assert done.code == 3
        assert done.states == {"nss": {"absent"}}
        assert "SEC_ERROR_READ_ONLY" in done.errors[0]["message"]
        for path in database.iterdir():
            path.chmod(0o600)
        done = system.certkit("trust", "install", "--store", "nss", "--json", user="nobody")
        assert done.code == 3
        assert done.states == {"nss": {"unreadable"}}


def test_what_cannot_be_looked_into_is_an_error_and_the_others_get_theirs() -> None:
    """As ``sudo`` leaves it in a home: folders of root."""
    with throwaway_system("nobody") as system:
        system.certkit("ca", "init", user="nobody")
        base = system.home / ".mozilla/firefox"
        for folder in (system.home / ".pki", base, system.home / "closed/profile", base / "mine"):
            folder.mkdir(parents=True)
        (base / "profiles.ini").write_text(
            f"[Profile0]\nIsRelative=0\nPath={system.home}/closed/profile\n"
            "[Profile1]\nIsRelative=1\nPath=mine\n"
        )
        shutil.chown(base / "mine", "nobody")
        for closed in (".pki", "closed"):
            (system.home / closed).chmod(0o700)
        stores = ("--store", "nss", "--store", "firefox", "--json")
        done = system.certkit("trust", "install", *stores, user="nobody")
        assert done.code == 3
        states = {row["place"]: row["state"] for row in done.envelope["data"]["stores"]}
        assert states[str(base / "mine")] == "present"
        assert states[f"{system.home}/closed/profile"] == "unreadable"
        assert states[str(system.home / OLD)] == "unreadable"
        assert system.certkit("trust", "status", *stores, user="nobody").code == 1

        (system.home / ".mozilla").chmod(0o700)
        done = system.certkit("trust", "install", "--store", "firefox", "--json", user="nobody")
        assert (done.code, done.errors[0]["code"]) == (3, "trust.unreadable")
        for closed in (".pki", "closed", ".mozilla"):
            (system.home / closed).chmod(0o755)
            for folder in (system.home / closed).rglob("*"):
                shutil.chown(folder, "nobody")
        shutil.chown(system.home / ".pki", "nobody")
        assert system.certkit("trust", "install", *stores, user="nobody").code == 0


def test_a_database_of_before_is_read_as_it_is_and_converted_by_the_first_change(
    person: System,
) -> None:
    person.certkit("ca", "init")
    profile = person.home / ".mozilla/firefox/of 2017"
    profile.mkdir(parents=True)
    (profile.parent / "profiles.ini").write_text("[Profile0]\nIsRelative=1\nPath=of 2017\n")
    try:
        certutil("-N", "-d", f"dbm:{profile}", "--empty-password")
    except subprocess.CalledProcessError:
        pytest.skip("this NSS makes no such database any more")
    other = person.home / "other.pem"
    other.write_bytes(certkit.CertificateAuthority.create().root.pem)
    certutil("-A", "-d", f"dbm:{profile}", "-n", "mine", "-t", "C,,", "-i", other)
    assert person.certkit("trust", "status", "--store", "firefox").code == 1
    assert not (profile / "cert9.db").exists(), "a look changes nothing"
    assert person.certkit("trust", "install", "--store", "firefox").code == 0
    assert person.certkit("trust", "status", "--store", "firefox").code == 0
    assert person.certkit("trust", "uninstall", "--store", "firefox").code == 0
    assert "mine " in certutil("-L", "-d", f"sql:{profile}")
    assert "certkit-" not in certutil("-L", "-d", f"sql:{profile}")


def test_a_root_that_somebody_distrusted_is_trusted_when_they_ask_for_it(person: System) -> None:
    person.certkit("ca", "init")
    database = make_database(person.home / NEW)
    before = entries(database)
    root = person.home / "ca/root.pem"
    certutil("-A", "-d", f"sql:{database}", "-n", "no", "-t", "p,p,p", "-i", root)
    assert person.certkit("trust", "status", "--store", "nss").code == 1
    assert person.certkit("trust", "install", "--store", "nss").code == 0
    assert person.certkit("trust", "status", "--store", "nss").code == 0
    assert person.certkit("trust", "uninstall", "--store", "nss").code == 0
    assert entries(database) == before


def test_a_database_that_is_held_locked_is_an_error_and_then_is_not(person: System) -> None:
    person.certkit("ca", "init")
    database = make_database(person.home / NEW)
    lock = sqlite3.connect(database / "cert9.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    done = person.certkit("trust", "install", "--store", "nss", "--json")
    assert done.code == 3
    assert "present" not in done.states["nss"]
    lock.execute("ROLLBACK")
    lock.close()
    assert person.certkit("trust", "install", "--store", "nss").code == 0


def test_a_stranger_under_the_same_subject_stays(person: System) -> None:
    person.certkit("ca", "init")
    database = make_database(person.home / NEW)
    stranger = same_subject(root_of(person.home / "ca"))
    add = ("-A", "-d", f"sql:{database}", "-t", "CT,C,C", "-a", "-n")
    certutil(*add, "Somebody  Else", given=stranger.pem)
    before = entries(database)
    assert person.certkit("trust", "install", "--store", "nss").code == 0
    assert len(entries(database)) == len(before) + 2
    assert person.certkit("trust", "uninstall", "--store", "nss").code == 0
    assert entries(database) == before


def test_where_certutil_cannot_tell_two_certificates_apart_nothing_is_touched(
    person: System,
) -> None:
    person.certkit("ca", "init")
    root = root_of(person.home / "ca")
    database = make_database(person.home / NEW)
    for certificate in (same_subject(root), root):
        add = ("-A", "-d", f"sql:{database}", "-t", "C,,", "-a", "-n", "one name for both")
        certutil(*add, given=certificate.pem)
    before = entries(database)
    assert person.certkit("trust", "status", "--store", "nss", "--json").states == {
        "nss": {"present"}
    }
    done = person.certkit("trust", "uninstall", "--store", "nss", "--json")
    assert done.code == 4
    assert done.states == {"nss": {"present"}}
    assert root.sha256 in done.errors[0]["hint"]
    assert entries(database) == before


def test_a_root_that_lies_there_without_trust_does_not_count(person: System) -> None:
    """A policy that was taken back leaves it so in a profile of Firefox."""
    person.certkit("ca", "init")
    root = root_of(person.home / "ca")
    database = make_database(person.home / NEW)
    add = ("-A", "-d", f"sql:{database}", "-t", ",,", "-a", "-n", "certkit - certkit local CA")
    certutil(*add, given=root.pem)
    assert person.certkit("trust", "status", "--store", "nss").code == 1
    assert person.certkit("trust", "install", "--store", "nss").code == 0
    assert person.certkit("trust", "status", "--store", "nss").code == 0


def test_a_resigned_root_is_alone_in_the_database(person: System) -> None:
    person.certkit("ca", "init")
    database = make_database(person.home / NEW)
    person.certkit("trust", "install", "--store", "nss")
    before = root_of(person.home / "ca")
    permitted = person.certkit("ca", "permit", "dev.example.com", "--json")
    assert str(database) in permitted.out
    told = person.certkit("trust", "status", "--store", "nss", "--json")
    assert (told.code, told.states) == (1, {"nss": {"other version"}})
    assert person.certkit("trust", "install", "--store", "nss").code == 0
    listed = certutil("-L", "-d", f"sql:{database}")
    after = root_of(person.home / "ca")
    assert before.sha256[:16] not in listed
    assert after.sha256[:16] in listed


def test_without_certutil_it_says_so_and_what_brings_it(person: System) -> None:
    person.certkit("ca", "init")
    make_database(person.home / NEW)
    tools = person.home / "bin"
    tools.mkdir()
    for name in ("sh", "mkdir"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    done = person.certkit("trust", "install", "--store", "nss", "--json", PATH=str(tools))
    assert done.code == 4
    assert done.states == {"nss": {"unreadable"}}
    (error,) = done.errors
    assert error["code"] == "trust.no-tool"
    assert "libnss3-tools" in error["hint"]


# ---- managed policy ------------------------------------------------------------------------------


@pytest.mark.peer("chromium")
def test_by_policy_chromium_keeps_the_root_to_its_constraints() -> None:
    with throwaway_system() as system, site(system) as served:
        # Its own root may sign private names alone; this Chromium knows it by policy alone.
        before = system.check("find", "/etc/chromium")
        assert not chromium_opens(system, served.url)
        done = system.certkit("trust", "install", "--store", "chromium-policy", "--json")
        assert done.code == 0, done.err
        assert chromium_opens(system, served.url)
        assert system.certkit("trust", "uninstall", "--store", "chromium-policy").code == 0
        assert not chromium_opens(system, served.url)
        after = system.check("find", "/etc/chromium", "-type", "f")
        assert set(after.splitlines()) <= set(before.splitlines())
