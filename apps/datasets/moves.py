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
    ``distance`` is a share of the rows, 0 to 1: for levels (and numbers of few values) the total
    variation distance, for other numbers the largest distance of the cumulative shares
    (Kolmogorov's), exact where the profiles have edges and quantiles. ``by_chance`` is what two
    samples of one distribution stay below in 95 of 100 versions, and what the bins may blur.
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
    left, right = _levels(before), _levels(after)
    if left is not None and right is not None:
        by_chance = _of_levels(len(left.keys() | right.keys()), effective, alpha)
        return Move(_total_variation(left, right), by_chance)
    edges = _edges(before.histogram, after.histogram)
    if edges is None:
        return None
    known, now = _cumulated(before), _cumulated(after)
    at = np.union1d(known[0], now[0])
    gap = np.abs(np.interp(at, *known, left=0.0, right=1.0) - np.interp(at, *now, left=0.0, right=1.0)).max()
    by_chance = math.sqrt(-math.log(alpha / 2) / (2 * effective)) + _grain(before) + _grain(after)
    return Move(float(gap), by_chance)


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
    left, right = _levels(before), _levels(after)
    if left is not None and right is not None:
        names = [*left, *(name for name in right if name not in left)]
        if before.kind.is_numeric:
            names.sort(key=float)
        return [left.get(name, 0) for name in names], [right.get(name, 0) for name in names]
    edges = _edges(before.histogram, after.histogram)
    if edges is None:
        return None
    common = np.linspace(edges[0], edges[-1], BINS + 1)
    return _counts(before, common), _counts(after, common)


def _levels(column: ColumnProfile) -> dict[str, int] | None:
    """Every value's count, the most frequent first; None where the profile does not tell them all."""
    if column.levels is not None:
        return dict(sorted(column.levels.items(), key=lambda level: -level[1]))
    if column.kind.is_numeric and column.is_exact and column.distinct == len(column.top):
        return dict(column.top)
    return None


def _grain(column: ColumnProfile) -> float:
    """
    How wrong a cumulative share between two known ones can be where values repeat: as much as the
    most frequent value weighs. Nothing to speak of where they do not.
    """
    return column.top[0][1] / column.count if column.top else 0.0


def _effective(n: int, m: int) -> float:
    return n * m / (n + m)


def _total_variation(left: dict[str, int], right: dict[str, int]) -> float:
    n, m = sum(left.values()), sum(right.values())
    return sum(abs(left.get(name, 0) / n - right.get(name, 0) / m) for name in left.keys() | right.keys()) / 2


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


def _cumulated(column: ColumnProfile) -> tuple[Floats, Floats]:
    """Where the share of values below is known, and that share; between them they spread evenly."""
    assert column.histogram is not None
    total = np.concatenate([[0], np.cumsum(column.histogram.counts)])
    quantiles = column.quantiles or {}
    at = np.concatenate(
        [np.asarray(column.histogram.edges, dtype=np.float64), [float(x) for x in quantiles.values()]]
    )
    share = np.concatenate([total / total[-1], [float(p) for p in quantiles]])
    order = np.lexsort((share, at))
    return at[order], np.maximum.accumulate(share[order])


def _counts(column: ColumnProfile, edges: Floats) -> list[int]:
    shares = np.interp(edges, *_cumulated(column), left=0.0, right=1.0)
    return [round((after - before) * column.count) for before, after in pairwise(shares)]
