"""
The profile of a Parquet file: what is in it, column by column, and in its rows.

Every column is read once, block by block; columns are worked on in parallel threads (NumPy
and Arrow release the interpreter lock). Numeric columns are read a second time, together, for
their correlations, and DuckDB hashes the rows once to find duplicates. Nothing is sampled up
to ``ordered_statistics.EXACT_VALUES`` rows.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from apps.core.said import said
from apps.datasets import ordered_statistics
from apps.datasets.correlating import MOST_COLUMNS, correlations
from apps.datasets.level_counts import LevelCounter
from apps.datasets.ordered_statistics import TOP, Gathered, Gatherer
from apps.datasets.profile_document import (
    QUANTILES,
    Balance,
    ColumnProfile,
    DatasetProfile,
    Histogram,
    Value,
)
from apps.datasets.profile_notes import notes_on
from apps.datasets.repeated_rows import approximate_distinct, duplicate_rows
from apps.datasets.schema import MOST_LEVELS, Column, ColumnKind, is_category, schema_in

THREADS = 2
BLOCK_ROWS = 131_072
NEAR_CONSTANT = 0.99
# Azure ML's rule: imbalanced where the minority has at most 20 % of the majority's rows.
IMBALANCED = 0.2
MOST_CLASSES = 20

__all__ = ["DatasetProfile", "profile"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def profile(parquet: Path) -> DatasetProfile:
    """
    Profile the file. NaN counts as missing; infinite numbers are counted and left out.

    The kinds come from the schema that the file carries, or from its Arrow types, where texts
    are told from categories by ``schema.is_category``.
    """
    file_schema = pq.read_schema(parquet)
    columns = schema_in(file_schema).columns
    rows = pq.read_metadata(parquet).num_rows
    is_typed = b"mlops_portal.schema" in (file_schema.metadata or {})
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(lambda column: _column(parquet, column, rows, is_typed), columns)
        profiles = tuple(found)
        repeated_later = pool.submit(duplicate_rows, parquet)
        numeric = [column.name for column in profiles if column.kind.is_numeric and column.count]
        pairs = correlations(parquet, numeric)
        repeated = repeated_later.result()
    notes = notes_on(rows, repeated, profiles, pairs)
    if len(numeric) > MOST_COLUMNS:
        notes.append(said("datasets.correlations_cut", most=MOST_COLUMNS, numbers=len(numeric)))
    return DatasetProfile(rows, repeated, profiles, pairs, tuple(notes))


def _column(parquet: Path, column: Column, rows: int, is_typed: bool) -> ColumnProfile:
    if column.kind.is_numeric or column.kind.is_temporal:
        gatherer = Gatherer(rows)
        for array in _blocks(parquet, column.name):
            gatherer.add(array)
        return _ordered(column, gatherer.gathered(), rows)
    counter = LevelCounter()
    for array in _blocks(parquet, column.name, as_text=True):
        counter.add(array)
    distinct = len(counter.counts)
    if not counter.is_exact:
        distinct = approximate_distinct(parquet, column.name)
    kind = column.kind
    if not is_typed and kind is ColumnKind.TEXT:
        fits = is_category(distinct=distinct, count=counter.count)
        kind = ColumnKind.CATEGORY if fits else ColumnKind.TEXT
    return _levelled(column.name, kind, counter, distinct, rows)


def _blocks(parquet: Path, name: str, *, as_text: bool = False) -> Iterator[Any]:
    with pq.ParquetFile(parquet, read_dictionary=[name] if as_text else None) as file:
        for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=[name]):
            array = batch.column(name)
            yield _as_levels(array) if as_text else array


def _as_levels(array: pa.Array) -> pa.DictionaryArray:
    if pa.types.is_dictionary(array.type) and pa.types.is_string(array.type.value_type):
        return array
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return pc.dictionary_encode(pc.cast(array, pa.string()))


def _ordered(column: Column, gathered: Gathered, rows: int) -> ColumnProfile:
    count = gathered.moments.count
    base: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind,
        "count": count,
        "missing": gathered.missing,
        "infinite": gathered.infinite,
    }
    if count == 0:
        return ColumnProfile(**base, distinct=0)
    values, step = gathered.values, gathered.step
    quantiles: dict[str, Any] = {**ordered_statistics.quantiles(values)}
    # The ends are known exactly even where the values in between are thinned out.
    quantiles |= {"0.0": gathered.low, "1.0": gathered.high}
    distinct, top = ordered_statistics.runs(values)
    facts: dict[str, Any] = {
        **base,
        "distinct": distinct,
        "is_exact": step == 1,
        "is_constant": gathered.low == gathered.high,
        "is_near_constant": top[0][1] >= NEAR_CONSTANT * len(values),
        "is_key_candidate": _is_key(column.kind, distinct, rows),
        "min": gathered.low,
        "max": gathered.high,
        "quantiles": quantiles,
        "histogram": ordered_statistics.histogram(values, step),
        "top": tuple((str(value), times * step) for value, times in top),
    }
    if column.kind.is_temporal:
        return ColumnProfile(**_with_times(column, facts, top, step))
    facts["mean"], facts["std"] = gathered.moments.mean, gathered.moments.std
    iqr, robust = ordered_statistics.fences(values, lambda share: quantiles[str(share)])
    return ColumnProfile(**facts, outliers_iqr=iqr, outliers_robust_z=robust)


def _is_key(kind: ColumnKind, distinct: int, rows: int) -> bool:
    keys = (ColumnKind.INTEGER, ColumnKind.TEXT, ColumnKind.CATEGORY)
    return kind in keys and rows > 1 and distinct == rows


def _with_times(
    column: Column, facts: dict[str, Any], top: list[tuple[Value, int]], step: int
) -> dict[str, Any]:
    def iso(microseconds: float) -> str:
        return _iso(int(microseconds), is_date=column.kind is ColumnKind.DATE)

    shown = facts["histogram"]
    return {
        **facts,
        "min": iso(facts["min"]),
        "max": iso(facts["max"]),
        "quantiles": {str(share): iso(facts["quantiles"][str(share)]) for share in QUANTILES},
        "histogram": Histogram([iso(edge) for edge in shown.edges], shown.counts),
        "top": tuple((iso(float(value)), times * step) for value, times in top),
    }


def _iso(microseconds: int, *, is_date: bool) -> str:
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.date().isoformat() if is_date else moment.replace(tzinfo=None).isoformat()


def _levelled(name: str, kind: ColumnKind, counter: LevelCounter, distinct: int, rows: int) -> ColumnProfile:
    top = counter.top(TOP)
    is_category_like = kind in (ColumnKind.CATEGORY, ColumnKind.BOOLEAN)
    levels = dict(counter.top(MOST_LEVELS)) if is_category_like else None
    return ColumnProfile(
        name=name,
        kind=kind,
        count=counter.count,
        missing=counter.missing,
        distinct=distinct,
        is_exact=counter.is_exact,
        top=top,
        levels=levels,
        balance=_balance(levels, counter.count) if levels else None,
        is_constant=distinct == 1,
        is_near_constant=bool(top) and top[0][1] >= NEAR_CONSTANT * counter.count,
        is_key_candidate=counter.is_exact and _is_key(kind, distinct, rows),
    )


def _balance(levels: dict[str, int], count: int) -> Balance | None:
    if not 2 <= len(levels) <= MOST_CLASSES:
        return None
    ratio = min(levels.values()) / max(levels.values())
    shares = {level: times / count for level, times in levels.items()}
    return Balance(shares, ratio, ratio <= IMBALANCED)
