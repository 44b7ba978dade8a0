"""The rows that a search works on, and their folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from apps.core.said import said
from apps.experiments.cleaning import Target
from apps.experiments.training import TrainingRefused, TrainingSettings
from scoring.signature import Feature

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
MANY_GROUPS = 20_000
"""Over this many keys, stratifying whole groups takes longer than fitting the models."""


@dataclass(frozen=True, slots=True)
class Material:
    """The training rows: frame, target, keys, and times where the split is by time."""

    data: pd.DataFrame
    target: Target
    keys: NDArray[np.object_]
    features: Sequence[Feature]
    times: NDArray[np.int64] | None = None


def folds(material: Material, settings: TrainingSettings) -> list[Fold]:
    """
    Stratified folds for classes; rows of one key in one fold; forward in time if split by time.

    Fewer folds than asked for where the rarest class has not that many rows. Raises
    TrainingRefused if fewer than two folds have two classes on either side.
    """
    if material.times is None:
        found = _shuffled(material, settings)
    else:
        found = _forward(material.times, settings)
    target = material.target
    telling = [fold for fold in found if not target.classes or _has_classes(target.truth, fold)]
    if len(telling) < 2:
        raise TrainingRefused(said("experiments.uneven_folds"))
    return telling


def _has_classes(truth: NDArray[np.float64], fold: Fold) -> bool:
    return all(np.unique(truth[rows]).size > 1 for rows in fold)


def _forward(times: NDArray[np.int64], settings: TrainingSettings) -> list[Fold]:
    order = np.argsort(times, kind="stable")
    forward = TimeSeriesSplit(settings.folds).split(order)
    return [(order[before], order[after]) for before, after in forward]


def _shuffled(material: Material, settings: TrainingSettings) -> list[Fold]:
    target = material.target
    truth = target.truth
    groups = np.unique(material.keys.astype(str), return_inverse=True)[1]
    repeated = int(groups.max()) + 1 < len(groups)
    count = settings.folds
    if target.classes:
        rarest = int(np.bincount(truth.astype(int)).min())
        count = max(2, min(count, rarest))
    splitter = _splitter(count, settings.seed, bool(target.classes), repeated, int(groups.max()))
    return list(splitter.split(truth, truth, groups if repeated else None))


def _splitter(count: int, seed: int, classes: bool, repeated: bool, groups: int) -> Any:
    if repeated and classes and groups < MANY_GROUPS:
        return StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    if repeated:
        return GroupKFold(count, shuffle=True, random_state=seed)
    kind = StratifiedKFold if classes else KFold
    return kind(count, shuffle=True, random_state=seed)
