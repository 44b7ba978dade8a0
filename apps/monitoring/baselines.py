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
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from apps.core.said import said
from apps.monitoring import columns, noise, quantiles, tally
from apps.monitoring.columns import Source
from apps.monitoring.quantiles import Edges
from scoring.signature import Signature

SCORE = "prediction.score"
"""Column of the probability of the positive class (binary)."""
PREDICTED_CLASS = "prediction.class"
PREDICTED_VALUE = "prediction.value"
"""Column of the predicted number (regression)."""

LEVELS = 10_000
"""Most levels a category keeps; the rarer ones are counted as other."""

Role = Literal["feature", "output"]


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


@dataclass(frozen=True, eq=False)
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

    @cached_property
    def digest(self) -> str:
        """sha256 of the canonical JSON: windows say with it on which bins they were counted."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def build(source: Source, signature: Signature, outputs: Mapping[str, Any] | None = None) -> Baseline:
    """
    The baseline of `source`, a Parquet file or columns in memory.

    `outputs` holds the model's answers for the same rows under SCORE, PREDICTED_CLASS or
    PREDICTED_VALUE; a source that has columns of these names needs none. Memory is bounded by a
    block and a sample per column. Raises ValueError for a missing column or no rows.
    """
    found = set(columns.names_in(source))
    rows = columns.rows_in(source)
    if rows == 0:
        raise ValueError(said("monitoring.baseline_without_rows"))
    outputs = dict(outputs or {})
    if outputs and columns.rows_in(outputs) != rows:
        raise ValueError(said("monitoring.baseline_other_rows"))
    wanted = {feature.name: (feature.kind == "number", "feature") for feature in signature.features}
    if missing := [name for name in wanted if name not in found]:
        raise ValueError(said("monitoring.baseline_column_missing", column=missing[0]))
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
    sample, bounds = quantiles.sampled(source, name)
    if len(sample) == 0:
        # Nothing to compare with, but no reason to refuse the model: n stays 0.
        sample, bounds = np.zeros(1, dtype=np.float32), (0.0, 0.0)
    edges = quantiles.fine_edges(sample, bounds)
    seen = tally.numbers(columns.number_blocks(source, name), edges)
    low, median, high = (float(value) for value in np.quantile(sample, [0.001, 0.5, 0.999]))
    n = max(seen.n, 1)
    mean = float(seen.sums.sum() / n)
    std = math.sqrt(max(seen.squares / n - mean**2, 0.0))
    fixed = NumberBaseline(
        name=name, role=role, edges=edges, counts=seen.counts, sums=_rounded(seen.sums),
        deciles=quantiles.decile_positions(sample, edges), missing=seen.missing,
        invalid=seen.invalid, mean=mean, std=std, median=median,
        scale=quantiles.robust_scale(sample, mean, std), low=low, high=high,
    )  # fmt: skip
    return _with_noise(fixed)


def _with_noise(fixed: NumberBaseline) -> NumberBaseline:
    filled = fixed.counts > 0
    at = fixed.centres(fixed.counts, fixed.sums)[filled]
    cumulative = np.cumsum(fixed.counts[filled]) / max(fixed.n, 1)
    by_chance = noise.bridge_quantiles(cumulative, at)
    return NumberBaseline(**{**_fields(fixed), "noise": by_chance})


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
