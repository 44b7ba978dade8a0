"""Which columns a model gets to see, and why the others are left out."""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from apps.core.said import Said, said
from apps.experiments import framing
from apps.experiments.cleaning import Target
from apps.experiments.training import TrainingRefused, TrainingSettings
from scoring.signature import Feature

RESERVED = re.compile(r"^(row_key|target|prediction|probability_.*)$")
ID_NAME = re.compile(r"(^|[_\- ])(id|key|uuid|guid|index|nr|no)$", re.IGNORECASE)
MOST_LEVELS = 1000
LONG_TEXT = 50
LEAKAGE = 0.99
SAMPLE = 10_000


@dataclass(slots=True)
class Choice:
    """The chosen features, the left-out ones with the reason, and what to look at twice."""

    features: list[Feature] = field(default_factory=list)
    left_out: dict[str, Said] = field(default_factory=dict)
    warnings: list[Said] = field(default_factory=list)


def choose(table: pa.Table, settings: TrainingSettings) -> Choice:
    """
    The named features, or every column without a reason against it.

    Raises TrainingRefused for a named feature that is not there or of no usable kind, and if
    no feature is left.
    """
    choice = Choice()
    for name in settings.features or table.column_names:
        reason = _reason_against(table, name, settings)
        kind = framing.kind_of(table[name])
        if reason or kind is None:
            choice.left_out[name] = reason or said("experiments.out_type")
        else:
            choice.features.append(Feature(name, kind))
    if not choice.features:
        raise TrainingRefused(_nothing_left(choice))
    return choice


def _nothing_left(choice: Choice) -> Said:
    reasons = [
        said("experiments.column_and_reason", column=name, why=reason)
        for name, reason in choice.left_out.items()
    ]
    return said("experiments.no_feature_left", reasons=reasons)


def _reason_against(table: pa.Table, name: str, settings: TrainingSettings) -> Said | None:
    if settings.features is not None:
        return _reason_named(table, name)
    column = table[name]
    return (
        _reason_by_part(name, settings)
        or _reason_by_type(column)
        or _reason_empty(column)
        or _reason_identifier(column, name)
    )


def _reason_named(table: pa.Table, name: str) -> Said | None:
    """Somebody asked for it: only what cannot work is left out."""
    if name not in table.column_names:
        raise TrainingRefused(said("experiments.feature_absent", name=name))
    if why := _reason_by_type(table[name]):
        raise TrainingRefused(said("experiments.feature_unusable", name=name, why=why))
    if RESERVED.match(name):
        raise TrainingRefused(said("experiments.feature_reserved", name=name))
    return _reason_empty(table[name])


def _reason_by_part(name: str, settings: TrainingSettings) -> Said | None:
    parts = {one.name: said("experiments.out_protected") for one in settings.protected}
    parts |= dict.fromkeys(settings.row_key, said("experiments.out_key"))
    parts[settings.target] = said("experiments.out_target")
    if settings.time_column:
        parts[settings.time_column] = said("experiments.out_time_column")
    reserved = said("experiments.out_reserved") if RESERVED.match(name) else None
    return parts.get(name) or reserved


def _reason_by_type(column: pa.ChunkedArray) -> Said | None:
    if pa.types.is_temporal(column.type):
        return said("experiments.out_time")
    return None


def _reason_empty(column: pa.ChunkedArray) -> Said | None:
    known = pc.filter(column, pc.invert(pc.is_null(column, nan_is_null=True)))
    if not len(known):
        return said("experiments.out_empty")
    distinct = pc.count_distinct(known).as_py()
    is_constant = distinct == 1 and len(known) == len(column)
    return said("experiments.out_constant") if is_constant else None


def _reason_identifier(column: pa.ChunkedArray, name: str) -> Said | None:
    distinct = pc.count_distinct(column).as_py()
    if pa.types.is_integer(column.type):
        every = distinct == len(column) and len(column) > 100
        counted = every and (ID_NAME.search(name) or _rising(column))
        return said("experiments.out_identifier") if counted else None
    if framing.kind_of(column) != "category":
        return None
    return _reason_text(column, distinct)


def _reason_text(column: pa.ChunkedArray, distinct: int) -> Said | None:
    if distinct > max(100, len(column) / 2):
        return said("experiments.out_nearly_unique")
    if distinct > MOST_LEVELS:
        return said("experiments.out_many_levels", levels=distinct)
    if distinct > LONG_TEXT and pc.mean(pc.utf8_length(column)).as_py() > LONG_TEXT:
        return said("experiments.out_free_text")
    return None


def _rising(column: pa.ChunkedArray) -> bool:
    steps = np.diff(column.to_numpy())
    return bool((steps > 0).all() or (steps < 0).all())


def alone(data: pd.DataFrame, target: Target, *, seed: int) -> dict[str, float]:
    """
    How much each feature tells without the others: ROC AUC (one against the rest), or R² in
    regression, of a small tree over two cross-validated halves of at most 10,000 rows.
    """
    rows = np.random.default_rng(seed).permutation(len(data))[:SAMPLE]
    truth = target.truth[rows]
    return {str(name): _score(_codes(data[name], rows), truth, target) for name in data.columns}


def suspects(strengths: dict[str, float]) -> list[Said]:
    """One for each feature that nearly gives the target away."""
    return [
        said("experiments.suspect", feature=name, strength=value)
        for name, value in strengths.items()
        if value > LEAKAGE
    ]


def _codes(values: "pd.Series[float]", rows: NDArray[np.int64]) -> NDArray[np.float64]:
    picked = values.to_numpy()[rows]
    if picked.dtype != object:
        return np.nan_to_num(picked.astype(np.float64), nan=-1e30).reshape(-1, 1)
    return np.unique(picked.astype(str), return_inverse=True)[1].reshape(-1, 1).astype(np.float64)


def _score(codes: NDArray[np.float64], truth: NDArray[np.float64], target: Target) -> float:
    if target.task == "regression":
        tree, scoring = DecisionTreeRegressor(max_depth=6, min_samples_leaf=20), "r2"
    else:
        tree, scoring = DecisionTreeClassifier(max_depth=6, min_samples_leaf=20), "roc_auc_ovr"
        levels, counts = np.unique(truth, return_counts=True)
        if len(levels) < 2 or counts.min() < 2:
            return 0.5
    return float(np.mean(cross_val_score(tree, codes, truth, cv=2, scoring=scoring)))
