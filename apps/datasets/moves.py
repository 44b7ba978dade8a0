"""
How far the values of a column moved from one version to the next, from the two profiles alone.

Pure: profiles in, figures out.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from apps.datasets.profile_document import ColumnProfile, Histogram

LEAST = 0.01
"""A move of less than this share of the rows is told of nobody, however sure it is."""
ALPHA = 0.05
BINS = 24
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Move:
    """
    ``distance`` is a share of the rows, 0 to 1: for levels the total variation distance, for
    numbers the largest distance of the cumulative shares (Kolmogorov's), exact at the bins' edges.
    ``by_chance`` is what two samples of one distribution stay below in 95 of 100 versions.
    """

    distance: float
    by_chance: float

    @property
    def is_real(self) -> bool:
        return self.distance > max(LEAST, self.by_chance)


def of_values(before: ColumnProfile, after: ColumnProfile, *, columns: int) -> Move | None:
    """
    None where the two have nothing in common to be held against. ``columns`` is how many are
    looked at together: one of them moves by chance sooner than a certain one (Bonferroni).
    """
    if not before.count or not after.count:
        return None
    alpha, effective = ALPHA / max(columns, 1), _effective(before.count, after.count)
    if before.levels is not None and after.levels is not None:
        names = before.levels.keys() | after.levels.keys()
        return Move(_total_variation(before, after), _of_levels(len(names), effective, alpha))
    edges = _edges(before.histogram, after.histogram)
    if edges is None or before.histogram is None or after.histogram is None:
        return None
    gap = np.abs(_cumulated(before.histogram, edges) - _cumulated(after.histogram, edges)).max()
    return Move(float(gap), math.sqrt(-math.log(alpha / 2) / (2 * effective)))


def of_missing(before: ColumnProfile, after: ColumnProfile, *, columns: int) -> Move:
    """The share without a value, before and after (Hoeffding's bound)."""
    rows = (before.count + before.missing, after.count + after.missing)
    if not all(rows):
        return Move(0.0, 1.0)
    alpha = ALPHA / max(columns, 1)
    by_chance = math.sqrt(-math.log(alpha / 2) / (2 * _effective(*rows)))
    return Move(abs(after.missing_share - before.missing_share), by_chance)


def side_by_side(before: ColumnProfile, after: ColumnProfile) -> tuple[list[int], list[int]] | None:
    """Counts of both on the same bins or levels, so that the two pictures can be compared."""
    if before.levels is not None and after.levels is not None:
        names = sorted(before.levels, key=lambda name: -(before.levels or {})[name])
        names += [name for name in after.levels if name not in before.levels]
        return [before.levels.get(name, 0) for name in names], [after.levels.get(name, 0) for name in names]
    edges = _edges(before.histogram, after.histogram)
    if edges is None or before.histogram is None or after.histogram is None:
        return None
    common = np.linspace(edges[0], edges[-1], BINS + 1)
    return _counts(before.histogram, common), _counts(after.histogram, common)


def _effective(n: int, m: int) -> float:
    return n * m / (n + m)


def _total_variation(before: ColumnProfile, after: ColumnProfile) -> float:
    left, right = before.levels or {}, after.levels or {}
    return (
        sum(
            abs(left.get(name, 0) / before.count - right.get(name, 0) / after.count)
            for name in left.keys() | right.keys()
        )
        / 2
    )


def _of_levels(levels: int, effective: float, alpha: float) -> float:
    """Weissman et al. 2003, inequalities for the L1 deviation of the empirical distribution."""
    return math.sqrt((levels * math.log(2) - math.log(alpha)) / (2 * effective))


def _edges(before: Histogram | None, after: Histogram | None) -> Floats | None:
    """The edges of both, ascending; None where they are no numbers (dates move by nature)."""
    if before is None or after is None:
        return None
    edges = [*before.edges, *after.edges]
    if any(isinstance(edge, str) for edge in edges):
        return None
    found = np.unique(np.asarray(edges, dtype=np.float64))
    return found if found.size > 1 else None


def _cumulated(histogram: Histogram, at: Floats) -> Floats:
    """The share of values below each point; within a bin they are taken as evenly spread."""
    edges = np.asarray(histogram.edges, dtype=np.float64)
    total = np.concatenate([[0], np.cumsum(histogram.counts)])
    return np.interp(at, edges, total / total[-1], left=0.0, right=1.0)


def _counts(histogram: Histogram, edges: Floats) -> list[int]:
    shares = [after - before for before, after in pairwise(_cumulated(histogram, edges))]
    return [round(share * sum(histogram.counts)) for share in shares]
