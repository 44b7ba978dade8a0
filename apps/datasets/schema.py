"""
What the columns of a dataset version are: names, kinds, whether values may be missing.

The schema travels inside the Parquet file (key ``SCHEMA_KEY`` of its metadata), so that a
file is self-describing and a category stays one when only a part of its rows is read.
"""

import json

import pyarrow as pa

from apps.datasets.column_kinds import (
    ALWAYS_FEW_LEVELS,
    MOST_LEVELS,
    SCHEMA_KEY,
    SHARE_OF_LEVELS,
    Column,
    ColumnKind,
    Schema,
    is_category,
)

__all__ = [
    "ALWAYS_FEW_LEVELS",
    "MOST_LEVELS",
    "SCHEMA_KEY",
    "SHARE_OF_LEVELS",
    "Column",
    "ColumnKind",
    "Schema",
    "is_category",
    "kind_of_arrow",
    "schema_in",
]


def schema_in(arrow: pa.Schema) -> Schema:
    """The schema that a Parquet file carries, else what its Arrow types say (text stays text)."""
    stored = (arrow.metadata or {}).get(SCHEMA_KEY)
    if stored is not None:
        return Schema.from_json(json.loads(stored))
    return Schema(tuple(Column(field.name, kind_of_arrow(field.type), field.nullable) for field in arrow))


def kind_of_arrow(arrow: pa.DataType) -> ColumnKind:
    """The kind for an Arrow type; what is none of ours is shown as text."""
    if pa.types.is_dictionary(arrow):
        return ColumnKind.CATEGORY
    for matches, kind in _ARROW_KINDS:
        if matches(arrow):
            return kind
    return ColumnKind.TEXT


_ARROW_KINDS = (
    (pa.types.is_boolean, ColumnKind.BOOLEAN),
    (pa.types.is_integer, ColumnKind.INTEGER),
    (pa.types.is_floating, ColumnKind.NUMBER),
    (pa.types.is_decimal, ColumnKind.NUMBER),
    (pa.types.is_date, ColumnKind.DATE),
    (pa.types.is_timestamp, ColumnKind.TIMESTAMP),
)
