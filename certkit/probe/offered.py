"""Which TLS versions and suites a server takes: one handshake for each (``--deep``)."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from certkit.diagnose.observation import Offered
from certkit.probe.deadline import Stopwatch
from certkit.probe.secure import make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certkit.diagnose.observation import Handshake
    from certkit.probe.deadline import Deadline


VERSIONS: Final = (
    ssl.TLSVersion.TLSv1,
    ssl.TLSVersion.TLSv1_1,
    ssl.TLSVersion.TLSv1_2,
    ssl.TLSVersion.TLSv1_3,
)
_MAX_SUITES: Final = 64


def enumerate_offered(
    shake: Callable[[ssl.TLSVersion, str | None], Handshake | None], deadline: Deadline
) -> Offered:
    """``shake`` makes one handshake of one version; its ciphers None for all that there are.

    Up to TLS 1.2 the suite that the server chose is left out of the next offer, until it takes
    none. Of TLS 1.3 Python cannot offer suites one by one.
    """
    watch = Stopwatch()
    found = []
    for version in VERSIONS:
        suites = tuple(_suites(shake, version, deadline))
        if suites:
            found.append((version.name.replace("_", "."), suites))
    return Offered(watch.ms, tuple(found), whole=not deadline.over)


def _suites(
    shake: Callable[[ssl.TLSVersion, str | None], Handshake | None],
    version: ssl.TLSVersion,
    deadline: Deadline,
) -> Iterator[str]:
    left = [each["name"] for each in make_context("anything").get_ciphers()]
    left = [name for name in left if not name.startswith("TLS_")]
    ciphers: str | None = None
    for _ in range(_MAX_SUITES):
        handshake = None if deadline.over else shake(version, ciphers)
        if handshake is None or not handshake.complete or handshake.cipher is None:
            return
        yield handshake.cipher
        if handshake.cipher not in left:
            return
        left.remove(handshake.cipher)
        ciphers = ":".join(left) + ":@SECLEVEL=0"
