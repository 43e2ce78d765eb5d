"""The layers of a diagnosis, and what happens when a check itself breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from certkit.diagnose.case import Case
from certkit.diagnose.diagnosis import LAYERS, diagnose
from certkit.diagnose.diagnosis import _Group as Group
from certkit.diagnose.words import words_for
from certkit.findings import CODES
from tests.diagnose.seen import CA, NOW, answered, errors, judged, shaken, sound


def statuses(seen) -> dict[str, str]:
    return {layer.layer: layer.status for layer in judged(seen).layers}


def test_the_layers_stand_in_the_order_in_which_a_client_meets_them() -> None:
    assert tuple(layer.layer for layer in judged(sound()).layers) == LAYERS
    assert LAYERS == (
        "url", "dns", "tcp", "tls", "chain", "validity", "name", "usage", "http", "websocket",
    )  # fmt: skip


def test_what_was_not_reached_is_skipped_and_has_no_time() -> None:
    seen = shaken(alert=112)
    assert statuses(seen) == dict.fromkeys(LAYERS[:3], "ok") | {"tls": "fail"} | dict.fromkeys(
        LAYERS[4:], "skipped"
    )
    for layer in judged(seen).layers:
        assert (layer.ms is None) is (layer.status == "skipped")
        assert layer.detail


@pytest.mark.parametrize(
    ("url", "skipped"),
    [
        ("wss://app.test:8443", set()),
        ("https://app.test:8443", {"websocket"}),
        ("ws://127.0.0.1:8443", {"tls", "chain", "validity", "name", "usage"}),
        ("http://127.0.0.1:8443", {"tls", "chain", "validity", "name", "usage", "websocket"}),
    ],
)
def test_each_scheme_has_its_layers(url: str, skipped: set[str]) -> None:
    found = statuses(sound(url))
    assert {name for name, status in found.items() if status == "skipped"} == skipped
    assert {found[name] for name in found if name not in skipped} == {"ok"}


def test_a_bad_url_reaches_nothing() -> None:
    found = statuses(sound("ftp://app.test"))
    assert found.pop("url") == "fail"
    assert set(found.values()) == {"skipped"}


def test_a_check_that_crashes_is_a_finding_and_the_others_go_on() -> None:
    def crash(case):
        raise ValueError("boom")

    from certkit.diagnose.checks import certificate

    groups = (Group("url", (crash,)), Group("certificate", certificate.CHECKS))
    diagnosis = diagnose(sound(), at=NOW, roots=[], groups=groups)
    assert [each.code for each in diagnosis.findings] == [
        "internal.check-crashed", "chain.untrusted-root",
    ]  # fmt: skip
    assert "boom" in diagnosis.findings[0].summary
    assert "crash" in diagnosis.findings[0].summary
    assert not diagnosis.ok


def test_the_same_observation_has_the_same_diagnosis() -> None:
    seen = sound()
    assert diagnose(seen, at=NOW, roots=[CA.root]) == diagnose(seen, at=NOW, roots=[CA.root])


def test_details_say_what_was_seen() -> None:
    details = {layer.layer: layer.detail for layer in judged(sound()).layers}
    assert details["dns"] == "10.0.0.5"
    assert "TLSv1.3" in details["tls"]
    assert "SNI app.test" in details["tls"]
    assert CA.root.subject in details["chain"]
    assert details["http"] == "101 Switching Protocols"
    assert details["websocket"] == "open, answers a ping"
    by_address = {layer.layer: layer.detail for layer in judged(sound("wss://10.0.0.5")).layers}
    assert "no SNI" in by_address["tls"]


def test_the_expiry_of_a_certificate_is_judged_for_the_moment_given() -> None:
    assert errors(sound()) == []
    assert set(errors(sound(), days=-10)) == {"validity.not-yet"}


@pytest.mark.parametrize(
    ("lives", "left", "warned"),
    [
        (397, 31, False),
        (397, 29, True),
        (90, 29, True),
        (90, 31, False),
        (6, 3, False),
        (6, 1, True),
    ],
)
def test_what_expires_soon_is_warned_of_while_it_works(lives: int, left: int, warned: bool) -> None:
    leaf = CA.issue("app.test", days=lives, now=NOW).certificate.der
    seen = sound()
    seen = replace(seen, handshake=replace(seen.handshake, chain=(leaf,)))
    found = diagnose(seen, at=NOW + timedelta(days=lives - left), roots=[CA.root])
    assert found.ok
    assert [finding.code for finding in found.findings] == ["validity.expiring"] * warned
    assert found.clients == ()


@pytest.mark.parametrize("layer", ["url", "dns", "tcp", "tls", "http", "websocket"])
def test_clients_have_words_for_every_fault_of_the_network(layer: str) -> None:
    wordless = {"url.bad-host", "tls.no-certificate", "tls.weak-cipher"}
    case = Case(answered(b"HTTP/1.1 404 Nope\r\n\r\n"), NOW)
    for code in CODES:
        if code.startswith(f"{layer}.") and code not in wordless:
            assert words_for(code, case), code


def test_words_have_the_status() -> None:
    seen = answered(b"HTTP/1.1 404 Nope\r\n\r\n")
    assert dict(judged(seen).clients)["Node"] == "Unexpected server response: 404"


def test_of_a_certificate_the_clients_are_predicted_one_by_one() -> None:
    elsewhere = dict(judged(sound("wss://elsewhere.test")).clients)
    assert elsewhere["Chromium"] == "net::ERR_CERT_COMMON_NAME_INVALID"
    assert "elsewhere.test" in elsewhere["Go"]
    client_only = CA.issue("app.test", client=True).certificate.der
    seen = sound()
    seen = replace(seen, handshake=replace(seen.handshake, chain=(client_only,)))
    assert dict(judged(seen).clients)["wget"] == "connects"


def test_what_is_sound_needs_no_words() -> None:
    assert judged(sound()).clients == ()
