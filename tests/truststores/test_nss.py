"""NSS databases: where they are, and what certutil says about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certkit.errors import CertkitError, ExitCode
from certkit.truststores.change import carry_out, exit_code
from certkit.truststores.firefox import firefox_store
from certkit.truststores.machine import Answer
from certkit.truststores.nss import nss_store
from certkit.truststores.store import State, label_of
from tests.truststores.machines import COMMON, FakeMachine, certutil, chromium

OLD = ".pki/nssdb"
NEW = ".local/share/pki/nssdb"


@pytest.fixture
def fake(tmp_path) -> FakeMachine:
    found = FakeMachine(tmp_path)
    found.home.mkdir(parents=True)
    found.programs |= COMMON | {"certutil": certutil, "chromium": chromium}
    return found


def places(fake: FakeMachine) -> list[str]:
    return [str(place.where.relative_to(fake.home)) for place in nss_store(fake.machine()).places]


def make(fake: FakeMachine, *folders: str) -> None:
    for folder in folders:
        (fake.home / folder).mkdir(parents=True)
        (fake.home / folder / "cert9.db").write_text("[]")


@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        ([], [NEW]),
        ([NEW], [NEW]),
        ([OLD], [OLD]),
        ([OLD, NEW], [OLD, NEW]),
        (["snap/chromium/current/.pki/nssdb"], ["snap/chromium/current/.pki/nssdb", NEW]),
    ],
)
def test_the_place_that_would_shadow_the_users_is_never_made(fake, existing, expected):
    make(fake, *existing)
    assert places(fake) == expected


@pytest.mark.parametrize("in_use", [[], [NEW]])
def test_the_folder_of_the_old_place_decides_also_without_a_database(fake, in_use):
    (fake.home / OLD).mkdir(parents=True)
    make(fake, *in_use)
    assert places(fake) == [*in_use, OLD]


def test_the_folder_above_the_old_place_decides_nothing(fake):
    (fake.home / OLD).parent.mkdir()
    assert places(fake) == [NEW]


def test_without_a_home_no_database_is_made_for_a_browser(fake):
    fake.home.rmdir()
    machine = replace(fake.machine(), home=fake.home / "gone")
    assert not nss_store(machine).available()


def test_a_browser_that_does_not_start_stands_in_nobodys_way(fake):
    def broken(*_) -> Answer:
        raise OSError(8, "Exec format error")

    fake.programs["chromium"] = broken
    assert places(fake) == [NEW]


def test_a_chromium_that_reads_only_the_old_place_gets_it(fake):
    fake.programs["chromium"] = lambda *_: Answer(0, b"Chromium 145.0.7632.10\n")
    assert places(fake) == [OLD]


@pytest.mark.parametrize("said", [b"", b"Chromium unknown\n", b"\xff\xfe"])
def test_a_chromium_that_does_not_say_its_version_is_taken_for_a_new_one(fake, said):
    fake.programs["chromium"] = lambda *_: Answer(1, said)
    assert places(fake) == [NEW]


def test_without_a_browser_and_without_a_database_there_is_no_such_store(fake):
    del fake.programs["chromium"]
    store = nss_store(fake.machine())
    assert not store.available()
    assert store.missing
    assert not store.contains("00" * 32)
    make(fake, NEW)  # another program of NSS may have made one
    assert places(fake) == [NEW]


def test_a_relative_xdg_data_home_is_ignored(fake):
    """As the XDG specification says and Chromium does."""
    fake.variables["XDG_DATA_HOME"] = "data"
    assert places(fake) == [NEW]
    fake.variables["XDG_DATA_HOME"] = str(fake.home / "data")
    assert places(fake) == ["data/pki/nssdb"]


def listing(*rows: tuple[str, str]) -> bytes:
    head = "\nCertificate Nickname     Trust Attributes\n          SSL,S/MIME,JAR/XPI\n\n"
    return (head + "".join(f"{nick:60} {trust:5}\n" for nick, trust in rows)).encode()


def answering(listed: bytes, certificates: bytes):
    def tool(_, arguments, __) -> Answer:
        return Answer(0, certificates if "-n" in arguments else listed)

    return tool


@pytest.mark.parametrize(
    ("trust", "trusted"),
    [
        ("C,,", True),
        ("CT,C,C", True),
        ("CTu,Cu,Cu", True),
        (",,", False),
        ("c,,", False),
        ("T,,", False),
        ("p,,", False),
        (",C,C", False),
    ],
)
def test_only_a_trusted_ca_for_servers_counts(fake, roots, trust, trusted):
    make(fake, NEW)
    nickname = label_of(roots.root)
    fake.programs["certutil"] = answering(listing((nickname, trust)), roots.root.pem)
    assert nss_store(fake.machine()).contains(roots.root.sha256) is trusted


@pytest.mark.parametrize("nickname", ["a  b", "ü – ✓", "x" * 90, "C,,", "a:b,c"])
def test_nicknames_may_be_anything(fake, roots, nickname):
    make(fake, NEW)
    fake.programs["certutil"] = answering(listing((nickname, "C,,")), roots.root.pem)
    (place,) = nss_store(fake.machine()).places
    assert [held.label for held in place.held()] == [nickname]


def test_of_two_that_cannot_be_told_apart_the_less_trusted_counts(fake, roots):
    """One subject, two nicknames that are not ours, one of them without trust."""
    make(fake, NEW)
    rows = listing(("first", "C,,"), ("second", ",,"))
    fake.programs["certutil"] = answering(rows, roots.root.pem + roots.stranger.pem)
    store = nss_store(fake.machine())
    assert not store.contains(roots.root.sha256)
    with pytest.raises(CertkitError) as refused:
        store.plan_remove(roots.root)
    assert refused.value.code == "trust.by-hand"
    assert roots.root.sha256 in refused.value.hint


def test_a_label_of_ours_tells_them_apart(fake, roots):
    make(fake, NEW)
    rows = listing(("first", "C,,"), (label_of(roots.root), "C,,"))
    fake.programs["certutil"] = answering(rows, roots.root.pem + roots.stranger.pem)
    store = nss_store(fake.machine())
    assert store.contains(roots.root.sha256)
    (step,) = store.plan_remove(roots.root)
    assert step.command[-1] == label_of(roots.root)


def test_our_label_on_two_certificates_is_not_believed(fake, roots):
    make(fake, NEW)
    rows = listing((label_of(roots.root), "C,,"), (label_of(roots.root), "C,,"))
    fake.programs["certutil"] = answering(rows, roots.root.pem + roots.stranger.pem)
    with pytest.raises(CertkitError):
        nss_store(fake.machine()).plan_remove(roots.root)


# ---- Firefox -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "base",
    [
        ".mozilla/firefox",
        ".config/mozilla/firefox",
        "snap/firefox/common/.mozilla/firefox",
        ".var/app/org.mozilla.firefox/.mozilla/firefox",
        ".var/app/org.mozilla.firefox/config/mozilla/firefox",
    ],
)
def test_profiles_are_found_wherever_firefox_keeps_them(fake, base):
    make(fake, f"{base}/abc.default-release")
    (fake.home / base / "profiles.ini").write_text(
        "[Profile0]\nName=default\nIsRelative=1\nPath=abc.default-release\n"
    )
    (place,) = firefox_store(fake.machine()).places
    assert place.where == fake.home / base / "abc.default-release"
    assert not place.shared


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff[Profile0]\nPath=a b\n",
        "[Profile0]\r\nName=x\r\nPath=a b\r\n",
        "a line of nothing\n[Profile0]\nName\n; Path=no\nPath=a b\n[Install1]\nDefault=a b\n",
        "[Profile0]\nPath=gone\n[Profile0]\nPath=a b\n",
        "[broken\n[Profile12]\nPath=a b",
    ],
)
def test_a_profiles_ini_is_read_as_firefox_reads_it(fake, text):
    make(fake, ".mozilla/firefox/a b")
    (fake.home / ".mozilla/firefox/profiles.ini").write_bytes(text.encode())
    (place,) = firefox_store(fake.machine()).places
    assert place.where.name == "a b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[Profile0\nPath=x\n",
        "no section\nPath=x\n",
        "[Profile0]\nPath=",
        "[Profile0]\nPath=x\0\n",
        "[Profile0]\nPath=profiles.ini\n",
        "[Profile0]\nName=x\n[General]\nPath=x\n",
        "\0",
    ],
)
def test_a_profiles_ini_that_says_nothing_is_no_profile(fake, text):
    make(fake, ".mozilla/firefox/x")
    (fake.home / ".mozilla/firefox/profiles.ini").write_text(text)
    assert not firefox_store(fake.machine()).available()


def test_one_profile_that_two_files_name_is_one_place(fake):
    make(fake, ".mozilla/firefox/x")
    for base in (".mozilla/firefox", ".config/mozilla/firefox"):
        (fake.home / base).mkdir(parents=True, exist_ok=True)
        (fake.home / base / "profiles.ini").write_text(
            f"[Profile0]\nIsRelative=0\nPath={fake.home}/.mozilla/firefox/x\n"
        )
    assert len(firefox_store(fake.machine()).places) == 1


def test_a_profiles_ini_that_cannot_be_read_is_not_taken_for_no_profile(fake, roots, receipts):
    """A folder in its place, since root may read every file."""
    fake.make("/home/ada lovelace/.mozilla/firefox/profiles.ini/")
    make(fake, ".config/mozilla/firefox/x")
    ini = fake.home / ".config/mozilla/firefox/profiles.ini"
    ini.write_text("[Profile0]\nPath=x\n")
    machine = fake.machine()
    outcomes = tuple(
        carry_out([firefox_store(machine)], roots.root, machine, receipts, install=True)
    )
    assert exit_code(outcomes) is ExitCode.ENVIRONMENT
    assert [outcome.after for outcome in outcomes] == [State.UNREADABLE, State.PRESENT]
    assert "profiles.ini" in outcomes[0].error.message


def test_firefox_without_a_profile_is_told_to_be_started(fake):
    assert "no Firefox" in firefox_store(fake.machine()).missing
    fake.programs["firefox-esr"] = chromium
    assert "start it once" in firefox_store(fake.machine()).missing
