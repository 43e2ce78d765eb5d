"""macOS and Windows: the commands as their documentation has them. Nothing here was run there."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pytest

from certkit.errors import ExitCode
from certkit.truststores import steps
from certkit.truststores.change import carry_out, exit_code
from certkit.truststores.machine import Answer
from certkit.truststores.registry import stores
from certkit.truststores.store import State
from tests.truststores.machines import WORLDS, FakeMachine, machine_of, powershell

HOME_ROOT = Path("/home/ada lovelace/ca/root.pem")


def sha1(certificate) -> str:
    import hashlib

    return hashlib.sha1(certificate.der).hexdigest().upper()  # noqa: S324


def typed(machine, plan, root) -> list[str]:
    return [steps.for_a_person(step, machine, {root.pem: HOME_ROOT}) for step in plan]


def plans(fake: FakeMachine, name: str, roots) -> tuple[list[str], list[str]]:
    """What to type to install, and then to uninstall."""
    machine = fake.machine(is_root=False)
    (store,) = stores(machine, [name])
    install = typed(machine, store.plan_install(roots.root), roots.root)
    WORLDS["macos" if fake.platform == "darwin" else "windows"].seed(fake, roots.root)
    (store,) = stores(machine, [name])
    return install, typed(machine, store.plan_remove(roots.root), roots.root)


def test_the_system_keychain_takes_trust_settings_of_the_admin_domain(tmp_path, roots):
    fake = machine_of(WORLDS["macos"], tmp_path)
    keychain = fake.at("/Library/Keychains/System.keychain")
    install, uninstall = plans(fake, "system", roots)
    domain = "-d -r trustRoot -p ssl -p basic"
    assert install == [f"sudo security add-trusted-cert {domain} -k {keychain} '{HOME_ROOT}'"]
    assert uninstall == [
        f"sudo security remove-trusted-cert -d '{HOME_ROOT}'",
        f"sudo security delete-certificate -Z {sha1(roots.root)} {keychain}",
    ]


def test_the_login_keychain_asks_in_a_window_and_so_is_left_to_the_person(
    tmp_path, roots, receipts
):
    fake = FakeMachine(tmp_path, platform="darwin", programs={"security": nothing_found})
    machine = fake.machine()
    found = stores(machine, ["user"])
    (outcome,) = carry_out(found, roots.root, machine, receipts, install=True)
    assert exit_code([outcome]) is ExitCode.TODO
    assert outcome.after is State.ABSENT
    (line,) = typed(machine, outcome.left, roots.root)
    assert line.startswith("security add-trusted-cert -r trustRoot -p ssl -p basic -k ")
    assert "login.keychain-db" in line
    assert [command[1] for command in fake.ran] == ["find-certificate"] * len(fake.ran)


def nothing_found(*_) -> Answer:
    return Answer(44, err="The specified item could not be found in the keychain.")


def test_a_certificate_in_a_keychain_without_trust_settings_does_not_count(tmp_path, roots):
    fake = machine_of(WORLDS["macos"], tmp_path)
    WORLDS["macos"].seed(fake, roots.root)
    keychain = fake.at("/Library/Keychains/System.keychain")
    keychain.write_text(keychain.read_text().replace("trusted", ""))
    (store,) = stores(fake.machine(), ["system"])
    assert not store.contains(roots.root.sha256)
    assert store.plan_install(roots.root)


def test_the_machines_root_store_is_changed_by_an_administrator_without_a_window(tmp_path, roots):
    fake = machine_of(WORLDS["windows"], tmp_path)
    install, uninstall = plans(fake, "system", roots)
    assert install == [f'certutil.exe -addstore Root "{HOME_ROOT}"']
    assert uninstall == [f"certutil.exe -delstore Root {sha1(roots.root)}"]


def listing(_, arguments, __) -> Answer:
    assert arguments[-1].startswith("Get-ChildItem Cert:\\CurrentUser\\Root")
    return Answer(0, b"")


def test_the_users_root_store_asks_in_a_window_and_so_is_left_to_the_person(
    tmp_path, roots, receipts
):
    fake = FakeMachine(tmp_path, platform="win32", programs={"powershell.exe": listing})
    machine = fake.machine()
    (outcome,) = carry_out(stores(machine, ["user"]), roots.root, machine, receipts, install=True)
    assert exit_code([outcome]) is ExitCode.TODO
    assert typed(machine, outcome.left, roots.root) == [
        f'certutil.exe -user -addstore Root "{HOME_ROOT}"'
    ]
    assert PureWindowsPath(outcome.where) == PureWindowsPath("Cert:\\CurrentUser\\Root")


def test_from_wsl_the_windows_user_is_told_with_a_windows_path(tmp_path, roots, receipts):
    fake = FakeMachine(tmp_path, programs={"powershell.exe": listing})
    machine = fake.machine()
    assert not stores(machine, ["windows"])[0].available()
    fake.make("/proc/sys/fs/binfmt_misc/WSLInterop")
    (outcome,) = carry_out(
        stores(machine, ["windows"]), roots.root, machine, receipts, install=True
    )
    assert exit_code([outcome]) is ExitCode.TODO
    assert typed(machine, outcome.left, roots.root) == [
        f"certutil.exe -user -addstore Root \"$(wslpath -w '{HOME_ROOT}')\""
    ]


@pytest.mark.parametrize(
    ("path", "text", "there"),
    [
        ("/proc/sys/fs/binfmt_misc/WSLInterop-late", "enabled", True),
        ("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2", True),
        ("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft", True),
        ("/proc/sys/kernel/osrelease", "6.1.0-32-amd64", False),
        ("/proc/sys/fs/binfmt_misc/python3.13", "enabled", False),
    ],
)
def test_wsl_is_known_by_its_interpreter_or_its_kernel(tmp_path, path, text, there):
    """A powershell.exe alone may be Wine's."""
    fake = FakeMachine(tmp_path, programs={"powershell.exe": listing})
    fake.make(path)
    fake.at(path).write_text(text)
    assert stores(fake.machine(), ["windows"])[0].available() is there


@pytest.mark.parametrize("noise", [b"WARNING: something\r\n", b"\xff\xfe\r\n", b"AAAA\r\n"])
def test_what_is_no_certificate_in_a_listing_is_passed_over(tmp_path, roots, noise):
    fake = machine_of(WORLDS["windows"], tmp_path)
    WORLDS["windows"].seed(fake, roots.root)

    def noisy(*arguments) -> Answer:
        answer = powershell(*arguments)
        return Answer(0, noise + answer.out)

    fake.programs["powershell.exe"] = noisy
    (store,) = stores(fake.machine(), ["system"])
    assert store.contains(roots.root.sha256)


def test_a_locked_keychain_is_unreadable(tmp_path, roots, receipts):
    fake = machine_of(WORLDS["macos"], tmp_path)
    fake.programs["security"] = lambda *_: Answer(51, err="User interaction is not allowed.")
    machine = fake.machine()
    (outcome,) = carry_out(stores(machine, ["system"]), roots.root, machine, receipts, install=True)
    assert outcome.after is State.UNREADABLE
    assert exit_code([outcome]) is ExitCode.ENVIRONMENT
