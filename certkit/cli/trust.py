"""``certkit trust``: put the root into this machine's trust stores, look, and take it out again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from certkit.cli import output, trust_report
from certkit.cli.options import HomeOption, opened
from certkit.cli.output import Result
from certkit.errors import CertkitError, ExitCode

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from certkit.home.home import Home
    from certkit.pki.certificate import Certificate
    from certkit.truststores.change import Outcome
    from certkit.truststores.handshake import Verdict
    from certkit.truststores.machine import Machine, Runner
    from certkit.truststores.store import Store

_SUDO_PROMPT: Final = "certkit changes this system's trust stores as root; password of %u: "

_StoreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--store",
        metavar="NAME",
        help="Only this store; may be repeated. [default: all but those that must be named]",
        show_default=False,
    ),
]
_SystemOption = Annotated[
    bool, typer.Option("--system", help="Only what counts for every user of this machine.")
]
_UserOption = Annotated[bool, typer.Option("--user", help="Only what is this user's own.")]
_DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")
]


def install(
    *,
    store: _StoreOption = None,
    system: _SystemOption = False,
    user: _UserOption = False,
    dry_run: _DryRunOption = False,
    home: HomeOption = None,
) -> Result:
    """Put the root where the clients of this machine look, and prove it with a handshake.

    Older versions of the same CA are taken out first. What needs root is done with sudo, or
    printed for you to type (exit code 4).

    \b
    Examples:
      certkit trust install --dry-run
      certkit trust install
      certkit trust install --user
      certkit trust install --store chromium-policy
    """
    from certkit.truststores import registry
    from certkit.truststores.change import carry_out, planned
    from certkit.truststores.machine import Machine

    shared = _shared(system=system, user=user)
    with opened(home, create=False) as found:
        root, machine = _root(found), Machine.here()
        if expired := trust_report.expired(root):
            raise CertkitError(
                expired.code, expired.summary, hint=expired.fix.text, exit_code=ExitCode.ENVIRONMENT
            )
        chosen = registry.stores(machine, store or ())
        stores = registry.within(chosen, machine, shared=shared)
        if not any(each.available() for each in stores):
            raise registry.no_place(chosen, machine)
        plan = planned(stores, root, install=True)
        report = _report(root, stores, machine, found)
        if dry_run:
            return report.plan(plan)
        machine = _with_sudo(machine, plan)
        report.announce(plan, machine)
        outcomes = tuple(carry_out(stores, root, machine, found.receipts, install=True))
        proofs, unproved = _handshakes(found, machine, stores, outcomes)
        return report.changed(outcomes, machine, proofs, unproved)


def uninstall(
    sha256: Annotated[
        str,
        typer.Argument(
            metavar="[SHA256]",
            help="Of a root of certkit whose CA is gone. [default: the root of this home]",
            show_default=False,
        ),
    ] = "",
    *,
    store: _StoreOption = None,
    system: _SystemOption = False,
    user: _UserOption = False,
    dry_run: _DryRunOption = False,
    home: HomeOption = None,
) -> Result:
    """Take the root, in every version, out of the stores of this machine.

    What is not there is success. The CA and its certificates stay as they are.

    \b
    Examples:
      certkit trust uninstall --dry-run
      certkit trust uninstall
      certkit trust uninstall --store firefox
      certkit trust uninstall 49b0c626d4f430d6
    """
    if sha256:
        return _uninstall_stray(sha256, store or (), dry_run=dry_run)
    from certkit.truststores import registry
    from certkit.truststores.change import carry_out, planned
    from certkit.truststores.machine import Machine

    shared = _shared(system=system, user=user)
    with opened(home, create=False) as found:
        root, machine = _root(found), Machine.here()
        chosen = registry.stores(machine, store) if store else registry.every_store(machine)
        chosen = registry.with_remembered(chosen, _places(found), machine)
        stores = registry.within(chosen, machine, shared=shared)
        plan = planned(stores, root, install=False)
        report = _report(root, stores, machine, found)
        if dry_run:
            return report.plan(plan)
        machine = _with_sudo(machine, plan)
        report.announce(plan, machine)
        outcomes = tuple(carry_out(stores, root, machine, found.receipts, install=False))
        return report.changed(outcomes, machine)


def _uninstall_stray(sha256: str, names: Sequence[str], *, dry_run: bool) -> Result:
    """The root that certkit put here for a CA that no home has any more."""
    from certkit.truststores import registry, stray
    from certkit.truststores.change import carry_out, planned
    from certkit.truststores.machine import Machine

    machine = Machine.here()
    chosen = registry.stores(machine, names) if names else registry.every_store(machine)
    stores = registry.within(chosen, machine, shared=None)
    root = stray.find(stores, sha256)
    if root is None:
        data: dict[str, object] = {"root": None, "stores": [], "commands": []}
        return Result(data, "no store here holds a root of certkit with this fingerprint")
    plan = planned(stores, root, install=False)
    report = trust_report.Report(root, stores, machine, {})
    if dry_run:
        return report.plan(plan)
    machine = _with_sudo(machine, plan)
    report.announce(plan, machine)
    return report.changed(
        tuple(carry_out(stores, root, machine, stray.NoReceipts(), install=False)), machine
    )


def status(*, store: _StoreOption = None, home: HomeOption = None) -> Result:
    """Show which stores hold the root, and which clients follow which store.

    Exit code 1 when a store that `certkit trust install` serves does not trust it.

    \b
    Examples:
      certkit trust status
      certkit trust status --store system && echo trusted
      certkit trust status --json
    """
    from certkit.truststores import registry
    from certkit.truststores.change import planned
    from certkit.truststores.clients import clients
    from certkit.truststores.machine import Machine

    with opened(home, create=False) as found:
        root, machine = _root(found), Machine.here()
        wanted = registry.stores(machine, store or ())
        every = wanted if store else registry.every_store(machine)
        stores = registry.with_remembered(every, _places(found), machine)
        report = _report(root, stores, machine, found)
        return report.status(
            planned(stores, root, install=True),
            {each.name for each in wanted},
            clients(machine, stores),
            found.receipts.all(),
        )


def env(*, home: HomeOption = None) -> Result:
    """Print shell variables by which clients that follow no store trust the root.

    They count for the shell that reads them and for what it starts.

    \b
    Examples:
      eval "$(certkit trust env)"
      certkit trust env > trust.sh && . ./trust.sh
    """
    from certkit.pki.names import Name
    from certkit.snippets import SnippetInput, render

    with opened(home, create=False) as found:
        _root(found)
        root = found.files["root"]
    given = SnippetInput(certificate=root, key=root, ca=root, names=(Name("dns", "localhost"),))
    # The header of the snippet is about a server and its certificate; there is none here.
    _, _, text = render("env", given).partition("\n#\n")
    return Result({"text": text, "ca": str(root)}, text.removesuffix("\n"))


def _report(
    root: Certificate, stores: Sequence[Store], machine: Machine, home: Home
) -> trust_report.Report:
    known = {root.pem: home.files["root"]}
    return trust_report.Report(root, stores, machine, known, home.recovered)


def _root(home: Home) -> Certificate:
    if home.root is None:
        raise CertkitError(
            "home.no-ca",
            f"there is no CA in {home.folder}",
            hint="certkit issue NAME, which makes one, or certkit ca init",
            exit_code=ExitCode.ENVIRONMENT,
        )
    return home.root


def _places(home: Home) -> tuple[tuple[str, Path], ...]:
    return tuple((row.store, row.path) for row in home.receipts.all())


def _shared(*, system: bool, user: bool) -> bool | None:
    """Whether shared places are wanted; None for both kinds."""
    if system and user:
        raise CertkitError(
            "usage.bad-arguments",
            "--system and --user together leave nothing to do",
            hint="leave out both for every store",
        )
    return system if system or user else None


def _with_sudo(machine: Machine, plan: Iterable[Outcome]) -> Machine:
    """The machine as root too, where the plan needs it and sudo can have it."""
    needed = any(step.as_root for outcome in plan for step in outcome.left)
    return replace(machine, elevate=_sudo()) if needed and not machine.is_root else machine


def _sudo() -> Runner | None:
    """sudo, when there is a terminal to ask on or it needs no password."""
    from certkit.truststores.machine import run_as_root

    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        asked = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
        if asked.returncode != 0:
            return None
    return run_as_root(sudo, _SUDO_PROMPT)


def _handshakes(
    home: Home, machine: Machine, stores: Sequence[Store], outcomes: Sequence[Outcome]
) -> tuple[tuple[Verdict, ...], str]:
    """What the clients of the stores that now hold the root do, or why none was asked."""
    from certkit.truststores import firefox
    from certkit.truststores.clients import clients
    from certkit.truststores.handshake import can_be_asked, handshakes
    from certkit.truststores.store import State

    held = {outcome.where: outcome.store for outcome in outcomes if outcome.after is State.PRESENT}
    asked = [
        client
        for client in clients(machine, stores)
        if can_be_asked(client)
        and client.store in held.values()
        and (client.where is None or client.where in held)
    ]
    if not asked:
        return (), ""
    try:
        context = _server_context(home)
    except CertkitError as error:
        return (), error.message
    profiles = [where for where, name in held.items() if name == firefox.NAME]
    output.say("asking clients of this machine for a handshake ...")
    return handshakes(asked, profiles, context, machine), ""


def _server_context(home: Home) -> ssl.SSLContext:
    """For a certificate that lives a day and never leaves this process but by the handshake."""
    from certkit.tls import server_context

    authority, _ = home.authority()
    return server_context(authority.issue("127.0.0.1", days=1))
