"""Real nginx around a site: Debian's own configuration, and one laid out as nginx.org's packages.

Of Debian's, read from the installed package, only this is changed, so that it runs in a folder of
the test and without root: the folders /etc/nginx/{conf.d,sites-enabled,modules-enabled},
/var/log/nginx, the pid file, the temporary folders, `user`, and for a running server port 80.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.wss import HAS_IPV6, check, free_port, running
from tests.peers import program

if TYPE_CHECKING:
    from collections.abc import Iterator

IS_ROOT = os.geteuid() == 0
TEMPORARY = "".join(
    f"    {what}_temp_path tmp-{what};\n"
    for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)
NGINX_ORG = f"""\
worker_processes auto;
error_log error.log notice;
pid nginx.pid;
events {{ worker_connections 1024; }}
http {{
{TEMPORARY}
    default_type application/octet-stream;
    access_log access.log;
    sendfile on;
    keepalive_timeout 65;
    include conf.d/*.conf;
}}
"""
NGINX_ORG_SITE = """\
server {
    listen 80;
    server_name localhost;
    location / { root /usr/share/nginx/html; }
}
"""


@dataclass(frozen=True)
class Nginx:
    """One program, one configuration for sites to be dropped into, one folder."""

    program: str
    folder: Path
    http_port: int
    """Where port 80 is moved to when the server is started."""

    @classmethod
    def made(cls, peer: str, layout: str, folder: Path) -> Nginx:
        """``peer`` is a name of tests/peers.py, ``layout`` one of :data:`LAYOUTS`."""
        for name in ("conf.d", "sites-enabled", "modules-enabled"):
            (folder / name).mkdir(parents=True)
        LAYOUTS[layout](folder)
        return cls(program(peer), folder, free_port())

    @property
    def command(self) -> list[str]:
        configuration = ("-c", f"{self.folder}/nginx.conf")
        return [self.program, "-p", f"{self.folder}/", *configuration, "-e", "stderr"]

    def add(self, name: str, text: str) -> None:
        """As dropped into conf.d; on a kernel without IPv6, as its comment says."""
        if not HAS_IPV6:
            text = re.sub(r"(?m)^ *listen \[::\].*\n", "", text)
        (self.folder / "conf.d" / f"{name}.conf").write_text(text)

    def test(self) -> str:
        """What ``nginx -t`` says beside its two lines of success."""
        if not IS_ROOT:
            self._move_port_80()
        said = check([*self.command, "-t"]).splitlines()
        return "\n".join(
            line for line in said if not line.endswith(("syntax is ok", "test is successful"))
        )

    def _move_port_80(self) -> None:
        """It is one for all tests, and root's."""
        port_80 = re.compile(r"(?m)^(\s*listen (?:\[::\]:)?)80\b")
        for path in (*self.folder.glob("conf.d/*"), *self.folder.glob("sites-enabled/*")):
            path.write_text(port_80.sub(rf"\g<1>{self.http_port}", path.read_text()))

    @contextlib.contextmanager
    def running(self, *ports: int) -> Iterator[None]:
        """Started, with port 80 moved away, and answering on all of ``ports``."""
        self._move_port_80()
        command = [*self.command, "-g", "daemon off;"]
        with running(command, *ports, log=self.folder / "stderr.log"):
            yield


def _debian(folder: Path) -> None:
    program("nginx")
    text = Path("/etc/nginx/nginx.conf").read_text()
    for old, new in {
        "/etc/nginx/conf.d": "conf.d",
        "/etc/nginx/sites-enabled": "sites-enabled",
        "/etc/nginx/modules-enabled": "modules-enabled",
        "/var/log/nginx/": "",
        "/run/nginx.pid": "nginx.pid",
        "http {\n": f"http {{\n{TEMPORARY}",
    }.items():
        assert old in text, f"Debian's nginx.conf no longer has {old}"
        text = text.replace(old, new)
    if not IS_ROOT:
        text = re.sub(r"(?m)^user .*\n", "", text)
    (folder / "nginx.conf").write_text(text)
    shutil.copy("/etc/nginx/sites-available/default", folder / "sites-enabled")


def _nginx_org(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    user = f"user nobody {grp.getgrgid(nobody.pw_gid).gr_name};\n" if IS_ROOT else ""
    (folder / "nginx.conf").write_text(user + NGINX_ORG)
    (folder / "conf.d/default.conf").write_text(NGINX_ORG_SITE)


LAYOUTS = {"debian": _debian, "nginx.org": _nginx_org}
