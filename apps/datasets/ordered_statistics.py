"""
Statistics of one numeric or temporal column, from its sorted values.

Each row group is sorted as it is read. Up to EXACT_VALUES all values are kept and the figures
are exact; beyond, every k-th value of each sorted row group stands for k, so that memory stays
bounded and ranks are off by at most one part in a row group's share of kept values.
Minimum, maximum, mean, standard deviation and counts are exact in either case.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from apps.datasets.profile_document import QUANTILES, Histogram, Outliers, Value

EXACT_VALUES = 20_000_000
BINS = 20
TOP = 20
# Fences of FIELD's data-quality signals: Tukey's 1.5 IQR, and Iglewicz and Hoaglin's 3.5.
IQR_FENCE = 1.5
ROBUST_Z = 3.5
MAD_TO_SIGMA = 1.4826

# Of float64 or int64: whole numbers and times keep every digit.
Numbers = npt.NDArray[Any]


@dataclass(slots=True)
class Moments:
    """Count, mean and sum of squared deviations, merged block by block (Chan et al., 1979)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: Numbers) -> None:
        n = len(values)
        mean = float(np.mean(values, dtype=np.float64))
        deviations = values - mean
        delta = mean - self.mean
        total = self.count + n
        self.squares += float(np.dot(deviations, deviations)) + delta**2 * self.count * n / total
        self.mean += delta * n / total
        self.count = total

    @property
    def std(self) -> float | None:
        """The sample's standard deviation (n - 1); None for fewer than two values."""
        return float(np.sqrt(self.squares / (self.count - 1))) if self.count > 1 else None


@dataclass(slots=True)
class Gathered:
    """A column's values in ascending order, each standing for ``step`` of them."""

    values: Numbers
    step: int
    moments: Moments
    missing: int
    infinite: int
    low: float | int | None = None
    high: float | int | None = None


@dataclass(slots=True)
class Gatherer:
    """Takes a column block by block; ``rows`` are the rows of the whole file."""

    rows: int
    missing: int = 0
    infinite: int = 0
    moments: Moments = field(default_factory=Moments)
    low: float | int | None = None
    high: float | int | None = None
    _blocks: list[Numbers] = field(default_factory=list)

    @property
    def step(self) -> int:
        return max(1, -(-self.rows // EXACT_VALUES))

    def add(self, array: pa.Array) -> None:
        values = _finite(array)
        self.missing += array.null_count
        if values.dtype == np.float64 and len(values):
            values = self._only_finite(values)
        if not len(values):
            return
        self.moments.add(values)
        self.low = _least(self.low, values.min().item())
        self.high = _most(self.high, values.max().item())
        # All values are sorted together at the end; a thinned block has to be in order first.
        kept = values if self.step == 1 else np.sort(values)[self.step // 2 :: self.step]
        self._blocks.append(kept.copy())

    def _only_finite(self, values: Numbers) -> Numbers:
        finite = np.isfinite(values)
        if finite.all():
            return values
        not_numbers = int(np.isnan(values).sum())
        self.missing += not_numbers
        self.infinite += int(len(values) - finite.sum()) - not_numbers
        return values[finite]

    def gathered(self) -> Gathered:
        values = np.concatenate(self._blocks) if self._blocks else np.empty(0)
        self._blocks.clear()
        values.sort()
        return Gathered(values, self.step, self.moments, self.missing, self.infinite, self.low, self.high)


def _finite(array: pa.Array) -> Numbers:
    if array.null_count:
        array = array.drop_null()
    if pa.types.is_date(array.type):
        array = pc.cast(array, pa.timestamp("us"))
    if pa.types.is_timestamp(array.type):
        return pc.cast(pc.cast(array, _in_us(array.type), safe=False), pa.int64()).to_numpy()
    if pa.types.is_unsigned_integer(array.type) or not pa.types.is_integer(array.type):
        return pc.cast(array, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return pc.cast(array, pa.int64()).to_numpy(zero_copy_only=False)


def _in_us(stamp: pa.DataType) -> pa.DataType:
    return pa.timestamp("us", tz=stamp.tz)


def _least(known: float | int | None, value: float | int) -> float | int:
    return value if known is None else min(known, value)


def _most(known: float | int | None, value: float | int) -> float | int:
    return value if known is None else max(known, value)


def quantiles(values: Numbers) -> dict[str, float]:
    """Quantiles of ascending values, linear between neighbours (NumPy's default, type 7)."""
    found = {}
    for share in QUANTILES:
        place = share * (len(values) - 1)
        below = int(place)
        low = values[below]
        high = values[min(below + 1, len(values) - 1)]
        found[str(share)] = (low + (float(high) - float(low)) * (place - below)).item()
    return found


def histogram(values: Numbers, step: int) -> Histogram:
    """BINS bins of equal width from the least to the greatest of ascending values."""
    low, high = float(values[0]), float(values[-1])
    edges = np.linspace(low, high, BINS + 1) if high > low else np.array([low, low])
    if not np.isfinite(edges).all() or np.any(np.diff(edges) <= 0):
        edges = np.array([low, high])
    inner = np.searchsorted(values, edges[1:-1], side="left")
    bounds = np.concatenate(([0], inner, [len(values)]))
    return Histogram(edges.tolist(), (np.diff(bounds) * step).tolist())


def runs(values: Numbers) -> tuple[int, list[tuple[Value, int]]]:
    """How many distinct values ascending ``values`` hold, and the TOP most frequent ones."""
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    lengths = np.diff(np.concatenate((starts, [len(values)])))
    distinct = len(starts)
    candidates = np.flatnonzero(lengths > 1)
    if len(candidates) < TOP:
        # Values that occur once come last, the smallest first.
        once = np.flatnonzero(lengths[: TOP + len(candidates)] == 1)
        candidates = np.concatenate((candidates, once))[:TOP]
    elif len(candidates) > TOP:
        # The least length among the most frequent; ties go to the smaller values.
        repeated = lengths[candidates]
        least = np.partition(repeated, -TOP)[-TOP]
        sure = candidates[repeated > least]
        candidates = np.concatenate((sure, candidates[repeated == least][: TOP - len(sure)]))
    order = candidates[np.lexsort((candidates, -lengths[candidates]))]
    return distinct, [(values[starts[at]].item(), int(lengths[at])) for at in order]


def fences(values: Numbers, at: Callable[[float], float]) -> tuple[Outliers, Outliers | None]:
    """
    Outliers of ascending values by the IQR fence and by robust z.

    Q1 - 1.5 IQR … Q3 + 1.5 IQR, and |x - median| / (1.4826 MAD) > 3.5; the second is None
    where the MAD is zero (more than half of the values are equal). ``at`` gives quantiles.
    """
    low, median, high = at(0.25), at(0.5), at(0.75)
    reach = IQR_FENCE * (high - low)
    tukey = _outside(values, low - reach, high + reach)
    spread = ROBUST_Z * MAD_TO_SIGMA * median_absolute_deviation(values, median)
    return tukey, _outside(values, median - spread, median + spread) if spread > 0 else None


def _outside(values: Numbers, lower: float, upper: float) -> Outliers:
    below = int(np.searchsorted(values, lower, side="left"))
    above = len(values) - int(np.searchsorted(values, upper, side="right"))
    return Outliers(float(lower), float(upper), below + above, (below + above) / len(values))


def median_absolute_deviation(values: Numbers, median: float) -> float:
    """
    The median of |x - median| for ascending values.

    The deviations fall to the median and rise after it, so the middle half of them lies in one
    window of the sorted values: found by bisection, no second sort.
    """
    n = len(values)
    half = n // 2
    start = _window(values, median, half + 1)
    deviations = np.sort(np.abs(values[start : start + half + 1] - median))
    upper = float(deviations[-1])
    return upper if n % 2 else (float(deviations[-2]) + upper) / 2


def _window(values: Numbers, center: float, width: int) -> int:
    """Where the ``width`` values nearest to ``center`` start among ascending ones."""
    low, high = 0, len(values) - width
    while low < high:
        middle = (low + high) // 2
        if center - values[middle] > values[middle + width] - center:
            low = middle + 1
        else:
            high = middle
    return low
