"""Over- and underfitting in words. The limits are those that deepchecks uses by default."""

from dataclasses import dataclass

from apps.experiments.metrics import Metric

DEGRADATION = 0.1
GAIN = 0.1
BOOSTING_DECLINE = 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` for rules and filters, `sentence` for people, with what to try next."""

    code: str
    sentence: str


def findings(metric: Metric, *, train: float, validation: float, naive: float, noise: float) -> list[Finding]:
    """
    What the scores on training and unseen rows say about the fit.

    `noise` is the half-width of the validation score's 95 % interval.
    """
    found = []
    degradation = metric.drop(validation, train)
    gain = metric.gain(validation, naive)
    if degradation > DEGRADATION:
        found.append(_overfit(metric, train, validation, degradation))
    if metric.better_by(train, naive) <= noise:
        found.append(Finding("underfit", _underfit(metric, train, naive)))
    elif gain < GAIN:
        found.append(Finding("low_gain", _low_gain(gain)))
    return found


def _overfit(metric: Metric, train: float, validation: float, degradation: float) -> Finding:
    return Finding(
        "overfit",
        f"Overfitted: {metric.name} falls from {train:.3f} on training rows to {validation:.3f} "
        f"on unseen ones, {degradation:.0%} worse (limit {DEGRADATION:.0%}). "
        "Try more rows, larger leaves or stronger regularisation.",
    )


def _underfit(metric: Metric, train: float, naive: float) -> str:
    return (
        f"Underfitted: even on its training rows {metric.name} is {train:.3f}, no better than "
        f"the naive model's {naive:.3f}. Try other features or a more flexible algorithm."
    )


def _low_gain(gain: float) -> str:
    return (
        f"Little gain: only {gain:.0%} of the way from guessing to perfect "
        f"(limit {GAIN:.0%}). The features may say little about the target."
    )


def boosting_decline(metric: Metric, staged: list[float]) -> Finding | None:
    """`staged`: the held-out score after more and more trees, the last with all of them."""
    best = max(staged, key=lambda value: value if metric.greater_is_better else -value)
    decline = metric.drop(staged[-1], best)
    if decline <= BOOSTING_DECLINE:
        return None
    return Finding(
        "boosting_decline",
        f"Too many trees: {metric.name} was {best:.3f} with fewer and is {staged[-1]:.3f} now, "
        f"{decline:.0%} worse (limit {BOOSTING_DECLINE:.0%}).",
    )
