"""Counting sorted blocks into fixed bins, and level counts against known levels."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.monitoring.columns import Levels, Numbers

NEW_LEVELS = 50
"""New levels kept by name; the rows of the others are counted together."""


@dataclass(frozen=True, slots=True, eq=False)
class NumberCounts:
    """
    One number column of a window, on a baseline's bins.

    `counts` and `sums` have a bin more than there are edges; `squares` is the sum of the squared
    values; `minimum` and `maximum` are None without values.
    """

    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    squares: float = 0.0
    missing: int = 0
    invalid: int = 0
    minimum: float | None = None
    maximum: float | None = None

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    def __add__(self, other: "NumberCounts") -> "NumberCounts":
        return NumberCounts(
            self.counts + other.counts,
            self.sums + other.sums,
            self.squares + other.squares,
            self.missing + other.missing,
            self.invalid + other.invalid,
            _least(self.minimum, other.minimum),
            _most(self.maximum, other.maximum),
        )


@dataclass(frozen=True, slots=True, eq=False)
class CategoryCounts:
    """One category column of a window: `counts` in the order of the baseline's levels."""

    counts: NDArray[np.int64]
    missing: int = 0
    invalid: int = 0
    new: Mapping[str, int] | None = None
    new_unnamed: int = 0

    @property
    def new_rows(self) -> int:
        """Rows with a level that the baseline does not keep."""
        return sum((self.new or {}).values()) + self.new_unnamed

    @property
    def n(self) -> int:
        return int(self.counts.sum()) + self.new_rows

    def __add__(self, other: "CategoryCounts") -> "CategoryCounts":
        new = Counter(self.new or {}) + Counter(other.new or {})
        kept, unnamed = commonest(new)
        return CategoryCounts(
            self.counts + other.counts,
            self.missing + other.missing,
            self.invalid + other.invalid,
            kept,
            self.new_unnamed + other.new_unnamed + unnamed,
        )


def commonest(levels: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """The most frequent new levels, and the rows of the rest."""
    ranked = sorted(levels.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:NEW_LEVELS]), sum(rows for _, rows in ranked[NEW_LEVELS:])


def numbers(blocks: Iterable[Numbers], edges: NDArray[np.float32]) -> NumberCounts:
    """
    Counts and sums of the blocks' values in the bins (edges[i - 1], edges[i]].

    The edges are looked up in the sorted block, not the values among the edges: the cost does
    not grow with the number of bins.
    """
    counts = np.zeros(len(edges) + 1, dtype=np.int64)
    sums = np.zeros(len(edges) + 1)
    squares, missing, invalid = 0.0, 0, 0
    low: float | None = None
    high: float | None = None
    for block in blocks:
        missing, invalid = missing + block.missing, invalid + block.invalid
        if len(block.ordered) == 0:
            continue
        _add(block.ordered, edges, counts, sums)
        squares += _squares(block.ordered)
        low, high = _least(low, float(block.ordered[0])), _most(high, float(block.ordered[-1]))
    return NumberCounts(counts, sums, squares, missing, invalid, low, high)


def _add(
    ordered: NDArray[np.float32],
    edges: NDArray[np.float32],
    counts: NDArray[np.int64],
    sums: NDArray[np.float64],
) -> None:
    ends = np.searchsorted(ordered, edges, side="right")
    per_bin = np.diff(ends, prepend=0, append=len(ordered))
    filled = np.flatnonzero(per_bin)
    # reduceat gives a stray value for an empty bin, so only the filled ones are asked for.
    starts = np.concatenate([[0], ends])[filled]
    counts += per_bin
    sums[filled] += np.add.reduceat(ordered, starts, dtype=np.float64)


def _squares(ordered: NDArray[np.float32]) -> float:
    wide = ordered.astype(np.float64)
    return float(wide @ wide)


def categories(blocks: Iterable[Levels], levels: tuple[str, ...]) -> CategoryCounts:
    """Rows per known level, and the new levels with their rows."""
    position = {level: number for number, level in enumerate(levels)}
    counts = np.zeros(len(levels), dtype=np.int64)
    new: Counter[str] = Counter()
    unnamed = missing = invalid = 0
    for block in blocks:
        missing, invalid = missing + block.missing, invalid + block.invalid
        for level, rows in block.counts.items():
            if level in position:
                counts[position[level]] += rows
            else:
                new[level] += rows
        if len(new) > 1_000 * NEW_LEVELS:
            kept, more = commonest(new)
            new, unnamed = Counter(kept), unnamed + more
    kept, more = commonest(new)
    return CategoryCounts(counts, missing, invalid, kept, unnamed + more)


def _least(one: float | None, other: float | None) -> float | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _most(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)
