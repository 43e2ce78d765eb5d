"""This machine's own system store, to be changed for real and thrown away.

A mount namespace in which /etc, /usr/local/share and /var/lib are overlays: the programs, the paths
and root are the real ones, and the machine itself sees none of it. Needs root, so that the tests of
it skip elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from certkit.truststores.store import certificates_in
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OVERLAID = ("/etc", "/usr/local/share", "/var/lib")
CERTKIT = [sys.executable, "-m", "certkit"]
ANCHORS = Path("/usr/local/share/ca-certificates")
LINKS = Path("/etc/ssl/certs")
JAVA = LINKS / "java/cacerts"

# Where the interpreter lies in a folder of root alone, only its own part is shown to other users.
_MOUNT = r"""
set -e
for folder in "$@"; do
    mkdir -p "$SCRATCH$folder/upper" "$SCRATCH$folder/work"
    mount -t overlay overlay "$folder" \
        -o "lowerdir=$folder,upperdir=$SCRATCH$folder/upper,workdir=$SCRATCH$folder/work"
done
if [ "$(stat -c %a /root)" = 700 ] && [ "${PREFIX#/root/}" != "$PREFIX" ]; then
    mkdir "$SCRATCH/prefix"
    mount --bind "$PREFIX" "$SCRATCH/prefix"
    mount -t tmpfs -o mode=755 tmpfs /root
    mkdir -p "$PREFIX"
    mount --bind "$SCRATCH/prefix" "$PREFIX"
fi
echo ready
exec sleep infinity
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        envelope: dict[str, Any] = json.loads(self.out)
        assert envelope["exit_code"] == self.code
        return envelope

    @property
    def errors(self) -> list[dict[str, str]]:
        """What stood in the way, place by place."""
        rows = self.envelope["data"]["stores"]
        return [row["error"] for row in rows if row["error"] is not None]

    @property
    def states(self) -> dict[str, set[str]]:
        """Store -> the states of its places."""
        found: dict[str, set[str]] = {}
        for row in self.envelope["data"]["stores"]:
            found.setdefault(row["store"], set()).add(row["state"])
        return found


@dataclass(frozen=True)
class System:
    """A namespace held open by ``holder``; ``home`` is the home folder of whoever runs there.

    Without a holder it is this machine as it is, for what only touches that home.
    """

    holder: int | None
    home: Path

    def command(self, command: Sequence[str | Path], user: str | None = None) -> list[str]:
        if self.holder is None:
            return list(map(str, command))
        enter = ["nsenter", f"--mount=/proc/{self.holder}/ns/mnt", f"--wd={self.home}", "--"]
        if user is not None:
            them = pwd.getpwnam(user)
            enter += ["setpriv", f"--reuid={them.pw_uid}", f"--regid={them.pw_gid}"]
            enter += ["--clear-groups", "--"]
        return [*enter, *map(str, command)]

    def environment(self, **more: str) -> dict[str, str]:
        unwanted = ("PYTHONPATH", "JAVA_HOME")
        kept = {name: value for name, value in clean_env().items() if name not in unwanted}
        return kept | {"HOME": str(self.home), "CERTKIT_HOME": str(self.home / "ca")} | more

    def run(self, command: Sequence[str | Path], *, user: str | None = None, **more: str) -> Done:
        done = subprocess.run(
            self.command(command, user),
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def certkit(self, *arguments: str, user: str | None = None, **more: str) -> Done:
        done = self.run([*CERTKIT, *arguments], user=user, **more)
        assert "Traceback" not in done.err, done.err
        return done

    def check(self, *command: str) -> str:
        done = self.run(command)
        assert done.code == 0, done.err
        return done.out

    def kill_all(self) -> None:
        """Everything that runs here, as when the power goes: a child outlives its parent."""
        ours = Path(f"/proc/{self.holder}/ns/mnt").readlink()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if int(process.name) != self.holder and (process / "ns/mnt").readlink() == ours:
                    os.kill(int(process.name), signal.SIGKILL)

    def snapshot(self) -> dict[str, str]:
        """Every file and link of the store, by content, and Java's keystore by its entries.

        A JKS keystore has its time of writing in it, so it is never the same bytes twice.
        """
        return self._files() | {f"java {k}": v for k, v in self.java_entries().items()}

    def _files(self) -> dict[str, str]:
        listing = self.check("find", LINKS, ANCHORS, "(", "-type", "l", "-printf", "%p\t%l\\n", ")")
        files = dict(line.split("\t") for line in listing.splitlines())
        hashes = self.check("find", LINKS, ANCHORS, "-type", "f", "-exec", "sha256sum", "{}", ";")
        for line in hashes.splitlines():
            digest, path = line.split("  ", 1)
            if Path(path) != JAVA:
                files[path] = digest
        return files

    def java_entries(self) -> dict[str, str]:
        """Alias -> SHA-256 of its certificate."""
        if not shutil.which("keytool"):
            return {}
        said = self.check(
            *("keytool", "-J-Duser.language=en", "-list", "-rfc", "-keystore", str(JAVA)),
            *("-storepass", "changeit"),
        )
        parts = re.split(r"(?m)^Alias name: (.*)$", said)[1:]
        return {
            alias: hashlib.sha256(certificate.der).hexdigest()
            for alias, text in zip(parts[::2], parts[1::2], strict=True)
            for certificate in certificates_in(text.encode())
        }


def _settle(holder: int) -> None:
    """Lets the store take in what was laid beside it and waits for its tool, as an
    administrator's own CA may: it would come in with the first update, which is not certkit's.
    """
    enter = ["nsenter", f"--mount=/proc/{holder}/ns/mnt", "--", "update-ca-certificates"]
    subprocess.run(enter, env=clean_env(), capture_output=True, timeout=300, check=True)


@contextlib.contextmanager
def throwaway_system(user: str | None = None) -> Iterator[System]:
    """The system as it is now; every change is gone with the block."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("changing the system store takes root")
    program("unshare")
    scratch = Path(tempfile.mkdtemp(prefix="certkit-system-"))
    scratch.chmod(0o755)
    home = scratch / "home" / "ada lovelace"
    home.mkdir(parents=True)
    holder = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", _MOUNT, "sh", *OVERLAID],
        env=clean_env() | {"SCRATCH": str(scratch), "PREFIX": sys.base_prefix},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != "ready\n":
            assert holder.stderr is not None
            pytest.skip(f"no mount namespaces here: {holder.stderr.read()}")
        _settle(holder.pid)
        if user is not None:
            os.chown(home, pwd.getpwnam(user).pw_uid, -1)
        yield System(holder.pid, home)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
        holder.stderr.close()
        shutil.rmtree(scratch, ignore_errors=True)
