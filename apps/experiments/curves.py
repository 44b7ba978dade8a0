"""The curves that a page draws, thinned to at most 200 points each, as plain JSON."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from apps.experiments.metrics import decided

MOST_POINTS = 200
BINS = 10
Floats = NDArray[np.float64]


def curves(truth: Floats, scores: Floats, classes: tuple[str, ...]) -> dict[str, Any]:
    """What fits the task: two classes, several, or values."""
    if not classes:
        return {"residuals": residuals(truth, scores)}
    matrix = {"classes": list(classes), "counts": _confusion(truth, scores, len(classes))}
    if len(classes) > 2:
        return {"confusion": matrix}
    return {
        "confusion": matrix,
        "roc": roc(truth, scores),
        "precision_recall": precision_recall(truth, scores),
        "calibration": calibration(truth, scores),
        "thresholds": thresholds(truth, scores),
        "lift": lift(truth, scores),
    }


def _confusion(truth: Floats, scores: Floats, classes: int) -> list[list[int]]:
    """Rows are the truth, columns the decision."""
    return confusion_matrix(truth, decided(scores), labels=range(classes)).tolist()


def roc(truth: Floats, scores: Floats) -> dict[str, list[float]]:
    fpr, tpr, _ = roc_curve(truth, scores)
    return {"fpr": _thin(fpr), "tpr": _thin(tpr)}


def precision_recall(truth: Floats, scores: Floats) -> dict[str, list[float]]:
    precision, recall, _ = precision_recall_curve(truth, scores)
    return {"precision": _thin(precision), "recall": _thin(recall)}


def calibration(truth: Floats, scores: Floats) -> dict[str, Any]:
    """
    Ten bins of equally many rows: mean predicted, observed share and count; `ece` is their
    count-weighted mean absolute gap (expected calibration error, Naeini et al. 2015).
    """
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if part.size]
    predicted = np.array([scores[part].mean() for part in parts])
    observed = np.array([truth[part].mean() for part in parts])
    counts = np.array([part.size for part in parts])
    ece = float(np.average(np.abs(predicted - observed), weights=counts))
    return {
        "predicted": _plain(predicted),
        "observed": _plain(observed),
        "counts": counts.tolist(),
        "ece": ece,
    }


def thresholds(truth: Floats, scores: Floats) -> dict[str, list[Any]]:
    """Confusion counts at the thresholds 0, 0.01 … 1, for a cost slider."""
    steps = np.round(np.linspace(0, 1, 101), 2)
    positive, negative = np.sort(scores[truth == 1]), np.sort(scores[truth == 0])
    missed = np.searchsorted(positive, steps, "left")
    spared = np.searchsorted(negative, steps, "left")
    return {
        "threshold": steps.tolist(),
        "tp": (positive.size - missed).tolist(),
        "fn": missed.tolist(),
        "fp": (negative.size - spared).tolist(),
        "tn": spared.tolist(),
    }


def lift(truth: Floats, scores: Floats) -> dict[str, list[float]]:
    """Share of all positives among the rows scored highest, by the share of rows taken."""
    caught = np.cumsum(truth[np.argsort(-scores, kind="stable")])
    taken = np.arange(1, len(truth) + 1) / len(truth)
    return {"taken": _thin(taken), "caught": _thin(caught / max(caught[-1], 1))}


def residuals(truth: Floats, scores: Floats) -> dict[str, Any]:
    """Predicted against truth for evenly spread rows, and a histogram of truth - predicted."""
    order = np.argsort(scores, kind="stable")
    picked = order[_picks(len(order))]
    low, high = np.quantile(truth - scores, [0.005, 0.995])
    counts, edges = np.histogram(np.clip(truth - scores, low, high), bins=40)
    return {
        "predicted": _plain(scores[picked]),
        "truth": _plain(truth[picked]),
        "histogram": {"edges": _plain(edges), "counts": counts.tolist()},
    }


def _thin(values: Floats) -> list[float]:
    return _plain(values[_picks(len(values))])


def _picks(count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))


def _plain(values: Floats) -> list[float]:
    return [round(float(value), 6) for value in values]
