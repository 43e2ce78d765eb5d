"""Where the files of one certificate go: the file options of ``certkit issue``, resolved."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from certkit.errors import CertkitError
from certkit.findings import Finding, Fix, Severity
from certkit.home import files
from certkit.home.naming import PRIVATE_ROLES, SUFFIXES, file_stem
from certkit.home.records import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from certkit.home.ledger import Ledger
    from certkit.pki.certificate import Issued
    from certkit.pki.names import Name


@dataclass(frozen=True, slots=True)
class Output:
    """Where files go and what they may replace.

    ``folder`` is made when it is missing; ``cert_file`` and ``key_file`` replace the default
    names and are relative to it. ``also`` maps further roles (bundle, p12, truststore, der) to
    what makes their bytes. ``group`` may read the private files (mode 0640). ``force`` replaces
    files that are not certkit's; ``new_key`` replaces a key that would be kept.
    """

    folder: Path = Path()
    cert_file: Path | None = None
    key_file: Path | None = None
    also: Mapping[str, Callable[[Issued], bytes]] = field(default_factory=dict)
    group: str | None = None
    force: bool = False
    new_key: bool = False

    def paths(self, names: Sequence[Name], *, client: bool, with_key: bool) -> dict[str, Path]:
        """The absolute path of each role, the key first; ``names`` as the user gave them."""
        for chosen_name in filter(None, (self.cert_file, self.key_file)):
            _refuse_no_name(chosen_name)
        stem = self.folder / file_stem(names, client=client)
        if self.cert_file is not None:
            chosen = self.folder / self.cert_file
            stem = chosen.with_name(chosen.name.removesuffix(chosen.suffix))
        roles = (*(["key"] if with_key else []), "certificate", *self.also)
        named = {role: stem.with_name(stem.name + SUFFIXES[role]) for role in roles}
        if self.cert_file is not None:
            named["certificate"] = self.folder / self.cert_file
        if self.key_file is not None and with_key:
            named["key"] = self.folder / self.key_file
        return {role: absolute(path) for role, path in named.items()}

    def mode_of(self, role: str, path: Path, ledger: Ledger) -> tuple[int, int | None]:
        """``(mode, gid)`` for a new file; a key that was given to a group stays given to it.

        Raises CertkitError ``files.unknown-group`` (exit 2).
        """
        if role not in PRIVATE_ROLES:
            return files.PUBLIC_MODE, None
        if self.group is not None:
            return files.GROUP_KEY_MODE, files.group_id(self.group)
        known = ledger.at(path)
        return (known[1].mode, known[1].gid) if known else (files.KEY_MODE, None)


def _refuse_no_name(path: Path) -> None:
    if path.name in ("", ".."):
        raise CertkitError(
            "files.is-folder", f"{str(path)!r} names no file", hint="such as: --cert-file app.pem"
        )


def make_folders(paths: Iterable[Path]) -> None:
    """Make the folders of ``paths``. Raises CertkitError ``files.cannot-write`` (exit 3)."""
    with files.failures_named("make the folder"):
        for folder in {path.parent for path in paths}:
            files.make_public_folder(folder)


def key_in_git(key: Path) -> tuple[Finding, ...]:
    """A warning when ``key`` lies in a git work tree."""
    tree = files.git_work_tree(key)
    if tree is None:
        return ()
    ignore = shlex.quote(str(tree / ".gitignore"))
    return (
        Finding(
            "files.key-in-git",
            Severity.WARNING,
            f"the private key {key} lies in the git work tree {tree}",
            "a key that is committed stays in the history, also after the file is removed",
            Fix("command", f"echo {shlex.quote('/' + str(key.relative_to(tree)))} >> {ignore}"),
        ),
    )
