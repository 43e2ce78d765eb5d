"""Faults of certificates, by the one chain that is sent and what the client trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtensionOID

from certkit.lab.certificates import Chain, Flaws, constrained_to, damaged, signed_with_sha1
from certkit.lab.contexts import lenient
from certkit.lab.scenario import Scenario
from certkit.pki import der
from certkit.pki.profiles import CLIENT

if TYPE_CHECKING:
    from certkit.lab.certificates import Maker
    from certkit.lab.scenario import MakeChain

ADDRESS: Final = "wss://127.0.0.1:{port}/chat"
_USAGE: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip

_KEY_AGREEMENT: Final = x509.KeyUsage(**{bit: bit == "key_agreement" for bit in _USAGE})
_MUST_STAPLE: Final = x509.TLSFeature([x509.TLSFeatureType.status_request])
_UNKNOWN: Final = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00")
_CA: Final = x509.BasicConstraints(ca=True, path_length=None)
# A prime, so that steps of every size lead to all of them.
_CLIQUE: Final = 7
# Together more than 32 KB.
_BUNDLE: Final = 60


def flawed(
    *names: str, common_name: str = "", permit: tuple[str, ...] = (), **flaws: Unpack[Flaws]
) -> MakeChain:
    """A leaf with ``flaws`` below a sound root; with ``permit`` the root is one of its own."""

    def make(maker: Maker) -> Chain:
        root = maker.authority(permit=permit) if permit else maker.root
        leaf = maker.leaf(root, *names, common_name=common_name, **flaws)
        return Chain((leaf,), (root,))

    return make


def dated(start: int, end: int) -> MakeChain:
    return lambda maker: flawed(dates=maker.dates(start, end))(maker)


def _unconstrained(*names: str) -> MakeChain:
    """For names that no constraint can be compared with; the root's key is dropped at once."""

    def make(maker: Maker) -> Chain:
        root = maker.authority(without=(x509.NameConstraints,))
        return Chain((maker.leaf(root, *names),), (root,))

    return make


def _without_san(common_name: str) -> MakeChain:
    return flawed(common_name=common_name, without=(x509.SubjectAlternativeName,))


# --- chain ---


def _untrusted(maker: Maker) -> Chain:
    return Chain((maker.leaf(maker.authority()),), (maker.root,))


def _self_signed(maker: Maker) -> Chain:
    return Chain((maker.leaf(None, without=(x509.AuthorityKeyIdentifier,)),), (maker.root,))


def _missing_intermediate(maker: Maker) -> Chain:
    return Chain((maker.leaf(maker.authority(maker.root)),), (maker.root,))


def _regenerated(maker: Maker) -> Chain:
    old = maker.authority()
    new = maker.authority(subject=old.certificate.x509.subject)
    return Chain((maker.leaf(new),), (old,))


def _superseded(maker: Maker) -> Chain:
    old = maker.authority(permit=("other.localhost",))
    new = maker.authority(subject=old.certificate.x509.subject, key=old.key)
    return Chain((maker.leaf(new), new), (old,))


def _issuer_not_ca(maker: Maker) -> Chain:
    between = maker.leaf(maker.root, common_name="certkit lab leaf")
    return Chain((maker.leaf(between), between), (maker.root,))


def _too_long(maker: Maker) -> Chain:
    root = maker.authority(change=((_CA, True),))
    upper = maker.authority(root)
    lower = maker.authority(upper)
    return Chain((maker.leaf(lower), lower, upper), (root,))


def _constrained_root(maker: Maker) -> Chain:
    root = maker.authority(change=((constrained_to("other.localhost"), True),))
    return Chain((maker.leaf(root),), (root,))


def _constrained_intermediate(maker: Maker) -> Chain:
    between = maker.authority(maker.root, change=((constrained_to("other.localhost"), True),))
    return Chain((maker.leaf(between), between), (maker.root,))


def _wrong_order(maker: Maker) -> Chain:
    root = maker.authority(change=((_CA, True),))
    upper = maker.authority(root, change=((_CA, True),))
    lower = maker.authority(upper)
    return Chain((maker.leaf(lower), upper, lower), (root,))


def _root_sent(maker: Maker) -> Chain:
    return Chain((maker.leaf(maker.root), maker.root), (maker.root,))


def _bundle_sent(maker: Maker) -> Chain:
    others = tuple(maker.authority() for _ in range(_BUNDLE))
    return Chain((maker.leaf(maker.root), *others), (maker.root,))


def _anchor(maker: Maker) -> Chain:
    between = maker.authority(maker.authority())
    return Chain((maker.leaf(between),), (between,))


def _old_style(maker: Maker) -> Chain:
    """As `openssl req -x509` makes a CA with the extensions of old guides."""
    basic = (x509.BasicConstraints(ca=True, path_length=None), False)
    root = maker.authority(change=(basic,), without=(x509.KeyUsage,))
    return Chain((maker.leaf(root),), (root,))


def _cross_signed(maker: Maker) -> Chain:
    """Every CA signed every other one, and each certificate is followed by one that signed it."""
    cas = [maker.authority(change=((_CA, True),)) for _ in range(_CLIQUE)]
    sent, at = [maker.leaf(cas[0])], 0
    for step in range(1, _CLIQUE):
        for _ in range(_CLIQUE):
            here, at = cas[at], (at + step) % _CLIQUE
            subject = here.certificate.x509.subject
            made = maker.authority(cas[at], subject=subject, key=here.key, change=((_CA, True),))
            sent.append(made)
    return Chain(tuple(sent), (maker.root,))


def _damaged(maker: Maker) -> Chain:
    return Chain((damaged(maker.leaf(maker.root)),), (maker.root,))


def _for_clients(maker: Maker) -> Chain:
    return Chain((maker.leaf(maker.root, profile=CLIENT),), (maker.root,))


# --- names ---


def _raw(name: str) -> MakeChain:
    """The name in UTF-8, which cryptography does not write (RFC 5280 section 7.2)."""
    octets = name.encode()
    names = der.sequence(bytes([0x82, len(octets)]) + octets)
    value = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, names)

    def make(maker: Maker) -> Chain:
        root = maker.authority(without=(x509.NameConstraints,))
        san = (x509.SubjectAlternativeName,)
        return Chain((maker.leaf(root, change=((value, False),), without=san),), (root,))

    return make


# --- validity ---


def _expired_intermediate(maker: Maker) -> Chain:
    between = maker.authority(maker.root, dates=maker.dates(-30, -2))
    return Chain((maker.leaf(between), between), (maker.root,))


def _expired_root(maker: Maker) -> Chain:
    root = maker.authority(dates=maker.dates(-30, -2))
    return Chain((maker.leaf(root),), (root,))


# --- keys and signatures ---


def _sha1(maker: Maker) -> Chain:
    root = maker.authority(key=maker.rsa_key)
    return Chain((signed_with_sha1(maker.leaf(root), root),), (root,))


def _rsa1024(maker: Maker) -> Chain:
    return flawed(key=rsa.generate_private_key(65537, 1024))(maker)  # noqa: S505 - the flaw


def _ed25519(maker: Maker) -> Chain:
    return flawed(key=ed25519.Ed25519PrivateKey.generate())(maker)


def _p521(maker: Maker) -> Chain:
    return flawed(key=ec.generate_private_key(ec.SECP521R1()))(maker)


SCENARIOS: Final = (
    Scenario(
        "untrusted-root", "chain.untrusted-root",
        "a CA that the client does not trust signed the certificate", _untrusted,
    ),
    Scenario(
        "self-signed", "chain.self-signed",
        "the certificate is signed with its own key", _self_signed,
    ),
    Scenario(
        "missing-intermediate", "chain.missing-intermediate",
        "the server sends its certificate without the intermediate above it",
        _missing_intermediate,
    ),
    Scenario(
        "ca-regenerated", "chain.ca-regenerated",
        "the CA was made again under its old name, and the client trusts the old one",
        _regenerated,
    ),
    Scenario(
        "root-superseded", "chain.root-superseded",
        "the root was signed again with wider constraints, and the client trusts the old one",
        _superseded,
    ),
    Scenario(
        "issuer-not-ca", "chain.issuer-not-ca",
        "a server's certificate signed another one", _issuer_not_ca,
    ),
    Scenario(
        "path-too-long", "chain.path-too-long",
        "there is an intermediate below one that allows none", _too_long,
    ),
    Scenario(
        "constrained-root", "chain.name-constraint",
        "the root may sign for other.localhost alone", _constrained_root,
    ),
    Scenario(
        "constrained-intermediate", "chain.name-constraint",
        "the intermediate may sign for other.localhost alone", _constrained_intermediate,
    ),
    Scenario(
        "damaged", "chain.malformed",
        "a bit of the certificate was changed after it was signed", _damaged,
    ),
    Scenario(
        "unknown-extension", "chain.unknown-critical-extension",
        "the certificate has a critical extension that nobody knows",
        flawed(change=((_UNKNOWN, True),)),
    ),
    Scenario(
        "cross-signed", "chain.search-limit",
        "seven CAs signed each other, and none of them is trusted", _cross_signed,
    ),
    Scenario(
        "wrong-order", "chain.wrong-order",
        "two intermediates are sent in the wrong order", _wrong_order,
    ),
    Scenario(
        "root-sent", "chain.root-sent",
        "the server sends the root too", _root_sent,
    ),
    Scenario(
        "bundle-sent", "chain.too-large",
        "the server sends a file of sixty roots after its certificate", _bundle_sent,
    ),
    Scenario(
        "trusted-intermediate", "chain.anchor-not-root",
        "the client trusts an intermediate and knows no root", _anchor,
    ),
    Scenario(
        "old-style-ca", "chain.strict-profile",
        "the root has a basicConstraints that is not critical, and no keyUsage", _old_style,
    ),
    Scenario(
        "no-authority-key-id", "chain.strict-profile",
        "the certificate does not say which key signed it",
        flawed(without=(x509.AuthorityKeyIdentifier,)),
    ),
    Scenario(
        "expired", "validity.expired",
        "the certificate expired two days ago", dated(-30, -2),
    ),
    Scenario(
        "not-yet-valid", "validity.not-yet",
        "the certificate is valid from the day after tomorrow", dated(2, 30),
    ),
    Scenario(
        "expired-intermediate", "validity.issuer-expired",
        "the intermediate expired two days ago", _expired_intermediate,
    ),
    Scenario(
        "expired-root", "validity.issuer-expired",
        "the root expired two days ago", _expired_root,
    ),
    Scenario(
        "ten-years", "validity.too-long",
        "the certificate is valid for ten years", dated(-10, 3640),
    ),
    Scenario(
        "expires-soon", "validity.expiring",
        "the certificate expires in five days", dated(-85, 5),
    ),
    Scenario(
        "wrong-name", "name.mismatch",
        "the certificate is for other.localhost", flawed("other.localhost"),
    ),
    Scenario(
        "no-san", "name.no-san",
        "the certificate has no names at all", flawed(without=(x509.SubjectAlternativeName,)),
    ),
    Scenario(
        "common-name", "name.cn-only",
        "the name stands only in the common name", _without_san("localhost"),
    ),
    Scenario(
        "common-name-address", "name.cn-only",
        "the address stands only in the common name", _without_san("127.0.0.1"), url=ADDRESS,
    ),
    Scenario(
        "address-as-dns", "name.ip-as-dns",
        "the address is written as a DNS name",
        flawed("127.0.0.1", permit=("127.0.0.1",)), url=ADDRESS,
    ),
    Scenario(
        "address-missing", "name.ip-missing",
        "the certificate is for localhost, and the URL has the address",
        flawed("localhost"), url=ADDRESS,
    ),
    Scenario(
        "wildcard-depth", "name.wildcard-depth",
        "*.app.localhost is asked for a.b.app.localhost",
        flawed("*.app.localhost"), url="wss://a.b.app.localhost:{port}/chat",
    ),
    Scenario(
        "wildcard-apex", "name.wildcard-apex",
        "*.app.localhost is asked for app.localhost",
        flawed("*.app.localhost"), url="wss://app.localhost:{port}/chat",
    ),
    Scenario(
        "wildcard-tld", "name.wildcard-tld",
        "*.localhost is asked for app.localhost",
        flawed("*.localhost"), url="wss://app.localhost:{port}/chat",
    ),
    Scenario(
        "wildcard-public-suffix", "name.wildcard-public-suffix",
        "*.co.uk is asked for app.co.uk",
        flawed("*.co.uk", permit=("co.uk",)), url="wss://app.co.uk:{port}/chat",
    ),
    Scenario(
        "wildcard-partial", "name.wildcard-partial",
        "w*.app.localhost is asked for www.app.localhost",
        _unconstrained("w*.app.localhost"), url="wss://www.app.localhost:{port}/chat",
    ),
    Scenario(
        "trailing-dot", "name.trailing-dot",
        "the name in the certificate ends in a dot", _unconstrained("localhost."),
    ),
    Scenario(
        "raw-idn", "name.idn-raw",
        "the name stands in the certificate as UTF-8, and not as A-labels",
        _raw("bücher.localhost"), url="wss://bücher.localhost:{port}/chat",
    ),
    Scenario(
        "underscore", "name.underscore",
        "the name has an underscore",
        flawed("my_app.localhost"), url="wss://my_app.localhost:{port}/chat",
    ),
    Scenario(
        "client-certificate", "usage.eku-not-server",
        "the certificate is one for clients", _for_clients,
    ),
    Scenario(
        "key-agreement-only", "usage.key-usage",
        "the key usage allows no signatures", flawed(change=((_KEY_AGREEMENT, True),)),
    ),
    Scenario(
        "leaf-is-ca", "usage.leaf-is-ca",
        "the server's certificate says that it is a CA", flawed(change=((_CA, True),)),
    ),
    Scenario(
        "must-staple", "revocation.must-staple",
        "the certificate demands a stapled OCSP answer, and none is sent",
        flawed(change=((_MUST_STAPLE, False),)),
    ),
    Scenario(
        "sha1", "crypto.weak-signature",
        "the certificate is signed with SHA-1", _sha1, context=lenient,
    ),
    Scenario(
        "rsa-1024", "crypto.weak-key",
        "the key is RSA of 1024 bits", _rsa1024, context=lenient,
    ),
    Scenario(
        "ed25519", "crypto.browser-unsupported-key",
        "the key is Ed25519, which browsers refuse", _ed25519,
    ),
    Scenario(
        "p521", "crypto.browser-unsupported-key",
        "the key is P-521, which browsers refuse", _p521,
    ),
)  # fmt: skip
