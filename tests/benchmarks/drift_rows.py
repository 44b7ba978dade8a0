"""The table that the drift benchmark counts: 14 numbers, 6 categories, 3 % missing."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.signature import Feature, Signature

LEVELS = (2, 5, 20, 100, 1_000, 5_000)
NUMBERS = 14
ROW_GROUP = 1 << 18


def signature() -> Signature:
    numbers = [Feature(f"number_{k}", "number") for k in range(NUMBERS)]
    categories = [Feature(f"category_{levels}", "category") for levels in LEVELS]
    return Signature("binary", "y", (*numbers, *categories), ("no", "yes"))


def write(path: Path, rows: int, seed: int, shift: float = 0.0) -> None:
    """A row group at a time, so that any number of rows fits into memory."""
    rng = np.random.default_rng(seed)
    with pq.ParquetWriter(path, _rows(rng, 1, shift).schema) as writer:
        for start in range(0, rows, ROW_GROUP):
            writer.write_table(_rows(rng, min(ROW_GROUP, rows - start), shift))


def _rows(rng: np.random.Generator, rows: int, shift: float) -> pa.Table:
    columns = {}
    for k in range(NUMBERS):
        draw = rng.normal(shift, size=rows) if k % 2 else rng.lognormal(shift, size=rows)
        columns[f"number_{k}"] = pa.array(draw, mask=rng.random(rows) < 0.03)
    for levels in LEVELS:
        names = pa.array([f"level {number}" for number in range(levels)])
        drawn = np.minimum(rng.geometric(min(5 / levels, 0.5), rows) - 1, levels - 1)
        columns[f"category_{levels}"] = names.take(pa.array(drawn, mask=rng.random(rows) < 0.03))
    return pa.table(columns)
