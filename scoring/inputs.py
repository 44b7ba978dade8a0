"""
From what a client or a data set holds to the columns that the model was fitted on.

Training and scoring both come through here, so that a value means the same in both.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.signature import Feature, Signature

MISSING = "(missing)"
"""The level that stands for a missing category."""

_LARGEST = float(np.finfo(np.float32).max)

Columns = dict[str, NDArray[Any]]
"""Feature name → array of shape (rows, 1): float32 with NaN for missing, or str objects."""


class InputRefused(ValueError):
    """The input does not fit the signature. The message names the column and the row."""


def columns_from_records(records: Sequence[Mapping[str, Any]], signature: Signature) -> Columns:
    """
    Rows as mappings → columns in the signature's order.

    Raises InputRefused for a missing column, a text in a number, a nested value or no rows.
    An unknown category passes as it is: the encoder knows what to do with it and the monitor
    reports it. Keys that the model does not know are left out.
    """
    if not records:
        raise InputRefused("There are no rows to score.")
    return {
        feature.name: _column([_cell(row, feature, number) for number, row in enumerate(records)], feature)
        for feature in signature.features
    }


def columns_from_values(values: Mapping[str, Sequence[Any]], signature: Signature) -> Columns:
    """Columns of plain values (of a data frame) → typed columns. Raises InputRefused as above."""
    missing = [name for name in signature.feature_names if name not in values]
    if missing:
        raise InputRefused(f"The column “{missing[0]}” is missing.")
    return {
        feature.name: _column(
            [typed(value, feature, number) for number, value in enumerate(values[feature.name])],
            feature,
        )
        for feature in signature.features
    }


def _cell(row: Mapping[str, Any], feature: Feature, number: int) -> float | str:
    try:
        value = row[feature.name]
    except KeyError:
        raise InputRefused(f"Row {number + 1}: the column “{feature.name}” is missing.") from None
    return typed(value, feature, number)


def typed(value: Any, feature: Feature, row: int) -> float | str:
    """One value as the model's column holds it; `row` counts from 0 and is for the message."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING if feature.kind == "category" else math.nan
    if feature.kind == "category":
        return _category(value, feature, row)
    return _number(value, feature, row)


def _category(value: Any, feature: Feature, row: int) -> str:
    if isinstance(value, str):
        return value or MISSING
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    raise InputRefused(f"Row {row + 1}: “{feature.name}” must be a text, not {type(value).__name__}.")


def _number(value: Any, feature: Feature, row: int) -> float:
    if isinstance(value, bool | int | float | np.number | np.bool_):
        number = _as_float(value)
        if abs(number) > _LARGEST:
            raise InputRefused(f"Row {row + 1}: “{feature.name}” is too large or infinite.")
        return number
    raise InputRefused(f"Row {row + 1}: “{feature.name}” must be a number, not {value!r:.40}.")


def _as_float(value: Any) -> float:
    """A whole number of any length; one beyond a float is as good as infinite here."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _column(values: list[float | str], feature: Feature) -> NDArray[Any]:
    dtype = np.float32 if feature.kind == "number" else object
    return np.array(values, dtype=dtype).reshape(-1, 1)
