"""The frame of the command line: help, errors, envelope, colours."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certkit.cli.app import COMMANDS, GROUPS

EVERY_COMMAND = [[name] for name in COMMANDS if name not in GROUPS] + [
    [group, name] for group, table in GROUPS.items() for name in table
]
CHANGES_THIS_MACHINE = (["trust", "install"], ["trust", "uninstall"])
CERTKIT = str(Path(sys.executable).with_name("certkit"))


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_every_command_has_help_with_examples_and_exit_codes_and_json(certkit, command):
    text = certkit(*command, "--help").out
    assert "Examples:" in text
    assert f"  certkit {' '.join(command)}" in text
    assert "Exit codes:" in text
    assert "--json" in text


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_every_command_answers_a_bad_option_with_the_envelope(certkit, command):
    outcome = certkit(*command, "--no-such-option", "--json")
    assert outcome.code == 2
    assert outcome.envelope["command"] == " ".join(command)
    assert outcome.envelope["errors"][0]["hint"] == f"certkit {' '.join(command)} --help"


def test_the_version_is_one_line(certkit):
    assert certkit("--version").out.startswith("certkit 0.")


@pytest.mark.parametrize("arguments", [[], ["ca"]])
def test_no_command_shows_the_help_and_fails(certkit, arguments):
    outcome = certkit(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Commands:" in outcome.err


def test_an_unknown_command_is_an_error_with_a_hint(certkit):
    outcome = certkit("isue", "localhost")
    assert outcome.code == 2
    assert "certkit: error: no such command 'isue'" in outcome.err
    assert "certkit: hint: certkit --help" in outcome.err


def test_explain_knows_every_code_and_suggests_the_nearest(certkit):
    assert certkit("explain", "name.wildcard-depth", "--json").data["code"] == "name.wildcard-depth"
    assert "name.mismatch" in certkit("explain", "--all").out
    assert "certkit explain name.mismatch" in certkit("explain", "name.mismatches").err


def test_colours_only_on_a_terminal(folder):
    def run(**environment: str) -> bytes:
        master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", **environment}
        with subprocess.Popen(
            [CERTKIT, "explain", "no.pe"], stdout=slave, stderr=slave, env=environment
        ):
            pass
        os.close(slave)
        text = os.read(master, 65536)
        os.close(master)
        return text

    assert b"\x1b[31m" in run()
    assert b"\x1b" not in run(NO_COLOR="1")
    assert b"\x1b" not in run(TERM="dumb")
    piped = subprocess.run([CERTKIT, "explain", "no.pe"], capture_output=True, check=False)
    assert b"\x1b" not in piped.stderr


def test_an_ascii_terminal_gets_escapes_and_no_traceback(folder):
    done = subprocess.run(
        [CERTKIT, "issue", "bücher.test"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"b\\xfccher.test" in done.stdout


def test_a_reader_that_leaves_early_is_no_fault(folder):
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{CERTKIT} explain --all | head -1"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""


def test_a_hostile_text_is_escaped_before_it_is_printed(certkit):
    outcome = certkit("explain", "\x1b[2J\x07name")
    assert "\x1b[2J" not in outcome.out
    assert "\\x1b[2J" in outcome.out


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(EVERY_COMMAND),
    st.lists(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(
                ["--json", "--host", "--ip", "--out", "--to", "--key", "--at", "--", "-"]
            ),
        ),
        max_size=4,
    ),
)
def test_no_arguments_lead_to_a_traceback(certkit, folder, command, arguments):
    # Nothing here may change the trust stores of the machine that the tests run on.
    harmless = ["--dry-run"] if command in CHANGES_THIS_MACHINE else []
    outcome = certkit(*command, *harmless, *arguments, "--home", folder.parent / "home")
    assert outcome.code in (0, 1, 2, 3)
    assert "internal.bug" not in outcome.err + outcome.out


def shell(command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_standard_streams_are_no_fault(folder, closed):
    done = shell(f"{CERTKIT} issue localhost {closed}")
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert (folder / "localhost-key.pem").read_bytes().startswith(b"-----BEGIN PRIVATE KEY")


@pytest.mark.parametrize("option", ["", "--json"])
def test_a_full_disk_under_stdout_is_exit_3(folder, option):
    done = shell(f"{CERTKIT} explain --all {option} >/dev/full")
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    assert (b"cannot print: No space left on device" in done.stderr) is not bool(option)


def test_ctrl_c_is_said_and_ends_with_130(folder):
    (folder / "names").write_text("".join(f"a{n}.test\n" for n in range(20_000)))
    process = subprocess.Popen(
        [CERTKIT, "issue", "--from", "names", "--out", "many", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert json.loads(out)["errors"][0]["code"] == "interrupted"


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_has_examples(certkit, group):
    assert "Examples:" in certkit(group, "--help").out
