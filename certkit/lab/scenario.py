"""One thing that is broken on purpose, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certkit.lab.behaviour import upgraded
from certkit.lab.certificates import Chain, Maker
from certkit.lab.contexts import modern

if TYPE_CHECKING:
    from certkit.lab.contexts import MakeContext
    from certkit.lab.server import Handle, Listen

MakeChain = Callable[[Maker], Chain]
SOUND: Final = upgraded()
_TIMEOUT: Final = 10  # the one of `certkit doctor`


def sound(maker: Maker) -> Chain:
    return Chain((maker.leaf(maker.root),), (maker.root,))


@dataclass(frozen=True, slots=True)
class Options:
    """What the doctor must be asked to see a fault: arguments of ``certkit.doctor``."""

    origin: str | None = None
    subprotocols: tuple[str, ...] = ()
    timeout: int = _TIMEOUT
    idle: int | None = None
    deep: bool = False

    def words(self) -> Iterator[str]:
        """The same on the command line of ``certkit doctor``, without what it does unasked."""
        if self.origin is not None:
            yield from ("--origin", self.origin)
        for each in self.subprotocols:
            yield from ("--subprotocol", each)
        if self.timeout != _TIMEOUT:
            yield from ("--timeout", str(self.timeout))
        if self.idle is not None:
            yield from ("--idle", str(self.idle))
        if self.deep:
            yield "--deep"


UNASKED: Final = Options()


@dataclass(frozen=True, slots=True)
class Scenario:
    """``code`` is what doctor says of it, and ``broken`` what really is; ``name`` tells scenarios
    of one code apart.

    ``chain`` is made anew for each start. Without ``secure`` the port does not speak TLS. ``url``
    has a place for the port; a host that is not of this machine is dialled by ``--connect``.
    ``ports`` are the only ones for it. ``frame``: a browser opens it from a page of
    https://127.0.0.1 with this connect-src, and not from the lab's own.
    """

    name: str
    code: str
    broken: str
    chain: MakeChain = sound
    context: MakeContext = modern
    handle: Handle = SOUND
    secure: bool = True
    listen: Listen = "accepting"
    ports: tuple[int, ...] = ()
    url: str = "wss://localhost:{port}/chat"
    options: Options = UNASKED
    frame: str = ""
