"""What a comparison is held against and what follows from it: the verdict and its reasons."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from apps.core.said import NOTHING, Said, joined, said
from apps.experiments import overfitting
from apps.experiments.metrics import Metric

Verdict = Literal["promote", "hold", "reject", "inconclusive"]
Floats = NDArray[np.float64]
Strings = NDArray[np.object_]
NO_BASE = 1e-10


class NotComparable(ValueError):
    """The two models cannot be held against each other. It is raised with what a person is told."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """
    What one model says about rows: `row_keys` (rows,) texts; `truth` (rows,) and `scores` as in
    apps.experiments.metrics, in the same order of classes for both models. `trained_on`: the
    keys that it was trained on.
    """

    row_keys: Strings
    truth: Floats
    scores: Floats
    trained_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ComparisonSettings:
    """
    `threshold` and `minimum_gain` (over the naive model, 0 to 1) are absolute; `margin`: how much
    worse the interval's lower end may be; the minimum changes are against the champion.
    `guardrails` names the findings that reject: overfit, underfit, low_gain, boosting_decline,
    weakest_segment, four_fifths.
    """

    threshold: float | None = None
    margin: float = 0.01
    min_absolute_change: float | None = None
    min_relative_change: float | None = None
    minimum_gain: float = overfitting.GAIN
    minimum_rows: int = 200
    resamples: int = 2000
    seed: int = 0
    guardrails: tuple[str, ...] = ("underfit", "weakest_segment")

    def __post_init__(self) -> None:
        if self.resamples < 1000:
            raise NotComparable(said("registry.few_resamples"))
        if self.margin < 0 or (self.min_absolute_change or 0) < 0:
            raise NotComparable(said("registry.negative_limits"))
        if not 0 <= (self.min_relative_change or 0) <= 1:
            raise NotComparable(said("registry.share_out_of_range"))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ComparisonSettings":
        told = dict(document)
        if "guardrails" in told:
            told["guardrails"] = tuple(told["guardrails"])
        return cls(**told)


@dataclass(frozen=True, slots=True)
class Score:
    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` for rules: FIELD's five, too_few_rows, inferior, low_gain or a guardrail's name."""

    code: str
    sentence: Said


@dataclass(slots=True)
class Comparison:
    """
    `difference`: how much better the candidate is, positive whatever the metric's direction, with
    its paired interval. `overlap`: held-out rows left out because the champion trained on them.
    """

    metric: str
    greater_is_better: bool
    n: int
    candidate: Score | None
    champion: Score | None
    naive: float | None
    gain: float | None
    difference: Score | None
    overlap: int
    unmatched: int
    verdict: Verdict = "inconclusive"
    reasons: list[Reason] = field(default_factory=list)
    sentence: Said = NOTHING

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def judged(
    found: Comparison,
    metric: Metric,
    settings: ComparisonSettings,
    guardrails: Mapping[str, Said],
) -> Comparison:
    if missing := _missing(found):
        found.reasons = [missing]
        return told(found, "inconclusive")
    rejecting = _absolute(found, metric, settings) + [
        Reason(code, sentence) for code, sentence in guardrails.items() if code in settings.guardrails
    ]
    holding = _against_champion(found, settings)
    found.reasons = rejecting + holding
    if rejecting:
        return told(found, "reject")
    return told(found, "hold" if holding else "promote")


def _missing(found: Comparison) -> Reason | None:
    if found.candidate is None:
        return Reason("missing_candidate", said("registry.metric_undefined", metric=found.metric))
    if found.difference and found.difference.interval is None:
        return Reason("missing_baseline", said("registry.difference_undefined"))
    return None


def _absolute(found: Comparison, metric: Metric, settings: ComparisonSettings) -> list[Reason]:
    """The threshold always; the naive model where there is no champion to beat."""
    reasons = []
    value = found.candidate.value if found.candidate else float("nan")
    if settings.threshold is not None and metric.better_by(value, settings.threshold) < 0:
        told = said("registry.below_threshold", metric=metric.name, value=value, threshold=settings.threshold)
        reasons.append(Reason("threshold_failed", told))
    if found.champion is None and found.gain is not None and found.gain < settings.minimum_gain:
        told = said("registry.little_gain", gain=found.gain, least=settings.minimum_gain)
        reasons.append(Reason("low_gain", told))
    return reasons


def _against_champion(found: Comparison, settings: ComparisonSettings) -> list[Reason]:
    if found.difference is None or found.difference.interval is None or found.champion is None:
        return []
    change, low = found.difference.value, found.difference.interval[0]
    reasons = []
    if low <= -settings.margin:
        told = said("registry.may_be_worse", worse=-low, margin=settings.margin)
        reasons.append(Reason("inferior", told))
    return reasons + _changes(change, found.champion.value, settings)


def _changes(change: float, base: float, settings: ComparisonSettings) -> list[Reason]:
    """Without a minimum the candidate need not be better, only not worse."""
    reasons = []
    absolute = settings.min_absolute_change
    if absolute is not None and change < absolute:
        told = said("registry.better_by_too_little", change=change, least=absolute)
        reasons.append(Reason("min_absolute_change_failed", told))
    elif absolute is None and settings.min_relative_change is None and change < 0:
        reasons.append(Reason("min_absolute_change_failed", said("registry.worse", worse=-change)))
    if settings.min_relative_change is not None:
        # |base|: with a negative base the plain product would ask for a change the wrong way.
        needed = settings.min_relative_change * abs(base) or NO_BASE
        if change < needed:
            told = said(
                "registry.better_by_too_small_a_share", change=change, share=settings.min_relative_change
            )
            reasons.append(Reason("min_relative_change_failed", told))
    return reasons


def too_few(rows: int, settings: ComparisonSettings) -> Reason:
    return Reason("too_few_rows", said("registry.few_rows", rows=rows, least=settings.minimum_rows))


def told(found: Comparison, verdict: Verdict) -> Comparison:
    found.verdict = verdict
    found.sentence = joined(_opening(found), *(one.sentence for one in found.reasons))
    return found


def _opening(found: Comparison) -> Said:
    if found.verdict == "inconclusive" or found.candidate is None:
        return said("registry.inconclusive")
    measured = {
        "verdict": found.verdict,
        "metric": found.metric,
        "value": found.candidate.value,
        "rows": found.n,
    }
    if found.difference is None or found.champion is None or found.difference.interval is None:
        return said("registry.first_model", **measured, naive=found.naive or 0.0)
    low, high = found.difference.interval
    return said(
        "registry.against_champion",
        **measured,
        champion=found.champion.value,
        change=found.difference.value,
        low=low,
        high=high,
    )
