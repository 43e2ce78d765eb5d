"""Cipher strings: what is weak in them, also by OpenSSL's own account."""

from __future__ import annotations

import re
import subprocess

import pytest

from certkit.audit.nginx.ciphers import weaknesses
from certkit.mozilla import CIPHERS
from tests.peers import clean_env, program

SOUND = (
    ":".join(CIPHERS),
    "ECDHE+AESGCM:ECDHE+CHACHA20",
    "HIGH:!aNULL:!MD5",
    "HIGH:!ADH:!AECDH:!3DES",
    "ECDHE-ECDSA-AES128-GCM-SHA256:!DES-CBC3-SHA",
    "DEFAULT",
    "EECDH+AESGCM:EDH+AESGCM",
    "PROFILE=SYSTEM",
    "",
)


@pytest.mark.parametrize("text", SOUND)
def test_a_sound_string_has_no_weakness(text: str) -> None:
    assert weaknesses(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "ALL:!ADH:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP",
            ["no authentication", "RC4", "triple DES"],
        ),
        ("HIGH", ["no authentication"]),
        ("HIGH:!ADH", ["no authentication"]),
        ("ECDHE+AESGCM:RC4-SHA", ["RC4"]),
        ("ECDHE-RSA-RC4-SHA,ECDHE+AESGCM", ["RC4"]),
        ("AECDH-AES128-SHA ECDHE+AESGCM", ["no authentication"]),
        ("ECDHE+AESGCM:DES-CBC3-SHA", ["triple DES"]),
        ("EXP-RC4-MD5:DES-CBC-SHA", ["export keys", "RC4", "DES", "MD5"]),
        ("eNULL:NULL-SHA", ["no encryption"]),
        ("ALL:!aNULL:!eNULL:!RC4:!3DES:MEDIUM", []),
        ("ECDHE+AESGCM:@SECLEVEL=0", ["@SECLEVEL=0 (lifts OpenSSL's own limits)"]),
    ],
)
def test_a_weak_string_is_told_by_what_it_lets_in(text: str, found: list[str]) -> None:
    assert weaknesses(text) == found


@pytest.mark.peer("openssl")
@pytest.mark.parametrize("text", [text for text in SOUND if text and "PROFILE" not in text])
def test_openssl_finds_nothing_weak_in_a_sound_string_either(text: str) -> None:
    """Independent of our words: the suites that the string means here."""
    done = subprocess.run(
        [program("openssl"), "ciphers", "-v", text],
        capture_output=True,
        text=True,
        env=clean_env(),
        check=True,
    )
    weak = re.findall(r".*(?:Au=None|Enc=None|RC4|RC2|DES|IDEA|SEED|Mac=MD5).*", done.stdout)
    assert weak == []
