"""
The steps before a model, fitted with it: made of parts that convert to ONNX.

Two of them are fitted in a way of their own (levels by frequency, limits by quantile) and are
then frozen into scikit-learn's plain parts, so that a stored model needs no code of the portal.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from scoring.signature import Feature

CLIP_QUANTILES = (0.01, 0.99)


class FrequentLevels(OneHotEncoder):
    """
    One column per level that is frequent enough; a rare or unknown level is all zeros.

    scikit-learn's own grouping of infrequent levels has no ONNX converter; this has.
    """

    def __init__(self, *, min_rows: int = 5, max_levels: int = 100, sparse_output: bool = True) -> None:
        super().__init__(handle_unknown="ignore", dtype=np.float32, sparse_output=sparse_output)
        self.min_rows = min_rows
        self.max_levels = max_levels

    def fit(self, X: Any, y: Any = None) -> Self:
        self.categories = [self._frequent(np.asarray(X[name])) for name in X.columns]
        super().fit(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None, **_: Any) -> Any:
        return self.fit(X, y).transform(X)

    def _frequent(self, values: NDArray[np.object_]) -> NDArray[np.object_]:
        levels, counts = np.unique(values.astype(object), return_counts=True)
        order = np.argsort(-counts, kind="stable")[: self.max_levels]
        kept = order[counts[order] >= min(self.min_rows, counts.max())]
        return np.sort(levels[kept])


class QuantileClipper(MinMaxScaler):
    """Clips to the 1 % and 99 % quantiles of the training rows and scales to 0…1."""

    def __init__(self) -> None:
        super().__init__(clip=True)

    def fit(self, X: Any, y: Any = None) -> Self:
        super().fit(np.nanquantile(np.asarray(X), CLIP_QUANTILES, axis=0), y)
        return self

    def fit_transform(self, X: Any, y: Any = None, **_: Any) -> Any:
        return self.fit(X, y).transform(X)


def preparation(features: Sequence[Feature], *, scale: bool, sparse: bool, clip: bool) -> ColumnTransformer:
    """
    Numbers: median for missing, clipped and scaled as asked. Categories: one column per frequent
    level, at most 100, or 40 where the model needs a dense matrix.
    """
    numbers = [one.name for one in features if one.kind == "number"]
    categories = [one.name for one in features if one.kind == "category"]
    encoder = FrequentLevels(max_levels=100 if sparse else 40, sparse_output=sparse)
    parts = [
        ("numbers", _numbers(scale=scale, clip=clip), numbers),
        ("categories", encoder, categories),
    ]
    return ColumnTransformer([part for part in parts if part[2]])


def _numbers(*, scale: bool, clip: bool) -> Pipeline:
    steps: list[tuple[str, BaseEstimator]] = [
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True))
    ]
    if clip:
        steps.append(("clip", QuantileClipper()))
    if scale:
        steps.append(("scale", StandardScaler()))
    return Pipeline(steps)


def frozen(pipeline: Pipeline) -> Pipeline:
    """The fitted pipeline with plain scikit-learn parts in place of the two above; same object."""
    transformer: ColumnTransformer = pipeline[0]
    fitted = [(name, _plain(part), columns) for name, part, columns in transformer.transformers_]
    transformer.transformers_ = fitted
    transformer.transformers = [part for part in fitted if part[0] != "remainder"]
    return pipeline


def _plain(part: Any) -> Any:
    if isinstance(part, Pipeline):
        part.steps = [(name, _plain(step)) for name, step in part.steps]
        return part
    if isinstance(part, FrequentLevels):
        return _as(OneHotEncoder(), part, without=("min_rows", "max_levels"))
    if isinstance(part, QuantileClipper):
        return _as(MinMaxScaler(), part, without=())
    return part


def _as(plain: BaseEstimator, fitted: BaseEstimator, *, without: tuple[str, ...]) -> BaseEstimator:
    for name, value in vars(fitted).items():
        if name not in without:
            setattr(plain, name, value)
    return plain
