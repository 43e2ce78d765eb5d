"""`ca.issue` beside raw pyca/cryptography that generates a key and signs the same certificate.

usage: python benchmarks/issue_library.py [ROUNDS]
"""

from __future__ import annotations

import datetime
import ipaddress
import statistics
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import certkit

BATCH = 50
CA = certkit.CertificateAuthority.create()


def raw() -> tuple[bytes, bytes]:
    """The same extensions as certkit's leaf, without any check."""
    key = ec.generate_private_key(ec.SECP256R1())
    public_key = key.public_key()
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    ski = CA.root.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    aki = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski.value)
    san = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("10.0.0.5"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "bench")]))
        .issuer_name(CA.root.x509.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=397))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(aki, critical=False)
        .add_extension(san, critical=False)
        .sign(CA.key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return certificate.public_bytes(pem), key.private_bytes(pem, pkcs8, plain)


def ours() -> tuple[bytes, bytes]:
    issued = CA.issue("10.0.0.5")
    return issued.certificate_pem, issued.key_pem


def seconds(make: object) -> float:
    start = time.process_time()  # neither waits for anything; the machine's other work is no matter
    for _ in range(BATCH):
        make()
    return time.process_time() - start


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    raw(), ours()
    pairs = [(seconds(raw), seconds(ours)) for _ in range(rounds)]
    for name, column in (("raw pyca", 0), ("ca.issue", 1)):
        rate = BATCH / statistics.median(pair[column] for pair in pairs)
        print(f"{name:10} {rate:8.0f} certificates/s")
    print(f"ca.issue / raw pyca: {statistics.median(b / a for a, b in pairs):.2f}x the time")


if __name__ == "__main__":
    main()
