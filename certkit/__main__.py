"""The process: ``certkit`` and ``python -m certkit``."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from contextlib import suppress
from typing import Final, NoReturn

_INTERRUPTED: Final = 130


def run() -> NoReturn:
    """Run one command and end the process, without the tidying that nobody would see.

    Both measures together take a fifth off a short command (benchmarks/cli_startup.py): the
    collector finds nothing in what imports make, and taking down 270 modules and OpenSSL frees
    memory that the system takes back anyway. By then every file is synced and closed.
    """
    gc.set_threshold(200_000)
    warnings.simplefilter("ignore")  # cryptography's, about the certificates of others
    _open_standard_streams()
    code = 0
    try:
        from certkit.cli.app import main

        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except KeyboardInterrupt:  # before the error boundary was there
        code = _INTERRUPTED
    with suppress(OSError):  # said already, where it could be said
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _open_standard_streams() -> None:
    """Give the null device to streams that the caller closed (``certkit list >&-``).

    Else the next file opened, a key perhaps, would be number 1 or 2 and get what is printed.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: SIM115, PTH123


if __name__ == "__main__":
    run()
