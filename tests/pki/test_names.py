"""What people type becomes a name or a refusal with the way out."""

from __future__ import annotations

import subprocess
import sys
from ipaddress import ip_address

import pytest
from cryptography import x509

from certkit.errors import CertkitError, ExitCode
from certkit.findings import Severity
from certkit.pki.name_warnings import warnings_for
from certkit.pki.names import Name, NameRefused, parse, presented, with_base_names


def refusal(text: str, kind: str | None = None) -> NameRefused:
    with pytest.raises(NameRefused) as caught:
        parse(text, kind)  # type: ignore[arg-type]
    return caught.value


ACCEPTED = [
    ("localhost", "dns", "localhost"),
    ("LocalHost", "dns", "localhost"),
    ("app.test", "dns", "app.test"),
    ("a-b.test", "dns", "a-b.test"),
    ("r3---sn-x.test", "dns", "r3---sn-x.test"),
    ("1.example.test", "dns", "1.example.test"),
    ("127.0.0.1.nip.io", "dns", "127.0.0.1.nip.io"),
    ("4x.test", "dns", "4x.test"),
    ("my_nas.test", "dns", "my_nas.test"),
    ("_acme.test", "dns", "_acme.test"),
    ("myhost", "dns", "myhost"),
    ("*.app.test", "dns", "*.app.test"),
    ("*.Dev.example.com", "dns", "*.dev.example.com"),
    ("*.myapp.localhost", "dns", "*.myapp.localhost"),
    ("*.corp.internal", "dns", "*.corp.internal"),
    ("*.github.io", "dns", "*.github.io"),
    ("10.0.0.5", "ip", "10.0.0.5"),
    ("0.0.0.0", "ip", "0.0.0.0"),  # noqa: S104 - a name, nothing is bound
    ("::1", "ip", "::1"),
    ("FD00:0:0::0005", "ip", "fd00::5"),
    ("64:ff9b::10.0.0.5", "ip", "64:ff9b::a00:5"),
    ("fe80::1", "ip", "fe80::1"),
    # UTS 46
    ("Bücher.test", "dns", "xn--bcher-kva.test"),
    ("XN--BCHER-KVA.test", "dns", "xn--bcher-kva.test"),
    ("bu\u0308cher.test", "dns", "xn--bcher-kva.test"),
    ("*.bücher.test", "dns", "*.xn--bcher-kva.test"),
    ("straße.test", "dns", "xn--strae-oqa.test"),
    ("例え.テスト", "dns", "xn--r8jz45g.xn--zckzah"),
    ("app。test", "dns", "app.test"),
    ("app．test", "dns", "app.test"),
    ("app｡test", "dns", "app.test"),
    ("ａｐｐ.ｔｅｓｔ", "dns", "app.test"),
    ("＊.app.test", "dns", "*.app.test"),
    ("１２７.０.０.１", "ip", "127.0.0.1"),
    ("ap\u200bp.test", "dns", "app.test"),  # a zero width space, as copied from a web page
    ("my_nas.bücher.test", "dns", "my_nas.xn--bcher-kva.test"),
    # the limits themselves
    ("a" * 63 + ".test", "dns", "a" * 63 + ".test"),
    (".".join(["a" * 61] * 4) + ".test", "dns", ".".join(["a" * 61] * 4) + ".test"),
]


@pytest.mark.parametrize(("text", "kind", "value"), ACCEPTED, ids=lambda each: ascii(each)[:40])
def test_a_typed_name_has_one_canonical_form(text: str, kind: str, value: str) -> None:
    assert parse(text) == Name(kind, value)  # type: ignore[arg-type]
    assert parse(text, kind) == parse(value)  # type: ignore[arg-type]


# text, code, and what the hint must say
REFUSED = [
    ("", "name.empty", "localhost"),
    (".", "name.empty", "localhost"),
    ("...", "name.empty", "localhost"),
    ("wss://10.0.0.5", "name.url", "certkit issue 10.0.0.5"),
    ("wss://10.0.0.5:8443/chat?x=1#y", "name.url", "certkit issue 10.0.0.5"),
    ("https://user:pw@Nas.test/", "name.url", "certkit issue nas.test"),
    ("https://[fd00::5]:8443/", "name.url", "certkit issue fd00::5"),
    ("HTTPS://Bücher.test/ü", "name.url", "certkit issue xn--bcher-kva.test"),
    ("//nas.test", "name.url", "certkit issue nas.test"),
    ("https://*.test/", "name.url", "certkit issue '*.app.test'"),
    ("http://", "name.url", "type the host alone"),
    ("nas.test/chat", "name.url", "certkit issue nas.test"),
    ("../etc/passwd", "name.url", "type the host alone"),
    ("nas.test:8443", "name.port", "certkit issue nas.test"),
    ("10.0.0.5:8443", "name.port", "certkit issue 10.0.0.5"),
    ("[::1]:8443", "name.port", "certkit issue ::1"),
    ("*.app.test:443", "name.port", "certkit issue '*.app.test'"),
    ("me@nas.test:22", "name.port", "type the host alone"),
    ("[::1]", "name.brackets", "certkit issue ::1"),
    ("[fe80::1%eth0]", "name.brackets", "certkit issue fe80::1"),
    ("10.0.0.7/24", "name.cidr", "certkit issue 10.0.0.7"),
    ("10.0.0.0/24", "name.cidr", "certkit issue 10.0.0.1"),
    ("fd00::/8", "name.cidr", "certkit issue fd00::1"),
    ("10.0.0.0/255.255.255.0", "name.cidr", "certkit issue 10.0.0.1"),
    ("10.0.0.5/32", "name.cidr", "certkit issue 10.0.0.5"),
    ("10.0.0.4/31", "name.cidr", "certkit issue 10.0.0.4"),
    ("10.0.0.0/99", "name.cidr", "type one address"),
    ("me@nas.test", "name.email", "certkit issue --client --email me@nas.test"),
    ("localhost,127.0.0.1", "name.bad-character", "certkit issue localhost 127.0.0.1"),
    ("localhost 127.0.0.1", "name.bad-character", "certkit issue localhost 127.0.0.1"),
    ("localhost,nas'", "name.bad-character", "argument of its own"),
    ("a,b,c,d,e,f,g,h,i", "name.bad-character", "argument of its own"),
    (" localhost", "name.bad-character", "certkit issue localhost"),
    ("localhost\n", "name.bad-character", "certkit issue localhost"),
    ("app.test\u3000", "name.bad-character", "certkit issue app.test"),
    ("local\x00host", "name.bad-character", "letters, digits"),
    ("nas.test;", "name.bad-character", "letters, digits"),
    ("nas'.test", "name.bad-character", "letters, digits"),
    ("nas%00.test", "name.bad-character", "letters, digits"),
    ("mailto:x", "name.bad-character", "letters, digits"),
    ("192.168.1.300", "name.ip-invalid", "0 to 255"),
    ("192.168.1", "name.ip-invalid", "all four parts"),
    ("1.2.3.4.5", "name.ip-invalid", "all four parts"),
    ("2130706433", "name.ip-invalid", "all four parts"),
    ("010.0.0.5", "name.ip-invalid", "certkit issue 10.0.0.5"),
    ("0x7f.1", "name.ip-invalid", "10.0.0.5"),
    ("fd00::5::1", "name.ip-invalid", "hex digits"),
    ("1:2:3:4:5:6:7:8:9", "name.ip-invalid", "hex digits"),
    ("::ffff:10.0.0.5", "name.ip-mapped", "certkit issue 10.0.0.5"),
    ("::FFFF:a00:5", "name.ip-mapped", "certkit issue 10.0.0.5"),
    ("fe80::1%eth0", "name.ip-zone", "certkit issue fe80::1"),
    ("nas.5", "name.numeric-suffix", "suffix with letters"),
    ("*.0.0.1", "name.numeric-suffix", "suffix with letters"),
    ("nas.0x5", "name.numeric-suffix", "suffix with letters"),
    ("app.test.", "name.trailing-dot", "certkit issue app.test"),
    ("10.0.0.5.", "name.trailing-dot", "certkit issue 10.0.0.5"),
    ("app。test。", "name.trailing-dot", "certkit issue app.test"),
    (".app.test", "name.leading-dot", "certkit issue app.test"),
    ("app..test", "name.empty-label", "certkit issue app.test"),
    ("app.test..", "name.empty-label", "certkit issue app.test"),
    ("-app.test", "name.hyphen", "between letters"),
    ("app-.test", "name.hyphen", "between letters"),
    ("--ip", "name.hyphen", "between letters"),
    ("a" * 64 + ".test", "name.label-too-long", "shorter label"),
    ("ü" * 60 + ".test", "name.label-too-long", "shorter label"),
    (".".join(["a" * 62] * 4) + ".test", "name.too-long", "shorter name"),
    ("*." + ".".join(["a" * 61] * 4) + ".test", "name.too-long", "shorter name"),
    ("a" * 10_000, "name.too-long", "253"),
    ("xn--a", "name.idn-invalid", "its own letters"),
    ("xn--a.test", "name.idn-invalid", "its own letters"),
    ("xn---bbk.test", "name.idn-invalid", "its own letters"),  # another spelling of xn--bbk
    ("xn--", "name.idn-invalid", "its own letters"),
    ("xn--localhost-", "name.idn-invalid", "its own letters"),
    ("☃.test", "name.idn-invalid", "emoji"),
    ("xn--n3h.test", "name.idn-invalid", "its own letters"),
    ("\u202eapp.test", "name.idn-invalid", "letters, digits"),
    ("\ud800.test", "name.idn-invalid", "letters, digits"),
    ("*", "name.wildcard-tld", "certkit issue localhost"),
    ("*.test", "name.wildcard-tld", "certkit issue '*.app.test'"),
    ("*.localhost", "name.wildcard-tld", "certkit issue '*.app.localhost'"),
    ("*.local", "name.wildcard-tld", "certkit issue '*.app.local'"),
    ("*.internal", "name.wildcard-tld", "certkit issue '*.app.internal'"),
    ("*.lan", "name.wildcard-tld", "certkit issue '*.app.lan'"),
    ("*.ck", "name.wildcard-tld", "certkit issue '*.app.app.ck'"),
    ("*.com", "name.wildcard-tld", "certkit issue '*.app.com'"),
    ("*.co.uk", "name.wildcard-public-suffix", "certkit issue '*.app.co.uk'"),
    ("*.home.arpa", "name.wildcard-public-suffix", "certkit issue '*.app.home.arpa'"),
    ("*.foo.ck", "name.wildcard-public-suffix", "certkit issue '*.app.foo.ck'"),
    ("*.kawasaki.jp", "name.wildcard-public-suffix", "certkit issue '*.app.app.kawasaki.jp'"),
    ("w*.app.test", "name.wildcard-partial", "certkit issue '*.app.test'"),
    ("*w.app.test", "name.wildcard-partial", "certkit issue '*.app.test'"),
    ("xn--*.app.test", "name.wildcard-partial", "certkit issue '*.app.test'"),
    ("a.*.app.test", "name.wildcard-partial", "certkit issue '*.app.test'"),
    ("*.*.app.test", "name.wildcard-partial", "certkit issue '*.app.test'"),
    ("**.app.test", "name.wildcard-partial", "certkit issue '*.app.test'"),
    ("a.*.test", "name.wildcard-partial", "one wildcard for each level"),
    ("app.*", "name.wildcard-partial", "one wildcard for each level"),
]


@pytest.mark.parametrize(
    ("text", "code", "hint"), REFUSED, ids=[f"{n}-{row[1]}" for n, row in enumerate(REFUSED)]
)
def test_a_refusal_names_the_rule_and_what_to_type(text: str, code: str, hint: str) -> None:
    refused = refusal(text)
    assert refused.code == code
    assert hint in refused.hint
    assert refused.exit_code == ExitCode.USAGE
    assert isinstance(refused, CertkitError)


@pytest.mark.parametrize(
    ("text", "code"), [row[:2] for row in REFUSED], ids=[ascii(row[0])[:40] for row in REFUSED]
)
def test_what_a_refusal_suggests_is_accepted(text: str, code: str) -> None:
    instead = refusal(text).instead
    if "--email" in instead:
        assert parse(instead[-1], "email")
    else:
        assert all(str(parse(word)) == word for word in instead)
    assert not instead or code not in ("name.hyphen", "name.label-too-long")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("192.168.1.300", "'300' is more than 255"),
        ("256.1.1.999", "'256' is more than 255"),
        ("10.0.0", "3 parts, not 4"),
        ("2130706433", "1 part, not 4"),
        ("010.0.0.5", "leading zeros"),
        ("nas,5", "'nas,5'"),
        ("a\x1b[31mb.test", "'\\x1b'"),
        ("w*.app.test", "'w*.app.test'"),
    ],
)
def test_a_message_says_which_part_is_wrong(text: str, words: str) -> None:
    assert words in refusal(text).message


def test_a_message_shows_hostile_text_escaped_and_cut() -> None:
    refused = refusal("\x1b]0;title\x07" + "x" * 5_000)
    assert refused.message.isprintable()
    assert len(refused.message) < 200


@pytest.mark.parametrize(
    ("text", "kind", "code", "hint"),
    [
        ("10.0.0.5", "dns", "name.ip-as-dns", "certkit issue --ip 10.0.0.5"),
        ("::1", "dns", "name.ip-as-dns", "certkit issue --ip ::1"),
        ("Nas.test", "ip", "name.ip-invalid", "certkit issue --domain nas.test"),
        ("*.app.test", "ip", "name.ip-invalid", "certkit issue --domain '*.app.test'"),
        ("10.0.0.300", "ip", "name.ip-invalid", "0 to 255"),
        ("10.0.0.300", "dns", "name.ip-invalid", "0 to 255"),
        ("10.0.0.5", "email", "name.email-invalid", "--email"),
        ("10.0.0.5", "uri", "name.uri-invalid", "--uri"),
        ("wss://nas.test", "ip", "name.url", "certkit issue nas.test"),
    ],
)
def test_a_name_of_another_type_is_refused_with_its_own_option(
    text: str, kind: str, code: str, hint: str
) -> None:
    refused = refusal(text, kind)
    assert (refused.code, hint in refused.hint) == (code, True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ann@example.test", "ann@example.test"),
        ("Ann.Lee+tls@Example.test", "Ann.Lee+tls@example.test"),
        ("ann@bücher.test", "ann@xn--bcher-kva.test"),
        ("a" * 64 + "@nas", "a" * 64 + "@nas"),
    ],
)
def test_an_email_address_keeps_its_left_side_and_folds_its_domain(text: str, value: str) -> None:
    assert parse(text, "email") == Name("email", value)
    assert parse(value, "email").general_name() == x509.RFC822Name(value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "@example.test", "ann@", "ann@@example.test", "a@b@example.test"),
        *(".ann@example.test", "ann.@example.test", "a..n@example.test", "änn@example.test"),
        *('"ann lee"@example.test', "ann lee@example.test", "ann@example.test\n", "a\nb@x.test"),
        *("o'neil@example.test", "$ann@example.test", "ann;@example.test", "a/b@example.test"),
        *("ann@10.0.0.5", "ann@[10.0.0.5]", "ann@*.app.test", "ann@example.test.", "ann@-x.test"),
        *("a" * 65 + "@example.test", "ann@" + "a" * 64 + ".test", "ann@xn--a.test"),
    ],
)
def test_an_email_address_that_no_certificate_should_hold_is_refused(text: str) -> None:
    refused = refusal(text, "email")
    assert refused.code == "name.email-invalid"
    assert "certkit issue --client --email" in refused.hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("spiffe://example.test/ns/web", "spiffe://example.test/ns/web"),
        ("SPIFFE://Example.Test/NS/Web", "spiffe://example.test/NS/Web"),
        ("spiffe://trust_domain/a", "spiffe://trust_domain/a"),
        ("https://nas.test:8443/?q=1#top", "https://nas.test:8443/?q=1#top"),
        ("https://10.0.0.5", "https://10.0.0.5"),
        ("https://[FD00:0::5]:0443/x", "https://[fd00::5]:443/x"),
        ("https://nas.test:/", "https://nas.test/"),
        ("https://nas.test?x=%20y", "https://nas.test?x=%20y"),
        ("http://xn--bcher-kva.test/", "http://xn--bcher-kva.test/"),
    ],
)
def test_a_uri_folds_scheme_and_host_and_keeps_the_rest(text: str, value: str) -> None:
    assert parse(text, "uri") == Name("uri", value)
    assert parse(value, "uri").general_name() == x509.UniformResourceIdentifier(value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "nas.test", "urn:uuid:1", "://nas.test", "https:nas.test", "https:///x", "1s://nas"),
        *("https://bücher.test/", "https://nas.test/ü", "https://nas.test/a b", "https://nas\n/"),
        *(
            "https://nas.test/\n",
            "https://nas.test/'x",
            "https://nas.test/;x",
            "https://nas.test/$x",
        ),
        *(
            "https://nas.test/%zz",
            "https://nas.test/%4",
            'https://nas.test/"',
            "https://nas.test/\\",
        ),
        *("https://me:pw@nas.test/", "https://*.app.test/", "https://nas.test./", "https://[::1/"),
        *("https://::1/", "https://[nas.test]/", "https://[10.0.0.5]/", "https://[fe80::1%251]/"),
        *("https://nas.test:0/", "https://nas.test:65536/", "https://nas.test:x/", "https://[]/"),
        *(
            "https://10.0.0.300/",
            "https://nas.test:" + "1" * 1000,
            "https://nas.test/" + "a" * 2032,
        ),
    ],
)
def test_a_uri_that_no_certificate_should_hold_is_refused(text: str) -> None:
    refused = refusal(text, "uri")
    assert refused.code in ("name.uri-invalid", "name.too-long")
    assert refused.message.isprintable()


def test_a_uri_with_a_password_is_refused_for_the_password() -> None:
    assert "password" in refusal("https://me:pw@nas.test/", "uri").message
    assert "password" in refusal("https://me@nas.test/", "uri").message


def test_a_uri_of_2048_characters_is_the_longest() -> None:
    longest = "https://nas.test/" + "a" * (2048 - len("https://nas.test/"))
    assert parse(longest, "uri").value == longest
    assert refusal(longest + "a", "uri").code == "name.too-long"


def test_names_know_their_base_address_and_letters() -> None:
    wildcard = parse("*.bücher.test")
    assert wildcard.is_wildcard
    assert wildcard.base == parse("bücher.test") == parse("bücher.test").base
    assert wildcard.unicode == "*.bücher.test"
    assert not wildcard.base.is_wildcard
    assert parse("fd00::5").address == ip_address("fd00::5")
    assert parse("fd00::5").base == parse("fd00::5")
    assert parse("fd00::5").unicode == "fd00::5"
    assert not Name("uri", "*.x").is_wildcard
    with pytest.raises(ValueError, match="does not appear"):
        _ = parse("app.test").address


def test_names_sort_print_and_compare_by_type_and_value() -> None:
    names = [parse("b.test"), parse("10.0.0.5"), parse("a.test")]
    assert [str(name) for name in sorted(names)] == ["a.test", "b.test", "10.0.0.5"]
    assert Name("dns", "10.0.0.5") != parse("10.0.0.5")


@pytest.mark.parametrize(
    ("text", "kind", "general_name"),
    [
        ("*.app.test", None, x509.DNSName("*.app.test")),
        ("bücher.test", None, x509.DNSName("xn--bcher-kva.test")),
        ("10.0.0.5", None, x509.IPAddress(ip_address("10.0.0.5"))),
        ("fd00::5", None, x509.IPAddress(ip_address("fd00::5"))),
        ("ann@x.test", "email", x509.RFC822Name("ann@x.test")),
        ("spiffe://x.test/a", "uri", x509.UniformResourceIdentifier("spiffe://x.test/a")),
    ],
)
def test_a_name_stands_in_a_certificate_and_comes_back(
    text: str, kind: str | None, general_name: x509.GeneralName
) -> None:
    name = parse(text, kind)  # type: ignore[arg-type]
    assert name.general_name() == general_name
    assert presented(general_name) == name


@pytest.mark.parametrize("raw", ["", "NAS.test.", "a b", "*.*", "w*.x", "\x00", "10.0.0.5", ".."])
def test_a_presented_name_is_kept_as_it_stands(raw: str) -> None:
    assert presented(x509.DNSName(raw)) == Name("dns", raw)


def test_a_presented_name_of_another_type_is_none() -> None:
    others = (
        x509.DirectoryName(x509.Name([])),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
    )
    assert [presented(other) for other in others] == [None, None, None]


def test_a_wildcard_brings_its_base_name_once() -> None:
    typed = ["*.app.test", "10.0.0.5", "app.test", "*.app.test", "*.b.test", "localhost"]
    assert [str(name) for name in with_base_names(map(parse, typed))] == [
        *("*.app.test", "app.test", "10.0.0.5", "*.b.test", "b.test", "localhost")
    ]
    assert with_base_names([]) == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("localhost", []),
        ("app.test", []),
        ("*.app.test", []),
        ("10.0.0.5", []),
        ("dev.test", []),
        ("app.dev.example.com", []),
        ("myhost", ["name.single-label"]),
        ("my_nas.test", ["name.underscore"]),
        ("*.my_nas.test", ["name.underscore"]),
        ("my_nas", ["name.underscore", "name.single-label"]),
        ("shop.dev", ["name.hsts-preloaded"]),
        ("*.shop.app", ["name.hsts-preloaded"]),
        ("shop.zip", ["name.hsts-preloaded"]),
        ("\u0430pple.test", ["name.idn-mixed-script"]),
        ("*.\u0430pple.test", ["name.idn-mixed-script"]),
        ("xn--pple-43d.test", ["name.idn-mixed-script"]),
        ("gοοgle.test", ["name.idn-mixed-script"]),  # Greek omicrons
        ("яндекс.test", []),  # one script in a label, another in the next
        ("bücher.test", []),
        ("ʻokina.test", []),
        ("東京タワーのwifi.test", []),
        ("日々ー.test", []),
        ("한국ab.test", []),
        ("東京яндекс.test", ["name.idn-mixed-script"]),
    ],
)
def test_warnings_say_what_some_clients_mind(text: str, codes: list[str]) -> None:
    found = warnings_for(parse(text))
    assert [finding.code for finding in found] == codes
    assert {finding.severity for finding in found} <= {Severity.WARNING}


def test_a_warning_about_scripts_names_them_and_shows_the_label() -> None:
    (finding,) = warnings_for(parse("\u0430pple.test"))
    assert "cyrillic and latin" in finding.summary
    assert "'xn--pple-43d.test'" in finding.summary
    assert "'\u0430pple'" in finding.summary


@pytest.mark.parametrize(
    "raw", ["xn--a.test", "xn--\xfc.test", "XN--PPLE-43D.test", "\x1b[0m_", "", "_"]
)
def test_warnings_and_letters_bear_whatever_a_certificate_says(raw: str) -> None:
    name = Name("dns", raw)
    assert name.unicode.isascii() or raw in name.unicode or raw.startswith("xn--")
    assert all(finding.summary.isprintable() for finding in warnings_for(name))


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("localhost", []),
        ("10.0.0.5", []),
        ("*.app.test", []),
        ("*.dev.example.com", ["publicsuffixlist"]),
        ("bücher.test", ["idna"]),
        ("xn--bcher-kva.test", ["idna"]),
    ],
)
def test_a_plain_name_does_not_pay_for_idna_or_the_suffix_list(
    text: str, imported: list[str]
) -> None:
    code = (
        "import sys; from certkit.pki.name_warnings import warnings_for\n"
        "from certkit.pki.names import parse\n"
        "warnings_for(parse(sys.argv[1]))\n"
        "print(*(name for name in ('idna', 'publicsuffixlist') if name in sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code, text], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == imported
