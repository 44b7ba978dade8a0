"""
A window's rows as counts on the baseline's bins: small, and they add up.

Any longer window is the sum of its hours, whatever the number of rows behind them.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

import msgspec
import numpy as np

from apps.monitoring import columns, tally
from apps.monitoring.baselines import Baseline, ColumnBaseline, NumberBaseline
from apps.monitoring.columns import Source
from apps.monitoring.tally import CategoryCounts, NumberCounts

ColumnCounts = NumberCounts | CategoryCounts


class OtherBaseline(ValueError):
    """The counts were made on other bins and cannot be added or compared."""


@dataclass(frozen=True, slots=True, eq=False)
class WindowCounts:
    """
    `columns` by name, for the columns of the baseline that the window has; `absent` the rows in
    which a baseline column was not there at all; `extra` columns that the baseline does not know;
    `first` and `last` times in microseconds since 1970 UTC, None without a time column.
    """

    baseline: str
    rows: int
    columns: dict[str, ColumnCounts] = field(default_factory=dict)
    absent: dict[str, int] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()
    first: int | None = None
    last: int | None = None

    def __add__(self, other: "WindowCounts") -> "WindowCounts":
        if self.baseline != other.baseline:
            raise OtherBaseline("The windows were counted on different baselines.")
        stamps = [stamp for stamp in (self.first, other.first) if stamp is not None]
        lasts = [stamp for stamp in (self.last, other.last) if stamp is not None]
        return WindowCounts(
            self.baseline,
            self.rows + other.rows,
            _joined(self.columns, other.columns),
            _joined(self.absent, other.absent),
            self.extra | other.extra,
            min(stamps, default=None),
            max(lasts, default=None),
        )

    def as_bytes(self) -> bytes:
        """Compressed MessagePack; empty bins cost next to nothing."""
        document = {
            "baseline": self.baseline, "rows": self.rows, "absent": self.absent,
            "extra": sorted(self.extra), "first": self.first, "last": self.last,
            "columns": {name: _packed(counts) for name, counts in self.columns.items()},
        }  # fmt: skip
        return zlib.compress(msgspec.msgpack.encode(document), level=1)

    @classmethod
    def from_bytes(cls, data: bytes) -> "WindowCounts":
        document = msgspec.msgpack.decode(zlib.decompress(data))
        parts = {name: _unpacked(packed) for name, packed in document.pop("columns").items()}
        extra = frozenset(document.pop("extra"))
        return cls(**document, columns=parts, extra=extra)


def count(
    source: Source,
    baseline: Baseline,
    *,
    time_column: str | None = None,
    ignore: Iterable[str] = (),
) -> WindowCounts:
    """
    Count a Parquet file, or columns in memory, on the baseline's bins.

    Columns that the baseline lacks are reported as `extra`, except `time_column` and those in
    `ignore` (identifiers, say). Memory is bounded by a block per thread.
    """
    names, rows = columns.names_in(source), columns.rows_in(source)
    present = [name for name in baseline.columns if name in set(names)]
    known = {*baseline.columns, *ignore, time_column}

    def one(name: str) -> ColumnCounts:
        return _column(source, baseline.columns[name])

    first, last = columns.stamps(source, time_column) if time_column in names else (None, None)
    return WindowCounts(
        baseline=baseline.digest,
        rows=rows,
        columns=dict(zip(present, columns.each(one, present), strict=True)),
        absent={name: rows for name in baseline.columns if name not in set(present) and rows},
        extra=frozenset(name for name in names if name not in known),
        first=first,
        last=last,
    )


def total(windows: Iterable[WindowCounts], baseline: Baseline) -> WindowCounts:
    """The windows as one; zero rows when there are none."""
    return reduce(add, windows, WindowCounts(baseline.digest, 0))


def _column(source: Source, reference: ColumnBaseline) -> ColumnCounts:
    if isinstance(reference, NumberBaseline):
        return tally.numbers(columns.number_blocks(source, reference.name), reference.edges)
    return tally.categories(columns.level_blocks(source, reference.name), reference.levels)


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = one.keys() & other.keys()
    return {**one, **other, **{name: one[name] + other[name] for name in both}}


def _packed(counts: ColumnCounts) -> dict[str, Any]:
    fields = {name: getattr(counts, name) for name in counts.__dataclass_fields__}
    return {
        name: value.tobytes() if isinstance(value, np.ndarray) else value for name, value in fields.items()
    }


def _unpacked(fields: dict[str, Any]) -> ColumnCounts:
    counts = np.frombuffer(fields.pop("counts"), dtype=np.int64)
    if "new" in fields:
        return CategoryCounts(counts, **fields)
    return NumberCounts(counts, np.frombuffer(fields.pop("sums"), dtype=np.float64), **fields)
