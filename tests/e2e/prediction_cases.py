"""Chains, sound and broken, each with a name and what is trusted: the matrix of predictions."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.e2e.prediction_maker import (
    ADDRESS,
    ANY,
    DAY,
    NAME,
    OTHER,
    UNKNOWN,
    Case,
    Maker,
    below_root,
    rsa_key,
    straight,
    through,
    version_1,
    with_broken_hash,
)
from tests.e2e.prediction_names import odd_names
from tests.e2e.prediction_odd import odd
from tests.e2e.prediction_trust import intermediate_pinned, trust
from tests.verify.make import CLIENT, SERVER, key_usage, nc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


def _sound(m: Maker) -> dict[str, Any]:
    return {
        "sound-dns": lambda: straight(m),
        "sound-ip": lambda: straight(m, x509.IPAddress(ip_address(ADDRESS)), name=ADDRESS),
        "sound-ipv6": lambda: straight(m, x509.IPAddress(ip_address("::1")), name="::1"),
        "sound-wildcard": lambda: straight(m, "*.app.test", name="www.app.test"),
        "sound-single-label": lambda: straight(m, "localhost", name="localhost"),
        "sound-below-localhost": lambda: straight(m, "a.localhost", name="a.localhost"),
        "sound-intermediate": lambda: through(m),
        "sound-rsa": lambda: below_root(
            m,
            {"private_key": rsa_key(2048)},
            {
                "private_key": rsa_key(2048),
                "replace": [key_usage("digital_signature", "key_encipherment")],
            },
        ),
        "sound-p384": lambda: straight(m, private_key=ec.generate_private_key(ec.SECP384R1())),
        "sound-wrong-order": lambda: _wrong_order(m),
        "sound-root-sent": lambda: _root_sent(m),
        "sound-both-purposes": lambda: straight(
            m, replace=[x509.ExtendedKeyUsage([SERVER, CLIENT])]
        ),
        "sound-in-constraints": lambda: below_root(
            m, {"add": [nc([x509.DNSName("test")])], "critical": [x509.NameConstraints]}
        ),
    }


def _wrong_order(m: Maker) -> Case:
    root = m.root()
    upper = m.ca(root)
    lower = m.ca(upper)
    return m.case([m.leaf(lower), upper, lower], [root])


def _root_sent(m: Maker) -> Case:
    root = m.root()
    return m.case([m.leaf(root), root], [root])


def _names(m: Maker) -> dict[str, Any]:
    address = x509.IPAddress(ip_address(ADDRESS))
    no_san = {"without": [x509.SubjectAlternativeName]}
    return {
        "name-other-dns": lambda: straight(m, OTHER),
        "name-two-others": lambda: straight(m, OTHER, "more.test"),
        "name-other-ip": lambda: straight(m, x509.IPAddress(ip_address("10.0.0.5")), name=ADDRESS),
        "name-other-ipv6": lambda: straight(m, address, name="::1"),
        "name-ip-not-in-san": lambda: straight(m, NAME, name=ADDRESS),
        "name-ip-as-dns": lambda: straight(m, ADDRESS, name=ADDRESS),
        "name-dns-wanted-ip-has": lambda: straight(m, address, name=NAME),
        "name-cn-only-dns": lambda: straight(m, subject=f"CN={NAME}", **no_san),
        "name-cn-only-ip": lambda: straight(m, subject=f"CN={ADDRESS}", name=ADDRESS, **no_san),
        "name-cn-only-wrong": lambda: straight(m, subject=f"CN={OTHER}", **no_san),
        "name-cn-only-wrong-ip": lambda: straight(m, subject=f"CN={OTHER}", name=ADDRESS, **no_san),
        "name-no-san-no-cn": lambda: straight(m, **no_san),
        "name-no-san-no-cn-ip": lambda: straight(m, name=ADDRESS, **no_san),
        "name-cn-beside-ip-san": lambda: straight(m, address, subject=f"CN={NAME}"),
        "name-cn-beside-other-san": lambda: straight(m, OTHER, subject=f"CN={NAME}"),
        "name-cn-beside-email": lambda: straight(
            m, x509.RFC822Name("a@app.test"), subject=f"CN={NAME}"
        ),
        "name-cn-wildcard": lambda: straight(
            m, subject="CN=*.app.test", name="www.app.test", **no_san
        ),
        "name-email-only": lambda: straight(m, x509.RFC822Name("a@app.test")),
        "name-uri-only": lambda: straight(m, x509.UniformResourceIdentifier("https://app.test/")),
        "name-wildcard-depth": lambda: straight(m, "*.app.test", name="a.b.app.test"),
        "name-wildcard-apex": lambda: straight(m, "*.app.test"),
        "name-wildcard-tld": lambda: straight(m, "*.test"),
        "name-wildcard-localhost": lambda: straight(m, "*.localhost", name="a.localhost"),
        "name-wildcard-suffix": lambda: straight(m, "*.co.uk", name="a.co.uk"),
        "name-wildcard-private-suffix": lambda: straight(m, "*.github.io", name="a.github.io"),
        "name-wildcard-partial": lambda: straight(m, "w*.app.test", name="www.app.test"),
        "name-wildcard-partial-end": lambda: straight(m, "*w.app.test", name="www.app.test"),
        "name-wildcard-inner": lambda: straight(m, "www.*.test", name="www.app.test"),
        "name-wildcard-two": lambda: straight(m, "*.*.test", name="www.app.test"),
        "name-wildcard-all": lambda: straight(m, "*", name="localhost"),
        "name-wildcard-ip": lambda: straight(m, "*.0.0.1", name=ADDRESS),
        "name-wildcard-a-label": lambda: straight(m, "*.app.test", name="xn--bcher-kva.app.test"),
        "name-a-label": lambda: straight(m, "xn--bcher-kva.test", name="xn--bcher-kva.test"),
        "name-upper-case": lambda: straight(m, "APP.Test"),
        "name-underscore": lambda: straight(m, "my_app.test", name="my_app.test"),
        "name-underscore-wildcard": lambda: straight(m, "*.app.test", name="my_app.app.test"),
        "name-dot-asked": lambda: straight(m, name="app.test."),
        "name-dot-presented": lambda: straight(m, "app.test."),
        "name-dot-both": lambda: straight(m, "app.test.", name="app.test."),
        "name-dot-wildcard": lambda: straight(m, "*.app.test", name="www.app.test."),
        "name-second-of-three": lambda: straight(m, OTHER, NAME, address),
        "name-ip-beside-dns": lambda: straight(m, NAME, address, name=ADDRESS),
    }


def _dates(m: Maker) -> dict[str, Any]:
    old, early = m.expired(), m.early()
    return {
        "date-expired": lambda: straight(m, **old),
        "date-early": lambda: straight(m, **early),
        "date-intermediate-expired": lambda: through(m, old),
        "date-intermediate-early": lambda: through(m, early),
        "date-root-expired": lambda: below_root(m, old),
        "date-root-early": lambda: below_root(m, early),
        "date-root-expired-intermediate": lambda: through(m, root=old),
        "date-ten-years": lambda: straight(m, end=m.now + 3650 * DAY),
        "date-826-days": lambda: straight(m, end=m.now + 816 * DAY + timedelta(seconds=1)),
        "date-expired-and-name": lambda: straight(m, OTHER, **old),
        "date-early-and-name": lambda: straight(m, OTHER, **early),
        "date-expired-ip-and-name": lambda: straight(m, OTHER, name=ADDRESS, **old),
        "date-expired-untrusted": lambda: m.case([m.leaf(m.root(), **old)], [m.root()]),
        "date-expired-and-intermediate": lambda: through(m, old, old),
        "date-expired-and-root": lambda: below_root(m, old, old),
    }


def _usage(m: Maker) -> dict[str, Any]:
    client = {"replace": [x509.ExtendedKeyUsage([CLIENT])]}
    both_rsa = {"private_key": rsa_key(2048)}

    def no_ca(**flaws: Any) -> Case:
        root = m.root()
        between = m.make(root, **flaws)
        return m.case([m.leaf(between), between], [root])

    return {
        "usage-eku-client": lambda: straight(m, **client),
        "usage-eku-any": lambda: straight(m, replace=[ANY]),
        "usage-eku-none": lambda: straight(m, without=[x509.ExtendedKeyUsage]),
        "usage-eku-client-intermediate": lambda: through(m, {"add": client["replace"]}),
        "usage-eku-client-root": lambda: below_root(m, {"add": client["replace"]}),
        "usage-eku-any-intermediate": lambda: through(m, {"add": [ANY]}),
        "usage-eku-any-root": lambda: below_root(m, {"add": [ANY]}),
        "usage-eku-client-and-name": lambda: straight(m, OTHER, **client),
        "usage-eku-client-and-expired": lambda: straight(m, **client, **m.expired()),
        "usage-ku-agreement": lambda: straight(m, replace=[key_usage("key_agreement")]),
        "usage-ku-agreement-and-expired": lambda: straight(
            m, replace=[key_usage("key_agreement")], **m.expired()
        ),
        "usage-ku-useless": lambda: straight(m, replace=[key_usage("content_commitment")]),
        "usage-ku-none": lambda: straight(m, without=[x509.KeyUsage]),
        "usage-ku-rsa-encipherment": lambda: straight(
            m, replace=[key_usage("key_encipherment")], **both_rsa
        ),
        "usage-ku-rsa-signature": lambda: straight(
            m, replace=[key_usage("digital_signature")], **both_rsa
        ),
        "usage-ku-cert-sign": lambda: straight(
            m, replace=[key_usage("digital_signature", "key_cert_sign")]
        ),
        "usage-leaf-is-ca": lambda: straight(
            m,
            ca=True,
            replace=[key_usage("digital_signature", "key_cert_sign")],
            add=[x509.ExtendedKeyUsage([SERVER])],
        ),
        "usage-leaf-is-ca-no-sign": lambda: straight(
            m,
            ca=True,
            replace=[key_usage("digital_signature")],
            add=[x509.ExtendedKeyUsage([SERVER])],
        ),
        "usage-issuer-is-leaf": no_ca,
        "usage-issuer-no-basic": lambda: no_ca(
            without=[x509.BasicConstraints], replace=[key_usage("key_cert_sign")]
        ),
        "usage-issuer-no-sign": lambda: through(m, {"replace": [key_usage("digital_signature")]}),
        "usage-issuer-no-usage": lambda: through(m, {"without": [x509.KeyUsage]}),
        "usage-root-no-ca": lambda: _root_no_ca(m),
        "usage-root-no-basic": lambda: below_root(m, {"without": [x509.BasicConstraints]}),
        "usage-root-bare": lambda: below_root(
            m, {"without": [x509.BasicConstraints, x509.KeyUsage]}
        ),
        "usage-root-basic-false": lambda: below_root(
            m, {"replace": [x509.BasicConstraints(ca=False, path_length=None)]}
        ),
        "usage-issuer-bare": lambda: through(
            m, {"without": [x509.BasicConstraints, x509.KeyUsage]}
        ),
        "usage-issuer-bare-top": lambda: intermediate_pinned(
            m, without=[x509.BasicConstraints, x509.KeyUsage]
        ),
        "usage-root-no-sign": lambda: below_root(m, {"replace": [key_usage("digital_signature")]}),
        "usage-path-length-root": lambda: through(m, root={"path_length": 0}),
        "usage-path-length-intermediate": lambda: _deep(m, path_length=0),
        "usage-path-length-fits": lambda: through(m, root={"path_length": 1}),
    }


def _root_no_ca(m: Maker) -> Case:
    root = m.make(None, subject=f"CN=No CA of {m.id}")
    return m.case([m.leaf(root)], [root])


def _deep(m: Maker, **flaws: Any) -> Case:
    root = m.root()
    upper = m.ca(root, **flaws)
    lower = m.ca(upper)
    return m.case([m.leaf(lower), lower, upper], [root])


def _constraints(m: Maker) -> dict[str, Any]:
    ip = x509.IPAddress
    address = ip(ip_address(ADDRESS))
    critical = {"critical": [x509.NameConstraints]}
    outside = {"add": [nc([x509.DNSName("example.com")])], **critical}
    outside_ip = {"add": [nc([ip(ip_network("10.0.0.0/8"))])], **critical}
    excluded = {"add": [nc(None, [x509.DNSName("test")])], **critical}
    permit_all = {"add": [nc([x509.DNSName("test"), ip(ip_network("127.0.0.0/8"))])], **critical}
    return {
        "constraint-root": lambda: below_root(m, outside),
        "constraint-root-optional": lambda: below_root(m, {"add": outside["add"]}),
        "constraint-intermediate": lambda: through(m, outside),
        "constraint-root-ip": lambda: below_root(m, outside_ip, None, address, name=ADDRESS),
        "constraint-intermediate-ip": lambda: through(
            m, outside_ip, None, None, address, name=ADDRESS
        ),
        "constraint-root-excluded": lambda: below_root(m, excluded),
        "constraint-intermediate-excluded": lambda: through(m, excluded),
        "constraint-other-name-outside": lambda: below_root(
            m, {"add": [nc([x509.DNSName(NAME)])], **critical}, None, NAME, OTHER
        ),
        "constraint-type-free": lambda: below_root(m, outside, None, address, name=ADDRESS),
        "constraint-dotted": lambda: below_root(
            m, {"add": [nc([x509.DNSName(".test")])], **critical}
        ),
        "constraint-cn-ip": lambda: below_root(
            m, permit_all, {"subject": f"CN={ADDRESS}"}, address, name=ADDRESS
        ),
        "constraint-cn-text": lambda: below_root(
            m, permit_all, {"subject": "CN=my laptop"}, address, name=ADDRESS
        ),
        "constraint-cn-excluded": lambda: below_root(
            m,
            {"add": [nc(None, [x509.DNSName("example.com")])], **critical},
            {"subject": "CN=www.example.com"},
            address,
            name=ADDRESS,
        ),
        "constraint-cn-alone": lambda: below_root(
            m,
            permit_all,
            {"subject": "CN=www.example.com", "without": [x509.SubjectAlternativeName]},
        ),
        "constraint-odd-name-root": lambda: below_root(m, permit_all, None, "*.test"),
        "constraint-odd-name-intermediate": lambda: through(m, permit_all, None, None, "*.test"),
        "constraint-dot-outside": lambda: below_root(m, outside, None, "app.test."),
        "constraint-other-family": lambda: below_root(
            m, permit_all, None, x509.IPAddress(ip_address("::1")), name=ADDRESS
        ),
        "constraint-cn-outside": lambda: below_root(
            m, permit_all, {"subject": "CN=www.example.com"}
        ),
        "constraint-root-and-expired": lambda: below_root(m, outside, m.expired()),
        "constraint-root-and-name": lambda: below_root(m, outside, None, OTHER),
        "constraint-intermediate-and-name": lambda: through(m, outside, None, None, OTHER),
    }


def _strict(m: Maker) -> dict[str, Any]:
    aki, ski = x509.AuthorityKeyIdentifier, x509.SubjectKeyIdentifier
    ca_leaf = {"ca": True, "replace": [key_usage("digital_signature", "key_cert_sign")]}
    return {
        "strict-leaf-ca-path-length": lambda: straight(
            m, ca=True, path_length=0, without=[x509.KeyUsage]
        ),
        "strict-leaf-ca-basic-optional": lambda: straight(
            m, optional=[x509.BasicConstraints], **ca_leaf
        ),
        "strict-leaf-ca-no-usage": lambda: straight(m, ca=True, without=[x509.KeyUsage]),
        "strict-leaf-ca-no-ski": lambda: straight(m, without=[ski], **ca_leaf),
        "strict-leaf-nameless": lambda: straight(
            m, subject="", without=[x509.SubjectAlternativeName]
        ),
        "strict-intermediate-basic-optional": lambda: through(
            m, {"optional": [x509.BasicConstraints]}
        ),
        "strict-intermediate-no-ski": lambda: through(m, {"without": [ski]}),
        "strict-intermediate-path-length": lambda: through(
            m, {"without": [x509.KeyUsage], "path_length": 0}
        ),
        "strict-root-path-length": lambda: below_root(
            m, {"without": [x509.KeyUsage], "path_length": 1}
        ),
        "strict-ski-critical-intermediate": lambda: through(m, {"critical": [ski]}),
        "strict-ski-critical-root": lambda: below_root(m, {"critical": [ski]}),
        "strict-old-ca": lambda: below_root(
            m, {"without": [x509.KeyUsage], "optional": [x509.BasicConstraints]}
        ),
        "strict-basic-optional": lambda: below_root(m, {"optional": [x509.BasicConstraints]}),
        "strict-root-no-usage": lambda: below_root(m, {"without": [x509.KeyUsage]}),
        "strict-root-no-ski": lambda: below_root(m, {"without": [ski]}),
        "strict-leaf-no-aki": lambda: straight(m, without=[aki]),
        "strict-leaf-no-ski": lambda: straight(m, without=[ski]),
        "strict-intermediate-no-aki": lambda: through(m, {"without": [aki]}),
        "strict-aki-critical": lambda: straight(m, critical=[aki]),
        "strict-ski-critical": lambda: straight(m, critical=[ski]),
        "strict-empty-subject": lambda: straight(m, subject=""),
        "strict-empty-subject-critical": lambda: straight(
            m, subject="", critical=[x509.SubjectAlternativeName]
        ),
        "strict-san-critical": lambda: straight(m, critical=[x509.SubjectAlternativeName]),
        "strict-no-aki-and-name": lambda: straight(m, OTHER, without=[aki]),
        "strict-no-aki-and-expired": lambda: straight(m, without=[aki], **m.expired()),
    }


def _crypto(m: Maker) -> dict[str, Any]:
    small = {
        "private_key": rsa_key(1024),
        "replace": [key_usage("digital_signature", "key_encipherment")],
    }
    big = {"private_key": rsa_key(2048)}

    def hashed(digest: str, *, at: str, names: tuple[str, ...] = (NAME,)) -> Case:
        root = m.root(**big)
        if at == "root":
            root = with_broken_hash(root, root, digest)
        between = m.ca(root, **big)
        if at == "intermediate":
            between = with_broken_hash(between, root, digest)
        leaf = m.leaf(between, *names)
        if at == "leaf":
            leaf = with_broken_hash(leaf, between, digest)
        return m.case([leaf, between], [root])

    def key(curve: ec.EllipticCurve) -> dict[str, Any]:
        return {"private_key": ec.generate_private_key(curve)}

    return {
        "crypto-rsa-1024": lambda: straight(m, **small),
        "crypto-rsa-1024-root": lambda: below_root(m, {"private_key": rsa_key(1024)}),
        "crypto-rsa-1024-intermediate": lambda: through(m, {"private_key": rsa_key(1024)}),
        "crypto-sha1-below-rsa-1024": lambda: _sha1_below_weak(m),
        "crypto-sha1-leaf": lambda: hashed("sha1", at="leaf"),
        "crypto-sha1-intermediate": lambda: hashed("sha1", at="intermediate"),
        "crypto-sha1-root": lambda: hashed("sha1", at="root"),
        "crypto-md5-leaf": lambda: hashed("md5", at="leaf"),
        "crypto-sha1-and-name": lambda: hashed("sha1", at="leaf", names=(OTHER,)),
        "crypto-p521": lambda: straight(m, **key(ec.SECP521R1())),
        "crypto-p521-root": lambda: below_root(m, key(ec.SECP521R1())),
        "crypto-ed25519": lambda: straight(m, private_key=ed25519.Ed25519PrivateKey.generate()),
        "crypto-ed25519-root": lambda: below_root(
            m, {"private_key": ed25519.Ed25519PrivateKey.generate()}
        ),
        "crypto-ed25519-intermediate": lambda: through(
            m, {"private_key": ed25519.Ed25519PrivateKey.generate()}
        ),
        "crypto-ed25519-root-intermediate": lambda: through(
            m, root={"private_key": ed25519.Ed25519PrivateKey.generate()}
        ),
        "crypto-ed25519-and-name": lambda: straight(
            m, OTHER, private_key=ed25519.Ed25519PrivateKey.generate()
        ),
        "crypto-rsa-1024-and-name": lambda: straight(m, OTHER, **small),
    }


def _sha1_below_weak(m: Maker) -> Case:
    root = m.root(private_key=rsa_key(1024))
    between = with_broken_hash(m.ca(root), root, "sha1")
    return m.case([m.leaf(between), between], [root])


def _form(m: Maker) -> dict[str, Any]:
    unknown_critical = {"add": [UNKNOWN], "critical": [x509.UnrecognizedExtension]}
    staple = x509.TLSFeature([x509.TLSFeatureType.status_request])
    return {
        "form-critical-leaf": lambda: straight(m, **unknown_critical),
        "form-critical-intermediate": lambda: through(m, unknown_critical),
        "form-critical-root": lambda: below_root(m, unknown_critical),
        "form-critical-and-name": lambda: straight(m, OTHER, **unknown_critical),
        "form-must-staple": lambda: straight(m, add=[staple]),
        "form-must-staple-and-expired": lambda: straight(m, add=[staple], **m.expired()),
        "form-v1-leaf": lambda: _v1_leaf(m),
        "form-v1-root": lambda: _v1_root(m),
        "form-must-staple-and-name": lambda: straight(m, OTHER, add=[staple]),
    }


def _v1_leaf(m: Maker) -> Case:
    """What `openssl x509 -req` makes without an extension file."""
    root = m.root()
    return m.case([version_1(m.leaf(root, subject=f"CN={NAME}"), root)], [root])


def _v1_root(m: Maker) -> Case:
    plain = m.root()
    root = version_1(plain, plain)
    return m.case([m.leaf(root)], [root])


GROUPS = (
    *(_sound, _names, odd_names, _dates, trust, _usage, _constraints, _strict, _crypto, _form),
    odd,
)


def cases(now: datetime) -> Iterator[Case]:
    """The whole matrix, made around ``now``."""
    maker = Maker(now.replace(microsecond=0))
    for group in GROUPS:
        for name, build in group(maker).items():
            maker.id = name
            yield build()
