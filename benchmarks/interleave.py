"""Run several commands in turn, many times, and compare their medians.

A machine's speed drifts; runs taken in turn drift together, so ratios hold where times do not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Contender:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


def wall_ms(contender: Contender) -> float:
    """One run in an empty folder; ends the benchmark when the command fails."""
    with tempfile.TemporaryDirectory(prefix="certkit-bench-") as folder:
        start = time.perf_counter()
        done = subprocess.run(
            contender.command,
            cwd=folder,
            env={**os.environ, **contender.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        elapsed = (time.perf_counter() - start) * 1e3
    if done.returncode:
        sys.exit(f"{contender.name} failed:\n{done.stderr.decode(errors='replace')}")
    return elapsed


def compare(contenders: Sequence[Contender], *, base: str, runs: int) -> str:
    """A table: median, spread, and the median of the run-by-run ratios to ``base``."""
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for contender in contenders:
        wall_ms(contender)  # a warm-up that does not count: caches, first-run CA creation
    for run in range(runs):
        turn = run % len(contenders)
        for contender in (*contenders[turn:], *contenders[:turn]):
            times[contender.name].append(wall_ms(contender))
    lines = [f"{'':34} {'median ms':>9} {'min':>6} {'max':>6} {'x ' + base:>18}"]
    for name, values in times.items():
        ratios = [value / other for value, other in zip(values, times[base], strict=True)]
        lines.append(
            f"{name:34} {statistics.median(values):9.0f} {min(values):6.0f} {max(values):6.0f} "
            f"{statistics.median(ratios):18.2f}"
        )
    return "\n".join(lines)
