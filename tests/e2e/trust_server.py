"""A server of one CA on loopback, and what each client of the system store does with it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import certkit
from tests.e2e.verifiers_server import ManyCertificates
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.throwaway_system import System

CACHE = Path(__file__).parents[2] / ".cache"
_GO = """\
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	if _, err := http.Get(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
"""
_JAVA = """\
class Client {
    public static void main(String[] a) throws Exception {
        new java.net.URI(a[0]).toURL().openStream().readAllBytes();
    }
}
"""
_PYTHON = "import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=20).read()"

# Client -> its command; {url}, {address} and {folder} are filled in.
CLIENTS = {
    "curl": ["curl", "-q", "-sS", "--noproxy", "*", "-o", "/dev/null", "{url}"],
    "wget": ["wget", "--no-config", "-nv", "--no-proxy", "--tries=1", "-O", "/dev/null", "{url}"],
    "openssl": [
        *("openssl", "s_client", "-brief", "-verify_return_error", "-verify_ip", "127.0.0.1"),
        *("-connect", "{address}"),
    ],
    "git": ["git", "ls-remote", "{url}"],
    "python": ["/usr/bin/python3", "-c", _PYTHON, "{url}"],
    "go": ["{folder}/go-client", "{url}"],
    "java": ["java", "-XX:TieredStopAtLevel=1", "{folder}/Client.java", "{url}"],
    "gnutls": ["gnutls-cli", "--port={port}", "127.0.0.1"],
}
# What a client says whose root is missing; another failure is no refusal.
REFUSALS = {
    "curl": "unable to get local issuer certificate|self-signed certificate",
    "wget": "is not trusted|unknown issuer",
    "openssl": "unable to get local issuer certificate|unable to verify",
    "git": "certificate verification failed|certificate problem",
    "python": "CERTIFICATE_VERIFY_FAILED",
    "go": "certificate signed by unknown authority",
    "java": "unable to find valid certification path",
    "gnutls": "issuer is unknown",
}


@dataclass(frozen=True)
class Site:
    """``https://127.0.0.1:port/``, served with a certificate of the CA in a certkit home."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/"

    def asks(self, system: System, client: str) -> tuple[bool, str]:
        """Whether ``client`` accepts the server, and its words."""
        values = {
            "url": self.url,
            "address": f"127.0.0.1:{self.port}",
            "port": self.port,
            "folder": self.folder,
        }
        command = [part.format(**values) for part in CLIENTS[client]]
        done = system.run(command, GIT_TERMINAL_PROMPT="0", LC_ALL="C")
        accepted = done.code == 0
        if client == "git":  # there is no repository: it must get far enough to see that
            accepted = accepted or "not valid: is this a git" in done.err
        return accepted, done.out + done.err


@contextlib.contextmanager
def site(system: System) -> Iterator[Site]:
    """Issues from the home of ``system``, making its CA on first use."""
    folder = system.home / "site"
    issued = system.certkit("issue", "127.0.0.1", "--out", str(folder), "--json")
    assert issued.code == 0, issued.err
    files = json.loads(issued.out)["data"]["files"]
    (folder / "Client.java").write_text(_JAVA)
    with ManyCertificates() as server:
        yield Site(server.serve(Path(files["certificate"]), Path(files["key"])), folder)


def build_go_client(folder: Path) -> None:
    source = folder / "client.go"
    source.write_text(_GO)
    environment = clean_env() | {
        "GO111MODULE": "off",
        "GOCACHE": str(CACHE / "go-build"),
        "GOFLAGS": "",
        "GOPATH": str(folder / "gopath"),
        "GOTOOLCHAIN": "local",
        "HOME": os.fspath(folder),
    }
    command = [program("go"), "build", "-o", str(folder / "go-client"), str(source)]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)


def root_of(home: Path) -> certkit.Certificate:
    return certkit.Certificate.from_pem((home / "root.pem").read_bytes())
