"""The lab's folders: scenarios as files, and nginx in front of some, as long as the block lasts."""

from __future__ import annotations

import shlex
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certkit.lab import backend, nginx
from certkit.lab.certificates import Maker
from certkit.lab.folder import write
from certkit.lab.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from certkit.lab.folder import FolderScenario


@dataclass(frozen=True, slots=True)
class Folder:
    """A scenario whose files stand in ``path``; ``port`` is where nginx serves them, if it does."""

    scenario: FolderScenario
    path: Path
    port: int | None = None

    @property
    def url(self) -> str | None:
        site = self.scenario.site
        return site.url.format(port=self.port) if site and self.port else None

    @property
    def ca(self) -> Path:
        """What the clients of nginx trust."""
        return self.path / "root.pem"

    def commands(self) -> tuple[tuple[str, ...], ...]:
        """What follows ``certkit`` to look at it; the last one names the fault."""
        return self.scenario.typed(self.path)

    def doctor(self) -> tuple[str, ...]:
        """What follows ``certkit`` to see what clients meet; nothing where nobody serves it."""
        if self.url is None or self.scenario.site is None:
            return ()
        return ("doctor", self.url, "--ca", str(self.ca), *self.scenario.site.options.words())

    def as_dict(self) -> dict[str, object]:
        """The shape that ``certkit lab run --json`` prints."""
        return {
            "name": self.scenario.name,
            "code": self.scenario.code,
            "broken": self.scenario.broken,
            "folder": str(self.path),
            "commands": [shlex.join(["certkit", *words]) for words in self.commands()],
            "url": self.url,
            "port": self.port,
            "doctor": shlex.join(["certkit", *self.doctor()]) if self.port else None,
        }


@contextmanager
def laid_out(
    scenarios: Sequence[FolderScenario], maker: Maker, folder: Path, ports: Iterator[int]
) -> Iterator[tuple[Folder, ...]]:
    """Writes each scenario into a folder of its own below ``folder``, and serves what nginx can.

    Without nginx they are files alone. Raises OSError, for a port that is taken too.

    >>> from datetime import UTC, datetime
    >>> from certkit.lab.lab import ANY, place
    >>> from certkit.lab.registry import select
    >>> maker = Maker(datetime.now(UTC))
    >>> chosen = select(["other-key"]).folders
    >>> with place(None) as folder, laid_out(chosen, maker, folder, ANY) as [laid]:
    ...     sorted(path.name for path in laid.path.iterdir())
    ['root.pem', 'server-key.pem', 'server.pem']
    """
    with ExitStack() as stack:
        served = [each.name for each in scenarios if each.site]
        program = nginx.find() if served else None
        numbers: dict[str, int] = {}
        echo: Server | None = None
        if program is not None:
            numbers = dict(zip(served, nginx.free(ports, len(served)), strict=True))
            echo = stack.enter_context(Server(backend.serve))
        for each in scenarios:
            files = dict(each.files(maker))
            if nginx.MAIN in files:
                number, behind = numbers.get(each.name), echo.port if echo else None
                files |= nginx.placed(files[nginx.MAIN], number, behind)
            write(files, folder / each.name)
        sites = {folder / name: number for name, number in numbers.items()}
        up = stack.enter_context(nginx.serving(program, sites)) if program is not None else set()
        yield tuple(
            Folder(each, path, sites[path] if path in up else None)
            for each in scenarios
            for path in (folder / each.name,)
        )
