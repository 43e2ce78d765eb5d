"""Read whatever people have: PEM in any mixture and layout, DER, PKCS#12, PKCS#7."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from certkit.errors import CertkitError
from certkit.findings import Finding, Severity
from certkit.pki import der, pem
from certkit.pki import load_findings as say
from certkit.pki.certificate import Certificate
from certkit.pki.kdf_cost import too_costly
from certkit.pki.order import order
from certkit.pki.quiet import quietly
from certkit.text import printable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

MAX_BYTES: Final = 64 * 2**20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, in its order. What is odd about it stands in ``findings``.

    A key that stayed locked is not among ``keys``: there is a ``files.encrypted-key`` of severity
    error instead.
    """

    certificates: tuple[Certificate, ...]
    keys: tuple[PrivateKeyTypes, ...]
    requests: tuple[x509.CertificateSigningRequest, ...]
    crls: tuple[x509.CertificateRevocationList, ...]
    findings: tuple[Finding, ...]

    @property
    def locked(self) -> Finding | None:
        """Why something here stays closed: no passphrase, or not the right one."""
        return next(
            (
                finding
                for finding in self.findings
                if finding.code == "files.encrypted-key" and finding.severity is Severity.ERROR
            ),
            None,
        )


def read_contents(
    data: bytes, *, passphrase: bytes | None = None, source: str = "FILE"
) -> Contents:
    """Everything that ``data`` holds; ``source`` is the file's name, for findings.

    Raises CertkitError ``files.unreadable`` when nothing in it is recognised, and for no other
    reason. No byte of ``data`` is ever quoted: a key may stand where a certificate belongs.

    >>> import certkit
    >>> issued = certkit.CertificateAuthority.create().issue("10.0.0.5")
    >>> contents = read_contents(issued.key_pem + issued.chain_pem)
    >>> len(contents.keys), len(contents.certificates), contents.findings
    (1, 1, ())
    """
    if len(data) > MAX_BYTES:
        raise _unreadable(source, f"is larger than {MAX_BYTES // 2**20} MiB")
    reader = _Reader(source, passphrase)
    with quietly():
        text, encoding = pem.text_of(data)
        blocks = list(pem.blocks(text))
        if blocks:
            reader.add_pem(blocks, encoding)
        else:
            reader.add_der(data)
            if source.lower().endswith(".pem"):
                reader.findings.append(say.named_pem(source))
        return reader.contents()


class _Reader:
    """Collects what is found; each ``add_*`` raises whatever cryptography raises."""

    def __init__(self, source: str, passphrase: bytes | None) -> None:
        self.source = source
        self.passphrase = passphrase
        self.certificates: list[Certificate] = []
        self.keys: list[PrivateKeyTypes] = []
        self.requests: list[x509.CertificateSigningRequest] = []
        self.crls: list[x509.CertificateRevocationList] = []
        self.findings: list[Finding] = []

    def contents(self) -> Contents:
        if _leaf_is_late(self.certificates):
            self.findings.append(say.leaf_not_first(self.source))
        return Contents(
            tuple(self.certificates),
            tuple(self.keys),
            tuple(self.requests),
            tuple(self.crls),
            tuple(dict.fromkeys(self.findings)),
        )

    def add_pem(self, blocks: list[pem.Block], encoding: str | None) -> None:
        if encoding is not None:
            self.findings.append(say.layout(self.source, f"the file is {encoding}"))
        for block in blocks:
            if not block.tidy and block.der is not None:
                where = f"the block at line {block.line} is not laid out as PEM should be"
                self.findings.append(say.layout(self.source, where))
            self.add_block(block)

    def add_block(self, block: pem.Block) -> None:
        if block.label in _SILENT:
            return
        if block.label in _REFUSED:
            self._wrong(block, *_REFUSED[block.label])
        elif block.der is None or (block.is_encrypted and block.legacy_key() is None):
            self._wrong(block, "is damaged or cut short", _COPY_AGAIN)
        elif block.is_encrypted:
            self.add_locked_key(block.legacy_key() or b"")
        else:
            kind = self._read(block.der, first=_LABELS.get(block.label))
            if kind == "certificate" and block.label == "TRUSTED CERTIFICATE":
                self.findings.append(say.trusted_certificate(self.source))
            if kind is None:
                self._wrong(block, "cannot be read", _COPY_AGAIN)
            elif kind != _LABELS.get(block.label):
                advice = "write it anew: certkit bundle FILE --out NEW.pem (for a key: --to key)"
                self._wrong(block, f"holds a {kind}", advice, Severity.WARNING)

    def add_der(self, data: bytes) -> None:
        """One element of DER, or several after each other, with or without a newline behind."""
        parts = _der_parts(data)
        kinds = [self._read(part) for part in parts]
        if not any(kinds):
            raise _unreadable(self.source, _what_else(data))
        if None in kinds:
            self.findings.append(
                say.wrong_format(
                    f"{printable(self.source)}: something follows that cannot be read", _COPY_AGAIN
                )
            )

    def _read(self, data: bytes, first: str | None = None) -> str | None:
        """The kind of thing that ``data`` (DER) is, ``first`` tried first; None if none fits."""
        shape = _shape(data)
        # `first` may be a kind of _SEALED that the content belies: then it is nowhere in _PLAIN.
        kinds = [shape] if shape else sorted(_PLAIN, key=lambda kind: kind != first)
        for kind in kinds:
            try:
                _READERS[kind](self, data)
            except Exception:  # noqa: BLE001, S112 - hostile DER may raise anything: "not this"
                continue
            return kind
        return None

    def add_certificate(self, data: bytes) -> None:
        # A TRUSTED CERTIFICATE has OpenSSL's own trust settings behind the certificate.
        certificate = data[: der.span(data, 0)[1]]
        self.certificates.append(Certificate(x509.load_der_x509_certificate(certificate)))

    def add_request(self, data: bytes) -> None:
        self.requests.append(x509.load_der_x509_csr(data))

    def add_crl(self, data: bytes) -> None:
        self.crls.append(x509.load_der_x509_crl(data))

    def add_key(self, data: bytes) -> None:
        self.keys.append(serialization.load_der_private_key(data, None))

    def add_pkcs7(self, data: bytes) -> None:
        self.certificates.extend(map(Certificate, pkcs7.load_der_pkcs7_certificates(data)))

    def add_locked_key(self, data: bytes) -> None:
        """An encrypted key in DER, or in PEM where it has RFC 1421 headers."""
        in_pem = data.startswith(b"-----")
        load = serialization.load_pem_private_key if in_pem else serialization.load_der_private_key
        key = self._unlock(data, "private key", lambda: load(data, self.passphrase or b""))
        if key is not None:
            self.keys.append(key)
            self.findings.append(say.opened(self.source))

    def add_pkcs12(self, data: bytes) -> None:
        """A keystore or truststore; one without a passphrase opens with none or an empty one."""
        store = self._unlock(data, "PKCS#12 file", lambda: self._open_pkcs12(data))
        if store is None:
            return
        first = [store.cert] if store.cert is not None else []
        for entry in [*first, *store.additional_certs]:
            self.certificates.append(Certificate(entry.certificate))
        if store.key is not None:
            self.keys.append(store.key)

    def _open_pkcs12(self, data: bytes) -> pkcs12.PKCS12KeyAndCertificates:
        if self.passphrase is not None:
            return pkcs12.load_pkcs12(data, self.passphrase)
        try:
            return pkcs12.load_pkcs12(data, None)
        except ValueError:
            return pkcs12.load_pkcs12(data, b"")

    def _unlock(self, data: bytes, what: str, open_it: Callable[[], _T]) -> _T | None:
        """What ``open_it`` gives; None and a finding when it stays locked."""
        if too_costly(data):
            why = f"the {what} asks for more rounds of key derivation than anybody needs"
            self.findings.append(say.locked(self.source, why))
            return None
        try:
            return open_it()
        except Exception:  # noqa: BLE001 - wrong passphrase, unknown cipher, damage: it stays locked
            why = (
                f"the {what} is encrypted and no passphrase was given"
                if self.passphrase is None
                else f"the passphrase does not open the {what}, or it is damaged"
            )
            self.findings.append(say.locked(self.source, why))
            return None

    def _wrong(
        self, block: pem.Block, what: str, advice: str, severity: Severity = Severity.ERROR
    ) -> None:
        where = f"{printable(self.source)}: the block {printable(block.label)} at line {block.line}"
        self.findings.append(say.wrong_format(f"{where} {what}", advice, severity))


_Add = Callable[[_Reader, bytes], None]
# Kind of DER -> its reader, in the order in which they are tried.
_PLAIN: Final[dict[str, _Add]] = {
    "certificate": _Reader.add_certificate,
    "private key": _Reader.add_key,
    "certificate request": _Reader.add_request,
    "CRL": _Reader.add_crl,
    "PKCS#7 file": _Reader.add_pkcs7,
}
# These are told by their shape: without a passphrase nothing else can be seen of them.
_SEALED: Final[dict[str, _Add]] = {
    "encrypted private key": _Reader.add_locked_key,
    "PKCS#12 file": _Reader.add_pkcs12,
}
_READERS: Final = _PLAIN | _SEALED
_LABELS: Final = {
    "CERTIFICATE": "certificate",
    "X509 CERTIFICATE": "certificate",
    "TRUSTED CERTIFICATE": "certificate",
    "PRIVATE KEY": "private key",
    "RSA PRIVATE KEY": "private key",
    "EC PRIVATE KEY": "private key",
    "DSA PRIVATE KEY": "private key",
    "ENCRYPTED PRIVATE KEY": "encrypted private key",
    "CERTIFICATE REQUEST": "certificate request",
    "NEW CERTIFICATE REQUEST": "certificate request",
    "X509 CRL": "CRL",
    "PKCS7": "PKCS#7 file",
    "CMS": "PKCS#7 file",
}
# `openssl ecparam -genkey` puts the first before the key; servers ask for the others.
_SILENT: Final = frozenset(
    {"EC PARAMETERS", "DH PARAMETERS", "X9.42 DH PARAMETERS", "DSA PARAMETERS"}
)
# Label -> what is wrong with it, what to do, how bad it is.
_REFUSED: Final = {
    "OPENSSH PRIVATE KEY": (
        "is a key in the format of OpenSSH, which TLS servers do not read",
        "rewrite a copy of it in place: ssh-keygen -p -m PKCS8 -f COPY",
        Severity.ERROR,
    ),
    "PUBLIC KEY": ("is a public key", "a server needs the private one", Severity.WARNING),
    "RSA PUBLIC KEY": ("is a public key", "a server needs the private one", Severity.WARNING),
}
_COPY_AGAIN: Final = "copy the file again from where it was made, as a whole"

_PKCS12: Final = re.compile(
    rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03\x30", re.DOTALL
)
_JAVA_KEYSTORES: Final = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")  # JKS, JCEKS


def _shape(data: bytes) -> str | None:
    """The kind of :data:`_SEALED` that ``data`` has the shape of, if any."""
    if _PKCS12.match(data):
        return "PKCS#12 file"
    try:
        tags = [element[0] for element in der.elements(der.inside(data))]
    except ValueError:
        return None
    return "encrypted private key" if tags == [der.SEQUENCE, der.OCTET_STRING] else None


def _der_parts(data: bytes) -> list[bytes]:
    """The elements of DER in ``data``; what has no definite length (BER) is one with the rest."""
    parts: list[bytes] = []
    at = 0
    while data[at : at + 1] == b"0":
        try:
            _, end = der.span(data, at)
        except ValueError:
            return [*parts, data[at:]]
        parts.append(data[at:end])
        at = end
    rest = data[at:]
    return [*parts, rest] if parts and rest.strip(b"\r\n") else parts


def _leaf_is_late(certificates: list[Certificate]) -> bool:
    """Whether the first certificate is an issuer of the leaf that comes later."""
    if len(certificates) < 2:
        return False
    try:
        ordered = order(certificates)
    except CertkitError:
        return False  # a bundle of roots has no leaf
    return certificates[0] in {*ordered.chain[1:], ordered.root}


def _unreadable(source: str, why: str) -> CertkitError:
    return CertkitError(
        "files.unreadable",
        f"{printable(source)} {why}",
        hint="certkit reads certificates, keys, requests and CRLs in PEM or DER, "
        "PKCS#12 and PKCS#7",
    )


def _what_else(data: bytes) -> str:
    if not data:
        return "is empty"
    if data.startswith(_JAVA_KEYSTORES):
        return (
            "is a keystore in Java's old format; make it a PKCS#12: keytool -importkeystore "
            "-srckeystore FILE -destkeystore NEW.p12 -deststoretype pkcs12"
        )
    return "holds no certificate, key or request"
