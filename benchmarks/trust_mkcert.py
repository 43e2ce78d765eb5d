"""certkit trust beside mkcert on this machine, case by case: who installs, who only says so.

As root on Debian, with mkcert, Chromium, Firefox, NSS's certutil and a JDK. Every case has a home
of its own, and the system store is an overlay that is thrown away. What counts is what a client
does afterwards, and the exit code.

    python benchmarks/trust_mkcert.py
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.e2e.throwaway_system import Done, System, throwaway_system
from tests.e2e.trust_browsers import chromium_opens, firefox, profiles
from tests.e2e.verifiers_server import ManyCertificates
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STORES = {"nss": ["nss", "firefox"], "system": ["system"], "java": ["java"]}


@dataclass
class Tool:
    """mkcert or certkit, at work for the person of ``system``."""

    name: str
    system: System
    user: str | None = None

    @property
    def root(self) -> Path:
        name = "rootCA.pem" if self.name == "mkcert" else "root.pem"
        return self.system.home / "ca" / name

    def _run(self, words: list[str], stores: str, **more: str) -> Done:
        environment = {"CAROOT": str(self.system.home / "ca"), "TRUST_STORES": stores} | more
        return self.system.run(words, user=self.user, **environment)

    def install(self, stores: str, **more: str) -> Done:
        if self.name == "mkcert":
            return self._run([program("mkcert"), "-install"], stores, **more)
        self.system.certkit("ca", "init", user=self.user)
        return self._certkit("install", stores, **more)

    def uninstall(self, stores: str, **more: str) -> Done:
        if self.name == "mkcert":
            return self._run([program("mkcert"), "-uninstall"], stores, **more)
        return self._certkit("uninstall", stores, **more)

    def _certkit(self, verb: str, stores: str, **more: str) -> Done:
        named = [word for store in STORES[stores] for word in ("--store", store)]
        return self.system.certkit("trust", verb, *named, user=self.user, **more)

    def issue(self, name: str = "127.0.0.1") -> tuple[Path, Path]:
        out = self.system.home / "out"
        out.mkdir(exist_ok=True)
        if self.name == "mkcert":
            files = out / "x.pem", out / "x.key"
            given = ["-cert-file", str(files[0]), "-key-file", str(files[1])]
            done = self._run([program("mkcert"), *given, name], "none")
            assert done.code == 0, done.err
            return files
        done = self.system.certkit("issue", name, "--out", str(out), "--json", user=self.user)
        written = json.loads(done.out)["data"].get("files")
        if written is None:
            raise PermissionError(json.loads(done.out)["errors"][0]["code"])
        return Path(written["certificate"]), Path(written["key"])

    @contextlib.contextmanager
    def site(self) -> Iterator[str]:
        with ManyCertificates() as server:
            yield f"https://127.0.0.1:{server.serve(*self.issue())}/"


def said(done: Done) -> str:
    return f"exit {done.code}"


def make_database(folder: Path, *options: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    command = [program("certutil"), "-N", "-d", f"sql:{folder}", *(options or ["--empty-password"])]
    subprocess.run(command, check=True, env=clean_env(), capture_output=True)
    return folder


def trusted_in(database: Path) -> bool:
    with sqlite3.connect(f"file:{database / 'cert9.db'}?mode=ro", uri=True) as connection:
        # The attribute of trust for servers, and its value for a trusted CA.
        rows = connection.execute("SELECT 1 FROM nssPublic WHERE ace536358 = x'CE534352'")
        return rows.fetchone() is not None


def chromium_fresh(tool: Tool, *existing: str) -> str:
    for folder in existing:
        make_database(tool.system.home / folder)
    with tool.site() as url:
        done = tool.install("nss")
        opens = chromium_opens(tool.system, url)
        tool.uninstall("nss")
        still = chromium_opens(tool.system, url)
    return f"{said(done)}, Chromium {_opens(opens)}; uninstalled: {_opens(still)}"


def _opens(value: bool) -> str:
    return "opens" if value else "refuses"


def firefox_fresh(tool: Tool) -> str:
    with firefox(tool.system, None), tool.site() as url:
        done = tool.install("nss")
        (profile,) = profiles(tool.system)
        where = profile.relative_to(tool.system.home).parent
    with firefox(tool.system, profile) as running, tool.site() as url:
        return f"{said(done)}, profile in {where}: Firefox {_opens(running.opens(url))}"


def firefox_elsewhere(tool: Tool) -> str:
    base, far = tool.system.home / ".mozilla/firefox", tool.system.home / "far/profile"
    base.mkdir(parents=True)
    make_database(far)
    (base / "profiles.ini").write_text(f"[Profile0]\nName=x\nIsRelative=0\nPath={far}\n")
    done = tool.install("nss")
    return f"{said(done)}, trusted in it: {_yes(trusted_in(far))}"


def flatpak(tool: Tool) -> str:
    base = tool.system.home / ".var/app/org.mozilla.firefox/.mozilla/firefox"
    make_database(base / "x.default")
    (base / "profiles.ini").write_text("[Profile0]\nName=x\nIsRelative=1\nPath=x.default\n")
    done = tool.install("nss")
    return f"{said(done)}, trusted in it: {_yes(trusted_in(base / 'x.default'))}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def read_only_database(tool: Tool) -> str:
    """Root made it, perhaps by sudo; the user's browser can only read it."""
    tool.user = "nobody"
    database = make_database(tool.system.home / ".pki/nssdb")
    for path in (database, *database.iterdir(), database.parent):
        path.chmod(0o755 if path.is_dir() else 0o644)
    done = tool.install("nss")
    claims = "installed in" in done.out + done.err
    return f"{said(done)}, trusted: {_yes(trusted_in(database))}, claims so: {_yes(claims)}"


def database_with_password(tool: Tool) -> str:
    password = tool.system.home / "password"
    password.write_text("secret\n")
    database = make_database(tool.system.home / ".pki/nssdb", "-f", str(password))
    done = tool.install("nss")
    with sqlite3.connect(database / "cert9.db") as connection:
        left = connection.execute("SELECT count(*) FROM nssPublic").fetchone()[0]
    return f"{said(done)}, trusted: {_yes(trusted_in(database))}, objects left behind: {left}"


def system_uninstall(tool: Tool) -> str:
    before = tool.system.snapshot()
    tool.install("system")
    tool.uninstall("system")
    left = tool.system.snapshot().keys() - before.keys()
    links = sum(1 for name in left if not name.startswith("java"))
    aliases = sum(1 for name in left if name.startswith("java"))
    return f"links or files left: {links}, aliases left in Java's keystore: {aliases}"


def own_jdk(tool: Tool) -> str:
    """A JDK in the home, and no JAVA_HOME."""
    original = Path(program("java-wheel")).parent.parent
    jdk = tool.system.home / ".jdks/jdk-25"
    shutil.copytree(original, jdk, copy_function=lambda one, two: Path(two).hardlink_to(one))
    keystore = jdk / "lib/security/cacerts"
    keystore.unlink()
    shutil.copy(original / "lib/security/cacerts", keystore)
    before = keystore.read_bytes()
    done = tool.install("java")
    return f"{said(done)}, its keystore was changed: {_yes(keystore.read_bytes() != before)}"


def fooled_by_a_variable(tool: Tool) -> str:
    """SSL_CERT_FILE names a file with the root; the system store does not have it."""
    tool.issue()
    done = tool.install("system", SSL_CERT_FILE=str(tool.root))
    bundle = tool.system.check("cat", "/etc/ssl/certs/ca-certificates.crt")
    return f"{said(done)}, in the system store: {_yes(tool.root.read_text().strip() in bundle)}"


def without_root(tool: Tool) -> str:
    """A user without sudo."""
    tool.user = "nobody"
    for name in ("sudo",):
        if shutil.which(name):
            tool.system.check("mount", "--bind", "/bin/false", f"/usr/bin/{name}")
    done = tool.install("system")
    words = (done.out + done.err).strip().splitlines()
    commands = [line for line in words if line.startswith("sudo ")]
    return f"{said(done)}, commands to type: {len(commands)}; last words: {words[-1][:70]}"


def after_the_ca_was_deleted(tool: Tool) -> str:
    make_database(tool.system.home / ".pki/nssdb")
    tool.install("nss")
    shutil.rmtree(tool.system.home / "ca")
    done = tool.uninstall("nss")
    made = (tool.system.home / "ca").exists()
    return f"{said(done)}, a new CA was made: {_yes(made)}"


def stolen_key(tool: Tool) -> str:
    """Whoever has the key tries google.com."""
    tool.install("system")
    try:
        tool.issue("google.com")
    except PermissionError as refused:
        return f"refused at issue: {refused}; and curl would refuse it by the root's constraints"
    return "signed, and every client that trusts the root accepts it"


CASES: dict[str, Callable[[Tool], str]] = {
    "Chromium, first start (mkcert#671)": chromium_fresh,
    "Chromium, database in the XDG place": lambda tool: chromium_fresh(
        tool, ".local/share/pki/nssdb"
    ),
    "Chromium, database in the old place": lambda tool: chromium_fresh(tool, ".pki/nssdb"),
    "Firefox, first start (XDG since 147)": firefox_fresh,
    "Firefox, a profile elsewhere (mkcert#521)": firefox_elsewhere,
    "Firefox as flatpak (mkcert#409)": flatpak,
    "a database that may only be read (mkcert#192)": read_only_database,
    "a database with a password": database_with_password,
    "system store, install and uninstall": system_uninstall,
    "a JDK without JAVA_HOME": own_jdk,
    "SSL_CERT_FILE names the root": fooled_by_a_variable,
    "no root, no sudo (mkcert#602)": without_root,
    "uninstall without the CA (mkcert#208)": after_the_ca_was_deleted,
    "a certificate for google.com (mkcert#302)": stolen_key,
}


def main() -> None:
    wanted = sys.argv[1:]
    for title, case in CASES.items():
        if wanted and not any(word in title for word in wanted):
            continue
        print(title, flush=True)
        for name in ("mkcert", "certkit"):
            with throwaway_system("nobody") as system:
                if case not in (read_only_database, without_root):
                    os.chown(system.home, 0, 0)
                print(f"  {name:8} {case(Tool(name, system))}", flush=True)


if __name__ == "__main__":
    main()
