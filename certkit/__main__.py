"""The process: ``certkit`` and ``python -m certkit``."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn


def run() -> NoReturn:
    """Run one command and end the process, without the tidying that nobody would see.

    Both measures together take a fifth off a short command (benchmarks/cli_startup.py): the
    collector finds nothing in what imports make, and taking down 270 modules and OpenSSL frees
    memory that the system takes back anyway. By then every file is synced and closed.
    """
    gc.set_threshold(200_000)
    from certkit.cli.app import main

    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    with suppress(OSError):  # said already, where it could be said
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
