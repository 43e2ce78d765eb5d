"""Observations by hand: what a probe would have seen of a sound endpoint, and ways to spoil it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import certkit
from certkit.diagnose import frames
from certkit.diagnose.diagnosis import Diagnosis, diagnose
from certkit.diagnose.observation import (
    Alert,
    Answer,
    Connection,
    Failure,
    Handshake,
    Lookup,
    Observation,
    Session,
)
from certkit.probe.target import parse_target

NOW = datetime.now(UTC)
CA = certkit.CertificateAuthority.create(permit=["example.com"])
ISSUED = CA.issue("app.test", "10.0.0.5")
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455 section 1.3, with its answer
OPENED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
PONG = frames.Frame(frames.PONG, b"certkit", 7)


def sound(url: str = "wss://app.test:8443/chat", **more: object) -> Observation:
    """Everything as it should be; ``more`` are arguments of parse_target."""
    target = parse_target(url, **more)
    if target.problem is not None:
        return Observation(target)
    chain = tuple(each.der for each in ISSUED.chain)
    handshake = Handshake(
        1.0, "modern", complete=True, version="TLSv1.3", cipher="TLS_AES_128_GCM_SHA256",
        alpn="http/1.1", chain=chain, received=b"\x16\x03\x03",
    )  # fmt: skip
    return Observation(
        target,
        5.0,
        Lookup(0.5, ("10.0.0.5",)),
        Connection(0.5, "10.0.0.5:8443"),
        handshake=handshake if target.secure else None,
        key=KEY,
        answer=Answer(1.0, OPENED if target.websocket else b"HTTP/1.1 200 OK\r\n\r\n"),
        session=Session(1.0, (PONG,), pong=True) if target.websocket else None,
    )


def answered(head: bytes, body: bytes = b"", url: str = "wss://app.test:8443/chat") -> Observation:
    """Another HTTP answer; a session only after a 101."""
    seen = replace(sound(url), answer=Answer(1.0, head, body))
    return seen if head[9:12] == b"101" else replace(seen, session=None)


def shaken(
    *,
    alert: int | None = None,
    fatal: bool = True,
    failure: Failure | None = None,
    received: bytes = b"\x15\x03\x03",
    url: str = "wss://app.test:8443/chat",
    **more: object,
) -> Observation:
    """A handshake that failed: nothing after it was seen."""
    handshake = Handshake(
        1.0,
        "modern",
        complete=False,
        alert=Alert(alert, f"alert {alert}", fatal) if alert else None,
        failure=failure or Failure("other", "failed"),
        received=received,
    )
    rest = {name: more.pop(name) for name in ("anything", "plain") if name in more}
    return replace(
        sound(url), handshake=replace(handshake, **more), answer=None, session=None, **rest
    )


def judged(seen: Observation, *, days: float = 0, roots: object = (CA.root,)) -> Diagnosis:
    return diagnose(seen, at=NOW + timedelta(days=days), roots=roots)


def errors(seen: Observation, **more: object) -> list[str]:
    return [each.code for each in judged(seen, **more).findings if each.severity == "error"]
