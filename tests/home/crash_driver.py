"""Kill a command at each of its steps in turn and look at what is left.

    python -m tests.home.crash_driver SCENARIO FOLDER [--syscalls [ERRNO]] [--sabotage NAME]

This process imports everything once; each attempt is a fork of it that dies by SIGKILL at its n-th
step, for n = 1, 2, ... until the command completes. A step is a file operation that Python reports
to audit hooks, a writing SQL statement, or a sync. With ``--syscalls`` it is a system call that
changes the disk, counted by strace, those of SQLite included; with an ERRNO such as ENOSPC the
call fails with it instead, and the command must say so and end with exit code 3.

Prints a JSON list of the steps that were hit; exits with 1 when an invariant broke.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from certkit.errors import CertkitError, ExitCode
from certkit.findings import Finding, Fix, Severity
from certkit.home import files, journal
from certkit.home.home import Home
from certkit.home.output import Output
from certkit.pki.authority import self_signed
from certkit.pki.certificate import Certificate
from tests.home.invariants import check_after, check_now, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.home.ledger import Ledger
    from certkit.home.schema import Entry

FILE_EVENTS = (
    "open",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.truncate",
    "sqlite3.connect",
)
WRITING_SQL = ("BEGIN", "COMMIT", "CREATE", "DELETE", "INSERT", "PRAGMA", "UPDATE")
SYSCALLS = (
    *("fchmod", "fdatasync", "fsync", "ftruncate", "mkdir"),
    *("openat", "pwrite64", "rename", "unlink", "write"),
)


@dataclass(frozen=True)
class Scenario:
    """``act`` is killed; ``prepare`` has run before; ``pairs`` maps certificates to keys;
    ``steady`` are files that are never gone, not for an instant: a server may load them.
    """

    act: Callable[[Path], None]
    prepare: Callable[[Path], None] = lambda _: None
    pairs: dict[str, str] = field(
        default_factory=lambda: {"out/localhost.pem": "out/localhost-key.pem"}
    )
    steady: tuple[str, ...] = ()


def issue(folder: Path, **options: object) -> None:
    with Home.open(folder / "home") as home:
        home.issue(["localhost"], Output(folder / "out", **options))  # type: ignore[arg-type]


def issue_three(folder: Path) -> None:
    with Home.open(folder / "home") as home:
        home.issue_all([["a.test"], ["b.test"], ["localhost"]], Output(folder / "out"))


def issue_apart(folder: Path, **options: object) -> None:
    (folder / "keys").mkdir(exist_ok=True)
    issue(folder, key_file=folder / "keys" / "it.key", **options)


def issue_with_der(folder: Path) -> None:
    issue(folder, also={"der": lambda issued: issued.certificate.der})


def foreign_pair(folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    issued = self_signed("localhost")
    (out / "localhost-key.pem").touch(mode=0o600)
    (out / "localhost-key.pem").write_bytes(issued.key_pem)
    (out / "localhost.pem").write_bytes(issued.chain_pem)


def init(folder: Path) -> None:
    with Home.open(folder / "home") as home:
        home.init()


def init_intermediate(folder: Path) -> None:
    with Home.open(folder / "home") as home:
        home.init(intermediate=True)


def permit(folder: Path) -> None:
    with Home.open(folder / "home") as home:
        home.permit("example.org")


def open_home(folder: Path) -> None:
    with Home.open(folder / "home"):
        pass


def init_without_root_pem(folder: Path) -> None:
    init(folder)
    (folder / "home" / "root.pem").unlink()


def interrupted(before: Callable[[Path], None], event: str) -> Callable[[Path], None]:
    """A home in which issuing a new key died at the first ``event``."""

    def prepare(folder: Path) -> None:
        before(folder)
        run_and_kill(lambda: issue(folder, new_key=True), only=event, at=1)

    return prepare


WITH_DER = {
    "out/localhost.pem": "out/localhost-key.pem",
    "out/localhost.der": "out/localhost-key.pem",
}
APART = {"out/localhost.pem": "keys/it.key"}
PAIR = ("out/localhost.pem", "out/localhost-key.pem")
ROOT_PAIR = ("home/root.pem", "home/root.key")
THREE = {f"out/{name}.pem": f"out/{name}-key.pem" for name in ("a.test", "b.test", "localhost")}
SCENARIOS = {
    "first-issue": Scenario(issue),
    "issue-three": Scenario(issue_three, pairs=THREE),
    "issue-again": Scenario(issue, issue, steady=PAIR + ROOT_PAIR),
    "new-key": Scenario(lambda folder: issue(folder, new_key=True), issue_with_der, WITH_DER),
    "new-key-apart": Scenario(lambda folder: issue_apart(folder, new_key=True), issue_apart, APART),
    "force-over-foreign": Scenario(lambda folder: issue(folder, force=True), foreign_pair),
    "permit": Scenario(permit, init, steady=ROOT_PAIR),
    "permit-intermediate": Scenario(permit, init_intermediate, steady=ROOT_PAIR),
    "init-intermediate": Scenario(init_intermediate),
    "restore-root": Scenario(open_home, init_without_root_pem),
    "recover-finish": Scenario(open_home, interrupted(issue_with_der, "os.rename"), WITH_DER),
    "recover-undo": Scenario(open_home, interrupted(issue_with_der, "sync"), WITH_DER),
}


def certificate_first(entry: Entry, ready: set[Path]) -> set[Path]:
    """A wrong protocol: the certificate is renamed before its key."""
    for row in sorted(entry.files, key=lambda row: row.role == "key"):
        if row.temp in ready:
            row.temp.replace(row.path)
    return {row.path.parent for row in entry.files}


def old_certificate_stays(_: Entry) -> set[Path]:
    """A wrong protocol: the certificate of a replaced key is left standing."""
    return set()


def write_before_recording(ledger: Ledger, drafts: list[journal.Draft]) -> None:
    """A wrong protocol: files first, ledger second."""
    for draft in drafts:
        for file in draft.files:
            file.path.write_bytes(file.content)
            file.path.chmod(file.mode)
    PUBLISH(ledger, drafts)


def mode_after_writing(path: Path, content: bytes, mode: int, _: int | None = None) -> None:
    """What most programs do: the umask decides until chmod comes."""
    path.write_bytes(content)
    path.chmod(mode)


def undo_takes_all(entry: Entry) -> set[Path]:
    """A wrong repair: what stood there before goes too."""
    return UNDO(entry) | {row.path.parent for row in entry.files if files.remove(row.path)}


def said_to_be_finished(ledger: Ledger, entry: Entry) -> Finding:
    """A wrong repair: the ledger says valid, and nothing was put in place."""
    UNDO(entry)
    ledger.publish([entry])
    return Finding("home.recovered", Severity.NOTE, "", "", Fix("advice", ""))


def removed_first(entry: Entry, ready: set[Path]) -> set[Path]:
    """A wrong protocol: the old certificate goes before the new one comes, its key kept or not."""
    for row in entry.files:
        if row.temp in ready:
            files.remove(row.path)
    return PLACE(entry, ready)


PUBLISH, UNDO, PLACE = journal.publish, journal._undo, journal._place
SABOTAGE = {
    "certificate-first": (journal, "_place", certificate_first),
    "old-certificate-stays": (journal, "_remove_certificates", old_certificate_stays),
    "write-before-recording": (journal, "publish", write_before_recording),
    "undo-takes-all": (journal, "_undo", undo_takes_all),
    "said-to-be-finished": (journal, "_settle", said_to_be_finished),
    "removed-first": (journal, "_place", removed_first),
    "mode-after-writing": (files, "write_new", mode_after_writing),
}


class Steps:
    """Counts the steps of this process and ends it at one of them."""

    def __init__(self, at: int, only: str | None, report: int) -> None:
        self._left = at
        self._only = only
        self._report = report
        sys.addaudithook(self._audit)
        self._fsync = os.fsync
        self._connect = sqlite3.connect
        os.fsync = self._sync  # type: ignore[assignment]  # audit hooks see neither of these two
        sqlite3.connect = self._traced  # type: ignore[assignment]

    def step(self, name: str) -> None:
        if self._only in (None, name):
            self._left -= 1
            if self._left == 0:
                os.write(self._report, name.encode())
                os.kill(os.getpid(), signal.SIGKILL)

    def _audit(self, event: str, _: tuple[object, ...]) -> None:
        if event in FILE_EVENTS:
            self.step(event)

    def _sync(self, descriptor: int) -> None:
        self.step("sync")
        self._fsync(descriptor)

    def _traced(self, *arguments: object, **options: object) -> sqlite3.Connection:
        connection = self._connect(*arguments, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(self._statement)
        return connection  # type: ignore[no-any-return]

    def _statement(self, statement: str) -> None:
        if statement.startswith(WRITING_SQL):
            self.step(" ".join(statement.split()[:1]))


def run_and_kill(act: Callable[[], None], *, at: int, only: str | None = None) -> str | None:
    """Run ``act`` in a fork that dies at its ``at``-th step: that step, None if it completed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        Steps(at, only, writing)
        _run(act)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as report:
        step = report.read().decode()
    return _outcome(status, step)


def run_under_strace(act: Callable[[], None], *, at: int, call: str, effect: str) -> str | None:
    """The same with strace: ``effect`` strikes at the ``at``-th system call named ``call``."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # until strace looks on
        _run(act)
    os.close(reading)
    inject = f"inject={call}:{effect}:when={at}"
    tracer = subprocess.Popen(
        ["strace", "-qq", "-e", f"trace={call}", "-e", inject, "-p", str(child)],
        stderr=subprocess.PIPE,
    )
    while b"TracerPid:\t0\n" in Path(f"/proc/{child}/status").read_bytes():
        if tracer.poll() is not None:
            os.kill(child, signal.SIGKILL)
            sys.exit("strace cannot attach")
        time.sleep(0.001)
    os.write(writing, b"x")
    os.close(writing)
    _, status = os.waitpid(child, 0)
    _, trace = tracer.communicate()
    return _outcome(status, call if trace.count(f"{call}(".encode()) >= at else "")


def _run(act: Callable[[], None]) -> NoReturn:
    try:
        act()
    except CertkitError as error:
        os._exit(int(error.exit_code))
    except BaseException:  # noqa: BLE001 - the fork must not run on as the driver
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _outcome(status: int, step: str) -> str | None:
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL or (step and code == 0):
        return step
    if code == ExitCode.ENVIRONMENT:
        return f"{step}!"
    if code != 0:
        sys.exit(f"exit code {code} after {step}")
    return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--syscalls", nargs="?", const="signal=KILL", metavar="ERRNO")
    parser.add_argument("--sabotage", choices=SABOTAGE)
    given = parser.parse_args()
    scenario = SCENARIOS[given.scenario]
    if given.sabotage:
        setattr(*SABOTAGE[given.sabotage])
    kills = [run_and_kill]
    if given.syscalls:
        fails = given.syscalls.startswith("E")
        effect = f"error={given.syscalls}" if fails else given.syscalls
        kills = [partial(run_under_strace, call=call, effect=effect) for call in SYSCALLS]
    print(json.dumps([step for kill in kills for step in attempts(scenario, given.folder, kill)]))


def attempts(scenario: Scenario, folder: Path, kill: Callable[..., str | None]) -> list[str]:
    """Every step of ``scenario`` that ``kill`` can hit, the invariants checked after each."""
    template, work = folder / "template", folder / "work"
    if not template.exists():
        work.mkdir(parents=True)
        scenario.prepare(work)
        work.rename(template)
    steps: list[str] = []
    while True:
        # The same path each time, since the ledger knows the files by their paths.
        shutil.copytree(template, work)
        step = kill(lambda: scenario.act(work), at=len(steps) + 1)
        try:
            look(work, template, scenario)
        except AssertionError as error:
            sys.exit(f"at step {len(steps) + 1} ({step}) after {steps}: {error}")
        shutil.rmtree(work)
        if step is None:
            return steps
        steps.append(step)


def look(folder: Path, template: Path, scenario: Scenario) -> None:
    """The invariants now, after the next command, and after the command is given once more."""
    home = folder / "home"
    pairs = {folder / certificate: folder / key for certificate, key in scenario.pairs.items()}
    foreign = frozenset(
        Certificate.from_pem(path.read_bytes()).sha256
        for path in (template / "out").glob("localhost.pem")
        if scenario.prepare is foreign_pair
    )
    check_now(home, pairs, foreign)
    for name in scenario.steady:
        assert (folder / name).exists(), f"{name} was gone for an instant"
    has_work = unfinished(home, pairs)
    with Home.open(home) as opened:
        assert bool(opened.recovered) == has_work, f"work left: {has_work}: {opened.recovered}"
    check_after(home, pairs, foreign)
    for name in scenario.pairs:
        # A DER file that the command was not asked for again goes with its key.
        if name.endswith(".pem") and (template / scenario.pairs[name]).exists():
            assert (folder / name).exists(), f"{name} had a key and was lost"
    with Home.open(home) as opened:
        opened.issue(["localhost"], Output(folder / "next"))
    if "init" not in scenario.act.__name__:
        scenario.act(folder)
    check_after(home, pairs, foreign)


if __name__ == "__main__":
    main()
