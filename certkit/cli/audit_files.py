"""Writes what an audit corrected: beside each file, or in its place."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Final

from certkit.audit.files import encoded
from certkit.audit.targets import FIXED
from certkit.errors import CertkitError
from certkit.home import files
from certkit.text import argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# nginx on Debian loads whatever stands here, also a copy.
_LOADS_EVERYTHING: Final = "sites-enabled"


def write_corrected(
    texts: Mapping[Path, str], patterns: Iterable[str], *, in_place: bool, force: bool
) -> dict[Path, Path]:
    """Write each text; what was written, by the path that it corrects.

    Links are followed: a link in sites-enabled stays one, and a copy stands beside the file that
    it leads to. Mode, owner and group are those of the file.

    Raises CertkitError ``audit.copy-would-load``, ``files.exists`` unless ``force``, and with exit
    code 3 ``files.cannot-write``; then nothing was written.
    """
    outputs = {path: path.resolve() for path in texts}
    if not in_place:
        outputs = {path: real.with_name(real.name + FIXED) for path, real in outputs.items()}
        for path, copy in outputs.items():
            _refuse(path, copy, encoded(texts[path]), patterns, force=force)
    temporaries: dict[Path, Path] = {}
    with files.failures_named("write", there="audit a copy of the files"):
        try:
            for path, output in outputs.items():
                temporaries[path] = files.temporary_name(output)
                _write_like(path, temporaries[path], encoded(texts[path]))
            for path, output in outputs.items():
                temporaries[path].replace(output)
        except BaseException:
            for temporary in temporaries.values():
                files.remove(temporary)
            raise
        for folder in {output.parent for output in outputs.values()}:
            files.sync_folder(folder)
    return outputs


def _refuse(
    path: Path, copy: Path, content: bytes, patterns: Iterable[str], *, force: bool
) -> None:
    if copy.parent.name == _LOADS_EVERYTHING or any(fnmatch(str(copy), each) for each in patterns):
        raise CertkitError(
            "audit.copy-would-load",
            f"nginx would load {str(copy)!r} beside {path.name!r}",
            hint="correct the file itself: certkit audit ... --in-place",
        )
    same = copy.is_file() and copy.read_bytes() == content
    if not force and not same and os.path.lexists(copy):
        raise CertkitError(
            "files.exists",
            f"{str(copy)!r} is there already",
            hint=f"look at it, then --force writes over it: diff {argument(str(path))} "
            f"{argument(str(copy))}",
        )


def _write_like(original: Path, path: Path, content: bytes) -> None:
    status = original.stat()
    files.write_new(path, content, stat.S_IMODE(status.st_mode) & 0o777)
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only root gives files away; others own what they write
            os.chown(path, status.st_uid, status.st_gid)
