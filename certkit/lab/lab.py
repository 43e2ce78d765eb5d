"""The lab: scenarios as endpoints on loopback, as long as the block lasts."""

from __future__ import annotations

import shlex
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from certkit.diagnose.checks.url import BAD_PORTS
from certkit.lab.certificates import Maker
from certkit.lab.server import ADDRESS, Server
from certkit.pki.certificate import to_pem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from certkit.lab.scenario import Scenario
    from certkit.pki.certificate import Issued


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A scenario that is being served. ``ca`` is a file with what its client trusts."""

    scenario: Scenario
    port: int
    ca: Path

    @property
    def url(self) -> str:
        return self.scenario.url.format(port=self.port)

    def arguments(self) -> tuple[str, ...]:
        """What follows ``certkit doctor`` to look at it."""
        host = urlsplit(self.url).hostname
        here = host in ("localhost", ADDRESS) or self.scenario.listen == "closed"
        dialled = () if here else ("--connect", f"{ADDRESS}:{self.port}")
        return (self.url, "--ca", str(self.ca), *dialled, *self.scenario.options)

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
def running(
    scenarios: Iterable[Scenario],
    now: datetime,
    *,
    port: int = 0,
    folder: Path | None = None,
) -> Iterator[tuple[Endpoint, ...]]:
    """Serves each scenario on a port of its own; certificates are made around ``now``.

    Ports count from ``port``, or are any that are free. The roots are written to ``folder``, which
    must not exist and is removed in the end. Raises OSError for both.

    >>> from datetime import UTC, datetime
    >>> from certkit.lab.registry import select
    >>> with running(select(["expired"]), datetime.now(UTC)) as (endpoint,):
    ...     endpoint.url == f"wss://localhost:{endpoint.port}/chat"
    True
    """
    maker = Maker(now)
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="certkit-lab-")))
        else:
            folder.mkdir()
            stack.callback(rmtree, folder)
        ports = (number for number in count(port) if number not in BAD_PORTS)
        endpoints = []
        for scenario in scenarios:
            chain = scenario.chain(maker)
            ca = folder / f"{scenario.name}.pem"
            ca.write_bytes(to_pem(chain.roots))
            wanted = next(ports) if port else 0
            server = stack.enter_context(serving(scenario, chain.issued, wanted))
            endpoints.append(Endpoint(scenario, server.port, ca))
        yield tuple(endpoints)


def serving(scenario: Scenario, issued: Issued, port: int = 0) -> Server:
    """The scenario's server with this certificate: its own, or the one that a repair brings."""
    context = scenario.context(issued) if scenario.secure else None
    return Server(scenario.handle, context, listen=scenario.listen, ports=scenario.ports or (port,))
