"""What a CA may sign: subtrees, permits, and the same answer from other verifiers."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from certkit.errors import CertkitError, ExitCode
from certkit.pki.constraints import Constraints, refuse_outside
from certkit.pki.names import Name, parse
from tests.peers import program

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
DEFAULT = Constraints.DEFAULT


def failure(*permits: str, constraints: Constraints = DEFAULT) -> CertkitError:
    with pytest.raises(CertkitError) as caught:
        constraints.widened(permits)
    return caught.value


def test_a_new_ca_may_sign_what_belongs_to_nobody() -> None:
    assert DEFAULT.as_dict() == {
        "dns": ["localhost", "test", "internal", "home.arpa", "local", "lan"],
        "ip": [
            *("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
            *("169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"),
        ],
    }


@pytest.mark.parametrize(
    "text",
    [
        *("localhost", "app.localhost", "app.test", "*.app.test", "a.b.c.test", "nas.home.arpa"),
        *("nas.local", "nas.lan", "db.corp.internal", "xn--bcher-kva.test", "127.0.0.1", "::1"),
        *("10.255.255.255", "172.31.0.1", "192.168.1.5", "169.254.0.1", "100.127.255.255"),
        *("fd00::5", "fe80::1"),
    ],
)
def test_private_names_are_permitted_by_default(text: str) -> None:
    assert DEFAULT.permits(parse(text))


@pytest.mark.parametrize(
    "text",
    [
        *("google.com", "*.google.com", "nottest", "mytest", "test.com", "localhost.com", "myhost"),
        *("arpa", "xhome.arpa", "*.github.io", "8.8.8.8", "172.32.0.1", "172.15.255.255"),
        *("192.169.0.1", "100.128.0.1", "11.0.0.1", "128.0.0.1", "::2", "::", "0.0.0.0"),  # noqa: S104
        *("2001:4860:4860::8888", "fec0::1", "64:ff9b::10.0.0.5"),
    ],
)
def test_other_peoples_names_are_not(text: str) -> None:
    assert not DEFAULT.permits(parse(text))


def test_email_and_uri_names_are_free_under_dns_and_ip_constraints() -> None:
    assert DEFAULT.permits(parse("ann@example.com", "email"))
    assert DEFAULT.permits(parse("spiffe://example.com/web", "uri"))


@pytest.mark.parametrize(
    ("text", "subtree"),
    [
        ("dev.example.com", "dev.example.com"),
        ("Dev.Example.COM", "dev.example.com"),
        ("*.dev.example.com", "dev.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("myhost", "myhost"),
        ("github.io", "github.io"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.113.0/255.255.255.0", "203.0.113.0/24"),
        ("198.18.0.0/16", "198.18.0.0/16"),
        ("2001:db8::7", "2001:db8::7/128"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("２０３.0.113.7", "203.0.113.7/32"),
    ],
)
def test_a_permit_adds_one_subtree(text: str, subtree: str) -> None:
    wider = DEFAULT.widened([text])
    added = [*wider.dns[len(DEFAULT.dns) :], *map(str, wider.ip[len(DEFAULT.ip) :])]
    assert added == [subtree]
    assert wider.dns[: len(DEFAULT.dns)] == DEFAULT.dns


@pytest.mark.parametrize(
    "text",
    [
        *("localhost", "app.test", "*.app.test", "*.test", "home.arpa", "nas.home.arpa"),
        *("10.0.0.5", "10.0.0.0/8", "10.1.0.0/16", "172.16.0.0/12", "fd00::/8", "fe80::/64", "::1"),
    ],
)
def test_a_permit_that_is_covered_already_changes_nothing(text: str) -> None:
    assert DEFAULT.widened([text]) == DEFAULT


def test_permits_keep_their_order_and_swallow_what_they_cover() -> None:
    wider = DEFAULT.widened(
        ["www.b.example", "a.example", "203.0.113.7", "b.example", "*.a.example", "203.0.113.0/24"]
    )
    assert wider.dns[6:] == ("a.example", "b.example")
    assert wider.ip[9:] == (ip_network("203.0.113.0/24"),)
    assert DEFAULT.widened([]) == DEFAULT


def test_a_single_text_is_one_permit_and_not_its_letters() -> None:
    assert DEFAULT.widened("myhost").dns[6:] == ("myhost",)


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("com", "name.public-suffix", "certkit ca permit dev.example.com"),
        ("*.com", "name.public-suffix", "certkit ca permit dev.example.com"),
        ("dev", "name.public-suffix", "certkit ca permit dev.example.dev"),
        ("co.uk", "name.public-suffix", "certkit ca permit dev.example.co.uk"),
        ("arpa", "name.public-suffix", "certkit ca permit"),
        ("ck", "name.public-suffix", "certkit ca permit"),
        ("foo.ck", "name.public-suffix", "certkit ca permit"),
        ("xn--fiqs8s", "name.public-suffix", "certkit ca permit"),
        ("中国", "name.public-suffix", "certkit ca permit"),
        ("0.0.0.0/0", "name.block-too-wide", "203.0.113.0/24"),
        ("::/0", "name.block-too-wide", "203.0.113.0/24"),
        ("8.0.0.0/8", "name.block-too-wide", "203.0.113.0/24"),
        ("8.8.0.0/15", "name.block-too-wide", "203.0.113.0/24"),
        ("172.0.0.0/8", "name.block-too-wide", "203.0.113.0/24"),
        ("2001:db8::/31", "name.block-too-wide", "203.0.113.0/24"),
        ("f000::/4", "name.block-too-wide", "203.0.113.0/24"),
        ("203.0.113.7/24", "name.block-host-bits", "certkit ca permit 203.0.113.0/24"),
        ("10.0.0.5/24", "name.block-host-bits", "certkit ca permit 10.0.0.0/24"),
        ("2001:db8::1/64", "name.block-host-bits", "certkit ca permit 2001:db8::/64"),
        ("203.0.113.0/33", "name.block-invalid", "203.0.113.0/24"),
        ("203.0.113.0/", "name.block-invalid", "203.0.113.0/24"),
        ("203.0.113.0/x", "name.block-invalid", "203.0.113.0/24"),
        ("203.0.113.300/24", "name.ip-invalid", "0 to 255"),
        ("::ffff:203.0.113.0/120", "name.ip-mapped", "certkit ca permit 203.0.113.0"),
        ("https://dev.example.com/", "name.url", "certkit ca permit dev.example.com"),
        ("dev.example.com:443", "name.port", "certkit ca permit dev.example.com"),
        (".dev.example.com", "name.leading-dot", "certkit ca permit dev.example.com"),
        ("dev.example.com.", "name.trailing-dot", "certkit ca permit dev.example.com"),
        ("ann@example.com", "name.email", "certkit ca permit dev.example.com"),
        ("*.203.0.113.7", "name.ip-as-dns", "certkit ca permit dev.example.com"),
        ("a.example,b.example", "name.bad-character", "certkit ca permit a.example b.example"),
        ("", "name.empty", "localhost"),
    ],
)
def test_a_permit_too_wide_or_unreadable_is_refused(text: str, code: str, hint: str) -> None:
    error = failure(text)
    assert (error.code, error.exit_code) == (code, ExitCode.USAGE)
    assert hint in error.hint


def test_one_bad_permit_spoils_them_all() -> None:
    assert failure("dev.example.com", "co.uk").code == "name.public-suffix"


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        ([], ()),
        (["app.test", "10.0.0.5"], ()),
        (["www.dev.example.com"], ("www.dev.example.com",)),
        (["*.dev.example.com"], ("dev.example.com",)),
        (["*.dev.example.com", "dev.example.com"], ("dev.example.com",)),
        (["a.dev.example.com", "*.dev.example.com", "app.test"], ("dev.example.com",)),
        (["b.example", "8.8.8.8", "a.example", "b.example"], ("b.example", "8.8.8.8", "a.example")),
        (["2001:db8::1"], ("2001:db8::1",)),
        (["xdev.example.com", "dev.example.com"], ("xdev.example.com", "dev.example.com")),
    ],
)
def test_what_is_missing_is_said_in_the_fewest_permits(
    names: list[str], missing: tuple[str, ...]
) -> None:
    assert DEFAULT.missing_for(map(parse, names)) == missing


def test_names_inside_are_not_refused() -> None:
    refuse_outside(DEFAULT, map(parse, ["app.test", "*.app.test", "10.0.0.5"]))
    refuse_outside(DEFAULT, [])


def test_names_outside_are_refused_with_the_command_that_permits_them() -> None:
    with pytest.raises(CertkitError) as caught:
        refuse_outside(DEFAULT, map(parse, ["app.test", "*.dev.example.org", "8.8.8.8"]))
    error = caught.value
    assert (error.code, error.exit_code) == ("chain.name-constraint", ExitCode.USAGE)
    assert error.hint == "certkit ca permit dev.example.org 8.8.8.8"
    assert "'*.dev.example.org', '8.8.8.8'" in error.message
    assert "app.test" not in error.message
    wider = DEFAULT.widened(error.hint.split()[3:])
    refuse_outside(wider, map(parse, ["app.test", "*.dev.example.org", "8.8.8.8"]))


def test_a_name_that_can_never_be_permitted_is_refused_with_the_reason() -> None:
    with pytest.raises(CertkitError) as caught:
        refuse_outside(DEFAULT, [parse("co.uk")])
    assert caught.value.code == "chain.name-constraint"
    assert "'co.uk' is a public suffix" in caught.value.message
    assert caught.value.hint.endswith("certkit ca permit dev.example.co.uk")


# ---- certificates of other programs ----------------------------------------------------------


def certificate(
    *extensions: tuple[x509.ExtensionType, bool],
    issuer: str = "CA",
    subject: str | None = None,
) -> x509.Certificate:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject or issuer))
        .issuer_name(name(issuer))
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(KEY, hashes.SHA256())


def foreign(
    permitted: list[x509.GeneralName] | None = None, excluded: list[x509.GeneralName] | None = None
) -> Constraints:
    extension = x509.NameConstraints(permitted, excluded)
    found = Constraints.from_certificate(certificate((extension, True)))
    assert found is not None
    again = found.to_extension().public_bytes()
    assert again.lower() == extension.public_bytes().lower()  # names fold, nothing is lost
    return found


def dns(*values: str) -> list[x509.GeneralName]:
    return [x509.DNSName(value) for value in values]


def ip(*values: str) -> list[x509.GeneralName]:
    return [x509.IPAddress(ip_network(value)) for value in values]


def test_constraints_come_back_from_a_certificate() -> None:
    wider = DEFAULT.widened(["dev.example.com", "203.0.113.0/24"])
    assert Constraints.from_certificate(certificate((wider.to_extension(), True))) == wider
    assert Constraints.from_certificate(certificate()) is None


def test_a_type_without_permitted_subtrees_is_free() -> None:
    only_dns = foreign(dns("example.com"))
    assert only_dns.permits(parse("8.8.8.8"))
    assert not only_dns.permits(parse("example.org"))
    assert only_dns.widened(["8.8.8.8"]) == only_dns  # adding it would take the rest away
    only_ip = foreign(ip("10.0.0.0/8"))
    assert only_ip.permits(parse("example.org"))
    assert not only_ip.permits(parse("::1"))
    assert only_ip.widened(["example.org"]) == only_ip


def test_a_private_block_may_be_wide_where_it_was_not_permitted_before() -> None:
    assert foreign(ip("8.8.8.8/32")).widened(["10.0.0.0/8"]).ip[1:] == (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("permitted", "text", "answer"),
    [
        (".example.com", "a.example.com", True),
        (".example.com", "*.a.example.com", True),
        (".example.com", "example.com", False),
        (".example.com", "*.example.com", False),
        (".example.com", "aexample.com", False),
        ("", "anything.example", True),
        ("EXAMPLE.com", "a.example.com", True),
        ("example.com.", "example.com", False),
    ],
)
def test_permitted_subtrees_in_the_forms_that_others_write(
    permitted: str, text: str, answer: bool
) -> None:
    assert foreign(dns(permitted)).permits(parse(text)) is answer


@pytest.mark.parametrize(
    ("excluded", "name", "answer"),
    [
        ("evil.example.com", "evil.example.com", False),
        ("evil.example.com", "a.evil.example.com", False),
        ("evil.example.com", "*.evil.example.com", False),
        ("evil.example.com", "*.example.com", False),
        ("a.evil.example.com", "*.example.com", False),
        ("evil.example.com", "EVIL.example.com", False),
        ("evil.example.com", "evil.example.com.", False),
        ("evil.example.com", "e*.example.com", False),
        (".evil.example.com", "a.evil.example.com", False),
        (".evil.example.com", "evil.example.com", False),
        ("evil.example.com.", "a.evil.example.com", False),
        ("", "example.com", False),
        ("evil.example.com", "example.com", True),
        ("evil.example.com", "notevil.example.com", True),
        ("evil.example.com", "*.good.example.com", True),
    ],
)
def test_an_excluded_name_is_never_permitted(excluded: str, name: str, answer: bool) -> None:
    assert foreign(None, dns(excluded)).permits(Name("dns", name)) is answer


def test_exclusion_wins_over_permission_and_cannot_be_permitted_away() -> None:
    both = foreign(
        [*dns("example.com"), *ip("10.0.0.0/8")], [*dns("b.example.com"), *ip("10.9.0.0/16")]
    )
    assert both.permits(parse("a.example.com"))
    assert both.permits(parse("10.0.0.5"))
    assert not both.permits(parse("b.example.com"))
    assert not both.permits(parse("10.9.0.5"))
    for text in ("b.example.com", "a.b.example.com", "10.9.0.5", "10.9.1.0/24"):
        assert failure(text, constraints=both).code == "name.excluded"
    with pytest.raises(CertkitError, match=r"excludes 'b\.example\.com'") as caught:
        refuse_outside(both, [parse("b.example.com")])
    assert "certkit ca permit" not in caught.value.hint
    assert both.as_dict() == {
        "dns": ["example.com"],
        "ip": ["10.0.0.0/8"],
        "excluded": {"dns": ["b.example.com"], "ip": ["10.9.0.0/16"]},
    }


def test_a_dns_only_ca_that_excludes_all_addresses_permits_none() -> None:
    dns_only = foreign(dns("test"), ip("0.0.0.0/0", "::/0"))
    assert dns_only.permits(parse("app.test"))
    assert not dns_only.permits(parse("10.0.0.5"))
    assert not dns_only.permits(parse("::1"))


@pytest.mark.parametrize(
    ("subtree", "refused", "free"),
    [
        (x509.RFC822Name("example.com"), ("ann@example.com", "email"), ("urn://x.test/", "uri")),
        (x509.UniformResourceIdentifier(".a.b"), ("urn://x.a.b/", "uri"), ("a@x.test", "email")),
    ],
)
def test_a_type_that_certkit_does_not_weigh_is_refused_where_it_is_constrained(
    subtree: x509.GeneralName, refused: tuple[str, str], free: tuple[str, str]
) -> None:
    for constraints in (foreign([subtree]), foreign(None, [subtree])):
        assert not constraints.permits(parse(*refused))  # type: ignore[arg-type]
        assert constraints.permits(parse(*free))  # type: ignore[arg-type]
        assert constraints.permits(parse("app.test"))
        with pytest.raises(CertkitError) as caught:
            refuse_outside(constraints, [parse(*refused)])  # type: ignore[arg-type]
        assert caught.value.code == "chain.name-constraint"
        assert "certkit ca permit" not in caught.value.hint


@pytest.mark.parametrize(
    "broken",
    [
        x509.UnrecognizedExtension(x509.NameConstraints.oid, b"\x30\x00"),
        x509.UnrecognizedExtension(x509.NameConstraints.oid, b"\x30\x02\xa0\x00"),
        x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"\x30\x03\x82\x01\xfc"),
        x509.UnrecognizedExtension(
            x509.NameConstraints.oid,  # an address with a mask of holes
            bytes.fromhex("300ea00c300a87080a000000ff00ff00"),
        ),
        x509.UnrecognizedExtension(
            x509.NameConstraints.oid, b"\x30\x09\xa1\x07\x30\x05\x82\x03*.a"
        ),
    ],
)
def test_a_ca_whose_extensions_cannot_be_read_permits_nothing(
    broken: x509.UnrecognizedExtension,
) -> None:
    found = Constraints.from_certificate(certificate((broken, True)))
    assert found == Constraints.NOTHING
    assert not found.permits(parse("app.test"))
    assert not found.permits(parse("*.app.test"))
    assert not found.permits(parse("10.0.0.5"))
    assert not found.permits(parse("::1"))
    assert not found.permits(parse("ann@x.test", "email"))
    assert not found.permits(parse("spiffe://x.test/", "uri"))
    assert failure("example.com", constraints=found).code == "name.excluded"


# ---- the same answer from other verifiers ----------------------------------------------------

JUDGED = [
    (DEFAULT, "app.test", True),
    (DEFAULT, "localhost", True),
    (DEFAULT, "*.app.test", True),
    (DEFAULT, "nottest", False),
    (DEFAULT, "google.com", False),
    (DEFAULT, "*.google.com", False),
    (DEFAULT, "10.0.0.5", True),
    (DEFAULT, "fd00::5", True),
    (DEFAULT, "8.8.8.8", False),
    (DEFAULT, "2001:db8::1", False),
    (DEFAULT, "100.64.0.1", True),
    (DEFAULT.widened(["dev.example.com"]), "dev.example.com", True),
    (DEFAULT.widened(["dev.example.com"]), "*.dev.example.com", True),
    (DEFAULT.widened(["dev.example.com"]), "a.b.dev.example.com", True),
    (DEFAULT.widened(["dev.example.com"]), "xdev.example.com", False),
    (DEFAULT.widened(["dev.example.com"]), "example.com", False),
    (DEFAULT.widened(["203.0.113.0/24"]), "203.0.113.255", True),
    (DEFAULT.widened(["203.0.113.0/24"]), "203.0.114.0", False),
    (Constraints(("example.com",), ()), "8.8.8.8", True),
    (Constraints((), (ip_network("10.0.0.0/8"),)), "example.com", True),
    (Constraints((), (ip_network("10.0.0.0/8"),)), "::1", False),
    (Constraints(("a.test",), (), excluded_dns=("b.a.test",)), "c.a.test", True),
    (Constraints(("a.test",), (), excluded_dns=("b.a.test",)), "b.a.test", False),
    (Constraints(("a.test",), (), excluded_dns=("b.a.test",)), "c.b.a.test", False),
    (Constraints((), (), excluded_ip=(ip_network("0.0.0.0/0"),)), "10.0.0.5", False),
]
JUDGED_IDS = [f"{n}-{text}" for n, (_, text, _) in enumerate(JUDGED)]


def chain(constraints: Constraints, name: Name) -> tuple[x509.Certificate, x509.Certificate]:
    """A leaf for ``name`` under a root with ``constraints``, issued whether permitted or not."""
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(KEY.public_key())
    usage = dict.fromkeys(
        [
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
            *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        ],
        False,
    )
    root = certificate(
        (x509.BasicConstraints(ca=True, path_length=1), True),
        (x509.KeyUsage(**usage | {"key_cert_sign": True, "crl_sign": True}), True),
        (x509.SubjectKeyIdentifier.from_public_key(KEY.public_key()), False),
        (constraints.to_extension(), True),
    )
    leaf = certificate(
        (x509.SubjectAlternativeName([name.general_name()]), False),
        (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (key_id, False),
        subject="leaf",
    )
    return leaf, root


@pytest.mark.parametrize(("constraints", "text", "answer"), JUDGED, ids=JUDGED_IDS)
def test_pyca_cryptography_gives_the_same_answer(
    constraints: Constraints, text: str, answer: bool
) -> None:
    name = parse(text)
    assert constraints.permits(name) is answer
    leaf, root = chain(constraints, name)
    asked = Name(name.type, name.value.replace("*", "www")).general_name()
    assert isinstance(asked, x509.DNSName | x509.IPAddress)
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store([root]))
        .time(NOW)
        .build_server_verifier(asked)
    )
    if answer:
        assert verifier.verify(leaf, []) == [leaf, root]
    else:
        with pytest.raises(verification.VerificationError, match=r"name constraint|subtree"):
            verifier.verify(leaf, [])


@pytest.mark.peer("openssl")
@pytest.mark.parametrize(("constraints", "text", "answer"), JUDGED, ids=JUDGED_IDS)
def test_openssl_gives_the_same_answer(
    tmp_path: Path, constraints: Constraints, text: str, answer: bool
) -> None:
    leaf, root = chain(constraints, parse(text))
    for file, each in (("leaf.pem", leaf), ("root.pem", root)):
        (tmp_path / file).write_bytes(each.public_bytes(Encoding.PEM))
    done = subprocess.run(
        [
            *(program("openssl"), "verify", "-x509_strict", "-purpose", "sslserver"),
            *("-attime", str(int(NOW.timestamp())), "-CAfile", "root.pem", "leaf.pem"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is answer
    assert bool(
        re.search(r"permitted subtree violation|excluded subtree violation", done.stderr)
    ) is (not answer)
