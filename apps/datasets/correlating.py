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
BLOCK_ROWS = 16_384

Matrix = npt.NDArray[np.float64]


class _Sums:
    """
    Sums over pairs of columns, of values less a fixed shift so that large means do no harm.

    products[i, j] = sum of x_i x_j, firsts[i, j] = sum of x_i, squares[i, j] = sum of x_i^2 and
    counts[i, j], each over the rows where both i and j have values.
    """

    def __init__(self, columns: int) -> None:
        self.products, self.firsts, self.squares, self.counts = np.zeros((4, columns, columns))
        self.shift = np.full((columns, 1), np.nan)
        self.scale = np.full((columns, 1), np.nan)

    def add(self, values: Matrix) -> None:
        """Add a block of shape (columns, rows), which is overwritten."""
        self._settle_shift(values)
        values -= self.shift
        values /= self.scale
        there = np.isfinite(values)
        if there.all():
            self._add_complete(values)
            return
        values[~there] = 0.0
        present = there.astype(np.float64)
        self.products += values @ values.T
        self.firsts += values @ present.T
        self.counts += present @ present.T
        values *= values
        self.squares += values @ present.T

    def _add_complete(self, values: Matrix) -> None:
        products = values @ values.T
        self.products += products
        self.firsts += values.sum(axis=1)[:, None]
        self.squares += np.diag(products)[:, None]
        self.counts += values.shape[1]

    def _settle_shift(self, block: Matrix) -> None:
        for at in np.flatnonzero(np.isnan(self.shift[:, 0])):
            known = block[at, np.isfinite(block[at])]
            if len(known):
                self.shift[at] = np.median(known)
                spread = float(np.abs(known - self.shift[at]).max())
                self.scale[at] = spread if 0 < spread < np.inf else 1.0

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
        for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=names):
            block = np.empty((len(names), batch.num_rows))
            for row, name in enumerate(names):
                block[row] = _as_float(batch.column(name))
            yield block


def _as_float(array: pa.Array) -> npt.NDArray[np.float64]:
    """Missing values become NaN."""
    numbers = array if pa.types.is_float64(array.type) else pc.cast(array, pa.float64(), safe=False)
    return numbers.to_numpy(zero_copy_only=False)
