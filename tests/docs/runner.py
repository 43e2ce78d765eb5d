"""Runs what a documentation page shows, in a home of its own, and compares what it answers.

The blocks of one page are one session: files, variables and folders last from block to block.

```console           ``$ `` begins a command, ``> `` continues it; what follows is its output, both
                     streams, as a terminal shows it. A line ``...`` stands for any lines.
```console exit=2    the last command of the block ends with this status; all others with 0
```console wait=8443 the command goes on; the session continues when this port answers. One that
                     an earlier block started for this port is ended first, as by Ctrl-C
```console needs=nginx the commands need this program, which they do not name
```sh ```bash        runs and must end with 0; its output is not shown
```python            runs by itself, with >>> as a doctest
a block whose first line is a comment with a file's name is that file, whatever its language
every other language is shown and not run

A page begins in the folder /home/you/site. Ports of PORTS are replaced by free ones and /home/you
by the session's folder, both ways.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.docs.markdown import Block, Command, blocks
from tests.peers import PEERS, clean_env, program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHELLS: Final = ("sh", "bash")
PORTS: Final = ("8443", "9443", "19808")
YOU: Final = "/home/you"
TIMEOUT: Final = 120

# Commands that a test cannot run (a pattern for their beginning), each with its reason.
NOT_RUN: Final = {
    r"sudo ": "needs root, and would change the machine that the tests run on",
    r"certkit trust (un)?install$": "would change the machine; tests/truststores run it on copies",
    r"make ": "would run this test suite inside itself; CI runs make",
    r"python3 -m venv ": "the installation needs the network; CI makes one from the wheel",
    r"~/\.local/certkit/bin/pip ": "belongs to it",
}

# What differs from run to run, by name. The first pattern that fits wins.
VOLATILE: Final = {
    "<date>": r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z| UTC|\+00:00)?)?"
    r"|[A-Z][a-z]{2} [ \d]\d(?: \d\d:\d\d:\d\d|,) \d{4}(?: GMT)?",
    "<time>": r"\b20\d{12}\b",
    "<days>": r"\b\d+ days?(?= left\))|(?<=valid in )\d+ days?",
    "<key id>": r"(?<=CA )[0-9a-f]{8}\b|(?<=certkit-ca-)[0-9a-f]{8}-[0-9a-f]{8}",
    "<bytes>": r"(?:[0-9A-Fa-f]{2}:){7,}[0-9A-Fa-f]{2}|\b[0-9a-f]{32,64}\b",
    "<base64>": r"\b[A-Za-z0-9+/]{60,}",
    "<tag>": r"(?<=certkit_)[0-9a-f]{8}\b",
    "<ms>": r"\b\d+(?:\.\d+)? ms\b",
    "<pid>": r"(?<=\[1\] )\d+|\b\d+#\d+(?=:)",
    "<openssl>": r"\b[0-9A-F]{12,16}(?=:error)|\b0[0-9A-F]{7}(?=:)|(?<=_ssl\.c:)\d+",
}
_VOLATILE: Final = re.compile(
    "|".join(f"(?P<v{number}>{pattern})" for number, pattern in enumerate(VOLATILE.values()))
)


@dataclass(frozen=True)
class Step:
    """One thing to do, and what must come of it. ``shown`` None: any output."""

    line: int
    source: str
    shown: tuple[str, ...] | None = None
    status: int = 0
    wait: str | None = None
    needs: str | None = None


@dataclass(frozen=True)
class Outcome:
    step: Step
    status: int
    output: str

    @property
    def problem(self) -> str | None:
        if self.status != self.step.status:
            return f"ended with {self.status}, not {self.step.status}:\n{self.output}"
        shown = self.step.shown
        if self.step.wait and shown is not None:
            shown = (*shown, "...")  # a server may say more later on
        if shown is None or fits(shown, self.output):
            return None
        return f"is shown with other output than it has:\n{self.output}"


def is_run(command: str) -> bool:
    return not any(re.match(beginning, command) for beginning in NOT_RUN)


def steps(text: str) -> Iterator[Step]:
    """What a page wants done, in order."""
    for block in blocks(text):
        if block.file:
            folder = shlex.quote(str(Path(block.file).parent))
            copied = f"mkdir -p {folder}\ncat > {shlex.quote(block.file)} <<'END OF BLOCK'"
            yield Step(block.line, f"{copied}\n{block.text}END OF BLOCK")
        elif block.language == "console":
            yield from _console(block)
        elif block.language in SHELLS:
            lines = [line for line in block.lines if line and is_run(line)]
            yield Step(block.line, "\n".join(["set -e", *lines, "set +e"]))
        elif block.language == "python":
            # doctest reads a text file's examples, and runs a Python file's code.
            run_by, name = (
                ("-m doctest ", "block.txt") if ">>> " in block.text else ("", "block.py")
            )
            yield Step(
                block.line,
                f"cat > $SESSION/{name} <<'END OF BLOCK'\n{block.text}END OF BLOCK\n"
                f"python3 {run_by}$SESSION/{name}",
            )


def _console(block: Block) -> Iterator[Step]:
    commands = [command for command in block.commands() if is_run(command.text)]
    for command in commands:
        last = command is commands[-1]
        status = int(block.options.get("exit", 0)) if last else 0
        wait = block.options.get("wait") if last else None
        needs = block.options.get("needs")
        yield Step(block.line, command.text, command.shown, status, wait, needs)


def run(text: str, folder: Path) -> list[Outcome]:
    """Do what the page ``text`` shows, in ``folder``; skips the test when a program is missing."""
    wanted = list(steps(text))
    ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
    home = folder / "you"
    answers = folder / "answers"
    for path in (home / "site", answers, folder / "bin"):
        path.mkdir(parents=True)
    _link_programs(folder / "bin", wanted)
    here = {YOU: str(home), **ports}
    script = folder / "session.sh"
    script.write_text("".join(_scripted(wanted, answers, here)))
    _run_script(script, home, folder / "bin")
    there = {actual: shown for shown, actual in here.items()}
    return [
        Outcome(step, *_answer(answers / str(number), there)) for number, step in enumerate(wanted)
    ]


def _scripted(wanted: Iterable[Step], answers: Path, here: dict[str, str]) -> Iterator[str]:
    for number, step in enumerate(wanted):
        source = _replaced(step.source, here)
        output = answers / str(number)
        if step.wait:
            server = f"server_{step.wait}"
            yield f'[ -z "${server}" ] || {{ kill ${server}; wait ${server}; }} 2> /dev/null\n'
            yield f"{source} > {output} 2>&1 < /dev/null &\n{server}=$!\n"
            yield f"python3 -c {shlex.quote(_WAIT)} {here[step.wait]} >> {output} 2>&1\n"
        else:
            yield f"{{ {source}\n}} > {output} 2>&1 < /dev/null\n"
        yield f"echo $? > {output}.status\n"


_WAIT: Final = """
import socket, sys, time
for _ in range(100):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
        break
    except OSError:
        time.sleep(0.1)
else:
    sys.exit("nobody listens")
"""


def _run_script(script: Path, home: Path, programs: Path) -> None:
    environment = {name: value for name, value in clean_env().items() if name[:4] != "XDG_"}
    environment |= {
        "HOME": str(home),
        "SESSION": str(home.parent),
        "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
    }
    session = subprocess.Popen(
        ["bash", str(script)], cwd=home / "site", env=environment, start_new_session=True
    )
    try:
        session.wait(TIMEOUT)
    finally:
        # Servers that a page starts go on until here; so does a page that hangs.
        with suppress(ProcessLookupError):
            os.killpg(session.pid, signal.SIGKILL)
        session.wait()


def _answer(path: Path, there: dict[str, str]) -> tuple[int, str]:
    output = path.read_text(errors="replace") if path.exists() else "the session ended before this"
    status = path.with_suffix(".status")
    return int(status.read_text()) if status.exists() else -1, _replaced(output, there)


def _replaced(text: str, pairs: dict[str, str]) -> str:
    for old, new in pairs.items():
        text = re.sub(rf"(?<!\d){re.escape(old)}(?!\d)", new, text)
    return text


def _free_ports(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


_AT_COMMAND: Final = re.compile(r"(?:^|[|;&(]|\bdo)\s*(?:\w+=\S*\s+)*([\w.-]+)", re.MULTILINE)


def programs_in(wanted: Iterable[Step]) -> set[str]:
    """The peers of tests/peers.py among the commands, and those that they need."""
    return {
        name
        for step in wanted
        for name in (*_AT_COMMAND.findall(step.source), step.needs)
        if name in PEERS
    }


# What a program needs to start as root, which no page tells its reader to be.
AS_ROOT: Final = {"chromium": "--no-sandbox"}


def _link_programs(folder: Path, wanted: Iterable[Step]) -> None:
    for name in sorted(programs_in(wanted)):
        place, path = folder / name, program(name)
        if name in AS_ROOT and os.geteuid() == 0:
            place.write_text(f'#!/bin/sh\nexec {path} {AS_ROOT[name]} "$@"\n')
            place.chmod(0o755)
        else:
            place.symlink_to(path)


def stable(text: str) -> str:
    """``text`` with what differs from run to run replaced by names, and blanks made one.

    >>> stable("valid until 2027-12-25  certkit CA 0123abcd")
    'valid until <date> certkit CA <key id>'
    """
    names = list(VOLATILE)
    named = _VOLATILE.sub(lambda found: names[int((found.lastgroup or "v0")[1:])], text)
    # OpenSSL 3.2 and later write O=x where earlier ones write O = x.
    lines = named.replace(" = ", "=").splitlines()
    return "\n".join(re.sub(r"[ \t]+", " ", line).rstrip() for line in lines)


def fits(shown: Iterable[str], output: str) -> bool:
    """Whether ``output`` is what a page shows.

    >>> fits(["a", "...", "z"], "a\\nb\\nc\\nz\\n"), fits(["a"], "a\\nb\\n")
    (True, False)
    """
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(stable(line)) + r"\n" for line in shown
    )
    text = stable(output.rstrip("\n"))
    return re.fullmatch(pattern, f"{text}\n" if text else "") is not None


def updated(text: str, outcomes: Iterable[Outcome]) -> str:
    """The page with the output that its commands really had."""
    real = iter([outcome for outcome in outcomes if outcome.step.shown is not None])
    lines = text.splitlines()
    fresh: list[str] = []
    at = 0
    for block in blocks(text):
        if not _is_console(block):
            continue
        fresh += lines[at : block.line - 1]
        for command in block.commands():
            fresh += _shown_again(command, real)
        at = block.line - 1 + len(block.lines)
    return "\n".join([*fresh, *lines[at:]]) + "\n"


def _is_console(block: Block) -> bool:
    return block.language == "console" and not block.file


def _shown_again(command: Command, real: Iterator[Outcome]) -> list[str]:
    first, *more = command.text.splitlines()
    asked = [f"$ {first}", *(f"> {line}" for line in more)]
    if not is_run(command.text):
        return [*asked, *command.shown]
    outcome = next(real)
    if outcome.problem is None:
        return [*asked, *command.shown]
    return [*asked, *outcome.output.rstrip("\n").splitlines()]
