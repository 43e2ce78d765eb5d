"""How the text of a configuration stands in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certkit.audit.edits import Edit
from certkit.audit.nginx.syntax import BYTE_ORDER_MARK
from certkit.audit.problem import Problem
from certkit.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.audit.nginx.tree import Configuration


def byte_order_mark(configuration: Configuration) -> Iterator[Problem]:
    for source in configuration.sources.values():
        if source.text.startswith(BYTE_ORDER_MARK):
            yield Problem(
                "files.wrong-format",
                Severity.ERROR,
                "the file begins with a byte order mark",
                "nginx takes it for the beginning of the first word and does not start: unknown "
                "directive; editors on Windows write it (UTF-8 with BOM)",
                source,
                0,
                (Edit(source, 0, len(BYTE_ORDER_MARK), ""),),
            )
