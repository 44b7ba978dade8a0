"""The algorithms that a search tries, from the simplest to the most involved, and their spaces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from apps.experiments.preprocessing import preparation
from scoring.signature import Feature

Parameters = dict[str, Any]
Space = dict[str, Callable[[np.random.Generator], Any]]


@dataclass(frozen=True, slots=True)
class Family:
    """
    `simplicity`: lower is simpler, breaks ties. `first` are the parameters of the first trial;
    `space` draws those of the later ones; `fixed` holds for all.
    """

    name: str
    simplicity: int
    classifier: type[BaseEstimator]
    regressor: type[BaseEstimator]
    first: Parameters
    space: Space
    fixed: Parameters
    scale: bool = False
    sparse: bool = False
    threads: bool = True
    seeded: bool = True


def _log(low: float, high: float) -> Callable[[np.random.Generator], float]:
    return lambda rng: float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.4g}")


def _whole(low: int, high: int) -> Callable[[np.random.Generator], int]:
    return lambda rng: round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))


def _one_of(*values: Any) -> Callable[[np.random.Generator], Any]:
    return lambda rng: values[int(rng.integers(len(values)))]


FOREST: Space = {
    "min_samples_leaf": _whole(1, 40),
    "max_features": _one_of("sqrt", 0.2, 0.35, 0.5),
}
FAMILIES: dict[str, Family] = {
    "naive": Family("naive", 0, DummyClassifier, DummyRegressor, {}, {}, {}, threads=False, seeded=False),
    "linear": Family(
        "linear",
        1,
        LogisticRegression,
        Ridge,
        {"strength": 1.0},
        {"strength": _log(0.01, 30)},
        {},
        scale=True,
        sparse=True,
        threads=False,
        seeded=False,
    ),
    "random_forest": Family(
        "random_forest",
        2,
        RandomForestClassifier,
        RandomForestRegressor,
        {"min_samples_leaf": 3, "max_features": "sqrt"},
        FOREST,
        {"n_estimators": 200},
    ),
    "extra_trees": Family(
        "extra_trees",
        2,
        ExtraTreesClassifier,
        ExtraTreesRegressor,
        {"min_samples_leaf": 3, "max_features": "sqrt"},
        FOREST,
        {"n_estimators": 200},
    ),
    "gradient_boosting": Family(
        "gradient_boosting",
        3,
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        {"learning_rate": 0.1, "max_iter": 100, "max_leaf_nodes": 31, "min_samples_leaf": 20},
        {
            "learning_rate": _log(0.02, 0.2),
            "max_iter": _whole(50, 500),
            "max_leaf_nodes": _whole(4, 63),
            "min_samples_leaf": _whole(5, 100),
            "l2_regularization": _log(0.001, 30),
        },
        {"early_stopping": False},
        threads=False,
    ),
    "lightgbm": Family(
        "lightgbm",
        3,
        LGBMClassifier,
        LGBMRegressor,
        {"learning_rate": 0.05, "n_estimators": 250, "num_leaves": 24, "min_child_samples": 20},
        {
            "learning_rate": _log(0.02, 0.15),
            "n_estimators": _whole(60, 800),
            "num_leaves": _whole(4, 63),
            "min_child_samples": _whole(5, 100),
            "colsample_bytree": _one_of(0.4, 0.6, 0.8, 1.0),
            "reg_lambda": _log(0.001, 30),
        },
        {"verbose": -1, "deterministic": True, "force_row_wise": True},
        sparse=True,
    ),
}


def drawn(family: Family, rng: np.random.Generator) -> Parameters:
    return {name: draw(rng) for name, draw in family.space.items()}


def pipeline(
    family: Family,
    parameters: Parameters,
    features: Sequence[Feature],
    *,
    classes: int,
    clip: bool,
    seed: int,
    n_jobs: int,
) -> Pipeline:
    """The unfitted pipeline from frame to prediction. `classes` is 0 in regression."""
    steps = preparation(features, scale=family.scale, sparse=family.sparse, clip=clip)
    model = _model(family, parameters, classes=classes, seed=seed, n_jobs=n_jobs)
    return Pipeline([("prepare", steps), ("model", model)])


def _model(family: Family, parameters: Parameters, *, classes: int, seed: int, n_jobs: int) -> BaseEstimator:
    told = {**family.fixed, **parameters}
    if family.name == "naive":
        told |= {"strategy": "prior" if classes else "mean"}
    if family.name == "linear":
        told = _linear(float(told.pop("strength")), classes)
    if family.threads:
        told["n_jobs"] = n_jobs
    if family.seeded:
        told["random_state"] = seed
    return (family.classifier if classes else family.regressor)(**told)


def _linear(strength: float, classes: int) -> Parameters:
    """`strength` grows with freedom in both: C of the logistic, 1/alpha of ridge regression."""
    return {"C": strength, "max_iter": 2000} if classes else {"alpha": 1 / strength}
