from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certkit.errors import CertkitError, ExitCode
from certkit.home.home import Home
from certkit.home.location import check_private_folder, home_path, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

AS_ROOT = os.geteuid() == 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("explicit", "environ", "expected"),
    [
        ("/a", {"CERTKIT_HOME": "/b", "XDG_DATA_HOME": "/c", "HOME": "/d"}, "/a"),
        (None, {"CERTKIT_HOME": "/b", "XDG_DATA_HOME": "/c", "HOME": "/d"}, "/b"),
        (None, {"CERTKIT_HOME": "", "XDG_DATA_HOME": "/c", "HOME": "/d"}, "/c/certkit"),
        (None, {"XDG_DATA_HOME": "relative", "HOME": "/d"}, "/d/.local/share/certkit"),
        (None, {"XDG_DATA_HOME": "", "HOME": "/d"}, "/d/.local/share/certkit"),
        ("/a/../e", {}, "/e"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="XDG is Linux's way")
def test_the_home_is_where_the_first_of_option_variable_and_user_data_says(
    explicit: str | None, environ: dict[str, str], expected: str
) -> None:
    path = Path(explicit) if explicit else None
    assert home_path(path, environ) == Path(expected)


def test_a_relative_home_counts_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert home_path(Path("ca"), {}) == tmp_path / "ca"


def test_without_a_user_folder_the_home_must_be_named() -> None:
    with pytest.raises(CertkitError) as caught:
        home_path(None, {})
    assert (caught.value.code, caught.value.exit_code) == ("home.no-user-folder", 3)
    assert "--home" in caught.value.hint


def test_sudo_does_not_make_a_second_ca_for_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(CertkitError) as caught:
        home_path(None, {"SUDO_UID": "1000", "HOME": "/root"})
    assert (caught.value.code, caught.value.exit_code) == ("home.under-sudo", 3)
    assert "--home" in caught.value.hint


def test_sudo_with_a_named_home_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    sudo = {"SUDO_UID": "1000", "HOME": "/root"}
    assert home_path(Path("/srv/ca"), sudo) == Path("/srv/ca")
    assert home_path(None, sudo | {"CERTKIT_HOME": "/srv/ca"}) == Path("/srv/ca")


def test_root_itself_has_a_home_and_so_has_a_user_with_a_stray_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert home_path(None, {"HOME": "/root"}) == Path("/root/.local/share/certkit")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    home_path(None, {"SUDO_UID": "1000", "HOME": "/home/ann"})


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o377])
def test_the_home_and_its_new_parents_are_private_under_any_umask(
    tmp_path: Path, mask: int, umask: Callable[[int], AbstractContextManager[None]]
) -> None:
    home = tmp_path / "share" / "certkit"
    with umask(mask):
        make_private_folder(home)
    assert (mode(home), mode(home.parent)) == (0o700, 0o700)


@pytest.mark.parametrize("bits", [0o770, 0o702, 0o1777])
def test_a_home_that_others_may_write_to_is_refused_and_the_hint_repairs_it(
    tmp_path: Path, bits: int
) -> None:
    home = tmp_path / "a home; with $(signs)"
    home.mkdir()
    home.chmod(bits)
    with pytest.raises(CertkitError) as caught:
        Home.open(home)
    assert (caught.value.code, caught.value.exit_code) == ("home.writable-by-others", 3)
    assert list(home.iterdir()) == [], "nothing is written into it"
    subprocess.run(shlex.split(caught.value.hint), check=True)
    with Home.open(home):
        assert mode(home) == 0o700


def test_a_home_or_an_empty_folder_that_others_may_read_becomes_private(tmp_path: Path) -> None:
    for _ in range(2):
        tmp_path.chmod(0o755)
        with Home.open(tmp_path):
            assert mode(tmp_path) == 0o700


def test_a_folder_with_other_things_in_it_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "project.txt").write_text("mine")
    tmp_path.chmod(0o755)
    for _ in range(2):
        with Home.open(tmp_path):
            assert mode(tmp_path) == 0o755


def somebody_elses_folder(tmp_path: Path) -> Path:
    if not AS_ROOT:
        return Path("/usr")
    folder = tmp_path / "foreign"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    return folder


def test_somebody_elses_home_is_refused(tmp_path: Path) -> None:
    home = somebody_elses_folder(tmp_path)
    with pytest.raises(CertkitError) as caught:
        Home.open(home)
    assert (caught.value.code, caught.value.exit_code) == ("home.not-ours", 3)
    command, another = caught.value.hint.splitlines()
    if AS_ROOT:
        assert command == "run certkit as its owner: sudo -u '#12345' certkit ..."
        assert "chown" not in caught.value.hint, "a user's home is no slip of root's"
    else:
        assert command == f"sudo chown -R {os.geteuid()} {home}"
    assert "--home" in another


@pytest.mark.skipif(not AS_ROOT, reason="only root can give a folder away and take it back")
def test_the_hint_gives_a_home_that_root_made_to_the_caller(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with open_to(tmp_path), as_user(12345), pytest.raises(CertkitError) as caught:
        check_private_folder(home)
    command = caught.value.hint.splitlines()[0].removeprefix("sudo ")
    subprocess.run(shlex.split(command), check=True)
    with open_to(tmp_path), as_user(12345):
        check_private_folder(home)


@contextmanager
def as_user(number: int) -> Iterator[None]:
    os.seteuid(number)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_to(folder: Path) -> Iterator[None]:
    """Let every user reach what is in ``folder``, through those above it that pytest closed."""
    closed = [each for each in (folder, *folder.parents) if not each.stat().st_mode & 0o001]
    modes = {each: each.stat().st_mode for each in closed}
    try:
        for each, before in modes.items():
            each.chmod(before | 0o111)
        yield
    finally:
        for each, before in modes.items():
            each.chmod(before)


def test_a_link_to_ones_own_folder_is_a_home(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(real)
    with Home.open(link) as home:
        assert home.folder == real.resolve()


def test_a_link_to_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(somebody_elses_folder(tmp_path))
    with pytest.raises(CertkitError) as caught:
        Home.open(link)
    assert caught.value.code == "home.not-ours"
    assert "chown" not in caught.value.hint, "the target is somebody's property"


@pytest.mark.skipif(not AS_ROOT, reason="only root can make a link that is somebody else's")
def test_somebody_elses_link_to_ones_own_folder_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(real)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    with pytest.raises(CertkitError) as caught:
        Home.open(link)
    assert caught.value.code == "home.not-ours"


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere")])
def test_a_file_or_a_dangling_link_is_no_home(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "home")
    with pytest.raises(CertkitError) as caught:
        Home.open(tmp_path / "home")
    assert caught.value.exit_code == ExitCode.ENVIRONMENT


def test_importing_the_home_brings_in_nothing_heavy() -> None:
    script = (
        "import sys, certkit.home.home; print(sorted({'asyncio', 'idna', 'jinja2', 'platformdirs',"
        "'publicsuffixlist', 'rich', 'ssl', 'typer', 'websockets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
