"""The winner on the held-out rows: metrics with intervals, importance, segments, fairness."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from apps.core.said import Said, said
from apps.experiments import curves, fairness, overfitting, predicting, segments
from apps.experiments.cleaning import Target
from apps.experiments.metrics import Metric, interval, metrics_for, resampled
from apps.experiments.training import Protected, TrainingSettings

Floats = NDArray[np.float64]
RESAMPLES = 1000
MOST_DRAWS = 50_000_000
IMPORTANCE_ROWS = 2000
IMPORTANCE_REPEATS = 3
STAGES = 12


@dataclass(frozen=True, slots=True)
class Evaluated:
    """
    The held-out rows as the model sees them, with their truth; `scores` as the metrics take
    them; `naive` the scores of the naive model; `protected` the protected attributes' values.
    """

    data: pd.DataFrame
    target: Target
    scores: Floats
    naive: Floats
    protected: dict[str, NDArray[Any]]


def evaluate(
    model: Pipeline,
    held_out: Evaluated,
    settings: TrainingSettings,
    metric: Metric,
    *,
    train_score: float,
    progress: Callable[[float, Said], None],
) -> dict[str, Any]:
    """Everything that the report says about the held-out rows, as JSON."""
    target = held_out.target
    document = measured(held_out, metric, seed=settings.seed)
    document["train_score"] = train_score
    document["findings"] = _findings(model, held_out, metric, train_score, document)
    progress(0.3, said("experiments.doing_curves"))
    document["curves"] = curves.curves(target.truth, held_out.scores, target.classes)
    progress(0.4, said("experiments.doing_importance"))
    document["importance"] = importance(model, held_out, metric, seed=settings.seed)
    progress(0.8, said("experiments.doing_segments"))
    document["segments"] = _segments(held_out, metric, seed=settings.seed)
    progress(0.9, said("experiments.doing_groups"))
    document["fairness"] = fairness_of(held_out, settings)
    return document


def measured(held_out: Evaluated, metric: Metric, *, seed: int) -> dict[str, Any]:
    """Every metric of the task and the naive model's main one, with 95 % bootstrap intervals."""
    truth, scores = held_out.target.truth, held_out.scores
    every = metrics_for(held_out.target.task)
    pairs = [(one, scores) for one in every] + [(metric, held_out.naive)]
    resamples = int(np.clip(MOST_DRAWS // len(truth), 200, RESAMPLES))
    draws = resampled(pairs, truth, resamples=resamples, seed=seed)
    values = {
        one.name: {"value": one.of(truth, scores), "interval": interval(row)}
        for one, row in zip(every, draws[:-1], strict=True)
    }
    naive = metric.of(truth, held_out.naive)
    return {
        "n": len(truth),
        "metric": metric.name,
        "greater_is_better": metric.greater_is_better,
        "metrics": values,
        "naive": {"value": naive, "interval": interval(draws[-1])},
        "gain": metric.gain(metric.of(truth, scores), naive),
    }


def _findings(
    model: Pipeline,
    held_out: Evaluated,
    metric: Metric,
    train_score: float,
    document: dict[str, Any],
) -> list[dict[str, Any]]:
    main = document["metrics"][metric.name]
    low, high = main["interval"] or (main["value"], main["value"])
    found = overfitting.findings(
        metric,
        train=train_score,
        validation=main["value"],
        naive=document["naive"]["value"],
        noise=(high - low) / 2,
    )
    staged = staged_scores(model, held_out, metric)
    decline = overfitting.boosting_decline(metric, staged) if staged else None
    return [asdict(one) for one in [*found, *([decline] if decline else [])]]


def staged_scores(model: Pipeline, held_out: Evaluated, metric: Metric) -> list[float]:
    """The held-out score of a LightGBM model after ever more trees; empty for other models."""
    estimator = model[-1]
    if not hasattr(estimator, "booster_"):
        return []
    trees = np.unique(np.linspace(1, estimator.booster_.current_iteration(), STAGES).astype(int))
    matrix = model[:-1].transform(held_out.data)
    truth = held_out.target.truth
    return [
        metric.of(truth, np.asarray(estimator.booster_.predict(matrix, num_iteration=int(count))))
        for count in trees
    ]


def importance(model: Pipeline, held_out: Evaluated, metric: Metric, *, seed: int) -> list[dict[str, Any]]:
    """
    Permutation importance (Breiman 2001) per original column: how much worse the metric gets
    when the column is shuffled, mean and standard deviation of three shuffles over at most
    2,000 held-out rows; the most important first.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(held_out.data))[:IMPORTANCE_ROWS])
    part = held_out.data.iloc[rows].reset_index(drop=True)
    target = held_out.target.rows(rows)
    base = metric.of(target.truth, held_out.scores[rows])
    found = []
    for name in part.columns:
        drops = [
            metric.better_by(base, _shuffled(model, part, name, target, metric, rng))
            for _ in range(IMPORTANCE_REPEATS)
        ]
        found.append({"feature": name, "mean": float(np.mean(drops)), "std": float(np.std(drops))})
    return sorted(found, key=lambda one: -one["mean"])


def _shuffled(
    model: Pipeline,
    part: pd.DataFrame,
    name: str,
    target: Target,
    metric: Metric,
    rng: np.random.Generator,
) -> float:
    mixed = part.assign(**{name: part[name].to_numpy()[rng.permutation(len(part))]})
    scores = predicting.scores_of(model, mixed, target.task, len(target.classes))
    return metric.of(target.truth, scores)


def _segments(held_out: Evaluated, metric: Metric, *, seed: int) -> dict[str, Any]:
    truth, scores = held_out.target.truth, held_out.scores
    classes = len(held_out.target.classes)
    found = segments.segments(held_out.data, truth, scores, metric, classes=classes)
    weakest = segments.weakest(found, held_out.data, truth, scores, metric, seed=seed)
    return {
        "metric": metric.name,
        "segments": [asdict(one) for one in found[:100]],
        "weakest": asdict(weakest) if weakest else None,
    }


def fairness_of(held_out: Evaluated, settings: TrainingSettings) -> list[dict[str, Any]]:
    """Each protected attribute of a binary decision; other tasks have no favourable decision."""
    target = held_out.target
    if target.task != "binary":
        return []
    positive = held_out.scores >= settings.decision_threshold
    favourable = settings.favourable_class in (None, target.classes[1])
    observed = (target.truth == 1) == favourable
    return [
        asdict(_fairness(one, held_out.protected[one.name], observed, positive == favourable))
        for one in settings.protected
    ]


def _fairness(
    one: Protected,
    values: NDArray[Any],
    observed: NDArray[np.bool_],
    decided: NDArray[np.bool_],
) -> fairness.Attribute:
    groups = segments.grouped(values, one.edges)
    return fairness.measure(one.name, groups, observed, decided, reference=one.reference)
