"""Which client follows what, and what a variable changes about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from certkit.truststores.clients import TRUST_VARIABLES, clients
from certkit.truststores.registry import stores
from tests.truststores.machines import FakeMachine, chromium


@pytest.fixture
def fake(tmp_path) -> FakeMachine:
    found = FakeMachine(tmp_path)
    found.home.mkdir(parents=True)
    for name in ("curl", "node", "python3", "google-chrome", "firefox", "deno"):
        found.programs[name] = chromium
    return found


def rows(fake: FakeMachine) -> dict[str, object]:
    machine = fake.machine()
    return {client.name: client for client in clients(machine, stores(machine))}


def trusts(fake: FakeMachine, name: str, root, where: str = "", *, held: bool) -> bool:
    place = Path("/store")
    return rows(fake)[name].trusts(root.sha256, {place: held}, [place])


def test_only_what_is_installed_is_listed(fake):
    assert set(rows(fake)) == {
        *("curl", "node", "python (ssl)", "python (requests)", "Chrome", "Firefox", "deno"),
    }


@pytest.mark.parametrize(
    ("name", "store"),
    [
        ("curl", "system"),
        ("python (ssl)", "system"),
        ("python (requests)", None),
        ("node", None),
        ("deno", None),
        ("Chrome", "nss"),
        ("Firefox", "firefox"),
    ],
)
def test_each_client_follows_what_was_measured(fake, name, store):
    assert rows(fake)[name].store == store


@pytest.mark.parametrize("held", [True, False])
def test_a_client_trusts_what_its_store_holds(fake, roots, held):
    assert trusts(fake, "curl", roots.root, held=held) is held
    assert trusts(fake, "Chrome", roots.root, held=held) is held
    assert not trusts(fake, "node", roots.root, held=held)


def test_a_client_of_two_places_trusts_only_what_both_hold(fake, roots):
    client = rows(fake)["Chrome"]
    one, two = Path("/a"), Path("/b")
    assert client.trusts(roots.root.sha256, {one: True, two: True}, [one, two])
    assert not client.trusts(roots.root.sha256, {one: True, two: False}, [one, two])
    assert not client.trusts(roots.root.sha256, {}, [])


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("curl", "SSL_CERT_FILE"),
        ("curl", "CURL_CA_BUNDLE"),
        ("python (ssl)", "SSL_CERT_FILE"),
        ("python (requests)", "REQUESTS_CA_BUNDLE"),
        ("python (requests)", "CURL_CA_BUNDLE"),
        ("node", "NODE_EXTRA_CA_CERTS"),
        ("deno", "DENO_CERT"),
    ],
)
def test_a_variable_decides_whatever_the_store_holds(fake, roots, tmp_path, name, variable):
    bundle = tmp_path / "bundle.pem"
    fake.variables[variable] = str(bundle)
    assert not trusts(fake, name, roots.root, held=True), "there is no such file"
    bundle.write_bytes(roots.other.pem)
    assert not trusts(fake, name, roots.root, held=True)
    bundle.write_bytes(roots.other.pem + roots.root.pem)
    assert trusts(fake, name, roots.root, held=False)
    assert rows(fake)[name].variable == variable


def test_a_variable_of_another_client_changes_nothing(fake, roots):
    fake.variables["SSL_CERT_FILE"] = "/nowhere"
    assert trusts(fake, "Firefox", roots.root, held=True)
    assert rows(fake)["node"].variable == ""


def test_curls_own_variable_goes_before_that_of_openssl(fake):
    fake.variables |= {"SSL_CERT_FILE": "/a", "CURL_CA_BUNDLE": "/b"}
    assert rows(fake)["curl"].bundle == Path("/b")


def test_every_variable_that_counts_is_cleared_for_a_handshake():
    assert {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"} <= TRUST_VARIABLES
