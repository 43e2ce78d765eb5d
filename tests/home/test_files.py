from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certkit.errors import CertkitError
from certkit.home import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
@pytest.mark.parametrize("mode", [files.KEY_MODE, files.PUBLIC_MODE, files.GROUP_KEY_MODE])
def test_a_new_file_has_its_mode_under_any_umask(
    tmp_path: Path, mode: int, mask: int, umask: Callable[[int], AbstractContextManager[None]]
) -> None:
    path = tmp_path / "file"
    with umask(mask):
        files.write_new(path, b"content", mode)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_bytes() == b"content"


@pytest.mark.parametrize(
    "make", [Path.touch, lambda path: path.symlink_to("elsewhere"), Path.mkdir]
)
def test_a_new_file_is_never_written_into_what_is_there(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "file"
    make(path)
    with pytest.raises(FileExistsError):
        files.write_new(path, b"secret", files.KEY_MODE)
    assert not (tmp_path / "elsewhere").exists()


def test_a_temporary_name_is_beside_its_file_recognisable_and_never_the_same(
    tmp_path: Path,
) -> None:
    names = {files.temporary_name(tmp_path / "x.pem") for _ in range(50)}
    assert len(names) == 50
    assert {name.parent for name in names} == {tmp_path}
    assert all(name.match(".certkit-*.tmp") for name in names)


def test_the_digest_of_a_file_is_that_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert files.digest_at(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


def test_nothing_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert files.digest_at(tmp_path / "missing") is None
    assert files.digest_at(tmp_path / "file" / "below") is None


def test_what_certkit_cannot_have_written_is_unreadable_and_never_opened(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("target")
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer for ever
    for name in ("link", "pipe", "."):
        assert files.digest_at(tmp_path / name) == files.UNREADABLE


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_an_output_folder_can_be_entered_by_a_server_under_any_umask(
    tmp_path: Path, mask: int, umask: Callable[[int], AbstractContextManager[None]]
) -> None:
    with umask(mask):
        files.make_public_folder(tmp_path / "a" / "b")
    for folder in (tmp_path / "a", tmp_path / "a" / "b"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_an_output_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(0o710)
    files.make_public_folder(tmp_path / "a")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o710


def test_removing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    files.remove(tmp_path / "file")
    (tmp_path / "file").touch()
    files.remove(tmp_path / "file")
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_refusal_of_the_system_names_the_file_and_a_way_out(number: int) -> None:
    with (
        pytest.raises(CertkitError) as caught,
        files.failures_named("write"),
    ):
        raise OSError(number, os.strerror(number), "/srv/x.pem")
    assert (caught.value.code, caught.value.exit_code) == ("files.cannot-write", 3)
    assert "/srv/x.pem" in caught.value.message
    assert os.strerror(number) in caught.value.message
    assert "--out" in caught.value.hint


def test_a_full_disk_names_no_file_so_the_caller_does(tmp_path: Path) -> None:
    with (
        pytest.raises(CertkitError) as caught,
        files.failures_named("use", tmp_path, there="--home DIR"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(tmp_path) in caught.value.message
    assert "--home" in caught.value.hint


def test_an_unknown_group_is_refused_by_its_name() -> None:
    with pytest.raises(CertkitError) as caught:
        files.group_id("no-such-group-here")
    assert (caught.value.code, caught.value.exit_code) == ("files.unknown-group", 2)
    assert "'no-such-group-here'" in caught.value.message


def test_a_git_work_tree_is_found_from_any_depth(tmp_path: Path) -> None:
    assert files.git_work_tree(tmp_path / "x.pem") is None
    (tmp_path / "repo" / "deep").mkdir(parents=True)
    (tmp_path / "repo" / ".git").write_text("gitdir: ../elsewhere\n")  # as in a submodule
    assert files.git_work_tree(tmp_path / "repo" / "deep" / "x.pem") == tmp_path / "repo"
