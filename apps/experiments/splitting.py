"""
Which rows are held out, so that no later data version moves a trained row into the test set.

A row's side depends on its key alone (or on its time), never on the other rows or on a seed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from apps.core.said import said

SCALE = float(2**64)
EXACT = float(2**53)
"""Up to here a double holds every whole number."""
FIELD_END = "\x1f"
NULL = "\x00"

Strings = NDArray[np.object_]
Mask = NDArray[np.bool_]


class SplitRefused(ValueError):
    """The rows cannot be split in a way that tells anything. It is raised with what a person is told."""


@dataclass(frozen=True, slots=True)
class SideFacts:
    """One side of a split; `classes` maps each class to its share, empty for regression."""

    rows: int
    classes: dict[str, float]


def row_keys(table: pa.Table, columns: Sequence[str] | None = None) -> Strings:
    """
    One text per row: the value of one named column, else a hash of the named (all) columns.

    The hash does not depend on the order of the columns, nor on whether a whole number is
    stored as an integer or as a double, so that equal rows of two versions have one key.
    Raises SplitRefused where a column is not there or the only key column has missing values.
    """
    names = list(columns) if columns else table.column_names
    if absent := [name for name in names if name not in table.column_names]:
        raise SplitRefused(said("experiments.key_absent", name=absent[0]))
    if columns and len(names) == 1:
        return _plain_keys(table[names[0]], names[0])
    joined = _canonical_rows(table, sorted(names))
    return np.array([_hex(text) for text in joined], dtype=object)


def held_out_mask(keys: Strings, *, share: float, salt: str) -> Mask:
    """
    True for the rows held out: those whose 64-bit BLAKE2b hash falls into the lowest `share`.

    `keys` has shape (rows,); so has the result. Equal keys always land on the same side, and
    adding or removing other rows changes nothing.
    """
    salted = hashlib.blake2b(salt.encode(), digest_size=8)
    limit = share * SCALE
    return np.fromiter((_position(key, salted) < limit for key in keys), bool, len(keys))


def by_time(times: NDArray[np.int64], known: Mask, *, share: float) -> Mask:
    """
    True for the latest `share` of the rows: everything at or after one moment, ties together.

    `times` in any integer unit; rows whose time is not `known` stay on the training side.
    Raises SplitRefused if fewer than two different times are known.
    """
    if np.unique(times[known]).size < 2:
        raise SplitRefused(said("experiments.one_time"))
    ordered = np.sort(times[known])
    cut = ordered[min(int(np.floor(ordered.size * (1 - share))), ordered.size - 1)]
    if cut == ordered[0]:
        cut = ordered[ordered > cut][0]
    return known & (times >= cut)


def overlap(train_keys: Strings, test_keys: Strings) -> int:
    """How many test rows have a key that a training row has."""
    seen = set(train_keys)
    return sum(key in seen for key in test_keys)


def side_facts(mask: Mask, labels: Strings | None) -> dict[str, SideFacts]:
    """Rows and class shares of both sides; `labels` are the classes as text, None in regression."""
    return {name: _facts(side, labels) for name, side in (("training", ~mask), ("held_out", mask))}


def require_enough(mask: Mask, labels: Strings | None, *, rows: int = 20, per_class: int = 5) -> None:
    """Raises SplitRefused if a side has fewer than `rows` rows or `per_class` of some class."""
    levels = [] if labels is None else sorted(set(labels))
    for name, side in (("training", ~mask), ("held_out", mask)):
        if side.sum() < rows:
            raise SplitRefused(said("experiments.few_rows", side=name, rows=side.sum(), least=rows))
        for level in levels:
            _require_class(int((labels[side] == level).sum()), level, name, per_class)  # type: ignore[index]


def _require_class(count: int, level: str, side: str, needed: int) -> None:
    if count < needed:
        raise SplitRefused(said("experiments.few_of_class", side=side, rows=count, level=level, least=needed))


def _facts(side: Mask, labels: Strings | None) -> SideFacts:
    rows = int(side.sum())
    if labels is None or not rows:
        return SideFacts(rows, {})
    levels, counts = np.unique(labels[side].astype(str), return_counts=True)
    return SideFacts(rows, {str(level): float(n / rows) for level, n in zip(levels, counts, strict=True)})


def _position(key: str, salted: "hashlib.blake2b") -> int:
    digest = salted.copy()
    digest.update(key.encode("utf-8", "surrogatepass"))
    return int.from_bytes(digest.digest(), "big")


def _hex(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _plain_keys(column: pa.ChunkedArray, name: str) -> Strings:
    if column.null_count:
        raise SplitRefused(said("experiments.key_missing", name=name, values=column.null_count))
    return np.array(_as_text(column).to_pylist(), dtype=object)


def _canonical_rows(table: pa.Table, names: list[str]) -> list[str]:
    columns = [_as_text(table[name]).combine_chunks() for name in names]
    filled = [pc.fill_null(column, NULL) for column in columns]
    return pc.binary_join_element_wise(*filled, FIELD_END).to_pylist()


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times as microseconds since 1970; a whole double as the integer would be, -0 as 0."""
    if pa.types.is_timestamp(column.type):
        instant = column.cast(pa.timestamp("us", column.type.tz), safe=False)
        return instant.cast(pa.int64()).cast(pa.string())
    if pa.types.is_floating(column.type):
        return _double_text(column.cast(pa.float64()))
    return column.cast(pa.string())


def _double_text(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """NaN counts as missing."""
    exact = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), EXACT))
    whole = pc.if_else(exact, numbers, 0.0).cast(pa.int64()).cast(pa.string())
    text = pc.if_else(exact, whole, numbers.cast(pa.string()))
    return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.string()), text)
