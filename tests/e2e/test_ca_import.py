"""certkit ca import: roots that the other tools really make, and what real clients say then."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certkit import Certificate
from tests.e2e.throwaway_system import System
from tests.e2e.verifiers import VERIFIERS, Question
from tests.e2e.verifiers_server import ManyCertificates
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Callable

PASSPHRASE = "correct horse"


def made_by(command: list[str | Path], folder: Path, **more: str) -> None:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=clean_env() | {"HOME": str(folder)} | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def mkcert(folder: Path) -> Path:
    command = [program("mkcert"), "-cert-file", "x.pem", "-key-file", "x.key", "localhost"]
    made_by(command, folder, CAROOT=str(folder / "CA root"), TRUST_STORES="nss")
    return folder / "CA root"


def minica(folder: Path) -> Path:
    """Its layout and its profile, by OpenSSL: Debian's program of that name is another."""
    names = ["-keyout", "minica-key.pem", "-out", "minica.pem"]
    extensions = ["-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"]
    extensions += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign,cRLSign"]
    extensions += ["-addext", "extendedKeyUsage=serverAuth,clientAuth"]
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes"]
    subject = ["-subj", "/CN=minica root ca 1a2b3c", "-days", "36500"]
    made_by([program("openssl"), *new, *subject, *extensions, *names], folder)
    return folder


def caddy(folder: Path) -> Path:
    """It makes its CA when it starts; told not to install it anywhere."""
    config = {
        "admin": {"disabled": True},
        "storage": {"module": "file_system", "root": str(folder / "caddy")},
        "apps": {"pki": {"certificate_authorities": {"local": {"install_trust": False}}}},
    }
    (folder / "caddy.json").write_text(json.dumps(config))
    process = subprocess.Popen(
        [program("caddy"), "run", "--config", "caddy.json"],
        cwd=folder,
        env=clean_env() | {"HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    root = folder / "caddy/pki/authorities/local/root.key"
    until = time.monotonic() + 30
    while not (root.exists() and root.stat().st_size) and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    return folder / "caddy"


def easy_rsa(folder: Path) -> Path:
    easyrsa = program("easy-rsa")
    made_by([easyrsa, "init-pki"], folder)
    made_by([easyrsa, "--batch", "--req-cn=Easy CA", "build-ca", "nopass"], folder)
    return folder


def easy_rsa_encrypted(folder: Path) -> Path:
    easyrsa = program("easy-rsa")
    made_by([easyrsa, "init-pki"], folder)
    phrase = f"pass:{PASSPHRASE}"
    made_by([easyrsa, "--batch", f"--passout={phrase}", f"--passin={phrase}", "build-ca"], folder)
    return folder / "pki"


def step(folder: Path) -> Path:
    """Its layout and its encryption of keys, RFC 1421's, by OpenSSL: step itself is not here."""
    (folder / "certs").mkdir()
    (folder / "secrets").mkdir()
    openssl = program("openssl")
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    extensions = ["-addext", "basicConstraints=critical,CA:TRUE,pathlen:1"]
    extensions += ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    files = ["-keyout", "plain.key", "-out", "certs/root_ca.crt", "-days", "3650"]
    made_by([openssl, *new, "-subj", "/CN=Smallstep Root CA", *extensions, *files], folder)
    encrypt = ["-aes256", "-in", "plain.key", "-out", "secrets/root_ca_key"]
    made_by([openssl, "ec", *encrypt, "-passout", f"pass:{PASSPHRASE}"], folder)
    assert "DEK-Info" in (folder / "secrets/root_ca_key").read_text()
    (folder / "plain.key").unlink()
    return folder


# Tool -> (how it makes its CA, whether its key is encrypted, the findings).
TOOLS: dict[str, tuple[Callable[[Path], Path], bool, set[str]]] = {
    "mkcert": (mkcert, False, {"ca.unconstrained", "ca.no-intermediate"}),
    "minica": (minica, False, {"ca.unconstrained", "ca.no-intermediate"}),
    "caddy": (caddy, False, {"ca.unconstrained"}),
    "easy-rsa": (easy_rsa, False, {"ca.unconstrained", "chain.strict-profile"}),
    "easy-rsa encrypted": (easy_rsa_encrypted, True, {"ca.unconstrained", "chain.strict-profile"}),
    "step": (step, True, {"ca.unconstrained"}),
}


@pytest.fixture
def person(tmp_path: Path) -> System:
    home = tmp_path / "ada"
    home.mkdir()
    (home / "passphrase").write_text(PASSPHRASE + "\n")
    return System(None, home)


def source_of(tool: str, folder: Path) -> Path:
    made = folder / tool
    made.mkdir()
    return TOOLS[tool][0](made)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_root_is_taken_over_signs_and_is_believed(
    tool: str, person: System, tmp_path: Path
) -> None:
    source = source_of(tool, tmp_path)
    _, encrypted, expected = TOOLS[tool]
    phrase = ["--passphrase-file", str(person.home / "passphrase")] if encrypted else []
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}

    done = person.certkit("ca", "import", str(source), *phrase, "--json")
    assert done.code == 0, done.err + done.out
    envelope = done.envelope
    assert {finding["code"] for finding in envelope["findings"]} == expected
    assert envelope["data"]["constraints"] is None
    key = Path(envelope["data"]["files"]["key"])
    assert key.stat().st_mode & 0o777 == 0o600
    assert (b"ENCRYPTED" in key.read_bytes()) == encrypted
    assert {path: path.read_bytes() for path in before} == before

    issued = person.certkit("issue", "localhost", *phrase, "--out", str(person.home), "--json")
    assert issued.code == 0, issued.err
    files = issued.envelope["data"]["files"]
    roots = [path for path in before if path.name in ("rootCA.pem", "minica.pem")]
    roots += [path for path in before if path.name in ("root.crt", "root_ca.crt", "ca.crt")]
    assert Certificate.from_pem(roots[0].read_bytes()) == Certificate.from_pem(
        Path(envelope["data"]["files"]["certificate"]).read_bytes()
    )
    chain = Path(files["certificate"])
    with ManyCertificates() as server:
        port = server.serve(chain, Path(files["key"]))
        question = Question(port, "localhost", roots[0], chain)
        for client in ("curl", "python", "gnutls"):
            (verdict,) = VERIFIERS[client].judge([question])
            assert verdict.accepted, f"{client}: {verdict.words}"
        (verdict,) = VERIFIERS["python-strict"].judge([question])
        assert verdict.accepted == ("chain.strict-profile" not in expected), verdict.words


def test_an_encrypted_root_needs_its_passphrase(person: System, tmp_path: Path) -> None:
    source = source_of("step", tmp_path)
    done = person.certkit("ca", "import", str(source), "--json")
    assert done.code == 2
    assert done.envelope["errors"][0]["code"] == "passphrase.not-given"
    (person.home / "passphrase").write_text("wrong")
    phrase = ["--passphrase-file", str(person.home / "passphrase")]
    done = person.certkit("ca", "import", str(source), *phrase, "--json")
    assert done.code == 2
    assert done.envelope["errors"][0]["code"] == "files.encrypted-key"
    assert not (person.home / "ca/root.pem").exists()


def test_what_mkcert_installed_is_seen_and_can_be_taken_out(person: System, tmp_path: Path) -> None:
    database = person.home / ".pki/nssdb"
    database.mkdir(parents=True)
    made_by([program("certutil"), "-N", "-d", f"sql:{database}", "--empty-password"], database)
    environment = {"CAROOT": str(tmp_path / "caroot"), "TRUST_STORES": "nss"}
    (tmp_path / "caroot").mkdir()
    made_by([program("mkcert"), "-install"], person.home, **environment)
    assert person.certkit("ca", "import", str(tmp_path / "caroot")).code == 0
    assert person.certkit("trust", "status", "--store", "nss").code == 0
    done = person.certkit("trust", "install", "--store", "nss", "--dry-run", "--json")
    assert [row["left"] for row in done.envelope["data"]["stores"]] == [[]]
    assert person.certkit("trust", "uninstall", "--store", "nss").code == 0
    assert person.certkit("trust", "status", "--store", "nss").code == 1


# ---- refusals ------------------------------------------------------------------------------------


def test_a_home_with_a_ca_takes_no_second(person: System, tmp_path: Path) -> None:
    assert person.certkit("ca", "init").code == 0
    before = (person.home / "ca/root.pem").read_bytes()
    done = person.certkit("ca", "import", str(source_of("minica", tmp_path)), "--json")
    assert done.code == 2
    assert done.envelope["errors"][0]["code"] == "home.ca-exists"
    assert (person.home / "ca/root.pem").read_bytes() == before


def test_a_key_that_was_put_away_is_asked_for(person: System, tmp_path: Path) -> None:
    source = source_of("minica", tmp_path)
    kept = (source / "minica-key.pem").rename(tmp_path / "kept.key")
    done = person.certkit("ca", "import", str(source), "--json")
    assert (done.code, done.envelope["errors"][0]["code"]) == (2, "ca.no-key")
    assert "minica-key.pem" in done.envelope["errors"][0]["message"]
    assert person.certkit("ca", "import", str(source), "--key", str(kept)).code == 0


def test_what_is_not_there_is_not_taken_for_a_certificate(person: System, tmp_path: Path) -> None:
    done = person.certkit("ca", "import", str(tmp_path / "nothing"), "--json")
    assert (done.code, done.envelope["errors"][0]["code"]) == (2, "files.not-found")


def test_a_key_of_another_root_is_refused(person: System, tmp_path: Path) -> None:
    one, two = source_of("mkcert", tmp_path), source_of("minica", tmp_path)
    done = person.certkit(
        *("ca", "import", str(one / "rootCA.pem"), "--key", str(two / "minica-key.pem"), "--json")
    )
    assert done.code == 2
    assert done.envelope["errors"][0]["code"] == "files.key-mismatch"
    assert not (person.home / "ca").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["."], "ca.unknown-layout"),
        (["rootCA.pem"], "ca.no-key"),
        (["nothing.pem", "--key", "rootCA-key.pem"], "files.not-found"),
        (["rootCA-key.pem", "--key", "rootCA-key.pem"], "files.wrong-format"),
        (["x.pem", "--key", "x.key"], "chain.issuer-not-ca"),
    ],
)
def test_what_is_no_root_is_refused_with_a_reason(
    person: System, tmp_path: Path, arguments: list[str], code: str
) -> None:
    made = source_of("mkcert", tmp_path)
    with contextlib.chdir(made if arguments != ["."] else person.home):
        for name in ("x.pem", "x.key"):
            (made / name).write_bytes((made.parent / name).read_bytes())
        arguments = [
            str(made / one) if one.endswith((".pem", ".key")) else one for one in arguments
        ]
        done = person.certkit("ca", "import", *arguments, "--json")
    assert done.code == 2, done.out
    assert done.envelope["errors"][0]["code"] == code
    assert not (person.home / "ca").exists()


def test_an_intermediate_is_no_root(person: System, tmp_path: Path) -> None:
    source = source_of("caddy", tmp_path) / "pki/authorities/local"
    done = person.certkit(
        *("ca", "import", str(source / "intermediate.crt")),
        *("--key", str(source / "intermediate.key"), "--json"),
    )
    assert done.code == 2
    assert done.envelope["errors"][0]["code"] == "ca.not-a-root"
