"""Machines to change: a folder as root of the file system, programs that record what they do.

The programs here keep their state in files below that folder, so that what certkit believes can be
held against what a client would read. They do what the real ones were seen to do, their traps
included: certutil lists every certificate of a subject under each of its nicknames, and Debian's
update-ca-certificates forgets links to a file that is simply gone.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certkit.pki.certificate import Certificate, to_pem
from certkit.truststores.machine import Answer, Machine
from certkit.truststores.store import certificates_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FAILED = Answer(1, err="it failed, as the test wanted")


@dataclass
class FakeMachine:
    """A machine below ``folder``; ``programs`` are installed, ``ran`` is what was run."""

    folder: Path
    platform: str = "linux"
    programs: dict[str, Callable[[FakeMachine, list[str], bytes], Answer]] = field(
        default_factory=dict
    )
    ran: list[list[str]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def home(self) -> Path:
        return self.folder / "root/home/ada lovelace"

    def make(self, *paths: str) -> None:
        """Files (empty) and, where a path ends in a slash, folders."""
        for path in paths:
            at = self.root / path.lstrip("/")
            (at if path.endswith("/") else at.parent).mkdir(parents=True, exist_ok=True)
            if not path.endswith("/"):
                at.touch()

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def machine(self, *, is_root: bool = True, elevated: bool = False) -> Machine:
        self.home.mkdir(parents=True, exist_ok=True)
        return Machine(
            platform=self.platform,
            home=self.home,
            variables=self.variables,
            which=lambda name: str(self.root / "bin" / name) if name in self.programs else None,
            run=self.run,
            may_write=lambda path: is_root or path.is_relative_to(self.home),
            root=self.root,
            elevate=self.run_as_root if elevated else None,
            is_root=is_root,
        )

    def run(self, command: Sequence[str], given: bytes = b"") -> Answer:
        words = list(command)
        self.ran.append(words)
        name = Path(words[0]).name
        if name not in self.programs:
            raise FileNotFoundError(2, "No such file or directory", words[0])
        if name in self.broken:
            return FAILED
        return self.programs[name](self, words[1:], given)

    def run_as_root(self, command: Sequence[str], given: bytes = b"") -> Answer:
        return self.run(command, given)

    def contents(self) -> dict[str, bytes]:
        """Every file and link, but for empty folders: what must be as before."""
        return {
            str(path.relative_to(self.root)): (
                str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
            )
            for path in sorted(self.root.rglob("*"))
            if path.is_symlink() or path.is_file()
        }


# ---- the programs --------------------------------------------------------------------------------


def mkdir(_: FakeMachine, arguments: list[str], __: bytes) -> Answer:
    Path(arguments[-1]).mkdir(parents=True, exist_ok=True, mode=0o700)
    return Answer(0)


def rm(_: FakeMachine, arguments: list[str], __: bytes) -> Answer:
    Path(arguments[-1]).unlink(missing_ok=True)
    return Answer(0)


def install(_: FakeMachine, arguments: list[str], given: bytes) -> Answer:
    *_, source, target = arguments
    assert source == "/dev/stdin"
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).write_bytes(given)
    return Answer(0)


COMMON = {"mkdir": mkdir, "rm": rm, "install": install}


def rebuild(anchors: str, bundle: str, pattern: str) -> Callable[..., Answer]:
    """A tool that makes ``bundle`` of the distribution's roots and of ``anchors``."""

    def tool(fake: FakeMachine, _: list[str], __: bytes) -> Answer:
        found = [
            certificate
            for path in sorted(fake.at(anchors).rglob(pattern))
            if path.is_file()
            for certificate in certificates_in(path.read_bytes())
        ]
        own = fake.at("/usr/share/roots.pem").read_bytes()
        fake.at(bundle).parent.mkdir(parents=True, exist_ok=True)
        fake.at(bundle).write_bytes(own + to_pem(found))
        return Answer(0)

    return tool


_DEBIAN_ANCHORS = "/usr/local/share/ca-certificates"
_DEBIAN_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def debian_update(fake: FakeMachine, _: list[str], __: bytes, gone: Sequence[str] = ()) -> Answer:
    """The bundle, and a link to each anchor; links only go when they are deselected."""
    links = fake.at("/etc/ssl/certs")
    links.mkdir(parents=True, exist_ok=True)
    removed = []
    for name in gone:
        link = links / f"{name.removesuffix('.crt')}.pem"
        if link.is_symlink():
            link.unlink()
            removed.append(link.name)
    added = []
    for anchor in sorted(fake.at(_DEBIAN_ANCHORS).rglob("*.crt")):
        name = anchor.name.removesuffix(".crt").translate(str.maketrans(" (),", "_==_"))
        link = links / f"{name}.pem"
        if not link.is_symlink():
            link.symlink_to(anchor)
            added.append(link)
    rebuild(_DEBIAN_ANCHORS, _DEBIAN_BUNDLE, "*.crt")(fake, [], b"")
    if "debian-java-hook" not in fake.broken and fake.at(_DEBIAN_JAVA).exists():
        entries = [row for row in _read(fake.at(_DEBIAN_JAVA)) if row[0][7:] not in removed]
        entries += [[f"debian:{link.name}", "", link.read_text()] for link in added]
        fake.at(_DEBIAN_JAVA).write_text(json.dumps(entries))
    return Answer(0)


_DEBIAN_JAVA = "/etc/ssl/certs/java/cacerts"


def debian_shell(fake: FakeMachine, arguments: list[str], given: bytes) -> Answer:
    """``sh -c SCRIPT certkit NAME...``: the one script that certkit runs."""
    option, script, _, *names = arguments
    assert option == "-c"
    assert "update-ca-certificates --certsconf" in script
    if "update-ca-certificates" in fake.broken:
        return FAILED
    return debian_update(fake, [], given, names)


def certutil(_: FakeMachine, arguments: list[str], given: bytes) -> Answer:
    """NSS's: a database is a list of [nickname, trust, PEM] in cert9.db."""
    options = dict(zip(arguments, [*arguments[1:], ""], strict=True))
    database = Path(options["-d"].removeprefix("sql:")) / "cert9.db"
    if "-N" in options or ("-A" in options and not database.exists()):
        database.write_text("[]")
    if "-N" in options:
        return Answer(0)
    if not database.exists():
        return Answer(255, err="certutil: function failed: SEC_ERROR_BAD_DATABASE")
    rows = _read(database)
    nickname = options.get("-n", "")
    if "-A" in options:
        return _add(database, rows, [nickname, options["-t"], given.decode()])
    if "-D" in options:
        return _delete(database, rows, nickname)
    return _listing(rows, nickname) if nickname else _nicknames(rows)


def _nicknames(rows: list[list[str]]) -> Answer:
    head = f"\n{'Certificate Nickname':60} Trust Attributes\n{'':60} SSL,S/MIME,JAR/XPI\n\n"
    return Answer(0, (head + "".join(f"{row[0]:60} {row[1]:5}\n" for row in rows)).encode())


def _listing(rows: list[list[str]], nickname: str) -> Answer:
    """Every certificate of the subject that ``nickname`` has."""
    subjects = {_certificate(row).subject for row in rows if row[0] == nickname}
    same = [row[2] for row in rows if _certificate(row).subject in subjects]
    return Answer(0, "".join(same).encode()) if same else Answer(255, err="Could not find cert")


def _delete(database: Path, rows: list[list[str]], nickname: str) -> Answer:
    found = next((row for row in rows if row[0] == nickname), None)
    if found is None:
        return Answer(255, err="could not find certificate named")
    rows.remove(found)
    database.write_text(json.dumps(rows))
    return Answer(0)


def _add(database: Path, rows: list[list[str]], row: list[str]) -> Answer:
    known = next((one for one in rows if _certificate(one) == _certificate(row)), None)
    if known is not None:
        known[1] = row[1]  # the same certificate keeps its nickname
    else:
        rows.append(row)
    database.write_text(json.dumps(rows))
    return Answer(0)


def keytool(_: FakeMachine, arguments: list[str], given: bytes) -> Answer:
    """A keystore is a list of [alias, "", PEM]."""
    options = dict(zip(arguments, [*arguments[1:], ""], strict=True))
    keystore, alias = Path(options["-keystore"]), options.get("-alias", "").lower()
    rows = _read(keystore)
    known = next((row for row in rows if row[0] == alias), None)
    if "-list" in options:
        said = [f"Alias name: {row[0]}\nEntry type: trustedCertEntry\n\n{row[2]}\n" for row in rows]
        return Answer(0, ("Keystore type: JKS\n\n" + "".join(said)).encode())
    if "-delete" in options:
        if known is None:
            return Answer(1, out=f"keytool error: Alias <{alias}> does not exist".encode())
        rows.remove(known)
    elif known is not None:
        return Answer(1, out=f"Certificate not imported, alias <{alias}> already exists".encode())
    else:
        rows.append([alias, "", given.decode()])
    keystore.write_text(json.dumps(rows))
    return Answer(0)


_KEYCHAIN = "/Library/Keychains/System.keychain"


def security(fake: FakeMachine, arguments: list[str], _: bytes) -> Answer:
    """macOS's: the keychain is a list of [SHA-1, "trusted" or nothing, PEM]."""
    command, *rest = arguments
    if command == "verify-cert":
        pem = Path(rest[rest.index("-c") + 1]).read_text()
        trusted = [row[2] for row in _read(fake.at(_KEYCHAIN)) if row[1] == "trusted"]
        return Answer(0 if pem in trusted else 1)
    keychain = fake.at(_KEYCHAIN)
    rows = _read(keychain)
    if command == "find-certificate":
        pems = "".join(row[2] for row in rows)
        return Answer(0, pems.encode()) if pems else Answer(44, err="could not be found")
    if command == "delete-certificate":
        left = [row for row in rows if row[0] != rest[1]]
        keychain.write_text(json.dumps(left))
        return Answer(0 if left != rows else 1)
    return _change_trust(keychain, rows, command, rest)


def _change_trust(keychain: Path, rows: list[list[str]], command: str, rest: list[str]) -> Answer:
    pem = Path(rest[-1]).read_text()
    others = [row for row in rows if row[2] != pem]
    if command == "add-trusted-cert":
        assert rest[:-2] == ["-d", "-r", "trustRoot", "-p", "ssl", "-p", "basic", "-k"]
        trust = "trusted"
    else:
        assert (command, rest[0]) == ("remove-trusted-cert", "-d")
        trust = ""
    keychain.write_text(json.dumps([*others, [_sha1(pem), trust, pem]]))
    return Answer(0)


_ROOT_STORE = "/windows/LocalMachine/Root"


def powershell(fake: FakeMachine, arguments: list[str], _: bytes) -> Answer:
    """Lists the store, a list of [SHA-1, "", PEM], as base64 of DER."""
    assert arguments[:3] == ["-NoProfile", "-NonInteractive", "-Command"]
    assert "Cert:\\LocalMachine\\Root" in arguments[3]
    lines = [b64encode(_certificate(row).der) for row in _read(fake.at(_ROOT_STORE))]
    return Answer(0, b"\r\n".join(lines))


def windows_certutil(fake: FakeMachine, arguments: list[str], _: bytes) -> Answer:
    command, store, what = arguments
    assert store == "Root"
    rows = _read(fake.at(_ROOT_STORE))
    if command == "-addstore":
        pem = Path(what).read_text()
        left = [*rows, [_sha1(pem), "", pem]]
    else:
        assert command == "-delstore"
        left = [row for row in rows if row[0] != what]
    fake.at(_ROOT_STORE).write_text(json.dumps(left))
    return Answer(0)


def _sha1(pem: str) -> str:
    return hashlib.sha1(Certificate.from_pem(pem.encode()).der).hexdigest().upper()  # noqa: S324


def chromium(_: FakeMachine, arguments: list[str], __: bytes) -> Answer:
    assert arguments == ["--version"]
    return Answer(0, b"Chromium 156.0.8078.79 built on Debian\n")


def _read(path: Path) -> list[list[str]]:
    rows: list[list[str]] = json.loads(path.read_text())
    return rows


def _certificate(row: list[str]) -> Certificate:
    return Certificate.from_pem(row[2].encode())


# ---- the machines --------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """A kind of machine for one store.

    ``trusts`` answers as a client of the store would, from its own reading of the files;
    ``seed`` puts a certificate there as something else than certkit would.
    """

    store: str
    build: Callable[[FakeMachine], None]
    trusts: Callable[[FakeMachine, Certificate], bool]
    seed: Callable[[FakeMachine, Certificate], None]
    tool: str
    """The program without which nothing can be changed; empty for none."""
    needs_root: bool


def _system(marker: str, anchors: str, bundle: str, tool: str, pattern: str = "*") -> World:
    def build(fake: FakeMachine) -> None:
        fake.make(marker, f"{anchors}/", "/usr/share/roots.pem")
        fake.programs |= COMMON | {tool: rebuild(anchors, bundle, pattern)}
        if "debian" in marker:
            fake.programs |= {tool: debian_update, "sh": debian_shell}
        fake.programs[tool](fake, [], b"")

    def seed(fake: FakeMachine, certificate: Certificate) -> None:
        fake.at(f"{anchors}/Foreign CA (1).crt").write_bytes(certificate.pem)
        fake.programs[tool](fake, [], b"")

    def trusts(fake: FakeMachine, certificate: Certificate) -> bool:
        return certificate.pem in fake.at(bundle).read_bytes()

    return World("system", build, trusts, seed, tool, needs_root=True)


def _nss(store: str, *folders: str, also: Callable[[FakeMachine], None]) -> World:
    def build(fake: FakeMachine) -> None:
        fake.programs |= COMMON | {"certutil": certutil}
        for folder in folders:
            (fake.home / folder).mkdir(parents=True)
            (fake.home / folder / "cert9.db").write_text("[]")
        also(fake)

    def seed(fake: FakeMachine, certificate: Certificate) -> None:
        for folder in folders:
            database = str(fake.home / folder)
            add = ["certutil", "-A", "-d", f"sql:{database}", "-n", "My  CA", "-t", "C,,", "-a"]
            fake.run(add, certificate.pem)

    def trusts(fake: FakeMachine, certificate: Certificate) -> bool:
        return all(
            any(_certificate(row) == certificate and "C" in row[1] for row in _read(path))
            for path in (fake.home / folder / "cert9.db" for folder in folders)
        )

    return World(store, build, trusts, seed, "certutil", needs_root=False)


def _with_profiles(fake: FakeMachine) -> None:
    base = fake.home / ".mozilla/firefox"
    (base / "profiles.ini").write_text(
        "[Install4F96D1932A9F858E]\nDefault=a b.default\n\n[General]\nVersion=2\n\n"
        "[Profile0]\nName=100% mine\nIsRelative=1\nPath=a b.default\n\n"
        f"[Profile1]\nName=far\nIsRelative=0\nPath={fake.home}/elsewhere\n\n"
        "[Profile2]\nName=gone\nIsRelative=1\nPath=gone\n"
    )


def _java(*links: str) -> World:
    real = "/opt/jdk-25/lib/security/cacerts"

    def build(fake: FakeMachine) -> None:
        fake.programs |= COMMON | {"keytool": keytool}
        fake.make(real)
        fake.at(real).write_text("[]")
        for link in links:
            fake.at(link).parent.mkdir(parents=True)
            fake.at(link).symlink_to(fake.at(real))

    def seed(fake: FakeMachine, certificate: Certificate) -> None:
        add = ["keytool", "-importcert", "-alias", "My CA", "-keystore", str(fake.at(real))]
        fake.run(add, certificate.pem)

    def trusts(fake: FakeMachine, certificate: Certificate) -> bool:
        return any(_certificate(row) == certificate for row in _read(fake.at(real)))

    return World("java", build, trusts, seed, "keytool", needs_root=True)


def _policy() -> World:
    folder = "/etc/chromium/policies/managed"

    def build(fake: FakeMachine) -> None:
        fake.programs |= COMMON | {"chromium": chromium}
        fake.make(f"{folder}/")

    def seed(fake: FakeMachine, certificate: Certificate) -> None:
        fake.at(f"{folder}/admin.json").write_text(
            json.dumps({"CACertificates": [b64encode(certificate.der).decode()]})
        )

    def trusts(fake: FakeMachine, certificate: Certificate) -> bool:
        wanted, policies = b64encode(certificate.der).decode(), {}
        for path in sorted(fake.at(folder).glob("*.json")):
            policies |= json.loads(path.read_text())
        return wanted in policies.get("CACertificates", ()) or any(
            entry["certificate"] == wanted
            for entry in policies.get("CACertificatesWithConstraints", ())
        )

    return World("chromium-policy", build, trusts, seed, "", needs_root=True)


def _listed(platform: str, path: str, tools: dict[str, Any], trust: str) -> World:
    """A store that is one file of rows; the program that changes it comes first in ``tools``."""

    def build(fake: FakeMachine) -> None:
        fake.platform = platform
        fake.programs |= COMMON | tools
        fake.make(path)
        fake.at(path).write_text("[]")

    def seed(fake: FakeMachine, certificate: Certificate) -> None:
        pem = certificate.pem.decode()
        rows = [*_read(fake.at(path)), [_sha1(pem), trust, pem]]
        fake.at(path).write_text(json.dumps(rows))

    def trusts(fake: FakeMachine, certificate: Certificate) -> bool:
        rows = [row for row in _read(fake.at(path)) if row[1] == trust]
        return any(_certificate(row) == certificate for row in rows)

    return World("system", build, trusts, seed, next(iter(tools)), needs_root=True)


WORLDS = {
    "debian": _system(
        "/etc/debian_version", _DEBIAN_ANCHORS, _DEBIAN_BUNDLE, "update-ca-certificates", "*.crt"
    ),
    "fedora": _system(
        "/etc/fedora-release",
        "/etc/pki/ca-trust/source/anchors",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "update-ca-trust",
    ),
    "opensuse": _system(
        "/etc/os-release",
        "/etc/pki/trust/anchors",
        "/var/lib/ca-certificates/ca-bundle.pem",
        "update-ca-certificates",
    ),
    "arch": _system(
        "/etc/arch-release",
        "/etc/ca-certificates/trust-source/anchors",
        "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
        "update-ca-trust",
    ),
    "alpine": _system(
        "/etc/alpine-release",
        _DEBIAN_ANCHORS,
        _DEBIAN_BUNDLE,
        "update-ca-certificates",
        "*.crt",
    ),
    "nss": _nss("nss", ".pki/nssdb", ".local/share/pki/nssdb", also=lambda _: None),
    "firefox": _nss("firefox", ".mozilla/firefox/a b.default", "elsewhere", also=_with_profiles),
    "java": _java(
        "/usr/lib/jvm/temurin-25/lib/security/cacerts", "/opt/b/jre/lib/security/cacerts"
    ),
    "chromium-policy": _policy(),
    "macos": _listed("darwin", _KEYCHAIN, {"security": security}, "trusted"),
    "windows": _listed(
        "win32",
        _ROOT_STORE,
        {"certutil.exe": windows_certutil, "powershell.exe": powershell},
        "",
    ),
}


def machine_of(world: World, folder: Path) -> FakeMachine:
    fake = FakeMachine(folder)
    fake.home.mkdir(parents=True)
    world.build(fake)
    return fake


def sudo_commands(text: str) -> list[str]:
    """The commands that a person is told to type."""
    return re.findall(r"^sudo .*$", text, re.MULTILINE)
