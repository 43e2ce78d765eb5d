"""certkit's client certificates (mTLS) before the libraries that servers verify them with.

Each must take the client profile, and refuse a server certificate of the same CA and a client
certificate of another one, each in the words of that reason.
"""

from __future__ import annotations

import functools
import re
import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509 import verification

from certkit.pki.authority import CertificateAuthority
from tests.e2e.verifiers import Verdict, Why
from tests.e2e.verifiers_cases import KEYS
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from certkit.pki.certificate import Issued

CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Files:
    """One presented certificate on disk; ``folder`` is this question's own."""

    folder: Path
    root: Path
    chain: Path
    key: Path
    certificates: tuple[Path, ...]


def _run(*command: str, codes: tuple[int, ...] = (0, 1)) -> Verdict:
    done = subprocess.run(
        command,
        env=clean_env() | {"LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode in codes, done.stdout
    return Verdict(done.returncode == 0, done.stdout)


def openssl(files: Files) -> Verdict:
    chain = str(files.chain)
    return _run(
        *(program("openssl"), "verify", "-x509_strict", "-no-CApath", "-no-CAstore"),
        *("-CAfile", str(files.root), "-purpose", "sslclient", "-untrusted", chain, chain),
        codes=(0, 2),
    )


def gnutls(files: Files) -> Verdict:
    return _run(
        *(program("certtool"), "--verify", "--load-ca-certificate", str(files.root)),
        *("--infile", str(files.chain), "--verify-purpose", CLIENT_AUTH),
    )


def nss(files: Files) -> Verdict:
    database = f"sql:{files.folder}"
    certutil = program("certutil")
    _run(certutil, "-N", "-d", database, "--empty-password", codes=(0,))
    added = _run(
        *(certutil, "-A", "-d", database, "-n", "root", "-t", "T,,", "-i", str(files.root)),
        codes=(0, 255),
    )
    if not added.accepted:
        return added
    presented = [word for path in files.certificates for word in ("-a", str(path))]
    return _run(program("vfychain"), "-d", database, "-pp", "-u", "0", *presented)


def pyca(files: Files) -> Verdict:
    leaf, *intermediates = x509.load_pem_x509_certificates(files.chain.read_bytes())
    store = verification.Store(x509.load_pem_x509_certificates(files.root.read_bytes()))
    verifier = verification.PolicyBuilder().store(store).build_client_verifier()
    try:
        verifier.verify(leaf, intermediates)
    except verification.VerificationError as error:
        return Verdict(accepted=False, words=str(error))
    return Verdict(accepted=True, words="")


def python(files: Files) -> Verdict:
    """A real mutual handshake, in memory, against a server as strict as Python 3.13's default."""
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files.root)
    server_context.verify_mode = ssl.CERT_REQUIRED
    server_context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    server_context.load_cert_chain(files.chain, files.key)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.verify_mode = ssl.CERT_NONE  # the server is what is under test
    client_context.load_cert_chain(files.chain, files.key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    try:
        for side in (client, server, client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    except ssl.SSLCertVerificationError as error:
        return Verdict(accepted=False, words=error.verify_message)
    assert server.getpeercert(binary_form=True)
    return Verdict(accepted=True, words="")


LIBRARIES: dict[Callable[[Files], Verdict], dict[Why, str]] = {
    openssl: {
        Why.PURPOSE: "unsuitable certificate purpose",
        Why.UNTRUSTED: "unable to get local issuer certificate",
    },
    gnutls: {
        Why.PURPOSE: "does not match the intended purpose",
        Why.UNTRUSTED: "The certificate issuer is unknown",
    },
    nss: {
        Why.PURPOSE: "Certificate type not approved for application",
        Why.UNTRUSTED: "issuer is not recognized",
        Why.KEY: "SEC_ERROR_ADDING_CERT|Unrecognized Object Identifier",
    },
    pyca: {
        Why.PURPOSE: "required EKU not found",
        Why.UNTRUSTED: "candidates exhausted: (all candidates|Forbidden public key)",
        Why.KEY: "Forbidden public key algorithm",
    },
    python: {
        Why.PURPOSE: "unsuitable certificate purpose",
        Why.UNTRUSTED: "unable to get local issuer certificate",
    },
}


def expected(library: str, ca_key: str, leaf_key: str, why: Why | None) -> Why | None:
    """The rule, but where a library has no Ed25519: NSS 3.87 knows none, pyca none in a CA."""
    nss_cannot = library == "nss" and (
        ca_key == "ed25519" or (leaf_key == "ed25519" and why is None)
    )
    pyca_cannot = library == "pyca" and ca_key == "ed25519" and why is None
    return Why.KEY if nss_cannot or pyca_cannot else why


@functools.cache
def presented(ca_key: str, leaf_key: str, shape: str) -> tuple[bytes, dict[Why | None, Issued]]:
    """A root, and what is presented to a server that trusts it, by the reason to refuse it."""
    root = CertificateAuthority.create(key=ca_key)
    ca = root if shape == "root" else root.intermediate(key=ca_key)
    return root.certificate_pem, {
        None: ca.issue("app.test", client=True, key=leaf_key),
        Why.PURPOSE: ca.issue("app.test", key=leaf_key),
        Why.UNTRUSTED: CertificateAuthority.create().issue("app.test", client=True),
    }


def written(folder: Path, issued: Issued, root: bytes) -> Files:
    folder.mkdir()
    names = [folder / f"{number}.pem" for number, _ in enumerate(issued.chain)]
    for path, certificate in zip(names, issued.chain, strict=True):
        path.write_bytes(certificate.pem)
    files = Files(folder, folder / "root.pem", folder / "chain.pem", folder / "key", tuple(names))
    files.root.write_bytes(root)
    files.chain.write_bytes(issued.chain_pem)
    files.key.write_bytes(issued.key_pem)
    return files


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)
@pytest.mark.parametrize(
    ("ca_key", "leaf_key", "shape"),
    [
        pytest.param(*keys, shape, marks=pytest.mark.xdist_group(f"clients-{'-'.join(keys)}"))
        for keys in KEYS
        for shape in ("root", "intermediate")
    ],
)
def test_a_client_certificate_is_taken_for_a_client_and_nothing_else_is(
    library: Callable[[Files], Verdict], shape: str, ca_key: str, leaf_key: str, tmp_path: Path
) -> None:
    root, certificates = presented(ca_key, leaf_key, shape)
    for rule, issued in certificates.items():
        verdict = library(written(tmp_path / str(rule), issued, root))
        why = expected(library.__name__, ca_key, leaf_key, rule)
        assert verdict.accepted == (why is None), (rule, verdict.words)
        if why is not None:
            assert re.search(LIBRARIES[library][why], verdict.words), (rule, verdict.words)
