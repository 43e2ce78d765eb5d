"""The lab's endpoints: scenarios on loopback, as long as the block lasts."""

from __future__ import annotations

import shlex
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, count, repeat
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from certkit.diagnose.checks.url import BAD_PORTS
from certkit.lab.certificates import Maker
from certkit.lab.server import ADDRESS, Server, is_free
from certkit.pki.certificate import to_pem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from certkit.lab.scenario import Scenario
    from certkit.pki.certificate import Issued

ANY: Final = repeat(0)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A scenario that is being served. ``ca`` is a file with what its client trusts."""

    scenario: Scenario
    port: int
    ca: Path

    @property
    def url(self) -> str:
        return self.scenario.url.format(port=self.port)

    @property
    def connect(self) -> str | None:
        """What to dial in place of a host that is not of this machine."""
        host = urlsplit(self.url).hostname
        here = host in ("localhost", ADDRESS) or self.scenario.listen == "closed"
        return None if here else f"{ADDRESS}:{self.port}"

    def arguments(self) -> tuple[str, ...]:
        """What follows ``certkit doctor`` to look at it."""
        dialled = ("--connect", self.connect) if self.connect else ()
        return (self.url, "--ca", str(self.ca), *dialled, *self.scenario.options.words())

    def as_dict(self) -> dict[str, object]:
        """The shape that ``certkit lab run --json`` prints."""
        return {
            "name": self.scenario.name,
            "code": self.scenario.code,
            "broken": self.scenario.broken,
            "url": self.url,
            "port": self.port,
            "ca": str(self.ca),
            "doctor": shlex.join(["certkit", "doctor", *self.arguments()]),
        }


@contextmanager
def place(folder: Path | None) -> Iterator[Path]:
    """``folder``, which must not exist, or a temporary one; removed in the end. Raises OSError."""
    if folder is None:
        with TemporaryDirectory(prefix="certkit-lab-") as temporary:
            yield Path(temporary)
        return
    folder.mkdir()
    try:
        yield folder
    finally:
        rmtree(folder)


def ports_from(first: int) -> Iterator[int]:
    """``first``, and the ports above it that are free and that browsers open; 0, which is any,
    goes on for ever.
    """
    above = (port for port in count(first + 1) if port not in BAD_PORTS and is_free(port))
    return chain([first], above) if first else ANY


@contextmanager
def running(
    scenarios: Iterable[Scenario],
    maker: Maker,
    *,
    ports: Iterator[int] = ANY,
    folder: Path | None = None,
) -> Iterator[tuple[Endpoint, ...]]:
    """Serves each scenario on a port of its own, with certificates of ``maker``.

    The roots are written to ``folder``, without one to a place of their own. Raises OSError, for a
    port that is taken too.

    >>> from datetime import UTC, datetime
    >>> from certkit.lab.registry import select
    >>> with running(select(["expired"]).endpoints, Maker(datetime.now(UTC))) as (endpoint,):
    ...     endpoint.url == f"wss://localhost:{endpoint.port}/chat"
    True
    """
    with ExitStack() as stack:
        folder = folder or stack.enter_context(place(None))
        endpoints = []
        for scenario in scenarios:
            made = scenario.chain(maker)
            ca = folder / f"{scenario.name}.pem"
            ca.write_bytes(to_pem(made.roots))
            server = stack.enter_context(serving(scenario, made.issued, next(ports)))
            endpoints.append(Endpoint(scenario, server.port, ca))
        yield tuple(endpoints)


def serving(scenario: Scenario, issued: Issued, port: int = 0) -> Server:
    """The scenario's server with this certificate: its own, or the one that a repair brings."""
    context = scenario.context(issued) if scenario.secure else None
    return Server(scenario.handle, context, listen=scenario.listen, ports=scenario.ports or (port,))
