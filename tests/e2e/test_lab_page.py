"""`certkit lab` in real browsers: each row is what the doctor said that this browser shows."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from base64 import b64encode
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certkit.pki.certificate import Certificate
from tests.e2e import lab_browsers
from tests.peers import clean_env

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.lab_browsers import Page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lab-page")]

# The page opens no name that is somebody's on the Internet.
NOT_OPENED = {"wildcard-public-suffix"}
# The doctor cannot know the page's policy; and this page is no page of the Internet.
OF_THE_PAGE = {"page-policy", "local-network"}
# A chain whose verdict is given up is not predicted either.
UNPREDICTED = {"cross-signed"}
# Firefox's words for TLS stand in a tab; its WebSocket says so by a code of its own.
FIREFOX_TLS = ("SEC_ERROR_", "SSL_ERROR_", "MOZILLA_PKIX_ERROR_")


@contextmanager
def lab(folder: Path) -> Iterator[dict[str, Any]]:
    """What `certkit lab --json` prints, while it goes on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "certkit", "lab", "--out", str(folder), "--json"],
        stdout=subprocess.PIPE,
        env=clean_env(),
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["data"]
    finally:
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 130


def roots(folder: Path) -> list[Certificate]:
    return [
        each for path in folder.glob("*.pem") for each in Certificate.load_all(path.read_bytes())
    ]


def words(row: dict[str, Any], browser: str) -> str:
    """What the doctor expects of the browser; nothing where it expects that it opens."""
    clients = dict(row["doctor"]["clients"])
    said = clients.get(browser, clients.get("every client", ""))
    return "" if said.startswith(("connects", "opens")) else said


def shows(row: dict[str, Any], expected: str) -> bool:
    """Whether what the page was told is what these words mean."""
    if not expected:
        return row["stayed"]
    if expected.startswith(("SecurityError", "SyntaxError")):
        name, _, message = expected.partition(": ")
        return row["exception"].startswith(name) and message in row["exception"]
    if expected.startswith("nothing for"):
        return row["silent"]
    return bool(row["code"]) and not row["stayed"]


def in_console(phrase: str, url: str, console: list[str]) -> bool:
    """Of the URL's port, since Chromium writes a host in A-labels."""
    place = f":{urlsplit(url).port}/"
    return any(phrase in line for line in console if place in line)


def chromium_shows(row: dict[str, Any], url: str, console: list[str]) -> bool:
    """One code for all that fails; the words are in the console, but for an end without a word."""
    expected = words(row, "Chromium")
    if not row["code"]:
        return shows(row, expected)
    _, _, phrase = expected.rpartition("in the console: ")
    quiet = phrase.startswith("close code")
    return (
        shows(row, expected)
        and row["code"] == 1006
        and row["opened"] == expected.startswith("close code")
        and (quiet or any(in_console(each, url, console) for each in phrase.split(", or ")))
    )


def firefox_shows(row: dict[str, Any]) -> bool:
    """A code of its own for faults of TLS; nothing more, neither here nor in the console."""
    expected = words(row, "Firefox")
    if expected.startswith(FIREFOX_TLS):
        return row["code"] == 1015
    if expected.startswith("close code 10"):
        return expected.startswith(f"close code {row['code']}")
    return shows(row, expected)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Browser -> its page; each browser is started once, when it is asked for."""
    pages: dict[str, tuple[Page, dict[str, str]]] = {}
    folder = tmp_path_factory.mktemp("lab") / "roots"
    with lab(folder) as served:
        rows = [*served["endpoints"], *served["folders"]]
        urls = {row["name"]: row["url"] for row in rows if row["url"]}

        def open_in(browser: str) -> tuple[Page, dict[str, str]]:
            if browser not in pages:
                start = getattr(lab_browsers, browser)
                pages[browser] = start(served["page"], roots(folder)), urls
            return pages[browser]

        yield open_in


@pytest.mark.peer("chromium", "certutil")
def test_chromium_shows_what_the_doctor_said(opened: Any) -> None:
    page, urls = opened("chromium")
    assert set(page.results) == set(urls)
    assert {name for name, row in page.results.items() if "said" not in row} == NOT_OPENED
    wrong = {
        name: (row["said"], words(row, "Chromium"))
        for name, row in page.results.items()
        if name not in NOT_OPENED | OF_THE_PAGE | UNPREDICTED
        and not chromium_shows(row, urls[name], page.console)
    }
    assert wrong == {}
    assert page.results["local-network"]["stayed"]
    policy = page.results["page-policy"]
    assert (policy["error"], policy["code"]) == (True, 0)
    assert in_console(
        "violates the following Content Security Policy", urls["page-policy"], page.console
    )


@pytest.mark.peer("firefox", "certutil")
def test_firefox_shows_what_the_doctor_said(opened: Any) -> None:
    page, urls = opened("firefox")
    assert set(page.results) == set(urls)
    wrong = {
        name: (row["said"], words(row, "Firefox"))
        for name, row in page.results.items()
        if name not in NOT_OPENED | OF_THE_PAGE | UNPREDICTED and not firefox_shows(row)
    }
    assert wrong == {}
    assert "NS_ERROR_CONTENT_BLOCKED" in page.results["page-policy"]["exception"]


@pytest.mark.peer("chromium", "certutil")
def test_a_page_of_the_internet_may_not_reach_this_machine(tmp_path: Path) -> None:
    """Chromium is told that the lab's page is a public one (Local Network Access)."""
    with lab(tmp_path / "roots") as served:
        port = served["page"].rstrip("/").rpartition(":")[2]
        public = f"--ip-address-space-overrides=127.0.0.1:{port}=public"
        page = lab_browsers.chromium(
            served["page"], roots(tmp_path / "roots"), options=[public], row="local-network"
        )
        (url,) = [row["url"] for row in served["endpoints"] if row["name"] == "local-network"]
    row = page.results["local-network"]
    phrase, _, _ = words(row, "Chromium").partition(",")
    assert phrase == "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"
    assert (row["opened"], row["code"]) == (False, 1006)
    assert in_console(phrase, url, page.console)


def pin(served: dict[str, Any]) -> str:
    """Lets Chromium go on to the page alone, as a click on "proceed" does."""
    port = int(served["page"].rstrip("/").rpartition(":")[2])
    leaf = Certificate.from_pem(ssl.get_server_certificate(("127.0.0.1", port)).encode())
    info = leaf.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(sha256(info).digest()).decode()


@pytest.mark.peer("chromium", "certutil")
def test_a_browser_that_does_not_trust_the_lab_is_told_how_to_make_one(tmp_path: Path) -> None:
    with lab(tmp_path / "roots") as served:
        proceed = f"--ignore-certificate-errors-spki-list={pin(served)}"
        page = lab_browsers.chromium(served["page"], [], options=[proceed], row="expired")
    assert not page.results["control"]["stayed"]
    assert "This browser does not trust the lab" in page.text
    assert f"cd {tmp_path / 'roots'}" in page.text
