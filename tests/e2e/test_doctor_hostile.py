"""Whatever a server does, doctor answers in time, in little memory, and says what it saw."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
import tracemalloc
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import certkit
from tests.e2e import hostile
from tests.e2e.hostile import CA, context, secure, serving, upgraded
from tests.e2e.wss import HAS_IPV6_LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.diagnosis import Diagnosis

TIMEOUT = 3.0
SLACK = 1.5
"""Two busy cores, and a goodbye of one second."""
MEBIBYTE = 2**20


def ask(port: int, scheme: str = "wss", host: str = "localhost", **more: object) -> Diagnosis:
    options = {"roots": [CA.root], "connect": f"127.0.0.1:{port}", "timeout": TIMEOUT, **more}
    return certkit.doctor(f"{scheme}://{host}:{port}/chat", **options)


def errors(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings if finding.severity == "error"]


def over_tls(then: object) -> object:
    return secure(context(), then)


# behaviour -> (what the server does, the one error, words of its summary)
BEHAVIOURS = {
    "waits for ever": (hostile.wait, "tls.no-answer", "does not answer"),
    "closes after the ClientHello": (hostile.close_after_hello, "tls.closed", "without saying why"),
    "resets at accept": (hostile.reset, "tcp.reset", "reset"),
    "resets after the ClientHello": (hostile.reset_after_hello, "tcp.reset", "handshake"),
    "answers 400 in plain HTTP": (hostile.plain_400, "tls.plain-http", "plain HTTP"),
    "is an SSH server": (hostile.ssh, "tls.plain-http", "SSH-2.0-OpenSSH"),
    "sends garbage": (hostile.garbage, "tls.handshake-failed", "is not TLS"),
    "drips a handshake": (hostile.drip_handshake, "tls.no-answer", "octets of a handshake"),
    "floods with records": (hostile.flood, "tls.handshake-failed", "handshake failed"),
    "claims a huge message": (hostile.huge_certificate_message, "tls.handshake-failed", ""),
    "is plain and closes": (hostile.plain_that_closes, "tls.plain-http", "nothing at all"),
    "is plain and waits": (hostile.plain_that_waits, "tls.plain-http", "nothing at all"),
    "TLS 1.0 only": (
        secure(hostile.old_version(ssl.TLSVersion.TLSv1), hostile.mute),
        "tls.version",
        "TLS 1",
    ),
    "TLS 1.1 only": (
        secure(hostile.old_version(ssl.TLSVersion.TLSv1_1), hostile.mute),
        "tls.version",
        "TLS 1.1",
    ),
    "anonymous suites only": (
        secure(hostile.anonymous(), hostile.mute),
        "tls.no-shared-cipher",
        "AECDH-AES256-SHA",
    ),
    "an EC key and RSA suites": (
        secure(hostile.ec_with_rsa_suites(), hostile.mute),
        "tls.no-shared-cipher",
        "alert 40",
    ),
    "refuses the name": (
        secure(hostile.refusing_names(), hostile.mute),
        "tls.sni-rejected",
        "'localhost'",
    ),
    "sends an internal error": (
        secure(hostile.internal_error(), hostile.mute),
        "tls.handshake-failed",
        "internal_error",
    ),
    "wants a client certificate, TLS 1.2": (
        secure(
            context(verify_mode=ssl.CERT_REQUIRED, maximum_version=ssl.TLSVersion.TLSv1_2),
            hostile.mute,
        ),
        "tls.client-cert-required",
        "alert 40",
    ),
    "wants a client certificate, TLS 1.3": (
        secure(context(verify_mode=ssl.CERT_REQUIRED), hostile.mute),
        "tls.client-cert-required",
        "alert 116",
    ),
    "closes after the request": (
        over_tls(lambda peer: peer.recv(65536)),
        "http.closed",
        "without an answer",
    ),
    "resets after the request": (over_tls(hostile.reset_after_request), "tcp.reset", "request"),
    "ends its side only": (over_tls(hostile.half_open), "http.closed", ""),
    "never answers the request": (over_tls(hostile.wait), "http.no-answer", "does not answer"),
    "drips a header": (over_tls(hostile.drip_header), "http.no-answer", "octets"),
    "sends a header without end": (over_tls(hostile.endless_header), "http.not-http", "64 KiB"),
    "sends a body without end": (over_tls(hostile.endless_body), "http.not-found", "404"),
    "sends interim answers without end": (
        over_tls(hostile.endless_interim),
        "http.no-answer",
        "",
    ),
    "answers garbage": (
        over_tls(hostile.answering(b"\x00\x01not http at all\r\n\r\n")),
        "http.not-http",
        "begins with",
    ),
    "ends in the middle of the header": (
        over_tls(hostile.answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgr")),
        "http.closed",
        "in the middle",
    ),
    "a wrong accept": (over_tls(upgraded(accept=b"AAAA")), "websocket.bad-accept", "'AAAA'"),
    "no accept": (
        over_tls(upgraded(without=b"Sec-WebSocket-Accept")),
        "websocket.bad-accept",
        "missing",
    ),
    "no Upgrade": (over_tls(upgraded(without=b"Upgrade:")), "websocket.missing-upgrade", "Upgrade"),
    "no Connection": (
        over_tls(upgraded(without=b"Connection:")),
        "websocket.missing-upgrade",
        "Connection",
    ),
    "an extension nobody asked for": (
        over_tls(upgraded(more=b"Sec-WebSocket-Extensions: x-nonsense\r\n")),
        "websocket.extension",
        "'x-nonsense'",
    ),
    "a subprotocol nobody asked for": (
        over_tls(upgraded(more=b"Sec-WebSocket-Protocol: chat\r\n")),
        "websocket.subprotocol",
        "'chat'",
    ),
    "closes once it is open": (
        over_tls(upgraded(lambda _: None)),
        "websocket.closed-abnormally",
        "closed",
    ),
    "a masked frame": (
        over_tls(upgraded(frames=hostile.frame(0x1, b"hi", masked=True))),
        "websocket.protocol-error",
        "masked",
    ),
    "a reserved bit": (
        over_tls(upgraded(frames=hostile.frame(0x1, b"hi", first=0xC0))),
        "websocket.protocol-error",
        "reserved bit",
    ),
    "an unknown opcode": (
        over_tls(upgraded(frames=hostile.frame(0x3, b"hi"))),
        "websocket.protocol-error",
        "opcode",
    ),
    "text that is not UTF-8": (
        over_tls(upgraded(frames=hostile.frame(0x1, b"\xff\xfe"))),
        "websocket.protocol-error",
        "UTF-8",
    ),
    "the close code 1006": (
        over_tls(upgraded(lambda _: None, frames=hostile.frame(0x8, (1006).to_bytes(2)))),
        "websocket.protocol-error",
        "1006",
    ),
    "the close code 999": (
        over_tls(upgraded(lambda _: None, frames=hostile.frame(0x8, (999).to_bytes(2)))),
        "websocket.protocol-error",
        "999",
    ),
    "empty handshake records": (
        hostile.repeating(b"\x16\x03\x03\x00\x00"),
        "tls.handshake-failed",
        "record too small",
    ),
    "warning alerts without end": (
        hostile.repeating(b"\x15\x03\x03\x00\x02\x01\x5a"),
        "tls.handshake-failed",
        "user_canceled",
    ),
    "a chain of 400 certificates": (
        secure(hostile.long_chain(400), upgraded()),
        "tls.handshake-failed",
        "excessive message size",
    ),
    "takes nothing and says nothing": (hostile.no_window, "tls.no-answer", "does not answer"),
    "HTTP/2 alone, in TLS": (
        secure(hostile.without_http11(), hostile.http2),
        "tls.alpn-no-http1",
        "only HTTP/2",
    ),
    "the PROXY protocol": (
        hostile.behind_proxy_line(over_tls(upgraded())),
        "tcp.proxy-protocol",
        "PROXY protocol",
    ),
    "chunks without end": (
        over_tls(
            hostile.repeating(
                b"5\r\nhello\r\n", b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
        ),
        "http.not-found",
        "('hellohello",
    ),
    "a field of blanks": (
        over_tls(hostile.answering(b"HTTP/1.1 200 OK\r\nX: a" + b" " * 64000 + b"b\r\n\r\n")),
        "http.ok-not-upgraded",
        "200",
    ),
    "a line that is no field": (
        over_tls(upgraded(more=b"stray words\r\n")),
        "http.not-http",
        "'stray words' is no field",
    ),
    "another answer behind the first": (
        over_tls(upgraded(hostile.mute, frames=b"HTTP/1.1 200 OK\r\n\r\n")),
        "websocket.protocol-error",
        "reserved bit",
    ),
    "a frame of 2**63 octets": (
        over_tls(upgraded(hostile.mute, frames=b"\x81\x7f" + (2**63).to_bytes(8))),
        "websocket.protocol-error",
        "highest bit",
    ),
    "a message that was never begun": (
        over_tls(upgraded(frames=hostile.frame(0x0, b"hi"))),
        "websocket.protocol-error",
        "never begun",
    ),
    "a close reason that is not UTF-8": (
        over_tls(upgraded(lambda _: None, frames=hostile.frame(0x8, (1000).to_bytes(2) + b"\xff"))),
        "websocket.protocol-error",
        "UTF-8",
    ),
    "the close code 1011": (
        over_tls(upgraded(lambda _: None, frames=hostile.frame(0x8, (1011).to_bytes(2)))),
        "websocket.closed-abnormally",
        "1011",
    ),
    "terminal escapes in every text": (
        over_tls(hostile.status("404 \x1b[2J\x07gone", "Server: \x1b]0;pwned\x07\r\n")),
        "http.not-found",
        "404",
    ),
}
# Odd, and no fault of the endpoint.
HARMLESS = {
    "mute": upgraded(hostile.mute),
    "chatter": upgraded(hostile.chatter),
    "a frame of 2**62 octets": upgraded(hostile.giant_frame),
    "pings without end": upgraded(hostile.pings_without_end),
    "pings without end that nobody reads": upgraded(hostile.pings_unread),
    "empty messages without end": upgraded(hostile.repeating(b"\x82\x00")),
    "interim answers first": hostile.interim_first,
    "a folded field": upgraded(more=b"X-Long: a\r\n\tb\r\n"),
    "a thousand fields": upgraded(more=b"X-More: 1\r\n" * 1000),
    "lines that end in LF alone": hostile.switching_with(b"\r\n", b"\n"),
    "no reason phrase": hostile.switching_with(b" Switching Protocols", b""),
    "fields in other letters": hostile.switching_with(b"Upgrade: websocket", b"UPGRADE:WebSocket "),
    "a body length of none": upgraded(more=b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
    "a message right behind the answer": upgraded(frames=hostile.frame(0x1, "grüß".encode())),
    "closes with 1008": upgraded(
        lambda _: None, frames=hostile.frame(0x8, (1008).to_bytes(2) + b"policy")
    ),
    "an empty close": upgraded(lambda _: None, frames=hostile.frame(0x8)),
}


def test_there_are_enough_of_them() -> None:
    assert len(BEHAVIOURS) >= 25


@contextmanager
def little_memory() -> Iterator[None]:
    """The probe keeps a few hundred kilobytes at most; the servers here keep nothing."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 16 * MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_what_a_server_does_is_told_in_time(behaviour: str) -> None:
    handle, code, words = BEHAVIOURS[behaviour]
    with serving(handle) as port:
        start = time.monotonic()
        with little_memory():
            diagnosis = ask(port)
        took = time.monotonic() - start
    assert errors(diagnosis) == [code], diagnosis.findings
    assert words in diagnosis.findings[0].summary
    assert took < TIMEOUT + SLACK
    layer = code.partition(".")[0]
    assert diagnosis.broken is not None
    assert diagnosis.broken.layer == layer
    assert "\x1b" not in str(diagnosis.as_dict())


@pytest.mark.parametrize("behaviour", HARMLESS)
def test_what_is_only_odd_is_no_fault(behaviour: str) -> None:
    with serving(secure(context(), HARMLESS[behaviour])) as port:
        start = time.monotonic()
        with little_memory():
            diagnosis = ask(port)
        took = time.monotonic() - start
    assert errors(diagnosis) == []
    assert took < TIMEOUT + SLACK


def test_a_sound_server_is_ok() -> None:
    with serving(secure(context(), upgraded())) as port:
        diagnosis = ask(port)
    assert diagnosis.ok, diagnosis.findings
    assert diagnosis.findings == ()
    assert {layer.status for layer in diagnosis.layers} == {"ok"}
    assert diagnosis.observation.session.pong
    assert diagnosis.chain == hostile.ISSUED.chain


@pytest.mark.skipif(not HAS_IPV6_LOOPBACK, reason="no IPv6 on this machine")
def test_an_ipv6_address_is_dialled_and_named() -> None:
    made = context(CA.issue("::1"))
    with serving(secure(made, upgraded()), "::1") as port:
        diagnosis = certkit.doctor(f"wss://[::1]:{port}/chat", roots=[CA.root], timeout=TIMEOUT)
    assert diagnosis.ok, diagnosis.findings
    assert diagnosis.layers[2].detail == f"connected to [::1]:{port}"


def test_a_full_backlog_is_a_timeout() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.settimeout(0)
            each.connect_ex(("127.0.0.1", port))
        start = time.monotonic()
        diagnosis = ask(port)
        for each in waiting:
            each.close()
    assert errors(diagnosis) == ["tcp.timeout"]
    assert time.monotonic() - start < TIMEOUT + SLACK


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    diagnosis = ask(port)
    assert errors(diagnosis) == ["tcp.refused"]
    statuses = {layer.layer: layer.status for layer in diagnosis.layers}
    assert statuses["url"] == statuses["dns"] == "ok"
    assert [name for name, status in statuses.items() if status == "skipped"] == [
        "tls", "chain", "validity", "name", "usage", "http", "websocket",
    ]  # fmt: skip


def test_a_name_that_nobody_knows() -> None:
    diagnosis = certkit.doctor("wss://nope.invalid", roots=[], timeout=TIMEOUT)
    assert errors(diagnosis) == ["dns.not-found"]


def test_a_resolver_that_hangs_does_not_hang_the_doctor(monkeypatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [released.wait(30)][:0])
    start = time.monotonic()
    diagnosis = certkit.doctor("wss://slow.test", roots=[], timeout=TIMEOUT)
    released.set()
    assert errors(diagnosis) == ["dns.not-found"]
    assert "did not answer" in diagnosis.findings[0].summary
    assert time.monotonic() - start < TIMEOUT + SLACK


def test_a_plain_url_for_a_tls_port_is_told() -> None:
    with serving(secure(context(), upgraded())) as port:
        diagnosis = ask(port, "ws")
        assert errors(diagnosis) == ["url.tls-port"]
        assert diagnosis.findings[0].fix.text == f"certkit doctor wss://localhost:{port}/chat"
        assert ask(port, "wss").ok


def test_a_plain_websocket_is_ok_where_pages_may_open_it() -> None:
    with serving(upgraded()) as port:
        assert ask(port, "ws").ok
        page = ask(port, "ws", host="app.test", origin="https://app.test")
        assert errors(page) == ["url.mixed-content"]
        unknown = ask(port, "ws", host="app.test")
        assert unknown.ok
        assert [finding.code for finding in unknown.findings] == ["url.mixed-content"]


def test_a_page_is_looked_at_without_an_upgrade() -> None:
    seen = []

    def page(peer: socket.socket) -> None:
        seen.append(peer.recv(65536))
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        hostile.drain(peer)

    with serving(secure(context(), page)) as port:
        diagnosis = ask(port, "https")
    assert diagnosis.ok
    assert b"upgrade" not in seen[0].lower()
    assert diagnosis.layers[-1].status == "skipped"


def test_a_broken_page_is_a_fault() -> None:
    with serving(secure(context(), hostile.status("500 Oops"))) as port:
        assert errors(ask(port, "https")) == ["http.server-error"]


@pytest.mark.parametrize(
    ("line", "more", "code"),
    [
        ("200 OK", "", "http.ok-not-upgraded"),
        ("204 No Content", "", "http.ok-not-upgraded"),
        ("301 Moved", "Location: https://localhost/chat/\r\n", "http.redirect"),
        ("308 Moved", "Location: /chat/\r\n", "http.redirect"),
        ("400 Bad Request", "", "http.bad-request"),
        ("401 Unauthorized", "", "http.unauthorized"),
        ("403 Forbidden", "", "http.forbidden"),
        ("404 Not Found", "", "http.not-found"),
        ("405 Method Not Allowed", "", "http.bad-request"),
        ("426 Upgrade Required", "", "http.upgrade-required"),
        ("429 Too Many Requests", "", "http.too-many-requests"),
        ("500 Internal Server Error", "", "http.server-error"),
        ("502 Bad Gateway", "", "http.bad-gateway"),
        ("503 Service Unavailable", "", "http.server-error"),
        ("504 Gateway Timeout", "", "http.gateway-timeout"),
    ],
)
def test_each_status_has_its_code(line: str, more: str, code: str) -> None:
    with serving(secure(context(), hostile.status(line, more))) as port:
        diagnosis = ask(port)
    assert errors(diagnosis) == [code]
    assert line[:3] in diagnosis.findings[0].summary


def test_a_redirect_leads_to_the_url_to_try() -> None:
    answer = hostile.status("301 Moved", "Location: https://localhost:9/chat/;id%20x\r\n")
    with serving(secure(context(), answer)) as port:
        fix = ask(port).findings[0].fix
    assert (fix.kind, fix.text) == ("command", "certkit doctor 'wss://localhost:9/chat/;id%20x'")


def only_from(origins: list[str]) -> object:
    def then(peer: socket.socket) -> None:
        request = peer.recv(65536)
        if any(f"\r\nOrigin: {origin}\r\n".encode() in request for origin in origins):
            peer.sendall(hostile.switching(request))
            hostile.talk(peer)
        else:
            peer.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            hostile.drain(peer)

    return then


def test_a_server_that_refuses_the_page_is_told_from_one_that_forbids() -> None:
    allowed: list[str] = []
    with serving(secure(context(), only_from(allowed))) as port:
        allowed.append(f"https://localhost:{port}")
        assert ask(port).ok
        diagnosis = ask(port, origin="https://elsewhere.test")
        assert errors(diagnosis) == ["websocket.origin-refused"]
        assert "https://elsewhere.test" in diagnosis.findings[0].summary


def test_a_server_that_takes_only_another_page_forbids_as_far_as_can_be_seen() -> None:
    with serving(secure(context(), only_from(["https://app.test"]))) as port:
        assert ask(port, origin="https://app.test").ok
        diagnosis = ask(port)
    assert errors(diagnosis) == ["http.forbidden"]
    assert "--origin" in diagnosis.findings[0].fix.text


def test_a_proxy_that_loses_the_port_of_the_host_is_recognised() -> None:
    with serving(secure(context(), only_from(["https://localhost"]))) as port:
        diagnosis = ask(port)
    assert errors(diagnosis) == ["websocket.origin-refused"]
    assert diagnosis.findings[0].fix.text == "proxy_set_header Host $http_host;"


def test_a_subprotocol_is_asked_for() -> None:
    chat = b"Sec-WebSocket-Protocol: chat\r\n"
    with serving(secure(context(), upgraded(more=chat))) as port:
        assert ask(port, subprotocols=["chat"]).ok
        assert errors(ask(port, subprotocols=["other"])) == ["websocket.subprotocol"]
    with serving(secure(context(), upgraded())) as port:
        assert errors(ask(port, subprotocols=["chat"])) == ["websocket.subprotocol"]


def test_the_idle_limit_is_measured_on_request() -> None:
    with serving(secure(context(), upgraded(hostile.cut_after(0.7)))) as port:
        assert ask(port).ok
        diagnosis = ask(port, idle=3)
        assert errors(diagnosis) == ["websocket.idle-timeout"]
        assert 0.5 < diagnosis.observation.session.idle.seconds < 2.5
        patient = ask(port, idle=0.2)
        assert patient.ok
        assert "still open after 0.2 s" in patient.layers[-1].detail


def test_what_the_server_pings_is_answered_while_it_is_idle() -> None:
    answered = []

    def pinging(peer: socket.socket) -> None:
        for number in range(4):
            peer.sendall(hostile.frame(0x9, bytes([65 + number])))
            while octets := peer.recv(65536):
                if octets[0] & 0xF == 0xA:
                    answered.append(octets)
                    break
            time.sleep(0.1)
        hostile.talk(peer)

    with serving(secure(context(), upgraded(pinging))) as port:
        assert ask(port, idle=1).ok
    assert len(answered) == 4


def test_deep_lists_versions_and_suites() -> None:
    made = context(hostile.RSA, minimum_version=ssl.TLSVersion.TLSv1_2)
    made.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384")
    with serving(secure(made, upgraded())) as port:
        diagnosis = ask(port, deep=True, timeout=10)
    assert diagnosis.ok
    assert diagnosis.findings == ()
    offered = dict(diagnosis.observation.offered.suites)
    assert set(offered["TLSv1.2"]) == {
        "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
    }  # fmt: skip
    assert set(offered) == {"TLSv1.2", "TLSv1.3"}


def test_deep_warns_of_what_is_old_and_weak() -> None:
    made = context(hostile.RSA)
    made.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    made.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with serving(secure(made, upgraded())) as port:
        diagnosis = ask(port, deep=True, timeout=20)
        shallow = ask(port)
    assert diagnosis.ok
    assert [finding.code for finding in diagnosis.findings] == ["tls.version", "tls.weak-cipher"]
    assert "NULL" in diagnosis.findings[1].summary
    assert shallow.findings == ()


def test_a_client_certificate_that_is_only_asked_for_is_no_fault() -> None:
    made = context(verify_mode=ssl.CERT_OPTIONAL)
    with serving(secure(made, upgraded())) as port:
        diagnosis = ask(port)
    assert diagnosis.ok
    assert "a client certificate is asked for" in diagnosis.layers[3].detail


def test_proxies_of_the_environment_are_not_used(monkeypatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "wss_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(secure(context(), upgraded())) as port:
        assert ask(port).ok


@pytest.mark.skipif(sys.platform != "linux", reason="counts this process's descriptors in /proc")
def test_no_descriptor_is_left_open() -> None:
    from pathlib import Path

    before = len(list(Path("/proc/self/fd").iterdir()))
    for handle in (hostile.close_after_hello, secure(context(), upgraded()), hostile.reset):
        with serving(handle) as port:
            ask(port)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
