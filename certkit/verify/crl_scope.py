"""Which certificates a revocation list is for: RFC 5280 sections 5.2.5 and 6.3.3 (b) (2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from certkit.verify.dn import name_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.verify.path import Node

_General = tuple[type[x509.GeneralName], object]


def is_in_scope(point: x509.IssuingDistributionPoint, node: Node) -> bool:
    """Whether a list with this issuing distribution point speaks of ``node``."""
    if point.indirect_crl or point.only_contains_attribute_certs or point.only_some_reasons:
        return False
    if point.only_contains_user_certs if node.certificate.is_ca else point.only_contains_ca_certs:
        return False
    issuer = node.certificate.x509.issuer
    names = set(_names(point.full_name, point.relative_name, issuer))
    return not names or not names.isdisjoint(_points_of(node))


def _points_of(node: Node) -> Iterator[_General]:
    """Where the certificate says that its lists lie, else the issuer itself."""
    issuer = node.certificate.x509.issuer
    points = node.certificate.extension(x509.CRLDistributionPoints)
    if points is None:
        yield x509.DirectoryName, name_key(issuer)
        return
    for point in points.value:
        named = tuple(_names(point.full_name, point.relative_name, issuer))
        yield from named or _names(point.crl_issuer, None, issuer)


def _names(
    full: list[x509.GeneralName] | None,
    relative: x509.RelativeDistinguishedName | None,
    issuer: x509.Name,
) -> Iterator[_General]:
    for name in full or ():
        known = isinstance(name, x509.DirectoryName)
        yield type(name), name_key(name.value) if known else name.value
    if relative is not None:
        yield x509.DirectoryName, name_key(x509.Name([*issuer.rdns, relative]))
