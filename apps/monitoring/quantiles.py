"""Quantile bins and a robust spread of a number column, from a bounded sample of its rows."""

import math

import numpy as np
from numpy.typing import NDArray

from apps.monitoring import columns
from apps.monitoring.columns import Source

FINE_BINS = 1_000
"""Quantile bins of a number; its deciles are among the edges."""
SAMPLE = 200_000
"""Values that the quantiles are taken from; the counts are of all rows."""

Edges = NDArray[np.float32]


def sampled(source: Source, name: str) -> tuple[Edges, tuple[float, float]]:
    """Sorted values spread evenly over the rows, 2 x SAMPLE at the most, and the extremes."""
    parts: list[Edges] = []
    stride, held, least, most = 1, 0, math.inf, -math.inf
    for block in columns.number_blocks(source, name):
        if len(block.ordered) == 0:
            continue
        least, most = min(least, float(block.ordered[0])), max(most, float(block.ordered[-1]))
        parts.append(block.ordered[stride // 2 :: stride].copy())
        held += len(parts[-1])
        if held > 2 * SAMPLE:
            # Every second of each sorted part: the quantiles stay where they are.
            parts = [part[::2].copy() for part in parts]
            stride, held = stride * 2, sum(len(part) for part in parts)
    sample = np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)
    sample.sort()
    return sample, (least, most)


def fine_edges(sample: Edges, bounds: tuple[float, float]) -> Edges:
    """Every value while they are few, else quantiles that occur, so that ties stay whole."""
    values = np.unique(sample)
    if len(values) > FINE_BINS:
        at = np.linspace(0, 1, FINE_BINS + 1)
        values = np.quantile(sample, at, method="inverted_cdf")
    least, most = np.float32(bounds[0]), np.float32(bounds[1])
    below = np.nextafter(least, np.float32(-np.inf))
    return np.unique(np.concatenate([[below, least], values, [most]]).astype(np.float32))


def decile_positions(sample: Edges, edges: Edges) -> tuple[int, ...]:
    """
    Positions of the nine deciles among the edges, without repetition.

    Where the least value alone fills the first decile, what lies below it gets a bin of its own,
    or a constant column could fall without being noticed.
    """
    cuts = np.quantile(sample, np.arange(1, 10) / 10, method="inverted_cdf")
    positions = {int(position) for position in np.searchsorted(edges, cuts)}
    return tuple(sorted(positions | ({0} if min(positions) == 1 else set())))


def robust_scale(sample: Edges, mean: float, std: float) -> float:
    """
    A standard deviation that a sentinel cannot ruin: the interquartile range / 1.349.

    Where that is zero (a value that half of the rows share), the 5-95 % and then the 1-99 %
    range over its own normal width; then the standard deviation; a constant is measured
    relative to itself.
    """
    for tail, width in ((0.25, 1.349), (0.05, 3.290), (0.01, 4.653)):
        low, high = np.quantile(sample.astype(np.float64), [tail, 1 - tail])
        if high > low:
            return float(high - low) / width
    return std if std > 1e-9 * abs(mean) and std > 0 else abs(mean) or 1.0
