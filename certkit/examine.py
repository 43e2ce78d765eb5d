"""``certkit.doctor``: look at the endpoint behind a URL and say what is wrong with it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from certkit.diagnose.diagnosis import diagnose
from certkit.errors import CertkitError
from certkit.home.location import home_path
from certkit.pki.certificate import Certificate
from certkit.probe.observe import TIMEOUT, observe
from certkit.probe.target import parse_target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certkit.diagnose.diagnosis import Diagnosis

_LONGEST: Final = 86400


def doctor(  # noqa: PLR0913 - the questions that one may ask of an endpoint
    url: str,
    *,
    roots: Iterable[bytes | Certificate] | None = None,
    connect: str | None = None,
    origin: str | None = None,
    subprotocols: Iterable[str] = (),
    timeout: float = TIMEOUT,
    deep: bool = False,
    idle: float | None = None,
    at: datetime | None = None,
    context: Iterable[Certificate] = (),
) -> Diagnosis:
    """Which layer of ``url`` is broken, why, and what repairs it.

    Args:
        url: ``wss://``, ``ws://``, ``https://`` or ``http://``.
        roots: whom to trust, PEM, DER or Certificate; None for the root of this user's CA home.
        connect: ``host:port`` to dial in place of the URL's host.
        origin: the page that asks, ``https://app.test``; None for a page of the same server.
        subprotocols: what to ask for in Sec-WebSocket-Protocol.
        timeout: seconds for everything, the wait of ``idle`` apart.
        deep: find out which TLS versions and cipher suites the server takes.
        idle: leave the open WebSocket alone for this many seconds.
        at: the moment to judge certificates for; None means now.
        context: certificates that explain a fault and are not trusted: a newer version of a root.

    A peer's fault is an answer and never raises. Raises CertkitError ``usage.bad-arguments`` for
    what is no URL, and for bad options.

    >>> import certkit
    >>> diagnosis = certkit.doctor("wss://127.0.0.1:1", roots=[], timeout=2)
    >>> diagnosis.ok, diagnosis.broken.layer, [finding.code for finding in diagnosis.findings]
    (False, 'url', ['url.bad-port', 'tcp.refused'])
    """
    target = parse_target(url, connect=connect, origin=origin, subprotocols=subprotocols)
    for seconds in (timeout, idle):
        # Written so that it refuses what is not a number too.
        if seconds is not None and not 0 < seconds <= _LONGEST:
            raise CertkitError(
                "usage.bad-arguments",
                f"times are in seconds, more than 0 and up to {_LONGEST}",
                hint="--timeout 10",
            )
    trusted = _home_root() if roots is None else tuple(map(_certificate, roots))
    seen = observe(target, timeout=timeout, deep=deep, idle=idle)
    moment = datetime.now(UTC) if at is None else at
    return diagnose(seen, at=moment, roots=trusted, context=context)


def _certificate(given: bytes | Certificate) -> Certificate:
    if isinstance(given, Certificate):
        return given
    return Certificate.from_pem(given) if b"-----BEGIN" in given else Certificate.from_der(given)


def _home_root() -> tuple[Certificate, ...]:
    """The root of the home, if there is one; looking makes none."""
    try:
        return (Certificate.from_pem((home_path(None, os.environ) / "root.pem").read_bytes()),)
    except OSError:
        return ()
