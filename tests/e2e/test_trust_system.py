"""certkit trust on Debian's own system store, with its own tools, as root and without."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.throwaway_system import ANCHORS, CERTKIT, LINKS, System, throwaway_system
from tests.e2e.trust_server import CLIENTS, REFUSALS, Site, build_go_client, root_of, site
from tests.peers import find
from tests.truststores.conftest import same_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit import Certificate

pytestmark = [
    pytest.mark.xdist_group("trust-system"),  # each takes both cores, and waits for what others do
    pytest.mark.slow,
    pytest.mark.peer("curl", "keytool", "openssl"),
    pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="this is not Debian"),
]

USER = "nobody"
BUNDLE = LINKS / "ca-certificates.crt"


@pytest.fixture
def system() -> Iterator[System]:
    with throwaway_system() as found:
        yield found


@pytest.fixture
def served(system: System) -> Iterator[Site]:
    with site(system) as found:
        yield found


def installed_clients() -> list[str]:
    programs = {client: command[0] for client, command in CLIENTS.items()} | {"go": "go"}
    return [client for client, name in programs.items() if find(name) or Path(name).exists()]


def verdicts(system: System, served: Site) -> dict[str, bool]:
    """Client -> whether it accepts; a refusal must be for want of the root."""
    answers = {client: served.asks(system, client) for client in installed_clients()}
    for client, (accepted, words) in answers.items():
        assert accepted or re.search(REFUSALS[client], words), f"{client}: {words}"
    return {client: accepted for client, (accepted, _) in answers.items()}


def test_every_client_accepts_after_install_and_refuses_again_after_uninstall(
    system: System, served: Site
) -> None:
    build_go_client(served.folder)
    everyone = installed_clients()
    assert len(everyone) >= 5
    before = system.snapshot()
    assert verdicts(system, served) == dict.fromkeys(everyone, False)

    installed = system.certkit("trust", "install", "--system", "--store", "system",
                               "--store", "java", "--json")  # fmt: skip
    assert installed.code == 0, installed.err
    assert installed.states == {"system": {"present"}, "java": {"present"}}
    asked = {row["client"]: row["verdict"] for row in installed.envelope["data"]["handshakes"]}
    assert asked == dict.fromkeys(asked, "accepts")
    assert {"curl", "java"} <= set(asked)
    assert verdicts(system, served) == dict.fromkeys(everyone, True)
    told = system.certkit("trust", "status", "--store", "system", "--json")
    assert told.code == 0
    trusting = {row["client"]: row["trusts"] for row in told.envelope["data"]["clients"]}
    assert trusting["curl"]

    removed = system.certkit("trust", "uninstall", "--json")
    assert removed.code == 0, removed.err
    assert verdicts(system, served) == dict.fromkeys(everyone, False)
    assert system.certkit("trust", "status", "--store", "system").code == 1
    assert system.snapshot() == before


def test_the_bundle_comes_back_byte_for_byte_and_other_links_never_go(
    system: System, served: Site
) -> None:
    """`update-ca-certificates --fresh` would take every link away for a moment."""
    before = system.check("sha256sum", str(BUNDLE))
    times = ("find", str(LINKS), "-type", "l", "-name", "*.pem", "-printf", "%p %C@\\n")
    links = system.check(*times)
    system.certkit("trust", "install", "--store", "system")
    system.certkit("trust", "uninstall", "--store", "system")
    assert system.check("sha256sum", str(BUNDLE)) == before
    assert system.check(*times) == links


def test_a_root_that_was_removed_by_hand_leaves_traces_that_uninstall_takes_away(
    system: System, served: Site
) -> None:
    """What mkcert -uninstall does: remove the file, update. Java goes on trusting the root."""
    before = system.snapshot()
    system.certkit("trust", "install", "--store", "system")
    system.check("sh", "-c", f"rm {ANCHORS}/certkit-*.crt && update-ca-certificates")
    assert not served.asks(system, "curl")[0]
    assert served.asks(system, "java")[0]
    assert any("certkit" in alias for alias in system.java_entries())
    told = system.certkit("trust", "status", "--json")
    assert told.states["java"] == {"present"}
    assert told.states["system"] == {"absent"}

    assert system.certkit("trust", "uninstall").code == 0
    assert not served.asks(system, "java")[0]
    assert system.snapshot() == before


def test_a_resigned_root_replaces_the_old_one_everywhere(system: System, served: Site) -> None:
    before = system.snapshot()
    system.certkit("trust", "install", "--store", "system")
    old = set(system.snapshot()) - set(before)
    assert system.certkit("ca", "permit", "dev.example.com").code == 0
    told = system.certkit("trust", "status", "--json")
    assert told.code == 1
    assert told.states["system"] == told.states["java"] == {"other version"}

    installed = system.certkit("trust", "install", "--store", "system", "--json")
    assert installed.code == 0, installed.err
    assert system.certkit("trust", "status", "--json").states["java"] == {"present"}
    now = set(system.snapshot()) - set(before)
    assert {name for name in now & old if "certkit" in name} == set()
    assert len([name for name in now if name.startswith("java ")]) == 1
    assert all(verdicts_without_go(system, served).values())
    assert system.certkit("trust", "uninstall").code == 0
    assert system.snapshot() == before


def verdicts_without_go(system: System, served: Site) -> dict[str, bool]:
    return {
        client: served.asks(system, client)[0] for client in installed_clients() if client != "go"
    }


def test_a_foreign_root_with_the_same_subject_is_left_alone(
    system: System, served: Site, tmp_path: Path
) -> None:
    put_foreign_root(system, tmp_path, same_subject(root_of(system.home / "ca")))
    before = system.snapshot()
    done = system.certkit("trust", "install", "--store", "system")
    assert done.code == 0, done.out
    assert system.certkit("trust", "uninstall").code == 0
    assert system.snapshot() == before


def put_foreign_root(system: System, folder: Path, root: Certificate) -> None:
    (folder / "foreign.pem").write_bytes(root.pem)
    system.check("cp", str(folder / "foreign.pem"), str(ANCHORS / "Foreign (1), CA.crt"))
    system.check("update-ca-certificates")


def test_what_only_a_handshake_can_show_is_shown(
    system: System, served: Site, tmp_path: Path
) -> None:
    """Of two roots of one subject OpenSSL takes the one without a key identifier, and fails."""
    root = root_of(system.home / "ca")
    put_foreign_root(system, tmp_path, same_subject(root, with_ski=False))
    done = system.certkit("trust", "install", "--store", "system", "--json")
    assert done.states == {"system": {"present"}}
    assert done.code == 1
    said = {row["client"]: row["verdict"] for row in done.envelope["data"]["handshakes"]}
    assert said["curl"] == "refuses"
    assert not served.asks(system, "curl")[0]
    assert said["wget"] == "accepts", "GnuTLS tries both"
    assert served.asks(system, "wget")[0]


def test_two_cas_installed_at_once_are_both_trusted(system: System, served: Site) -> None:
    other = {"CERTKIT_HOME": str(system.home / "other")}
    before = system.snapshot()
    assert system.certkit("ca", "init", **other).code == 0
    command = system.command([*CERTKIT, "trust", "install", "--store", "system", "--json"])
    running = [
        subprocess.Popen(command, env=system.environment(**more), stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
        for more in ({}, other)
    ]  # fmt: skip
    for process in running:
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert system.certkit("trust", "status", "--store", "system").code == 0
    assert system.certkit("trust", "status", "--store", "system", **other).code == 0
    assert system.certkit("trust", "uninstall").code == 0
    assert system.certkit("trust", "status", "--store", "system", **other).code == 0
    assert system.certkit("trust", "uninstall", **other).code == 0
    assert system.snapshot() == before


@pytest.mark.parametrize("seconds", [0.5, 0.9, 1.4, 2.2, 3.0])
def test_killed_at_any_moment_status_tells_the_truth_and_both_ways_complete(
    system: System, served: Site, seconds: float
) -> None:
    before = system.snapshot()
    command = system.command([*CERTKIT, "trust", "install", "--store", "system"])
    process = subprocess.Popen(
        command,
        env=system.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    system.kill_all()
    process.wait()

    told = system.certkit("trust", "status", "--json")
    assert told.states["system"] == {"present" if served.asks(system, "curl")[0] else "absent"}
    assert told.states["java"] == {"present" if served.asks(system, "java")[0] else "absent"}
    if seconds in (0.9, 2.2):
        assert system.certkit("trust", "install", "--system").code == 0
        assert served.asks(system, "curl")[0]
        assert served.asks(system, "java")[0]
    assert system.certkit("trust", "uninstall").code == 0
    left = {key: value for key, value in system.snapshot().items() if before.get(key) != value}
    assert {key for key in left if "certkit" in key} == set()
    assert not served.asks(system, "curl")[0]
    assert not served.asks(system, "java")[0]


def test_what_a_killed_update_left_does_not_bring_a_removed_root_back(
    system: System, served: Site
) -> None:
    """The tool appends to the file that it left, and its next run makes a bundle of that."""
    before = system.snapshot()
    assert system.certkit("trust", "install", "--store", "system").code == 0
    system.check("cp", str(BUNDLE), f"{BUNDLE}.new")
    assert system.certkit("trust", "uninstall").code == 0
    assert not served.asks(system, "curl")[0]
    assert system.snapshot() == before


def test_when_debians_hook_fails_java_gets_the_root_all_the_same(
    system: System, served: Site
) -> None:
    """The hook waits for dpkg, and update-ca-certificates succeeds although it failed."""
    before = system.snapshot()
    hook = "/etc/ca-certificates/update.d/jks-keystore"
    system.check("sh", "-c", f"printf '#!/bin/sh\\nexit 1\\n' > {hook}")
    installed = system.certkit("trust", "install", "--system", "--json")
    assert installed.code == 0, installed.err
    assert installed.states["java"] == {"present"}
    assert served.asks(system, "java")[0]
    assert system.certkit("trust", "uninstall").code == 0
    assert not served.asks(system, "java")[0]
    assert system.snapshot() == before


def test_root_whose_path_has_no_sbin_finds_the_tool(system: System, served: Site) -> None:
    """As cron and ``su`` leave it."""
    before, path = system.snapshot(), {"PATH": "/usr/bin:/bin"}
    assert system.certkit("trust", "install", "--store", "system", **path).code == 0
    assert served.asks(system, "curl")[0]
    assert system.certkit("trust", "uninstall", **path).code == 0
    assert system.snapshot() == before


def test_a_root_among_those_of_the_distribution_is_for_a_person_to_take_out(
    system: System, served: Site
) -> None:
    roots = "/usr/share/ca-certificates"
    system.check("mount", "-t", "tmpfs", "tmpfs", roots)
    system.check("cp", str(system.home / "ca/root.pem"), f"{roots}/mine.crt")
    system.check("sh", "-c", "echo mine.crt > /etc/ca-certificates.conf; update-ca-certificates")
    assert system.certkit("trust", "status", "--store", "system").code == 0
    assert served.asks(system, "curl")[0]
    done = system.certkit("trust", "uninstall", "--store", "system", "--json")
    assert (done.code, done.errors[0]["code"]) == (4, "trust.by-hand")
    assert f"{roots}/mine.crt" in done.errors[0]["message"]
    # What dpkg-reconfigure does when it is deselected.
    system.check("sh", "-c", "echo '!mine.crt' > /etc/ca-certificates.conf; update-ca-certificates")
    assert system.certkit("trust", "uninstall", "--store", "system").code == 0
    assert not served.asks(system, "curl")[0]


def test_a_read_only_system_gets_advice(system: System, served: Site) -> None:
    system.check("mount", "--bind", str(ANCHORS), str(ANCHORS))
    system.check("mount", "-o", "remount,bind,ro", str(ANCHORS))
    done = system.certkit("trust", "install", "--store", "system", "--json")
    assert done.code == 4
    assert done.states == {"system": {"absent"}}
    (error,) = done.errors
    assert error["code"] == "trust.by-hand"
    assert "certkit trust env" in error["hint"]


def test_without_the_tool_of_the_system_it_says_which_package_has_it(
    system: System, served: Site
) -> None:
    before = system.snapshot()
    system.check("mount", "--bind", "/bin/false", "/usr/sbin/update-ca-certificates")
    done = system.certkit("trust", "install", "--store", "system", "--json")
    assert done.code == 3, "it is there and fails"
    assert done.states == {"system": {"absent"}}
    assert system.snapshot() == before, "nothing half is left"

    system.check("umount", "/usr/sbin/update-ca-certificates")
    system.check("mount", "-t", "tmpfs", "tmpfs", "/usr/sbin")
    done = system.certkit("trust", "install", "--store", "system", "--json")
    assert done.code == 4
    (error,) = done.errors
    assert (error["code"], error["hint"]) == ("trust.no-tool", "sudo apt install ca-certificates")


# ---- without root --------------------------------------------------------------------------------


@pytest.fixture
def user_system() -> Iterator[System]:
    with throwaway_system(USER) as found:
        assert found.certkit("ca", "init", user=USER).code == 0
        yield found


def test_a_user_without_sudo_is_told_what_to_type_and_it_works(user_system: System) -> None:
    system = user_system
    system.check("mount", "--bind", "/bin/false", "/usr/bin/sudo") if find("sudo") else None
    before = system.snapshot()
    done = system.certkit("trust", "install", "--system", "--json", user=USER)
    assert done.code == 4, done.err
    assert done.states["system"] == {"absent"}
    assert system.snapshot() == before
    type_as_root(system, done.envelope["data"]["commands"])
    told = system.certkit("trust", "status", "--json", "--store", "system", user=USER)
    assert (told.code, told.states["system"]) == (0, {"present"})

    done = system.certkit("trust", "uninstall", "--json", user=USER)
    assert done.code == 4
    assert "present" in done.states["system"] | done.states["java"]
    type_as_root(system, done.envelope["data"]["commands"])
    assert system.snapshot() == before
    assert system.certkit("trust", "uninstall", user=USER).code == 0


def type_as_root(system: System, commands: list[str]) -> None:
    """What the user types, ``sudo`` being whoever has the password."""
    script = 'sudo() { "$@"; }\nset -e\n' + "\n".join(commands)
    assert all(line.startswith("sudo ") for line in commands)
    done = system.run(["sh", "-c", script])
    assert done.code == 0, done.err


@pytest.mark.peer("sudo")
def test_sudo_without_a_password_is_used_for_the_steps_that_need_it(user_system: System) -> None:
    system = user_system
    before = system.snapshot()
    allow = f"echo '{USER} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/certkit"
    system.check("sh", "-c", f"{allow} && chmod 440 /etc/sudoers.d/certkit")
    done = system.certkit("trust", "install", "--system", "--json", user=USER)
    assert done.code == 0, done.out + done.err
    assert done.states["system"] == {"present"}
    assert "(sudo)" in done.err
    assert system.certkit("trust", "uninstall", user=USER).code == 0
    assert system.snapshot() == before


@pytest.mark.peer("sudo")
def test_on_a_terminal_sudo_asks_once_and_says_what_for(user_system: System) -> None:
    system = user_system
    before = system.snapshot()
    allow = f"echo '{USER} ALL=(ALL) ALL' > /etc/sudoers.d/certkit; chmod 440 /etc/sudoers.d/*"
    system.check("sh", "-c", f"{allow}; echo {USER}:secret | chpasswd")
    install = ["trust", "install", "--store", "system"]
    code, screen = on_a_terminal(system, install, {"password of nobody: ": "secret\n"})
    assert code == 0, screen
    assert screen.count("password of") == 1
    assert screen.index("(sudo)") < screen.index("password of"), "the plan comes first"
    assert "certkit changes this system's trust stores as root" in screen
    assert system.certkit("trust", "status", "--store", "system", user=USER).code == 0
    uninstall = ["trust", "uninstall"]
    code, screen = on_a_terminal(system, uninstall, {"password of nobody: ": "secret\n"})
    assert code == 0, screen
    assert system.snapshot() == before


def on_a_terminal(system: System, words: list[str], answers: dict[str, str]) -> tuple[int, str]:
    """certkit as a person runs it, who answers each prompt once."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        command = system.command([*CERTKIT, *words], USER)
        os.execvpe(command[0], command, system.environment(TERM="dumb"))  # noqa: S606
    screen, waiting = "", dict(answers)
    with contextlib.suppress(OSError):  # the terminal closes with the program
        while data := os.read(terminal, 4096):
            screen += data.decode("utf-8", "replace")
            for prompt in [prompt for prompt in waiting if prompt in screen]:
                os.write(terminal, waiting.pop(prompt).encode())
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), screen


def test_under_sudo_the_stores_of_the_user_are_left_alone(system: System) -> None:
    """A database that root made is one that the user's browser can only read."""
    home = ["--home", str(system.home / "ca")]
    assert system.certkit("ca", "init", *home).code == 0
    done = system.certkit("trust", "install", "--dry-run", "--json", *home, SUDO_UID="1000")
    assert set(done.states) <= {"system", "java"}
    assert "nss" in system.certkit("trust", "install", "--dry-run", "--json", *home).states
