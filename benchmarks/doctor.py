"""`certkit.doctor` on a healthy endpoint beside a bare `websockets` connect and close.

usage: python benchmarks/doctor.py [ROUNDS]

Both in this process, in turn, against the same server on loopback in another one. The bare client
verifies the certificate; the doctor looks at everything that it looks at without --deep.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import certkit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

GOAL = 3.0
CA = certkit.CertificateAuthority.create()
SERVER = """\
import asyncio, contextlib, ssl, sys
from websockets.asyncio.server import serve

async def echo(connection):
    async for message in connection:
        await connection.send(message)

async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    async with serve(echo, "127.0.0.1", 0, ssl=context) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


@contextlib.contextmanager
def serving() -> Iterator[int]:
    issued = CA.issue("localhost", "127.0.0.1")
    with tempfile.TemporaryDirectory(prefix="certkit-bench-") as folder:
        pair = Path(folder, "pair.pem")
        pair.touch(mode=0o600)
        pair.write_bytes(issued.chain_pem + issued.key_pem)
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(pair)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)


async def bare(url: str, context: ssl.SSLContext) -> None:
    from websockets.asyncio.client import connect

    async with connect(url, ssl=context, proxy=None):
        pass


def milliseconds(action: object) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 101
    context = certkit.client_context(CA)
    with serving() as port, asyncio.Runner() as runner:
        url = f"wss://127.0.0.1:{port}"

        def plain() -> None:
            runner.run(bare(url, context))

        def ours() -> None:
            diagnosis = certkit.doctor(url, roots=[CA.root])
            assert diagnosis.ok, diagnosis.findings

        plain(), ours()
        pairs = []
        for turn in range(rounds):
            if turn % 2:
                ms = milliseconds(ours)
                pairs.append((milliseconds(plain), ms))
            else:
                pairs.append((milliseconds(plain), milliseconds(ours)))
    for name, column in (("websockets connect", 0), ("certkit.doctor", 1)):
        times = [pair[column] for pair in pairs]
        spread = f"({min(times):.1f}-{max(times):.1f})"
        print(f"{name:20} {statistics.median(times):6.1f} ms {spread}")
    ratio = statistics.median(ours / bare for bare, ours in pairs)
    print(f"certkit.doctor / websockets connect: {ratio:.2f}x the time, the goal is {GOAL:g}x")
    sys.exit(ratio > GOAL)


if __name__ == "__main__":
    main()
