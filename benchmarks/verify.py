"""Verdicts a second: certkit beside pyca's verifier alone, `openssl verify` and a TLS handshake.

A good chain (leaf, intermediate, root, all P-256) and its name, with certkit's default name
constraints and without any. Each row is run in turn, many times, in another order each round, so
that what the machine does meanwhile hits all of them; ratios are medians of the rounds' ratios.

usage: python benchmarks/verify.py [ROUNDS]
"""

from __future__ import annotations

import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

import certkit

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "www.dev.test"
SECONDS = 0.05
BASE = "pyca, parsed before"
BASE_PEM = "pyca, from PEM"
# Row -> the row that it is held against.
AGAINST = {"certkit, from PEM": BASE_PEM}


def per_second(step: Callable[[], object]) -> float:
    """How often ``step`` runs in a second, over at least SECONDS."""
    start = time.perf_counter()
    count = 0
    while (took := time.perf_counter() - start) < SECONDS:
        step()
        count += 1
    return count / took


def rows(ca: certkit.CertificateAuthority, folder: Path) -> dict[str, Callable[[], object]]:
    middle = ca.intermediate()
    issued = middle.issue("*.dev.test", "10.0.0.5")
    leaf, between, root = issued.certificate, middle.certificate, ca.root
    ready = PolicyBuilder().store(Store([root.x509])).build_server_verifier(x509.DNSName(NAME))

    def pyca_from_pem() -> None:
        load = x509.load_pem_x509_certificate
        own, intermediate, anchor = load(leaf.pem), load(between.pem), load(root.pem)
        verifier = PolicyBuilder().store(Store([anchor])).build_server_verifier(x509.DNSName(NAME))
        verifier.verify(own, [intermediate])

    def ours(own: object, anchor: object, intermediate: object) -> None:
        assert certkit.verify_chain(own, roots=[anchor], intermediates=[intermediate], name=NAME).ok

    found: dict[str, Callable[[], object]] = {
        BASE: lambda: ready.verify(leaf.x509, [between.x509]),
        "certkit, parsed before": lambda: ours(leaf, root, between),
        BASE_PEM: pyca_from_pem,
        "certkit, from PEM": lambda: ours(leaf.pem, root.pem, between.pem),
        "TLS handshake in memory": handshakes(issued, ca),
    }
    if openssl := shutil.which("openssl"):
        for name, each in (("leaf", leaf), ("middle", between), ("root", root)):
            (folder / name).write_bytes(each.pem)
        command = [openssl, "verify", "-CAfile", "root", "-untrusted", "middle"]
        command += ["-verify_hostname", NAME, "leaf"]
        found["openssl verify, a process each"] = lambda: subprocess.run(
            command, cwd=folder, check=True, capture_output=True
        )
    return found


def handshakes(issued: certkit.Issued, ca: certkit.CertificateAuthority) -> Callable[[], object]:
    """A whole TLS 1.3 handshake whose client verifies chain and name; both ends in memory."""
    server, client = certkit.server_context(issued), certkit.client_context(ca)

    def handshake() -> None:
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        waiting = [
            client.wrap_bio(to_client, to_server, server_hostname=NAME),
            server.wrap_bio(to_server, to_client, server_side=True),
        ]
        while waiting:
            for side in list(waiting):
                try:
                    side.do_handshake()
                    waiting.remove(side)
                except ssl.SSLWantReadError:
                    continue

    return handshake


def compare(steps: dict[str, Callable[[], object]], rounds: int) -> None:
    seen: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
    names = list(steps)
    for round_ in range(rounds):
        turn = round_ % len(names)
        for name in (*names[turn:], *names[:turn]):
            seen[name].append(per_second(steps[name]))
    print(f"  {'':32} {'a second':>8} {'cost, as a multiple of':>24}")
    for name, rates in seen.items():
        base = AGAINST.get(name, BASE)
        costs = [other / own for own, other in zip(rates, seen[base], strict=True)]
        print(
            f"  {name:32} {statistics.median(rates):8.0f} {statistics.median(costs):6.2f}  {base}"
        )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    kinds = {
        "with certkit's name constraints": certkit.CertificateAuthority.create(),
        "without name constraints": certkit.CertificateAuthority.create(unconstrained=True),
    }
    for kind, ca in kinds.items():
        print(f"a good chain of three, {kind}:")
        with tempfile.TemporaryDirectory(prefix="certkit-bench-") as folder:
            compare(rows(ca, Path(folder)), rounds)


if __name__ == "__main__":
    main()
