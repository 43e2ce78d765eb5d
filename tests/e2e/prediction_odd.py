"""What nobody makes on purpose, and some client treats in its own way."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from certkit.pki import der
from certkit.verify.netscape import TYPE
from tests.e2e.prediction_maker import (
    ADDRESS,
    NAME,
    OTHER,
    Case,
    Maker,
    below_root,
    damaged,
    rsa_key,
    straight,
    through,
)
from tests.verify.make import CLIENT, SERVER, dn, key_usage, nc, san

if TYPE_CHECKING:
    from collections.abc import Callable

    Cases = dict[str, Callable[[], Case]]

_EKU, _NC, _SAN = x509.ExtendedKeyUsage, x509.NameConstraints, x509.SubjectAlternativeName
_RAW = x509.DNSName._init_without_validation
_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])


def odd(m: Maker) -> Cases:
    groups = _names, _uses, _extensions, _paths, _issuers, _constraints, _sizes
    return {name: build for group in groups for name, build in group(m).items()}


def _names(m: Maker) -> Cases:
    def common(*names: str) -> Case:
        return straight(m, subject=",".join(f"CN={name}" for name in names), without=[_SAN])

    return {
        "odd-raw-name-and-expired": lambda: straight(m, _RAW("b\xfccher.test"), **m.expired()),
        **{
            f"odd-{n}-names": lambda n=n: straight(m, *(f"a{i}.test" for i in range(n)))
            for n in (99, 100)
        },
        "odd-100-addresses": lambda: straight(
            m, *(x509.IPAddress(IPv4Address(0x0A000000 + i)) for i in range(100)), name=ADDRESS
        ),
        "odd-star-many": lambda: straight(m, f"{'*a' * 20}.test", name=f"{'a' * 40}.test"),
        "odd-common-name-first": lambda: common(NAME, OTHER),
        "odd-common-name-last": lambda: common(OTHER, NAME),
    }


def _uses(m: Maker) -> Cases:
    gated = [x509.ObjectIdentifier(f"2.16.840.1.113730.4.{kind}") for kind in (1,)]

    def netscape(bits: str) -> Case:
        return straight(m, add=[x509.UnrecognizedExtension(TYPE, bytes.fromhex(bits))])

    def rsa(bits: int) -> dict[str, Any]:
        usage = key_usage("digital_signature", "key_encipherment")
        return {"private_key": rsa_key(bits), "replace": [usage]}

    return {
        "odd-gated-leaf": lambda: straight(m, replace=[_EKU(gated)]),
        "odd-gated-intermediate": lambda: through(m, {"add": [_EKU(gated)]}),
        "odd-netscape-client": lambda: netscape("03020780"),
        "odd-netscape-server": lambda: netscape("03020640"),
        "odd-rsa-2047": lambda: straight(m, **rsa(2047)),
        "odd-rsa-2047-root": lambda: below_root(m, {"private_key": rsa_key(2047)}),
        "odd-leaf-ca-path-length": lambda: straight(
            m, replace=[x509.BasicConstraints(ca=True, path_length=0)]
        ),
    }


def _extensions(m: Maker) -> Cases:
    url = x509.UniformResourceIdentifier("http://127.0.0.1:9/")
    critical = {
        "points": x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)]),
        "policies": x509.CertificatePolicies(
            [x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]
        ),
    }
    found: Cases = {}
    for what, extension in critical.items():
        flaw = {"add": [extension], "critical": [type(extension)]}
        found |= {
            f"odd-{what}-leaf": lambda flaw=flaw: straight(m, **flaw),
            f"odd-{what}-intermediate": lambda flaw=flaw: through(m, flaw),
            f"odd-{what}-root": lambda flaw=flaw: below_root(m, flaw),
        }
    for number in ("2.25.329800735698586629295641978511506172918", "1.3.6.1.4.1.2147483648"):
        oid = x509.ObjectIdentifier(number)
        unknown = {"add": [x509.UnrecognizedExtension(oid, b"\x05\x00")]}
        purposes = {"replace": [_EKU([SERVER, oid])]}
        bits = "31" if number.startswith("1.") else "64"
        if bits == "31":  # GnuTLS cannot load a file with more than 64
            found["odd-over-31-bits-root"] = lambda flaw=unknown: below_root(m, flaw)
        found |= {
            f"odd-over-{bits}-bits-leaf": lambda flaw=unknown: straight(m, **flaw),
            f"odd-over-{bits}-bits-intermediate": lambda flaw=unknown: through(m, flaw),
            f"odd-over-{bits}-bits-purpose": lambda flaw=purposes: straight(m, **flaw),
        }
    second = x509.TLSFeature([x509.TLSFeatureType.status_request_v2])
    return found | {
        "odd-feature": lambda: straight(m, add=[second]),
        "odd-staple-intermediate": lambda: through(m, {"add": [_STAPLE]}),
    }


# ---- paths ---------------------------------------------------------------------------------------


def _paths(m: Maker) -> Cases:
    return {
        **{f"odd-long-{n}": lambda n=n: _long(m, n) for n in (6, 7, 9, 10, 15, 16, 19, 20)},
        "odd-self-issued": lambda: _self_issued(m),
        "odd-self-issued-root-limit": lambda: _self_issued(m, root={"path_length": 0}),
        "odd-self-issued-limit": lambda: _self_issued(m, middle={"path_length": 0}, count=2),
        "odd-self-issued-outside": lambda: _self_issued(
            m,
            root={"add": [nc([x509.DNSName("test")])], "critical": [_NC]},
            middle={"add": [san("outside.example")]},
        ),
        "odd-crossed-expired": lambda: _crossed(m, trust_other=False),
        "odd-crossed-expired-trusted": lambda: _crossed(m, trust_other=True),
        "odd-renewed-root-old-first": lambda: _renewed(m, old_first=True),
        "odd-renewed-root-new-first": lambda: _renewed(m, old_first=False),
        "odd-twins-expired-first": lambda: _twins(m, m.expired(), bad_first=True),
        "odd-twins-expired-last": lambda: _twins(m, m.expired(), bad_first=False),
        "odd-twins-no-ca-first": lambda: _twins(
            m, {"replace": [x509.BasicConstraints(ca=False, path_length=None)]}, bad_first=True
        ),
        "odd-twins-purpose-first": lambda: _twins(m, {"add": [_EKU([CLIENT])]}, bad_first=True),
        "odd-twins-damaged-first": lambda: _twins(m, {}, bad_first=True, damage=True),
        "odd-sent-twice": lambda: _sent_twice(m),
        "odd-root-sent-before": lambda: _root_before(m),
    }


def _long(m: Maker, count: int) -> Case:
    top = m.root()
    cas = [top]
    for _ in range(count):
        cas.append(m.ca(cas[-1]))
    return m.case([m.leaf(cas[-1]), *cas[:0:-1]], [top])


def _self_issued(
    m: Maker,
    *,
    root: dict[str, Any] | None = None,
    middle: dict[str, Any] | None = None,
    count: int = 1,
) -> Case:
    """Intermediates called as the root, which is how a CA may change its key (RFC 4210 4.4)."""
    top = m.root(**(root or {}))
    cas = [top]
    for _ in range(count):
        cas.append(m.ca(cas[-1], subject=top.certificate.subject, **(middle or {})))
    return m.case([m.leaf(cas[-1]), *cas[:0:-1]], [top])


def _crossed(m: Maker, *, trust_other: bool) -> Case:
    """An old root that signed the new one has expired, and the server still sends that."""
    top, old = m.root(), m.root()
    crossed = m.make(
        old, ca=True, subject=top.certificate.subject, private_key=top.key, **m.expired()
    )
    between = m.ca(top)
    return m.case([m.leaf(between), between, crossed], [old, top] if trust_other else [top])


def _renewed(m: Maker, *, old_first: bool) -> Case:
    old = m.root(**m.expired())
    new = m.root(subject=old.certificate.subject, private_key=old.key)
    return m.case([m.leaf(new)], [old, new] if old_first else [new, old])


def _twins(m: Maker, flaws: dict[str, Any], *, bad_first: bool, damage: bool = False) -> Case:
    """Two certificates of one intermediate, one of them with a flaw."""
    top = m.root()
    bad = m.ca(top, **flaws)
    good = m.ca(top, subject=bad.certificate.subject, private_key=bad.key)
    leaf = m.leaf(good)
    bad = damaged(bad) if damage else bad
    return m.case([leaf, bad, good] if bad_first else [leaf, good, bad], [top])


def _sent_twice(m: Maker) -> Case:
    top = m.root()
    between = m.ca(top)
    leaf = m.leaf(between)
    return m.case([leaf, leaf, between, between, top, top], [top])


def _root_before(m: Maker) -> Case:
    top = m.root()
    between = m.ca(top)
    return m.case([m.leaf(between), top, between], [top])


# ---- who is meant by the issuer ------------------------------------------------------------------


def _issuers(m: Maker) -> Cases:
    utf8, printable, t61 = _ASN1Type.UTF8String, _ASN1Type.PrintableString, _ASN1Type.T61String
    names = {
        "printable": lambda text: _called(text, printable),
        "t61": lambda text: _called(text, t61),
        "case": lambda text: _called(text.upper(), utf8),
        "blanks": lambda text: _called(text.replace(" ", "  "), utf8),
    }
    found: Cases = {}
    for kind, change in names.items():
        for inside in (False, True):
            where = "-intermediate" if inside else ""
            found[f"odd-issuer-{kind}{where}"] = lambda change=change, inside=inside: (
                _otherwise_called(m, change, inside=inside)
            )
    stranger = x509.AuthorityKeyIdentifier(b"\1" * 20, None, None)
    serial = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(dn("CN=nobody"))], 4711)
    return found | {
        "odd-key-id-leaf": lambda: straight(m, replace=[stranger]),
        "odd-key-id-intermediate": lambda: through(m, {"replace": [stranger]}),
        "odd-key-id-root": lambda: below_root(m, {"add": [stranger]}),
        "odd-issuer-serial-leaf": lambda: straight(m, replace=[serial]),
        "odd-issuer-serial-intermediate": lambda: through(m, {"replace": [serial]}),
    }


def _called(text: str, kind: _ASN1Type) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, _type=kind)])


def _otherwise_called(m: Maker, change: Callable[[str], x509.Name], *, inside: bool) -> Case:
    """The certificate names its issuer in other octets than the issuer itself."""
    text = f"CA of {m.id}"
    top = m.root() if inside else m.root(subject=_called(text, _ASN1Type.UTF8String))
    issuer = m.ca(top, subject=_called(text, _ASN1Type.UTF8String)) if inside else top
    leaf = m.leaf(issuer, issuer_name=change(text))
    return m.case([leaf, issuer] if inside else [leaf], [top])


# ---- constraints ---------------------------------------------------------------------------------


def _constraints(m: Maker) -> Cases:
    excluded = {"add": [nc(None, [x509.DNSName("bad.app.test")])], "critical": [_NC]}
    wild = "*.app.test"
    return {
        "odd-wildcard-over-excluded": lambda: below_root(
            m, excluded, None, wild, name="www." + NAME
        ),
        "odd-wildcard-over-excluded-intermediate": lambda: through(
            m, excluded, None, None, wild, name="www." + NAME
        ),
        **{
            f"odd-uri-{what}-constrained": lambda uri=uri: _uri_constrained(m, uri)
            for what, uri in {
                "urn": "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                "address": "https://10.0.0.1/",
                "address-6": "https://[::1]/",
                "host": "https://elsewhere.example/",
                "file": "file:///etc",
            }.items()
        },
        "odd-intermediate-outside": lambda: _intermediate_outside(m),
    }


def _uri_constrained(m: Maker, uri: str) -> Case:
    flaws = {"add": [nc([x509.DNSName("test")])], "critical": [_NC]}
    return below_root(m, flaws, None, NAME, x509.UniformResourceIdentifier(uri))


def _intermediate_outside(m: Maker) -> Case:
    top = m.root()
    upper = m.ca(top, add=[nc([x509.DNSName("test")])], critical=[_NC])
    lower = m.ca(upper, add=[san("other.example")])
    return m.case([m.leaf(lower), lower, upper], [top])


# ---- what is too long for a handshake ------------------------------------------------------------


def _sizes(m: Maker) -> Cases:
    """Around the limits of Java, rustls, Firefox, OpenSSL, GnuTLS and Go."""
    kb = (31, 33, 63, 66, 99, 101, 126, 130, 255, 258)
    return {
        **{f"odd-size-{n}-kb": lambda n=n: straight(m, **_swollen(n)) for n in kb},
        "odd-size-66-kb-and-expired": lambda: straight(m, **_swollen(66), **m.expired()),
        "odd-size-130-kb-and-expired": lambda: straight(m, **_swollen(130), **m.expired()),
        "odd-size-66-kb-intermediate": lambda: through(m, _swollen(66)),
        "odd-size-62-kb-twice": lambda: through(m, _swollen(62), _swollen(62)),
    }


def _swollen(kilobytes: int) -> dict[str, Any]:
    """An extension that nobody knows, of this length."""
    octets = der.octets(bytes(kilobytes * 1024))
    return {"add": [x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), octets)]}
