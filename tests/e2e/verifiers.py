"""The real verifiers: each says accept or refuse, in its own words, for a batch of questions.

A question is a handshake with a loopback port under a reference identifier and one trust anchor.
Nothing is resolved: every client dials 127.0.0.1 and is told the name to verify. A client that
cannot even connect raises; it has given no verdict.
"""

from __future__ import annotations

import functools
import ipaddress
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509 import verification

import certkit
from certkit.findings import Severity
from certkit.pki.certificate import Certificate
from tests.e2e import browsers
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

CLIENTS = Path(__file__).parent / "clients"
CACHE = Path(__file__).parents[2] / ".cache"  # what compilers keep between runs
TIMEOUT = 120


class Why(Enum):
    """Why a verifier must refuse."""

    NAME = "the reference identifier is not presented"
    UNTRUSTED = "no path to the trust anchor"
    CONSTRAINT = "the name is outside the CA's name constraints"
    PURPOSE = "the certificate is for the other side of the connection"
    KEY = "the kind of key is not supported"


@dataclass(frozen=True, slots=True)
class Question:
    """One handshake: ``chain`` is what the port serves, for verifiers that read files."""

    port: int
    name: str
    roots: Path
    chain: Path

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The name as an address; None for a DNS name."""
        try:
            return ipaddress.ip_address(self.name)
        except ValueError:
            return None

    @property
    def url(self) -> str:
        host = f"[{self.name}]" if ":" in self.name else self.name
        return f"https://{host}:{self.port}/"


@dataclass(frozen=True, slots=True)
class Verdict:
    accepted: bool
    words: str


@dataclass(frozen=True, slots=True)
class Verifier:
    """``words`` are the patterns that a refusal must match, by its reason."""

    judge: Callable[[Sequence[Question]], list[Verdict]]
    words: dict[Why, str]


def _environment() -> dict[str, str]:
    quiet = {"DENO_NO_UPDATE_CHECK": "1", "DENO_DIR": str(CACHE / "deno"), "LC_ALL": "C"}
    return clean_env() | quiet | {"HOME": tempfile.gettempdir()}


# ---- clients that take a batch on standard input -------------------------------------------------


def _batch(command: list[str], questions: Sequence[Question]) -> list[Verdict]:
    asked = "".join(f"{q.port}\t{q.name}\t{q.roots}\n" for q in questions)
    done = subprocess.run(
        command,
        input=asked,
        env=_environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )
    answers = [line.split("\t", 1) for line in done.stdout.splitlines()]
    if done.returncode or len(answers) != len(questions):
        raise RuntimeError(f"{command} answered {len(answers)}/{len(questions)}: {done.stderr}")
    return [Verdict(verdict == "accept", words) for verdict, words in answers]


def _python(peer: str | None, *flags: str) -> Callable[[Sequence[Question]], list[Verdict]]:
    def judge(questions: Sequence[Question]) -> list[Verdict]:
        interpreter = program(peer) if peer else sys.executable
        return _batch([interpreter, str(CLIENTS / "client.py"), *flags], questions)

    return judge


def _node(peer: str) -> Callable[[Sequence[Question]], list[Verdict]]:
    return lambda questions: _batch([program(peer), str(CLIENTS / "client.mjs")], questions)


def _deno(questions: Sequence[Question]) -> list[Verdict]:
    allowed = ["--no-remote", "--no-config", "--allow-read", "--allow-net=127.0.0.1"]
    return _batch([program("deno"), "run", *allowed, str(CLIENTS / "client.deno.mjs")], questions)


def _go(questions: Sequence[Question]) -> list[Verdict]:
    go = program("go")
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment() | {
            "GO111MODULE": "off",  # one file, the standard library, no network
            "GOCACHE": str(CACHE / "go-build"),
            "GOFLAGS": "",
            "GOPATH": folder,
            "GOTOOLCHAIN": "local",
        }
        client = Path(folder, "client")
        command = [go, "build", "-o", str(client), str(CLIENTS / "client.go")]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=TIMEOUT)
        return _batch([str(client)], questions)


def _java(peer: str) -> Callable[[Sequence[Question]], list[Verdict]]:
    def judge(questions: Sequence[Question]) -> list[Verdict]:
        java, javac = program(peer), program("javac")
        with tempfile.TemporaryDirectory() as folder:
            command = [javac, "--release", "17", "-d", folder, str(CLIENTS / "Client.java")]
            subprocess.run(command, env=_environment(), check=True, timeout=TIMEOUT)
            quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
            return _batch([java, *quick, "-cp", folder, "Client"], questions)

    return judge


# ---- programs run once for each question ---------------------------------------------------------


def _each(
    run: Callable[[Question], Verdict],
) -> Callable[[Sequence[Question]], list[Verdict]]:
    def judge(questions: Sequence[Question]) -> list[Verdict]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(run, questions))

    return judge


def _run(command: list[str], refused: tuple[int, ...] = (1,)) -> Verdict:
    """Accept for exit code 0, refuse for the codes by which the program refuses a certificate."""
    done = subprocess.run(
        command,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode not in (0, *refused):
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout}")
    return Verdict(done.returncode == 0, done.stdout)


def _openssl_name(question: Question) -> list[str]:
    return [f"-verify_{'ip' if question.address else 'hostname'}", question.name]


_OPENSSL_TRUST = ["-x509_strict", "-no-CApath", "-no-CAstore"]


def _openssl_client(question: Question) -> Verdict:
    sni = ["-noservername"] if question.address else ["-servername", question.name]
    return _run(
        [program("openssl"), "s_client", "-brief", "-connect", f"127.0.0.1:{question.port}"]
        + ["-verify_return_error", *_OPENSSL_TRUST, "-CAfile", str(question.roots)]
        + [*sni, *_openssl_name(question)]
    )


def _openssl_verify(question: Question) -> Verdict:
    chain = str(question.chain)
    return _run(
        [program("openssl"), "verify", *_OPENSSL_TRUST, "-CAfile", str(question.roots)]
        + ["-purpose", "sslserver", "-untrusted", chain, *_openssl_name(question), chain],
        refused=(2,),
    )


def _gnutls(question: Question) -> Verdict:
    sni = [] if question.address else [f"--sni-hostname={question.name}"]
    return _run(
        [program("gnutls-cli"), f"--port={question.port}", f"--x509cafile={question.roots}"]
        + [*sni, f"--verify-hostname={question.name}", "127.0.0.1"]
    )


def _curl(question: Question) -> Verdict:
    return _run(
        [program("curl"), "-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]
        + ["--cacert", str(question.roots), "--capath", "/nonexistent"]
        + ["--connect-to", f"::127.0.0.1:{question.port}", question.url],
        refused=(51, 60),
    )


def _nss(questions: Sequence[Question]) -> list[Verdict]:
    certutil, tstclnt = program("certutil"), program("tstclnt")
    with tempfile.TemporaryDirectory() as folder:

        @functools.cache
        def database(roots: Path) -> tuple[str, str]:
            """An NSS database that trusts ``roots`` and nothing else, and what certutil said."""
            path = Path(folder, roots.stem)
            path.mkdir()
            made = [certutil, "-N", "-d", f"sql:{path}", "--empty-password"]
            subprocess.run(made, env=_environment(), check=True, timeout=TIMEOUT)
            anchor = x509.load_pem_x509_certificate(roots.read_bytes())
            is_ca = anchor.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
            added = _run(
                [certutil, "-A", "-d", f"sql:{path}", "-n", "anchor", "-i", str(roots)]
                + ["-t", "C,," if is_ca else "P,,"],
                refused=(255,),
            )
            return f"sql:{path}", "" if added.accepted else added.words

        def ask(question: Question) -> Verdict:
            path, refusal = database(question.roots)
            if refusal:
                return Verdict(accepted=False, words=refusal)
            # -O: verify synchronously; -Q: leave after the handshake. -a is SNI and expected name.
            return _run(
                [tstclnt, "-h", "127.0.0.1", "-p", str(question.port), "-a", question.name]
                + ["-d", path, "-O", "-Q"]
            )

        return [ask(question) for question in questions]


def _pyca(question: Question) -> Verdict:
    leaf, *intermediates = x509.load_pem_x509_certificates(question.chain.read_bytes())
    roots = x509.load_pem_x509_certificates(question.roots.read_bytes())
    subject = x509.IPAddress(question.address) if question.address else x509.DNSName(question.name)
    verifier = verification.PolicyBuilder().store(verification.Store(roots))
    try:
        verifier.build_server_verifier(subject).verify(leaf, intermediates)
    except verification.VerificationError as error:
        return Verdict(accepted=False, words=str(error))
    return Verdict(accepted=True, words="")


def _browser(
    open_all: Callable[[Sequence[str], Iterable[Certificate]], list[str]],
) -> Callable[[Sequence[Question]], list[Verdict]]:
    """A browser trusts one set of roots while it runs: one run for each set without a conflict.

    Two questions conflict where chains of the same issuing key are judged under different roots.
    """

    def judge(questions: Sequence[Question]) -> list[Verdict]:
        runs: list[dict[str | None, Certificate]] = []
        asked: list[list[Question]] = []
        for question in questions:
            root = Certificate.from_pem(question.roots.read_bytes())
            issuer = Certificate.load_all(question.chain.read_bytes())[-1].aki
            run = next((n for n, trust in enumerate(runs) if trust.get(issuer, root) == root), None)
            if run is None:
                run = len(runs)
                runs.append({})
                asked.append([])
            runs[run][issuer] = root
            asked[run].append(question)
        words = {
            question: said
            for trust, some in zip(runs, asked, strict=True)
            for question, said in zip(
                some, open_all([each.url for each in some], trust.values()), strict=True
            )
        }
        return [Verdict(not words[question], words[question]) for question in questions]

    return judge


def _certkit(question: Question) -> Verdict:
    """certkit's own judge, held to what the others say."""
    leaf, *intermediates = Certificate.load_all(question.chain.read_bytes())
    verdict = certkit.verify_chain(
        leaf, roots=[question.roots.read_bytes()], intermediates=intermediates, name=question.name
    )
    errors = (each.code for each in verdict.findings if each.severity is Severity.ERROR)
    return Verdict(verdict.ok, " ".join(errors))


# What each says when it refuses. A refusal in other words is another refusal, and fails the test.
_OPENSSL = {
    Why.NAME: "(?i)(hostname|IP address) mismatch",
    Why.UNTRUSTED: "unable to (get local issuer|verify the first) certificate|self-signed certific",
    Why.CONSTRAINT: "permitted subtree violation",
    Why.PURPOSE: "unsuitable certificate purpose",
}
_CURL = _OPENSSL | {Why.NAME: "no alternative certificate subject name matches"}
_NODE = _OPENSSL | {Why.NAME: "ERR_TLS_CERT_ALTNAME_INVALID"}
_JAVA = {
    Why.NAME: "No subject alternative .* found",
    Why.UNTRUSTED: "unable to find valid certification path",
    Why.CONSTRAINT: "name constraints check failed",
    Why.PURPOSE: "Extended key usage does not permit use for TLS server authentication",
}
_GNUTLS = {
    Why.NAME: "The name in the certificate does not match the expected",
    Why.UNTRUSTED: "The certificate issuer is unknown",
    Why.CONSTRAINT: "violates the signer's constraints",
    Why.PURPOSE: "does not match the intended purpose",
}
_NSS = {
    Why.NAME: "SSL_ERROR_BAD_CERT_DOMAIN",
    Why.UNTRUSTED: "SEC_ERROR_UNKNOWN_ISSUER|SEC_ERROR_CA_CERT_INVALID",
    Why.CONSTRAINT: "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
    Why.PURPOSE: "SEC_ERROR_INADEQUATE_CERT_TYPE",
    Why.KEY: "SSL_ERROR_NO_CYPHER_OVERLAP|SEC_ERROR_ADDING_CERT",
}
_GO = {
    Why.NAME: "certificate is valid for .*, not ",
    Why.UNTRUSTED: "signed by unknown authority",
    Why.CONSTRAINT: "not permitted by any constraint",
    Why.PURPOSE: "incompatible key usage",
}
_RUSTLS = {
    Why.NAME: "certificate not valid for name",
    Why.UNTRUSTED: "UnknownIssuer",
    Why.CONSTRAINT: "NameConstraintViolation",
    Why.PURPOSE: "does not allow extended key usage for server authentication",
}
_CHROMIUM = {
    Why.NAME: "ERR_CERT_COMMON_NAME_INVALID",
    Why.UNTRUSTED: "ERR_CERT_AUTHORITY_INVALID",
    Why.CONSTRAINT: "ERR_CERT_INVALID",
    Why.PURPOSE: "ERR_CERT_INVALID",
    Why.KEY: "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
}
_FIREFOX = _NSS | {
    Why.UNTRUSTED: "SEC_ERROR_UNKNOWN_ISSUER|MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
    Why.KEY: "SSL_ERROR_NO_CYPHER_OVERLAP",
}
_CERTKIT = {
    Why.NAME: "^name.(mismatch|wildcard-depth)$",
    Why.UNTRUSTED: "^chain.(untrusted-root|self-signed)$",
    Why.CONSTRAINT: "^chain.name-constraint( chain.name-constraint)?$",  # at the root, the next CA
    Why.PURPOSE: "^usage.eku-not-server$",
}
_PYCA = {
    Why.NAME: "leaf certificate has no matching subjectAltName",
    Why.UNTRUSTED: "candidates exhausted: (all candidates|Forbidden public key)",
    Why.CONSTRAINT: "no permitted name constraints matched SAN",
    Why.PURPOSE: "required EKU not found",
    Why.KEY: "Forbidden public key algorithm",
}

VERIFIERS: dict[str, Verifier] = {
    "certkit": Verifier(_each(_certkit), _CERTKIT),
    "pyca": Verifier(_each(_pyca), _PYCA),
    "python": Verifier(_python(None), _OPENSSL),
    "python-strict": Verifier(_python(None, "strict"), _OPENSSL),
    "python3.12": Verifier(_python("python3.12", "strict"), _OPENSSL),
    "python3.13": Verifier(_python("python3.13"), _OPENSSL),
    "openssl-s_client": Verifier(_each(_openssl_client), _OPENSSL),
    "openssl-verify": Verifier(_each(_openssl_verify), _OPENSSL),
    "curl": Verifier(_each(_curl), _CURL),
    "gnutls": Verifier(_each(_gnutls), _GNUTLS),
    "nss": Verifier(_nss, _NSS),
    "java": Verifier(_java("java"), _JAVA),
    "java-wheel": Verifier(_java("java-wheel"), _JAVA),
    "node": Verifier(_node("node"), _NODE),
    "node-wheel": Verifier(_node("node-wheel"), _NODE),
    "go": Verifier(_go, _GO),
    "deno": Verifier(_deno, _RUSTLS),
    "chromium": Verifier(_browser(browsers.chromium), _CHROMIUM),
    "firefox": Verifier(_browser(browsers.firefox), _FIREFOX),
}


@functools.cache
def node_matches_ipv6(peer: str) -> bool:
    """Whether this Node can match any IPv6 address, asked without a certificate of ours."""
    script = (
        "const {checkServerIdentity} = require('tls');"
        "const altnames = {subject: {}, subjectaltname: 'IP Address:0:0:0:0:0:0:0:1'};"
        "process.exit(checkServerIdentity('::1', altnames) ? 1 : 0)"
    )
    return _run([program(peer), "-e", script]).accepted
