"""Every format read by its real consumers, and theirs by us; no wrong passphrase opens one."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certkit import CertificateAuthority, CertkitError, Issued
from certkit.pki import formats
from certkit.pki.keys import dump_private_key, load_private_key, same_public_key
from certkit.pki.load import read_contents
from tests.e2e.verifiers_server import ManyCertificates
from tests.e2e.wss import free_port
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Callable

STORES = Path(__file__).parent / "clients" / "Stores.java"
PASSPHRASE = "tulip and 1 rose"
JAVAS = ["java", "java-wheel"]
KINDS = ["p256", "rsa2048"]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str


def run(*command: object, stdin: str = "", cwd: Path | None = None) -> Ran:
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        env=clean_env() | {"LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
        cwd=cwd,
    )
    return Ran(done.returncode, done.stdout)


@dataclass(frozen=True)
class Site:
    """One certificate in every format, in a folder."""

    folder: Path
    issued: Issued
    ca: CertificateAuthority

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="module", params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return made(tmp_path_factory.mktemp("site"), request.param)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return made(tmp_path_factory.mktemp("one"), "p256")


def made(folder: Path, kind: str) -> Site:
    ca = CertificateAuthority.create().intermediate()
    issued = ca.issue("localhost", "127.0.0.1", key=kind)
    secret = PASSPHRASE.encode()
    contents = {
        "cert.pem": issued.certificate_pem,
        "cert.der": issued.certificate.der,
        "chain.pem": issued.chain_pem,
        "root.pem": ca.root.pem,
        "key.pem": issued.key_pem,
        "sealed.pem": dump_private_key(issued.key, secret),
        "keychain.pem": formats.key_and_chain(issued.key, issued.chain),
        "site.p12": formats.pkcs12(
            issued.key, issued.chain, passphrase=secret, name="My Site", salt=bytes(16)
        ),
        "trust.p12": formats.java_truststore(
            [ca.root, CertificateAuthority.create().root], passphrase=secret
        ),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "secret").write_text(PASSPHRASE + "\n")
    return Site(folder, issued, ca)


# --- OpenSSL ----------------------------------------------------------------------------------


def openssl(*words: object, stdin: str = "") -> Ran:
    return run(program("openssl"), *words, stdin=stdin)


def test_openssl_opens_the_pkcs12_and_finds_everything_in_it(site: Site) -> None:
    given = ["pkcs12", "-in", site["site.p12"], "-nodes", "-passin", f"pass:{PASSPHRASE}"]
    answer = openssl(*given)
    assert answer.code == 0, answer.out
    found = read_contents(answer.out.encode())
    assert found.certificates == site.issued.chain
    assert same_public_key(found.keys[0].public_key(), site.issued.key.public_key())
    assert "friendlyName: My Site" in answer.out


def test_openssl_sees_modern_encryption_and_one_price_for_all_of_it(site: Site) -> None:
    given = ["pkcs12", "-in", site["site.p12"], "-info", "-noout", "-passin", f"pass:{PASSPHRASE}"]
    said = openssl(*given).out
    assert "MAC: sha256, Iteration 600000" in said
    assert said.count("PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256") == 2


def test_openssl_refuses_the_pkcs12_without_its_passphrase(site: Site) -> None:
    for wrong in ("pass:Tulip", "pass:"):
        answer = openssl("pkcs12", "-in", site["site.p12"], "-noout", "-passin", wrong)
        assert answer.code != 0
        assert "invalid password" in answer.out.lower()


def test_openssl_opens_the_encrypted_key_with_its_passphrase_only(site: Site) -> None:
    opened = openssl("pkey", "-in", site["sealed.pem"], "-passin", f"pass:{PASSPHRASE}")
    assert opened.code == 0, opened.out
    key = load_private_key(opened.out.encode())
    assert same_public_key(key.public_key(), site.issued.key.public_key())
    assert openssl("pkey", "-in", site["sealed.pem"], "-passin", "pass:Tulip").code != 0


def test_openssl_reads_the_der(site: Site) -> None:
    said = openssl("x509", "-in", site["cert.der"], "-inform", "DER", "-noout", "-fingerprint")
    assert said.code == 0
    assert openssl("x509", "-in", site["cert.pem"], "-inform", "DER", "-noout").code != 0


# --- GnuTLS -----------------------------------------------------------------------------------


def certtool(*words: object) -> Ran:
    return run(program("certtool"), *words)


def test_gnutls_opens_the_pkcs12_with_its_passphrase_only(site: Site) -> None:
    given = ["--p12-info", "--inder", "--infile", site["site.p12"], "--password"]
    answer = certtool(*given, PASSPHRASE)
    assert answer.code == 0, answer.out
    assert answer.out.count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE KEY" in answer.out
    refused = certtool(*given, "Tulip")
    assert refused.code != 0 or "BEGIN" not in refused.out


def test_gnutls_opens_the_encrypted_key_with_its_passphrase_only(site: Site) -> None:
    given = ["--key-info", "--infile", site["sealed.pem"], "--password"]
    answer = certtool(*given, PASSPHRASE)
    assert answer.code == 0, answer.out
    assert "Public Key ID" in answer.out
    assert certtool(*given, "Tulip").code != 0


# --- Java -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classes")
    answer = run(program("javac"), "--release", "17", "-d", folder, STORES)
    assert answer.code == 0, answer.out
    return folder


@pytest.fixture(params=JAVAS)
def java(request: pytest.FixtureRequest, classes: Path) -> list[str]:
    return [program(request.param), "-cp", str(classes)]


def test_java_finds_the_key_and_its_chain_under_the_name(java, site: Site) -> None:
    answer = run(*java, "Stores", "list", site["site.p12"], PASSPHRASE)
    kind = "RSA" if "RSA" in str(type(site.issued.key)) else "EC"
    assert answer == Ran(0, f"key\tmy site\t{kind}\t2\n")


def test_java_finds_trust_anchors_and_not_just_certificates(java, one: Site) -> None:
    answer = run(*java, "Stores", "list", one["trust.p12"], PASSPHRASE)
    lines = answer.out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["trusted", "trusted"], answer.out
    assert lines[0].endswith(one.ca.root.sha256[:8])


@pytest.mark.parametrize("store", ["site.p12", "trust.p12"])
def test_java_refuses_both_stores_with_another_passphrase(java, one: Site, store: str) -> None:
    for wrong in ("Tulip", ""):
        answer = run(*java, "Stores", "list", one[store], wrong)
        assert (answer.code, answer.out.startswith("refuse")) == (1, True), answer.out


@pytest.fixture
def port(one: Site):
    with ManyCertificates() as servers:
        yield servers.serve(one["chain.pem"], one["key.pem"])


def trusting(store: Path, passphrase: str | None) -> list[str]:
    given = [f"-Djavax.net.ssl.trustStore={store}"]
    return [*given, f"-Djavax.net.ssl.trustStorePassword={passphrase}"] if passphrase else given


def test_a_java_client_connects_with_the_truststore(java, one: Site, port: int) -> None:
    trust = trusting(one["trust.p12"], PASSPHRASE)
    assert run(*java, *trust, "Stores", "connect", "localhost", port) == Ran(0, "accept\n")


@pytest.mark.parametrize(
    ("store", "passphrase", "words"),
    [
        ("trust.p12", None, "the trustAnchors parameter must be non-empty"),
        ("trust.p12", "Tulip", "problem accessing trust store"),
        ("stranger.p12", PASSPHRASE, "unable to find valid certification path"),
        ("plain.p12", PASSPHRASE, "the trustAnchors parameter must be non-empty"),
    ],
    ids=["no passphrase", "wrong passphrase", "another root", "an ordinary PKCS#12"],
)
def test_a_java_client_does_not_connect_without_it(
    java, one: Site, port: int, tmp_path: Path, store: str, passphrase: str | None, words: str
) -> None:
    stranger = CertificateAuthority.create().root
    (tmp_path / "trust.p12").write_bytes(one["trust.p12"].read_bytes())
    (tmp_path / "stranger.p12").write_bytes(
        formats.java_truststore([stranger], passphrase=PASSPHRASE.encode())
    )
    given = ["pkcs12", "-export", "-nokeys", "-in", one["root.pem"], "-out", tmp_path / "plain.p12"]
    assert openssl(*given, "-passout", f"pass:{PASSPHRASE}").code == 0
    trust = trusting(tmp_path / store, passphrase)
    answer = run(*java, *trust, "Stores", "connect", "localhost", port)
    assert answer.code == 1
    assert words in answer.out


def greet(port: int, root: Path) -> bytes:
    """Talk to a TLS server as a client that trusts ``root`` alone; ssl.SSLError if it cannot."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(root)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(b"hello")
        return secure.recv(2)


def served_by(command: list[object], root: Path) -> bytes:
    """Start a server that prints its port and answers one client ``ok``."""
    words = [str(word) for word in command]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=clean_env(), text=True) as server:
        try:
            assert server.stdout is not None
            return greet(int(server.stdout.readline()), root)
        finally:
            server.kill()


def test_a_java_server_serves_the_chain_from_the_pkcs12(java, site: Site) -> None:
    command = [*java, "Stores", "serve", site["site.p12"], PASSPHRASE]
    assert served_by(command, site["root.pem"]) == b"ok"


def test_keytool_lists_both_stores_and_neither_with_another_passphrase(one: Site) -> None:
    keytool = [program("keytool"), "-J-Duser.language=en", "-list", "-keystore"]
    said = run(*keytool, one["site.p12"], "-storepass", PASSPHRASE).out
    assert "my site" in said
    assert "PrivateKeyEntry" in said
    said = run(*keytool, one["trust.p12"], "-storepass", PASSPHRASE).out
    assert said.count("trustedCertEntry") == 2
    assert run(*keytool, one["trust.p12"], "-storepass", "Tulip1").code != 0


def test_java_could_not_open_a_passphrase_outside_ascii(java, one: Site, tmp_path: Path) -> None:
    # The reason for files.passphrase-not-ascii; should Java learn it, the refusal can go.
    path = tmp_path / "umlaut.p12"
    given = ["pkcs12", "-export", "-in", one["cert.pem"], "-inkey", one["key.pem"], "-out", path]
    assert openssl(*given, "-passout", "pass:tülip").code == 0
    for encoding in ("UTF-8", "ISO-8859-1"):
        words = ["Stores", "list", path, "tülip"]
        assert run(*java, f"-Dsun.jnu.encoding={encoding}", *words).code == 1


# --- Node -------------------------------------------------------------------------------------

NODE_SERVER = """
const [pfx, passphrase] = process.argv.slice(1);
const server = require("tls").createServer(
  { pfx: require("fs").readFileSync(pfx), passphrase },
  (socket) => { socket.on("error", () => {}); socket.on("data", () => socket.end("ok")); });
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""
NODE_KEY = """
const [file, passphrase] = process.argv.slice(1);
const key = { key: require("fs").readFileSync(file), passphrase };
console.log(require("crypto").createPrivateKey(key).asymmetricKeyType);
"""


@pytest.fixture(params=["node", "node-wheel"])
def node(request: pytest.FixtureRequest) -> list[str]:
    return [program(request.param), "-e"]


def test_a_node_server_serves_the_chain_from_the_pkcs12(node, site: Site) -> None:
    command = [*node, NODE_SERVER, site["site.p12"], PASSPHRASE]
    assert served_by(command, site["root.pem"]) == b"ok"


def test_a_node_server_does_not_start_with_another_passphrase(node, site: Site) -> None:
    answer = run(*node, NODE_SERVER, site["site.p12"], "Tulip")
    assert answer.code != 0
    assert "mac verify failure" in answer.out


def test_node_opens_the_encrypted_key_with_its_passphrase_only(node, site: Site) -> None:
    kind = "rsa" if "RSA" in str(type(site.issued.key)) else "ec"
    assert run(*node, NODE_KEY, site["sealed.pem"], PASSPHRASE) == Ran(0, f"{kind}\n")
    assert "bad decrypt" in run(*node, NODE_KEY, site["sealed.pem"], "Tulip").out


# --- Servers and the check that they do not make ----------------------------------------------


def nginx_test(folder: Path, certificate: Path, key: Path) -> Ran:
    (folder / "nginx.conf").write_text(
        f"pid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{ access_log off;\n"
        f"server {{ listen 127.0.0.1:{free_port()} ssl; ssl_certificate {certificate};\n"
        f"ssl_certificate_key {key}; }} }}\n"
    )
    return run(program("nginx"), "-t", "-p", folder, "-c", folder / "nginx.conf")


def test_nginx_takes_key_and_chain_from_one_file(site: Site, tmp_path: Path) -> None:
    answer = nginx_test(tmp_path, site["keychain.pem"], site["keychain.pem"])
    assert answer.code == 0, answer.out


def test_haproxy_takes_key_and_chain_from_one_file(site: Site, tmp_path: Path) -> None:
    config = tmp_path / "haproxy.cfg"

    def says(bundle: Path) -> Ran:
        config.write_text(
            "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n"
            f"  timeout server 1s\nfrontend f\n  bind 127.0.0.1:{free_port()} ssl crt {bundle}\n"
        )
        return run(program("haproxy"), "-c", "-f", config)

    assert says(site["keychain.pem"]).code == 0
    assert says(site["chain.pem"]).code != 0


def test_python_serves_from_one_file(site: Site) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(site["keychain.pem"])
    with pytest.raises(ssl.SSLError):
        context.load_cert_chain(site["chain.pem"])


def certkit(*words: object) -> Ran:
    return run(sys.executable, "-m", "certkit", *words)


def test_certkit_sees_the_wrong_key_of_another_type_that_nginx_passes(tmp_path: Path) -> None:
    ca = CertificateAuthority.create()
    ec, rsa = ca.issue("localhost"), ca.issue("localhost", key="rsa2048")
    (tmp_path / "ec.pem").write_bytes(ec.chain_pem)
    (tmp_path / "rsa-key.pem").write_bytes(rsa.key_pem)
    given = (tmp_path / "ec.pem", tmp_path / "rsa-key.pem")
    assert nginx_test(tmp_path, *given).code == 0
    answer = certkit("bundle", *given, "--check", "--json")
    assert answer.code == 1
    assert json.loads(answer.out)["findings"][0]["code"] == "files.key-mismatch"


def test_certkit_repairs_the_order_that_nginx_refuses(one: Site, tmp_path: Path) -> None:
    backwards = tmp_path / "backwards.pem"
    backwards.write_bytes(b"".join(each.pem for each in reversed(one.issued.chain)))
    assert "key values mismatch" in nginx_test(tmp_path, backwards, one["key.pem"]).out
    assert certkit("bundle", backwards, "--check", one["key.pem"]).code == 1
    assert certkit("bundle", backwards, "--out", tmp_path / "good.pem").code == 0
    assert nginx_test(tmp_path, tmp_path / "good.pem", one["key.pem"]).code == 0


# --- What others wrote ------------------------------------------------------------------------


def made_by_openssl(site: Site, out: Path, *more: str) -> None:
    given = ["pkcs12", "-export", "-in", site["chain.pem"], "-inkey", site["key.pem"]]
    answer = openssl(*given, "-out", out, "-passout", f"pass:{PASSPHRASE}", *more)
    assert answer.code == 0, answer.out


def made_by_certtool(site: Site, out: Path) -> None:
    given = ["--to-p12", "--outder", "--p12-name", "site", "--password", PASSPHRASE]
    files = ["--load-certificate", site["chain.pem"], "--load-privkey", site["key.pem"]]
    answer = certtool(*given, *files, "--outfile", out)
    assert answer.code == 0, answer.out


def made_by_keytool(site: Site, out: Path) -> None:
    keytool = [program("keytool"), "-importkeystore", "-noprompt", "-deststoretype", "pkcs12"]
    source = ["-srckeystore", site["site.p12"], "-srcstorepass", PASSPHRASE]
    answer = run(*keytool, *source, "-destkeystore", out, "-deststorepass", PASSPHRASE)
    assert answer.code == 0, answer.out


def made_by_nss(site: Site, out: Path) -> None:
    """Takes our PKCS#12 in and writes its own."""
    pk12util, certutil = program("pk12util"), program("certutil")
    database = f"sql:{out.parent}"
    assert run(certutil, "-N", "-d", database, "--empty-password").code == 0
    taken = run(pk12util, "-i", site["site.p12"], "-d", database, "-W", PASSPHRASE)
    assert taken.code == 0, taken.out
    written = run(pk12util, "-o", out, "-n", "My Site", "-d", database, "-W", PASSPHRASE)
    assert written.code == 0, written.out


OTHERS: dict[str, Callable[[Site, Path], None]] = {
    "openssl": made_by_openssl,
    "openssl -legacy (RC2, 3DES)": lambda site, out: made_by_openssl(site, out, "-legacy"),
    "openssl, SHA-512": lambda site, out: made_by_openssl(site, out, "-macalg", "sha512"),
    "certtool": made_by_certtool,
    "keytool": made_by_keytool,
    "NSS": made_by_nss,
}


@pytest.mark.parametrize("maker", OTHERS)
def test_a_pkcs12_of_another_tool_is_read_with_its_passphrase_only(
    one: Site, tmp_path: Path, maker: str
) -> None:
    path = tmp_path / "theirs.p12"
    OTHERS[maker](one, path)
    found = read_contents(path.read_bytes(), passphrase=PASSPHRASE.encode())
    assert found.findings == ()
    assert set(found.certificates) == set(one.issued.chain)
    assert same_public_key(found.keys[0].public_key(), one.issued.key.public_key())
    for wrong in (None, b"Tulip"):
        assert read_contents(path.read_bytes(), passphrase=wrong).locked is not None


def test_a_truststore_of_keytool_is_read(one: Site, tmp_path: Path) -> None:
    path = tmp_path / "theirs.p12"
    given = ["-importcert", "-noprompt", "-alias", "root", "-file", one["root.pem"]]
    answer = run(program("keytool"), *given, "-keystore", path, "-storepass", PASSPHRASE)
    assert answer.code == 0, answer.out
    found = read_contents(path.read_bytes(), passphrase=PASSPHRASE.encode())
    assert found.certificates == (one.ca.root,)


def test_a_jks_is_named_and_its_hint_converts_it(one: Site, tmp_path: Path) -> None:
    path = tmp_path / "FILE"
    given = ["-importcert", "-noprompt", "-alias", "root", "-file", one["root.pem"]]
    given += ["-storetype", "JKS", "-keystore", path, "-storepass", PASSPHRASE]
    assert run(program("keytool"), *given).code == 0
    with pytest.raises(CertkitError, match="keytool -importkeystore") as caught:
        read_contents(path.read_bytes())
    words = caught.value.message.partition("keytool ")[2].split()
    passphrases = ["-srcstorepass", PASSPHRASE, "-deststorepass", PASSPHRASE, "-noprompt"]
    assert run(program("keytool"), *words, *passphrases, cwd=tmp_path).code == 0
    found = read_contents((tmp_path / "NEW.p12").read_bytes(), passphrase=PASSPHRASE.encode())
    assert found.certificates == (one.ca.root,)


@pytest.mark.parametrize("cipher", ["-aes128", "-aes256", "-des3"])
def test_a_key_that_openssl_encrypted_the_old_way_is_read(
    one: Site, tmp_path: Path, cipher: str
) -> None:
    path = tmp_path / "old.pem"
    given = ["ec", "-in", one["key.pem"], cipher, "-passout", f"pass:{PASSPHRASE}", "-out", path]
    assert openssl(*given).code == 0
    assert b"DEK-Info" in path.read_bytes()
    found = read_contents(path.read_bytes(), passphrase=PASSPHRASE.encode())
    assert same_public_key(found.keys[0].public_key(), one.issued.key.public_key())
    assert read_contents(path.read_bytes(), passphrase=b"Tulip").locked is not None


def test_what_openssl_writes_around_and_inside_pem_is_read(one: Site, tmp_path: Path) -> None:
    text = openssl("x509", "-in", one["cert.pem"], "-text").out
    trusted = openssl("x509", "-in", one["cert.pem"], "-trustout", "-addtrust", "serverAuth").out
    bag = openssl("pkcs12", "-in", one["site.p12"], "-nodes", "-passin", f"pass:{PASSPHRASE}").out
    pkcs7 = openssl("crl2pkcs7", "-nocrl", "-certfile", one["chain.pem"]).out
    ecparam = openssl("ecparam", "-name", "prime256v1", "-genkey").out
    assert "BEGIN TRUSTED CERTIFICATE" in trusted
    for written in (text, trusted):
        assert read_contents(written.encode()).certificates == (one.issued.certificate,)
    assert len(read_contents(bag.encode()).keys) == 1
    assert read_contents(pkcs7.encode()).certificates == one.issued.chain
    found = read_contents(ecparam.encode())
    assert (len(found.keys), found.findings) == (1, ())


def test_a_pkcs12_of_mkcert_is_read(tmp_path: Path) -> None:
    environment = clean_env() | {"CAROOT": str(tmp_path), "TRUST_STORES": "none"}
    path = tmp_path / "mkcert.p12"
    command = [program("mkcert"), "-pkcs12", "-p12-file", str(path), "localhost"]
    subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60)
    found = read_contents(path.read_bytes(), passphrase=b"changeit")
    assert [name.value for name in found.certificates[0].names] == ["localhost"]
    assert len(found.keys) == 1
