"""What was found where ``verify`` and ``inspect`` looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certkit.pki.load import Contents
    from certkit.probe.chain import SentChain


@dataclass(frozen=True, slots=True)
class Target:
    """``name`` is the host that a URL asks for, None for a file; ``sent`` is for a URL alone.

    ``skipped`` are the files of a folder that could not be looked into, with the reason.
    """

    label: str
    contents: Contents
    name: str | None = None
    sent: SentChain | None = None
    folder: bool = False
    skipped: tuple[str, ...] = ()
