"""
The metrics, each computed for many row weightings at once, so that resampling is a matrix product.

`truth` has shape (n,): class numbers, or values in regression. `scores` has shape (n,): the
positive class's probability, or the predicted value; or (n, classes): probabilities in the
classes' order. `weights` has shape (b, n): how often each row counts in each of b resamples.
Results have shape (b,); NaN where a resample does not define the metric. Definitions as in
scikit-learn with sample_weight.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.experiments.training import METRICS

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]
Formula = Callable[[Floats, Floats, Floats], Floats]
LEAST = float(np.finfo(np.float64).eps)
CELLS = 4_000_000
"""Weights held at once: 32 MB."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`perfect` is the best possible value: gain over naive is measured towards it."""

    name: str
    greater_is_better: bool
    perfect: float
    formula: Formula

    def of(self, truth: Floats, scores: Floats) -> float:
        """The plain value: every row counts once."""
        return float(self.formula(truth, scores, np.ones((1, len(truth))))[0])

    def better_by(self, value: float, other: float) -> float:
        """How much better `value` is than `other`: positive is better, whatever the direction."""
        return value - other if self.greater_is_better else other - value

    def gain(self, score: float, naive: float) -> float:
        """(score - naive) / (perfect - naive): 0 as good as guessing, 1 perfect."""
        room = self.better_by(self.perfect, naive)
        return self.better_by(score, naive) / room if abs(room) > LEAST else 0.0

    def drop(self, score: float, reference: float) -> float:
        """By what share of the reference `score` is worse: positive is worse."""
        scale = abs(reference)
        return self.better_by(reference, score) / scale if scale > LEAST else 0.0


def resampled(metrics: list[tuple[Metric, Floats]], truth: Floats, *, resamples: int, seed: int) -> Floats:
    """
    Bootstrap: each metric with its scores on the same resamples; shape (metrics, resamples).

    Rows are drawn with replacement, n of n; the pairs share the draws, so that differences of
    two rows of the result are paired (Efron and Tibshirani 1993, chapter 16).
    """
    rng = np.random.default_rng(seed)
    rows = len(truth)
    step = max(1, min(resamples, CELLS // max(rows, 1)))
    parts = []
    for start in range(0, resamples, step):
        weights = _draws(rng, min(step, resamples - start), rows)
        parts.append(np.stack([m.formula(truth, scores, weights) for m, scores in metrics]))
    return np.concatenate(parts, axis=1)


def interval(values: Floats, *, level: float = 0.95) -> tuple[float, float] | None:
    """The percentile interval of resampled values; None if fewer than half are defined."""
    defined = values[np.isfinite(values)]
    if defined.size < max(values.size / 2, 1):
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _draws(rng: np.random.Generator, resamples: int, rows: int) -> Floats:
    drawn = rng.integers(0, rows, size=(resamples, rows))
    offset = drawn + (np.arange(resamples) * rows)[:, None]
    return np.bincount(offset.ravel(), minlength=resamples * rows).reshape(resamples, rows).astype(np.float64)


def _grouped(scores: Floats) -> tuple[Positions, Positions]:
    """The order of falling scores, and where in it each new score starts."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    return order, starts


def _sums(weights: Floats, order: Positions, starts: Positions) -> Floats:
    return np.add.reduceat(weights[:, order], starts, axis=1)


def roc_auc(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    """The Mann-Whitney form: ties count half."""
    order, starts = _grouped(scores)
    positive = _sums(weights * truth, order, starts)
    negative = _sums(weights * (1 - truth), order, starts)
    above = np.cumsum(positive, axis=1) - positive / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    return _ratio((negative * above).sum(axis=1), pairs)


def average_precision(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    order, starts = _grouped(scores)
    positive = _sums(weights * truth, order, starts)
    flagged = np.cumsum(_sums(weights, order, starts), axis=1)
    precision = _ratio(np.cumsum(positive, axis=1), flagged, empty=0.0)
    return _ratio((precision * positive).sum(axis=1), positive.sum(axis=1))


def log_loss(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    numbers = truth.astype(int)
    full = scores if scores.ndim == 2 else np.stack([1 - scores, scores], axis=1)
    told = np.clip(full[np.arange(len(numbers)), numbers], LEAST, 1)
    return _mean(-np.log(told), weights)


def brier(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    return _mean((scores - truth) ** 2, weights)


def decided(scores: Floats, threshold: float = 0.5) -> NDArray[np.int64]:
    """The class numbers that the scores stand for."""
    if scores.ndim == 2:
        return scores.argmax(axis=1)
    return (scores >= threshold).astype(np.int64)


def accuracy(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    return _mean(decided(scores) == truth, weights)


def f1(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    return _f1_of(truth == 1, decided(scores) == 1, weights)


def macro_f1(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    """The mean over the classes that the truth or the decisions know."""
    decisions = decided(scores)
    levels = np.union1d(truth.astype(int), decisions)
    return np.mean([_f1_of(truth == k, decisions == k, weights) for k in levels], axis=0)


def rmse(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    return np.sqrt(_mean((scores - truth) ** 2, weights))


def mae(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    return _mean(np.abs(scores - truth), weights)


def r2(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    centred = truth - truth.mean()
    spread = _mean(centred**2, weights) - _mean(centred, weights) ** 2
    return 1 - _ratio(_mean((scores - truth) ** 2, weights), np.where(spread > LEAST, spread, 0))


def _f1_of(actual: NDArray[np.bool_], flagged: NDArray[np.bool_], weights: Floats) -> Floats:
    hits = weights @ (actual & flagged)
    return _ratio(2 * hits, weights @ actual + weights @ flagged, empty=0.0)


def _mean(values: NDArray[np.generic], weights: Floats) -> Floats:
    return weights @ values.astype(np.float64) / weights.sum(axis=1)


def _ratio(above: Floats, below: Floats, *, empty: float = np.nan) -> Floats:
    return np.divide(above, below, out=np.full_like(above, empty), where=below > 0)


FORMULAS: dict[str, Metric] = {
    "roc_auc": Metric("roc_auc", True, 1.0, roc_auc),
    "average_precision": Metric("average_precision", True, 1.0, average_precision),
    "log_loss": Metric("log_loss", False, 0.0, log_loss),
    "brier": Metric("brier", False, 0.0, brier),
    "accuracy": Metric("accuracy", True, 1.0, accuracy),
    "f1": Metric("f1", True, 1.0, f1),
    "macro_f1": Metric("macro_f1", True, 1.0, macro_f1),
    "rmse": Metric("rmse", False, 0.0, rmse),
    "mae": Metric("mae", False, 0.0, mae),
    "r2": Metric("r2", True, 1.0, r2),
}


def metrics_for(task: str) -> list[Metric]:
    return [FORMULAS[name] for name in METRICS[task]]
