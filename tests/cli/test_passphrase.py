"""Passphrases come from a file, a variable or a terminal, and a script never hangs for one."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from certkit.cli.passphrase import read_passphrase
from certkit.errors import CertkitError, ExitCode

PROMPT = "passphrase for site.p12"


def refused(file=None, env=None) -> CertkitError:
    with pytest.raises(CertkitError) as caught:
        read_passphrase(file, env, prompt=PROMPT, confirm=False)
    return caught.value


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"tulip", b"tulip"),
        (b"tulip\n", b"tulip"),
        (b"tulip\r\n", b"tulip"),
        (b"tulip\n\n", b"tulip\n"),
        (b" tulip \n", b" tulip "),
        ("tülip\n".encode(), "tülip".encode()),
        (b"\xff\x00\n", b"\xff\x00"),
        (b"x" * 1024 + b"\r\n", b"x" * 1024),
    ],
)
def test_a_file_loses_one_line_end_and_nothing_else(tmp_path, content, expected) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    assert read_passphrase(file, None, prompt=PROMPT, confirm=True) == expected


def test_a_variable_is_taken_as_it_is(monkeypatch) -> None:
    monkeypatch.setenv("SECRET", " tülip\n")
    assert read_passphrase(None, "SECRET", prompt=PROMPT, confirm=True) == " tülip\n".encode()


def test_a_pipe_is_a_file_too() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"tulip\n")
    os.close(writing)
    try:
        file = Path(f"/dev/fd/{reading}")
        assert read_passphrase(file, None, prompt=PROMPT, confirm=False) == b"tulip"
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "passphrase.empty"),
        (b"\n", "passphrase.empty"),
        (b"x" * 1025, "passphrase.too-long"),
        (b"x" * 100_000, "passphrase.too-long"),
    ],
)
def test_a_file_without_a_passphrase_is_refused(tmp_path, content, code) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    error = refused(file)
    assert (error.code, error.exit_code) == (code, ExitCode.USAGE)


def test_what_is_not_there_is_bad_input_and_what_cannot_be_read_is_not(tmp_path) -> None:
    assert refused(tmp_path / "none").code == "passphrase.not-found"
    assert refused(env="CERTKIT_TEST_NOT_SET").code == "passphrase.not-found"
    assert refused(tmp_path).exit_code == ExitCode.ENVIRONMENT


def test_two_sources_are_one_too_many(tmp_path) -> None:
    assert refused(tmp_path / "secret", "SECRET").code == "passphrase.two-sources"


def test_an_empty_variable_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("SECRET", "")
    assert refused(env="SECRET").code == "passphrase.empty"


@pytest.mark.parametrize("stream", ["pipe", "none"])
def test_without_source_and_terminal_nothing_is_asked(monkeypatch, stream) -> None:
    with open(os.devnull) as null:  # noqa: PTH123 - a stream, not a file
        monkeypatch.setattr(sys, "stdin", null if stream == "pipe" else None)
        error = refused()
    assert (error.code, error.exit_code) == ("passphrase.not-given", ExitCode.USAGE)
    assert PROMPT in error.message


PROGRAM = """
import sys
from certkit.cli.passphrase import read_passphrase
from certkit.errors import CertkitError
try:
    value = read_passphrase(None, None, prompt="passphrase for x", confirm=sys.argv[1] == "twice")
    print("got", value.hex())
except CertkitError as error:
    print("refused", error.code)
"""


def on_a_terminal(answers: list[bytes], *, twice: bool) -> str:
    """Run PROGRAM on a terminal of its own, each answer typed after its prompt."""
    terminal, inner = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "twice" if twice else "once"],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    said, waiting, seen, end = b"", list(answers), 0, time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:  # EIO: the program has ended
                break
        if waiting and said.count(b": ") > seen:
            seen = said.count(b": ")
            os.write(terminal, waiting.pop(0))
    os.close(terminal)
    assert program.wait(10) == 0
    return said.decode()


def test_a_terminal_is_asked_once_to_open_and_echoes_nothing() -> None:
    said = on_a_terminal([b"tulip\n"], twice=False)
    assert said.startswith("passphrase for x: ")
    assert f"got {b'tulip'.hex()}" in said
    assert "tulip" not in said


def test_a_terminal_is_asked_twice_to_lock() -> None:
    said = on_a_terminal([b"tulip\n", b"tulip\n"], twice=True)
    assert "the same again: " in said
    assert f"got {b'tulip'.hex()}" in said


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([b"tulip\n", b"tulib\n"], "passphrase.not-the-same"),
        ([b"\n", b"\n"], "passphrase.empty"),
        ([b"\x04"], "passphrase.not-given"),
    ],
    ids=["a slip", "nothing", "end of input"],
)
def test_a_slip_an_empty_answer_and_an_end_are_refused(answers, code) -> None:
    assert f"refused {code}" in on_a_terminal(answers, twice=True)
