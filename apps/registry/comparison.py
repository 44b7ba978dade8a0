"""
Champion and challenger on the same held-out rows, and the verdict.

The rule: better by at least the minimum change, and with its paired bootstrap interval not worse
than the margin allows. Reason codes of the threshold rules are those of MLflow's validation API.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.core.said import Said, said
from apps.experiments.metrics import Metric, interval, resampled
from apps.registry.verdicts import (
    Comparison,
    ComparisonSettings,
    NotComparable,
    Predictions,
    Score,
    judged,
    told,
    too_few,
)

Floats = NDArray[np.float64]
Strings = NDArray[np.object_]


def compare(
    candidate: Predictions,
    champion: Predictions | None,
    naive: Floats,
    *,
    metric: Metric,
    settings: ComparisonSettings,
    guardrails: Mapping[str, Said] | None = None,
) -> Comparison:
    """
    `naive` (rows,) or (rows, classes): the naive model's scores for the candidate's rows.
    `guardrails`: what was found about the candidate, by code; those that the settings
    name reject it. Raises NotComparable where the two have different truths for one row.
    """
    rows = aligned(candidate, champion)
    found = _measured(candidate, champion, naive, rows, metric, settings)
    if found.n < settings.minimum_rows:
        found.reasons = [too_few(found.n, settings)]
        return told(found, "inconclusive")
    return judged(found, metric, settings, guardrails or {})


@dataclass(frozen=True, slots=True)
class Rows:
    """Positions of the compared rows in both, in the same order."""

    candidate: NDArray[np.int64]
    champion: NDArray[np.int64]
    overlap: int
    unmatched: int


def aligned(candidate: Predictions, champion: Predictions | None) -> Rows:
    """The rows that both have, without those that the champion was trained on."""
    if champion is None:
        every = np.arange(len(candidate.row_keys))
        return Rows(every, every, 0, 0)
    where = {key: position for position, key in enumerate(_numbered(champion.row_keys))}
    pairs = [(own, where[key]) for own, key in enumerate(_numbered(candidate.row_keys)) if key in where]
    unseen = [pair for pair in pairs if candidate.row_keys[pair[0]] not in champion.trained_on]
    both = np.array(unseen, dtype=np.int64).reshape(-1, 2)
    if not np.array_equal(candidate.truth[both[:, 0]], champion.truth[both[:, 1]]):
        raise NotComparable(said("registry.other_truths"))
    unmatched = len(candidate.row_keys) - len(pairs)
    return Rows(both[:, 0], both[:, 1], len(pairs) - len(unseen), unmatched)


def _numbered(keys: Strings) -> list[tuple[str, int]]:
    """A key that several rows share is told apart by its occurrence."""
    seen: dict[str, int] = {}
    numbered = []
    for key in keys:
        seen[key] = seen.get(key, -1) + 1
        numbered.append((key, seen[key]))
    return numbered


def _measured(
    candidate: Predictions,
    champion: Predictions | None,
    naive: Floats,
    rows: Rows,
    metric: Metric,
    settings: ComparisonSettings,
) -> Comparison:
    found = Comparison(
        metric.name, metric.greater_is_better, len(rows.candidate),
        None, None, None, None, None, rows.overlap, rows.unmatched,
    )  # fmt: skip
    if not found.n:
        return found
    truth = candidate.truth[rows.candidate]
    scores = [candidate.scores[rows.candidate]]
    scores += [champion.scores[rows.champion]] if champion else []
    pairs = [(metric, one) for one in scores]
    draws = resampled(pairs, truth, resamples=settings.resamples, seed=settings.seed)
    values = [metric.of(truth, one) for one in scores]
    found.candidate = _score(values[0], draws[0])
    found.naive = _finite(metric.of(truth, naive[rows.candidate]))
    if found.candidate and found.naive is not None:
        found.gain = metric.gain(values[0], found.naive)
    if champion:
        found.champion = _score(values[1], draws[1])
        better = draws[0] - draws[1] if metric.greater_is_better else draws[1] - draws[0]
        found.difference = _score(metric.better_by(values[0], values[1]), better)
    return found


def _score(value: float, draws: Floats) -> Score | None:
    """None where the rows do not define the metric: a single class, for example."""
    return Score(value, interval(draws)) if np.isfinite(value) else None


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
