"""NSS databases: where they are, and what certutil says about them."""

from __future__ import annotations

import pytest

from certkit.errors import CertkitError
from certkit.truststores.firefox import firefox_store
from certkit.truststores.machine import Answer
from certkit.truststores.nss import nss_store
from certkit.truststores.store import label_of
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
    "text", ["", "[Profile0\n", "no section", "[Profile0]\nPath=", "[General]\nPath=x\n", "\0"]
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


def test_firefox_without_a_profile_is_told_to_be_started(fake):
    assert "no Firefox" in firefox_store(fake.machine()).missing
    fake.programs["firefox-esr"] = chromium
    assert "start it once" in firefox_store(fake.machine()).missing
