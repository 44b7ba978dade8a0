"""
Columns in blocks, typed as the model sees them: float32 numbers and text levels.

Baseline and windows both come through here. Numbers become float32 because the model's inputs
are: a 0.1 that was written as float64 and one that was captured as float32 must meet the same
bin edge.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from scoring.inputs import MISSING, InputRefused, typed
from scoring.signature import Feature

NUMBER_BLOCK = 1 << 17
"""Rows sorted at a time: a block of float32 stays inside the processor's cache."""

LEVEL_BLOCK = 1 << 20
THREADS = 2

Source: TypeAlias = "Path | Mapping[str, Any] | pa.Table"
"""A Parquet file, or columns in memory: name → Arrow array, NumPy array or list."""

Result = TypeVar("Result")

_CATEGORY = Feature("", "category")
_NUMBER_TEXT = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """`ordered` is finite and ascending; `invalid` counts texts, nested values, infinities."""

    ordered: NDArray[np.float32]
    missing: int
    invalid: int


@dataclass(slots=True)
class Levels:
    """One block of a category: level → rows, without the level for missing."""

    counts: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    invalid: int = 0


def names_in(source: Source) -> list[str]:
    """Column names of the source."""
    if isinstance(source, Path):
        return list(pq.read_schema(source).names)
    return list(source.column_names) if isinstance(source, pa.Table) else list(source)


def rows_in(source: Source) -> int:
    """Rows of the source. ValueError when columns in memory differ in length."""
    if isinstance(source, Path):
        return int(pq.read_metadata(source).num_rows)
    if isinstance(source, pa.Table):
        return int(source.num_rows)
    lengths = {len(column) for column in source.values()}
    if len(lengths) > 1:
        raise ValueError("The columns differ in length.")
    return lengths.pop() if lengths else 0


def number_blocks(source: Source, name: str) -> Iterator[Numbers]:
    """The column, a block at a time, each block sorted."""
    for block in _blocks(source, name, NUMBER_BLOCK, as_levels=False):
        yield _numbers(block)


def level_blocks(source: Source, name: str) -> Iterator[Levels]:
    """The column's levels with counts, a block at a time."""
    for block in _blocks(source, name, LEVEL_BLOCK, as_levels=True):
        yield _levels(block)


def stamps(source: Source, name: str) -> tuple[int | None, int | None]:
    """Earliest and latest time of a timestamp column, in microseconds since 1970 UTC."""
    bounds = [pc.min_max(block) for block in _blocks(source, name, LEVEL_BLOCK, as_levels=False)]
    low = [_microseconds(bound["min"]) for bound in bounds if bound["min"].is_valid]
    high = [_microseconds(bound["max"]) for bound in bounds if bound["max"].is_valid]
    return (min(low, default=None), max(high, default=None))


def each(work: Callable[[str], Result], names: Iterable[str]) -> list[Result]:
    """`work` for every column, on two threads: reading and sorting let go of the interpreter."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, names))


def _microseconds(scalar: pa.Scalar) -> int:
    return int(scalar.cast(pa.timestamp("us", tz=scalar.type.tz)).value)


def _blocks(source: Source, name: str, size: int, *, as_levels: bool) -> Iterator[pa.Array]:
    if isinstance(source, Path):
        file = pq.ParquetFile(source, read_dictionary=[name] if as_levels else None, memory_map=True)
        for batch in file.iter_batches(size, columns=[name], use_threads=False):
            yield batch.column(0)
        return
    for chunk in _chunks(source[name]):
        for start in range(0, len(chunk), size):
            yield chunk.slice(start, size)


def _chunks(column: Any) -> list[pa.Array]:
    if isinstance(column, pa.ChunkedArray):
        return list(column.chunks)
    if isinstance(column, pa.Array):
        return [column]
    values = column.ravel() if isinstance(column, np.ndarray) else list(column)
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Values of several types in one column: texts, of which numbers are read back.
        array = pa.array([None if value is None else str(value) for value in values])
    return list(array.chunks) if isinstance(array, pa.ChunkedArray) else [array]


def _numbers(array: pa.Array) -> Numbers:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    values, missing, invalid = _as_floats(array)
    with np.errstate(over="ignore", invalid="ignore"):
        ordered = values.astype(np.float32)
    ordered.sort()
    # Sorted: -inf first, then the finite ones, then +inf, then NaN.
    low = int(np.searchsorted(ordered, np.float32(-np.inf), side="right"))
    high = int(np.searchsorted(ordered, np.float32(np.inf), side="left"))
    top = int(np.searchsorted(ordered, np.float32(np.inf), side="right"))
    infinite = low + top - high
    return Numbers(ordered[low:high], missing + len(ordered) - top, invalid + infinite)


def _as_floats(array: pa.Array) -> tuple[NDArray[Any], int, int]:
    """Values (NaN where missing), further missing ones, and how many are no numbers."""
    kind = array.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return array.to_numpy(zero_copy_only=False), 0, 0
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _parsed(array)
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind):
        return array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), 0, 0
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _epoch_seconds(array), 0, 0
    return np.empty(0), array.null_count, len(array) - array.null_count


def _parsed(array: pa.Array) -> tuple[NDArray[Any], int, int]:
    # In scoring an empty text is a missing value, and so it is here.
    texts = pc.if_else(pc.equal(array, ""), None, array)
    present = texts.drop_null()
    numbers = present.filter(pc.match_substring_regex(present, _NUMBER_TEXT))
    values = pc.utf8_trim_whitespace(numbers).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values, texts.null_count, len(present) - len(numbers)


def _epoch_seconds(array: pa.Array) -> NDArray[Any]:
    stamps = array.cast(pa.timestamp("us", tz=getattr(array.type, "tz", None)))
    micros = stamps.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return np.asarray(micros, dtype=np.float64) / 1e6


def _levels(array: pa.Array) -> Levels:
    if pa.types.is_nested(array.type):
        return Levels(missing=array.null_count, invalid=len(array) - array.null_count)
    if pa.types.is_temporal(array.type):
        array = array.cast(pa.string())
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    known = len(encoded.dictionary)
    # Missing ones get a bin of their own, dropped again: cheaper than taking them out first.
    indices = encoded.indices.fill_null(known) if encoded.indices.null_count else encoded.indices
    counts = np.bincount(indices.to_numpy(zero_copy_only=False), minlength=known)[:known]
    seen = np.flatnonzero(counts)
    found = Levels(missing=encoded.indices.null_count)
    for value, rows in zip(encoded.dictionary.take(seen).to_pylist(), counts[seen], strict=True):
        _note(found, value, int(rows))
    return found


def _note(found: Levels, value: Any, rows: int) -> None:
    try:
        # Texts, the usual case, need no typing; there may be thousands in every block.
        level = value if type(value) is str and value else typed(value, _CATEGORY, 0)
    except InputRefused:
        found.invalid += rows
        return
    if level == MISSING:
        found.missing += rows
    else:
        found.counts[str(level)] += rows
