"""Chains with several flaws at once, drawn by lot: what no list of cases thinks of."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from random import Random
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.e2e.prediction_maker import (
    ADDRESS,
    ANY,
    DAY,
    NAME,
    OTHER,
    UNKNOWN,
    Maker,
    damaged,
    rsa_key,
    with_broken_hash,
)
from tests.verify.make import CLIENT, SERVER, Made, key_usage, nc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from tests.e2e.prediction_maker import Case

Flaws = dict[str, Any]

_AKI, _SKI = x509.AuthorityKeyIdentifier, x509.SubjectKeyIdentifier
_SAN, _BASIC, _USAGE = x509.SubjectAlternativeName, x509.BasicConstraints, x509.KeyUsage
_EKU = x509.ExtendedKeyUsage
_LOCAL = x509.IPAddress(ip_address(ADDRESS))
_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])
_CRITICAL = {"add": [UNKNOWN], "critical": [x509.UnrecognizedExtension]}
_SMALL = {"private_key": "rsa1024"}
_SIGNS = key_usage("digital_signature", "key_cert_sign")

_KEYS = {
    "rsa1024": lambda: rsa_key(1024),
    "rsa2048": lambda: rsa_key(2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
}

NAMES: tuple[list[Any], ...] = (
    *([NAME],) * 4,
    [OTHER],
    [OTHER, NAME],
    ["*.app.test"],
    ["*.app.test", NAME],
    ["*.test"],
    ["w*.app.test"],
    ["*.co.uk"],
    ["app.test."],
    ["my_app.test", "*.my.test"],
    ["xn--bcher-kva.test"],
    ["localhost"],
    [_LOCAL],
    [NAME, _LOCAL],
    [x509.RFC822Name("a@app.test")],
    [x509.UniformResourceIdentifier("https://app.test/"), x509.IPAddress(ip_address("::1"))],
    [],
)
ASKED = (
    *(NAME,) * 5,
    "app.test.",
    "www.app.test",
    "www.app.test.",
    "my_app.test",
    "my_x.my.test",
    "a.co.uk",
    "xn--bcher-kva.test",
    "localhost",
    ADDRESS,
    "127.0.0.2",
)
# How many flaws the certificate, the CA that issued it and the root have.
COUNTS = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 0, 1), (0, 1, 0), (0, 0, 1), (0, 1, 1), (2, 0, 0))
COUNTS_MORE = ((2, 1, 0), (0, 2, 0), (0, 0, 2), (3, 0, 0))
# ruff: noqa: ARG005 - each takes all, and uses what it needs
# What is sent and what is trusted, of a leaf, the CAs above it and the root.
SENDING: dict[str, Callable[[Maker, Made, list[Made], Made], tuple[list[Made], list[Made]]]] = {
    "chain": lambda m, leaf, cas, root: ([leaf, *cas], [root]),
    "root-sent": lambda m, leaf, cas, root: ([leaf, *cas, root], [root]),
    "missing": lambda m, leaf, cas, root: ([leaf, *cas[1:]], [root]),
    "shuffled": lambda m, leaf, cas, root: ([leaf, *reversed(cas)], [root]),
    "untrusted": lambda m, leaf, cas, root: ([leaf, *cas], [m.root()]),
    "untrusted-root-sent": lambda m, leaf, cas, root: ([leaf, *cas, root], [m.root()]),
    "leaf-pinned": lambda m, leaf, cas, root: ([leaf, *cas], [leaf]),
    "intermediate-pinned": lambda m, leaf, cas, root: ([leaf, *cas], [*cas[:1], root][:1]),
    "root-regenerated": lambda m, leaf, cas, root: (
        [leaf, *cas],
        [m.root(subject=root.certificate.subject)],
    ),
    "intermediate-regenerated": lambda m, leaf, cas, root: (
        [leaf, *(m.ca(root, subject=each.certificate.subject) for each in cas[:1]), *cas[1:]],
        [root],
    ),
    "extra-sent": lambda m, leaf, cas, root: ([leaf, *cas, m.root()], [root]),
    "self-signed": lambda m, leaf, cas, root: ([leaf], [root]),
    "self-signed-pinned": lambda m, leaf, cas, root: ([leaf], [leaf]),
}
_USUAL = ("chain",) * 10


def leaf_flaws(m: Maker) -> tuple[Flaws, ...]:
    return (
        m.expired(),
        m.early(),
        {"end": m.now + 3650 * DAY},
        {"replace": [_EKU([CLIENT])]},
        {"replace": [ANY]},
        {"without": [_EKU]},
        {"replace": [key_usage("key_agreement")]},
        {"replace": [_SIGNS]},
        {"without": [_USAGE]},
        {"without": [_AKI]},
        {"without": [_SKI]},
        {"critical": [_AKI]},
        {"critical": [_SKI]},
        {"critical": [_SAN]},
        {"subject": ""},
        {"subject": f"CN={NAME}"},
        {"subject": f"CN={OTHER}"},
        {"subject": "CN=my laptop"},
        _CRITICAL,
        {"add": [_STAPLE]},
        _SMALL | {"replace": [key_usage("digital_signature", "key_encipherment")]},
        {"private_key": "ed25519"},
        {"private_key": "p521"},
        {"private_key": "rsa2048"},
        {"ca": True, "replace": [_SIGNS]},
        {"ca": True, "without": [_USAGE]},
        {"hash": "sha1"},
        {"hash": "md5"},
        {"damaged": True},
    )


def ca_flaws(m: Maker) -> tuple[Flaws, ...]:
    outside = nc([x509.DNSName("example.com")])
    inside = nc([x509.DNSName(NAME), x509.IPAddress(ip_network("127.0.0.0/8"))])
    return (
        m.expired(),
        m.early(),
        {"add": [_EKU([CLIENT])]},
        {"add": [_EKU([SERVER])]},
        {"add": [ANY]},
        {"without": [_USAGE]},
        {"without": [_BASIC]},
        {"without": [_BASIC, _USAGE]},
        {"without": [_SKI]},
        {"without": [_AKI]},
        {"replace": [_BASIC(ca=False, path_length=None)]},
        {"replace": [key_usage("digital_signature")]},
        {"optional": [_BASIC]},
        {"critical": [_SKI]},
        {"path_length": 0},
        {"path_length": 1},
        {"add": [outside]},
        {"add": [inside]},
        {"add": [nc(None, [x509.DNSName("test")])]},
        _CRITICAL,
        _SMALL,
        {"private_key": "rsa2048"},
        {"private_key": "ed25519"},
        {"private_key": "p521"},
        {"hash": "sha1"},
        {"damaged": True},
    )


def mixtures(now: datetime, seeds: Iterable[int]) -> Iterator[Case]:
    """One case for each seed, the same flaws for the same seed; keys and serials are new."""
    for seed in seeds:
        maker = Maker(now, f"mixture-{seed}")
        yield _Draw(maker, Random(seed)).case()  # noqa: S311 - a lottery


class _Draw:
    def __init__(self, maker: Maker, lot: Random) -> None:
        self._m = maker
        self._lot = lot

    def case(self) -> Case:
        on_leaf, on_ca, on_root = self._lot.choice((*COUNTS, *COUNTS, *COUNTS_MORE))
        sending = self._lot.choice((*_USUAL, *SENDING))
        depth = self._lot.choice((1, 1, 2) if on_ca else (0, 1, 1, 2))
        leaf = self._mixed(leaf_flaws(self._m), on_leaf)
        ca = self._mixed(ca_flaws(self._m), on_ca)
        root = self._mixed(ca_flaws(self._m), on_root)
        if "hash" in leaf:  # SHA-1 and MD5 are made with RSA
            (ca if depth else root)["private_key"] = "rsa2048"
        names, asked = self._lot.choice(NAMES), self._lot.choice(ASKED)
        top = self._made(None, root, ca=True)
        cas: list[Made] = []
        for level in range(depth):
            above = cas[0] if cas else top
            cas.insert(0, self._made(above, ca if level == depth - 1 else {}, ca=True))
        issuer = None if sending.startswith("self-signed") else [*cas, top][0]
        if not names:
            leaf = _merged([leaf, {"without": [_SAN]}])
        end = self._made(issuer, leaf | {"names": names or [NAME]})
        sent, trusted = SENDING[sending](self._m, end, cas, top)
        return self._m.case(sent, trusted, asked)

    def _mixed(self, flaws: tuple[Flaws, ...], count: int) -> Flaws:
        return _merged(self._lot.choice(flaws) for _ in range(count))

    def _made(self, issuer: Made | None, flaws: Flaws, *, ca: bool = False) -> Made:
        given = {"ca": ca, **flaws}
        digest, harmed = given.pop("hash", None), given.pop("damaged", False)
        if not ca:
            given.setdefault("subject", "O=test")
            if given["ca"] and _EKU not in given.get("without", ()):
                given["add"] = [*given.get("add", ()), _EKU([SERVER])]
        if "private_key" in given:
            given["private_key"] = _KEYS[given["private_key"]]()
        made = self._m.make(issuer, **given)
        if digest and issuer and isinstance(issuer.key, rsa.RSAPrivateKey):
            made = with_broken_hash(made, issuer, digest)
        return damaged(made) if harmed else made


def _merged(flaws: Iterable[Flaws]) -> Flaws:
    """Lists are joined, an extension of one kind is added once; of the rest the last counts."""
    merged: Flaws = {}
    for flaw in flaws:
        for key, value in flaw.items():
            joined = [*merged.get(key, ()), *value] if isinstance(value, list) else value
            merged[key] = joined
    if "add" in merged:
        merged["add"] = list({type(each): each for each in merged["add"]}.values())
    return merged
