"""How clients get from the leaf to the end of the chain.

Some try every path that the signatures allow, others take the first certificate whose name and key
identifier fit and stand by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from certkit.verify.clients.general_names import subject
from certkit.verify.clients.sight import Chain, End, Sight
from certkit.verify.key_ids import names_key_of, points_to
from certkit.verify.path import Node, Path, PathBuilder
from certkit.verify.signature import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from certkit.pki.certificate import Certificate
    from certkit.verify.path import SameName

    Fits = Callable[[Certificate, Certificate], bool]
    Rank = Callable[[Node, Chain], tuple[Any, ...]]


class SearchGivenUp(Exception):
    """So many certificates seem to have issued each other that the search was given up."""


@dataclass(frozen=True, slots=True)
class Climb:
    """How a client gets from the leaf to the end.

    ``follow`` yields the ways up, the client's favourite first; ``may_end(certificate, chain)``
    says whether a trusted certificate may be the end of one.
    """

    follow: Callable[[Chain, Sequence[Certificate]], Iterator[Sight]]
    may_end: Callable[[Certificate, Chain], bool]
    can_hold: Callable[[Certificate], bool] = bool
    """Whether the client's store takes a certificate at all."""
    last_version_first: bool = False
    """Of two versions of a root in one file, the later one is taken."""
    same_name: SameName | None = None
    """When an issuer is the one that is named; None by RFC 5280 section 7.1."""

    def sights(self, chain: Chain) -> Iterator[Sight]:
        """Every way up that the client would look at."""
        held = tuple(each for each in chain.roots if self.can_hold(each))
        ends = [each for each in held if self.may_end(each, chain)]
        chain = replace(chain, roots=held, same_name=self.same_name)
        return self.follow(chain, ends[::-1] if self.last_version_first else ends)


def is_root(certificate: Certificate) -> bool:
    """What OpenSSL calls self-signed (EXFLAG_SS): nothing in it points to another issuer."""
    return Node.of(certificate, anchor=False).self_issued and points_to(certificate, certificate)


# ---- what may be the end -------------------------------------------------------------------------


def any_certificate(certificate: Certificate, chain: Chain) -> bool:
    """Whatever is in the store."""
    return True


def roots_alone(certificate: Certificate, chain: Chain) -> bool:
    """OpenSSL without the flag X509_V_FLAG_PARTIAL_CHAIN."""
    return is_root(certificate)


def not_the_leaf(certificate: Certificate, chain: Chain) -> bool:
    """rustls looks for an issuer, which a leaf is only when it signed itself."""
    return certificate != chain.leaf or certificate.self_issued


def end_of_what_was_sent(certificate: Certificate, chain: Chain) -> bool:
    """GnuTLS looks in the store for the last certificate sent and for its issuer.

    It looks where their hashes lead, and takes anything sent that happens to lie there as well.
    """
    builder = PathBuilder((), chain.sent[1:], chain.at, chain.same_name)
    path = _climbed(builder, replace(chain, roots=()), names_key_of, _as_sent)
    ends_in_root = is_root(path.top.certificate)
    last = path.nodes[-2] if len(path.nodes) > 1 and ends_in_root else path.top
    sought = last.certificate
    places = _bucket(sought.x509.issuer.public_bytes()), _bucket(subject(sought))
    return _bucket(subject(certificate)) in places


def _bucket(name: bytes) -> int:
    """gnulib's hash_pjw_bare of the name in DER, modulo the size of GnuTLS's table."""
    found = 0
    for octet in name:
        found = (octet + (found << 9 | found >> 55)) & 0xFFFF_FFFF_FFFF_FFFF
    return found % 127


def nss_can_hold(certificate: Certificate) -> bool:
    """certutil, with which Chromium and Firefox are given roots, cannot import Ed25519."""
    return not isinstance(certificate.public_key, ed25519.Ed25519PublicKey)


# ---- ways to climb -------------------------------------------------------------------------------


def by_signature(chain: Chain, ends: Sequence[Certificate]) -> Iterator[Sight]:
    """Every path that ends well; where there is none, the one that got furthest."""
    builder = _builder(chain, ends)
    found = False
    for path in builder.paths(chain.leaf):
        found = True
        yield Sight(chain, path, End.TRUSTED)
    if builder.exhausted:
        raise SearchGivenUp
    if not found:
        end = max(builder.dead_ends, key=lambda each: len(each.path.nodes))
        yield Sight(chain, end.path, _dead_end(end.path.top, other_key=bool(end.namesakes)))


def by_name(chain: Chain, ends: Sequence[Certificate]) -> Iterator[Sight]:
    """webpki: issuers by their name, signatures when the end is reached."""
    return _by_name(chain, _builder(chain, ends))


def by_name_without_foreign_roots(chain: Chain, ends: Sequence[Certificate]) -> Iterator[Sight]:
    """mozilla::pkix: the same, but a root that was sent and is not trusted is not looked at."""
    sent = [each for each in chain.sent[1:] if each in ends or not each.self_signed]
    return _by_name(chain, _builder(replace(chain, sent=(chain.leaf, *sent)), ends))


def _by_name(chain: Chain, builder: PathBuilder) -> Iterator[Sight]:
    paths = list(builder.paths(chain.leaf))
    if builder.exhausted:
        raise SearchGivenUp
    for path in paths:
        yield Sight(chain, path, End.TRUSTED)
    if not paths:
        path = Path((Node.of(chain.leaf, anchor=False),))
        while not path.top.anchor and (found := builder.issuers(path)):
            path = _extended(path, found[0], builder)
        yield _ended(chain, path)


def by_key_id(chain: Chain, ends: Sequence[Certificate]) -> Iterator[Sight]:
    """OpenSSL: the first issuer whose name and key identifier fit, its signature unseen.

    A trusted leaf does not end the way up, but it ends well then, however it ends.
    """
    yield _ended(chain, _climbed(_builder(chain, ends), chain, points_to, _valid_first))


def in_sent_order(chain: Chain, ends: Sequence[Certificate]) -> Iterator[Sight]:
    """GnuTLS: the same, but an issuer that has expired is as good as another.

    Of the identifiers of the issuer's key, only the one by that name is compared.
    """
    yield _ended(chain, _climbed(_builder(chain, ends), chain, names_key_of, _as_sent))


def _climbed(builder: PathBuilder, chain: Chain, fits: Fits, rank: Rank) -> Path:
    """Above a trusted certificate only trusted ones are looked for."""
    leaf, trusted = chain.leaf, chain.roots
    pinned = any(node.anchor and node.certificate == leaf for node in builder.nodes)
    path = Path((Node.of(leaf, anchor=pinned),))
    while not is_root(path.top.certificate) and (len(path.nodes) == 1 or not path.top.anchor):
        top = path.top.certificate
        fitting = [node for node in builder.issuers(path) if fits(top, node.certificate)]
        if len(path.nodes) > 1 and top in trusted:
            fitting = [node for node in fitting if node.certificate in trusted]
        if not fitting:
            break
        path = _extended(path, min(fitting, key=lambda node: rank(node, chain)), builder)
    if builder.exhausted:
        raise SearchGivenUp
    return path


def _valid_first(node: Node, chain: Chain) -> tuple[Any, ...]:
    """OpenSSL: of the trusted ones, then of those sent, one that is valid, else the latest."""
    valid = _is_valid(node, chain)
    late = 0 if valid else -node.certificate.not_after.timestamp()
    return node.certificate not in chain.roots, not valid, late, _place(node, chain)


def _as_sent(node: Node, chain: Chain) -> tuple[Any, ...]:
    """GnuTLS: of the trusted ones the last that is valid, then of those sent the first."""
    if node.certificate in chain.roots:
        return False, not _is_valid(node, chain), -_place(node, chain)
    return True, False, _place(node, chain)


def _is_valid(node: Node, chain: Chain) -> bool:
    return node.certificate.not_before <= chain.at <= node.certificate.not_after


def _place(node: Node, chain: Chain) -> int:
    return [*chain.roots, *chain.sent].index(node.certificate)


def _extended(path: Path, node: Node, builder: PathBuilder) -> Path:
    """One step up, with a signature of SHA-1 or MD5 read that the verdict leaves unread."""
    link = builder.link(path.top, node)
    if link is Link.UNREADABLE and _unfit(path.top.certificate, node.certificate):
        link = Link.BAD
    return path.extended(node, link)


def _unfit(child: Certificate, issuer: Certificate) -> bool:
    signed, key = child.x509, issuer.public_key
    try:
        digest = signed.signature_hash_algorithm
        if digest is None:
            return False
        arguments = signed.signature, signed.tbs_certificate_bytes
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(*arguments, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(*arguments, ec.ECDSA(digest))
    except InvalidSignature:
        return True
    except UnsupportedAlgorithm:
        pass  # then nothing is known
    return False


def _ended(chain: Chain, path: Path) -> Sight:
    if path.top.anchor or path.nodes[0].anchor:
        return Sight(chain, path, End.TRUSTED)
    return Sight(chain, path, _dead_end(path.top, other_key=False))


def in_order(chain: Chain, ends: Sequence[Certificate]) -> Iterator[Sight]:
    """Java: a chain in order is taken as it is, up to its first trusted certificate.

    Any other is searched through, and then nothing is said of what was wrong with the paths found.
    """
    builder = _builder(chain, ends)
    path = _known(Path((Node.of(chain.leaf, anchor=chain.leaf in ends),)), builder)
    nodes = {node.certificate: node for node in builder.nodes}
    for certificate in chain.sent[1:]:
        node = nodes[certificate]
        if path.top.anchor:
            break
        if not _named(path.top, node, chain):
            for sight in by_signature(chain, ends):
                yield replace(sight, assembled=True)
            return
        path = _known(_extended(path, node, builder), builder)
    if path.top.anchor:
        yield Sight(chain, path, End.TRUSTED)
        return
    namesakes = [node for node in builder.issuers(path) if node.anchor]
    top = path.top.certificate
    fitting = [node for node in namesakes if points_to(top, node.certificate)]
    for node in fitting:
        yield Sight(chain, _extended(path, node, builder), End.TRUSTED)
    if not fitting:
        yield Sight(chain, path, _dead_end(path.top, other_key=bool(namesakes)))


def _named(child: Node, issuer: Node, chain: Chain) -> bool:
    same = chain.same_name is None or chain.same_name(child, issuer)
    return same and child.issuer == issuer.subject


def _known(path: Path, builder: PathBuilder) -> Path:
    """With what is trusted at the top, if the top has the name and the key of that."""
    top, key = path.top, path.top.certificate.public_key
    if key is None:
        return path
    trusted = (node for node in builder.namesakes(top) if node.anchor)
    return path.replaced(top, next((n for n in trusted if n.certificate.public_key == key), top))


def _builder(chain: Chain, ends: Sequence[Certificate]) -> PathBuilder:
    """A search in which ``ends`` are the ends, and other trusted certificates are steps."""
    known = {*ends}
    steps = [each for each in chain.roots if each not in known]
    return PathBuilder(ends, (*steps, *chain.sent[1:]), chain.at, chain.same_name)


def _dead_end(top: Node, *, other_key: bool) -> End:
    if other_key:
        return End.OTHER_KEY
    return End.SELF_SIGNED if is_root(top.certificate) else End.UNKNOWN
