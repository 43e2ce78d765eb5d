"""Whether the two sides agree on TLS."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from certkit.diagnose import repairs
from certkit.diagnose.http_head import is_http2, parse_head
from certkit.findings import Fix
from certkit.pki.refusal import quoted
from certkit.verify.wording import advice, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.case import Case
    from certkit.diagnose.observation import Handshake
    from certkit.findings import Finding

OLD_VERSIONS: Final = frozenset({"SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"})
_RECORDS: Final = frozenset({20, 21, 22, 23})
_PROTOCOL_VERSION: Final = 70
_NO_COMMON_SUITE: Final = frozenset({40, 71})
_UNRECOGNIZED_NAME: Final = 112
_NO_APPLICATION_PROTOCOL: Final = 120
_INTERNAL_ERROR: Final = 80
_INTERNAL_WHY: Final = (
    "Caddy answers so for a name, or an address, for which it has no certificate; others when "
    "their own set-up fails"
)
_NO_WHY: Final = "the server and a client that takes everything cannot agree"
_EXCESSIVE: Final = "excessive message size"
_EXCESSIVE_WHY: Final = (
    "OpenSSL and browsers take 100 KB of certificates (chain.too-large), and this server sends "
    "more: a file of roots in the place of the intermediates"
)
# What servers send to a client that has no certificate, or one that they do not like.
_ABOUT_CERTIFICATE: Final = frozenset({40, 41, 42, 43, 44, 45, 46, 48, 49, 116})
# "No required SSL certificate was sent", "The SSL certificate error" of nginx.
_NO_CERTIFICATE: Final = re.compile(rb"(no|required|client|ssl) [a-z ]*certificate", re.IGNORECASE)
# Apache, where SSLVerifyClient stands in a location: with TLS 1.3 it asks after the request.
_ASKED_LATER: Final = b"Cannot perform Post-Handshake Authentication"
_TLS13: Final = "TLS_"
_WEAK: Final = ("RC4", "3DES", "DES-CBC", "NULL", "EXP", "MD5", "ADH", "AECDH", "SEED", "IDEA")


def check_client_certificate(case: Case) -> Iterator[Finding]:
    """TLS 1.2 refuses in the handshake, TLS 1.3 only after it, when the request is answered; nginx
    takes the handshake and says so in HTTP.
    """
    handshake, answer = case.seen.handshake, case.seen.answer
    later = answer is not None and _ASKED_LATER in answer.body
    if handshake is None or not (handshake.client_certificate_asked or later):
        return
    number = _alert(handshake)
    silent = number is None and (
        not handshake.complete or (answer is not None and not answer.head and _ended(case))
    )
    in_http = later or (answer is not None and bool(_NO_CERTIFICATE.search(answer.body)))
    if number in _ABOUT_CERTIFICATE or silent or in_http:
        said = f" (alert {number} {handshake.alert.name})" if handshake.alert else ""
        yield error(
            "tls.client-cert-required",
            f"the server asks for a client certificate and refuses to go on without one{said}",
            "nginx ssl_verify_client, Apache SSLVerifyClient and mutual TLS do so; a browser shows "
            "no dialog for a WebSocket",
            Fix("command", "certkit issue --client me@example.com"),
        )


def _ended(case: Case) -> bool:
    answer = case.seen.answer
    kind = answer.failure.kind if answer and answer.failure else None
    return kind in ("closed", "reset", "other")


def check_plain(case: Case) -> Iterator[Finding]:
    """What came back is no TLS, or came only when asked again in plain text."""
    handshake, plain = case.seen.handshake, case.seen.plain
    if handshake is None or handshake.complete:
        return
    asked_again = plain is not None and bool(plain.head)
    said = plain.head if asked_again and plain is not None else handshake.received
    if not said or (not asked_again and said[0] in _RECORDS) or not _is_text(said):
        return
    target = case.target
    bare = {"wss": "ws", "https": "http"}[target.scheme]
    head = parse_head(said.partition(b"\r\n\r\n")[0]) or parse_head(said.partition(b"\r\n")[0])
    speaks = "plain HTTP" if head else f"{quoted(said[:40].decode('latin-1').rstrip())}"
    how = "; it says nothing at all to a TLS client" if asked_again else ""
    yield error(
        "tls.plain-http",
        f"port {target.port} does not speak TLS, it speaks {speaks}{how}",
        f"the URL begins with {target.scheme}:// and the server on this port was set up for "
        f"{bare}://; in nginx that is a listen line without ssl, which nginx -t accepts",
        repairs.speak_tls(target, head),
    )


def _is_text(octets: bytes) -> bool:
    start = octets[:16]
    return all(0x20 <= octet < 0x7F or octet in b"\t\r\n" for octet in start)


def check_version(case: Case) -> Iterator[Finding]:
    """No version in common with today's clients, which begin at TLS 1.2."""
    anything = case.seen.anything
    if anything is not None and anything.complete and anything.version in OLD_VERSIONS:
        said = f"it offers {anything.version.replace('TLSv', 'TLS ')} and nothing newer"
    elif _alert(case.seen.handshake) == _PROTOCOL_VERSION:
        said = "it refused TLS 1.2 and TLS 1.3 (alert 70 protocol_version)"
    else:
        return
    yield error(
        "tls.version",
        f"the server has no TLS version that today's clients speak: {said}",
        "RFC 8996 retired TLS 1.0 and 1.1; browsers, OpenSSL, Go, Java and Node begin at TLS 1.2",
        Fix("patch", "ssl_protocols TLSv1.2 TLSv1.3;"),
    )


def check_cipher(case: Case) -> Iterator[Finding]:
    handshake, anything = case.seen.handshake, case.seen.anything
    if handshake is None or handshake.complete or handshake.client_certificate_asked:
        return
    if anything is not None and anything.complete and anything.version not in OLD_VERSIONS:
        if (anything.cipher or "").startswith(_TLS13):
            return  # of TLS 1.3 all suites were offered: it is not the suite that was refused
        said = f"the only suite to be had is {anything.cipher}"
    elif _alert(handshake) in _NO_COMMON_SUITE:
        said = f"it answered with alert {_alert(handshake)} to every suite that OpenSSL has"
    else:
        return
    yield error(
        "tls.no-shared-cipher",
        f"the server has no cipher suite that clients take: {said}",
        "ssl_ciphers leaves nothing that fits the key, or certificate and key are of different "
        "kinds (an EC certificate with an RSA key), which nginx -t does not notice",
        Fix(
            "patch",
            "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
            "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
            "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
        ),
    )


def check_name(case: Case) -> Iterator[Finding]:
    if _alert(case.seen.handshake) != _UNRECOGNIZED_NAME:
        return
    name = case.target.server_name
    asked = f"does not know the name {quoted(name)}" if name else "wants a name, and got none"
    why = (
        "the name that a client sends in the handshake (SNI) is in no server block"
        if name
        else "for an IP address a client sends no name (RFC 6066 section 3), so that the default "
        "server answers: ssl_reject_handshake in nginx, strict-sni in HAProxy"
    )
    yield error(
        "tls.sni-rejected",
        f"the server {asked} (alert 112 unrecognized_name)",
        why,
        Fix("patch", f"server_name {name};")
        if name
        else Fix("patch", f"listen {case.target.port} ssl default_server;"),
    )


def check_alpn(case: Case) -> Iterator[Finding]:
    handshake = case.seen.handshake
    if handshake is None:
        return
    number, answer = _alert(handshake), case.seen.answer
    if number == _NO_APPLICATION_PROTOCOL:
        said = " (alert 120 no_application_protocol)"
    elif case.seen.http2 or (answer is not None and is_http2(answer.head)):
        said = ", only HTTP/2"
    elif handshake.alpn not in (None, "http/1.1"):
        said = f", only {quoted(handshake.alpn or '')}"
    else:
        said = ""
    if said:
        yield error(
            "tls.alpn-no-http1",
            f"the server takes no HTTP/1.1 on this port{said}",
            "browsers open a WebSocket over HTTP/1.1 unless the server announces RFC 8441, which "
            "few do; Chromium says ERR_SSL_PROTOCOL_ERROR",
            advice("let the server offer http/1.1 beside h2 in ALPN (Node: allowHTTP1: true)"),
        )


def check_no_answer(case: Case) -> Iterator[Finding]:
    handshake = case.seen.handshake
    if _failed(handshake) == "timeout" and handshake is not None:
        sent = len(handshake.received)
        more = f" beyond {sent} octets of a handshake" if sent else ""
        yield error(
            "tls.no-answer",
            f"the server took the connection and does not answer in TLS{more}",
            "a plain server that waits for more looks like this, a stuck one and a wrong port too; "
            "browsers and Node's ws wait without a word",
            advice("look whether the program behind the port is alive, and what it is: ss -ltnp"),
        )


def check_closed(case: Case) -> Iterator[Finding]:
    if _failed(case.seen.handshake) == "closed":
        yield error(
            "tls.closed",
            "the server closed the connection in the TLS handshake without saying why",
            "servers on Python's asyncio (uvicorn, hypercorn, aiohttp, websockets) do so for every "
            "TLS fault; a missing certificate or key looks the same, and a TCP proxy without its "
            "backend",
            advice("look into the server's log: the reason stands only there"),
        )


def check_handshake(case: Case) -> Iterator[Finding]:
    handshake = case.seen.handshake
    if handshake is None or handshake.complete:
        return
    alert = handshake.alert
    text = handshake.failure.text if handshake.failure else "it did not finish"
    said = f"alert {alert.number} {alert.name}" if alert else text
    if handshake.received and handshake.received[0] not in _RECORDS:
        said = f"what it sends is not TLS; it begins with {handshake.received[:8].hex(' ')}"
    what = "look into the server's log at this moment"
    if alert is not None:
        why = _INTERNAL_WHY if alert.number == _INTERNAL_ERROR else _NO_WHY
    elif said == _EXCESSIVE:
        why, what = _EXCESSIVE_WHY, "send the certificate and the intermediates above it alone"
    else:
        why = _NO_WHY
    yield error("tls.handshake-failed", f"the TLS handshake failed: {said}", why, advice(what))


def check_no_certificate(case: Case) -> Iterator[Finding]:
    handshake = case.seen.handshake
    if handshake is not None and handshake.complete and not handshake.chain:
        yield error(
            "tls.no-certificate",
            "the server sent no certificate",
            "every client wants one",
            advice("configure a certificate: certkit snippet nginx"),
        )


def check_offered(case: Case) -> Iterator[Finding]:
    """With ``--deep``: what still works and should not."""
    offered = case.seen.offered
    if offered is None:
        return
    old = [version for version in offered.versions if version in OLD_VERSIONS]
    if old and len(old) < len(offered.versions):
        yield warning(
            "tls.version",
            f"the server still takes {' and '.join(old)}",
            "RFC 8996 retired them; no client of today needs them",
            Fix("patch", "ssl_protocols TLSv1.2 TLSv1.3;"),
        )
    suites = dict.fromkeys(suite for _, suites in offered.suites for suite in suites)
    weak = [suite for suite in suites if any(word in suite for word in _WEAK)]
    if weak:
        yield warning(
            "tls.weak-cipher",
            f"the server takes weak suites: {', '.join(weak[:8])}",
            "broken or unauthenticated ciphers; a client that can be talked into one is lost",
            Fix("command", shlex.join(["certkit", "snippet", "nginx"])),
        )


def _alert(handshake: Handshake | None) -> int | None:
    """The number of a fatal alert; a warning is no refusal."""
    alert = handshake.alert if handshake is not None else None
    return alert.number if alert is not None and alert.fatal else None


def _failed(handshake: Handshake | None) -> str | None:
    failure = handshake.failure if handshake is not None else None
    return failure.kind if failure is not None else None


CHECKS: Final = (
    check_client_certificate,
    check_plain,
    check_version,
    check_cipher,
    check_name,
    check_alpn,
    check_no_answer,
    check_closed,
    check_handshake,
    check_no_certificate,
    check_offered,
)
