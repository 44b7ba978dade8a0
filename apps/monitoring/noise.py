"""
How far two samples of the same distribution lie apart by chance.

Each function gives the (1 - alpha) quantile of a distance under no drift, for n reference and
m window rows. A threshold below it would raise alarms about nothing.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

PATHS = 4_000
POINTS = 80
PSI_SPARSENESS = 1.3
JENSEN_SHANNON_SPARSENESS = 0.6
"""What the terms beyond the second order add, per expected row of a bin: found by simulation over
2 to 30 bins and 100 to 5,000 rows, at alpha from 0.05 to 0.001."""
SMALL_SAMPLE = 10
TAIL = 25


def population_stability_index(n: int, m: int, bins: int, alpha: float) -> float:
    """PSI ~ (1/n + 1/m) χ²(bins - 1): its second-order expansion is Pearson's statistic."""
    return _pearson(n, m, bins, alpha) * (1 + PSI_SPARSENESS * bins / min(n, m))


def jensen_shannon_distance(n: int, m: int, bins: int, alpha: float) -> float:
    """
    √(PSI's quantile / (8 ln 2)), base 2.

    With q = p + d, JSD = Σ d²/(8p) + O(d³) nats, while PSI = Σ d²/p + O(d³); so JSD ≈ PSI/8.
    Dividing by ln 2 turns nats into bits and the root turns divergence into distance.
    """
    sparse = 1 + JENSEN_SHANNON_SPARSENESS * bins / min(n, m)
    return math.sqrt(_pearson(n, m, bins, alpha) * sparse / (8 * math.log(2)))


def _pearson(n: int, m: int, bins: int, alpha: float) -> float:
    return _spread(n, m) * float(special.chdtri(bins - 1, alpha)) if bins > 1 else 0.0


def kolmogorov_smirnov(n: int, m: int, alpha: float) -> float:
    """K⁻¹(alpha) √(1/n + 1/m), with Kolmogorov's limit distribution K."""
    return float(special.kolmogi(alpha)) * math.sqrt(_spread(n, m))


def bridge_quantiles(cumulative: NDArray[np.float64], at: NDArray[np.float64]) -> tuple[float, float]:
    """
    The 90 % and 99 % quantiles of ∫ |B(F(x))| dx, B a Brownian bridge.

    Under no drift W₁ ~ √(1/n + 1/m) times that integral (del Barrio, Giné, Matrán, 1999), so one
    seeded simulation per reference column serves every n and m. `cumulative` is F at the
    ascending points `at`; the result has the unit of `at`.
    """
    if len(at) < 2:
        return 0.0, 0.0
    keep = _kept(len(at))
    steps, f = np.diff(at[keep]), cumulative[keep][:-1]
    parts = np.sqrt(np.maximum(np.diff(f, prepend=0.0, append=1.0), 0.0)).astype(np.float32)
    walk = np.random.default_rng(20_240_601).standard_normal((PATHS, len(parts)), np.float32) * parts
    walk = np.cumsum(walk, axis=1)
    areas = np.abs(walk[:, :-1] - f.astype(np.float32) * walk[:, -1:]) @ steps
    return float(np.quantile(areas, 0.9)), float(np.quantile(areas, 0.99))


def _kept(points: int) -> NDArray[np.int64]:
    """Some points of many, and all of both tails, where long gaps meet a quickly changing F."""
    inner = np.linspace(0, points - 1, POINTS).round().astype(np.int64)
    tails = np.r_[0 : min(TAIL, points), max(points - TAIL, 0) : points]
    return np.unique(np.concatenate([inner, tails]))


def wasserstein_distance(quantiles: tuple[float, float], n: int, m: int, alpha: float) -> float:
    """
    From `bridge_quantiles`, carried to any alpha by the tail of a Gaussian functional.

    There ln P(area > t) falls like t² (Fernique), so t² is linear in ln(1/alpha): the line
    through the two simulated quantiles gives the others without simulating rare events.
    """
    at_90, at_99 = quantiles
    slope = (at_99**2 - at_90**2) / math.log(10)
    squared = at_99**2 + slope * (math.log(1 / alpha) - math.log(100))
    # Small samples know their own tails badly: a twentieth more at 200 rows.
    return math.sqrt(max(squared, 0.0) * _spread(n, m)) * (1 + SMALL_SAMPLE / min(n, m))


def share_difference(share: float, n: int, m: int, alpha: float) -> float:
    """Two-sided quantile of the difference of two shares around `share`, continuity-corrected."""
    deviation = math.sqrt(max(share * (1 - share), 0.0) * _spread(n, m))
    return -float(special.ndtri(alpha / 2)) * deviation + _spread(n, m) / 2


def _spread(n: int, m: int) -> float:
    return 1 / n + 1 / m
