"""How good the model was, from labels that came later, each figure with n and a 95 % interval."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Z = 1.959964
DRAWS = 2_000
SEED = 20_240_601


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric; `low` and `high` are None where n is too small for an interval."""

    metric: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Row numbers of predictions and of their labels, in step; `rate` is the share joined."""

    predictions: NDArray[np.int64]
    labels: NDArray[np.int64]
    rate: float


def join(
    predicted: Sequence[Hashable],
    labelled: Sequence[Hashable],
    label_times: Sequence[datetime] | None = None,
) -> Joined:
    """
    Each prediction with the label of the same id or business key.

    Of several labels for one key the latest counts (the last given, without times). The rate of
    no predictions is 0.
    """
    order = range(len(labelled))
    times = label_times
    ranked = order if times is None else sorted(order, key=lambda row: times[row])
    latest = {labelled[row]: row for row in ranked}
    rows = [row for row, key in enumerate(predicted) if key in latest]
    return Joined(
        np.array(rows, dtype=np.int64),
        np.array([latest[predicted[row]] for row in rows], dtype=np.int64),
        len(rows) / len(predicted) if len(predicted) else 0.0,
    )


def of_classes(true: NDArray[np.str_], predicted: NDArray[np.str_], classes: Sequence[str]) -> list[Figure]:
    """
    Accuracy (Wilson interval) and F1 (of the second of two classes, else the macro average;
    seeded bootstrap of the confusion matrix). Both arrays (rows,), of text. ValueError when they
    differ in length; no figures without rows.
    """
    _check(true, predicted)
    n = len(true)
    if n == 0:
        return []
    matrix = _confusion(true, predicted, classes)
    right = int(np.count_nonzero(true == predicted))
    low, high = _wilson(right, n)
    draws = np.random.default_rng(SEED).multinomial(n, matrix.ravel() / n, size=DRAWS)
    scores = _f1(draws.reshape(DRAWS, *matrix.shape))
    spread = np.quantile(scores, [0.025, 0.975])
    return [
        Figure("accuracy", right / n, n, low, high),
        Figure("f1", float(_f1(matrix[None])[0]), n, float(spread[0]), float(spread[1])),
    ]


def of_scores(true: NDArray[np.bool_], score: NDArray[np.float64]) -> list[Figure]:
    """
    ROC AUC with DeLong's interval (DeLong, DeLong, Clarke-Pearson, 1988). Both arrays (rows,);
    `true` is whether the row is of the positive class. No figure with one class alone.
    """
    _check(true, score)
    positive, negative = score[true], score[~true]
    p, q = len(positive), len(negative)
    if min(p, q) == 0:
        return []
    ranks = stats.rankdata(np.concatenate([positive, negative]))
    # Placements: the share of the other class that each row is on the right side of.
    of_positive = (ranks[:p] - stats.rankdata(positive)) / q
    of_negative = 1 - (ranks[p:] - stats.rankdata(negative)) / p
    area = float(of_positive.mean())
    if min(p, q) < 2:
        return [Figure("roc_auc", area, p + q)]
    reach = Z * float(np.sqrt(of_positive.var(ddof=1) / p + of_negative.var(ddof=1) / q))
    return [Figure("roc_auc", area, p + q, max(area - reach, 0.0), min(area + reach, 1.0))]


def of_numbers(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> list[Figure]:
    """MAE and RMSE in the target's unit, normal intervals of the mean error. Arrays (rows,)."""
    _check(true, predicted)
    if len(true) == 0:
        return []
    absolute = np.abs(true - predicted)
    mae, mae_low, mae_high = _mean(absolute)
    mse, mse_low, mse_high = _mean(absolute**2)
    n = len(true)
    return [
        Figure("mae", mae, n, mae_low, mae_high),
        Figure("rmse", mse**0.5, n, _root(mse_low), _root(mse_high)),
    ]


def has_fallen(reference: Figure, current: Figure) -> bool:
    """Whether the current interval lies wholly on the worse side of the reference's."""
    if current.metric in ("mae", "rmse"):
        return _edge(current.low, current.value) > _edge(reference.high, reference.value)
    return _edge(current.high, current.value) < _edge(reference.low, reference.value)


def _edge(bound: float | None, value: float) -> float:
    return value if bound is None else bound


def _check(true: NDArray[np.generic], predicted: NDArray[np.generic]) -> None:
    if len(true) != len(predicted):
        raise ValueError("Labels and predictions differ in length.")


def _confusion(
    true: NDArray[np.str_], predicted: NDArray[np.str_], classes: Sequence[str]
) -> NDArray[np.int64]:
    """Rows by true class, columns by predicted one; classes that training never saw come last."""
    seen = [*classes, *sorted({*true.tolist(), *predicted.tolist()} - set(classes))]
    position = {name: number for number, name in enumerate(seen)}
    rows = np.array([position[name] for name in true.tolist()])
    columns = np.array([position[name] for name in predicted.tolist()])
    return np.bincount(rows * len(seen) + columns, minlength=len(seen) ** 2).reshape(len(seen), len(seen))


def _f1(matrices: NDArray[np.int64]) -> NDArray[np.float64]:
    """(draws, k, k) → (draws,): F1 of the second of two classes, else the mean over classes."""
    hits = np.diagonal(matrices, axis1=1, axis2=2).astype(np.float64)
    both = (matrices.sum(axis=1) + matrices.sum(axis=2)).astype(np.float64)
    each = np.divide(2 * hits, both, out=np.zeros_like(hits), where=both > 0)
    if matrices.shape[1] == 2:
        return np.asarray(each[:, 1])
    return np.asarray(each.sum(axis=1) / np.maximum((both > 0).sum(axis=1), 1))


def _wilson(right: int, n: int) -> tuple[float, float]:
    share, shrink = right / n, 1 + Z**2 / n
    middle = (share + Z**2 / (2 * n)) / shrink
    reach = Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / shrink
    return float(middle - reach), float(middle + reach)


def _mean(values: NDArray[np.float64]) -> tuple[float, float | None, float | None]:
    mean = float(values.mean())
    if len(values) < 2:
        return mean, None, None
    reach = Z * float(values.std(ddof=1)) / len(values) ** 0.5
    return mean, max(mean - reach, 0.0), mean + reach


def _root(value: float | None) -> float | None:
    return None if value is None else value**0.5
