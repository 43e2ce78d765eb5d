"""Fetch the certificates that a TLS server really sends, whatever they are worth.

Nothing is judged here: the handshake takes every certificate, weak keys and old versions too,
so that :mod:`certkit.verify` can say what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from certkit.diagnose.case import Case
from certkit.diagnose.checks import dns, tcp, tls
from certkit.diagnose.observation import Target
from certkit.errors import CertkitError, ExitCode
from certkit.findings import Severity
from certkit.pki.certificate import Certificate
from certkit.probe.dial import shown_address
from certkit.probe.observe import TIMEOUT, observe

if TYPE_CHECKING:
    from certkit.diagnose.observation import Observation
    from certkit.probe.address import Address


@dataclass(frozen=True, slots=True)
class SentChain:
    """``certificates`` in the order in which the server sent them, the leaf first.

    ``peer`` is the address that answered, ``version`` and ``cipher`` what was agreed;
    ``interrupted`` says why the handshake broke off after the certificates had come.
    """

    certificates: tuple[Certificate, ...]
    peer: str
    version: str | None
    cipher: str | None
    interrupted: str | None = None


def fetch_chain(address: Address, *, deadline: float = TIMEOUT) -> SentChain:
    """The chain that the server at ``address`` sends to a client that asks for its name.

    ``deadline`` is in seconds. Raises CertkitError, exit code 3, with the code and the repair of
    what :func:`certkit.doctor` would find: ``dns.not-found``, ``tcp.*``, ``tls.*``.
    """
    target = Target(
        url=f"wss://{shown_address(address.host, address.port)}",
        scheme="wss",
        name=address.name.text,
        host=address.host,
        port=address.port,
        authority=address.name.value,
        server_name=address.server_name,
        url_port=address.port,
    )
    seen = observe(target, timeout=deadline, request=False)
    for handshake in (seen.handshake, seen.anything):
        if handshake is not None and handshake.chain and seen.connection is not None:
            return SentChain(
                tuple(map(Certificate.from_der, handshake.chain)),
                seen.connection.peer or "",
                handshake.version,
                handshake.cipher,
                handshake.failure.text if handshake.failure else None,
            )
    raise _failure(seen)


def _failure(seen: Observation) -> CertkitError:
    """The first error of the layers below the certificate; without a chain there is one."""
    case = Case(seen, datetime.now(UTC))
    finding = next(
        finding
        for check in (*dns.CHECKS, *tcp.CHECKS, *tls.CHECKS)
        for finding in check(case)
        if finding.severity is Severity.ERROR
    )
    return CertkitError(
        finding.code,
        finding.summary,
        hint=finding.fix.text if finding.fix.kind != "patch" else finding.why,
        exit_code=ExitCode.ENVIRONMENT,
    )
