"""Counters and latencies of one loaded version, for status and Prometheus."""

import math
import time
from bisect import bisect_left
from itertools import accumulate

_PER_DECADE = 20
_BOUNDS_MS = [10 ** (step / _PER_DECADE - 2) for step in range(6 * _PER_DECADE + 1)]
"""Upper bounds from 0.01 ms to 10 s, each 12 % above the one before."""
_SHOWN = range(_PER_DECADE // 2, len(_BOUNDS_MS), _PER_DECADE // 2)
_WINDOW = 60


class Measures:
    """Written by the event loop alone, so nothing locks."""

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self.rows = 0
        self.seconds = 0.0
        self._ever = [0] * (len(_BOUNDS_MS) + 1)
        self._recent = [[0] * (len(_BOUNDS_MS) + 1) for _ in range(_WINDOW)]
        self._recent_second = [0] * _WINDOW

    def answered(self, milliseconds: float, rows: int) -> None:
        second = int(time.monotonic())
        slot = second % _WINDOW
        if self._recent_second[slot] != second:
            self._recent_second[slot] = second
            self._recent[slot] = [0] * (len(_BOUNDS_MS) + 1)
        step = bisect_left(_BOUNDS_MS, milliseconds)
        self._recent[slot][step] += 1
        self._ever[step] += 1
        self.requests += 1
        self.rows += rows
        self.seconds += milliseconds / 1000

    def percentile(self, share: float) -> float | None:
        """Milliseconds over the last minute, at most 12 % too high; None without requests."""
        oldest = int(time.monotonic()) - _WINDOW
        slots = [
            counts
            for counts, second in zip(self._recent, self._recent_second, strict=True)
            if second > oldest
        ]
        totals = list(accumulate(map(sum, zip(*slots, strict=True)))) if slots else [0]
        if not totals[-1]:
            return None
        step = bisect_left(totals, math.ceil(share * totals[-1]))
        return round(_BOUNDS_MS[min(step, len(_BOUNDS_MS) - 1)], 3)

    def histogram(self) -> list[tuple[str, int]]:
        """Cumulative counts under the bounds (seconds, as text) that Prometheus is shown."""
        totals = list(accumulate(self._ever))
        shown = [(f"{_BOUNDS_MS[step] / 1000:.6g}", totals[step]) for step in _SHOWN]
        return [*shown, ("+Inf", totals[-1])]
