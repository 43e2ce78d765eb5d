"""The least that a Typer command can do for `issue --ip`: one CA-signed P-256 certificate.

No checks, no ledger, no fsync, no constraints: the floor that certkit is compared with.
"""

from __future__ import annotations

import typer


def issue(ip: str = typer.Option(...), out: str = ".") -> None:
    import datetime
    import ipaddress
    import pathlib

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bare")])
    san = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ip))])
    builder = x509.CertificateBuilder().subject_name(issuer).issuer_name(issuer)
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=30))
    builder = builder.serial_number(x509.random_serial_number()).public_key(key.public_key())
    certificate = builder.add_extension(san, critical=False).sign(ca_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pathlib.Path(out, "cert.pem").write_bytes(certificate.public_bytes(pem))
    pathlib.Path(out, "key.pem").write_bytes(key.private_bytes(pem, pkcs8, plain))


if __name__ == "__main__":
    typer.run(issue)
