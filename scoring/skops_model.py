"""
A model kept as a scikit-learn pipeline in skops format.

Apart from models.py because it brings scikit-learn and pandas: ONNX models need neither.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from numpy.typing import NDArray
from skops.io.exceptions import UntrustedTypesFoundException

from scoring.inputs import Columns
from scoring.signature import Signature
from scoring.trusted_types import TRUSTED_TYPES


class ModelRefused(ValueError):
    """The file holds something that the portal does not load."""


def load_pipeline(path: Path) -> Any:
    """The fitted pipeline. Raises ModelRefused for any type outside the portal's own list."""
    try:
        return skops.io.load(path, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as refused:
        raise ModelRefused(f"{path.name} holds types that are not trusted: {refused}") from None


def frame(columns: Columns) -> pd.DataFrame:
    """Columns of shape (rows, 1) → a data frame as the pipeline was fitted on."""
    return pd.DataFrame({name: _series(values.ravel()) for name, values in columns.items()})


def _series(values: NDArray[Any]) -> pd.Series:
    return pd.Series(values, dtype="str") if values.dtype == object else pd.Series(values)


class SkopsRuntime:
    def __init__(self, path: Path, signature: Signature) -> None:
        self._pipeline = load_pipeline(path)
        self._with_probabilities = signature.task != "regression" and hasattr(self._pipeline, "predict_proba")

    def run(self, columns: Columns) -> tuple[list[Any], NDArray[Any] | None]:
        """Predictions as Python values, and probabilities of shape (rows, classes) or None."""
        data = frame(columns)
        predictions = np.asarray(self._pipeline.predict(data)).ravel().tolist()
        if not self._with_probabilities:
            return predictions, None
        return predictions, np.asarray(self._pipeline.predict_proba(data))
