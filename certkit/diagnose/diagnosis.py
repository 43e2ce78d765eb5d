"""Observation -> Diagnosis: the layers, what broke, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from certkit.diagnose.case import Case
from certkit.diagnose.checks import certificate, dns, http, tcp, tls, url, websocket
from certkit.diagnose.details import DETAILS
from certkit.diagnose.words import words_for
from certkit.findings import Finding, Severity, has_error
from certkit.pki.certificate import Certificate
from certkit.verify.wording import advice, error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from certkit.diagnose.case import Check
    from certkit.diagnose.observation import Observation

LAYERS: Final = (
    "url", "dns", "tcp", "tls", "chain", "validity", "name", "usage", "http", "websocket",
)  # fmt: skip
Status = Literal["ok", "fail", "skipped"]
# Where a code's own layer is none of those that are shown.
_SHOWN_IN: Final = {"crypto": "usage", "revocation": "validity", "page": "url"}


@dataclass(frozen=True, slots=True)
class Layer:
    """``ms``: how long it took on the network, 0 where nothing was asked; None when skipped."""

    layer: str
    status: Status
    ms: float | None
    detail: str

    def as_dict(self) -> dict[str, object]:
        """The shape that ``--json`` prints."""
        return {
            "layer": self.layer,
            "status": self.status,
            "ms": self.ms,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer of :func:`certkit.doctor`.

    ``ok`` is the verdict. ``layers`` are all of them, in the order in which a client meets them;
    ``findings`` say what broke, errors first; ``chain`` is what the server sent, the leaf first;
    ``clients`` are pairs of a client and what it shows for the first fault; ``observation`` is all
    that was seen.

    >>> import certkit
    >>> certkit.doctor("ftp://10.0.0.5", roots=[]).as_dict()["layers"][0]["status"]
    'fail'
    """

    url: str
    ok: bool
    layers: tuple[Layer, ...]
    findings: tuple[Finding, ...]
    chain: tuple[Certificate, ...]
    clients: tuple[tuple[str, str], ...]
    observation: Observation

    @property
    def verdict(self) -> Literal["ok", "fail"]:
        return "ok" if self.ok else "fail"

    @property
    def broken(self) -> Layer | None:
        """The first layer that failed; None when the answer is ok."""
        return next((layer for layer in self.layers if layer.status == "fail"), None)

    def as_dict(self) -> dict[str, object]:
        """The ``data`` of ``certkit doctor --json``."""
        return {
            "url": self.url,
            "verdict": self.verdict,
            "layers": [layer.as_dict() for layer in self.layers],
            "chain": [certificate.describe() for certificate in self.chain],
        }


@dataclass(frozen=True, slots=True)
class _Group:
    """Checks that stand in for each other: the first error is the answer, the rest follows from
    it. ``after`` are the groups whose error makes this one a consequence.
    """

    name: str
    checks: Sequence[Check]
    after: tuple[str, ...] = ()


_TRANSPORT: Final = ("dns", "tcp", "tls")
GROUPS: Final = (
    _Group("url", url.CHECKS),
    _Group("dns", dns.CHECKS),
    _Group("tcp", tcp.CHECKS, ("dns",)),
    _Group("tls", tls.CHECKS, ("dns", "tcp")),
    _Group("certificate", certificate.CHECKS),
    # Before http: a request that is forbidden for its Origin is a fault of this layer.
    _Group("websocket", websocket.CHECKS, _TRANSPORT),
    _Group("http", http.CHECKS, (*_TRANSPORT, "websocket")),
)


def diagnose(
    observation: Observation,
    *,
    at: datetime,
    roots: Iterable[Certificate] = (),
    context: Iterable[Certificate] = (),
    groups: Iterable[_Group] = GROUPS,
) -> Diagnosis:
    """What is wrong with the endpoint, if anything, for a client that trusts ``roots``.

    >>> from datetime import UTC, datetime
    >>> from certkit.diagnose.observation import Observation, Target
    >>> found = diagnose(Observation(Target("ws://a.test", "ws", "a.test")), at=datetime.now(UTC))
    >>> found.findings[0].code
    'url.mixed-content'
    """
    case = Case(observation, at, tuple(roots), tuple(context))
    findings = tuple(_by_severity(_find(case, groups)))
    ok = not has_error(findings)
    return Diagnosis(
        observation.target.url,
        ok=ok,
        layers=tuple(_layer(name, case, findings) for name in LAYERS),
        findings=findings,
        chain=tuple(_certificates(observation.chain)),
        clients=words_for(findings[0].code, case) if findings else (),
        observation=observation,
    )


def _find(case: Case, groups: Iterable[_Group]) -> Iterable[Finding]:
    found: list[Finding] = []
    broken: set[str] = set()
    for group in groups:
        if broken.intersection(group.after) or "url.tls-port" in broken:
            continue
        for check in group.checks:
            results = _checked(check, case)
            found += results
            if has_error(results):
                broken.add(group.name)
                broken.update(finding.code for finding in results)
                break
    return found


def _checked(check: Check, case: Case) -> tuple[Finding, ...]:
    """A check that breaks on what a peer sent is a finding, and the others go on."""
    try:
        return tuple(check(case))
    except Exception as failure:  # noqa: BLE001 - what a peer sends must not end the diagnosis
        return (
            error(
                "internal.check-crashed",
                f"{check.__module__.rpartition('.')[2]}.{check.__name__} failed: "
                f"{type(failure).__name__}: {failure}",
                "this is a fault of certkit; what this check would have found is not known",
                advice("please report it with the URL, or with what the server sends"),
            ),
        )


def _by_severity(findings: Iterable[Finding]) -> list[Finding]:
    order = list(Severity)
    return sorted(dict.fromkeys(findings), key=lambda finding: order.index(finding.severity))


def layer_of(code: str) -> str | None:
    """The layer that is shown as failed for a finding; None: that of no layer."""
    prefix = code.partition(".")[0]
    layer = _SHOWN_IN.get(prefix, prefix)
    return layer if layer in LAYERS else None


def _layer(name: str, case: Case, findings: Iterable[Finding]) -> Layer:
    ms, detail, seen = DETAILS[name](case)
    for finding in findings:
        if finding.severity is Severity.ERROR and layer_of(finding.code) == name:
            return Layer(name, "fail", ms or 0, finding.summary)
    return Layer(name, "ok", ms or 0, detail) if seen else Layer(name, "skipped", None, detail)


def _certificates(chain: Iterable[bytes]) -> Iterable[Certificate]:
    from certkit.errors import CertkitError

    for der in chain:
        try:
            yield Certificate.from_der(der)
        except CertkitError:  # no certificate at all; the verdict says so
            continue
