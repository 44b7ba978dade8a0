"""Over- and underfitting. The limits are those that deepchecks uses by default."""

from dataclasses import dataclass

from apps.core.said import Said, said
from apps.experiments.metrics import Metric

DEGRADATION = 0.1
GAIN = 0.1
BOOSTING_DECLINE = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` for rules and filters, `sentence` for people, with what to try next."""

    code: str
    sentence: Said


def findings(metric: Metric, *, train: float, validation: float, naive: float, noise: float) -> list[Finding]:
    """
    What the scores on training and unseen rows say about the fit.

    `noise` is the half-width of the validation score's 95 % interval.
    """
    found = []
    degradation = metric.drop(validation, train)
    gain = metric.gain(validation, naive)
    if degradation > DEGRADATION:
        found.append(Finding("overfit", _overfit(metric, train, validation, degradation)))
    if metric.better_by(train, naive) <= noise:
        told = said("experiments.underfit", metric=metric.name, train=train, naive=naive)
        found.append(Finding("underfit", told))
    elif gain < GAIN:
        found.append(Finding("low_gain", said("experiments.low_gain", gain=gain, limit=GAIN)))
    return found


def _overfit(metric: Metric, train: float, validation: float, drop: float) -> Said:
    return said(
        "experiments.overfit",
        metric=metric.name,
        train=train,
        unseen=validation,
        drop=drop,
        limit=DEGRADATION,
    )


def boosting_decline(metric: Metric, staged: list[float]) -> Finding | None:
    """`staged`: the held-out score after more and more trees, the last with all of them."""
    best = max(staged, key=lambda value: value if metric.greater_is_better else -value)
    decline = metric.drop(staged[-1], best)
    if decline <= BOOSTING_DECLINE:
        return None
    told = said(
        "experiments.boosting_decline",
        metric=metric.name,
        best=best,
        last=staged[-1],
        drop=decline,
        limit=BOOSTING_DECLINE,
    )
    return Finding("boosting_decline", told)
