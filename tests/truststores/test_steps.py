"""Steps: what is run and what is printed do the same."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certkit.errors import CertkitError, ExitCode
from certkit.truststores import steps
from certkit.truststores.machine import Answer, Machine, run, run_as_root
from certkit.truststores.steps import Refusal, RemoveFile, Run, WriteFile
from tests.truststores.machines import FakeMachine

NAMES = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0"), min_size=1, max_size=20
).filter(lambda name: name not in {".", ".."})


@pytest.fixture
def machine(tmp_path) -> Machine:
    return FakeMachine(tmp_path).machine()


def as_typed(step, folder: Path, known=None) -> None:
    """In a shell, whose sudo is anybody's."""
    line = steps.for_a_person(step, FakeMachine(folder).machine(is_root=False), known or {})
    script = f'sudo() {{ "$@"; }}\n{line}\n'
    subprocess.run(["sh", "-euc", script], check=True, capture_output=True)


def test_a_file_is_written_whole_and_for_everybody_to_read(machine, tmp_path):
    path = tmp_path / "new folder" / "root.crt"
    steps.perform(WriteFile(path, b"content\n"), machine)
    assert path.read_bytes() == b"content\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in path.parent.iterdir()] == ["root.crt"]


def test_a_link_in_its_place_is_replaced_and_not_followed(machine, tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    (tmp_path / "link").symlink_to(target)
    steps.perform(WriteFile(tmp_path / "link", b"content"), machine)
    assert target.read_bytes() == b"mine"
    steps.perform(RemoveFile(tmp_path / "link"), machine)
    assert target.exists()
    assert not (tmp_path / "link").exists()


def test_removing_what_is_gone_is_done(machine, tmp_path):
    steps.perform(RemoveFile(tmp_path / "nothing"), machine)


@settings(max_examples=25, deadline=None)
@given(NAMES)
def test_whatever_a_file_is_called_typing_does_what_running_does(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("typed")
    path = folder / name
    as_typed(WriteFile(path, b"a\nb $HOME `x`\n", as_root=True), folder)
    assert path.read_bytes() == b"a\nb $HOME `x`\n"
    as_typed(RemoveFile(path, as_root=True), folder)
    assert list(folder.iterdir()) == [folder / "root"]


def test_a_content_that_lies_in_a_file_is_installed_from_there(tmp_path):
    source = tmp_path / "a root.pem"
    source.write_bytes(b"content\n")
    step = WriteFile(tmp_path / "deep/er/x.crt", b"content\n", as_root=True)
    line = steps.for_a_person(
        step, FakeMachine(tmp_path).machine(is_root=False), {b"content\n": source}
    )
    assert line == f"sudo install -D -m 644 {shlex.quote(str(source))} {step.path}"
    as_typed(step, tmp_path, {b"content\n": source})
    assert step.path.read_bytes() == b"content\n"
    assert step.path.stat().st_mode & 0o777 == 0o644


def test_what_a_program_reads_is_given_to_it_from_that_file(tmp_path):
    source = tmp_path / "a root.pem"
    source.write_bytes(b"content\n")
    step = Run(("tee", str(tmp_path / "copy")), "copy it", given=b"content\n")
    as_typed(step, tmp_path, {b"content\n": source})
    assert (tmp_path / "copy").read_bytes() == b"content\n"
    as_typed(Run(("tee", str(tmp_path / "other")), "copy it", given=b"one\n"), tmp_path)
    assert (tmp_path / "other").read_bytes() == b"one\n"


def test_root_types_no_sudo(tmp_path):
    step = RemoveFile(Path("/etc/x"), as_root=True)
    assert steps.for_a_person(step, FakeMachine(tmp_path).machine(), {}) == "rm -f -- /etc/x"


def test_a_program_that_is_not_there_is_a_failed_step(machine):
    with pytest.raises(CertkitError) as failed:
        steps.perform(Run(("no-such-program",), "try it"), machine)
    assert failed.value.code == "trust.step-failed"
    assert failed.value.exit_code is ExitCode.ENVIRONMENT
    assert "try it" in failed.value.message


def test_what_a_program_says_is_escaped(tmp_path):
    fake = FakeMachine(tmp_path)
    fake.programs["bad"] = lambda *_: Answer(1, err="error \x1b[2J")
    with pytest.raises(CertkitError) as failed:
        steps.perform(Run(("bad",), "try it"), fake.machine())
    assert "\x1b" not in failed.value.message
    assert "error \\x1b[2J (exit code 1)" in failed.value.message


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(1, b"keytool error: no\n", "Warning: use -cacerts\n"), "keytool error: no"),
        (Answer(2, b"", "first\nlast\n\n"), "last"),
        (Answer(3), "it said nothing"),
    ],
)
def test_the_reason_is_what_it_said_of_an_error_or_last(answer, reason):
    assert steps.reason_of(answer) == f"{reason} (exit code {answer.code})"


def test_a_refusal_that_a_person_can_get_past_is_told_apart(tmp_path):
    fake = FakeMachine(tmp_path)
    fake.programs["asks"] = lambda *_: Answer(255, err="BAD_PASSWORD: no")
    refusal = Refusal("BAD_PASSWORD", "it has a password", "type it")
    with pytest.raises(CertkitError) as failed:
        steps.perform(Run(("asks",), "ask", refusals=(refusal,)), fake.machine())
    assert (failed.value.code, failed.value.exit_code) == ("trust.refused", ExitCode.TODO)
    fake.programs["asks"] = lambda *_: Answer(255, err="another")
    with pytest.raises(CertkitError) as failed:
        steps.perform(Run(("asks",), "ask", refusals=(refusal,)), fake.machine())
    assert failed.value.exit_code is ExitCode.ENVIRONMENT


def test_a_step_that_asks_in_a_window_is_never_run(tmp_path):
    step = Run(("x",), "ask", asks="it asks")
    assert steps.is_for_a_person(step, FakeMachine(tmp_path).machine())
    assert not steps.is_for_a_person(Run(("x",), "ask"), FakeMachine(tmp_path).machine())


# ---- the real machine ----------------------------------------------------------------------------


def test_a_program_has_no_terminal_to_ask_on():
    script = "if (: < /dev/tty) 2>/dev/null; then echo terminal; fi; cat"
    assert run(["sh", "-c", script], b"given") == Answer(0, b"given", "")


def test_a_program_speaks_english_and_java_says_nothing_more(monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dx=y")
    assert run(["sh", "-c", 'echo "$LC_ALL $JAVA_TOOL_OPTIONS"']).out == b"C \n"


def test_sudo_is_told_what_to_ask_and_where_its_options_end(tmp_path):
    sudo = tmp_path / "sudo"
    sudo.write_text('#!/bin/sh\nprintf "%s\\n" "$@"; cat\n')
    sudo.chmod(0o755)
    answer = run_as_root(str(sudo), "why: ")(["rm", "-f", "--", "x y"], b"given")
    assert answer.out.decode() == "--prompt=why: \n--\nrm\n-f\n--\nx y\ngiven"


def test_a_file_may_be_written_where_its_folder_may(tmp_path):
    assert Machine.here().may_write(tmp_path / "not" / "there" / "yet")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_may_not_be_written_in_a_closed_folder_or_over_a_closed_file(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert not Machine.here().may_write(closed / "x" / "y")
    (tmp_path / "file").touch(mode=0o400)
    assert not Machine.here().may_write(tmp_path / "file")


def test_the_tools_of_the_system_are_found_though_the_path_of_a_user_has_no_sbin(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Machine.here().which("sh") is None
    assert Machine.here().which("chroot") == "/usr/sbin/chroot"


def test_a_program_that_is_found_there_runs_by_its_name_and_finds_the_others(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert run(["chroot", "--version"]).code == 0
    assert run(["sh", "-c", "command -v chroot"]).code == 0


def test_a_user_without_an_entry_and_without_a_variable_has_no_home(monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert not Machine.here().home.exists()
    monkeypatch.setenv("HOME", "/tmp")
    assert Machine.here().home.exists()
