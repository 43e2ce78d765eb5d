"""x509-limbo (C2SP): certificate chains with the verdict that RFC 5280 or CABF asks for.

Every case runs, none is skipped. Where certkit decides otherwise, it stands in
limbo_exceptions.json with the reason; a change either way fails here.
"""

from __future__ import annotations

import json
import lzma
import time
from datetime import datetime
from pathlib import Path

import pytest

from certkit import Verdict, verify_chain
from tests.conformance.vectors import vector_file

with lzma.open(vector_file("limbo-dev.json.xz")) as file:
    CASES = json.load(file)["testcases"]
EXCEPTIONS = {
    row["id"]: row
    for row in json.loads(Path(__file__).with_name("limbo_exceptions.json").read_text())
}
SETTLED = [
    "bettertls",
    "crl",
    "pathlen",
    "rfc5280::validity",
    "rfc5280::san",
    "webpki::san",
    "cve",
    "online",
    "pathological",
]
SLOWEST = 5.0


def judged(case: dict, *, strict: bool = False) -> Verdict:
    asked = case["expected_peer_name"]
    moment = case["validation_time"]
    return verify_chain(
        case["peer_certificate"].encode(),
        roots=[pem.encode() for pem in case["trusted_certs"]],
        intermediates=[pem.encode() for pem in case["untrusted_intermediates"]],
        name=asked["value"] if asked and asked["kind"] in ("DNS", "IP") else None,
        at=datetime.fromisoformat(moment) if moment else None,
        purpose=case["validation_kind"].lower(),
        max_depth=case["max_chain_depth"],
        crls=[pem.encode() for pem in case["crls"]],
        strict=strict,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_verdict_is_that_of_limbo_or_a_listed_exception(case: dict) -> None:
    start = time.perf_counter()
    verdict = judged(case)
    took = time.perf_counter() - start
    expected = case["expected_result"]
    if exception := EXCEPTIONS.get(case["id"]):
        assert exception["expected"] == expected
        expected = exception["actual"]
    assert ("SUCCESS" if verdict.ok else "FAILURE") == expected, verdict.findings
    assert verdict.ok or any(finding.severity == "error" for finding in verdict.findings)
    assert took < SLOWEST


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_an_exception_differs_and_says_why(name: str) -> None:
    row = EXCEPTIONS[name]
    assert {row["expected"], row["actual"]} == {"SUCCESS", "FAILURE"}
    assert row["reason"]


def test_the_list_is_short() -> None:
    assert len(EXCEPTIONS) <= 30


def test_the_settled_classes_have_no_exception_but_public_suffixes() -> None:
    unsettled = [name for name in EXCEPTIONS if name.startswith(tuple(SETTLED))]
    assert [name for name in unsettled if "public-suffix" not in name] == []


# Where strict=True and limbo differ: limbo's pairs that contradict each other, its own chains for
# RFC 5280 that break CABF's rule about common names, and rules that no client checks.
STRICT = {
    "pathlen::validation-ignores-pathlen-in-leaf",
    "rfc5280::aki::cross-signed-root-missing-aki",
    "rfc5280::ca-as-leaf",
    "rfc5280::eku::ee-without-eku",
    "rfc5280::nc::permitted-dns-match-more",
    "rfc5280::nc::permitted-dns-match-noncritical",
    "rfc5280::nc::permitted-ipv4-match",
    "rfc5280::nc::permitted-ipv6-match",
    "rfc5280::pc::ica-noncritical-pc",
    "webpki::cn::ipv4-leading-zeros-mismatch",
    "webpki::eku::ee-critical-eku",
    "webpki::eku::root-has-eku",
    "webpki::nc::nc-permits-dns-san-pattern",
    "webpki::san::leftmost-wildcard-san",
}


def test_a_strict_verdict_disagrees_with_fewer_of_limbos_own_cases() -> None:
    core = [case for case in CASES if not case["id"].startswith("bettertls")]
    differ = {
        case["id"]
        for case in core
        if judged(case, strict=True).ok is not (case["expected_result"] == "SUCCESS")
    }
    listed = [case["id"] for case in core if case["id"] in EXCEPTIONS]
    print(f"of {len(core)}: {len(listed)} disagreements, {len(differ)} under strict=True")
    assert differ == STRICT
    assert len(differ) < len(listed)
