"""`certkit issue --ip` beside its rivals: whole processes, interleaved, printed as ratios.

usage: python benchmarks/cli_startup.py [RUNS]        (needs mkcert and openssl for their rows)
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from interleave import Contender, compare

HERE = Path(__file__).resolve().parent
ADDRESS = "10.0.0.5"


def contenders(scratch: Path) -> list[Contender]:
    certkit = str(Path(sys.executable).with_name("certkit"))
    mkcert_home = {"CAROOT": str(scratch / "mkcert"), "TRUST_STORES": "system"}
    openssl = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
        f"-subj /O=bench -addext subjectAltName=IP:{ADDRESS} -keyout key.pem -out cert.pem"
    )
    rows = [
        Contender(
            "bare Typer app", [sys.executable, str(HERE / "bare_typer.py"), "--ip", ADDRESS], {}
        ),
        Contender(
            "certkit issue",
            [certkit, "issue", "--ip", ADDRESS],
            {"CERTKIT_HOME": str(scratch / "certkit")},
        ),
        Contender("mkcert (RSA, its default)", ["mkcert", ADDRESS], mkcert_home),
        Contender("mkcert -ecdsa", ["mkcert", "-ecdsa", ADDRESS], mkcert_home),
        Contender("openssl req -x509 (self-signed)", openssl.split(), {}),
        Contender("bare Python", [sys.executable, "-c", "pass"], {}),
    ]
    return [row for row in rows if shutil.which(row.command[0])]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    with tempfile.TemporaryDirectory(prefix="certkit-bench-home-") as scratch:
        print(compare(contenders(Path(scratch)), base="bare Typer app", runs=runs))


if __name__ == "__main__":
    main()
