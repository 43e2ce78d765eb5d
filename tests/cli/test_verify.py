"""``certkit verify``: files and live servers, yes and no, and what to type next."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from certkit import CertificateAuthority, self_signed, server_context
from tests.probe.servers import listening, speaking
from tests.verify.make import root


@pytest.fixture
def issued(certkit, folder):
    """A certificate of this home for 10.0.0.5 and *.dev.test, by name of its file."""
    files = ("--cert-file", "site.pem", "--key-file", "site-key.pem")
    outcome = certkit("issue", "10.0.0.5", "*.dev.test", *files)
    assert outcome.code == 0, outcome.err
    return folder / "site.pem"


@pytest.fixture
def other():
    """A CA that this home does not know, with an intermediate."""
    ca = CertificateAuthority.create()
    return ca, ca.intermediate()


# --- files ---


def test_the_certificate_of_this_home_is_good(certkit, issued):
    outcome = certkit("verify", "site.pem", "--ip", "10.0.0.5", "--json")
    assert outcome.code == 0
    assert outcome.envelope["status"] == "ok"
    assert outcome.envelope["findings"] == []
    data = outcome.data
    assert (data["target"], data["name"]) == ("site.pem", "10.0.0.5")
    assert (data["verdict"], data["matched_by"], data["clients"]) == ("pass", "10.0.0.5", [])
    assert [each["profile"] for each in data["chain"]] == ["server", "root"]


def test_the_answer_stands_on_stdout_for_people(certkit, issued):
    outcome = certkit("verify", "site.pem", "--host", "www.dev.test")
    assert outcome.code == 0
    first, *rest = outcome.out.splitlines()
    assert first == "yes: site.pem is good for www.dev.test, matched by *.dev.test"
    assert rest[-1].strip() == "trusted: the CA of this home"
    assert outcome.err == ""


def test_a_name_that_is_missing_is_a_no_with_the_command_that_adds_it(certkit, issued):
    outcome = certkit("verify", "site.pem", "--ip", "10.0.0.6")
    assert outcome.code == 1
    assert outcome.out.startswith("no: site.pem is not good for 10.0.0.6\n")
    assert "error: '10.0.0.6' is not in the certificate" in outcome.out
    fix = next(line for line in outcome.out.splitlines() if "fix: " in line)
    assert "certkit issue 10.0.0.5 '*.dev.test' 10.0.0.6" in fix
    assert outcome.err == ""
    envelope = certkit("verify", "site.pem", "--ip", "10.0.0.6", "--json").envelope
    assert (envelope["status"], envelope["data"]["verdict"]) == ("no", "fail")
    assert [each["code"] for each in envelope["findings"]] == ["name.mismatch"]


def test_without_a_name_the_chain_alone_is_judged(certkit, issued):
    outcome = certkit("verify", "site.pem")
    assert outcome.code == 0
    assert outcome.out.startswith("yes: site.pem is a good certificate\n")
    assert "no name was checked" in outcome.err
    assert certkit("verify", "site.pem", "--json").data["name"] is None


def test_another_ca_is_trusted_only_when_it_is_named(certkit, folder, issued, other):
    ca, middle = other
    leaf = middle.issue("app.test")
    (folder / "chain.pem").write_bytes(leaf.chain_pem)
    (folder / "root.pem").write_bytes(ca.root.pem)
    ask = ("verify", "chain.pem", "--host", "app.test")
    assert certkit(*ask).code == 1
    good = certkit(*ask, "--ca", "root.pem")
    assert good.code == 0
    assert "trusted: root.pem" in good.out
    # Naming a CA takes the trust in the home's own away.
    assert certkit("verify", "site.pem", "--ip", "10.0.0.5", "--ca", "root.pem").code == 1


def test_intermediates_can_come_from_elsewhere(certkit, folder, other):
    ca, middle = other
    (folder / "leaf.pem").write_bytes(middle.issue("app.test").certificate.pem)
    (folder / "root.pem").write_bytes(ca.root.der)
    (folder / "middle.pem").write_bytes(middle.certificate.pem)
    ask = ("verify", "leaf.pem", "--host", "app.test", "--ca", "root.pem")
    bad = certkit(*ask, "--json").envelope
    assert [each["code"] for each in bad["findings"]] == ["chain.missing-intermediate"]
    assert certkit(*ask, "--untrusted", "middle.pem").code == 0


def test_a_home_without_a_ca_trusts_nothing_and_is_not_made(certkit, folder, other):
    (folder / "leaf.pem").write_bytes(other[0].issue("app.test").certificate.pem)
    outcome = certkit("verify", "leaf.pem", "--host", "app.test")
    assert outcome.code == 1
    assert "nothing is trusted" in outcome.err
    assert "chain.untrusted-root" in outcome.out
    assert not (folder.parent / "home").exists()


def test_an_old_root_is_told_from_a_foreign_one(certkit, folder):
    certkit("issue", "app.test")
    old = folder / "old.pem"
    old.write_bytes((folder.parent / "home" / "root.pem").read_bytes())
    certkit("ca", "permit", "dev.example.com")
    assert certkit("issue", "dev.example.com").code == 0
    ask = ("verify", "dev.example.com.pem", "--host", "dev.example.com")
    assert certkit(*ask).code == 0
    envelope = certkit(*ask, "--ca", old, "--json").envelope
    assert [each["code"] for each in envelope["findings"]] == ["chain.root-superseded"]


def test_the_key_must_belong_to_the_certificate(certkit, folder, issued, other):
    ask = ("verify", "site.pem", "--ip", "10.0.0.5", "--key")
    assert certkit(*ask, "site-key.pem").code == 0
    (folder / "other-key.pem").write_bytes(other[0].issue("app.test").key_pem)
    outcome = certkit(*ask, "other-key.pem", "--json")
    assert outcome.code == 1
    assert [each["code"] for each in outcome.envelope["findings"]] == ["files.key-mismatch"]
    assert outcome.data["verdict"] == "fail"
    assert certkit(*ask, "site.pem").code == 2


def test_a_key_in_the_same_file_is_compared_too(certkit, folder, issued, other):
    certificate = issued.read_bytes()
    own = (folder / "site-key.pem").read_bytes()
    (folder / "pair.pem").write_bytes(own + certificate)
    assert certkit("verify", "pair.pem", "--ip", "10.0.0.5").code == 0
    (folder / "pair.pem").write_bytes(other[0].issue("app.test").key_pem + certificate)
    assert "files.key-mismatch" in certkit("verify", "pair.pem", "--ip", "10.0.0.5").out


def test_a_pkcs12_is_opened_with_its_passphrase(certkit, folder, issued):
    (folder / "secret").write_text("sesame\n")
    files = ("site.pem", "site-key.pem", "--out", "site.p12")
    made = certkit("bundle", *files, "--passphrase-file", "secret")
    assert made.code == 0, made.err
    ask = ("verify", "site.p12", "--ip", "10.0.0.5")
    assert certkit(*ask, "--passphrase-file", "secret").code == 0
    refused = certkit(*ask)
    assert refused.code == 2
    assert "passphrase" in refused.err


def test_a_file_in_the_wrong_order_is_no_good_for_a_server(certkit, folder, other):
    ca, middle = other
    leaf = middle.issue("app.test")
    (folder / "root.pem").write_bytes(ca.root.pem)
    (folder / "upside-down.pem").write_bytes(middle.certificate.pem + leaf.certificate.pem)
    outcome = certkit("verify", "upside-down.pem", "--host", "app.test", "--ca", "root.pem")
    assert outcome.code == 1
    assert "files.leaf-not-first" in outcome.out


def test_another_moment_can_be_asked_about(certkit, issued):
    ask = ("verify", "site.pem", "--ip", "10.0.0.5", "--at")
    later = datetime.now(UTC) + timedelta(days=390)
    assert certkit(*ask, f"{later:%Y-%m-%d}").code == 0
    far = certkit(*ask, f"{later + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}", "--json")
    assert far.code == 1
    assert [each["code"] for each in far.envelope["findings"]] == ["validity.expired"]
    assert certkit(*ask, "tomorrow").code == 2


def test_strict_makes_errors_of_broken_rules(certkit, folder):
    ca = root("CN=Old Root", without=[x509.SubjectKeyIdentifier])
    (folder / "root.pem").write_bytes(ca.certificate.pem)
    (folder / "leaf.pem").write_bytes(ca.leaf("app.test").certificate.pem)
    ask = ("verify", "leaf.pem", "--host", "app.test", "--ca", "root.pem", "--at", "2026-06-01")
    assert certkit(*ask).code == 0
    assert certkit(*ask, "--strict").code == 1
    alone = self_signed("app.test")
    (folder / "alone.pem").write_bytes(alone.certificate.pem)
    own = ("verify", "alone.pem", "--host", "app.test", "--ca", "alone.pem", "--strict")
    assert certkit(*own).code == 0


def test_client_certificates_have_their_purpose(certkit):
    certkit("issue", "--client", "worker.test", "--cert-file", "w.pem", "--key-file", "k.pem")
    assert certkit("verify", "w.pem", "--purpose", "client").code == 0
    server = certkit("verify", "w.pem", "--json")
    assert server.code == 1
    assert [each["code"] for each in server.envelope["findings"]] == ["usage.eku-not-server"]
    assert certkit("verify", "w.pem", "--purpose", "lunch").code == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.pem"], "files.not-found"),
        (["site.pem", "--host", "a.test", "--ip", "10.0.0.5"], "usage.bad-arguments"),
        (["site.pem", "--ip", "a.test"], "name.ip-invalid"),
        (["site.pem", "--at", "31.01.2027"], "usage.bad-time"),
        (["site.pem", "--ca", "site-key.pem"], "files.no-certificate"),
        (["site-key.pem"], "files.no-certificate"),
        (["site.pem", "--connect", "10.0.0.5:443"], "usage.bad-arguments"),
        (["ws://app.test"], "url.bad-scheme"),
    ],
)
def test_bad_input_is_refused(certkit, issued, arguments, code):
    outcome = certkit("verify", *arguments, "--json")
    assert outcome.code == 2
    assert outcome.envelope["errors"][0]["code"] == code
    assert outcome.envelope["errors"][0]["hint"]


@pytest.mark.parametrize("name", ["", ".", "a..b", "*.dev.test", "10.0.0.300", "a b", "x" * 300])
def test_a_bad_name_is_a_no(certkit, issued, name):
    outcome = certkit("verify", "site.pem", "--host", name or " ", "--json")
    assert outcome.code == 1
    assert [each["code"] for each in outcome.envelope["findings"]] == ["name.mismatch"]


def test_hostile_text_does_not_reach_the_terminal(certkit, folder):
    evil = "evil\x1b[31m\r\nyes: all is good"
    ca = root(f"CN={evil}")
    leaf = ca.leaf("app.test", subject=f"CN={evil}")
    (folder / "evil.pem").write_bytes(leaf.certificate.pem + ca.certificate.pem)
    outcome = certkit("verify", "evil.pem", "--host", "app.test", "--at", "2026-06-01T12:00Z")
    assert outcome.code == 1
    assert "\x1b" not in outcome.out + outcome.err
    assert "\nyes: all is good" not in outcome.out


def test_what_each_client_says_can_be_asked_for(certkit, issued):
    from certkit.verify.clients import CLIENTS

    ask = ("verify", "site.pem", "--clients")
    rows = certkit(*ask, "--ip", "10.0.0.5", "--json").data["clients"]
    names = [client.name for client in CLIENTS]
    assert [row["client"] for row in rows] == names
    assert {row["verdict"] for row in rows} <= {"accept", "reject", "unknown"}
    shown = certkit(*ask, "--ip", "10.0.0.5").out
    lines = [
        line for line in shown.splitlines() if line.startswith(tuple(f"  {n} " for n in names))
    ]
    assert len(lines) == len(names)
    assert len({re.search(" (accept|reject|unknown)", line).start() for line in lines}) == 1
    assert certkit(*ask).code == 2
    assert certkit(*ask, "--ip", "10.0.0.5", "--purpose", "client").code == 2


# --- live servers ---


def test_a_live_server_is_judged_by_what_it_sends(certkit, folder, other):
    ca, middle = other
    (folder / "root.pem").write_bytes(ca.root.pem)
    issued = middle.issue("localhost", "127.0.0.1")
    with listening(speaking(server_context(issued))) as port:
        by_name = certkit("verify", f"wss://localhost:{port}/chat", "--ca", "root.pem", "--json")
        by_address = certkit("verify", f"https://127.0.0.1:{port}", "--ca", "root.pem")
        elsewhere = ("--connect", f"127.0.0.1:{port}", "--ca", "root.pem")
        wrong = certkit("verify", f"wss://app.test:{port}", *elsewhere, "--json")
        asked = certkit("verify", f"wss://127.0.0.1:{port}", "--host", "b.test", "--ca", "root.pem")
        unknown = certkit("verify", f"wss://127.0.0.1:{port}")
    assert by_name.code == 0
    assert (by_name.data["name"], by_name.data["matched_by"]) == ("localhost", "localhost")
    assert len(by_name.data["chain"]) == 3
    assert by_address.code == 0
    assert f"127.0.0.1:{port} sent 2 certificates (TLSv1.3)" in by_address.err
    assert (wrong.code, wrong.data["name"]) == (1, "app.test")
    assert "is not good for b.test" in asked.out
    assert unknown.code == 1


def test_a_server_that_keeps_its_intermediate_is_told_so(certkit, folder, other, tmp_path):
    ca, middle = other
    (folder / "root.pem").write_bytes(ca.root.pem)
    issued = middle.issue("localhost")
    context = server_context(issued)
    pair = tmp_path / "pair.pem"
    pair.write_bytes(issued.certificate_pem + issued.key_pem)
    context.load_cert_chain(pair)
    with listening(speaking(context)) as port:
        outcome = certkit("verify", f"wss://localhost:{port}", "--ca", "root.pem", "--json")
    assert [each["code"] for each in outcome.envelope["findings"]] == ["chain.missing-intermediate"]


def test_nobody_listening_is_the_environments_failure(certkit):
    outcome = certkit("verify", "wss://127.0.0.1:1", "--json")
    assert outcome.code == 3
    assert outcome.envelope["errors"][0]["code"] == "tcp.refused"


def test_the_systems_roots_are_trusted_only_when_asked(certkit, folder, other, monkeypatch):
    ca, _ = other
    store = folder / "store.pem"
    store.write_bytes(ca.root.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    (folder / "leaf.pem").write_bytes(ca.issue("app.test").certificate.pem)
    ask = ("verify", "leaf.pem", "--host", "app.test")
    assert certkit(*ask).code == 1
    trusted = certkit(*ask, "--system")
    assert trusted.code == 0
    assert "trusted: this machine's roots" in trusted.out
    store.unlink()
    monkeypatch.setenv("SSL_CERT_DIR", str(folder / "nowhere"))
    assert certkit(*ask, "--system").code == 3
