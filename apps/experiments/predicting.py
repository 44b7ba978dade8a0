"""What a fitted pipeline says about rows, in the shape that the metrics take."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from scoring.signature import Task

Floats = NDArray[np.float64]
Model = Pipeline


def scores_of(model: Pipeline, data: pd.DataFrame, task: Task, classes: int) -> Floats:
    """
    Binary: the positive class's probability, (rows,). Multiclass: (rows, classes), zero for a
    class that the model never saw. Regression: the predicted values, (rows,).
    """
    if task == "regression":
        return _asked(model.predict, data)
    full = probabilities(model, data, classes)
    return full[:, 1] if task == "binary" else full


def probabilities(model: Pipeline, data: pd.DataFrame, classes: int) -> Floats:
    """(rows, classes), zero for a class that the model never saw."""
    full = np.zeros((len(data), classes))
    full[:, model.classes_.astype(int)] = _asked(model.predict_proba, data)
    return full


def _asked(ask: Callable[[pd.DataFrame], Floats], data: pd.DataFrame) -> Floats:
    with warnings.catch_warnings():
        # LightGBM gives itself feature names when it is fitted on a matrix, then misses them.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        return np.asarray(ask(data), dtype=np.float64)


def fit(model: Pipeline, data: pd.DataFrame, truth: Floats, task: Task) -> Pipeline:
    return model.fit(data, truth if task == "regression" else truth.astype(np.int64))
