"""The drift metrics of one column, each beside the threshold that applies to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from apps.monitoring import distances, noise
from apps.monitoring.baselines import CategoryBaseline, ColumnBaseline, NumberBaseline
from apps.monitoring.histograms import ColumnCounts
from apps.monitoring.tally import CategoryCounts, NumberCounts

PSI = "population_stability_index"
JENSEN_SHANNON = "jensen_shannon_distance"
WASSERSTEIN = "normalized_wasserstein_distance"
KOLMOGOROV_SMIRNOV = "two_sample_kolmogorov_smirnov_test"
CHI_SQUARED = "pearsons_chi_squared_test"
MISSING_SHARE = "null_value_rate_difference"
OUT_OF_BOUNDS = "out_of_bounds_rate"
TYPE_ERRORS = "data_type_error_rate"

NUMBER_METRICS = (WASSERSTEIN, JENSEN_SHANNON, PSI, KOLMOGOROV_SMIRNOV)
CATEGORY_METRICS = (JENSEN_SHANNON, PSI, CHI_SQUARED)
QUALITY_METRICS = (MISSING_SHARE, OUT_OF_BOUNDS, TYPE_ERRORS)

THRESHOLDS: Mapping[str, float] = {
    PSI: 0.1,
    JENSEN_SHANNON: 0.1,
    WASSERSTEIN: 0.1,
    KOLMOGOROV_SMIRNOV: 0.1,
    CHI_SQUARED: 0.01,
    MISSING_SHARE: 0.05,
    OUT_OF_BOUNDS: 0.01,
    TYPE_ERRORS: 0.01,
}

Direction = Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """
    What a monitor's owner chose.

    `number_metrics` and `category_metrics` decide the verdict; all others are computed and shown.
    `thresholds` are the policy's, `column_thresholds` override them for one column. `alpha` is
    the share of windows without drift that may raise a false alarm, over all columns together.
    Below `minimum_rows` in either sample the verdict is that there is not enough data.
    """

    number_metrics: tuple[str, ...] = (WASSERSTEIN,)
    category_metrics: tuple[str, ...] = (JENSEN_SHANNON,)
    thresholds: Mapping[str, float] = field(default_factory=lambda: dict(THRESHOLDS))
    column_thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    alpha: float = 0.005
    minimum_rows: int = 100
    columns: tuple[str, ...] | None = None

    def policy(self, column: str, metric: str) -> float:
        of_column = self.column_thresholds.get(column, {})
        return of_column.get(metric, self.thresholds.get(metric, THRESHOLDS[metric]))

    def deciding(self, kind: str) -> tuple[str, ...]:
        return self.number_metrics if kind == "number" else self.category_metrics


@dataclass(frozen=True, slots=True)
class MetricValue:
    """
    One figure and its limit. It is breached when it lies on the `direction` side of
    `effective_threshold`: for distances at least the greater of the policy and the noise, for
    p-values at most the Benjamini-Hochberg cut-off. `statistic` is χ² where `value` is a p-value.
    """

    name: str
    value: float
    direction: Direction
    policy_threshold: float
    effective_threshold: float
    decides: bool
    p_value: float | None = None
    statistic: float | None = None

    @property
    def is_breached(self) -> bool:
        if self.direction == "below":
            return self.value <= self.effective_threshold
        return self.value >= self.effective_threshold

    @property
    def severity(self) -> float:
        """How many times the threshold, for ranking; 0 … 2 for a p-value."""
        if self.direction == "below":
            return 1 + (1 if self.is_breached else -1) * (1 - self.value)
        return self.value / self.effective_threshold if self.effective_threshold else 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What sets the thresholds of one column: its sample sizes and its part of alpha."""

    column: str
    n: int
    m: int
    alpha: float
    settings: DriftSettings
    kind: str

    def above(self, name: str, value: float, by_chance: float, p_value: float | None = None) -> MetricValue:
        policy = self.settings.policy(self.column, name)
        decides = name in self.settings.deciding(self.kind)
        threshold = max(policy, by_chance)
        return MetricValue(name, value, "above", policy, threshold, decides, p_value)


def of_distribution(reference: ColumnBaseline, counts: ColumnCounts, limits: Limits) -> list[MetricValue]:
    """The distances of a column with enough values in both samples."""
    if isinstance(reference, NumberBaseline) and isinstance(counts, NumberCounts):
        return _of_number(reference, counts, limits)
    if isinstance(reference, CategoryBaseline) and isinstance(counts, CategoryCounts):
        return _of_category(reference, counts, limits)
    raise TypeError(f"“{reference.name}” was counted as another kind of column.")


def _of_number(reference: NumberBaseline, counts: NumberCounts, limits: Limits) -> list[MetricValue]:
    p, q = reference.decile_counts(reference.counts), reference.decile_counts(counts.counts)
    n, m, alpha, bins = limits.n, limits.m, limits.alpha, len(p)
    distance, p_value = distances.kolmogorov_smirnov(reference.counts, counts.counts)
    moved = wasserstein(reference, counts)
    quantiles = (reference.noise[0] / reference.scale, reference.noise[1] / reference.scale)
    return [
        limits.above(WASSERSTEIN, moved, noise.wasserstein_distance(quantiles, n, m, alpha)),
        limits.above(
            JENSEN_SHANNON,
            distances.jensen_shannon_distance(p, q),
            noise.jensen_shannon_distance(n, m, bins, alpha),
        ),
        limits.above(
            PSI,
            distances.population_stability_index(p, q),
            noise.population_stability_index(n, m, bins, alpha),
        ),
        limits.above(KOLMOGOROV_SMIRNOV, distance, noise.kolmogorov_smirnov(n, m, alpha), p_value),
    ]


def wasserstein(reference: NumberBaseline, counts: NumberCounts) -> float:
    """
    W₁ between the bins' centres, winsorised, divided by the reference's robust scale.

    For a normal column the scale is its standard deviation, so 0.1 means a tenth of it.
    """
    distance = distances.wasserstein_distance(
        reference.centres(reference.counts, reference.sums),
        reference.counts,
        reference.centres(counts.counts, counts.sums),
        counts.counts,
    )
    return distance / reference.scale


def _of_category(reference: CategoryBaseline, counts: CategoryCounts, limits: Limits) -> list[MetricValue]:
    p, q = distances.pooled(*cells(reference, counts))
    n, m, alpha, bins = limits.n, limits.m, limits.alpha, len(p)
    statistic, p_value = distances.chi_squared(p, q)
    policy = limits.settings.policy(limits.column, CHI_SQUARED)
    decides = CHI_SQUARED in limits.settings.deciding(limits.kind)
    return [
        limits.above(
            JENSEN_SHANNON,
            distances.jensen_shannon_distance(p, q),
            noise.jensen_shannon_distance(n, m, bins, alpha),
        ),
        limits.above(
            PSI,
            distances.population_stability_index(p, q),
            noise.population_stability_index(n, m, bins, alpha),
        ),
        MetricValue(CHI_SQUARED, p_value, "below", policy, policy, decides, p_value, statistic),
    ]


def cells(reference: CategoryBaseline, counts: CategoryCounts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Counts per known level, and one last cell for all levels that the baseline does not keep."""
    return (
        np.append(reference.counts, reference.other),
        np.append(counts.counts, counts.new_rows),
    )


def of_quality(
    reference: ColumnBaseline, counts: ColumnCounts, limits: Limits, rows: int
) -> list[MetricValue]:
    """Missing, out-of-bounds and wrongly typed shares of all rows of the window (m = rows)."""
    before = reference.n + reference.missing + reference.invalid
    return [
        _of_missing(reference, counts, limits, before, rows),
        _of_bounds(reference, counts, limits),
        _share(TYPE_ERRORS, counts.invalid, rows, reference.invalid / before, limits, against=before),
    ]


def _of_missing(
    reference: ColumnBaseline, counts: ColumnCounts, limits: Limits, before: int, rows: int
) -> MetricValue:
    difference = counts.missing / rows - reference.missing / before
    share = (counts.missing + reference.missing) / (rows + before)
    by_chance = noise.share_difference(share, before, rows, limits.alpha)
    return limits.above(MISSING_SHARE, abs(difference), by_chance)


def _of_bounds(reference: ColumnBaseline, counts: ColumnCounts, limits: Limits) -> MetricValue:
    if isinstance(counts, NumberCounts):
        outside, expected = int(counts.counts[0] + counts.counts[-1]), 2 / (reference.n + 2)
    else:
        outside = counts.new_rows
        expected = reference.unseen_share if isinstance(reference, CategoryBaseline) else 0.0
    return _share(OUT_OF_BOUNDS, outside, counts.n, expected, limits, against=reference.n)


def _share(name: str, bad: int, of: int, expected: float, limits: Limits, *, against: int) -> MetricValue:
    """The share of bad rows; what is usual in the reference is no fault of the window."""
    if of == 0 or against == 0:
        return limits.above(name, 0.0, 0.0)
    usual = expected + noise.share_difference(expected, against, of, limits.alpha)
    return limits.above(name, bad / of, usual)
