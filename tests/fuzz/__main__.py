"""Many damaged files: python -m tests.fuzz [HOW MANY] [FIRST NUMBER].

Prints what failed, how long the slowest took and how much memory was needed; exit code 1 when
anything failed.
"""

from __future__ import annotations

import resource
import sys
import time
import traceback
import warnings
from collections import Counter

from tests.fuzz.target import exercise, fuzzed


def main() -> int:
    count, first = (*map(int, sys.argv[1:]), *(10_000, 0)[len(sys.argv) - 1 :])
    warnings.simplefilter("error")
    before = _peak()
    start = time.perf_counter()
    slowest: list[tuple[float, int]] = []
    seen: Counter[str] = Counter()
    failed = []
    for number in range(first, first + count):
        kind, data = fuzzed(number)
        began = time.perf_counter()
        try:
            seen["recognised" if exercise(data) else "refused"] += 1
        except Exception:  # noqa: BLE001 - that is what is looked for
            failed.append(number)
            print(f"input {number} ({kind}): {data.hex()}\n{traceback.format_exc()}")
        slowest = sorted([*slowest, (time.perf_counter() - began, number)], reverse=True)[:3]
    took = time.perf_counter() - start
    print(f"{count} inputs in {took:.0f} s, {count / took:.0f}/s; {dict(seen)}")
    print(
        "slowest:", ", ".join(f"{each * 1e3:.0f} ms (input {number})" for each, number in slowest)
    )
    print(f"peak memory {_peak():.0f} MiB, {before:.0f} before the first")
    print(f"failed: {failed or 'none'}")
    return 1 if failed else 0


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


sys.exit(main())
