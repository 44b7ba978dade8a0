"""
A CSV file of any dialect becomes a typed Parquet file.

The file is read once by Arrow's streaming reader, in blocks of 8 MB; the cells go to a scratch
file while every column's kind is found from all of its values; then the cells are converted
and written. Memory does not grow with the file. The same bytes give the same Parquet bytes.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from apps.core.said import Said, said
from apps.datasets.dialects import Layout, detect
from apps.datasets.kind_finding import Choice, KindFinder
from apps.datasets.refusals import Dialect, Unreadable, explain
from apps.datasets.schema import MOST_LEVELS, Column, ColumnKind, Schema, is_category
from apps.datasets.value_forms import COMMA_NUMBER

Report = Callable[[float, Said], None]

BLOCK_BYTES = 8 << 20
ROW_GROUP_ROWS = 131_072
ROW_GROUP_CELLS = 4_000_000
LEAST_GROUP_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What is accepted at most; anything beyond is refused with a sentence."""

    source_bytes: int = 20 << 30
    rows: int = 1_000_000_000
    columns: int = 10_000
    cells: int = 20_000_000_000
    cell_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What was read: ``sha256`` is the digest of the written Parquet file."""

    rows: int
    schema: Schema
    dialect: Dialect
    sha256: str
    source_bytes: int
    notes: tuple[Said, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "schema": self.schema.as_json(),
            "dialect": self.dialect.as_json(),
            "sha256": self.sha256,
            "source_bytes": self.source_bytes,
            "notes": list(self.notes),
        }


def read_csv(source: Path, out: Path, *, limits: Limits, report: Report) -> ReadResult:
    """
    Read ``source`` and write ``out``, which appears only when it is complete.

    Missing are the texts in ``value_forms.MISSING``. Raises Unreadable with a sentence and,
    where there is one, the line.
    """
    size = _checked_size(source, limits)
    report(0.0, said("datasets.doing_look"))
    layout = detect(source, most_columns=limits.columns)
    scratch = out.with_name(out.name + ".cells")
    partial = out.with_name(out.name + ".partial")
    try:
        finders, rows = _collect(source, scratch, layout, limits, _reading(report, size))
        choices = _choose(finders)
        schema = _schema(finders, choices, scratch)
        _write(scratch, partial, schema, choices, _writing(report, rows))
        os.replace(partial, out)
    finally:
        scratch.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    return _result(out, rows, schema, layout, choices, size)


def _checked_size(source: Path, limits: Limits) -> int:
    size = source.stat().st_size
    if size > limits.source_bytes:
        raise Unreadable(said("datasets.file_too_large", size=size, most=limits.source_bytes))
    return size


def _collect(
    source: Path, scratch: Path, layout: Layout, limits: Limits, report: Callable[[int], None]
) -> tuple[list[KindFinder], int]:
    """Stream the cells into the scratch file; what was learnt about the columns, and the rows."""
    if not layout.quotes_pair and (wrong := _explained(source, layout, limits)):
        raise wrong
    finders = [KindFinder(name) for name in layout.header]
    try:
        rows = _stream(source, scratch, layout, limits, finders, report)
    except pa.ArrowInvalid as error:
        raise _explained(source, layout, limits) or _unexplained(error) from None
    if rows == 0:
        raise Unreadable(said("datasets.header_alone"), 1)
    return finders, rows


def _stream(
    source: Path,
    scratch: Path,
    layout: Layout,
    limits: Limits,
    finders: list[KindFinder],
    report: Callable[[int], None],
) -> int:
    fields = pa.schema([pa.field(str(place), pa.string()) for place in range(len(finders))])
    rows = 0
    with pa.OSFile(str(source)) as stream, pa.OSFile(str(scratch), "wb") as sink:
        reader = arrow_csv.open_csv(stream, **_options(layout))
        with pa.ipc.new_file(sink, fields) as writer:
            for batch in reader:
                cells = [finder.see(cells) for finder, cells in zip(finders, batch.columns, strict=True)]
                rows += batch.num_rows
                _check_growth(finders, rows, source, layout, limits)
                writer.write_batch(pa.record_batch(cells, schema=fields))
                report(stream.tell())
    return rows


def _options(layout: Layout) -> dict[str, Any]:
    encoding = layout.dialect.encoding
    return {
        "read_options": arrow_csv.ReadOptions(
            block_size=BLOCK_BYTES,
            # Arrow skips the mark of UTF-8 by itself, faster than the codec does.
            encoding="utf8" if encoding in ("utf-8", "utf-8-sig") else encoding,
        ),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=layout.dialect.separator,
            quote_char=layout.dialect.quote if layout.has_quotes else False,
            newlines_in_values=layout.has_quotes,
        ),
        "convert_options": arrow_csv.ConvertOptions(
            default_column_type=pa.string(), strings_can_be_null=False
        ),
    }


def _check_growth(finders: list[KindFinder], rows: int, source: Path, layout: Layout, limits: Limits) -> None:
    if rows > limits.rows:
        raise Unreadable(said("datasets.many_rows", most=limits.rows))
    if rows * len(finders) > limits.cells:
        raise Unreadable(said("datasets.many_cells", most=limits.cells))
    for finder in finders:
        if finder.longest > limits.cell_bytes:
            wrong = _explained(source, layout, limits)
            told = said(
                "datasets.large_value", column=finder.name, size=finder.longest, most=limits.cell_bytes
            )
            raise Unreadable(told, wrong.line if wrong else None)


def _explained(source: Path, layout: Layout, limits: Limits) -> Unreadable | None:
    return explain(source, layout.dialect, cell_bytes=limits.cell_bytes)


def _unexplained(error: pa.ArrowInvalid) -> Unreadable:
    if "straddling" in str(error):
        return Unreadable(said("datasets.long_row", most=BLOCK_BYTES))
    return Unreadable(said("datasets.no_csv", problem=str(error).splitlines()[0][:200]))


def _choose(finders: list[KindFinder]) -> list[Choice]:
    commas = any(finder.is_surely_comma for finder in finders)
    return [finder.choose(commas_are_decimal=commas) for finder in finders]


def _schema(finders: list[KindFinder], choices: list[Choice], scratch: Path) -> Schema:
    columns = []
    for place, (finder, choice) in enumerate(zip(finders, choices, strict=True)):
        kind = choice.form.kind if choice.form else _text_kind(scratch, place, finder.count)
        columns.append(Column(finder.name, kind, finder.missing > 0))
    return Schema(tuple(columns))


def _text_kind(scratch: Path, place: int, count: int) -> ColumnKind:
    levels: set[str | None] = set()
    for batch in _batches(scratch):
        levels.update(pc.unique(batch.column(place)).to_pylist())
        if len(levels) > MOST_LEVELS + 1:
            return ColumnKind.TEXT
    distinct = len(levels - {None})
    return ColumnKind.CATEGORY if is_category(distinct=distinct, count=count) else ColumnKind.TEXT


def _batches(scratch: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(scratch)) as stream:
        reader = pa.ipc.open_file(stream)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)


def _write(
    scratch: Path, out: Path, schema: Schema, choices: list[Choice], report: Callable[[int], None]
) -> None:
    arrow = _arrow_schema(schema, choices)
    texts = [field.name for field in arrow if pa.types.is_string(field.type)]
    with pq.ParquetWriter(out, arrow, compression="zstd", use_dictionary=texts) as writer:
        for table in _in_groups(_converted(scratch, choices, arrow), len(choices)):
            writer.write_table(table, row_group_size=table.num_rows)
            report(table.num_rows)


def _arrow_schema(schema: Schema, choices: list[Choice]) -> pa.Schema:
    return pa.schema(
        [
            pa.field(column.name, choice.arrow, nullable=column.nullable)
            for column, choice in zip(schema.columns, choices, strict=True)
        ],
        metadata=schema.as_metadata(),
    )


def _converted(scratch: Path, choices: list[Choice], arrow: pa.Schema) -> Iterator[pa.Table]:
    for batch in _batches(scratch):
        values = [choice.convert(cells) for choice, cells in zip(choices, batch.columns, strict=True)]
        yield pa.Table.from_arrays(values, schema=arrow)


def _in_groups(tables: Iterator[pa.Table], columns: int) -> Iterator[pa.Table]:
    """The same rows in tables of equal length: row groups do not depend on how blocks fell."""
    rows = max(LEAST_GROUP_ROWS, min(ROW_GROUP_ROWS, ROW_GROUP_CELLS // columns))
    waiting: pa.Table | None = None
    for table in tables:
        waiting = table if waiting is None else pa.concat_tables([waiting, table])
        while waiting.num_rows >= rows:
            yield waiting.slice(0, rows)
            waiting = waiting.slice(rows)
    if waiting is not None and waiting.num_rows:
        yield waiting


def _result(
    out: Path, rows: int, schema: Schema, layout: Layout, choices: list[Choice], size: int
) -> ReadResult:
    found = layout.dialect
    decimal = "," if any(choice.form is COMMA_NUMBER for choice in choices) else "."
    dialect = Dialect(found.encoding, found.separator, found.quote, found.has_bom, decimal)
    notes = [*layout.notes, *(note for choice in choices for note in choice.notes)]
    return ReadResult(rows, schema, dialect, digest_of(out), size, tuple(notes))


def digest_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as binary:
        return hashlib.file_digest(binary, "sha256").hexdigest()


def _reading(report: Report, size: int) -> Callable[[int], None]:
    return lambda position: report(0.6 * min(position / size, 1.0), said("datasets.doing_rows"))


def _writing(report: Report, rows: int) -> Callable[[int], None]:
    written = 0

    def add(more: int) -> None:
        nonlocal written
        written += more
        report(0.6 + 0.4 * written / rows, said("datasets.doing_columns"))

    return add
