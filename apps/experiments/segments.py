"""How a model does in parts of the held-out rows, and groups of rows by a column's values."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apps.core.said import Said, said
from apps.experiments.metrics import Metric, interval, resampled

SMALLEST = 50
SMALLEST_CLASS = 10
MOST_LEVELS = 10
BANDS = (0.25, 0.5, 0.75)
WEAKER_BY = 0.2
RESAMPLES = 200
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Segment:
    """`drop`: by what share its score is worse than that of all rows."""

    feature: str
    segment: str
    n: int
    score: float
    drop: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Weakest:
    """`flagged`: over 20 % worse than all rows, and its whole interval is worse than those."""

    segment: Segment
    flagged: bool
    sentence: Said


def grouped(values: NDArray[np.generic], edges: Sequence[float] = ()) -> NDArray[np.object_]:
    """Each row's group as text: the level of a category, the band of a number; shape (rows,)."""
    if values.dtype == object:
        return values.astype(object)
    numbers = values.astype(np.float64)
    cuts = np.array(edges) if len(edges) else _quartiles(numbers)
    names = np.array([*_band_names(cuts), "(missing)"], dtype=object)
    bands = np.where(np.isnan(numbers), len(names) - 1, np.searchsorted(cuts, numbers, "right"))
    return np.asarray(names[bands])


def _quartiles(numbers: Floats) -> Floats:
    known = numbers[np.isfinite(numbers)]
    return np.unique(np.quantile(known, BANDS)) if known.size else np.array([])


def _band_names(cuts: Floats) -> list[str]:
    texts = [f"{cut:g}" for cut in cuts]
    if not texts:
        return ["*"]
    middle = [f"{low} … < {high}" for low, high in pairwise(texts)]
    return [f"< {texts[0]}", *middle, f"≥ {texts[-1]}"]


def segments(
    data: pd.DataFrame, truth: Floats, scores: Floats, metric: Metric, *, classes: int
) -> list[Segment]:
    """
    Every level (the ten most frequent) and quartile band of every column with at least 50 rows
    and, for classes, 10 of at least two of them; weakest first.
    """
    overall = metric.of(truth, scores)
    found = []
    for name in data.columns:
        groups = grouped(data[name].to_numpy())
        levels, counts = np.unique(groups.astype(str), return_counts=True)
        for level in levels[np.argsort(-counts, kind="stable")][:MOST_LEVELS]:
            rows = groups == level
            if _enough(truth[rows], classes):
                found.append(_segment(str(name), str(level), rows, truth, scores, metric, overall))
    # R² is not defined where all truths of a segment are equal.
    return sorted((one for one in found if np.isfinite(one.score)), key=lambda one: -one.drop)


def _segment(
    name: str,
    level: str,
    rows: NDArray[np.bool_],
    truth: Floats,
    scores: Floats,
    metric: Metric,
    overall: float,
) -> Segment:
    score = metric.of(truth[rows], scores[rows])
    drop = metric.drop(score, overall)
    return Segment(name, level, int(rows.sum()), score, drop, None)


def _enough(truth: Floats, classes: int) -> bool:
    if len(truth) < SMALLEST:
        return False
    counts = np.bincount(truth.astype(int), minlength=classes) if classes else np.array([0, 0])
    return not classes or bool((counts >= SMALLEST_CLASS).sum() >= 2)


def weakest(
    found: list[Segment],
    data: pd.DataFrame,
    truth: Floats,
    scores: Floats,
    metric: Metric,
    *,
    seed: int,
) -> Weakest | None:
    """The weakest of the segments with its bootstrap interval; None if there are none."""
    if not found:
        return None
    first = found[0]
    rows = grouped(data[first.feature].to_numpy()) == first.segment
    draws = resampled([(metric, scores[rows])], truth[rows], resamples=RESAMPLES, seed=seed)[0]
    span = interval(draws)
    overall = metric.of(truth, scores)
    segment = Segment(first.feature, first.segment, first.n, first.score, first.drop, span)
    surely = span is not None and all(metric.better_by(end, overall) < 0 for end in span)
    flagged = first.drop > WEAKER_BY and surely
    return Weakest(segment, flagged, _sentence(segment, metric, overall))


def _sentence(segment: Segment, metric: Metric, overall: float) -> Said:
    return said(
        "experiments.weakest",
        feature=segment.feature,
        segment=segment.segment,
        rows=segment.n,
        metric=metric.name,
        score=segment.score,
        overall=overall,
        drop=segment.drop,
        limit=WEAKER_BY,
    )
