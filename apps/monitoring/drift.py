"""Is this window unlike the training data, column by column and as a whole?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from apps.monitoring import distances, metrics
from apps.monitoring.baselines import Baseline, ColumnBaseline
from apps.monitoring.histograms import OtherBaseline, WindowCounts
from apps.monitoring.metrics import DriftSettings, Limits, MetricValue

Verdict = Literal["stable", "drifted", "not_enough_data", "missing_column"]


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """
    One column of one window.

    `n_reference` and `n_window` count values, `rows` all rows of the window. `q_value` is the
    p-value of the Kolmogorov-Smirnov or chi-squared test, adjusted over all columns of the window
    after Benjamini and Hochberg; None without a test. `new_levels` are the commonest levels that
    the reference lacks. A data fault (`faults`) is no drift: an all-null column has too few values
    for a verdict and still a breached missing share.
    """

    name: str
    role: str
    kind: str
    verdict: Verdict
    n_reference: int
    n_window: int
    rows: int
    metrics: tuple[MetricValue, ...] = ()
    q_value: float | None = None
    new_levels: Mapping[str, int] | None = None

    def metric(self, name: str) -> MetricValue | None:
        return next((value for value in self.metrics if value.name == name), None)

    @property
    def deciding(self) -> MetricValue | None:
        """The deciding metric that is farthest over (or nearest below) its threshold."""
        return max(
            (value for value in self.metrics if value.decides),
            key=lambda value: value.severity,
            default=None,
        )

    @property
    def faults(self) -> tuple[MetricValue, ...]:
        quality = [value for value in self.metrics if value.name in metrics.QUALITY_METRICS]
        return tuple(value for value in quality if value.is_breached)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "FeatureDrift":
        values = tuple(MetricValue(**value) for value in document["metrics"])
        return cls(**{**document, "metrics": values})


@dataclass(frozen=True, slots=True)
class Overall:
    """The window's verdict and the columns behind it; `faulty` ones have breached data quality."""

    verdict: Verdict
    drifted: tuple[str, ...]
    faulty: tuple[str, ...]
    compared: int


@dataclass(frozen=True)
class WindowResult:
    """The comparison of the window from `start` to before `end`, both with a time zone."""

    start: datetime
    end: datetime
    features: tuple[FeatureDrift, ...]

    @cached_property
    def severities(self) -> dict[str, float]:
        """Drift / threshold by column, where there was something to decide on; each chart asks for it."""
        return {f.name: strongest.severity for f in self.features if (strongest := f.deciding) is not None}


def compare(
    baseline: Baseline, counts: WindowCounts, settings: DriftSettings | None = None
) -> list[FeatureDrift]:
    """
    Every column of the baseline (or those that the settings name) in this window.

    Each distance is held against max(policy, noise), the noise at alpha / (columns x deciding
    metrics), so that a window without drift raises an alarm in at most `alpha` of cases.
    Raises OtherBaseline when the counts were made on other bins.
    """
    if counts.baseline != baseline.digest:
        raise OtherBaseline("The window was counted on another baseline.")
    settings = settings or DriftSettings()
    chosen = set(settings.columns if settings.columns is not None else baseline.columns)
    columns = [column for name, column in baseline.columns.items() if name in chosen]
    found = [_column(column, counts, settings, len(columns)) for column in columns]
    return _adjusted(found)


def overall(features: Sequence[FeatureDrift]) -> Overall:
    """Drifted when any column is: the noise level already allows for their number."""
    drifted = tuple(feature.name for feature in features if feature.verdict == "drifted")
    faulty = tuple(
        feature.name for feature in features if feature.faults or feature.verdict == "missing_column"
    )
    compared = sum(feature.verdict in ("stable", "drifted") for feature in features)
    verdict: Verdict = "stable"
    if drifted:
        verdict = "drifted"
    elif compared == 0:
        verdict = "not_enough_data"
    return Overall(verdict, drifted, faulty, compared)


def _column(
    reference: ColumnBaseline, window: WindowCounts, settings: DriftSettings, columns: int
) -> FeatureDrift:
    counts = window.columns.get(reference.name)
    if counts is None:
        return _without_column(reference, window)
    rows = counts.n + counts.missing + counts.invalid
    tests = columns * max(len(settings.deciding(reference.kind)), 1)
    limits = Limits(reference.name, reference.n, counts.n, settings.alpha / tests, settings, reference.kind)
    enough = min(reference.n, counts.n) >= max(settings.minimum_rows, 1)
    values: list[MetricValue] = []
    if enough:
        values += metrics.of_distribution(reference, counts, limits)
    if rows >= max(settings.minimum_rows, 1):
        values += metrics.of_quality(reference, counts, limits, rows)
    return FeatureDrift(
        reference.name,
        reference.role,
        reference.kind,
        _verdict(values, enough=enough),
        reference.n,
        counts.n,
        rows,
        tuple(values),
        new_levels=getattr(counts, "new", None),
    )


def _without_column(reference: ColumnBaseline, window: WindowCounts) -> FeatureDrift:
    verdict: Verdict = "missing_column" if window.absent.get(reference.name) else "not_enough_data"
    return FeatureDrift(reference.name, reference.role, reference.kind, verdict, reference.n, 0, window.rows)


def _verdict(values: Sequence[MetricValue], *, enough: bool) -> Verdict:
    if not enough:
        return "not_enough_data"
    breached = any(value.decides and value.is_breached for value in values)
    return "drifted" if breached else "stable"


def _adjusted(features: list[FeatureDrift]) -> list[FeatureDrift]:
    """The tests' p-values adjusted over the columns, and chi-squared's verdicts with them."""
    tested = [(number, _test(feature)) for number, feature in enumerate(features)]
    tests = [(number, test) for number, test in tested if test and test.p_value is not None]
    adjusted = distances.benjamini_hochberg([test.p_value or 0.0 for _, test in tests])
    result = list(features)
    for (number, _), q_value in zip(tests, adjusted, strict=True):
        result[number] = _with_q_value(features[number], q_value)
    return result


def _test(feature: FeatureDrift) -> MetricValue | None:
    return feature.metric(metrics.KOLMOGOROV_SMIRNOV) or feature.metric(metrics.CHI_SQUARED)


def _with_q_value(feature: FeatureDrift, q_value: float) -> FeatureDrift:
    """q ≤ policy is p ≤ policy x p / q: that product is the cut-off for this column's p-value."""
    values = tuple(
        replace(value, effective_threshold=value.policy_threshold * (value.value / q_value))
        if value.direction == "below" and q_value > 0
        else value
        for value in feature.metrics
    )
    return replace(feature, metrics=values, q_value=q_value, verdict=_verdict(values, enough=True))
