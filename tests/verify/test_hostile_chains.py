"""Chains made to cost their verifier time and memory: bounded work, and always an answer.

What is bounded is counted: signatures, name comparisons, paths. The deadline is a safety net.
"""

from __future__ import annotations

import time
import tracemalloc
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certkit import verify_chain
from certkit.verify import path, verdict
from certkit.verify.clients import predict
from certkit.verify.crl import RevocationLists
from certkit.verify.name_constraints import MAX_COMPARISONS, Budget
from tests.verify.make import NOW, crl, make, nc, root

KEY = ec.generate_private_key(ec.SECP256R1())
SIGNATURES, PATHS = 512, 256
DEADLINE = 20.0
"""Seconds; the slowest takes about one."""
YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def work(monkeypatch):
    """How often each thing was done: filled while chains are judged."""
    done = {"signatures": 0, "comparisons": 0, "paths": 0, "revocations": 0}
    check, spend, judged = path.check_link, Budget.spend, verdict._check
    status = RevocationLists._status

    def counted_check(*arguments):
        done["signatures"] += 1
        return check(*arguments)

    def counted_spend(self, comparisons):
        spend(self, comparisons)  # raises instead of doing what costs too much
        done["comparisons"] += comparisons

    def counted_judged(*arguments):
        done["paths"] += arguments[0] is verdict._PATH_CHECKS
        return judged(*arguments)

    def counted_status(*arguments):
        done["revocations"] += 1
        return status(*arguments)

    monkeypatch.setattr(RevocationLists, "_status", counted_status)
    monkeypatch.setattr(path, "check_link", counted_check)
    monkeypatch.setattr(Budget, "spend", counted_spend)
    monkeypatch.setattr(verdict, "_check", counted_judged)
    return done


def ask(work, leaf, roots, intermediates, **more):
    work.update(dict.fromkeys(work, 0))
    start = time.perf_counter()
    answer = verify_chain(
        leaf.certificate,
        roots=[each.certificate for each in roots],
        intermediates=[each.certificate for each in intermediates],
        name="app.test",
        at=NOW,
        **more,
    )
    assert time.perf_counter() - start < DEADLINE
    assert work["signatures"] <= SIGNATURES
    assert work["comparisons"] <= MAX_COMPARISONS
    assert work["paths"] <= PATHS + 1
    assert work["revocations"] <= SIGNATURES
    assert not any("cannot be judged" in each.summary for each in answer.findings)
    return answer.ok, [each.code for each in answer.findings if each.severity == "error"]


@pytest.fixture(scope="module")
def ladder():
    """A root and 10,000 CAs, each signed by the one before it."""
    cas = [root("CN=Root", private_key=KEY)]
    for step in range(10_000):
        cas.append(make(cas[-1], ca=True, subject=f"CN={step}", private_key=KEY))
    return cas


def test_a_chain_of_10000_certificates_is_given_up_and_a_short_one_is_not(work, ladder):
    top, *cas = ladder
    tracemalloc.start()
    long = ask(work, cas[-1].leaf(), [top], cas)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert long == (False, ["chain.search-limit"])
    assert peak < 100 * 2**20
    short = ask(work, cas[19].leaf(), [top], cas)
    assert short == (True, [])


def test_10000_roots_are_no_trouble(work, ladder):
    assert ask(work, ladder[7].leaf(), ladder, []) == (True, [])
    assert ask(work, root("CN=other").leaf(), ladder, []) == (False, ["chain.untrusted-root"])


def test_3000_certificates_of_one_name_and_one_key_are_given_up(work):
    first = root("CN=X", private_key=KEY)
    same = [make(first, ca=True, subject="CN=X", private_key=KEY) for _ in range(3000)]
    assert ask(work, first.leaf(), [root()], same) == (False, ["chain.search-limit"])
    # The one that is trusted is looked at first.
    assert ask(work, first.leaf(), [first], same) == (True, [])


def test_1000_certificates_of_one_name_and_as_many_keys_are_given_up(work):
    first = root("CN=X", private_key=KEY)
    same = [make(first, ca=True, subject="CN=X") for _ in range(1000)]
    ok, codes = ask(work, same[0].leaf(sign_with=KEY), [root()], same)
    assert (ok, codes) == (False, ["chain.search-limit"])


@pytest.mark.parametrize("size", [2, 3, 8])
def test_cas_that_signed_each_other_in_a_ring_are_an_answer(work, size):
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(size)]
    alone = [root(f"CN={place}", private_key=key) for place, key in enumerate(keys)]
    ring = [
        make(alone[place - 1], ca=True, subject=f"CN={place}", private_key=key)
        for place, key in enumerate(keys)
    ]
    ok, codes = ask(work, ring[0].leaf(), [root()], ring)
    assert (ok, len(codes)) == (False, 1)
    # The same ring with one of them trusted is a chain.
    assert ask(work, ring[0].leaf(), alone[1:2], ring) == (True, [])


def test_the_paths_of_a_ladder_with_two_certificates_a_rung_are_not_all_walked(work):
    top = root("CN=Root")
    cas = []
    for rung in range(25):  # 2 ** 25 paths
        key = ec.generate_private_key(ec.SECP256R1())
        flaws = {"ca": True, "subject": f"CN={rung}", "private_key": key}
        pair = [make(top, end=YESTERDAY - timedelta(days=age), **flaws) for age in range(2)]
        cas += pair
        top = pair[0]
    leaf = top.leaf("app.test", *(f"a{index}.app.test" for index in range(2000)))
    ok, codes = ask(work, leaf, [root("CN=Root")], cas)
    assert (ok, codes[0]) == (False, "chain.search-limit")
    ok, codes = ask(work, leaf, [cas[0]], cas)
    assert (ok, set(codes)) == (False, {"validity.issuer-expired"})


def test_many_paths_do_not_read_the_revocation_lists_again(work):
    top = root("CN=Root")
    bottom, cas, lists = top, [], []
    for rung in range(8):  # 2 ** 8 paths, all of them expired
        flaws = {"ca": True, "subject": f"CN={rung}", "private_key": KEY, "end": YESTERDAY}
        pair = [make(bottom, **flaws) for _ in range(2)]
        lists += [crl(bottom) for _ in range(50)]
        cas += pair
        bottom = pair[0]
    ok, codes = ask(work, bottom.leaf(), [top], cas, crls=lists)
    assert (ok, set(codes)) == (False, {"validity.issuer-expired"})
    assert work["paths"] == PATHS
    assert work["revocations"] == 32  # one for each certificate and each that signed it


def test_300_bad_ways_to_the_root_cost_no_more_than_their_share(work):
    top = root("CN=Root")
    limits = nc([x509.DNSName(f"c{index}.test") for index in range(45)])
    flaws = {"ca": True, "subject": "CN=Middle", "private_key": KEY}
    bad = [make(top, add=[limits], **flaws) for _ in range(300)]
    good = make(top, **flaws)
    odd = x509.DNSName._init_without_validation
    leaf = good.leaf("app.test", *(odd(f"\xfc{index}.test") for index in range(2000)))
    ok, codes = ask(work, leaf, [top], bad)
    assert (ok, codes[0]) == (False, "chain.name-constraint")


def test_predictions_give_up_where_names_and_constraints_are_too_many():
    constraints = nc([x509.DNSName(f"{number}.test") for number in range(1000)])
    ca = root(add=[constraints], critical=[x509.NameConstraints])
    leaf = ca.leaf(*(f"a.{number}.test" for number in range(100)))
    given = predict(leaf.certificate, roots=[ca.certificate], name="a.1.test", at=NOW)
    assert {each.verdict for each in given} == {"unknown"}
    assert all("too many names" in each.reason for each in given)


def test_a_label_of_many_stars_is_an_answer():
    """Java lets several stars stand in one label; a regular expression of thirty never ends."""
    ca = root()
    leaf = ca.leaf(f"{'*a' * 30}.app.test")
    given = predict(leaf.certificate, roots=[ca.certificate], name=f"{'a' * 62}b.app.test", at=NOW)
    assert {each.verdict for each in given} == {"reject"}
    assert max(len(each.reason) for each in given) <= 1000


def test_many_names_under_many_constraints_are_given_up_at_the_limit(work):
    names = [x509.DNSName(f"t{index}.test") for index in range(600)]
    top = root("CN=Root", add=[nc(names)])
    ok, codes = ask(work, top.leaf("t0.test", *names), [top], [])
    assert (ok, codes[0]) == (False, "chain.name-constraint")
    few = root("CN=Root", add=[nc([*names[:5], x509.DNSName("app.test")])])
    assert ask(work, few.leaf("app.test", *names[:5]), [few], []) == (True, [])
