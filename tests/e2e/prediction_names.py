"""Certificates whose names are badly encoded, or are of kinds that name no host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from certkit.pki import der
from certkit.pki.certificate import Certificate
from certkit.pki.quiet import quietly
from tests.e2e.prediction_maker import ADDRESS, NAME, OTHER, Case, Maker, element
from tests.verify.make import Made, patched

if TYPE_CHECKING:
    from collections.abc import Callable

_SAN = x509.SubjectAlternativeName
_SAN_OID = x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME
_IDN, _RAW = "xn--bcher-kva.test", "bücher.test".encode()

# RFC 5280 section 4.2.1.6, GeneralName: the tags of its choices.
_OTHER_NAME, _EMAIL, _DNS, _DIRECTORY = 0xA0, 0x81, 0x82, 0xA4
_URI, _IP, _REGISTERED = 0x86, 0x87, 0x88


def dns(octets: bytes | str) -> bytes:
    return element(_DNS, octets.encode() if isinstance(octets, str) else octets)


_GOOD = dns(NAME)
_UTF8_TEXT = element(0x0C, b"text")
_USER_NAME = element(0x06, bytes.fromhex("2b060104018237140203"))  # Microsoft's UPN
_DN = der.sequence(element(0x31, der.sequence(element(0x06, b"\x55\x04\x03"), _UTF8_TEXT)))


def raw_san(*names: bytes) -> x509.UnrecognizedExtension:
    """The extension around ``names``, encoded already and not looked at."""
    return x509.UnrecognizedExtension(_SAN_OID, der.sequence(*names))


def _named(m: Maker, *names: bytes, name: str = NAME, add: Any = None, **flaws: Any) -> Case:
    """A leaf with these names straight below a sound root."""
    root = m.root()
    flaws.setdefault("subject", "O=test")
    leaf = m.leaf(root, without=[_SAN], add=[add or raw_san(*names)], **flaws)
    return m.case([leaf], [root], name)


def _subject(text: str, kind: str) -> x509.Name:
    with quietly():
        attribute = x509.NameAttribute(
            NameOID.COMMON_NAME, text, _type=_ASN1Type[kind], _validate=False
        )
    return x509.Name([attribute])


def _called(m: Maker, text: str, kind: str, *names: str, name: str = NAME) -> Case:
    """A leaf with a common name in this type of string; without ``names``, that is all."""
    root = m.root()
    flaws: dict[str, Any] = {} if names else {"without": [_SAN]}
    return m.case([m.leaf(root, *names, subject=_subject(text, kind), **flaws)], [root], name)


def _oddly_subjected(m: Maker, octets: bytes, kind: int, *, san: bool, name: str = NAME) -> Case:
    """A common name of octets that are no text of this type."""
    root = m.root()
    flaws: dict[str, Any] = {} if san else {"without": [_SAN]}
    leaf = m.leaf(root, subject=_subject("?" * len(octets), "UTF8String"), **flaws)
    old, new = element(0x0C, b"?" * len(octets)), element(kind, octets)
    made = Certificate.from_der(patched(leaf.certificate, old, new, root.key))
    return m.case([Made(made, leaf.key)], [root], name)


def _dns_names(m: Maker) -> dict[str, Callable[[], Case]]:
    long = ".".join(["a" * 60] * 4) + ".long.test"
    return {
        "utf8": lambda: _named(m, dns(_RAW), name=_IDN),
        "utf8-good": lambda: _named(m, dns(_RAW), _GOOD),
        "utf8-last": lambda: _named(m, _GOOD, dns(_RAW)),
        "utf8-and-name": lambda: _named(m, dns(_RAW), dns(OTHER)),
        "utf8-wildcard": lambda: _named(m, dns(b"*." + _RAW), name=f"www.{_IDN}"),
        "utf8-below-wildcard": lambda: _named(m, dns("*.bücher.app.test"), _GOOD),
        "latin1-good": lambda: _named(m, dns("bücher.test".encode("latin1")), _GOOD),
        "latin1": lambda: _named(m, dns("bücher.test".encode("latin1")), name=_IDN),
        "latin1-and-name": lambda: _named(m, dns("bücher.test".encode("latin1"))),
        "empty-dns": lambda: _named(m, dns("")),
        "empty-dns-good": lambda: _named(m, dns(""), _GOOD),
        "nul": lambda: _named(m, dns("app.test\0.other.test")),
        "nul-good": lambda: _named(m, dns("app.test\0.other.test"), _GOOD),
        "nul-end": lambda: _named(m, dns("app.test\0")),
        "space-good": lambda: _named(m, dns("my app.test"), _GOOD),
        "space-before": lambda: _named(m, dns(" app.test")),
        "space-end": lambda: _named(m, dns("app.test ")),
        "comma-good": lambda: _named(m, dns("a, DNS:b.test"), _GOOD),
        "comma-and-name": lambda: _named(m, dns("a, DNS:app.test")),
        "quote-and-name": lambda: _named(m, dns('a"b.test')),
        "apostrophe-and-name": lambda: _named(m, dns(r"a'b\c.test")),
        "control-good": lambda: _named(m, dns("a\x07pp.test"), _GOOD),
        "control-and-name": lambda: _named(m, dns("a\x07\x1bpp.test")),
        "newline-good": lambda: _named(m, dns("a\npp.test"), _GOOD),
        "newline-and-name": lambda: _named(m, dns("a\npp.test")),
        "dot-good": lambda: _named(m, dns("other.test."), _GOOD),
        "dot-alone": lambda: _named(m, dns("."), _GOOD),
        "dots-good": lambda: _named(m, dns("a..test"), _GOOD),
        "dot-first": lambda: _named(m, dns(".app.test"), name="www.app.test"),
        "dot-first-good": lambda: _named(m, dns(".app.test"), _GOOD),
        "hyphen-good": lambda: _named(m, dns("-a.test"), _GOOD),
        "underscore-good": lambda: _named(m, dns("my_app.test"), _GOOD),
        "underscore-first": lambda: _named(m, dns("_dmarc.test"), _GOOD),
        "url-good": lambda: _named(m, dns("https://other.test/"), _GOOD),
        "port-good": lambda: _named(m, dns("other.test:8443"), _GOOD),
        "address-good": lambda: _named(m, dns("127.0.0.1"), _GOOD),
        "star-inner-good": lambda: _named(m, dns("w*.*.test"), _GOOD),
        "star-alone-good": lambda: _named(m, dns("*"), _GOOD),
        "bad-a-label-good": lambda: _named(m, dns("xn--zzzzzzzzzz.test"), _GOOD),
        "upper-wildcard": lambda: _named(m, dns("*.APP.TEST"), name="www.app.test"),
        "upper-a-label": lambda: _named(m, dns("XN--BCHER-KVA.TEST"), name=_IDN),
        "long-good": lambda: _named(m, dns(long), _GOOD),
        "long-label-good": lambda: _named(m, dns("a" * 64 + ".test"), _GOOD),
        "very-long-good": lambda: _named(m, dns("a." * 2000 + "test"), _GOOD),
        "same-twice": lambda: _named(m, _GOOD, _GOOD),
    }


def _addresses(m: Maker) -> dict[str, Callable[[], Case]]:
    def ip(octets: str) -> bytes:
        return element(_IP, bytes.fromhex(octets))

    return {
        "ip-3": lambda: _named(m, ip("7f0000"), _GOOD),
        "ip-5": lambda: _named(m, ip("7f00000101"), _GOOD),
        "ip-8": lambda: _named(m, ip("7f000001ffffff00"), _GOOD),
        "ip-0": lambda: _named(m, ip(""), _GOOD),
        "ip-3-alone": lambda: _named(m, ip("7f0000"), name=ADDRESS),
        "ip-5-alone": lambda: _named(m, ip("7f00000101"), name=ADDRESS),
        "ip-5-beside-good": lambda: _named(m, ip("7f00000101"), ip("7f000001"), name=ADDRESS),
        "ip-5-and-name": lambda: _named(m, ip("7f00000101"), dns(OTHER)),
        "ip-16-mask": lambda: _named(m, ip("fd00" + 14 * "00" + "ffff" + 14 * "00"), _GOOD),
        "ip-8-mask": lambda: _named(m, ip("7f000000ff000000"), _GOOD),
        "ip-8-mask-alone": lambda: _named(m, ip("7f000001ffffffff"), name=ADDRESS),
        "ip-16-mask-alone": lambda: _named(m, ip("fd00" + 14 * "00" + 16 * "ff"), name="fd00::"),
        "ip-5-cn": lambda: _named(m, ip("7f00000101"), subject=f"CN={NAME}"),
        "ip-5-cn-ip": lambda: _named(m, ip("7f00000101"), name=ADDRESS, subject=f"CN={ADDRESS}"),
        "ip-text": lambda: _named(m, element(_IP, ADDRESS.encode()), name=ADDRESS),
        "ip-mapped": lambda: _named(m, ip("00000000000000000000ffff7f000001"), name=ADDRESS),
    }


def _other_names(m: Maker) -> dict[str, Callable[[], Case]]:
    upn = element(_OTHER_NAME, _USER_NAME + element(0xA0, _UTF8_TEXT))
    directory = element(_DIRECTORY, _DN)
    others = {
        "uri-no-uri": element(_URI, b"no uri at all"),
        "uri-relative": element(_URI, b"/path"),
        "uri-broken": element(_URI, b"http://[::1"),
        "uri-percent": element(_URI, b"http://a%zz.test/%"),
        "uri-no-authority": element(_URI, b"https://"),
        "uri-scheme-alone": element(_URI, b"https:"),
        "uri-no-scheme": element(_URI, b"://app.test/"),
        "uri-port": element(_URI, b"wss://app.test:8443/chat?a=[b]#c"),
        "uri-port-bad": element(_URI, b"wss://app.test:port/"),
        "uri-ipv6": element(_URI, b"https://[::1]:8443/"),
        "uri-user": element(_URI, b"https://me@app.test/"),
        "uri-brace": element(_URI, b"https://app.test/{id}"),
        "uri-quote": element(_URI, b'https://app.test/"'),
        "uri-spiffe": element(_URI, b"spiffe://app.test/ns/web"),
        "uri-colon-first": element(_URI, b"a b:c"),
        "uri-query-space": element(_URI, b"https://app.test/?a b"),
        "uri-underscore": element(_URI, b"https://my_app.test/"),
        "uri-trailing-dot": element(_URI, b"https://app.test./"),
        "uri-file": element(_URI, b"file:///etc"),
        "uri-no-host-port": element(_URI, b"https://:8443/"),
        "uri-scheme-odd": element(_URI, b"1a:b"),
        "uri-host-hyphen": element(_URI, b"https://-a.test/"),
        "uri-colon-path": element(_URI, b"a/b:c"),
        "uri-backslash": element(_URI, b"https://a\\b/"),
        "uri-dots": element(_URI, b"https://a..b.test/"),
        "uri-empty": element(_URI, b""),
        "uri-utf8": element(_URI, "http://bücher.test/".encode()),
        "uri-latin1": element(_URI, "http://bücher.test/".encode("latin1")),
        "uri-nul": element(_URI, b"http://a\0b/"),
        "uri-space": element(_URI, b"http://a b/"),
        "uri-host-bad": element(_URI, b"http://a..b_/"),
        "uri-mailto": element(_URI, b"mailto:a@app.test"),
        "uri-urn": element(_URI, b"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        "email-no-at": element(_EMAIL, b"nobody"),
        "email-broken": element(_EMAIL, b"@"),
        "email-empty": element(_EMAIL, b""),
        "email-dot": element(_EMAIL, b"a@."),
        "email-two-ats": element(_EMAIL, b"a@@b.test"),
        "email-good": element(_EMAIL, b"a@app.test"),
        "email-at-first": element(_EMAIL, b"@app.test"),
        "email-utf8": element(_EMAIL, "jürgen@app.test".encode()),
        "email-latin1": element(_EMAIL, "jürgen@app.test".encode("latin1")),
        "email-nul": element(_EMAIL, b"a\0@app.test"),
        "email-display": element(_EMAIL, b"A <a@app.test>"),
        "other-name": upn,
        "directory": directory,
        "directory-empty": element(_DIRECTORY, der.sequence()),
        "registered": element(_REGISTERED, b"\x2a\x03\x04"),
    }
    wrong = (
        "uri-urn",
        "uri-no-uri",
        "uri-utf8",
        "uri-nul",
        "email-no-at",
        "email-utf8",
        "other-name",
        "directory",
        "registered",
    )
    beside = (*wrong, "uri-port", "uri-empty", "email-good", "email-empty", "directory-empty")

    def case(*names: bytes, **flaws: Any) -> Callable[[], Case]:
        return lambda: _named(m, *names, **flaws)

    return {
        **{name: case(other, _GOOD) for name, other in others.items()},
        **{f"{name}-and-name": case(others[name], dns(OTHER)) for name in wrong},
        **{f"{name}-alone": case(others[name]) for name in wrong},
        **{f"{name}-cn": case(others[name], subject=f"CN={NAME}") for name in beside},
    }


def _whole(m: Maker) -> dict[str, Callable[[], Case]]:
    cn = {"subject": f"CN={NAME}"}
    critical = {"critical": [x509.UnrecognizedExtension]}
    return {
        "san-empty": lambda: _named(m),
        "san-empty-cn": lambda: _named(m, **cn),
        "san-empty-ip": lambda: _named(m, name=ADDRESS),
        "san-empty-critical": lambda: _named(m, **critical),
        "san-critical-and-name": lambda: _named(m, dns(OTHER), **critical),
        "san-critical-other": lambda: _named(m, element(_URI, b"a b"), **critical),
        "san-critical-upn": lambda: _named(m, element(_REGISTERED, b"\x2a\x03\x04"), **critical),
        "san-critical-utf8": lambda: _named(m, dns(_RAW), _GOOD, **critical),
        "san-empty-subject-utf8": lambda: _named(m, dns(_RAW), _GOOD, subject="", **critical),
    }


def _common_names(m: Maker) -> dict[str, Callable[[], Case]]:
    kinds = {"bmp": "BMPString", "utf8": "UTF8String", "universal": "UniversalString"}
    kinds |= {"t61": "T61String", "ia5": "IA5String", "printable": "PrintableString"}

    def called(text: str, kind: str, *names: str, name: str = NAME) -> Callable[[], Case]:
        return lambda: _called(m, text, kind, *names, name=name)

    latin1 = "bücher".encode("latin1")
    return {
        **{f"cn-{kind}": called(NAME, tag) for kind, tag in kinds.items()},
        **{
            f"cn-{kind}-and-name": called(OTHER, tag)
            for kind, tag in kinds.items()
            if kind in ("bmp", "t61", "universal")
        },
        "cn-bmp-good": called("bücher Ж 漢", "BMPString", NAME),
        "cn-utf8-good": called("bücher Ж 漢 \U0001f600", "UTF8String", NAME),
        "cn-utf8-host-good": called("bücher.test", "UTF8String", NAME),
        "cn-utf8-idn": called("bücher.test", "UTF8String", name=_IDN),
        "cn-bmp-idn": called("bücher.test", "BMPString", name=_IDN),
        "cn-utf8-and-name": called("bücher.test", "UTF8String"),
        "cn-bmp-odd-and-name": called("bücher.test", "BMPString"),
        "cn-nul": called("app.test\0.other.test", "UTF8String"),
        "cn-nul-good": called("app.test\0.other.test", "UTF8String", NAME),
        "cn-space": called("app.test ", "UTF8String"),
        "cn-empty-good": called("", "UTF8String", NAME),
        "cn-empty": called("", "UTF8String"),
        "cn-long-good": called("a" * 100, "UTF8String", NAME),
        "cn-ia5-latin1-good": lambda: _oddly_subjected(m, latin1, 0x16, san=True),
        "cn-bmp-wildcard": called("*.bücher.test", "BMPString", name=f"www.{_IDN}"),
        "cn-two": called("app.test,CN=x", "UTF8String"),
        "cn-upper": called("APP.TEST", "UTF8String"),
    }


def odd_names(m: Maker) -> dict[str, Callable[[], Case]]:
    groups = _dns_names, _addresses, _other_names, _whole, _common_names
    return {f"odd-{name}": build for group in groups for name, build in group(m).items()}
