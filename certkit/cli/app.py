"""The command table and the one error boundary.

A command's module is imported only when the command runs: ``certkit --help`` and
``certkit issue`` must not pay for the rest (tests/test_startup.py).
"""

from __future__ import annotations

import errno
import inspect
import os
import re
import sys
from contextlib import suppress
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from certkit.cli import coercion, output
from certkit.errors import CertkitError, ExitCode
from certkit.text import argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from typer._click import Command, Context, HelpFormatter

    _Body = Callable[..., output.Result | Iterator[output.Result]]

# command -> (its module below certkit.cli, one line for the overview). A dict is a group.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "issue": ("issue", "Issue a certificate for names and addresses; makes the CA on first use."),
    "ca": ("", "Create, show, widen, import or export the certificate authority."),
    "list": ("list", "List the certificates of this home."),
    "bundle": ("bundle", "Convert, join, split and check certificate and key files."),
    "snippet": ("snippet", "Print a server or client configuration that fits a certificate."),
    "verify": ("verify", "Check a certificate or a live endpoint for a name, with the reason."),
    "audit": ("audit", "Find what breaks wss:// in nginx configuration and in pages; mend it."),
    "doctor": ("doctor", "Say which layer of an endpoint broke, why, and what repairs it."),
    "inspect": ("inspect", "Show what is in a certificate, key, request or chain."),
    "trust": ("", "Put the root into this machine's trust stores, look, take it out."),
    "lab": ("", "Serve endpoints that are broken on purpose, to look at and to learn from."),
    "explain": ("explain", "Explain a finding code, or a pasted error message."),
}
CA_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("ca:init", "Create the CA on purpose, with its options."),
    "show": ("ca:show", "Show the CA: subject, fingerprint, what it may sign."),
    "permit": ("ca:permit", "Widen what the CA may sign; its key stays."),
    "import": ("ca_import:import_command", "Take over the root of mkcert, Caddy, step and others."),
    "export": ("ca:export", "Write the root certificate for clients to trust."),
}
TRUST_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "install": ("trust:install", "Put the root where the clients of this machine look."),
    "status": ("trust:status", "Show which stores and clients trust the root."),
    "uninstall": ("trust:uninstall", "Take the root out of every store."),
    "env": ("trust:env", "Print shell variables for clients that follow no store."),
}
LAB_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "page": ("lab:page", "Serve all, and a page that opens each in your browser [default]."),
    "list": ("lab:list_scenarios", "List what the lab can break."),
    "run": ("lab:run", "Serve endpoints that are broken on purpose, until interrupted."),
}
GROUPS: Final = {"ca": CA_COMMANDS, "trust": TRUST_COMMANDS, "lab": LAB_COMMANDS}
# What a group does when none of its commands is named.
DEFAULTS: Final = {"lab": "page"}

_EPILOG: Final = """
Exit codes: 0 done or yes; 1 the answer is no; 2 bad input; 3 the environment
failed (permission, disk, CA); 4 a person must finish; 130 interrupted.
"""


_HELP: Final = {"-h", "--help"}
_HELP_OPTIONS: Final = {"help_option_names": sorted(_HELP)}


class _Command(TyperCommand):
    def get_params(self, ctx: Context) -> list[Any]:
        return coercion.made_plain(super().get_params(ctx))

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        formatter.write(_EPILOG)


class _LazyGroup(TyperGroup):
    """A group whose commands are imported when they are called, not when it is listed."""

    table: Mapping[str, tuple[str, str]] = COMMANDS

    def get_params(self, ctx: Context) -> list[Any]:
        return coercion.made_plain(super().get_params(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        default = DEFAULTS.get(self.name or "")
        if default and (not args or args[0].startswith("-")) and not set(args) & _HELP:
            args = [default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        if cmd_name not in self.table:
            return None
        if cmd_name in GROUPS and self.table is COMMANDS:
            return _group(cmd_name, GROUPS[cmd_name], COMMANDS[cmd_name][1])
        module, _, function = self.table[cmd_name][0].partition(":")
        body = getattr(import_module(f"certkit.cli.{module}"), function or f"{module}_command")
        return _command(cmd_name, body)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        formatter.write(_EPILOG)


def _group(name: str, table: Mapping[str, tuple[str, str]], help_text: str) -> _LazyGroup:
    examples = "".join(f"\n  certkit {name} {command}" for command in table)
    group = _LazyGroup(
        name=name,
        help=f"{help_text}\n\n\b\nExamples:{examples}",
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings=_HELP_OPTIONS,
    )
    group.table = table
    return group


def _command(name: str, body: _Body) -> Command:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    app.command(name, cls=_Command, context_settings=_HELP_OPTIONS)(_with_common_options(body))
    return typer.main.get_command(app)


def _show_each(results: Iterator[output.Result], *, as_json: bool) -> None:
    """What a command that goes on has to say; an interruption is how it ends, and no failure."""
    _running.goes_on = True
    for each in results:
        output.show(each, _running.command, as_json=as_json, one_line=True)


_JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON envelope on stdout, also on failure.")
]
_DebugOption = Annotated[bool, typer.Option("--debug", help="Show a traceback on failure.")]


def _with_common_options(body: _Body) -> Callable[..., None]:
    """``body`` as Typer should see it: with ``--json`` and ``--debug``, printing its result."""

    @wraps(body)
    def run(*, json: bool, debug: bool, **arguments: object) -> None:
        del debug  # read from argv by main(), since it must count before the parser has run
        result = body(**arguments)
        if not isinstance(result, output.Result):
            _show_each(result, as_json=json)
            return
        output.show(result, _running.command, as_json=json)
        raise typer.Exit(result.exit_code)

    signature = inspect.signature(body, eval_str=True)
    own = [
        inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False),
        inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False),
    ]
    hints = {"json": _JsonOption, "debug": _DebugOption}
    parameters = [*signature.parameters.values()]
    own = [parameter.replace(annotation=hints[parameter.name]) for parameter in own]
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*parameters, *own], return_annotation=None
    )
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | hints
    return run


def _version(value: bool) -> None:
    if value:
        import certkit

        sys.stdout.write(f"certkit {certkit.__version__}\n")
        raise typer.Exit


app = typer.Typer(
    name="certkit",
    cls=_LazyGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_HELP_OPTIONS,
)


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """A local certificate authority and wss:// bootstrap toolkit.

    From nothing to a working wss://10.0.0.5:

    \b
      certkit issue --ip 10.0.0.5
      certkit snippet nginx 10.0.0.5.pem
      certkit verify wss://10.0.0.5 --ip 10.0.0.5
    """


class _Running:
    """The command being run, for the envelope of a failure that the parser found."""

    command = "certkit"
    goes_on = False
    """It prints one answer after the other until it is interrupted."""


_running = _Running()


def _command_path(arguments: Sequence[str]) -> str:
    """``issue``, ``ca permit``: the leading words that are commands."""
    words: list[str] = []
    table = COMMANDS
    for word in arguments:
        if word in table:
            words.append(word)
            if word not in GROUPS or table is not COMMANDS:
                break
            table = GROUPS[word]
    return " ".join(words) or "certkit"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit: every failure of certkit ends here, in words."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = given[: given.index("--")] if "--" in given else given
    as_json, debug = "--json" in options, "--debug" in options
    _running.command, _running.goes_on = _command_path(given), False
    try:
        code = _run(given)
    except CertkitError as error:
        if debug:
            raise
        code = _failed(_in_same_home(error, options), as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = (
            ExitCode.INTERRUPTED if _running.goes_on else _failed(_interrupted(), as_json=as_json)
        )
    except BrokenPipeError:
        # The reader has what it wanted (`certkit list | head`); Python must not complain again
        # when it flushes stdout on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.OK
    except Exception as error:
        if debug:
            raise
        code = _failed(_bug(error), as_json=as_json)
    sys.exit(int(code))


# A command at the end of a hint that works on the home.
_AT_HOME: Final = re.compile(
    r"certkit (?:issue|list|snippet|verify|doctor|ca \w+|trust \w+)(?: [^`]*)?$"
)


def _in_same_home(error: CertkitError, given: Sequence[str]) -> CertkitError:
    """``error`` whose hint has the ``--home`` that was given, where its command has none."""
    homes = [word for word, before in zip(given[1:], given, strict=False) if before == "--home"]
    homes += [word.removeprefix("--home=") for word in given if word.startswith("--home=")]
    if not homes:
        return error
    option = f" --home {argument(homes[-1])}"
    hint = "\n".join(
        line + option if "--home" not in line and _AT_HOME.search(line) else line
        for line in error.hint.splitlines()
    )
    return CertkitError(error.code, error.message, hint=hint, exit_code=error.exit_code)


def _failed(error: CertkitError, *, as_json: bool) -> int:
    """Say what failed; on a full disk, with stdout redirected to it, there is no saying it."""
    with suppress(OSError, CertkitError):
        output.show_error(error, _running.command, as_json=as_json)
    return error.exit_code


def _run(arguments: Sequence[str]) -> int:
    try:
        code = typer.main.get_command(app).main(
            args=arguments, prog_name="certkit", standalone_mode=False
        )
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # Typer keeps the class to itself
            sys.stderr.write(error.format_message() + "\n")
            raise _no_command(error) from error
        raise _usage(error) from error
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise _environment(error) from error
    if code == ExitCode.INTERRUPTED:  # what Typer makes of Ctrl-C
        raise KeyboardInterrupt
    return int(code or 0)


def _usage(error: typer.TyperException) -> CertkitError:
    """Typer's complaint in our words; the hint names the help page of the command."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "certkit"
    message = error.format_message().rstrip(".")
    return CertkitError(
        "usage.bad-arguments", message[:1].lower() + message[1:], hint=f"{path} --help"
    )


def _no_command(error: typer.TyperException) -> CertkitError:
    path = error.ctx.command_path  # type: ignore[attr-defined]
    return CertkitError("usage.no-command", f"{path} needs a command", hint=f"{path} --help")


_HINT: Final = "check that the path exists, that you may use it and that the disk is not full"
_HINTS: Final = {
    errno.EADDRINUSE: "another program listens there: choose another port with --port",
}


def _environment(error: OSError) -> CertkitError:
    where = f" {error.filename}" if error.filename else ""
    return CertkitError(
        "environment.os-error",
        f"the system refused{where}: {error.strerror or error}",
        hint=_HINTS.get(error.errno or 0, _HINT),
        exit_code=ExitCode.ENVIRONMENT,
    )


def _interrupted() -> CertkitError:
    return CertkitError(
        "interrupted",
        "interrupted",
        hint="run it again: what was half done is mended by the next command",
        exit_code=ExitCode.INTERRUPTED,
    )


def _bug(error: Exception) -> CertkitError:
    return CertkitError(
        "internal.bug",
        f"this should not happen: {type(error).__name__}: {error}",
        hint="run the same command with --debug and report what it prints",
        exit_code=ExitCode.ENVIRONMENT,
    )
