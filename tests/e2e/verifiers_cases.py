"""What the verifiers are asked: certkit's certificates, and forgeries made with certkit's CA key.

A *chain* is what a port serves; a *case* is one question about it with the answer it must get.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certkit.pki import keys
from certkit.pki.authority import CertificateAuthority, self_signed
from certkit.pki.certificate import to_pem
from certkit.pki.names import parse
from tests.e2e.verifiers import Question, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from certkit.pki.certificate import Certificate
    from tests.e2e.verifiers_server import ManyCertificates

NAMES = ("app.test", "*.wild.test", "127.0.0.1", "::1")

# (CA key, leaf key); the CA column has no RSA-2048: a CA does not get one.
KEYS = (
    ("p256", "p256"),
    ("p384", "p384"),
    ("rsa3072", "rsa2048"),
    ("rsa3072", "rsa3072"),
    ("rsa3072", "rsa4096"),
    ("p256", "ed25519"),
    ("ed25519", "ed25519"),
)
SELF_SIGNED_KEYS = ("p256", "rsa2048", "ed25519")

ASKED: dict[str, tuple[str, Why | None]] = {
    "dns": ("app.test", None),
    "wildcard": ("any.wild.test", None),
    "wildcard-base": ("wild.test", None),
    "ipv4": ("127.0.0.1", None),
    "ipv6": ("::1", None),
    "wrong-dns": ("other.test", Why.NAME),
    "wrong-depth": ("a.b.wild.test", Why.NAME),
    "wrong-ipv4": ("127.0.0.2", Why.NAME),
    "wrong-ipv6": ("::2", Why.NAME),
}

# Signed with the CA's own key behind certkit's back: what a thief of the key would sign.
FORGED = {
    "google.com": Why.CONSTRAINT,
    "8.8.8.8": Why.CONSTRAINT,
    "2001:4860:4860::8888": Why.CONSTRAINT,
    "localhost": None,
    "127.0.0.1": None,
}


CHAINS = (
    *(f"{ca}-{leaf}-{shape}" for ca, leaf in KEYS for shape in ("root", "intermediate")),
    *(f"{key}-self-signed" for key in SELF_SIGNED_KEYS),
    *("forged-root", "forged-intermediate", "unconstrained", "purpose", "widened"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """``why`` is the reason to refuse; None: every verifier accepts."""

    chain: str
    asked: str
    question: Question
    why: Why | None


class Cases:
    """Writes the certificates, serves them, and yields the cases."""

    def __init__(self, folder: Path, server: ManyCertificates) -> None:
        self._folder = folder
        self._server = server
        self._stranger = self._write("stranger", [CertificateAuthority.create().root])

    def all(self) -> Iterator[Case]:
        yield from self._profiles()
        yield from self._self_signed()
        yield from self._forgeries()
        yield from self._purposes()
        yield from self._widened()

    def _profiles(self) -> Iterator[Case]:
        for ca_key in dict.fromkeys(ca_key for ca_key, _ in KEYS):
            root = CertificateAuthority.create(key=ca_key)
            for issuer, shape in ((root, "root"), (root.intermediate(key=ca_key), "intermediate")):
                for leaf_key in (leaf for ca, leaf in KEYS if ca == ca_key):
                    issued = issuer.issue(*NAMES, key=leaf_key)
                    assert issued.key
                    chain = f"{ca_key}-{leaf_key}-{shape}"
                    yield from self._asked(chain, issued.chain, issued.key, issued.ca)

    def _self_signed(self) -> Iterator[Case]:
        for key in SELF_SIGNED_KEYS:
            issued = self_signed(*NAMES, key=key)
            assert issued.key
            yield from self._asked(f"{key}-self-signed", issued.chain, issued.key, issued.ca)

    def _forgeries(self) -> Iterator[Case]:
        root = CertificateAuthority.create()
        for issuer, shape in ((root, "root"), (root.intermediate(), "intermediate")):
            for name, why in FORGED.items():
                leaf, key = forge(issuer, name)
                yield self._case(
                    f"forged-{shape}", name, why, (leaf, *issuer.chain), key, root.root
                )
        free = CertificateAuthority.create(unconstrained=True)
        for name in FORGED:
            leaf, key = forge(free, name)
            yield self._case("unconstrained", name, None, (leaf,), key, free.root)

    def _purposes(self) -> Iterator[Case]:
        ca = CertificateAuthority.create()
        for client, why in ((False, None), (True, Why.PURPOSE)):
            issued = ca.issue("app.test", client=client)
            assert issued.key
            profile = "client" if client else "server"
            yield self._case("purpose", profile, why, issued.chain, issued.key, ca.root)

    def _widened(self) -> Iterator[Case]:
        """``ca permit`` signs the root again: what it issued stays valid, new names join."""
        narrow = CertificateAuthority.create()
        wide = narrow.permit("dev.example.com", "203.0.113.0/24")
        old, new = narrow.issue("app.test"), wide.issue("dev.example.com", "203.0.113.9")
        assert old.key
        assert new.key
        yield self._case("widened", "old-leaf", None, old.chain, old.key, wide.root, "app.test")
        for root, asked, why in ((wide, "wide", None), (narrow, "narrow", Why.CONSTRAINT)):
            for name in ("dev.example.com", "203.0.113.9"):
                given = f"{name}-{asked}-root"
                yield self._case("widened", given, why, new.chain, new.key, root.root, name)

    def _asked(
        self,
        chain: str,
        certificates: tuple[Certificate, ...],
        key: keys.PrivateKey,
        root: Certificate,
    ) -> Iterator[Case]:
        served, port = self._serve(chain, certificates, key)
        roots = self._write(f"{chain}-trust", [root])
        for asked, (name, why) in ASKED.items():
            yield Case(chain, asked, Question(port, name, roots, served), why)
        stranger = Question(port, "app.test", self._stranger, served)
        yield Case(chain, "wrong-ca", stranger, Why.UNTRUSTED)

    def _case(
        self,
        chain: str,
        asked: str,
        why: Why | None,
        certificates: tuple[Certificate, ...],
        key: keys.PrivateKey,
        root: Certificate,
        name: str | None = None,
    ) -> Case:
        stem = f"{chain}-{asked}".replace(":", "_")
        served, port = self._serve(stem, certificates, key)
        roots = self._write(f"{stem}-trust", [root])
        reference = name or ("app.test" if chain == "purpose" else asked)
        return Case(chain, asked, Question(port, reference, roots, served), why)

    def _serve(
        self, stem: str, certificates: tuple[Certificate, ...], key: keys.PrivateKey
    ) -> tuple[Path, int]:
        chain = self._write(stem, certificates)
        key_file = self._folder / f"{stem}.key"
        key_file.write_bytes(keys.dump_private_key(key))
        return chain, self._server.serve(chain, key_file)

    def _write(self, stem: str, certificates: Iterable[Certificate]) -> Path:
        path = self._folder / f"{stem}.pem"
        path.write_bytes(to_pem(certificates))
        return path


def forge(ca: CertificateAuthority, name: str) -> tuple[Certificate, keys.PrivateKey]:
    """A server certificate for ``name`` in certkit's own profile, signed past its checks."""
    key = keys.key_kind("p256").generate()
    template = ca.issue("localhost", private_key=key).certificate.x509
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(template.subject)
        .issuer_name(template.issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
    )
    for extension in template.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            value = x509.SubjectAlternativeName([parse(name).general_name()])
        builder = builder.add_extension(value, extension.critical)
    return type(ca.root)(builder.sign(ca.key, hashes.SHA256())), key
