"""The steps of a plan: shown before they are run, printed for a person, or run.

Running one is idempotent: a plan that was cut short is made again from what is there, and goes on.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired, list2cmdline
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal

from certkit.errors import CertkitError, ExitCode
from certkit.home import files
from certkit.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from certkit.truststores.machine import Answer, Machine, Runner

_MODE: Final = files.PUBLIC_MODE


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Put ``content`` at ``path``, world-readable, whole or not at all."""

    path: Path
    content: bytes
    as_root: bool = False

    @property
    def says(self) -> str:
        return f"write {printable(str(self.path))}"


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove the file or link at ``path``; one that is gone already is removed."""

    path: Path
    as_root: bool = False

    @property
    def says(self) -> str:
        return f"remove {printable(str(self.path))}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """``words`` in what a program says mean ``message``, and ``hint`` is the way out."""

    words: str
    message: str
    hint: str


FILE: Final = "{file}"
"""The word of a command that stands for a file with ``given`` in it."""
WINDOWS_FILE: Final = "{windows file}"
"""The same, as a Windows program that is started in WSL has to be told."""


@dataclass(frozen=True, slots=True)
class Run:
    """Run ``command`` with ``given`` on its standard input, or in a file that it names.

    ``asks`` is who asks the person something in a window of its own: such a step is never run
    by certkit, only printed. ``refusals`` are what it says when only a person can get further.
    """

    command: tuple[str, ...]
    why: str
    as_root: bool = False
    given: bytes = b""
    asks: str = ""
    refusals: tuple[Refusal, ...] = ()

    @property
    def says(self) -> str:
        return self.why


Step = WriteFile | RemoveFile | Run


def is_for_a_person(step: Step, machine: Machine) -> bool:
    """Whether certkit cannot run ``step`` here by itself."""
    if isinstance(step, Run) and step.asks:
        return True
    return step.as_root and not machine.is_root and machine.elevate is None


def perform(step: Step, machine: Machine) -> None:
    """Run one step.

    Raises CertkitError ``trust.step-failed`` (exit 3), ``trust.refused`` (exit 4) for a refusal
    that a person can get past.
    """
    try:
        if step.as_root and not machine.is_root:
            if machine.elevate is None:
                raise AssertionError("a step that a person must run")
            answer = _run_with(machine.elevate, *_as_command(step))
        elif isinstance(step, Run):
            answer = _run_with(machine.run, step.command, step.given)
        elif isinstance(step, WriteFile):
            _write(step)
            return
        else:
            files.remove(step.path)
            return
    except (OSError, TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _failed(step, reason) from error
    if answer.code != 0:
        raise _refused(step, answer) or _failed(step, reason_of(answer))


def _run_with(runner: Runner, command: Sequence[str], given: bytes) -> Answer:
    """``given`` goes into the file that ``command`` wants, or to its standard input."""
    if FILE not in command:
        return runner(command, given)
    with TemporaryDirectory(prefix="certkit-") as folder:
        path = Path(folder, "root.crt")
        path.write_bytes(given)
        return runner([str(path) if word == FILE else word for word in command])


def reason_of(answer: Answer) -> str:
    """The last error that a program spoke of before it failed: keytool does so on stdout."""
    said = [*answer.out.decode("utf-8", "replace").splitlines(), *answer.err.splitlines()]
    lines = [line.strip() for line in said if line.strip()] or ["it said nothing"]
    errors = [line for line in lines if "error" in line.lower()]
    return printable(f"{(errors or lines)[-1]} (exit code {answer.code})")


def for_a_person(step: Step, machine: Machine, known: Mapping[bytes, Path]) -> str:
    """The command to type for ``step``; ``known`` are files that hold what it needs.

    >>> from pathlib import PurePosixPath
    >>> from types import SimpleNamespace
    >>> machine = SimpleNamespace(platform="linux", is_root=False)
    >>> step = RemoveFile(PurePosixPath("/usr/local/share/ca-certificates/a b.crt"), as_root=True)
    >>> print(for_a_person(step, machine, {}))
    sudo rm -f -- '/usr/local/share/ca-certificates/a b.crt'
    """
    command, given = _as_command(step)
    source = known.get(given)
    if machine.platform == "win32":
        return list2cmdline([str(source) if word == FILE else word for word in command])
    if FILE in command or WINDOWS_FILE in command:
        return _with_file(step, machine, shlex.quote(str(source or "root.pem")))
    if isinstance(step, WriteFile) and source is not None:
        command, given = (*_INSTALL, str(source), str(step.path)), b""
    line = shlex.join(command)
    if step.as_root and not machine.is_root:
        line = f"sudo {line}"
    if not given:
        return line
    if source is not None:
        return f"{line} < {shlex.quote(str(source))}"
    return f"{line} <<'EOF'\n{given.decode()}EOF"


def _with_file(step: Step, machine: Machine, path: str) -> str:
    words = {FILE: path, WINDOWS_FILE: f'"$(wslpath -w {path})"'}
    command, _ = _as_command(step)
    line = " ".join(words.get(word) or shlex.quote(word) for word in command)
    return f"sudo {line}" if step.as_root and not machine.is_root else line


_INSTALL: Final = ("install", "-D", "-m", f"{_MODE:o}")


def _as_command(step: Step) -> tuple[tuple[str, ...], bytes]:
    if isinstance(step, Run):
        return step.command, step.given
    if isinstance(step, RemoveFile):
        return ("rm", "-f", "--", str(step.path)), b""
    return (*_INSTALL, "/dev/stdin", str(step.path)), step.content


def _write(step: WriteFile) -> None:
    files.make_public_folder(step.path.parent)
    temporary = files.temporary_name(step.path)
    try:
        files.write_new(temporary, step.content, _MODE)
        temporary.replace(step.path)
    except BaseException:
        files.remove(temporary)
        raise
    files.sync_folder(step.path.parent)


def _failed(step: Step, reason: str) -> CertkitError:
    return CertkitError(
        "trust.step-failed",
        f"cannot {step.says}: {reason}",
        hint="put right what it says, and run the same command again",
        exit_code=ExitCode.ENVIRONMENT,
    )


def _refused(step: Step, answer: Answer) -> CertkitError | None:
    for refusal in step.refusals if isinstance(step, Run) else ():
        if refusal.words in answer.err:
            return CertkitError(
                "trust.refused", refusal.message, hint=refusal.hint, exit_code=ExitCode.TODO
            )
    return None


def description(step: Step) -> dict[str, object]:
    """The shape of a step in ``--json``."""
    kinds: dict[type[Step], Literal["write", "remove", "run"]] = {
        WriteFile: "write",
        RemoveFile: "remove",
        Run: "run",
    }
    target = shlex.join(step.command) if isinstance(step, Run) else str(step.path)
    return {"kind": kinds[type(step)], "what": target, "as_root": step.as_root, "says": step.says}
