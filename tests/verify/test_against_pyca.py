"""The same random chains for certkit and for pyca's verifier: two validators, one answer.

Only what both decide by the same rule is drawn: pyca counts self-issued intermediates, refuses a
CA as a leaf, a certificate without authority key identifier and a root whose basicConstraints are
not critical (warnings here), `*.test` is a match for it, and an empty DNS constraint malformed
(RFC 5280 section 4.2.1.10: every name comes about by adding labels to it).
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from certkit import verify_chain
from tests.verify.make import CLIENT, NOW, SERVER, key_usage, make, nc

KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(4)]
DAY = timedelta(days=1)

LABELS = ["a", "b", "*", "ab"]
HOSTS = st.lists(st.sampled_from(LABELS[:2]), min_size=1, max_size=3).map(
    lambda labels: ".".join([*labels, "test"])
)
PATTERNS = st.one_of(
    HOSTS,
    HOSTS.map("*.{}".format),
    st.sampled_from(["a*.test", "a.*.test", "a.test.", ".test", "test", "A.b.TEST", "xn--a.test"]),
)
ADDRESSES = st.sampled_from(["10.0.0.5", "10.1.0.5", "192.168.0.1", "fd00::5", "::1"])
NETWORKS = st.sampled_from(["10.0.0.0/8", "10.0.0.0/16", "192.168.0.1/32", "fd00::/8", "::/0"])
ALTERNATIVES = st.one_of(
    PATTERNS.map(x509.DNSName),
    ADDRESSES.map(lambda text: x509.IPAddress(ip_address(text))),
    st.just(x509.RFC822Name("me@a.test")),
)
SUBTREES = st.lists(
    st.one_of(
        HOSTS.map(x509.DNSName),
        st.sampled_from(["test", "a.test", "test"]).map(x509.DNSName),
        NETWORKS.map(lambda text: x509.IPAddress(ip_network(text))),
        st.just(x509.RFC822Name("a.test")),
    ),
    min_size=1,
    max_size=3,
)
CONSTRAINTS = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    st.tuples(st.one_of(st.none(), SUBTREES), st.one_of(st.none(), SUBTREES)).filter(any),
)


@st.composite
def flaws(draw, *, ca: bool) -> dict[str, object]:
    """Often none, so that a good share of the chains is good."""
    if draw(st.integers(0, 3)):
        return {}
    choices: list[dict[str, object]] = [
        {"end": NOW - DAY},
        {"start": NOW + DAY},
        {"end": NOW},
        {"start": NOW},
        {"add": [x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")]},
        {
            "add": [x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")],
            "critical": [x509.UnrecognizedExtension],
        },
    ]
    if ca:
        choices += [
            {"path_length": 0},
            {"path_length": 1},
            {"without": [x509.BasicConstraints]},
            {"replace": [key_usage("crl_sign")]},
        ]
    else:
        choices += [
            {"replace": [x509.ExtendedKeyUsage([CLIENT])]},
            {"replace": [x509.ExtendedKeyUsage([CLIENT, SERVER])]},
            {"replace": [key_usage("digital_signature", "key_cert_sign")]},
            {"without": [x509.ExtendedKeyUsage]},
            {"sign_with": KEYS[3]},
        ]
    return dict(draw(st.sampled_from(choices)))


@st.composite
def chains(draw):
    made = []
    issuer = None
    for depth in range(draw(st.integers(1, 3))):
        flaw = draw(flaws(ca=True))
        constraints = draw(CONSTRAINTS)
        if constraints is not None:
            flaw["add"] = [*flaw.get("add", []), nc(*constraints)]
            flaw["critical"] = [*flaw.get("critical", []), x509.NameConstraints]
        issuer = make(issuer, ca=True, subject=f"CN=CA {depth}", private_key=KEYS[depth], **flaw)
        made.append(issuer)
    names = draw(st.lists(ALTERNATIVES, min_size=1, max_size=3))
    leaf = make(issuer, names=names, private_key=KEYS[3], **draw(flaws(ca=False)))
    if draw(st.integers(0, 9)) == 0:
        made.pop(draw(st.integers(0, len(made) - 1)))
    held = [str(name.value).replace("*", "b") for name in names if "@" not in str(name.value)]
    asked = draw(st.one_of(HOSTS, ADDRESSES, *[st.sampled_from(held)] * 4 * bool(held)))
    return leaf, made, asked


def pyca(leaf, cas, asked: str) -> str | None:
    """None when pyca accepts, else its words."""
    if not cas:
        return "no root"
    try:
        subject = x509.IPAddress(ip_address(asked))
    except ValueError:
        subject = x509.DNSName(asked)
    builder = PolicyBuilder().store(Store([cas[0].certificate.x509])).time(NOW)
    try:
        builder.build_server_verifier(subject).verify(
            leaf.certificate.x509, [ca.certificate.x509 for ca in cas[1:]]
        )
    except (VerificationError, ValueError) as error:  # ValueError: the name asked for is none
        return str(error)
    return None


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(chains())
def test_certkit_and_pyca_give_one_answer(chain) -> None:
    leaf, cas, asked = chain
    words = pyca(leaf, cas, asked)
    verdict = verify_chain(
        leaf.certificate,
        roots=[ca.certificate for ca in cas[:1]],
        intermediates=[ca.certificate for ca in cas[1:]],
        name=asked,
        at=NOW,
    )
    event(f"ok={verdict.ok}")
    assert verdict.ok is (words is None), (words, verdict.findings)
