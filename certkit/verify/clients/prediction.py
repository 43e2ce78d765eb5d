"""What every client will say: the rules of each, asked of the ways up that it would take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.pki.quiet import quietly
from certkit.verify import inputs, size
from certkit.verify.clients.apple import APPLE
from certkit.verify.clients.chromium import CHROMIUM
from certkit.verify.clients.climb import SearchGivenUp
from certkit.verify.clients.constraints import comparisons
from certkit.verify.clients.firefox import FIREFOX
from certkit.verify.clients.flaws import FLAWS
from certkit.verify.clients.gnutls import GNUTLS, WGET
from certkit.verify.clients.go import GO
from certkit.verify.clients.java import JAVA_17, JAVA_25
from certkit.verify.clients.openssl import CURL, NODE_20, NODE_24, OPENSSL, PYTHON, PYTHON_STRICT
from certkit.verify.clients.rustls import RUSTLS
from certkit.verify.clients.sight import Chain
from certkit.verify.identity import reference
from certkit.verify.signature import same_algorithm_twice

if TYPE_CHECKING:
    from datetime import datetime

    from certkit.pki.certificate import Certificate
    from certkit.verify.clients.rules import Answer, Client, Rule
    from certkit.verify.clients.sight import Sight

CLIENTS: Final[tuple[Client, ...]] = (
    CHROMIUM,
    FIREFOX,
    APPLE,
    PYTHON,
    PYTHON_STRICT,
    OPENSSL,
    CURL,
    NODE_20,
    NODE_24,
    GO,
    JAVA_17,
    JAVA_25,
    GNUTLS,
    WGET,
    RUSTLS,
)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one client will say.

    ``reason`` of a reject is in the client's own words, as they are pasted into a search box; of
    an accept it names what others would mind, and is mostly empty; of unknown it says why.
    """

    client: str
    verdict: Answer
    reason: str

    def as_dict(self) -> dict[str, str]:
        """A row of ``data.clients`` in ``certkit verify --clients --json``."""
        return {"client": self.client, "verdict": self.verdict, "reason": self.reason}


def predict(
    leaf: object,
    *,
    roots: object,
    intermediates: object = (),
    name: object,
    at: datetime,
) -> tuple[Prediction, ...]:
    """What each of :data:`CLIENTS` says of a server, in that order; none of them is run.

    The arguments are those of :func:`certkit.verify.verdict.judge`: ``intermediates`` in the
    order in which the server sends them after the leaf, ``roots`` what stands in the client's
    store, ``name`` the host of the URL. Raises CertkitError for misuse, never for a certificate.
    """
    if name is None:
        raise inputs.misuse("name", name, "a DNS name or an IP address")
    with quietly():
        given = inputs.read(leaf, roots=roots, intermediates=intermediates, crls=())
        if given.leaf is None:
            return tuple(Prediction(each.name, "unknown", _UNREADABLE) for each in CLIENTS)
        moment = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        chain = Chain(
            sent=(given.leaf, *given.intermediates),
            roots=given.roots,
            asked=reference(str(name)),
            at=moment.replace(microsecond=0),
        )
        return tuple(_predicted(client, chain) for client in CLIENTS)


_MAX_SENT: Final = 100
"""OpenSSL gives up at a depth of 100; what a hostile server sends beyond that is nobody's chain."""
_MAX_WAYS: Final = 64
_MAX_COMPARISONS: Final = 50_000
"""Of names with constraints. OpenSSL, Go and rustls give up between 250,000 and a million."""
_TOO_LARGE: Final = "so long a chain is refused by every client that was measured"
_UNREADABLE: Final = "a certificate cannot be read here, and clients differ in what they can read"
_TOO_MANY: Final = "the search for a path was given up: too many certificates"
_TOO_CONSTRAINED: Final = "there are too many names and name constraints to compare"


def _predicted(client: Client, chain: Chain) -> Prediction:
    """Whatever a hostile certificate makes the facts raise: then nothing is known."""
    if chain.asked.problem is not None:
        return Prediction(client.name, "unknown", chain.asked.problem)
    if len(chain.sent) > _MAX_SENT:
        return Prediction(client.name, "unknown", _TOO_MANY)
    try:
        return predict_one(client, chain)[0]
    except SearchGivenUp:
        return Prediction(client.name, "unknown", _TOO_MANY)
    except Exception:  # noqa: BLE001 - pyca promises no list of what it raises
        return Prediction(client.name, "unknown", _UNREADABLE)


def predict_one(client: Client, chain: Chain) -> tuple[Prediction, Rule | None]:
    """The prediction for one client, and the rule that decided it if one did.

    Raises SearchGivenUp, and what a hostile certificate makes pyca raise.
    """
    length = size.message_length(chain.sent)
    if client.largest is not None and length > client.largest.octets:
        said = client.largest.says.format(length=length)
        return Prediction(client.name, "reject", said), None
    if length > size.GO:
        return Prediction(client.name, "unknown", _TOO_LARGE), None
    refusals: list[tuple[Prediction, Rule]] = []
    sent = (client.reads(chain.leaf), *chain.sent[1:])
    ways = client.climb.sights(replace(chain, sent=sent, matching=client.matching))
    for sight in islice(ways, _MAX_WAYS):
        if any(_is_read_differently(node.certificate) for node in sight.nodes):
            return Prediction(client.name, "unknown", _UNREADABLE), None
        if comparisons(sight.path) > _MAX_COMPARISONS:
            return Prediction(client.name, "unknown", _TOO_CONSTRAINED), None
        rule = next((rule for rule in client.rules if rule.applies(sight)), None)
        if rule is None:
            return _accepted(client, sight), None
        refusals.append((Prediction(client.name, "reject", rule.words(sight)), rule))
    return refusals[0]  # every climb has at least one way


def _is_read_differently(certificate: Certificate) -> bool:
    """It breaks its form, and each client stumbles over it somewhere else."""
    old = certificate.x509.version is not x509.Version.v3 and certificate.extensions
    return certificate.malformed is not None or bool(old) or not same_algorithm_twice(certificate)


def _accepted(client: Client, sight: Sight) -> Prediction:
    """Accepted, unless there is something of which nobody knows what the client makes."""
    for flaw, why in client.doubts():
        if FLAWS[flaw].holds(sight):
            return Prediction(client.name, "unknown", why)
    notes = dict.fromkeys(text for flaw, text in client.remarks() if FLAWS[flaw].holds(sight))
    return Prediction(client.name, "accept", "; ".join(notes))
