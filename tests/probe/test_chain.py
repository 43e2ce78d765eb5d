"""The chain as a server really sends it, and what there is to say when it sends none."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

import certkit
from certkit import CertkitError
from certkit.probe.address import parse_url
from certkit.probe.chain import fetch_chain
from tests.peers import program
from tests.probe.servers import listening, speaking

CA = certkit.CertificateAuthority.create()
MIDDLE = CA.intermediate()
ISSUED = MIDDLE.issue("localhost", "127.0.0.1")


def fetch(port: int, host: str = "127.0.0.1", **more):
    return fetch_chain(parse_url(f"wss://{host}:{port}", f"127.0.0.1:{port}"), **more)


def context(**settings) -> ssl.SSLContext:
    made = certkit.server_context(ISSUED)
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def test_the_chain_comes_as_it_is_sent():
    with listening(speaking(context())) as port:
        sent = fetch(port)
    assert sent.certificates == ISSUED.chain
    assert sent.peer == f"127.0.0.1:{port}"
    assert sent.version == "TLSv1.3"
    assert sent.interrupted is None


def test_nothing_is_put_in_order_or_left_out(tmp_path):
    pair = tmp_path / "pair.pem"
    odd = [ISSUED.certificate, CA.root, MIDDLE.certificate, CA.root]
    pair.write_bytes(ISSUED.key_pem + b"".join(each.pem for each in odd))
    made = context()
    made.load_cert_chain(pair)
    with listening(speaking(made)) as port:
        assert list(fetch(port).certificates) == odd


@pytest.mark.parametrize(("host", "name"), [("localhost", "localhost"), ("127.0.0.1", None)])
def test_the_name_is_sent_and_an_address_never(host, name):
    seen = []
    made = context(sni_callback=lambda _socket, asked, _context: seen.append(asked))
    with listening(speaking(made)) as port:
        fetch(port, host)
    assert seen == [name]


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_and_weak_keys_are_looked_at_too(version):
    issued = certkit.CertificateAuthority.create().issue("localhost", key="rsa2048")
    made = certkit.server_context(issued)
    made.set_ciphers("ALL:@SECLEVEL=0")
    made.minimum_version = made.maximum_version = ssl.TLSVersion[version]
    with listening(speaking(made)) as port:
        sent = fetch(port)
    assert sent.version == version.replace("_", ".")
    assert sent.certificates == issued.chain


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_certificate_shows_its_own(maximum):
    made = context(verify_mode=ssl.CERT_REQUIRED, maximum_version=maximum)
    with listening(speaking(made)) as port:
        sent = fetch(port)
    assert sent.certificates == ISSUED.chain
    assert bool(sent.interrupted) is (maximum is ssl.TLSVersion.TLSv1_2)


def refuse_name(made: ssl.SSLContext) -> ssl.SSLContext:
    made.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    return made


FAILURES = {
    "tls.plain-http": lambda peer: (
        peer.recv(999),
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ),
    "tls.closed": lambda peer: peer.recv(9999),
    "tls.no-answer": lambda _: time.sleep(1),
    "tls.sni-rejected": speaking(refuse_name(context())),
}


@pytest.mark.parametrize("code", FAILURES)
def test_a_server_without_a_certificate_is_told_apart(code):
    with listening(FAILURES[code]) as port, pytest.raises(CertkitError) as caught:
        fetch(port, "localhost", deadline=0.5)
    assert caught.value.code == code
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_a_server_that_drips_meets_the_deadline():
    def drip(peer: socket.socket) -> None:
        peer.recv(999)
        for octet in b"\x16\x03\x03\x40\x00" + bytes(100):
            peer.sendall(bytes([octet]))
            time.sleep(0.05)

    start = time.monotonic()
    with listening(drip) as port:
        with pytest.raises(CertkitError) as caught:
            fetch(port, deadline=0.6)
        assert time.monotonic() - start < 3
    assert caught.value.code == "tls.no-answer"


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(CertkitError) as caught:
        fetch(port)
    assert caught.value.code == "tcp.refused"


def test_a_full_backlog_is_a_timeout():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)  # noqa: FBT003
            each.connect_ex(("127.0.0.1", port))
        with pytest.raises(CertkitError) as caught:
            fetch(port, deadline=0.5)
        for each in waiting:
            each.close()
    assert caught.value.code == "tcp.timeout"


def test_a_name_that_nobody_knows():
    with pytest.raises(CertkitError) as caught:
        fetch_chain(parse_url("wss://nope.invalid"))
    assert caught.value.code == "dns.not-found"


def test_a_plain_websocket_server_that_closes_on_tls_is_told():
    def plain(peer: socket.socket) -> None:
        if peer.recv(9999).startswith(b"GET "):
            peer.sendall(b"HTTP/1.1 426 Upgrade Required\r\n\r\n")

    with listening(plain) as port, pytest.raises(CertkitError) as caught:
        fetch(port)
    assert caught.value.code == "tls.plain-http"


@pytest.mark.parametrize("python", ["python3.12", "python3.13"])
def test_other_pythons_see_the_chain_and_what_is_asked_of_the_client(python):
    """Both are private up to 3.12, the chain is public since 3.13. Nothing else is imported, so
    that an interpreter without certkit's dependencies can run it.
    """
    script = (
        "import socket, sys, time\n"
        "from certkit.probe.secure import SecureConnection\n"
        "connection = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "connection.setblocking(False)\n"
        "end = time.monotonic() + 5\n"
        "secure = SecureConnection(connection, None, end)\n"
        "asked = secure.seen()\n"
        "try:\n"
        "    secure.stream.receive(end)\n"
        "except OSError:\n"
        "    pass\n"
        "seen = secure.seen()\n"
        "connection.close()\n"
        "print(asked.complete, asked.client_certificate_asked, [len(each) for each in seen.chain],"
        " seen.alert.number)\n"
    )
    interpreter = program(python)
    demanding = context(verify_mode=ssl.CERT_REQUIRED)
    with listening(speaking(demanding)) as port:
        done = subprocess.run(
            [interpreter, "-c", script, str(port)],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(certkit.__file__).parents[1])},
        )
    sizes = [len(each.der) for each in ISSUED.chain]
    assert done.stdout.strip() == f"True True {sizes} 116", done.stderr
