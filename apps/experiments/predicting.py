"""What a fitted pipeline says about rows, in the shape that the metrics take."""

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from scoring.signature import Task

Floats = NDArray[np.float64]


def scores_of(model: Pipeline, data: pd.DataFrame, task: Task, classes: int) -> Floats:
    """
    Binary: the positive class's probability, (rows,). Multiclass: (rows, classes), zero for a
    class that the model never saw. Regression: the predicted values, (rows,).
    """
    with warnings.catch_warnings():
        # LightGBM gives itself feature names when it is fitted on a matrix, then misses them.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        if task == "regression":
            return np.asarray(model.predict(data), dtype=np.float64)
        told = model.predict_proba(data)
    full = np.zeros((len(data), classes))
    full[:, model.classes_.astype(int)] = told
    return full[:, 1] if task == "binary" else full


def fit(model: Pipeline, data: pd.DataFrame, truth: Floats, task: Task) -> Pipeline:
    return model.fit(data, truth if task == "regression" else truth.astype(np.int64))
