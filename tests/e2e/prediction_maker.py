"""Certificates for the predictions: with any flaw, and with names of their own.

No two roots or intermediates are called the same, because browsers remember what they have seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from certkit.pki.certificate import Certificate
from tests.verify import make
from tests.verify.make import Made

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = timedelta(days=1)
NAME = "app.test"
OTHER = "other.test"
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
ANY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Case:
    """``chain`` is sent as it stands, the leaf first; ``roots`` are trusted, in this order."""

    id: str
    chain: tuple[Certificate, ...]
    key: Any
    roots: tuple[Certificate, ...]
    name: str


@dataclass
class Maker:
    """Certificates around ``now``, their names unique to the case that is being made."""

    now: datetime
    id: str = ""
    made: int = field(default=0)

    def root(self, **flaws: Any) -> Made:
        return self.make(None, ca=True, **flaws)

    def ca(self, issuer: Made, **flaws: Any) -> Made:
        return self.make(issuer, ca=True, **flaws)

    def leaf(self, issuer: Made | None, *names: Any, **flaws: Any) -> Made:
        flaws.setdefault("subject", "O=test")
        return self.make(issuer, names=names or (NAME,), **flaws)

    def make(self, issuer: Made | None, **flaws: Any) -> Made:
        self.made += 1
        flaws.setdefault("subject", f"CN=CA {self.made} of {self.id}")
        flaws.setdefault("start", self.now - 10 * DAY)
        flaws.setdefault("end", self.now + 80 * DAY)
        return make.make(issuer, **flaws)

    def expired(self) -> dict[str, datetime]:
        return {"start": self.now - 30 * DAY, "end": self.now - 2 * DAY}

    def early(self) -> dict[str, datetime]:
        return {"start": self.now + 2 * DAY, "end": self.now + 30 * DAY}

    def case(
        self, sent: Iterable[Made], trusted: Iterable[Made | Certificate], name: str = NAME
    ) -> Case:
        chain = tuple(sent)
        return Case(
            self.id,
            tuple(each.certificate for each in chain),
            chain[0].key,
            tuple(each.certificate if isinstance(each, Made) else each for each in trusted),
            name,
        )


def straight(m: Maker, *names: Any, name: str = NAME, **flaws: Any) -> Case:
    """A leaf with ``flaws`` straight below a sound root."""
    root = m.root()
    return m.case([m.leaf(root, *names, **flaws)], [root], name)


def below_root(
    m: Maker,
    root: dict[str, Any] | None = None,
    leaf: dict[str, Any] | None = None,
    *names: Any,
    name: str = NAME,
) -> Case:
    """A leaf below a root with flaws."""
    top = m.root(**(root or {}))
    return m.case([m.leaf(top, *names, **(leaf or {}))], [top], name)


def through(
    m: Maker,
    middle: dict[str, Any] | None = None,
    leaf: dict[str, Any] | None = None,
    root: dict[str, Any] | None = None,
    *names: Any,
    name: str = NAME,
) -> Case:
    """A leaf below an intermediate with flaws below a sound root."""
    top = m.root(**(root or {}))
    between = m.ca(top, **(middle or {}))
    return m.case([m.leaf(between, *names, **(leaf or {})), between], [top], name)


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


_BROKEN = {"sha1": (b"\x05", hashes.SHA1()), "md5": (b"\x04", hashes.MD5())}  # noqa: S303


def with_broken_hash(made: Made, issuer: Made, digest: str) -> Made:
    """The same certificate signed by ``issuer``, an RSA key, with SHA-1 or MD5."""
    last, algorithm = _BROKEN[digest]
    prefix = bytes.fromhex("2a864886f70d0101")
    tbs = made.certificate.x509.tbs_certificate_bytes
    # The algorithm comes before the issuer; a key's own OID (...01 01 01) is left alone.
    tbs = tbs.replace(prefix + b"\x0b", prefix + last, 1)
    signature = issuer.key.sign(tbs, padding.PKCS1v15(), algorithm)
    name = bytes.fromhex("300d0609") + prefix + last + b"\x05\x00"
    der = element(0x30, tbs + name + element(0x03, b"\x00" + signature))
    return Made(Certificate.from_der(der), made.key)


def version_1(made: Made, issuer: Made) -> Made:
    """The same certificate without extensions, in the version of X.509 that has none."""
    parts = _elements(_elements(made.certificate.x509.tbs_certificate_bytes)[0][1])
    kept = b"".join(whole for whole, _ in parts if whole[0] not in (0xA0, 0xA3))
    signed = make.signed(element(0x30, kept), issuer.key)
    return Made(Certificate.from_der(signed), made.key)


def element(tag: int, contents: bytes) -> bytes:
    """One DER element."""
    size = (len(contents).bit_length() + 7) // 8
    long = bytes([0x80 | size]) + len(contents).to_bytes(size, "big")
    return bytes([tag]) + (bytes([len(contents)]) if len(contents) < 0x80 else long) + contents


def _elements(der: bytes) -> list[tuple[bytes, bytes]]:
    """Each DER element in ``der``, whole and its contents."""
    found = []
    while der:
        size, start = der[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(der[2:start], "big")
        found.append((der[: start + size], der[start : start + size]))
        der = der[start + size :]
    return found


def damaged(made: Made) -> Made:
    """One bit of the signature turned."""
    der = bytearray(made.certificate.der)
    der[-1] ^= 1
    return Made(Certificate.from_der(bytes(der)), made.key)
