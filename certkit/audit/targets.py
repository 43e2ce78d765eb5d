"""Which files a path means."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.audit.files import Unreadable
from certkit.audit.page.websockets import MARKUP, SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FILES: Final = 20_000
FIXED: Final = ".fixed"
"""What certkit writes beside a file is named like it, and read as it is."""
_NGINX_SUFFIXES: Final = (".conf", ".nginx", ".vhost")
_NGINX_FOLDERS: Final = frozenset({"conf.d", "http.d", "sites-available", "sites-enabled"})
# Other people's code, and what no browser is sent.
_SKIPPED: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


@dataclass(slots=True)
class Targets:
    """``named`` were given one by one, ``found`` stood in a folder; ``unread``: why one was not
    looked into. ``refused`` are folders that were named and may not be listed.
    """

    named: dict[Path, None] = field(default_factory=dict)
    found: list[Path] = field(default_factory=list)
    unread: dict[Path, str] = field(default_factory=dict)
    refused: dict[Path, Unreadable] = field(default_factory=dict)

    def closed(self, named: Path, error: OSError) -> None:
        """A folder below ``named``, or that one, which may not be listed."""
        folder = Path(error.filename)
        why = f"cannot be read: {(error.strerror or '').lower()}"
        if folder == named:
            self.refused[folder] = Unreadable(why)
            self.refused[folder].__cause__ = error
        else:
            self.unread[folder] = why


def targets(paths: Iterable[Path]) -> Targets:
    """Files as they are named; of folders, what looks like nginx configuration or a web file."""
    result = Targets()
    for path in paths:
        if not path.is_dir():
            result.named[path] = None
            continue
        for folder, folders, names in os.walk(path, onerror=partial(result.closed, path)):
            folders[:] = sorted(f for f in folders if f not in _SKIPPED and not f.startswith("."))
            for name in sorted(names):
                each = Path(folder, name)
                if is_web(each) or _is_like_nginx(each):
                    result.found.append(each)
            if len(result.found) > MAX_FILES:
                result.unread[Path(folder)] = f"is past the {MAX_FILES} files of one audit"
                del result.found[MAX_FILES:]
                return result
    return result


def suffix(path: Path) -> str:
    """The ending that says what a file is."""
    return Path(path.name.lower().removesuffix(FIXED)).suffix


def is_web(path: Path) -> bool:
    return suffix(path) in (*MARKUP, *SCRIPTS)


def _is_like_nginx(path: Path) -> bool:
    if path.name.startswith(".") or path.name.endswith(FIXED):
        return False
    return suffix(path) in _NGINX_SUFFIXES or path.parent.name in _NGINX_FOLDERS
