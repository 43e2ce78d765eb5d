"""What each real client will say of a chain, a name and a time; none is run to find out.

The rules are a table; each row has its source, a measurement or a document. They are evaluated
over the same facts as the verdict: the paths that the signatures allow, the names, the findings.
That a certificate is among ``roots`` means that it stands in that client's trust store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

Answer = Literal["accept", "reject", "unknown"]

CLIENTS: Final[tuple[str, ...]] = (
    "Chromium",
    "Firefox",
    "Apple",
    "Python 3.12",
    "Python 3.13",
    "OpenSSL",
    "curl",
    "Node 20",
    "Node 24",
    "Go",
    "Java",
    "GnuTLS",
    "wget",
    "rustls",
)


@dataclass(frozen=True, slots=True)
class Prediction:
    """``reason``: for reject the client's own words, for accept and unknown why (may be empty)."""

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
    """What each of :data:`CLIENTS` says, in that order.

    The arguments are those of :func:`certkit.verify.verdict.judge`: ``intermediates`` in the order
    in which the server sends them after the leaf; ``name`` is what is in the URL.
    """
    return tuple(Prediction(client, "unknown", "no rule yet") for client in CLIENTS)
