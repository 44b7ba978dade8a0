"""
What the training data looked like, frozen: bins, counts and sums that every window is held against.

The bins never move afterwards. Bins chosen anew over each window (as some tools do) give values
that cannot be compared from one week to the next.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from apps.monitoring import columns, noise, tally
from apps.monitoring.columns import Source
from scoring.signature import Signature

SCORE = "prediction.score"
"""Column of the probability of the positive class (binary)."""
PREDICTED_CLASS = "prediction.class"
PREDICTED_VALUE = "prediction.value"
"""Column of the predicted number (regression)."""

FINE_BINS = 1_000
"""Quantile bins of a number; its deciles are among the edges."""
SAMPLE = 200_000
"""Values that the quantiles are taken from; the counts are of all rows."""
LEVELS = 10_000
"""Most levels a category keeps; the rarer ones are counted as other."""

Role = Literal["feature", "output"]
Edges = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class NumberBaseline:
    """
    A number's reference.

    `counts[i]` rows lie in (edges[i - 1], edges[i]], with an underflow bin before and an overflow
    bin behind: len(edges) + 1 of them; `sums` are the sums of their values. edges[0] is just below
    the least value and edges[-1] is the greatest. `deciles` are the positions among the edges
    that PSI and Jensen-Shannon use. `scale` is a robust standard deviation, `low` and `high` the
    0.1 % and 99.9 % quantiles, `noise` the Wasserstein noise quantiles in the column's unit.
    """

    name: str
    role: Role
    edges: Edges
    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    deciles: tuple[int, ...]
    missing: int
    invalid: int
    mean: float
    std: float
    median: float
    scale: float
    low: float
    high: float
    noise: tuple[float, float] = (0.0, 0.0)

    kind = "number"

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    def decile_counts(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Fine counts → counts of the decile bins, outer bins open."""
        total = np.concatenate([[0], np.cumsum(counts)])
        cuts = np.array([0, *(position + 1 for position in self.deciles), len(counts)])
        return np.diff(total[cuts])

    def centres(self, counts: NDArray[np.int64], sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Where each bin's rows lie: their mean, winsorised.

        Beyond one 0.1-99.9 % range outside that range nothing counts as farther, or one sentinel
        of 1e9 would be the whole distance. Empty bins get their edge.
        """
        edges = np.append(self.edges, self.edges[-1]).astype(np.float64)
        at = np.divide(sums, counts, out=edges, where=counts > 0)
        reach = max(self.high - self.low, self.scale)
        return np.clip(at, self.low - reach, self.high + reach)


@dataclass(frozen=True, slots=True, eq=False)
class CategoryBaseline:
    """`counts` of `levels`, commonest first; `other` counts the rows of levels not kept."""

    name: str
    role: Role
    levels: tuple[str, ...]
    counts: NDArray[np.int64]
    other: int
    singletons: int
    missing: int
    invalid: int

    kind = "category"

    @property
    def n(self) -> int:
        return int(self.counts.sum()) + self.other

    @property
    def unseen_share(self) -> float:
        """Share of rows with a level not kept to be expected without drift (Good-Turing)."""
        return (self.other + self.singletons) / self.n if self.n else 0.0


ColumnBaseline = NumberBaseline | CategoryBaseline


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """The reference of all inputs and outputs of one model version, by column name."""

    rows: int
    columns: dict[str, ColumnBaseline]

    def as_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "columns": [_column_json(c) for c in self.columns.values()]}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Baseline":
        parts = [_column_from_json(part) for part in document["columns"]]
        return cls(document["rows"], {part.name: part for part in parts})

    @property
    def digest(self) -> str:
        """sha256 of the canonical JSON: windows say with it on which bins they were counted."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def build(
    source: Source, signature: Signature, outputs: Mapping[str, Any] | None = None
) -> Baseline:
    """
    The baseline of `source`, a Parquet file or columns in memory.

    `outputs` holds the model's answers for the same rows under SCORE, PREDICTED_CLASS or
    PREDICTED_VALUE; a source that has columns of these names needs none. Memory is bounded by a
    block and a sample per column. Raises ValueError for a missing column or no rows.
    """
    found = set(columns.names_in(source))
    rows = columns.rows_in(source)
    if rows == 0:
        raise ValueError("A baseline needs rows.")
    outputs = dict(outputs or {})
    if outputs and columns.rows_in(outputs) != rows:
        raise ValueError("The predictions are not of the same rows.")
    wanted = {feature.name: (feature.kind == "number", "feature") for feature in signature.features}
    if missing := [name for name in wanted if name not in found]:
        raise ValueError(f"The column “{missing[0]}” is missing.")
    for name in output_names(signature):
        if name in outputs or name in found:
            wanted[name] = (name != PREDICTED_CLASS, "output")

    def one(name: str) -> ColumnBaseline:
        is_number, role = wanted[name]
        of = outputs if role == "output" and name in outputs else source
        reference = _number if is_number else _category
        return reference(of, name, "output" if role == "output" else "feature")

    return Baseline(rows, dict(zip(wanted, columns.each(one, wanted), strict=True)))


def output_names(signature: Signature) -> tuple[str, ...]:
    """The output columns that a model of this task is watched by."""
    if signature.task == "regression":
        return (PREDICTED_VALUE,)
    return (SCORE, PREDICTED_CLASS) if signature.task == "binary" else (PREDICTED_CLASS,)


def _number(source: Source, name: str, role: Role) -> NumberBaseline:
    sample, bounds = _sample(source, name)
    if len(sample) == 0:
        raise ValueError(f"The column “{name}” holds no number.")
    edges = _edges(sample, bounds)
    seen = tally.numbers(columns.number_blocks(source, name), edges)
    low, median, high = (float(value) for value in np.quantile(sample, [0.001, 0.5, 0.999]))
    mean = float(seen.sums.sum() / seen.n)
    std = math.sqrt(max(seen.squares / seen.n - mean**2, 0.0))
    fixed = NumberBaseline(
        name=name, role=role, edges=edges, counts=seen.counts, sums=_rounded(seen.sums),
        deciles=_deciles(sample, edges), missing=seen.missing, invalid=seen.invalid, mean=mean,
        std=std, median=median, scale=_robust_scale(sample, mean, std), low=low, high=high,
    )  # fmt: skip
    return _with_noise(fixed)


def _sample(source: Source, name: str) -> tuple[Edges, tuple[float, float]]:
    """Sorted values spread evenly over the rows, 2 x SAMPLE at the most, and the extremes."""
    parts: list[Edges] = []
    stride, held, least, most = 1, 0, math.inf, -math.inf
    for block in columns.number_blocks(source, name):
        if len(block.ordered) == 0:
            continue
        least, most = min(least, float(block.ordered[0])), max(most, float(block.ordered[-1]))
        parts.append(block.ordered[stride // 2 :: stride].copy())
        held += len(parts[-1])
        if held > 2 * SAMPLE:
            # Every second of each sorted part: the quantiles stay where they are.
            parts = [part[::2].copy() for part in parts]
            stride, held = stride * 2, sum(len(part) for part in parts)
    sample = np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)
    sample.sort()
    return sample, (least, most)


def _edges(sample: Edges, bounds: tuple[float, float]) -> Edges:
    """Every value while they are few, else quantiles that occur, so that ties stay whole."""
    values = np.unique(sample)
    if len(values) > FINE_BINS:
        at = np.linspace(0, 1, FINE_BINS + 1)
        values = np.quantile(sample, at, method="inverted_cdf")
    least, most = np.float32(bounds[0]), np.float32(bounds[1])
    below = np.nextafter(least, np.float32(-np.inf))
    return np.unique(np.concatenate([[below, least], values, [most]]).astype(np.float32))


def _deciles(sample: Edges, edges: Edges) -> tuple[int, ...]:
    """
    Positions of the nine deciles among the edges, without repetition.

    Where the least value alone fills the first decile, what lies below it gets a bin of its own,
    or a constant column could fall without being noticed.
    """
    cuts = np.quantile(sample, np.arange(1, 10) / 10, method="inverted_cdf")
    positions = {int(position) for position in np.searchsorted(edges, cuts)}
    return tuple(sorted(positions | ({0} if min(positions) == 1 else set())))


def _robust_scale(sample: Edges, mean: float, std: float) -> float:
    """
    A standard deviation that a sentinel cannot ruin: the interquartile range / 1.349.

    Where that is zero (a value that half of the rows share), the 5-95 % and then the 1-99 %
    range over its own normal width; then the standard deviation; a constant is measured
    relative to itself.
    """
    for tail, width in ((0.25, 1.349), (0.05, 3.290), (0.01, 4.653)):
        low, high = np.quantile(sample.astype(np.float64), [tail, 1 - tail])
        if high > low:
            return float(high - low) / width
    return std if std > 1e-9 * abs(mean) and std > 0 else abs(mean) or 1.0


def _with_noise(fixed: NumberBaseline) -> NumberBaseline:
    filled = fixed.counts > 0
    at = fixed.centres(fixed.counts, fixed.sums)[filled]
    cumulative = np.cumsum(fixed.counts[filled]) / fixed.n
    quantiles = noise.bridge_quantiles(cumulative, at)
    return NumberBaseline(**{**_fields(fixed), "noise": quantiles})


def _category(source: Source, name: str, role: Role) -> CategoryBaseline:
    seen: Counter[str] = Counter()
    other = missing = invalid = 0
    for block in columns.level_blocks(source, name):
        missing, invalid = missing + block.missing, invalid + block.invalid
        for level, rows in block.counts.items():
            # A column of identifiers must not fill the memory: ten times what is kept is plenty.
            if level in seen or len(seen) < 10 * LEVELS:
                seen[level] += rows
            else:
                other += rows
    kept = sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:LEVELS]
    return CategoryBaseline(
        name=name, role=role, levels=tuple(level for level, _ in kept),
        counts=np.array([rows for _, rows in kept], dtype=np.int64),
        other=other + sum(seen.values()) - sum(rows for _, rows in kept),
        singletons=sum(rows == 1 for _, rows in kept), missing=missing, invalid=invalid,
    )  # fmt: skip


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nine digits: as exact as the float32 values summed, and half as long in JSON."""
    return np.array([float(f"{value:.9g}") for value in values])


def _fields(column: ColumnBaseline) -> dict[str, Any]:
    return {name: getattr(column, name) for name in column.__dataclass_fields__}


def _column_json(column: ColumnBaseline) -> dict[str, Any]:
    document = {"kind": column.kind, **_fields(column)}
    for name, value in document.items():
        if isinstance(value, np.ndarray):
            # Nine digits tell any two float32 apart; float() alone would write seventeen.
            single = value.dtype == np.float32
            document[name] = [float(f"{v:.9g}") for v in value] if single else value.tolist()
        elif isinstance(value, tuple):
            document[name] = list(value)
    return document


def _column_from_json(document: dict[str, Any]) -> ColumnBaseline:
    fields = {name: value for name, value in document.items() if name != "kind"}
    fields["counts"] = np.array(fields["counts"], dtype=np.int64)
    if document["kind"] == "category":
        return CategoryBaseline(**{**fields, "levels": tuple(fields["levels"])})
    arrays = {
        "edges": np.array(fields["edges"], dtype=np.float32),
        "sums": np.array(fields["sums"], dtype=np.float64),
    }
    tuples = {"deciles": tuple(fields["deciles"]), "noise": tuple(fields["noise"])}
    return NumberBaseline(**{**fields, **arrays, **tuples})
