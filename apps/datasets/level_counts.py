"""How often each text occurs in a column, exact up to a limit of distinct texts."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

MOST_COUNTED = 1_000_000
KEPT = 100_000


@dataclass(slots=True)
class LevelCounter:
    """
    Takes a column's dictionary-encoded blocks.

    With up to MOST_COUNTED distinct texts everything is exact. Beyond, the rarest are forgotten
    whenever a block overflows, and ``is_exact`` is False: counts are then lower bounds, close
    for frequent texts (lossy counting, Manku and Motwani, 2002).
    """

    count: int = 0
    missing: int = 0
    is_exact: bool = True
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, array: pa.DictionaryArray) -> None:
        codes = array.indices
        self.missing += codes.null_count
        self.count += len(codes) - codes.null_count
        if codes.null_count:
            codes = codes.drop_null()
        times = np.bincount(codes.to_numpy(), minlength=len(array.dictionary))
        for text, more in zip(array.dictionary.to_pylist(), times.tolist(), strict=True):
            if more:
                self.counts[text] += more
        if len(self.counts) > MOST_COUNTED:
            self.is_exact = False
            self.counts = Counter(dict(self.counts.most_common(KEPT)))

    def top(self, most: int) -> tuple[tuple[str, int], ...]:
        """The most frequent texts with their counts; ties in alphabetical order."""
        by_count = sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(by_count[:most])
