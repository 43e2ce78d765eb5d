"""certkit trust as people use it. What it does to real stores is in tests/e2e/test_trust_*.py.

Only stores in the empty home of the test are named here: nothing of this machine is changed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certkit import CertificateAuthority
from certkit.home.home import Home
from tests.peers import program

NSS = ("--store", "nss")


@pytest.fixture
def database(user_home: Path) -> Path:
    """The shared NSS database of somebody who has used Chromium."""
    folder = user_home / ".local/share/pki/nssdb"
    folder.mkdir(parents=True)
    command = [program("certutil"), "-N", "-d", f"sql:{folder}", "--empty-password"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def ca(certkit) -> str:
    """A CA; its root's fingerprint."""
    return certkit("ca", "init", "--json").data["certificate"]["sha256"]


def store(outcome, name: str = "nss") -> dict:
    (row,) = (row for row in outcome.data["stores"] if row["store"] == name)
    return row


# ---- install, status, uninstall ------------------------------------------------------------------


def test_install_says_what_it_did_and_status_and_uninstall_agree(certkit, ca, database):
    assert certkit("trust", "status", *NSS).code == 1

    installed = certkit("trust", "install", *NSS, "--json")
    assert installed.code == 0
    row = store(installed)
    assert (row["before"], row["state"]) == ("absent", "present")
    assert (row["place"], row["shared"], row["error"]) == (str(database), False, None)
    assert [step["kind"] for step in row["done"]] == ["run"]
    assert row["left"] == []
    assert installed.data["root"]["sha256"] == ca
    assert installed.data["commands"] == []

    told = certkit("trust", "status", *NSS, "--json")
    assert (told.code, store(told)["state"]) == (0, "present")

    removed = certkit("trust", "uninstall", *NSS, "--json")
    assert (removed.code, store(removed)["state"]) == (0, "absent")
    assert certkit("trust", "status", *NSS, "--json").envelope["status"] == "no"
    assert certkit("trust", "uninstall", *NSS).code == 0, "absent is success"


def test_a_dry_run_shows_the_steps_and_changes_nothing(certkit, ca, database):
    before = (database / "cert9.db").read_bytes()
    outcome = certkit("trust", "install", *NSS, "--dry-run")
    assert outcome.code == 0
    assert "nothing was changed" in outcome.err
    assert f"nss: add the root to {database}" in outcome.out
    outcome = certkit("trust", "install", *NSS, "--dry-run", "--json")
    assert store(outcome)["done"] == []
    assert [step["what"].split()[0] for step in store(outcome)["left"]] == [program("certutil")]
    assert (database / "cert9.db").read_bytes() == before
    certkit("trust", "install", *NSS)
    outcome = certkit("trust", "uninstall", *NSS, "--dry-run", "--json")
    assert store(outcome)["left"] != []
    assert certkit("trust", "status", *NSS).code == 0


def test_the_whole_plan_of_this_machine_can_be_shown(certkit, ca):
    outcome = certkit("trust", "install", "--dry-run", "--json")
    assert outcome.code == 0
    assert {row["store"] for row in outcome.data["stores"]} <= {"system", "nss", "firefox", "java"}


def test_for_people_there_is_a_table_and_no_json(certkit, ca, database):
    outcome = certkit("trust", "install", *NSS)
    assert f"nss              present        {database}" in outcome.out
    outcome = certkit("trust", "status", *NSS)
    assert "(installed 20" in outcome.out


def test_a_root_that_is_signed_again_says_who_still_has_the_old_one(certkit, ca, database):
    quiet = certkit("ca", "permit", "dev.example.com", "--json")
    assert quiet.envelope["findings"] == []
    certkit("trust", "install", *NSS)
    outcome = certkit("ca", "permit", "dev.example.org", "--json")
    (finding,) = outcome.envelope["findings"]
    assert finding["code"] == "chain.root-superseded"
    assert str(database) in finding["summary"]
    assert finding["fix"] == {"kind": "command", "text": "certkit trust install"}

    assert store(certkit("trust", "status", *NSS, "--json"))["state"] == "other version"
    assert certkit("trust", "install", *NSS).code == 0
    assert certkit("trust", "status", *NSS).code == 0
    assert certkit("ca", "permit", "dev.example.org", "--json").envelope["findings"] == []


def test_the_users_stores_and_the_systems_are_told_apart(certkit, ca, database):
    for option, shared in (("--user", False), ("--system", True)):
        rows = certkit("trust", "install", option, "--dry-run", "--json").data["stores"]
        assert {row["shared"] for row in rows} <= {shared}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((*NSS, "--system"), "none is both named and of the kind asked"),
        (("--store", "firefox"), "firefox: "),
        (("--store", "firefox", "--dry-run"), "firefox: "),
    ],
)
def test_what_reaches_no_place_is_never_called_installed(certkit, ca, database, words, why):
    refused = certkit("trust", "install", *words, "--json").envelope
    assert (refused["exit_code"], refused["errors"][0]["code"]) == (3, "trust.no-place")
    assert why in refused["errors"][0]["message"]
    assert certkit("trust", "uninstall", *words).code == 0, "what is not there is removed"


def test_under_sudo_the_users_stores_are_not_exchanged_for_those_of_the_system(
    certkit, ca, database, tmp_path, monkeypatch
):
    """Shown only: done, it would change this machine."""
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    home = ("--home", str(tmp_path / "home"), "--dry-run", "--json")
    refused = certkit("trust", "install", "--user", *home).envelope
    assert (refused["exit_code"], refused["errors"][0]["code"]) == (3, "trust.no-place")
    assert "without sudo" in refused["errors"][0]["hint"]


def test_a_database_without_certutil_is_not_called_installed(certkit, ca, database, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    outcome = certkit("trust", "install", *NSS, "--json")
    assert outcome.code == 4
    assert outcome.envelope["status"] == "todo"
    assert store(outcome)["error"]["code"] == "trust.no-tool"
    outcome = certkit("trust", "install", *NSS)
    assert "certkit: error: certutil is not installed" in outcome.err
    assert "certkit: hint: sudo apt install libnss3-tools" in outcome.err
    assert "unreadable" in outcome.out


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["install", "status", "uninstall", "env"])
def test_without_a_ca_nothing_is_made_and_the_way_is_shown(certkit, folder, command):
    outcome = certkit("trust", command, "--json")
    assert outcome.code == 3
    (error,) = outcome.envelope["errors"]
    assert error["code"] == "home.no-ca"
    assert "certkit issue" in error["hint"]
    assert not (folder.parent / "home").exists()


def test_an_unknown_store_is_bad_input_and_the_known_are_named(certkit, ca):
    outcome = certkit("trust", "install", "--store", "nssdb", "--json")
    assert outcome.code == 2
    (error,) = outcome.envelope["errors"]
    assert error["code"] == "trust.unknown-store"
    assert "nss" in error["hint"]


def test_system_and_user_together_are_bad_input(certkit, ca):
    assert certkit("trust", "install", "--system", "--user").code == 2


# ---- a CA that is gone ---------------------------------------------------------------------------


def test_the_root_of_a_ca_that_is_gone_is_taken_out_by_its_fingerprint(
    certkit, ca, database, folder
):
    assert certkit("trust", "install", *NSS).code == 0
    before = (database / "cert9.db").read_bytes()
    shutil.rmtree(folder.parent / "home")
    assert certkit("trust", "uninstall", *NSS).code == 3
    assert certkit("trust", "uninstall", "ab" * 8, *NSS).code == 0, "nobody's"
    assert (database / "cert9.db").read_bytes() == before

    shown = certkit("trust", "uninstall", ca[:16], *NSS, "--dry-run", "--json")
    assert store(shown)["state"] == "present"
    removed = certkit("trust", "uninstall", ca[:16].upper(), *NSS, "--json")
    assert (removed.code, store(removed)["state"]) == (0, "absent")
    assert removed.data["root"]["sha256"] == ca
    assert (database / "cert9.db").read_bytes() != before
    assert not (folder.parent / "home").exists(), "no new CA is made for it"


def test_what_certkit_did_not_put_there_is_not_taken_out_by_a_fingerprint(
    certkit, ca, database, folder
):
    root = (folder.parent / "home/root.pem").read_bytes()
    add = ["-A", "-d", f"sql:{database}", "-n", "somebody's", "-t", "C,,", "-a"]
    subprocess.run([program("certutil"), *add], input=root, check=True, capture_output=True)
    before = (database / "cert9.db").read_bytes()
    outcome = certkit("trust", "uninstall", ca, *NSS, "--json")
    assert (outcome.code, outcome.data["stores"]) == (0, [])
    assert (database / "cert9.db").read_bytes() == before


@pytest.mark.parametrize("text", ["abcd", "g" * 16, "ab" * 33, "--", "../../x"])
def test_what_is_no_fingerprint_is_bad_input(certkit, ca, text):
    assert certkit("trust", "uninstall", *NSS, "--", text).code == 2


# ---- env -----------------------------------------------------------------------------------------


def test_an_expired_root_is_not_installed_and_never_called_trusted(
    certkit, folder, database, tmp_path
):
    day = timedelta(days=1)
    authority = CertificateAuthority.create(days=10, now=datetime.now(UTC) - 30 * day)
    with Home.open(tmp_path / "home") as home:
        home.adopt(authority, None)
    refused = certkit("trust", "install", *NSS, "--json")
    assert (refused.code, refused.envelope["errors"][0]["code"]) == (3, "validity.issuer-expired")

    root = tmp_path / "root.pem"
    root.write_bytes(authority.root.pem)
    add = ["-A", "-d", f"sql:{database}", "-n", "x", "-t", "C,,", "-i", str(root)]
    subprocess.run([program("certutil"), *add], check=True)
    told = certkit("trust", "status", *NSS, "--json")
    assert (told.code, store(told)["state"]) == (1, "present")
    assert [finding["code"] for finding in told.envelope["findings"]] == ["validity.issuer-expired"]
    assert certkit("trust", "uninstall", *NSS).code == 0


def test_env_is_what_the_snippet_prints_without_its_header(certkit, ca, folder):
    issued = certkit("issue", "localhost", "--json").data["files"]
    snippet = certkit("snippet", "env", issued["certificate"], "--json").data["text"]
    text = certkit("trust", "env", "--json").data["text"]
    assert snippet.endswith(text)
    assert "localhost" not in text
    assert certkit("trust", "env").out == text


def test_a_shell_that_reads_env_has_the_variables(certkit, ca, folder):
    script = certkit("trust", "env").out
    shell = subprocess.run(
        ["sh", "-euc", f'{script}\ncat "$NODE_EXTRA_CA_CERTS"; tail -c 2000 "$SSL_CERT_FILE"'],
        capture_output=True,
        text=True,
        check=True,
    )
    root = (folder.parent / "home/root.pem").read_text()
    assert shell.stdout.startswith(root)
    assert shell.stdout.endswith(root)


# ---- start-up ------------------------------------------------------------------------------------


def test_issue_does_not_import_the_trust_stores(certkit, folder, tmp_path):
    script = (
        "import sys\nfrom certkit.cli.app import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print([name for name in sys.modules if 'trust' in name], file=sys.stderr)"
    )
    home = {"CERTKIT_HOME": str(tmp_path / "ca"), "HOME": str(tmp_path), "PATH": ""}
    for arguments in (["issue", "--ip", "10.0.0.5"], ["ca", "show"], ["trust", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=home,
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr.endswith("[]\n"), arguments
