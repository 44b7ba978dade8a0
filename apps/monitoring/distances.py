"""
Distances and tests between two histograms on the same bins, or between two sets of weighted points.

All take counts (any non-negative numbers, not all zero); none looks at rows.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

SHARE_FLOOR = 1e-4
"""The least share of a bin in PSI, unless half an observation is more."""

LEAST_EXPECTED = 5.0
"""Cells expecting fewer rows than this are pooled (Cochran's rule for Pearson's chi-squared)."""


def shares(counts: Counts) -> Floats:
    """Counts → shares that add up to one."""
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def population_stability_index(reference: Counts, current: Counts) -> float:
    """
    PSI = Σ (q - p) ln(q / p), symmetric, in nats (Siddiqi, Credit Risk Scorecards, 2006).

    A bin with a share below max(1e-4, half an observation) counts as that floor, so that an
    empty bin weighs what its sample can prove. The floored shares are not scaled back to one.
    """
    p, q = _floored(reference), _floored(current)
    return float(np.sum((q - p) * np.log(q / p)))


def _floored(counts: Counts) -> Floats:
    return np.maximum(shares(counts), max(SHARE_FLOOR, 0.5 / float(counts.sum())))


def jensen_shannon_distance(reference: Counts, current: Counts) -> float:
    """√JSD with logarithms to base 2: 0 (alike) … 1 (nothing in common). As scipy's, base=2."""
    p, q = shares(reference), shares(current)
    middle = (p + q) / 2
    divergence = float(np.sum(special.rel_entr(p, middle) + special.rel_entr(q, middle))) / 2
    return math.sqrt(max(divergence, 0.0) / math.log(2))


def wasserstein_distance(
    reference_at: Floats, reference: Counts, current_at: Floats, current: Counts
) -> float:
    """W₁ = ∫ |F - G| dx between weighted points, in the unit of the points."""
    at = np.concatenate([reference_at, current_at])
    mass = np.concatenate([shares(reference), -shares(current)])
    order = np.argsort(at, kind="stable")
    between = np.abs(np.cumsum(mass[order])[:-1])
    return float(np.sum(between * np.diff(at[order])))


def kolmogorov_smirnov(reference: Counts, current: Counts) -> tuple[float, float]:
    """
    D = max |F - G| at the bin edges, and its asymptotic p-value.

    D from bins is never larger than D from rows, and smaller by one bin's share at the most.
    """
    distance = float(np.max(np.abs(np.cumsum(shares(reference)) - np.cumsum(shares(current)))))
    n, m = float(reference.sum()), float(current.sum())
    return distance, float(special.kolmogorov(math.sqrt(n * m / (n + m)) * distance))


def pooled(reference: Counts, current: Counts) -> tuple[Counts, Counts]:
    """
    Cells with too few expected rows put together, smallest first.

    Expected rows are those of Pearson's test of homogeneity, in the smaller sample. Without
    this, one row of a new level beside a million reference rows would look like certainty.
    """
    both = reference + current
    order = np.argsort(both, kind="stable")
    least = min(float(reference.sum()), float(current.sum())) / float(both.sum())
    expected = np.cumsum(both[order]) * least
    few = int(np.count_nonzero(both[order] * least < LEAST_EXPECTED))
    if few == 0 or len(both) == 1:
        return reference, current
    # Take the next cell along too when all the small ones together still expect too little.
    take = max(few, int(np.searchsorted(expected, LEAST_EXPECTED)) + 1)
    small, large = order[:take], np.sort(order[take:])
    return (
        np.append(reference[large], reference[small].sum()),
        np.append(current[large], current[small].sum()),
    )


def chi_squared(reference: Counts, current: Counts) -> tuple[float, float]:
    """Pearson's χ² of homogeneity of two rows of counts and its p-value; (0, 1) for one cell."""
    both = reference + current
    filled = both > 0
    if np.count_nonzero(filled) < 2:
        return 0.0, 1.0
    table = np.vstack([reference, current])[:, filled].astype(np.float64)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return statistic, float(special.chdtrc(table.shape[1] - 1, statistic))


def benjamini_hochberg(p_values: list[float]) -> list[float]:
    """Adjusted p-values in the order given (Benjamini and Hochberg, 1995)."""
    if not p_values:
        return []
    p = np.asarray(p_values)
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * len(p) / ranks), 1.0)
    return [float(value) for value in adjusted]
