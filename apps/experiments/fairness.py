"""
Fairness by group of a protected attribute, in the notation of SageMaker Clarify: a is the
favoured (reference) group, d the other one, q the observed and q' the decided favourable rate.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from apps.core.said import Said, said

SMALLEST = 30
FOUR_FIFTHS = 0.8
Z = float(norm.ppf(0.975))

Bools = NDArray[np.bool_]
Range = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % Wilson interval; `value` None where nothing was counted."""

    hits: int
    of: int
    value: float | None
    interval: Range


@dataclass(frozen=True, slots=True)
class Group:
    """
    One group. `observed_rate` q, `selection_rate` q', `tpr`, `fpr`, `precision` each of the
    favourable outcome. Against the reference group: `dpl` = q_a - q_d, `dppl` = q'_a - q'_d,
    `di` = q'_d / q'_a, `rd` = TPR_a - TPR_d. `verdict`: reference, fair, below_four_fifths,
    uncertain (the interval spans 0.8), or too_few (no verdict under 30 rows).
    """

    group: str
    n: int
    observed_rate: Rate
    selection_rate: Rate
    tpr: Rate
    fpr: Rate
    precision: Rate
    dpl: float | None
    dppl: float | None
    dppl_interval: Range
    di: float | None
    di_interval: Range
    rd: float | None
    rd_interval: Range
    verdict: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """`four_fifths`: True if a group with enough rows is below 0.8; None if none had enough."""

    attribute: str
    reference: str | None
    groups: list[Group]
    four_fifths: bool | None
    sentence: Said


def measure(
    attribute: str, groups: NDArray[Any], observed: Bools, decided: Bools, *, reference: str | None
) -> Attribute:
    """
    All arrays have shape (rows,): the group's name, whether the favourable outcome happened,
    whether it was decided. Without a named `reference` the group with at least 30 rows that is
    decided for most often is taken, as the four-fifths rule does (29 CFR 1607.4 D).
    """
    names = sorted(set(groups.astype(str)))
    counts = {name: _Counts.of(groups.astype(str) == name, observed, decided) for name in names}
    enough = [name for name in names if counts[name].rows >= SMALLEST]
    if reference not in counts:
        reference = max(enough, key=lambda name: counts[name].selected_rate, default=None)
    base = counts[reference] if reference is not None else None
    measured = [_group(name, counts[name], base, name == reference) for name in names]
    return _attribute(attribute, reference, measured)


def _attribute(attribute: str, reference: str | None, groups: list[Group]) -> Attribute:
    below = [one.group for one in groups if one.verdict == "below_four_fifths"]
    judged = [one for one in groups if one.verdict in ("fair", "below_four_fifths", "uncertain")]
    flag = bool(below) if judged else None
    return Attribute(attribute, reference, groups, flag, _sentence(attribute, reference, below, judged))


def _sentence(attribute: str, reference: str | None, below: list[str], judged: list[Group]) -> Said:
    if not judged:
        return said("experiments.nothing_of_fairness", attribute=attribute, least=SMALLEST)
    if below:
        return said(
            "experiments.unfair", attribute=attribute, groups=below, count=len(below), reference=reference
        )
    return said("experiments.fair", attribute=attribute, reference=reference)


@dataclass(frozen=True, slots=True)
class _Counts:
    rows: int
    observed: int
    selected: int
    true_selected: int

    @classmethod
    def of(cls, inside: Bools, observed: Bools, decided: Bools) -> "_Counts":
        return cls(
            int(inside.sum()),
            int((inside & observed).sum()),
            int((inside & decided).sum()),
            int((inside & observed & decided).sum()),
        )

    @property
    def selected_rate(self) -> float:
        return self.selected / self.rows


def _group(name: str, own: _Counts, base: _Counts | None, is_reference: bool) -> Group:
    rates = _rates(own)
    facts: dict[str, Any] = dict.fromkeys(
        ("dpl", "dppl", "dppl_interval", "di", "di_interval", "rd", "rd_interval")
    )
    verdict = "reference" if is_reference else "too_few"
    if base and not is_reference:
        facts = _against(rates, _rates(base))
        verdict = _verdict(own, base, facts["di"], facts["di_interval"])
    return Group(group=name, n=own.rows, verdict=verdict, **(facts | rates))


def _rates(own: _Counts) -> dict[str, Rate]:
    negatives = own.rows - own.observed
    return {
        "observed_rate": rate(own.observed, own.rows),
        "selection_rate": rate(own.selected, own.rows),
        "tpr": rate(own.true_selected, own.observed),
        "fpr": rate(own.selected - own.true_selected, negatives),
        "precision": rate(own.true_selected, own.selected),
    }


def _against(own: dict[str, Rate], base: dict[str, Rate]) -> dict[str, Any]:
    ratio, ratio_interval = impact(own["selection_rate"], base["selection_rate"])
    dppl, dppl_interval = difference(base["selection_rate"], own["selection_rate"])
    lost, lost_interval = difference(base["tpr"], own["tpr"])
    return {
        "dpl": difference(base["observed_rate"], own["observed_rate"])[0],
        "dppl": dppl,
        "dppl_interval": dppl_interval,
        "di": ratio,
        "di_interval": ratio_interval,
        "rd": lost,
        "rd_interval": lost_interval,
    }


def _verdict(own: _Counts, base: _Counts, ratio: float | None, interval: Range) -> str:
    if own.rows < SMALLEST or base.rows < SMALLEST or ratio is None:
        return "too_few"
    if ratio < FOUR_FIFTHS:
        return "below_four_fifths"
    return "uncertain" if interval and interval[0] < FOUR_FIFTHS else "fair"


def rate(hits: int, of: int) -> Rate:
    """Wilson's score interval (1927)."""
    if not of:
        return Rate(hits, of, None, None)
    share = hits / of
    middle = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z / (1 + Z**2 / of) * np.sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    return Rate(hits, of, share, (max(0.0, float(middle - half)), min(1.0, float(middle + half))))


def difference(first: Rate, second: Rate) -> tuple[float | None, Range]:
    """first - second with Newcombe's hybrid score interval (1998, method 10)."""
    if first.value is None or second.value is None:
        return None, None
    (low_1, high_1), (low_2, high_2) = first.interval or (0, 0), second.interval or (0, 0)
    gap = first.value - second.value
    below = np.hypot(first.value - low_1, high_2 - second.value)
    above = np.hypot(high_1 - first.value, second.value - low_2)
    return gap, (float(gap - below), float(gap + above))


def impact(own: Rate, base: Rate) -> tuple[float | None, Range]:
    """own / base with Katz's logarithmic interval (1978); no interval at zero hits."""
    if not base.value or own.value is None:
        return None, None
    ratio = own.value / base.value
    if not own.hits:
        return ratio, None
    spread = Z * np.sqrt(1 / own.hits - 1 / own.of + 1 / base.hits - 1 / base.of)
    return ratio, (float(ratio * np.exp(-spread)), float(ratio * np.exp(spread)))
