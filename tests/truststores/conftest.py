"""CAs to install: one, the same one re-signed, and a stranger that took its subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import certkit
from certkit.pki.certificate import Certificate
from certkit.truststores.store import label_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Roots:
    root: Certificate
    resigned: Certificate
    """The same CA after ``certkit ca permit``."""
    other: Certificate
    """Another CA of certkit."""
    stranger: Certificate
    """Somebody else's CA with the subject of ``root``."""


@pytest.fixture(scope="session")
def roots() -> Roots:
    ca = certkit.CertificateAuthority.create()
    return Roots(
        ca.root,
        ca.permit("dev.example.com").root,
        certkit.CertificateAuthority.create().root,
        same_subject(ca.root),
    )


def same_subject(root: Certificate, *, with_ski: bool = True) -> Certificate:
    """Another CA under the subject of ``root``; without a SKI as old tools made them."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(root.x509.subject)
        .issuer_name(root.x509.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=10))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if with_ski:
        ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(ski, critical=False)
    return Certificate(builder.sign(key, hashes.SHA256()))


class NoReceipts:
    """Remembers in a list."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, Path, str]] = []

    def add(self, store: str, where: Path, label: str, root: Certificate) -> None:
        assert label == label_of(root)
        self.rows.append((store, where, root.sha256))

    def remove(self, store: str, where: Path, root: Certificate) -> None:
        assert root.is_ca
        self.rows = [row for row in self.rows if row[:2] != (store, where)]


@pytest.fixture
def receipts() -> NoReceipts:
    return NoReceipts()
