"""RFC 9525 matching: rows of our own. Other projects' tables: tests/conformance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certkit.findings import Severity
from certkit.pki.names import Name
from certkit.verify.identity import find_match, reference, reservations
from certkit.verify.near_miss import explain_mismatch


def names(*values: str) -> tuple[Name, ...]:
    """``ip:`` before an address; everything else is a DNS name."""
    return tuple(
        Name("ip", value[3:]) if value.startswith("ip:") else Name("dns", value) for value in values
    )


@pytest.mark.parametrize(
    ("asked", "presented"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST", "localhost"),
        ("app.test", "APP.test"),
        ("www.dev.test", "*.dev.test"),
        ("xn--bcher-kva.dev.test", "*.dev.test"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("BÜCHER.test", "xn--bcher-kva.test"),
        ("xn--n3h.test", "xn--n3h.test"),  # no IDNA 2008 name, but the octets are equal
        ("10.0.0.5", "ip:10.0.0.5"),
        ("fd00::5", "ip:fd00::5"),
        ("FD00:0::0005", "ip:fd00::5"),
        ("fe80::1%eth0", "ip:fe80::1"),
        ("app.test.", "app.test"),
        ("a.co.uk", "*.co.uk"),
    ],
)
def test_a_name_in_the_certificate_matches(asked: str, presented: str) -> None:
    other = "other.example"
    assert find_match(reference(asked), names(other, presented)) == names(presented)[0]
    assert find_match(reference(asked), names(other)) is None


@pytest.mark.parametrize(
    ("asked", "presented", "code"),
    [
        ("a.b.dev.test", ["*.dev.test"], "name.wildcard-depth"),
        ("dev.test", ["*.dev.test"], "name.wildcard-apex"),
        ("app.test", ["*.test"], "name.wildcard-tld"),
        ("www.app.test", ["w*.app.test"], "name.wildcard-partial"),
        ("www.x.test", ["www.*.test"], "name.wildcard-partial"),
        ("a.b.app.test", ["*.*.app.test"], "name.wildcard-partial"),
        ("app.test", ["app.test."], "name.trailing-dot"),
        ("bücher.test", ["bücher.test"], "name.idn-raw"),
        ("x.bücher.test", ["*.bücher.test"], "name.idn-raw"),
        ("k.test", ["\N{KELVIN SIGN}.test"], "name.idn-raw"),
        ("my_nas.test", ["my_nas.test"], "name.underscore"),
        ("my_nas.dev.test", ["*.dev.test"], "name.underscore"),
        ("10.0.0.5", ["10.0.0.5"], "name.ip-as-dns"),
        ("10.0.0.5", ["localhost"], "name.ip-missing"),
        ("10.0.0.5", ["*.0.0.5"], "name.ip-missing"),
        ("10.0.0.5", ["ip:10.0.0.6"], "name.mismatch"),
        ("127.0.0.1", ["ip:::ffff:127.0.0.1"], "name.mismatch"),
        ("10.0.0.300", ["10.0.0.300"], "name.mismatch"),
        ("localhost", ["*"], "name.wildcard-tld"),
        ("*.dev.test", ["*.dev.test"], "name.mismatch"),
        ("wss://app.test", ["app.test"], "name.mismatch"),
        ("app..test", ["app..test"], "name.mismatch"),
        ("-app.test", ["-app.test"], "name.mismatch"),
        ("", [""], "name.mismatch"),
        (".", ["."], "name.mismatch"),
        ("a" * 64 + ".test", ["a" * 64 + ".test"], "name.mismatch"),
        ("app.test", ["app.test\0.evil.test"], "name.mismatch"),
        ("app.test", [], "name.no-san"),
    ],
)
def test_a_name_that_is_not_covered_says_how_it_misses(
    asked: str, presented: list[str], code: str
) -> None:
    found = names(*presented)
    assert find_match(reference(asked), found) is None
    finding = explain_mismatch(reference(asked), found)
    assert (finding.code, finding.severity) == (code, Severity.ERROR)


@pytest.mark.parametrize(
    ("asked", "common_name"),
    [("localhost", "localhost"), ("10.0.0.5", "10.0.0.5"), ("www.dev.test", "*.dev.test")],
)
def test_the_common_name_never_counts(asked: str, common_name: str) -> None:
    only_elsewhere = names("ip:127.0.0.1")
    assert explain_mismatch(reference(asked), (), [common_name]).code == "name.cn-only"
    assert explain_mismatch(reference(asked), only_elsewhere, [common_name]).code == "name.cn-only"
    assert explain_mismatch(reference(asked), (), ["Ms Example"]).code == "name.no-san"


def test_the_fix_keeps_the_names_and_adds_the_missing_one() -> None:
    presented = names("localhost", "ip:127.0.0.1", "evil\x1b.test", "*.test")
    finding = explain_mismatch(reference("10.0.0.5"), presented)
    assert finding.fix.kind == "command"
    assert finding.fix.text == "certkit issue localhost 127.0.0.1 10.0.0.5"


def test_names_from_the_certificate_are_escaped_in_the_summary() -> None:
    finding = explain_mismatch(reference("app.test"), names("a\x1b[31m\n.test"))
    assert finding.summary == (
        r"'app.test' is not in the certificate; it is for 'a\x1b[31m\n.test'"
    )


def test_a_long_list_of_names_is_cut() -> None:
    many = names(*(f"host{number}.test" for number in range(1000)))
    summary = explain_mismatch(reference("app.test"), many).summary
    assert summary.endswith("'host5.test' and 994 more")


def test_a_wildcard_on_a_public_suffix_matches_with_a_warning() -> None:
    (finding,) = reservations(reference("a.co.uk"), Name("dns", "*.co.uk"))
    assert (finding.code, finding.severity) == ("name.wildcard-public-suffix", Severity.WARNING)
    assert reservations(reference("a.dev.test"), Name("dns", "*.dev.test")) == ()
    # Browsers read only the list's ICANN part.
    assert reservations(reference("me.github.io"), Name("dns", "*.github.io")) == ()


def test_a_trailing_dot_in_the_url_is_warned_about() -> None:
    (finding,) = reservations(reference("app.test."), Name("dns", "app.test"))
    assert (finding.code, finding.severity) == ("name.trailing-dot", Severity.WARNING)
    assert reservations(reference("app.test"), Name("dns", "app.test")) == ()


_LABELS = st.text("ab-*_.\0xn5ü\N{KELVIN SIGN} ", max_size=12)


@given(_LABELS, st.lists(_LABELS, max_size=4), st.lists(_LABELS, max_size=2))
def test_any_text_gets_an_answer(asked: str, presented: list[str], common: list[str]) -> None:
    wanted, found = reference(asked), names(*presented)
    match = find_match(wanted, found)
    if match is None:
        assert explain_mismatch(wanted, found, common).code.startswith("name.")
    else:
        assert match in found
        assert match.value.isascii()


@given(st.text(max_size=40))
def test_a_reference_is_a_host_an_address_or_says_why_not(text: str) -> None:
    asked = reference(text)
    assert asked.problem or asked.value.isascii()
