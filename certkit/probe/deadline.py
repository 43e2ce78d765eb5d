"""How long the probe may take: in all, and for one step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock, and how long each step may take at most, in seconds."""

    end: float
    step: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """No step gets more than two fifths, so that a slow one leaves time for the next."""
        return cls(time.monotonic() + seconds, seconds * 0.4)

    def next_step(self, share: float = 1.0) -> float:
        """When a step that begins now must end; ``share`` is its part of a full step."""
        return min(self.end, time.monotonic() + self.step * share)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.end


def remaining(end: float) -> float:
    """Seconds until ``end``; 0 when it has passed."""
    return max(end - time.monotonic(), 0.0)


class Stopwatch:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def ms(self) -> float:
        return round((time.perf_counter() - self._start) * 1000, 3)
