"""From a typed table to the frame that the pipelines are fitted on, and the signature of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from apps.core.said import said
from apps.experiments.cleaning import category_texts
from scoring.inputs import MISSING, Columns, InputRefused
from scoring.signature import Feature, FeatureKind


def kind_of(column: pa.ChunkedArray) -> FeatureKind | None:
    """Numbers are numbers; texts and yes/no are categories; None: no kind that a model takes."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return "number"
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return "category" if text or pa.types.is_boolean(column.type) else None


def columns_of(table: pa.Table, features: Sequence[Feature]) -> Columns:
    """
    The same columns as scoring.inputs makes value by value, made column by column.

    Raises InputRefused for a missing column or one of another kind.
    """
    return {feature.name: _column(table, feature).reshape(-1, 1) for feature in features}


def frame_of(columns: Columns) -> pd.DataFrame:
    """float32 numbers with NaN for missing, categories as str objects; one row index from 0."""
    return pd.DataFrame(
        {name: pd.Series(values.ravel(), dtype=values.dtype) for name, values in columns.items()}
    )


def frame(table: pa.Table, features: Sequence[Feature]) -> pd.DataFrame:
    return frame_of(columns_of(table, features))


def described(data: pd.DataFrame, features: Sequence[Feature]) -> tuple[Feature, ...]:
    """The features with the levels, ranges and missing values that the training rows show."""
    return tuple(_described(data[one.name].to_numpy(), one) for one in features)


def _column(table: pa.Table, feature: Feature) -> NDArray[Any]:
    if feature.name not in table.column_names:
        raise InputRefused(said("experiments.column_missing", name=feature.name))
    column = table[feature.name]
    if feature.kind == "category" and not pa.types.is_temporal(column.type):
        return category_texts(column, feature.name)
    if kind_of(column) == "number" or pa.types.is_boolean(column.type):
        return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float32)
    raise InputRefused(said("experiments.column_no_numbers", name=feature.name, type=column.type))


def _described(values: NDArray[Any], feature: Feature) -> Feature:
    if feature.kind == "category":
        levels = set(values)
        known = tuple(sorted(levels - {MISSING}))
        return Feature(feature.name, "category", nullable=MISSING in levels, categories=known)
    finite = values[np.isfinite(values)]
    return Feature(
        feature.name,
        "number",
        nullable=finite.size < values.size,
        minimum=float(finite.min()) if finite.size else None,
        maximum=float(finite.max()) if finite.size else None,
    )
