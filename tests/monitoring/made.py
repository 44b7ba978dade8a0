"""Signatures, baselines and windows for the tests of monitoring."""

from typing import Any

import numpy as np

from apps.monitoring import baselines, drift, histograms
from apps.monitoring.baselines import Baseline
from apps.monitoring.drift import FeatureDrift
from apps.monitoring.metrics import DriftSettings
from scoring.signature import Feature, Signature


def signature(task: str = "binary", **kinds: str) -> Signature:
    classes = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c")}.get(task, ())
    features = tuple(Feature(name, kind) for name, kind in kinds.items())
    return Signature(task, "y", features, classes)


def baseline(**columns: Any) -> Baseline:
    """Numbers for columns of numbers, else categories."""
    kinds = {name: _kind(values) for name, values in columns.items()}
    return baselines.build(columns, signature(**kinds))


def compared(
    reference: Baseline, settings: DriftSettings | None = None, **columns: Any
) -> dict[str, FeatureDrift]:
    found = drift.compare(reference, histograms.count(columns, reference), settings)
    return {feature.name: feature for feature in found}


def _kind(values: Any) -> str:
    array = np.asarray(values)
    return "number" if np.issubdtype(array.dtype, np.number) else "category"
