"""Pearson correlations among numeric columns, over the rows where both have values."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from apps.datasets.profile_document import Correlation

MOST_COLUMNS = 50
BLOCK_ROWS = 32_768

Matrix = npt.NDArray[np.float64]


class _Sums:
    """
    Sums over pairs of columns, of values less a fixed shift so that large means do no harm.

    products[i, j] = sum of x_i x_j, firsts[i, j] = sum of x_i, squares[i, j] = sum of x_i^2 and
    counts[i, j], each over the rows where both i and j have values.
    """

    def __init__(self, columns: int) -> None:
        self.products, self.firsts, self.squares, self.counts = np.zeros((4, columns, columns))
        self.shift = np.full((1, columns), np.nan)
        self.scale = np.full((1, columns), np.nan)

    def add(self, block: Matrix) -> None:
        self._settle_shift(block)
        values = (block - self.shift) / self.scale
        there = np.isfinite(values)
        if there.all():
            self._add_complete(values)
            return
        values[~there] = 0.0
        present = there.astype(np.float64)
        self.products += values.T @ values
        self.firsts += values.T @ present
        self.squares += (values * values).T @ present
        self.counts += present.T @ present

    def _add_complete(self, values: Matrix) -> None:
        products = values.T @ values
        self.products += products
        self.firsts += values.sum(axis=0)[:, None]
        self.squares += np.diag(products)[:, None]
        self.counts += len(values)

    def _settle_shift(self, block: Matrix) -> None:
        for at in np.flatnonzero(np.isnan(self.shift[0])):
            known = block[np.isfinite(block[:, at]), at]
            if len(known):
                self.shift[0, at] = np.median(known)
                spread = float(np.abs(known - self.shift[0, at]).max())
                self.scale[0, at] = spread if 0 < spread < np.inf else 1.0

    def correlations(self) -> Matrix:
        """r for each pair; NaN where it does not exist (a constant, fewer than two rows)."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            n = self.counts
            covariance = self.products - self.firsts * self.firsts.T / n
            variance = self.squares - self.firsts**2 / n
            variance[variance <= 1e-12 * self.squares] = np.nan
            return np.clip(covariance / np.sqrt(variance * variance.T), -1.0, 1.0)


def correlations(parquet: Path, names: list[str]) -> tuple[Correlation, ...]:
    """
    r of every pair among the first MOST_COLUMNS of ``names``, in one pass over those columns.

    A pair without r (a constant column, fewer than two common rows) is left out. Infinite
    values count as missing.
    """
    names = names[:MOST_COLUMNS]
    if len(names) < 2:
        return ()
    sums = _Sums(len(names))
    for block in _blocks(parquet, names):
        sums.add(block)
    r = sums.correlations()
    return tuple(
        Correlation(names[i], names[j], float(r[i, j]), int(sums.counts[i, j]))
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if np.isfinite(r[i, j])
    )


def _blocks(parquet: Path, names: list[str]) -> Iterator[Matrix]:
    with pq.ParquetFile(parquet) as file:
        places = [file.schema_arrow.get_field_index(name) for name in names]
        paths = [file.schema_arrow.names[place] for place in places]
        for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=paths):
            yield np.column_stack([_as_float(batch.column(name)) for name in names])


def _as_float(array: pa.Array) -> npt.NDArray[np.float64]:
    return pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
