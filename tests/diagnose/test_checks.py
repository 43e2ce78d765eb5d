"""Each check on an observation that has its fault, beside the twin that has not."""

from __future__ import annotations

from dataclasses import replace

import pytest

import certkit
from certkit.diagnose.frames import Frame
from certkit.diagnose.observation import (
    Answer,
    Attempt,
    Connection,
    Failure,
    Handshake,
    Idle,
    Lookup,
    Observation,
    Offered,
    OriginAnswer,
    Session,
)
from certkit.findings import CODES
from tests.diagnose.seen import (
    CA,
    ISSUED,
    OPENED,
    PONG,
    answered,
    errors,
    judged,
    shaken,
    sound,
)

CLOSED = Failure("closed", "the connection was closed")
LATE = Failure("timeout", "no answer in time")
RESET = Failure("reset", "Connection reset by peer")
HTTP2 = bytes.fromhex("00001204000000000000030000008000040001000000050000ffff")


def unanswered(*failures: Failure) -> Observation:
    attempts = tuple(Attempt(f"10.0.0.{at}:443", each) for at, each in enumerate(failures, 1))
    seen = sound()
    return replace(
        seen, connection=Connection(1.0, None, attempts), handshake=None, answer=None, session=None
    )


def unfound(kind: str) -> Observation:
    seen = unanswered()
    return replace(seen, lookup=Lookup(1.0, failure=Failure(kind, "no")), connection=None)


def no_answer(
    failure: Failure | None,
    head: bytes = b"",
    url: str = "wss://app.test:8443/chat",
    **more: object,
) -> Observation:
    answer = Answer(1.0, head, failure=failure, **more)
    return replace(sound(url), answer=answer, session=None)


def on(*frames: Frame, **more: object) -> Observation:
    return replace(sound(), session=Session(1.0, (*frames, PONG), pong=True, **more))


def with_fields(old: bytes, new: bytes, **more: object) -> Observation:
    return replace(sound(**more), answer=Answer(1.0, OPENED.replace(old, new)))


def status(line: str, body: str = "") -> Observation:
    return answered(f"HTTP/1.1 {line}\r\n\r\n".encode(), body.encode())


def old(version: str, cipher: str = "AES128-SHA") -> Handshake:
    return Handshake(1.0, "anything", complete=True, version=version, cipher=cipher)


def sending(*certificates: certkit.Certificate) -> Observation:
    seen = sound()
    chain = tuple(each.der for each in certificates)
    return replace(seen, handshake=replace(seen.handshake, chain=chain))


OTHER = certkit.CertificateAuthority.create()
SILENT = no_answer(LATE)
FAULTS: dict[str, list[Observation]] = {
    "url.bad-scheme": [sound("ftp://app.test")],
    "url.bad-host": [sound("wss://10.0.0.300"), sound("wss://"), sound("wss://[::1")],
    "url.bad-port": [
        sound("wss://app.test:6000"),
        sound("wss://app.test:10080"),
        sound("wss://app.test:70000"),
        sound("wss://app.test:0"),
    ],
    "url.fragment": [sound("wss://app.test/chat#room")],
    "url.mixed-content": [
        sound("ws://app.test", origin="https://app.test"),
        sound("ws://10.0.0.5", origin="https://app.test"),
    ],
    "url.tls-port": [replace(sound("ws://app.test"), answer=SILENT.answer, session=None,
                             secure=sound().handshake)],
    "dns.not-found": [unfound("not-found"), unfound("timeout")],
    "tcp.refused": [unanswered(Failure("refused", "")), unanswered(LATE, Failure("refused", ""))],
    "tcp.timeout": [unanswered(LATE)],
    "tcp.unreachable": [unanswered(Failure("unreachable", "No route to host"))],
    "tcp.proxy-protocol": [
        replace(shaken(failure=CLOSED, received=b""), behind_proxy_line=True),
        replace(shaken(failure=RESET, received=b""), behind_proxy_line=True),
        replace(no_answer(CLOSED, url="ws://10.0.0.5:8443"), behind_proxy_line=True),
    ],
    "tcp.reset": [unanswered(RESET), shaken(failure=RESET, received=b""), no_answer(RESET)],
    "tls.plain-http": [
        shaken(received=b"HTTP/1.1 400 Bad Request\r\n"),
        shaken(received=b"SSH-2.0-OpenSSH_9.2\r\n"),
        shaken(failure=CLOSED, received=b"", plain=Answer(1.0, OPENED)),
        shaken(failure=LATE, received=b"", plain=Answer(1.0, b"HTTP/1.1 426 Nope\r\n\r\n")),
        shaken(failure=RESET, received=b"", plain=Answer(1.0, OPENED)),
    ],
    "tls.no-answer": [shaken(failure=LATE, received=b"", plain=Answer(1.0, failure=LATE))],
    "tls.closed": [
        shaken(failure=CLOSED, received=b"", plain=Answer(1.0, failure=CLOSED)),
        # A second attempt went well: it is not the suites.
        shaken(failure=CLOSED, received=b"", anything=old("TLSv1.3", "TLS_AES_256_GCM_SHA384")),
    ],
    "tls.version": [
        shaken(alert=70),
        shaken(failure=CLOSED, received=b"", anything=old("TLSv1")),
        shaken(alert=40, anything=old("TLSv1.1")),
        shaken(failure=RESET, received=b"", anything=old("TLSv1.1")),
    ],
    "tls.no-shared-cipher": [shaken(alert=40), shaken(anything=old("TLSv1.2", "AECDH-NULL-SHA"))],
    "tls.sni-rejected": [shaken(alert=112), shaken(alert=112, url="wss://10.0.0.5:8443")],
    "tls.alpn-no-http1": [
        shaken(alert=120),
        replace(no_answer(CLOSED), http2=True),
        no_answer(CLOSED, HTTP2),
        no_answer(LATE, HTTP2),
    ],
    "tls.client-cert-required": [
        shaken(alert=40, client_certificate_asked=True),
        shaken(alert=116, client_certificate_asked=True),
        shaken(failure=CLOSED, client_certificate_asked=True),
        replace(no_answer(CLOSED), handshake=replace(sound().handshake,
                                                     client_certificate_asked=True)),
        replace(
            answered(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"No required SSL certificate was sent"),
            handshake=replace(sound().handshake, client_certificate_asked=True),
        ),
        # Apache asks after the request, which no browser answers.
        status("403 Forbidden", "Reason: Cannot perform Post-Handshake Authentication.<br />"),
    ],
    "tls.handshake-failed": [shaken(alert=80), shaken(received=b"\x80\x81\x82\x83")],
    "tls.no-certificate": [sending()],
    "chain.untrusted-root": [sending(OTHER.issue("app.test").certificate)],
    "chain.self-signed": [sending(certkit.self_signed("app.test").certificate)],
    "name.mismatch": [sending(CA.issue("b.app.test").certificate)],
    "name.wildcard-apex": [],
    "usage.eku-not-server": [sending(CA.issue("app.test", client=True).certificate)],
    "http.ok-not-upgraded": [status("200 OK")],
    "http.redirect": [answered(b"HTTP/1.1 301 Moved\r\nLocation: /chat/\r\n\r\n")],
    "http.bad-request": [status("400 Bad Request"), status("405 Not Allowed")],
    "http.unauthorized": [status("401 Unauthorized")],
    "http.forbidden": [
        status("403 Forbidden"),
        replace(status("403 Forbidden"), origins=(OriginAnswer(None, 403),)),
    ],
    "http.not-found": [status("404 Not Found")],
    "http.upgrade-required": [
        status("426 Upgrade Required"),
        status("505 HTTP Version Not Supported"),
        status("400 Bad Request", "Unsupported HTTP version: HTTP/1.0"),
    ],
    "http.too-many-requests": [status("429 Too Many Requests")],
    "http.server-error": [status("500 Oops"), status("503 Busy")],
    "http.bad-gateway": [status("502 Bad Gateway")],
    "http.gateway-timeout": [status("504 Gateway Timeout")],
    "http.no-answer": [SILENT, no_answer(LATE, b"HTTP/1.1 1")],
    "http.closed": [no_answer(CLOSED), no_answer(CLOSED, b"HTTP/1.1 200 OK\r\nX: y")],
    "http.not-http": [
        answered(b"nonsense\r\n\r\n"),
        answered(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nstray\r\n\r\n"),
        no_answer(CLOSED, b"SSH-2.0-x\r\n"),
        no_answer(LATE, b"SSH-2.0-x\r\n"),
        no_answer(None, b"HTTP/1.1 200 OK\r\n" + bytes(70000), overlong=True),
    ],
    "websocket.bad-accept": [
        with_fields(b"s3pPLM", b"AAAAAA"),
        with_fields(b"Sec-WebSocket-Accept", b"X-Accept"),
    ],
    "websocket.missing-upgrade": [
        with_fields(b"Upgrade: websocket\r\n", b""),
        with_fields(b"Connection: Upgrade\r\n", b"Connection: close\r\n"),
    ],
    "websocket.subprotocol": [
        with_fields(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n"),
        sound(subprotocols=["chat"]),
        with_fields(
            b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: other\r\n\r\n", subprotocols=["chat"]
        ),
    ],
    "websocket.extension": [
        with_fields(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        with_fields(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: \r\n\r\n"),
    ],
    "websocket.origin-refused": [
        replace(status("403 Forbidden"), origins=(OriginAnswer(None, 101),)),
        replace(status("403 Forbidden"), origins=(OriginAnswer("https://app.test", 101),)),
    ],
    "websocket.protocol-error": [
        on(Frame(1, b"x", 1, masked=True)),
        on(Frame(1, b"x", 1, reserved=4)),
        on(Frame(3, b"x", 1)),
        on(Frame(9, b"x", 1, fin=False)),
        on(Frame(9, bytes(126), 126)),
        on(Frame(1, b"hi", 2, shortest=False)),
        on(Frame(2, b"", 2**63)),
        on(Frame(0, b"x", 1)),
        on(Frame(1, b"x", 1, fin=False), Frame(9, b"", 0), Frame(1, b"x", 1)),
        on(Frame(1, b"\xff", 1)),
        on(Frame(8, b"\x03", 1)),
        on(Frame(8, (1006).to_bytes(2), 2)),
        on(Frame(8, (5000).to_bytes(2), 2)),
        on(Frame(8, (1000).to_bytes(2) + b"\xff", 3)),
    ],
    "websocket.closed-abnormally": [
        on(failure=CLOSED),
        on(failure=RESET),
        on(Frame(8, (1011).to_bytes(2), 2)),
        on(Frame(8, (1014).to_bytes(2), 2), failure=CLOSED),
    ],
    "websocket.idle-timeout": [
        on(failure=CLOSED, idle=Idle(60.0, open=False, failure=CLOSED)),
        on(idle=Idle(60.0, open=False, close_code=1001)),
    ],
}  # fmt: skip
del FAULTS["name.wildcard-apex"]


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        pytest.param(code, seen, id=f"{code}-{number}")
        for code, observations in FAULTS.items()
        for number, seen in enumerate(observations)
    ],
)
def test_a_fault_is_the_one_error(code: str, seen: Observation) -> None:
    diagnosis = judged(seen)
    assert errors(seen) == [code], diagnosis.findings
    assert diagnosis.broken is not None
    assert diagnosis.broken.layer == code.partition(".")[0]
    assert diagnosis.broken.detail == diagnosis.findings[0].summary


@pytest.mark.parametrize("layer", ["url", "dns", "tcp", "tls", "http", "websocket"])
def test_every_code_of_the_network_has_its_fault_here(layer: str) -> None:
    codes = {code for code in CODES if code.startswith(f"{layer}.")}
    warnings = {"tls.weak-cipher"}  # below
    assert codes - set(FAULTS) == codes & warnings


SOUND: dict[str, Observation] = {
    "wss": sound(),
    "an address": sound("wss://10.0.0.5:8443"),
    "https": sound("https://app.test:8443"),
    "a page that is not there": answered(
        b"HTTP/1.1 404 Not Found\r\n\r\n", url="https://app.test:8443"
    ),
    "ws on loopback": sound("ws://127.0.0.1:8443", origin="https://app.test"),
    "ws on *.localhost": sound("ws://app.localhost", origin="https://app.test"),
    "a fragment of a page": sound("https://app.test:8443/#top"),
    "the wss port": sound("wss://app.test"),
    "an address that did not answer beside one that did": replace(
        sound(), connection=Connection(1.0, "10.0.0.5:8443", (Attempt("[fd00::5]:8443", LATE),))
    ),
    "an alert that is only a warning": replace(
        sound(), handshake=replace(sound().handshake, alert=shaken(alert=112, fatal=False)
                                   .handshake.alert)
    ),
    "a client certificate that is only asked for": replace(
        sound(), handshake=replace(sound().handshake, client_certificate_asked=True)
    ),
    "an answer that speaks of certificates where none was asked for": answered(
        b"HTTP/1.1 200 OK\r\n\r\n", b"No required SSL certificate was sent", "https://app.test"
    ),
    "no ALPN": replace(sound(), handshake=replace(sound().handshake, alpn=None)),
    "names of fields in other letters": with_fields(
        b"Upgrade: websocket\r\nConnection: Upgrade",
        b"UPGRADE: WebSocket\r\ncONNECTION: keep-alive, UPGRADE",
    ),
    "the subprotocol asked for": with_fields(
        b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n", subprotocols=["chat", "other"]
    ),
    "frames of every kind": on(
        Frame(1, "grüß".encode(), 6),
        Frame(2, b"\xff", 1),
        Frame(1, b"\xc3", 1, fin=False),
        Frame(9, b"", 0),
        Frame(0, b"\xbc", 1),
        Frame(9, bytes(125), 125),
        Frame(1, bytes(4096), 2**40),
    ),
    "a close with a reason": on(Frame(8, (1008).to_bytes(2) + b"policy", 8)),
    "an application's close code": on(Frame(8, (4001).to_bytes(2), 2)),
    "a close without a code": on(Frame(8, b"", 0)),
    "no pong": replace(sound(), session=Session(1.0)),
    "open after silence": on(idle=Idle(90.0, open=True)),
    "modern versions and suites": replace(
        sound(),
        offered=Offered(1.0, (("TLSv1.2", ("ECDHE-ECDSA-AES128-GCM-SHA256",)), ("TLSv1.3", ()))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SOUND)
def test_what_is_sound_draws_nothing(what: str) -> None:
    diagnosis = judged(SOUND[what])
    assert diagnosis.ok
    assert diagnosis.findings == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"Upgrade: websocket\r\n", b"Upgrade: websocket\r\nX: a\r\n\tb\r\n", "next line"),
        (b"HTTP/1.1 101", b"HTTP/1.0 101", "HTTP/1.0"),
    ],
)
def test_what_browsers_take_and_others_refuse_is_a_warning(
    old: bytes, new: bytes, words: str
) -> None:
    diagnosis = judged(with_fields(old, new))
    assert diagnosis.ok
    (finding,) = diagnosis.findings
    assert (finding.code, finding.severity) == ("http.not-http", "warning")
    assert words in finding.summary


def test_old_versions_and_weak_suites_that_are_offered_too_are_warnings() -> None:
    offered = Offered(
        1.0, (("TLSv1", ("DES-CBC3-SHA",)), ("TLSv1.2", ("ECDHE-ECDSA-AES128-GCM-SHA256",)))
    )
    diagnosis = judged(replace(sound(), offered=offered))
    assert diagnosis.ok
    assert [each.code for each in diagnosis.findings] == ["tls.version", "tls.weak-cipher"]


@pytest.mark.parametrize(
    ("url", "throws"),
    [
        ("ws://10.0.0.5", "Chromium connects"),
        ("ws://192.168.1.10", "Chromium connects"),
        ("ws://100.64.0.1", "Chromium connects"),
        ("ws://[fd00::5]", "Chromium connects"),
        ("ws://printer.local", "Chromium connects"),
        ("ws://app.test", "Chromium and Firefox throw"),
        ("ws://198.51.100.7", "Chromium and Firefox throw"),
        ("ws://203.0.113.9", "Chromium and Firefox throw"),
        ("ws://8.8.8.8", "Chromium and Firefox throw"),
    ],
)
def test_mixed_content_says_what_each_browser_does(url: str, throws: str) -> None:
    (finding,) = judged(sound(url)).findings
    assert (finding.code, finding.severity) == ("url.mixed-content", "warning")
    assert throws in finding.why
    assert finding.fix.text == f"certkit doctor 'wss{url[2:]}'".replace(
        "'", "'" if "[" in url else ""
    )


@pytest.mark.parametrize(
    ("url", "origin", "told"),
    [
        ("wss://app.test:8443", "https://app.example.com", True),
        ("wss://app.test:8443", "https://8.8.8.8", True),
        ("wss://app.test:8443", "https://app.test:8443", False),
        ("wss://app.test:8443", "https://nas.local", False),
        ("wss://app.test:8443", "https://192.168.1.2", False),
        ("wss://app.test:8443", "null", False),
        ("https://app.test:8443", "https://app.example.com", False),
    ],
)
def test_a_public_page_needs_permission_for_a_private_address(
    url: str, origin: str, told: bool
) -> None:
    diagnosis = judged(sound(url, origin=origin))
    assert diagnosis.ok
    codes = [(each.code, each.severity) for each in diagnosis.findings]
    assert codes == ([("page.local-network-access", "note")] if told else [])
    public = replace(sound(url, origin=origin), lookup=Lookup(1.0, ("8.8.4.4",)))
    assert judged(public).findings == ()


def test_faults_of_the_certificate_and_of_the_answer_are_told_beside_each_other() -> None:
    seen = replace(status("404 Not Found"), handshake=sending(OTHER.root).handshake)
    assert "http.not-found" in errors(seen)
    assert any(code.startswith("chain.") for code in errors(seen))
    assert errors(sound(), days=1000) == ["validity.expired"]


def test_consequences_are_not_listed_beside_their_cause() -> None:
    """Every later layer is missing too, and says nothing of it."""
    for seen in (unfound("not-found"), unanswered(LATE), shaken(alert=112)):
        assert len(judged(seen).findings) == 1


def test_a_fix_is_safe_to_paste() -> None:
    hostile = "wss://app.test/$(touch x);'&\"`id`"
    redirect = answered(b"HTTP/1.1 302 Found\r\nLocation: /`id`;$(x)\r\n\r\n")
    for seen in (redirect, sound(hostile.replace("wss", "ws"))):
        for finding in judged(seen).findings:
            import shlex

            words = shlex.split(finding.fix.text)
            assert words[:2] == ["certkit", "doctor"]
            assert len(words) == 3


@pytest.mark.parametrize(
    ("server", "kind"), [("nginx/1.22.1", "patch"), ("", "patch"), ("Apache/2.4", "advice")]
)
def test_the_lines_fit_the_server_that_answered(server: str, kind: str) -> None:
    fields = f"Server: {server}\r\n" if server else ""
    (finding,) = judged(answered(f"HTTP/1.1 426 No\r\n{fields}\r\n".encode())).findings
    assert finding.fix.kind == kind
    assert ("proxy_http_version 1.1;" in finding.fix.text) is (kind == "patch")


def test_a_chain_of_garbage_is_a_finding() -> None:
    seen = sound()
    spoilt = replace(seen, handshake=replace(seen.handshake, chain=(b"\x30\x00", b"", b"\xff" * 9)))
    diagnosis = judged(spoilt)
    assert not diagnosis.ok
    assert all(each.code != "internal.check-crashed" for each in diagnosis.findings)
    assert diagnosis.as_dict()["chain"] is not None


def test_an_older_root_that_explains_is_not_trusted() -> None:
    assert errors(sound(), roots=[]) == ["chain.untrusted-root"]
    assert ISSUED.certificate == judged(sound()).chain[0]
