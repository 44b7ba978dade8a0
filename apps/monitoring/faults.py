"""Faults in one column that look like drift but call for a repair, not for retraining."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from apps.core.said import Said, said
from apps.monitoring import distances, metrics
from apps.monitoring.baselines import CategoryBaseline, ColumnBaseline, NumberBaseline
from apps.monitoring.drift import FeatureDrift
from apps.monitoring.histograms import ColumnCounts
from apps.monitoring.tally import CategoryCounts, NumberCounts

FaultKind = Literal["missing", "type_errors", "unit_change", "stuck", "spikes"]

UNIT_FACTORS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)
UNIT_TOLERANCE = 0.25
STUCK_SHARE = 0.3
"""Share of rows that one narrow bin must gain before its value counts as stuck."""
STUCK_WHOLLY = 0.995
USUAL_BIN = 0.9
RARE_BIN = 0.05
MANY_BINS = 50
SPIKE_SHARE = 0.003
INNER_PSI = 0.1


@dataclass(frozen=True, slots=True)
class Fault:
    """`share` of the window's rows that show it; `sentence` says what is wrong with the column."""

    kind: FaultKind
    column: str
    share: float
    sentence: Said


def find(feature: FeatureDrift, reference: ColumnBaseline, counts: ColumnCounts | None) -> Fault | None:
    """The column's fault, if it has one; the more certain kinds are asked first."""
    if feature.verdict == "missing_column" or counts is None:
        return _absent(feature)
    if fault := _incomplete(feature, reference, counts):
        return fault
    if feature.verdict == "not_enough_data":
        return None
    if isinstance(reference, NumberBaseline) and isinstance(counts, NumberCounts):
        return _unit_change(reference, counts) or _stuck(reference, counts) or _spikes(reference, counts)
    if isinstance(reference, CategoryBaseline) and isinstance(counts, CategoryCounts):
        return _stuck_level(reference, counts)
    return None


def _absent(feature: FeatureDrift) -> Fault | None:
    if feature.verdict != "missing_column":
        return None
    return Fault("missing", feature.name, 1.0, said("monitoring.column_gone", column=feature.name))


def _incomplete(feature: FeatureDrift, reference: ColumnBaseline, counts: ColumnCounts) -> Fault | None:
    breached = {value.name for value in feature.faults}
    rows = max(counts.n + counts.missing + counts.invalid, 1)
    before = max(reference.n + reference.missing + reference.invalid, 1)
    wrong, gone, usual = counts.invalid / rows, counts.missing / rows, reference.missing / before
    name = feature.name
    if metrics.TYPE_ERRORS in breached:
        return Fault("type_errors", name, wrong, said("monitoring.other_type", column=name, share=wrong))
    if metrics.MISSING_SHARE in breached and gone > usual:
        told = said("monitoring.more_missing", column=name, share=gone, usual=usual)
        return Fault("missing", name, gone, told)
    return None


def _unit_change(reference: NumberBaseline, counts: NumberCounts) -> Fault | None:
    """Mean and spread multiplied by the same power of ten: a change of unit, not of people."""
    mean = float(counts.sums.sum()) / counts.n
    std = math.sqrt(max(counts.squares / counts.n - mean**2, 0.0))
    if reference.std == 0 or std == 0:
        return None
    for factor in UNIT_FACTORS:
        same_spread = abs(std / (reference.std * factor) - 1) < UNIT_TOLERANCE
        # A mean near zero says nothing about the unit; it is measured against the spread.
        same_mean = abs(mean / factor - reference.mean) < max(
            UNIT_TOLERANCE * abs(reference.mean), 0.1 * reference.std
        )
        if same_spread and same_mean:
            told = said("monitoring.unit_changed", column=reference.name, factor=factor)
            return Fault("unit_change", reference.name, 1.0, told)
    return None


def _stuck(reference: NumberBaseline, counts: NumberCounts) -> Fault | None:
    gained = distances.shares(counts.counts) - distances.shares(reference.counts)
    position = int(np.argmax(gained))
    at = counts.sums[position] / max(int(counts.counts[position]), 1)
    is_outer = position in (0, len(gained) - 1)
    if is_outer and not _is_one_value(counts, position, float(at)):
        return None
    share, usual = counts.counts[position] / counts.n, reference.counts[position] / reference.n
    if not _is_stuck(float(share), float(usual), bins=len(gained)):
        return None
    told = said("monitoring.stuck_number", column=reference.name, value=at, share=share)
    return Fault("stuck", reference.name, float(share), told)


def _is_stuck(share: float, usual: float, *, bins: int) -> bool:
    """All rows in one bin, or many in one that was rare among many bins: no shift does that."""
    if share >= STUCK_WHOLLY:
        return usual < USUAL_BIN
    return share - usual >= STUCK_SHARE and usual < RARE_BIN and bins >= MANY_BINS


def _is_one_value(counts: NumberCounts, position: int, at: float) -> bool:
    """Whether an open bin holds a single value: then its mean is its extreme."""
    extreme = counts.minimum if position == 0 else counts.maximum
    return extreme is not None and math.isclose(at, extreme, rel_tol=1e-5, abs_tol=1e-9)


def _spikes(reference: NumberBaseline, counts: NumberCounts) -> Fault | None:
    """Some values far outside the range while all others lie as before."""
    reach = max(reference.high - reference.low, reference.scale)
    far = 0
    for position, limit in ((0, reference.low - reach), (-1, reference.high + reach)):
        rows = int(counts.counts[position])
        beyond = rows and abs(counts.sums[position] / rows - reference.median) > abs(limit - reference.median)
        far += rows if beyond else 0
    inner = counts.counts.copy()
    inner[[0, -1]] = 0
    if far / counts.n < SPIKE_SHARE or inner.sum() < counts.n / 2:
        return None
    before, after = reference.decile_counts(reference.counts), reference.decile_counts(inner)
    if distances.population_stability_index(before, after) >= INNER_PSI:
        return None
    share, low, high = far / counts.n, reference.low, reference.high
    told = said("monitoring.spikes", column=reference.name, share=share, low=low, high=high)
    return Fault("spikes", reference.name, share, told)


def _stuck_level(reference: CategoryBaseline, counts: CategoryCounts) -> Fault | None:
    """Every row of one level where training had several that mattered."""
    shares = counts.counts / counts.n
    if len(shares) < 2 or shares.max() < STUCK_WHOLLY:
        return None
    position = int(np.argmax(shares))
    if reference.counts[position] / reference.n >= USUAL_BIN:
        return None
    told = said("monitoring.stuck_level", column=reference.name, level=reference.levels[position])
    return Fault("stuck", reference.name, float(shares.max()), told)
