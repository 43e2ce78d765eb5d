"""What is trusted, what is sent, and how the two fail to meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests.e2e.prediction_maker import DAY, NAME, OTHER, damaged, rsa_key
from tests.verify.make import CLIENT, key_usage, nc

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.prediction_maker import Case, Maker


def trust(m: Maker) -> dict[str, Callable[[], Case]]:
    as_req = {"ca": True, "without": [x509.KeyUsage], "subject": f"CN={NAME}"}
    nowhere = "http://127.0.0.1:9/ca.der"
    signs = {"ca": True, "replace": [key_usage("digital_signature", "key_cert_sign")]}
    client = x509.ExtendedKeyUsage([CLIENT])
    ed = {"private_key": ed25519.Ed25519PrivateKey.generate()}
    no_sign = {"replace": [key_usage("digital_signature")]}
    return {
        "trust-unknown-root": lambda: m.case([m.leaf(m.root())], [m.root()]),
        "trust-unknown-root-chain": lambda: _untrusted(m, send="chain"),
        "trust-unknown-root-sent": lambda: _untrusted(m, send="root"),
        "trust-unknown-root-sent-expired": lambda: _untrusted(m, send="root", root=m.expired()),
        "trust-unknown-root-sent-early": lambda: _untrusted(m, send="root", root=m.early()),
        "trust-unknown-and-wrong-name": lambda: m.case([m.leaf(m.root(), OTHER)], [m.root()]),
        "trust-missing-intermediate": lambda: _missing(m),
        "trust-missing-intermediate-aia": lambda: _missing(m, fetch=nowhere),
        "trust-regenerated": lambda: _regenerated(m),
        "trust-regenerated-above": lambda: _regenerated_above(m),
        "trust-regenerated-without-ids": lambda: _regenerated_without_ids(m),
        "trust-regenerated-other-kind": lambda: _regenerated(m, {"private_key": rsa_key(2048)}),
        "trust-regenerated-ed25519": lambda: _regenerated(m, ed),
        "trust-remade-intermediate": lambda: _remade_intermediate(m),
        "trust-damaged": lambda: _damaged(m),
        "trust-damaged-intermediate": lambda: _damaged_intermediate(m),
        "trust-damaged-below-rsa": lambda: _damaged(m, private_key=rsa_key(2048)),
        "trust-damaged-below-ed25519": lambda: _damaged(m, **ed),
        "trust-pinned-leaf": lambda: _leaf_pinned(m),
        "trust-pinned-leaf-alone": lambda: _leaf_pinned_alone(m),
        "trust-pinned-leaf-ca": lambda: _leaf_pinned(m, **signs),
        "trust-pinned-leaf-expired": lambda: _leaf_pinned(m, **m.expired()),
        "trust-pinned-intermediate": lambda: intermediate_pinned(m),
        "trust-self-signed": lambda: _self_signed(m, trusted=False),
        "trust-self-signed-ca": lambda: _self_signed(m, trusted=False, **as_req),
        "trust-self-signed-wrong-name": lambda: m.case([m.leaf(None, OTHER)], [m.root()]),
        "trust-self-signed-nameless": lambda: _self_signed(m, trusted=False, subject=""),
        "trust-self-signed-pinned": lambda: _self_signed(m, trusted=True),
        "trust-self-signed-ca-pinned": lambda: _self_signed(m, trusted=True, **as_req),
        "trust-self-signed-pinned-expired": lambda: _self_signed(m, trusted=True, **m.expired()),
        "trust-self-signed-pinned-purpose": lambda: _self_signed(m, trusted=True, replace=[client]),
        "trust-self-signed-pinned-small": lambda: _self_signed(
            m, trusted=True, private_key=rsa_key(1024)
        ),
        "trust-self-signed-pinned-damaged": lambda: _self_signed_damaged(m),
        "trust-old-version": lambda: _two_versions(m, "old"),
        "trust-old-version-first": lambda: _two_versions(m, "old", "new"),
        "trust-new-version-first": lambda: _two_versions(m, "new", "old"),
        "trust-cross-signed": lambda: _cross_signed(m),
        "trust-extra-sent": lambda: _extra(m),
        "trust-extra-sent-root-early": lambda: _extra(m, root=m.early()),
        "trust-extra-sent-root-expired": lambda: _extra(m, root=m.expired()),
        "trust-extra-sent-root-no-sign": lambda: _extra(m, root=no_sign),
        "trust-extra-sent-purpose": lambda: _extra(m, middle={"add": [client]}),
        "trust-extra-sent-expired": lambda: _extra(m, leaf=m.expired()),
    }


def _untrusted(m: Maker, *, send: str, root: dict[str, Any] | None = None) -> Case:
    top = m.root(**(root or {}))
    between = m.ca(top)
    leaf = m.leaf(between)
    sent = {"chain": [leaf, between], "root": [leaf, between, top]}[send]
    return m.case(sent, [m.root()])


def _missing(m: Maker, fetch: str | None = None) -> Case:
    """The intermediate is not sent; ``fetch`` is where the leaf says that it can be had."""
    root = m.root()
    add = [] if fetch is None else [issuers_at(fetch)]
    return m.case([m.leaf(m.ca(root), add=add)], [root])


def issuers_at(url: str) -> x509.AuthorityInformationAccess:
    """An authority information access extension with the URL of the issuer's certificate."""
    place = x509.UniformResourceIdentifier(url)
    issuers = AuthorityInformationAccessOID.CA_ISSUERS
    return x509.AuthorityInformationAccess([x509.AccessDescription(issuers, place)])


def _regenerated(m: Maker, root: dict[str, Any] | None = None) -> Case:
    old = m.root(**(root or {}))
    return m.case([m.leaf(old)], [m.root(subject=old.certificate.subject)])


def _regenerated_above(m: Maker) -> Case:
    old = m.root()
    between = m.ca(old)
    return m.case([m.leaf(between), between], [m.root(subject=old.certificate.subject)])


def _regenerated_without_ids(m: Maker) -> Case:
    """As `openssl req -x509` makes a CA without key identifiers."""
    bare = {"without": [x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier]}
    old = m.root(**bare)
    return m.case([m.leaf(old, **bare)], [m.root(subject=old.certificate.subject, **bare)])


def _remade_intermediate(m: Maker) -> Case:
    root = m.root()
    old = m.ca(root)
    return m.case([m.leaf(old), m.ca(root, subject=old.certificate.subject)], [root])


def _damaged(m: Maker, **flaws: Any) -> Case:
    root = m.root(**flaws)
    return m.case([damaged(m.leaf(root))], [root])


def _damaged_intermediate(m: Maker) -> Case:
    root = m.root()
    between = m.ca(root)
    return m.case([m.leaf(between), damaged(between)], [root])


def _leaf_pinned(m: Maker, **flaws: Any) -> Case:
    between = m.ca(m.root())
    leaf = m.leaf(between, **flaws)
    return m.case([leaf, between], [leaf])


def _leaf_pinned_alone(m: Maker) -> Case:
    leaf = m.leaf(m.root())
    return m.case([leaf], [leaf])


def intermediate_pinned(m: Maker, **flaws: Any) -> Case:
    """An intermediate is trusted, and may have flaws."""
    between = m.ca(m.root(), **flaws)
    return m.case([m.leaf(between), between], [between])


def _self_signed(m: Maker, *, trusted: bool, **flaws: Any) -> Case:
    leaf = m.leaf(None, **flaws)
    return m.case([leaf], [leaf if trusted else m.root()])


def _self_signed_damaged(m: Maker) -> Case:
    leaf = damaged(m.leaf(None))
    return m.case([leaf], [leaf])


def _two_versions(m: Maker, *given: str) -> Case:
    """A root that was signed again with wider constraints, its key and name kept."""
    critical = [x509.NameConstraints]
    old = m.root(add=[nc([x509.DNSName("example.com")])], critical=critical)
    new = m.root(
        subject=old.certificate.subject,
        private_key=old.key,
        add=[nc([x509.DNSName("example.com"), x509.DNSName("test")])],
        critical=critical,
        start=m.now - DAY,
    )
    versions = {"old": old, "new": new}
    return m.case([m.leaf(new)], [versions[each] for each in given])


def _cross_signed(m: Maker) -> Case:
    """Two ways up, one to a root that is trusted."""
    one, two = m.root(), m.root()
    between = m.ca(one)
    crossed = m.ca(two, subject=between.certificate.subject, private_key=between.key)
    return m.case([m.leaf(between), between, crossed], [two])


def _extra(
    m: Maker,
    *,
    root: dict[str, Any] | None = None,
    middle: dict[str, Any] | None = None,
    leaf: dict[str, Any] | None = None,
) -> Case:
    """A certificate is sent that has nothing to do with the rest."""
    top = m.root(**(root or {}))
    between = m.ca(top, **(middle or {}))
    return m.case([m.leaf(between, **(leaf or {})), between, m.root()], [top])
