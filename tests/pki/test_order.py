"""The chain is found whatever the order, the copies and the strangers around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from certkit import Certificate, CertificateAuthority, CertkitError, self_signed
from certkit.pki.order import called, find_leaf, newest_versions, order

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROOT_CA = CertificateAuthority.create(now=NOW)
CA = ROOT_CA.intermediate(now=NOW)
ISSUED = CA.issue("10.0.0.5", now=NOW)
LEAF, INTERMEDIATE, ROOT = ISSUED.certificate, CA.certificate, CA.root
STRANGERS = tuple(CertificateAuthority.create(now=NOW).root for _ in range(2))


def bare(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    start: datetime = NOW,
    ca: bool | None = None,
) -> Certificate:
    """A certificate as old tools make them; ``ca=None`` leaves basicConstraints out."""

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder(
        name(issuer),
        name(subject),
        key.public_key(),
        x509.random_serial_number(),
        start,
        start + timedelta(days=90),
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    return Certificate(builder.sign(signer, hashes.SHA256()))


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("given", list(permutations((LEAF, INTERMEDIATE, ROOT))))
def test_every_order_gives_the_chain_without_its_root(given) -> None:
    ordered = order(given)
    assert ordered.chain == (LEAF, INTERMEDIATE)
    assert ordered.root == ROOT
    assert ordered.strays == ()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_copies_and_strangers_change_nothing(data: st.DataObject) -> None:
    pool = [LEAF, INTERMEDIATE, ROOT, *STRANGERS]
    more = data.draw(st.lists(st.sampled_from(pool), max_size=6))
    given = data.draw(st.permutations([LEAF, INTERMEDIATE, *more]))
    ordered = order(given)
    assert ordered.chain == (LEAF, INTERMEDIATE)
    assert ordered.root == (ROOT if ROOT in more else None)
    assert set(ordered.strays) == set(more) & set(STRANGERS)


def test_a_chain_with_a_gap_ends_at_the_gap() -> None:
    ordered = order([ROOT, LEAF])
    assert (ordered.chain, ordered.root, ordered.strays) == ((LEAF,), None, (ROOT,))


@pytest.mark.parametrize("alone", [LEAF, INTERMEDIATE, ROOT], ids=["leaf", "intermediate", "root"])
def test_a_certificate_alone_is_the_chain(alone: Certificate) -> None:
    assert order([alone]).chain == (alone,)


def test_a_self_signed_server_certificate_is_kept() -> None:
    own = self_signed("10.0.0.5").certificate
    assert order([own, *STRANGERS]).chain == (own,)


def test_an_issuer_is_known_by_its_signature_and_not_by_its_name_alone() -> None:
    real, impostor, leaf_key = key(), key(), key()
    issuer = bare("ca", "ca", real, real, ca=True)
    same_name = bare("ca", "root", impostor, key(), ca=True)
    leaf = bare("site", "ca", leaf_key, real, ca=False)
    assert order([same_name, leaf, issuer]).root == issuer
    assert order([same_name, leaf]).chain == (leaf,)


def test_a_leaf_with_its_cas_name_is_still_the_leaf() -> None:
    # openssl req with the same -subj for both.
    ca_key, leaf_key = key(), key()
    ca = bare("localhost", "localhost", ca_key, ca_key, ca=True)
    leaf = bare("localhost", "localhost", leaf_key, ca_key, ca=False)
    assert order([ca, leaf]).chain == (leaf,)
    assert order([ca, leaf]).root == ca


def test_certificates_without_basic_constraints_are_told_apart_by_who_issued_whom() -> None:
    ca_key, leaf_key = key(), key()
    ca = bare("old ca", "old ca", ca_key, ca_key)
    leaf = bare("site", "old ca", leaf_key, ca_key)
    assert order([ca, leaf]).chain == (leaf,)


def test_cross_signed_issuers_that_sign_each_other_do_not_loop() -> None:
    one, two, leaf_key = key(), key(), key()
    given = [
        bare("one", "two", one, two, ca=True),
        bare("two", "one", two, one, ca=True),
        bare("site", "one", leaf_key, one, ca=False),
    ]
    assert order(given).chain == (given[2], given[0], given[1])


def test_the_cross_signed_intermediate_is_sent_and_the_root_of_its_name_is_not() -> None:
    ca_key, old_key, leaf_key = key(), key(), key()
    root = bare("new", "new", ca_key, ca_key, ca=True)
    cross = bare("new", "old", ca_key, old_key, ca=True)
    leaf = bare("site", "new", leaf_key, ca_key, ca=False)
    assert order([root, leaf, cross]).chain == (leaf, cross)


def test_two_servers_are_refused_by_name_and_the_key_settles_it() -> None:
    other = CA.issue("10.0.0.6", now=NOW)
    given = [LEAF, other.certificate, INTERMEDIATE]
    with pytest.raises(CertkitError, match=r"10\.0\.0\.5, 10\.0\.0\.6") as caught:
        order(given)
    assert caught.value.code == "files.several-leaves"
    ordered = order(given, keys=[other.key.public_key()])
    assert ordered.chain == (other.certificate, INTERMEDIATE)
    assert ordered.strays == (LEAF,)


def test_no_certificate_is_refused() -> None:
    with pytest.raises(CertkitError) as caught:
        find_leaf([])
    assert caught.value.code == "files.no-certificate"


def test_of_a_certificate_and_its_renewal_with_one_key_the_newer_counts() -> None:
    renewed = CA.issue("10.0.0.5", private_key=ISSUED.key, now=NOW + timedelta(days=30)).certificate
    assert order([LEAF, renewed, INTERMEDIATE]).chain == (renewed, INTERMEDIATE)
    assert order([renewed, LEAF, INTERMEDIATE]).strays == (LEAF,)


def test_of_a_resigned_root_only_the_newest_version_stays() -> None:
    wider = ROOT_CA.permit("dev.example.com", now=NOW + timedelta(days=1)).root
    assert newest_versions([ROOT, *STRANGERS, wider]) == [wider, *STRANGERS]
    assert newest_versions([wider, ROOT]) == [wider]


def test_the_former_version_of_a_resigned_root_is_no_issuer_of_the_newer() -> None:
    wider = ROOT_CA.permit("dev.example.com", now=NOW + timedelta(days=1)).root
    ordered = order([ROOT, LEAF, wider, INTERMEDIATE])
    assert (ordered.chain, ordered.root) == ((LEAF, INTERMEDIATE), wider)
    assert ordered.strays == (ROOT,)


def test_a_certificate_is_called_by_its_first_name_or_else_its_subject() -> None:
    assert called(LEAF) == "10.0.0.5"
    assert called(ROOT) == ROOT.subject
