"""The certificate authority: create, issue, sign a request, widen, delegate.

Pure: the moment, keys and serial numbers can be given, nothing is read from or written to disk
(that is :mod:`certkit.home`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509

from certkit.errors import CertkitError
from certkit.pki import keys, profiles
from certkit.pki.building import (
    build_root,
    ca_subject,
    certificate_builder,
    leaf_builder,
    leaf_subject,
    sign,
)
from certkit.pki.certificate import Certificate, Issued
from certkit.pki.constraints import Constraints, refuse_outside
from certkit.pki.name_warnings import warnings_for
from certkit.pki.names import Name, parse, with_base_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    from certkit.findings import Finding
    from certkit.pki.keys import PrivateKey
    from certkit.pki.profiles import Profile

_COMMON_NAME_MAX: Final = 64
"""RFC 5280 appendix A.1, ub-common-name."""


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """A CA: a certificate that may sign, its key, and the root that clients trust.

    ``certificate`` signs; ``root`` is the trust anchor and the same certificate unless this is
    an intermediate. Make one with :meth:`create` or :meth:`load`.

    >>> import certkit
    >>> ca = certkit.CertificateAuthority.create(permit=["dev.example.com"])
    >>> issued = ca.issue("10.0.0.5", "*.dev.example.com")
    >>> [str(name) for name in issued.certificate.names]
    ['10.0.0.5', '*.dev.example.com', 'dev.example.com']
    """

    certificate: Certificate
    key: PrivateKey
    root: Certificate

    @classmethod
    def create(
        cls,
        permit: Iterable[str] = (),
        *,
        unconstrained: bool = False,
        key: str = "p256",
        days: int = profiles.CA_DAYS,
        now: datetime | None = None,
        private_key: PrivateKey | None = None,
        serial: int | None = None,
    ) -> CertificateAuthority:
        """A new root for ``days`` days, constrained to private names and addresses + ``permit``.

        ``permit`` takes DNS names, addresses and blocks. ``private_key`` and ``serial`` replace
        the random ones. Raises CertkitError: ``key.*`` for the kind of key, ``validity.bad-days``,
        ``name.public-suffix`` and ``name.block-too-wide`` for what is never permitted.
        """
        permit = tuple(permit)
        refuse_contradiction(permit, unconstrained=unconstrained)
        start, end = profiles.ca_validity(_moment(now), days)
        signing_key = private_key or keys.ca_key_kind(key).generate()
        root = build_root(
            signing_key,
            subject=ca_subject(signing_key.public_key(), "certkit CA"),
            validity=(start, end),
            constraints=None if unconstrained else Constraints.DEFAULT.widened(permit),
            serial=serial,
        )
        return cls(root, signing_key, root)

    @classmethod
    def load(
        cls,
        certificate_pem: bytes,
        key_pem: bytes,
        *,
        root_pem: bytes | None = None,
        passphrase: bytes | None = None,
    ) -> CertificateAuthority:
        """A CA from its files; ``root_pem`` for an intermediate.

        Raises CertkitError: ``files.wrong-format``, ``files.encrypted-key``,
        ``files.key-mismatch``, ``chain.issuer-not-ca`` when the certificate may not sign.
        """
        certificate = Certificate.from_pem(certificate_pem)
        root = certificate if root_pem is None else Certificate.from_pem(root_pem)
        key = keys.load_private_key(key_pem, passphrase)
        if not isinstance(key, keys.PrivateKey):
            raise CertkitError(
                "key.unknown-kind",
                f"a CA key of this kind is not supported ({type(key).__name__})",
                hint=f"use one of: {' '.join(keys.CA_KEY_KINDS)}",
            )
        public_key = certificate.public_key
        if public_key is None or not keys.same_public_key(public_key, key.public_key()):
            raise CertkitError(
                "files.key-mismatch",
                f"the key does not belong to the CA certificate {certificate.subject}",
                hint="put the key back that was created together with this certificate",
            )
        if not certificate.is_ca:
            raise CertkitError(
                "chain.issuer-not-ca",
                f"{certificate.subject} is not a CA certificate and cannot sign others",
                hint="use the root of your CA: certkit ca show",
            )
        return cls(certificate, key, root)

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The certificates between a leaf and the root: ``()`` or the intermediate."""
        return () if self.certificate == self.root else (self.certificate,)

    @property
    def constraints(self) -> Constraints | None:
        """What this CA may sign, as narrow as its narrowest certificate says; None: everything."""
        return self.certificate.constraints or self.root.constraints

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.pem

    @property
    def key_pem(self) -> bytes:
        """PKCS#8 PEM, unencrypted."""
        return keys.dump_private_key(self.key)

    def issue(
        self,
        *names: str | Name,
        client: bool = False,
        days: int = profiles.LEAF_DAYS,
        key: str = "p256",
        common_name: bool = False,
        now: datetime | None = None,
        private_key: PrivateKey | None = None,
        serial: int | None = None,
    ) -> Issued:
        """A certificate with a new key for ``names``; a wildcard brings its base name.

        ``client`` makes a client certificate (mTLS), ``common_name`` also writes the first DNS
        name into the CN. Raises CertkitError: the refusal of a name (``name.*``),
        ``chain.name-constraint`` for a name outside :attr:`constraints`, ``validity.bad-days``.
        """
        kind = keys.key_kind(key)
        checked = self.checked_names(names)
        leaf_key = private_key or kind.generate()
        certificate = self._sign_leaf(
            checked,
            leaf_key.public_key(),
            profiles.CLIENT if client else profiles.SERVER,
            common_name=_common_name(checked) if common_name else None,
            validity=self._leaf_validity(now, days),
            serial=serial,
        )
        warned = _warnings(checked) + keys.browser_warnings(leaf_key.public_key())
        return Issued(certificate, leaf_key, (certificate, *self.chain), self.root, warned)

    def sign(
        self,
        csr: bytes,
        *,
        client: bool = False,
        days: int = profiles.LEAF_DAYS,
        now: datetime | None = None,
        serial: int | None = None,
    ) -> Issued:
        """A certificate for the names and the key of a CSR (PEM or DER), and nothing else of it.

        A request for CA:TRUE gets a leaf and a finding. Raises as :meth:`issue`, and ``csr.*``,
        ``crypto.weak-key``.
        """
        from certkit.pki.csr import read_request

        request = read_request(csr)
        checked = self.checked_names(request.names)
        certificate = self._sign_leaf(
            checked,
            request.public_key,
            profiles.CLIENT if client else profiles.SERVER,
            common_name=None,
            validity=self._leaf_validity(now, days),
            serial=serial,
        )
        findings = request.findings + _warnings(checked)
        return Issued(certificate, None, (certificate, *self.chain), self.root, findings)

    def checked_names(self, names: Iterable[str | Name]) -> tuple[Name, ...]:
        """``names`` parsed, wildcards completed, and all inside the constraints.

        Raises CertkitError: ``name.*``, ``name.none``, ``chain.name-constraint``.
        """
        checked = parse_names(names)
        if self.constraints is not None:
            refuse_outside(self.constraints, checked)
        return checked

    def intermediate(
        self,
        *,
        key: str = "p256",
        now: datetime | None = None,
        private_key: PrivateKey | None = None,
        serial: int | None = None,
    ) -> CertificateAuthority:
        """A CA under this root, with the same constraints: Java ignores those of a root.

        Raises CertkitError ``chain.path-too-long`` when this CA may not have one.
        """
        basic = self.certificate.extension(x509.BasicConstraints)
        if basic is None or basic.value.path_length == 0:
            raise CertkitError(
                "chain.path-too-long",
                f"{self.certificate.subject} may not sign another CA (path length 0)",
                hint="make a root that may: certkit ca init --intermediate --home DIR",
            )
        signing_key = private_key or keys.ca_key_kind(key).generate()
        start, end = profiles.ca_validity(_moment(now), profiles.CA_DAYS)
        public_key = signing_key.public_key()
        builder = certificate_builder(
            profiles.INTERMEDIATE,
            ca_subject(public_key, "certkit intermediate CA"),
            public_key,
            (start, min(end, self.certificate.not_after)),
            serial,
        ).issuer_name(self.certificate.x509.subject)
        builder = builder.add_extension(self.certificate.as_issuer, critical=False)
        if self.constraints is not None:
            builder = builder.add_extension(self.constraints.to_extension(), critical=True)
        certificate = sign(builder, self.key)
        return CertificateAuthority(certificate, signing_key, self.root)

    def permit(
        self, *texts: str, now: datetime | None = None, serial: int | None = None
    ) -> CertificateAuthority:
        """This root signed again with wider constraints: same key, subject and end of validity.

        Certificates that it issued stay valid. Raises CertkitError ``name.public-suffix``,
        ``name.block-too-wide``, ``chain.not-a-root`` for an intermediate, and
        ``chain.unconstrained`` when everything is permitted already.
        """
        if self.certificate != self.root:
            raise CertkitError(
                "chain.not-a-root",
                "only a root can permit more names; this is an intermediate",
                hint="use the home that holds the root: certkit ca permit --home DIR NAME",
            )
        if self.constraints is None:
            raise CertkitError(
                "chain.unconstrained",
                "this CA has no name constraints: it may sign every name already",
                hint="issue it: certkit issue NAME",
            )
        # Of two versions the later notBefore is the newer one, also within the same second.
        start = max(
            _moment(now).replace(microsecond=0) - profiles.BACKDATE,
            self.root.not_before + timedelta(seconds=1),
        )
        root = build_root(
            self.key,
            subject=self.root.x509.subject,
            validity=(start, self.root.not_after),
            constraints=self.constraints.widened(texts),
            serial=serial,
        )
        return CertificateAuthority(root, self.key, root)

    def _leaf_validity(self, now: datetime | None, days: int) -> tuple[datetime, datetime]:
        end = min(self.certificate.not_after, self.root.not_after)
        return profiles.leaf_validity(_moment(now), days, end)

    def _sign_leaf(
        self,
        names: tuple[Name, ...],
        public_key: CertificatePublicKeyTypes,
        profile: Profile,
        *,
        common_name: str | None,
        validity: tuple[datetime, datetime],
        serial: int | None,
    ) -> Certificate:
        builder = leaf_builder(names, public_key, profile, common_name, validity, serial)
        builder = builder.issuer_name(self.certificate.x509.subject)
        builder = builder.add_extension(self.certificate.as_issuer, critical=False)
        return sign(builder, self.key)


def self_signed(
    *names: str | Name,
    days: int = profiles.LEAF_DAYS,
    key: str = "p256",
    common_name: bool = False,
    now: datetime | None = None,
    private_key: PrivateKey | None = None,
    serial: int | None = None,
) -> Issued:
    """A server certificate signed by its own key, for those who insist: SKI, AKI, CA:FALSE.

    With CA:TRUE (what ``openssl req -x509`` makes) Firefox and rustls refuse it. Raises as
    :meth:`CertificateAuthority.issue`; there are no constraints to break.

    >>> issued = self_signed("localhost")
    >>> issued.certificate.self_signed, issued.certificate.is_ca
    (True, False)
    """
    kind = keys.key_kind(key)
    checked = parse_names(names)
    leaf_key = private_key or kind.generate()
    public_key = leaf_key.public_key()
    text = _common_name(checked) if common_name else None
    validity = profiles.leaf_validity(_moment(now), days, None)
    builder = leaf_builder(checked, public_key, profiles.SERVER, text, validity, serial)
    builder = builder.issuer_name(leaf_subject(text)).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key), critical=False
    )
    certificate = sign(builder, leaf_key)
    warned = _warnings(checked) + keys.browser_warnings(public_key)
    return Issued(certificate, leaf_key, (certificate,), certificate, warned)


def refuse_contradiction(permit: Sequence[str], *, unconstrained: bool) -> None:
    """Raises CertkitError ``chain.unconstrained`` for permits to a CA that may sign all."""
    if unconstrained and permit:
        raise CertkitError(
            "chain.unconstrained",
            "a CA without constraints has nothing to permit",
            hint="leave out --unconstrained, or --permit",
        )


def parse_names(names: Iterable[str | Name]) -> tuple[Name, ...]:
    """Names as typed, checked and completed with the base names of wildcards; at least one.

    Raises CertkitError: ``name.*``, ``name.none``.
    """
    checked = with_base_names(map(_name, names))
    if not checked:
        raise CertkitError(
            "name.none",
            "a certificate needs a name",
            hint="certkit issue localhost 127.0.0.1",
        )
    return checked


def _name(given: object) -> Name:
    if isinstance(given, Name):
        return given
    if isinstance(given, str):
        return parse(given)
    raise CertkitError(
        "name.not-text",
        f"a name is text, not {type(given).__name__}",
        hint='ca.issue("localhost", "10.0.0.5")',
    )


def _moment(now: datetime | None) -> datetime:
    """``now``, or the clock's; a naive one is UTC, as in :func:`certkit.verify_chain`."""
    if now is None:
        return datetime.now(UTC)
    return now if now.tzinfo is not None else now.replace(tzinfo=UTC)


def _warnings(names: tuple[Name, ...]) -> tuple[Finding, ...]:
    return tuple(finding for name in names for finding in warnings_for(name))


def _common_name(names: tuple[Name, ...]) -> str:
    """The first DNS name. With an IP-only SAN any CN makes GnuTLS refuse the certificate under
    name constraints (measured), so there is none to give.
    """
    for name in names:
        if name.type == "dns" and len(name.value) <= _COMMON_NAME_MAX:
            return name.value
    raise CertkitError(
        "name.no-common-name",
        "there is no DNS name of at most 64 characters for the common name",
        hint="leave the common name out: no current client reads it",
    )
