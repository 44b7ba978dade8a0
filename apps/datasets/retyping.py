"""A Parquet file of the portal's own making, brought to the columns and kinds of a dataset."""

import os
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from apps.core.said import said
from apps.datasets.reading import ReadResult, Report, digest_of
from apps.datasets.refusals import Dialect, Unreadable
from apps.datasets.schema import Column, ColumnKind, Schema

BATCH_ROWS: Final = 131_072
_TYPES: Final[dict[ColumnKind, pa.DataType]] = {
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.NUMBER: pa.float64(),
    ColumnKind.BOOLEAN: pa.bool_(),
    ColumnKind.CATEGORY: pa.string(),
    ColumnKind.TEXT: pa.string(),
    ColumnKind.DATE: pa.date32(),
    ColumnKind.TIMESTAMP: pa.timestamp("us"),
}


def retype(source: Path, out: Path, schema: Schema, report: Report) -> ReadResult:
    """
    Write `source` to `out` with these columns, in this order; others are left away.

    Values are cast without loss; a column is nullable where the schema says so or where values
    are missing. Raises Unreadable where a column is not there, a value does not fit its kind,
    or there are no rows.
    """
    try:
        with pq.ParquetFile(source) as file:
            return _retyped(file, source, out, schema, report)
    except pa.ArrowInvalid as error:
        raise Unreadable(said("datasets.no_table", problem=str(error).splitlines()[0][:200])) from None


def _retyped(file: pq.ParquetFile, source: Path, out: Path, schema: Schema, report: Report) -> ReadResult:
    names = set(file.schema_arrow.names)
    if absent := [name for name in schema.names if name not in names]:
        raise Unreadable(said("datasets.column_absent", column=absent[0]))
    rows = file.metadata.num_rows
    if rows == 0:
        raise Unreadable(said("datasets.no_rows"))
    table = pa.concat_tables(
        _cast(batch, schema) for batch in file.iter_batches(BATCH_ROWS, columns=schema.names)
    )
    report(0.8, said("datasets.doing_write"))
    found = _with_missing(table, schema)
    _write(table, out, found)
    notes = (said("datasets.gathered"),)
    return ReadResult(rows, found, Dialect("utf-8", ",", '"'), digest_of(out), source.stat().st_size, notes)


def _cast(batch: pa.RecordBatch, schema: Schema) -> pa.Table:
    return pa.table({column.name: _column(batch.column(column.name), column) for column in schema.columns})


def _column(values: pa.Array, column: Column) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        return values.cast(_TYPES[column.kind])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        problem = str(error).splitlines()[0][:120]
        raise Unreadable(
            said("datasets.other_kind", column=column.name, kind=column.kind, problem=problem)
        ) from None


def _with_missing(table: pa.Table, schema: Schema) -> Schema:
    return Schema(
        tuple(
            Column(column.name, column.kind, column.nullable or table.column(column.name).null_count > 0)
            for column in schema.columns
        )
    )


def _write(table: pa.Table, out: Path, schema: Schema) -> None:
    fields: list[Any] = [
        pa.field(column.name, _TYPES[column.kind], nullable=column.nullable) for column in schema.columns
    ]
    arrow = pa.schema(fields, metadata=schema.as_metadata())
    partial = out.with_name(out.name + ".partial")
    try:
        pq.write_table(table.cast(arrow), partial, compression="zstd")
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
