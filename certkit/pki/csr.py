"""Certificate signing requests: names and key are taken from them, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from certkit.errors import CertkitError
from certkit.findings import Finding, Fix, Severity
from certkit.pki.keys import browser_warnings, describe_public_key
from certkit.pki.names import Name, parse, presented
from certkit.pki.quiet import quietly

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

_MIN_RSA_BITS: Final = 2048
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


@dataclass(frozen=True, slots=True)
class Request:
    """What certkit takes from a CSR: checked names, the public key, and what it left behind."""

    names: tuple[Name, ...]
    public_key: CertificatePublicKeyTypes
    findings: tuple[Finding, ...]


def read_request(data: bytes) -> Request:
    """Check a CSR in PEM or DER: its own signature, the strength of its key, its names.

    Raises CertkitError: ``csr.wrong-format``, ``csr.bad-signature``, ``csr.no-names``,
    ``crypto.weak-key``, or the refusal of the first name that breaks a rule.
    """
    with quietly():
        return _read(data)


def _read(data: bytes) -> Request:
    request = _load(data)
    key = _checked_key(request)
    try:
        extensions = tuple(request.extensions)
    except Exception as error:  # a hostile request may raise anything, and means "unreadable"
        raise _wrong_format() from error
    names = _names(request, extensions)
    findings = _left_behind(extensions) + browser_warnings(key)
    if not any(isinstance(each.value, x509.SubjectAlternativeName) for each in extensions):
        findings = (_from_common_name(names), *findings)
    return Request(names, key, findings)


def _load(data: bytes) -> x509.CertificateSigningRequest:
    if not isinstance(data, bytes):
        raise _wrong_format()
    load = x509.load_pem_x509_csr if b"-----BEGIN" in data else x509.load_der_x509_csr
    try:
        return load(data)
    except (ValueError, x509.InvalidVersion) as error:
        raise _wrong_format() from error


def _wrong_format() -> CertkitError:
    return CertkitError(
        "csr.wrong-format",
        "this is not a certificate signing request that can be read",
        hint="a request begins with -----BEGIN CERTIFICATE REQUEST-----; make one with: "
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=me "
        "-addext subjectAltName=DNS:app.test -keyout app.key -out app.csr",
    )


def _checked_key(request: x509.CertificateSigningRequest) -> CertificatePublicKeyTypes:
    try:
        signed = request.is_signature_valid
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise _wrong_format() from error
    if not signed:
        raise CertkitError(
            "csr.bad-signature",
            "the request is not signed by the key in it",
            hint="make the request again with the key that belongs to it",
        )
    if not _strong(key):
        raise CertkitError(
            "crypto.weak-key",
            f"clients refuse a key like the one in this request ({_key_in_words(key)})",
            hint="use P-256, P-384 or RSA with at least 2048 bits",
        )
    return key


def _strong(key: CertificatePublicKeyTypes) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= _MIN_RSA_BITS
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, _CURVES)
    return isinstance(key, ed25519.Ed25519PublicKey)


def _key_in_words(key: CertificatePublicKeyTypes) -> str:
    described = describe_public_key(key)
    return f"{described['algorithm']}, {described['bits']} bits"


def _names(
    request: x509.CertificateSigningRequest,
    extensions: tuple[x509.Extension[x509.ExtensionType], ...],
) -> tuple[Name, ...]:
    for extension in extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            raw = tuple(map(presented, extension.value))
            if None in raw:
                raise CertkitError(
                    "csr.unsupported-name",
                    "the request holds a name that is not a DNS name, address, e-mail or URI",
                    hint="ask for DNS:, IP:, email: or URI: names only",
                )
            return tuple(parse(name.value, name.type) for name in raw if name is not None)
    # Many tools still write the name into the common name alone. It is parsed like any other,
    # so that 127.0.0.1 becomes an address and not, as mkcert makes of it, a DNS name.
    common = [attribute.value for attribute in _common_names(request)]
    if not common:
        raise CertkitError(
            "csr.no-names",
            "the request asks for no name",
            hint="add names to it: openssl req ... -addext subjectAltName=DNS:app.test",
        )
    return tuple(parse(str(text)) for text in common)


def _from_common_name(names: tuple[Name, ...]) -> Finding:
    return Finding(
        "name.cn-only",
        Severity.NOTE,
        f"the request has no subject alternative name; its common name {names[0]} became one",
        "RFC 9525 section 2: clients look nowhere else",
        Fix("advice", "ask for it: openssl req ... -addext subjectAltName=DNS:app.test"),
    )


def _common_names(request: x509.CertificateSigningRequest) -> list[x509.NameAttribute[str | bytes]]:
    try:
        return request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except (ValueError, TypeError) as error:
        raise _wrong_format() from error


def _left_behind(
    extensions: tuple[x509.Extension[x509.ExtensionType], ...],
) -> tuple[Finding, ...]:
    """Say what the request asked for in vain: mkcert signs CA:TRUE when a CSR asks for it."""
    wishes = [extension.value for extension in extensions]
    asked = sorted(
        _wish(wish) for wish in wishes if not isinstance(wish, x509.SubjectAlternativeName)
    )
    if not asked:
        return ()
    return (
        Finding(
            "usage.csr-extensions-ignored",
            Severity.WARNING if "CA:TRUE" in asked else Severity.NOTE,
            f"the request also asks for {', '.join(asked)}: not looked at",
            "certkit takes names and the key from a request; what the certificate may do is "
            "the CA's decision",
            Fix("advice", "for a CA certificate use: certkit ca init --intermediate"),
        ),
    )


def _wish(extension: x509.ExtensionType) -> str:
    if isinstance(extension, x509.BasicConstraints):
        return "CA:TRUE" if extension.ca else "CA:FALSE"
    name = getattr(extension.oid, "_name", "")
    return name if name and name != "Unknown OID" else extension.oid.dotted_string
