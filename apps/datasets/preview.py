"""A page of rows, and single columns, of a Parquet file, reading only what is needed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1_000

Rows = list[list[str | None]]


def page(parquet: Path, offset: int, limit: int) -> Rows:
    """
    Up to ``limit`` (at most MOST_ROWS) rows from ``offset`` on, each cell as text.

    A missing cell is None. Only the row groups that hold these rows are read; past the end
    there are no rows. Raises ValueError for a negative offset or limit.
    """
    if offset < 0 or limit < 0:
        raise ValueError("Offset and limit cannot be negative.")
    with pq.ParquetFile(parquet) as file:
        groups, skip = _groups(file.metadata, offset, min(limit, MOST_ROWS))
        if not groups:
            return []
        table = file.read_row_groups(groups).slice(skip, min(limit, MOST_ROWS))
    columns = [_as_text(table.column(at)) for at in range(table.num_columns)]
    return [list(row) for row in zip(*columns, strict=True)]


def _groups(metadata: pq.FileMetaData, offset: int, limit: int) -> tuple[list[int], int]:
    """The row groups that hold the rows, and how many rows of the first to leave out."""
    groups: list[int] = []
    start, skip = 0, 0
    for group in range(metadata.num_row_groups):
        end = start + metadata.row_group(group).num_rows
        if start < offset + limit and end > offset:
            skip = skip if groups else offset - start
            groups.append(group)
        start = end
    return groups, skip


def _as_text(column: pa.ChunkedArray) -> list[str | None]:
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_floating(kind) or pa.types.is_nested(kind):
        return [None if value is None else _shown(value) for value in column.to_pylist()]
    if pa.types.is_timestamp(kind):
        return [None if value is None else value.isoformat(" ") for value in column.to_pylist()]
    return pc.cast(column, pa.string()).to_pylist()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def column_values(parquet: Path, columns: Sequence[str]) -> "pd.DataFrame":
    """These columns alone, in this order. Raises KeyError for a name that is not there."""
    names = set(pq.read_schema(parquet).names)
    if unknown := [name for name in columns if name not in names]:
        raise KeyError(unknown[0])
    return pq.read_table(parquet, columns=list(columns)).to_pandas()
