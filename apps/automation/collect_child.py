"""
`python -m apps.automation.collect_child JOB.json`: the rows to train on next.

The rule: all rows that the serving version was trained from, followed by every captured row whose
label came. Recent rows weigh by being all there; nothing is sampled. A captured row keeps the time
of its request as event time, and its request's id where the data have an identifier that is no
input. Columns that a request does not hold stay empty.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from apps.core import child_protocol
from apps.core.said import of_error, said
from apps.monitoring import joining
from apps.monitoring.captured_table import ID, TIME

LEAST_LABELLED = 30

Column: TypeAlias = Any
"""pa.ChunkedArray"""


def main(job_path: str) -> None:
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    try:
        child_protocol.result(run(job))
    except ValueError as refusal:
        child_protocol.refuse(of_error(refusal))


def run(job: Mapping[str, Any]) -> dict[str, int]:
    """Writes job["out"]; returns how many rows came from where. ValueError with too few labels."""
    base = _with_room_for_gaps(pq.read_table(job["base"]))
    truths = json.loads(Path(job["truths"]).read_text(encoding="utf-8"))
    captured = 0
    parts = []
    for number, path in enumerate(job["captured"]):
        table = pq.read_table(path)
        captured += table.num_rows
        known, labels = joining.labelled(table, truths)
        parts.append(_as_base(known, labels, base.schema, job))
        child_protocol.progress(0.9 * (number + 1) / len(job["captured"]), said("automation.joining"))
    added = sum(part.num_rows for part in parts)
    if added < LEAST_LABELLED:
        raise ValueError(
            said("automation.few_labels", captured=captured, labelled=added, least=LEAST_LABELLED)
        )
    pq.write_table(pa.concat_tables([base, *parts]), job["out"], compression="zstd")
    return {"base_rows": base.num_rows, "captured_rows": captured, "labelled_rows": added}


def _with_room_for_gaps(base: pa.Table) -> pa.Table:
    """The base's columns, none of which must be there: a request holds what the model asks for alone."""
    fields = [field.with_nullable(True) for field in base.schema]
    return base.cast(pa.schema(fields))


def _as_base(known: pa.Table, labels: list[str], schema: pa.Schema, job: Mapping[str, Any]) -> pa.Table:
    """The labelled rows with the columns and types of the data they are added to."""
    made: dict[str, Column] = {name: known[name] for name in job["inputs"] if name in schema.names}
    made[job["target"]] = pa.chunked_array([pa.array(labels, pa.string())])
    if job.get("time_column") in schema.names:
        made[job["time_column"]] = known[TIME]
    for name in job["row_key"]:
        if name in schema.names and name not in made:
            made[name] = known[ID]
    columns = [
        _cast(made[field.name], field.type)
        if field.name in made
        else pa.chunked_array([pa.nulls(known.num_rows, field.type)])
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _cast(column: Column, kind: pa.DataType) -> Column:
    """To the data's own type; a value that does not fit becomes missing."""
    if column.type.equals(kind):
        return column
    cast = next((how for of, to, how in _CASTS if of(column.type) and to(kind)), None)
    return cast(column, kind) if cast else column.cast(kind, safe=False)


def _text_to_number(column: Column, kind: pa.DataType) -> Column:
    shaped = pc.match_substring_regex(column, r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$")
    numbers = pc.utf8_trim_whitespace(pc.if_else(shaped, column, pa.scalar(None, pa.string())))
    return numbers.cast(pa.float64()).cast(kind, safe=False)


def _text_to_flag(column: Column, kind: pa.DataType) -> Column:
    return pc.is_in(pc.utf8_lower(column), pa.array(["true", "yes", "1"]))


def _time_to_text(column: Column, kind: pa.DataType) -> Column:
    return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ").cast(kind)


def _to_time(column: Column, kind: pa.DataType) -> Column:
    """Times without a zone are UTC."""
    without_zone = column.cast(pa.timestamp("us"))
    return without_zone.cast(kind, safe=False)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_naive_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind)) and kind.tz is None


Fits = Callable[[pa.DataType], bool]
_CASTS: tuple[tuple[Fits, Fits, Callable[[Column, pa.DataType], Column]], ...] = (
    (pa.types.is_string, pa.types.is_boolean, _text_to_flag),
    (pa.types.is_string, _is_number, _text_to_number),
    (pa.types.is_timestamp, pa.types.is_string, _time_to_text),
    (pa.types.is_timestamp, _is_naive_time, _to_time),
)
"""From, to, how."""


if __name__ == "__main__":
    main(sys.argv[1])
