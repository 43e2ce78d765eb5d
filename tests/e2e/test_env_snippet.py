"""The variables, sourced by real shells, believed by real clients."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certkit import CertificateAuthority
from certkit.snippets import render
from tests.e2e import servers
from tests.e2e.wss import Files, free_port
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")
PYTHON = "import urllib.request as r; r.urlopen('{url}', timeout=20)"
NODE = "fetch('{url}').catch((e) => {{ console.error(e.cause.code); process.exit(1) }})"
CLIENTS = {
    "curl": ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", "{url}"],
    "python": [sys.executable, "-c", PYTHON],
    "node": ["node", "-e", NODE],
    "git": ["git", "ls-remote", "{url}"],
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The file to source, and a page of a server of the CA."""
    files, port = Files.issue(tmp_path / "it's a site", "localhost"), free_port()
    path = tmp_path / "trust.sh"
    path.write_text(render("env", files.given(port)))
    with servers.uvicorn(tmp_path, files.given(port)):
        yield path, f"https://localhost:{port}/"


def shell(script: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [os.environ.get("TEST_SHELL", "/bin/sh"), "-euc", script, "sh", *arguments],
        env=clean_env() | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_trusts_the_ca_after_it_and_not_before(
    client: str, site: tuple[Path, str]
) -> None:
    path, url = site
    command = [part.format(url=url) for part in CLIENTS[client]]
    command[0] = program(command[0]) if not command[0].startswith("/") else command[0]
    before = shell('"$@"', *command)
    after = shell(f'. {path}; "$@"', *command)
    if client == "git":  # there is no repository there: it must get far enough to see that
        assert "certificate" in before.stderr
        assert "is this a git repository?" in after.stderr
    else:
        assert before.returncode != 0
        assert (after.returncode, after.stderr) == (0, "")


@pytest.mark.skipif(not DEBIAN_ROOTS.exists(), reason="the public roots are elsewhere")
def test_the_public_roots_stay_trusted(site: tuple[Path, str]) -> None:
    path, _ = site
    script = f'. {path}; cat "$SSL_CERT_FILE"; [ "$SSL_CERT_FILE" = "$CURL_CA_BUNDLE" ]'
    both = shell(script)
    assert both.returncode == 0
    public = DEBIAN_ROOTS.read_text().count("BEGIN CERTIFICATE")
    assert both.stdout.count("BEGIN CERTIFICATE") == public + 1
    assert shell('. "$1"; cat "$NODE_EXTRA_CA_CERTS"', str(path)).stdout.count("BEGIN") == 1


def test_the_roots_of_a_company_stay_trusted_however_often_it_is_sourced(
    site: tuple[Path, str], tmp_path: Path
) -> None:
    path, _ = site
    company = Files.issue(tmp_path / "company", "localhost").ca
    with company.open("r+") as file:  # a file without a newline at its end
        text = file.read().rstrip("\n")
        file.seek(0)
        file.truncate()
        file.write(text)
    once = shell(f'. {path}; cat "$SSL_CERT_FILE"', SSL_CERT_FILE=str(company))
    thrice = shell(
        f'. {path}; . {path}; sh -ec ". {path}; cat \\"\\$SSL_CERT_FILE\\""',
        SSL_CERT_FILE=str(company),
    )
    assert once.stdout == thrice.stdout
    assert once.stdout.startswith(text + "\n")
    assert once.stdout.count("-----BEGIN CERTIFICATE-----\n") == 2


@pytest.mark.parametrize("variable", ["NODE_EXTRA_CA_CERTS", "DENO_CERT", "REQUESTS_CA_BUNDLE"])
def test_what_a_variable_named_before_stays_trusted(
    variable: str, site: tuple[Path, str], tmp_path: Path
) -> None:
    path, _ = site
    company = Files.issue(tmp_path / "company", "localhost").ca
    script = f'. {path}; . {path}; cat "${variable}"'
    done = shell(script, **{variable: str(company), "SSL_CERT_FILE": str(company)})
    assert done.stdout.count(company.read_text()) == 1
    assert done.stdout.count("BEGIN CERTIFICATE") == 2
    alone = shell(script)
    assert company.read_text() not in alone.stdout


def test_a_root_that_was_signed_again_takes_the_place_of_its_older_version(
    tmp_path: Path,
) -> None:
    """No bundle ever holds two versions: clients take the one or the other."""
    files = Files.issue(tmp_path / "x", "localhost")
    path = tmp_path / "trust.sh"
    path.write_text(render("env", files.given(free_port())))
    old, new = files.ca.read_text(), CertificateAuthority.create().root.pem.decode()
    (tmp_path / "new.pem").write_text(new)
    once = shell(f'. {path}; cat "$SSL_CERT_FILE"')
    again = shell(f'. {path}; cp {tmp_path}/new.pem {files.ca}; . {path}; cat "$SSL_CERT_FILE"')
    assert old in once.stdout
    assert again.stdout == once.stdout.replace(old, new)


@pytest.mark.parametrize("name", ["dash", "bash"])
def test_a_posix_shell_reads_it_and_keeps_only_the_variables(
    name: str, site: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_SHELL", program(name))
    done = shell(f'. {site[0]}; test -s "$SSL_CERT_FILE"; set | grep ^certkit_ || true')
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
