"""What holds for every text, name and permit, whoever typed it."""

from __future__ import annotations

import contextlib
import json
import re
from ipaddress import ip_network

import pytest
from cryptography import x509
from hypothesis import assume, example, given
from hypothesis import strategies as st

from certkit.errors import CertkitError, ExitCode
from certkit.pki.constraints import Constraints
from certkit.pki.name_warnings import warnings_for
from certkit.pki.names import Name, NameRefused, NameType, parse, presented
from tests.conformance.vectors import vector_file

TYPES = st.sampled_from([None, "dns", "ip", "email", "uri"])
# Text made of what means something to one of the parsers finds more than plain random text.
PIECES = st.sampled_from(
    [
        *(
            "*",
            "*.",
            ".",
            "..",
            "-",
            "_",
            ":",
            "::",
            "/",
            "//",
            "://",
            "@",
            "%",
            "[",
            "]",
            ",",
            " ",
        ),
        *("a", "test", "app", "localhost", "com", "co.uk", "dev", "xn--", "xn--a", "bcher-kva"),
        *("0", "1", "10.0.0.5", "300", "0x7f", "ffff", "fe80::1", "::ffff:", "/24", "8443"),
        *("ü", "ß", "。", "．", "｡", "１", "ａ", "аpple", "\u200b", "\u200d", "\u0308", "\u202e"),
        *("\n", "\0", "\x7f", "\ud800", "\u3000", "'", '"', ";", "$", "`", "\\", "https", "%20"),
    ]
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=80),
    st.lists(PIECES, max_size=12).map("".join),
    st.text(st.characters(codec="ascii"), max_size=80),
)
LABELS = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,20}[a-z0-9_])?", fullmatch=True).filter(
    lambda label: not label.startswith("xn--")
)
HOSTS = st.builds(
    lambda labels, suffix: ".".join([*labels, suffix]),
    st.lists(LABELS, min_size=1, max_size=4),
    st.sampled_from(["test", "localhost", "internal", "example.com", "xn--bcher-kva.test"]),
)
SAFE = {
    "dns": re.compile(r"(\*\.)?[a-z0-9_.-]+"),
    "ip": re.compile(r"[0-9a-f.:]+"),
    "email": re.compile(r"[A-Za-z0-9.!#%&*+=?^_~@-]+"),
    "uri": re.compile(r"[A-Za-z0-9.!#%&*+=?^_~@:/,\[\]-]+"),
}


def attempt(text: str, kind: NameType | None = None) -> Name | NameRefused:
    """The answer, whichever it is; an exception of any other kind fails the test."""
    try:
        return parse(text, kind)
    except NameRefused as refused:
        return refused


@given(TEXTS, TYPES)
@example("", None)
@example("a" * 10_000, None)
@example("ü" * 2_048, None)
@example("." * 2_048, None)
@example("a." * 1_024, None)
@example("xn--" * 500, None)
@example("*." * 1_000 + "test", None)
@example("[" * 2_000 + "]" * 48, None)
@example("a," * 1_024, None)
@example("xn--" + "9" * 59, "dns")
@example("a@" * 1_000, "email")
@example("https://" + "[" * 2_000, "uri")
@example("x://a:" + "9" * 2_000, "uri")
def test_a_text_becomes_a_canonical_safe_name_or_a_refusal(
    text: str, kind: NameType | None
) -> None:
    name = attempt(text, kind)
    if isinstance(name, NameRefused):
        assert re.fullmatch(r"name\.[a-z0-9-]+", name.code)
        assert name.exit_code == ExitCode.USAGE
        assert name.hint
        assert "\n" not in name.message + name.hint
        assert len(name.message) < 600
        return
    assert kind in (None, name.type)
    assert SAFE[name.type].fullmatch(name.value)
    assert parse(str(name), name.type) == name
    assert presented(name.general_name()) == name
    assert all(finding.summary.isprintable() for finding in warnings_for(name))
    if name.type in ("dns", "ip"):
        assert parse(str(name)) == name
        assert len(name.value) <= 253


@given(TEXTS)
def test_a_suggestion_is_never_refused(text: str) -> None:
    refused = attempt(text)
    words = refused.instead if isinstance(refused, NameRefused) else ()
    if "--email" in words:
        words = ()  # the left side of an e-mail address has rules of its own
    assert [str(parse(word)) for word in words] == list(words)


@given(HOSTS)
def test_a_well_formed_name_is_accepted_in_any_case(host: str) -> None:
    assert parse(host) == parse(host.upper()) == Name("dns", host)


@given(HOSTS.filter(lambda host: host.count(".") > 1 or not host.endswith("example.com")))
def test_a_wildcard_on_a_well_formed_name_of_two_labels_is_accepted(host: str) -> None:
    wildcard = parse(f"*.{host}")
    assert (wildcard.is_wildcard, wildcard.base) == (True, parse(host))


@given(
    HOSTS, st.sampled_from(["{}.", ".{}", "x..{}", "-{}", "{}:443", "wss://{}/", "{} ", "w*.{}"])
)
def test_a_well_formed_name_with_something_around_it_is_refused(host: str, around: str) -> None:
    with pytest.raises(NameRefused):
        parse(around.format(host))


@given(st.ip_addresses())
def test_every_address_is_accepted_but_a_mapped_one(address: object) -> None:
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is None:
        name = parse(str(address))
        assert (name.type, name.address) == ("ip", address)
    else:
        with pytest.raises(NameRefused) as caught:
            parse(str(address))
        assert caught.value.instead == (str(mapped),)


@given(st.ip_addresses(v=6).filter(lambda address: address.ipv4_mapped is None))
def test_an_ipv6_address_has_one_spelling(address: object) -> None:
    assert parse(address.exploded.upper()) == parse(address.compressed)  # type: ignore[attr-defined]


@given(st.text(st.characters(categories=["Ll", "Lo", "Lm", "Mn", "Nd"]), min_size=1, max_size=12))
def test_an_accepted_label_in_any_letters_reads_back(label: str) -> None:
    name = attempt(f"{label}.test")
    assume(isinstance(name, Name))
    assert name.value.isascii()
    assert parse(name.unicode) == name


@given(TEXTS)
def test_a_permit_is_a_subtree_that_covers_what_was_typed_or_a_refusal(text: str) -> None:
    try:
        wider = Constraints.DEFAULT.widened([text])
    except CertkitError as refused:
        assert "certkit issue" not in refused.hint  # noqa: PT017 - either answer is right
        return
    assert wider.dns[:6] == Constraints.DEFAULT.dns
    assert wider.ip[:9] == Constraints.DEFAULT.ip
    assert (
        len(wider.dns) + len(wider.ip) <= len(Constraints.DEFAULT.dns + Constraints.DEFAULT.ip) + 1
    )
    assert wider.widened([text]) == wider
    with contextlib.suppress(NameRefused):
        assert wider.permits(parse(text))


@given(st.lists(st.one_of(HOSTS, HOSTS.map("*.{}".format), st.ip_addresses().map(str)), max_size=6))
def test_what_is_missing_is_the_least_that_permits_all(texts: list[str]) -> None:
    names = []
    for text in texts:
        with contextlib.suppress(NameRefused):
            names.append(parse(text))
    missing = Constraints.DEFAULT.missing_for(names)
    wider = Constraints.DEFAULT.widened(missing)
    assert all(map(wider.permits, names))
    for left_out in missing:
        fewer = Constraints.DEFAULT.widened(each for each in missing if each != left_out)
        assert not all(map(fewer.permits, names))


@given(st.lists(HOSTS, min_size=1, max_size=4), HOSTS)
def test_a_subtree_permits_by_whole_labels(subtrees: list[str], host: str) -> None:
    constraints = Constraints(tuple(subtrees), ())
    by_labels = any(
        host.split(".")[-len(subtree.split(".")) :] == subtree.split(".") for subtree in subtrees
    )
    assert constraints.permits(Name("dns", host)) == by_labels
    assert constraints.permits(Name("dns", f"*.{host}")) == by_labels
    # and excludes what it would have permitted
    excluding = Constraints((), (), excluded_dns=tuple(subtrees))
    assert excluding.permits(Name("dns", host)) != by_labels
    assert not (by_labels and excluding.permits(Name("dns", f"*.{host}")))


@given(st.ip_addresses(), st.lists(st.tuples(st.ip_addresses(), st.integers(0, 128)), max_size=4))
def test_a_block_permits_the_addresses_in_it(address: object, pairs: list[tuple]) -> None:
    blocks = tuple(
        ip_network((base, length % (base.max_prefixlen + 1)), strict=False)
        for base, length in pairs
    )
    inside = any(
        block.version == address.version  # type: ignore[attr-defined]
        and int(block.network_address) <= int(address) <= int(block.broadcast_address)  # type: ignore[call-overload]
        for block in blocks
    )
    name = Name("ip", str(address))
    assert Constraints((), blocks).permits(name) == (inside or not blocks)
    assert Constraints((), (), excluded_ip=blocks).permits(name) != inside


@given(
    st.lists(HOSTS, max_size=3),
    st.lists(st.ip_addresses().map(ip_network), max_size=3),
    st.lists(HOSTS, max_size=2),
)
def test_constraints_survive_the_extension(dns: list, ip: list, excluded: list) -> None:
    constraints = Constraints(("test", *dns), tuple(ip), tuple(excluded))
    extension = constraints.to_extension()
    again = x509.NameConstraints(extension.permitted_subtrees, extension.excluded_subtrees)
    assert again.public_bytes() == extension.public_bytes()
    assert [str(each.value) for each in extension.permitted_subtrees or ()] == [
        *("test", *dns),
        *map(str, ip),
    ]


def test_the_names_of_other_projects_tests_are_borne_and_the_malformed_refused() -> None:
    rows = json.loads(vector_file("names-dev.json").read_text())
    texts = {raw for row in rows for raw in (*row["san_dns"], row["name"], row["cn"] or "")}
    for raw in texts:
        name = Name("dns", raw)
        assert all(finding.summary.isprintable() for finding in warnings_for(name))
        assert Constraints.DEFAULT.permits(name) in (True, False)
    malformed = {
        raw
        for row in rows
        if row["note"] == "presented name counted as malformed"
        for raw in row["san_dns"]
    }
    assert malformed
    assert not [raw for raw in malformed if isinstance(attempt(raw, "dns"), Name)]
    assert len([raw for raw in texts if isinstance(attempt(raw), Name)]) > 50
