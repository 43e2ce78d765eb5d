"""Paths -> what is wrong in the files behind them -> the texts that are right."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from certkit.audit.edits import apply
from certkit.audit.files import Reader, Unreadable, resolved
from certkit.audit.nginx.certificates import Certificates
from certkit.audit.nginx.checks import problems as nginx_problems
from certkit.audit.nginx.policy import Pages
from certkit.audit.nginx.tree import Files, NoConfiguration, load
from certkit.audit.page.policy import MARKUP as PAGES
from certkit.audit.page.policy import problems as policy_problems
from certkit.audit.page.websockets import MARKUP, MAX_PROBLEMS, SCRIPTS
from certkit.audit.page.websockets import problems as page_problems
from certkit.audit.targets import is_web, suffix, targets
from certkit.errors import CertkitError, ExitCode
from certkit.text import argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from certkit.audit.edits import Edit
    from certkit.audit.files import Source
    from certkit.audit.nginx.tree import Configuration
    from certkit.audit.problem import Problem
    from certkit.audit.targets import Targets

_MAIN: Final = "nginx.conf"
# A file with none of these at its top is something else whose grammar is alike.
_KNOWN: Final = re.compile(
    "http|events|server|location|upstream|map|geo|include|listen|server_name|root|return|rewrite"
    "|add_header|gzip\\w*|(proxy|ssl|fastcgi|uwsgi|grpc|keepalive|client|access|error|log|limit"
    "|worker|auth|resolver|types|default_type|user|pid|stream|set|if)(_\\w+)?"
)
_ROUNDS: Final = 6
"""What is mended may show what was behind it: a line that is copied, a server that becomes the
default. Two or three rounds are usual."""


@dataclass(slots=True)
class Report:
    """``files`` were read; ``unread`` were not, and why; ``patterns`` are nginx's includes."""

    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    unread: dict[Path, str] = field(default_factory=dict)
    patterns: set[str] = field(default_factory=set)


def audit(
    paths: Iterable[Path], *, now: datetime, texts: Mapping[Path, str] = MappingProxyType({})
) -> Report:
    """Look at files and folders; ``texts`` (by resolved path) stand for what the disk holds.

    What is named must be readable, and a file be nginx configuration unless its ending is that of
    a page or a script. In a folder, what is neither is passed over.

    Raises CertkitError ``files.not-found``, ``files.unreadable``, ``audit.not-nginx``, and with
    exit code 3 ``files.cannot-read``.
    """
    reader = Reader(texts)
    wanted = targets(paths)
    for path, reason in wanted.refused.items():
        raise _refused(path, reason) from reason
    report = Report(unread=wanted.unread)
    for path in (*wanted.named, *wanted.found):
        if is_web(path):
            _audit_page(path, reader, report, named=path in wanted.named)
    _audit_nginx(wanted, reader, report, now)
    order = {path: index for index, path in enumerate(report.files)}
    report.problems.sort(key=lambda each: (order.get(each.source.path, len(order)), each.at))
    return report


def corrected(paths: Sequence[Path], *, now: datetime) -> dict[Path, str]:
    """The texts that are right, by the path of each file that has to change.

    Raises as :func:`audit`.
    """
    texts: dict[Path, str] = {}
    changed: dict[Path, Source] = {}
    for _ in range(_ROUNDS):
        edits: defaultdict[Source, list[Edit]] = defaultdict(list)
        for problem in audit(paths, now=now, texts=texts).problems:
            for edit in problem.edits:
                edits[edit.source].append(edit)
        if not edits:
            break
        for source, own in edits.items():
            real = resolved(source.path)
            changed.setdefault(real, source)
            texts[real] = apply(source.text, own)
    return {source.path: texts[real] for real, source in changed.items()}


def _audit_page(path: Path, reader: Reader, report: Report, *, named: bool) -> None:
    try:
        source = reader.source(path)
    except Unreadable as reason:
        if named:
            raise _refused(path, reason) from reason
        report.unread[path] = str(reason)
        return
    report.files.append(path)
    kind = suffix(path)
    both = chain(
        page_problems(source, kind), policy_problems(source, kind, partial(_beside, reader, path))
    )
    found = list(islice(both, MAX_PROBLEMS + 1))
    if len(found) > MAX_PROBLEMS:
        report.unread[path] = f"has more than {MAX_PROBLEMS} of them: the rest was left"
    report.problems += found[:MAX_PROBLEMS]


def _beside(reader: Reader, page: Path, name: str) -> str | None:
    """The text of a file below the page's folder."""
    try:
        return reader.source(page.parent / name).text
    except Unreadable:
        return None


def _audit_nginx(wanted: Targets, reader: Reader, report: Report, now: datetime) -> None:
    files = Files(reader)
    given: dict[Path, Path] = {}
    for path in (*wanted.named, *wanted.found):
        if not is_web(path) and _is_nginx(path, files, report, named=path in wanted.named):
            given.setdefault(resolved(path), path)
    # A file that two configurations include is read once, and mended for both.
    found: dict[tuple[str, Source, int], Problem] = {}
    web = {resolved(path): reader.source(path) for path in report.files if suffix(path) in PAGES}
    pages = Pages(web, partial(_beside, reader))
    for configuration in _configurations(given, files):
        certificates = Certificates(configuration, reader)
        all_of_it = resolved(configuration.root.source.path) in given
        sources = {
            source: None
            for real, source in configuration.sources.items()
            if all_of_it or real in given
        }
        report.files += [source.path for source in sources]
        for problem in nginx_problems(configuration, certificates, pages, now):
            place = (problem.code, problem.source, problem.at)
            if problem.source in sources:
                found[place] = found[place].merged(problem) if place in found else problem
        report.unread |= configuration.unread | certificates.unread
        report.patterns.update(configuration.patterns)
    report.problems += found.values()
    report.files = list(dict.fromkeys(report.files))


def _is_nginx(path: Path, files: Files, report: Report, *, named: bool) -> bool:
    try:
        _, statements = files.read(path)
    except Unreadable as reason:
        if named:
            raise _refused(path, reason) from reason
        if not isinstance(reason, NoConfiguration):
            report.unread[path] = str(reason)
        return False
    known = any(_KNOWN.fullmatch(statement.name) for statement in statements)
    if named and statements and not known:
        raise _refused(path, NoConfiguration("nothing in it is known"))
    return known or named


def _configurations(given: Mapping[Path, Path], files: Files) -> list[Configuration]:
    """The trees that hold the given files, each file in one: a main file's if there is one."""
    loaded = {real: load(path, path.parent, files) for real, path in given.items()}
    mains = {real: each for real, each in loaded.items() if each.whole}
    near: dict[Path, Configuration | None] = {}
    for real, path in given.items():
        if any(real in main.sources for main in mains.values()):
            continue
        if path.parent not in near:
            near[path.parent] = _main_file(path, files)
        main = near[path.parent]
        if main is None:
            continue
        if real in main.sources:
            mains[resolved(main.root.source.path)] = main
        else:
            loaded[real] = load(path, main.folder, files)
    mine = {real: each for real, each in loaded.items() if real not in mains}
    inside = {
        real
        for outer in (*mains.values(), *mine.values())
        for real, source in outer.sources.items()
        if source is not outer.root.source
    }
    kept = [*mains.values(), *(each for real, each in mine.items() if real not in inside)]
    covered = {real for each in kept for real in each.sources}
    # Files that include each other in a circle are inside of each other, and in nothing else.
    return kept + [each for real, each in mine.items() if real not in covered]


def _main_file(path: Path, files: Files) -> Configuration | None:
    """The main file that a fragment belongs to, where it stands beside it or above."""
    for folder in (path.parent, path.parent.parent):
        main = folder / _MAIN
        if main != path and main.is_file():
            try:
                configuration = load(main, folder, files)
            except Unreadable:
                continue
            if configuration.whole:
                return configuration
    return None


def _refused(path: Path, reason: Unreadable) -> CertkitError:
    cause = reason.__cause__
    code, hint, exit_code = "files.unreadable", "name a text file, or a folder", ExitCode.USAGE
    if isinstance(cause, FileNotFoundError):
        code, hint = "files.not-found", "check the path"
    elif isinstance(cause, OSError):
        code, exit_code = "files.cannot-read", ExitCode.ENVIRONMENT
        hint = f"ask its owner, or see who may read it: ls -ld {argument(str(path))}"
    elif isinstance(reason, NoConfiguration):
        code = "audit.not-nginx"
        hint = f"certkit audit reads nginx configuration and {' '.join((*MARKUP, *SCRIPTS))}"
    return CertkitError(code, f"{str(path)!r} {reason}", hint=hint, exit_code=exit_code)
