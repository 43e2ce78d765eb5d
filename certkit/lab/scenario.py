"""One thing that is broken on purpose, as data."""

from __future__ import annotations

from collections.abc import Callable
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


def sound(maker: Maker) -> Chain:
    return Chain((maker.leaf(maker.root),), (maker.root,))


@dataclass(frozen=True, slots=True)
class Scenario:
    """``code`` is what doctor says of it, and ``broken`` what really is; ``name`` tells scenarios
    of one code apart.

    ``chain`` is made anew for each start. Without ``secure`` the port does not speak TLS. ``url``
    has a place for the port; a host that is not of this machine is dialled by ``--connect``.
    ``ports`` are the only ones for it. ``options`` are what doctor must be asked to see it.
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
    options: tuple[str, ...] = ()
