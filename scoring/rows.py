"""
The quick way from decoded JSON to a model's columns.

Takes the common case (numbers or null, texts or null) without a call per cell; whatever else
comes goes through `scoring.inputs`, which says what is wrong with it. Both give the same columns.
"""

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.inputs import MISSING, Columns, InputRefused, columns_from_records
from scoring.signature import Signature

_PLAIN_NUMBERS = frozenset({float, int, type(None)})
_PLAIN_TEXTS = frozenset({str, type(None)})
_LARGEST = float(np.finfo(np.float32).max)

Row = Sequence[Any]


@dataclass(slots=True)
class Rows:
    """
    `columns`: feature → array of shape (rows, 1). `values`: one sequence a row in the order of
    the reader's `names`, with None for missing: what capture writes down.
    """

    columns: Columns
    values: list[Row]


class RowReader:
    """Reads rows for one signature. `names` are its features, numbers before categories."""

    def __init__(self, signature: Signature) -> None:
        numbers = [feature.name for feature in signature.features if feature.kind == "number"]
        categories = [feature.name for feature in signature.features if feature.kind == "category"]
        self.signature = signature
        self.names = numbers + categories
        self._numbers = len(numbers)
        self._categories = len(categories)
        self._pick = picker(self.names)
        self._layout: tuple[list[Any], Callable[[Any], Row]] | None = None

    def from_records(self, records: Sequence[Mapping[str, Any]]) -> Rows:
        """Rows as mappings. Raises InputRefused, naming the column and the row."""
        try:
            rows = [self._pick(record) for record in records]
        except (KeyError, TypeError, IndexError):
            return self._carefully(records)
        return self._from_rows(rows) or self._carefully(records)

    def from_table(self, columns: Any, data: Any) -> Rows:
        """Rows as lists beside the list of their columns' names. Raises InputRefused."""
        if not isinstance(columns, list) or not isinstance(data, list):
            raise InputRefused("“columns” and “data” must be lists.")
        _refuse_ragged(columns, data)
        if self._layout is None or self._layout[0] != columns:
            _refuse_twice(columns)
        try:
            pick = self._pick_by_position(columns)
            rows = self._from_rows([pick(row) for row in data])
        except (ValueError, TypeError):
            rows = None
        return rows or self._carefully([dict(zip(columns, row, strict=True)) for row in data])

    def _pick_by_position(self, columns: list[Any]) -> Callable[[Any], Row]:
        """Clients send the same layout again and again, so the last one is remembered."""
        if self._layout is None or self._layout[0] != columns:
            self._layout = (columns, picker([columns.index(name) for name in self.names]))
        return self._layout[1]

    def _from_rows(self, rows: list[Row]) -> Rows | None:
        """None when a cell needs a closer look."""
        if not rows or not self.names:
            return None
        count = len(rows)
        cells = rows[0] if count == 1 else tuple(chain.from_iterable(zip(*rows, strict=True)))
        border = self._numbers * count
        numbers = _number_cells(cells[:border])
        texts = _text_cells(cells[border:])
        if numbers is None or texts is None:
            return None
        arrays = chain(numbers.reshape(self._numbers, count, 1), texts.reshape(self._categories, count, 1))
        return Rows(dict(zip(self.names, arrays, strict=True)), rows)

    def _carefully(self, records: Sequence[Mapping[str, Any]]) -> Rows:
        for number, record in enumerate(records, start=1):
            if not isinstance(record, Mapping):
                raise InputRefused(f"Row {number} must be an object with a value per column.")
        columns = columns_from_records(records, self.signature)
        plain = [_plain(columns[name].ravel()) for name in self.names]
        return Rows(columns, list(zip(*plain, strict=True)))


def picker(keys: list[Any]) -> Callable[[Any], Row]:
    """What takes these keys out of a mapping or a list, always as a tuple."""
    if len(keys) == 1:
        key = keys[0]
        return lambda source: (source[key],)
    return operator.itemgetter(*keys)


def _refuse_twice(columns: list[Any]) -> None:
    """Two columns of one name: which of them is meant, nobody can know."""
    try:
        twice = [name for name, times in Counter(columns).items() if times > 1]
    except TypeError:
        raise InputRefused("The names of the columns must be texts.") from None
    if twice:
        raise InputRefused(f"The column “{twice[0]}” is there more than once.")


def _refuse_ragged(columns: list[Any], data: list[Any]) -> None:
    for number, row in enumerate(data, start=1):
        if not isinstance(row, list):
            raise InputRefused(f"Row {number} must be a list of values.")
        if len(row) != len(columns):
            raise InputRefused(f"Row {number} has {len(row)} values for {len(columns)} columns.")


def _number_cells(cells: Row) -> NDArray[Any] | None:
    if not _PLAIN_NUMBERS.issuperset(map(type, cells)):
        return None
    try:
        array = np.array(cells, dtype=np.float64)
    except OverflowError:
        return None
    sizes = np.abs(array)
    # The largest alone tells, unless a missing value hides it: then each is looked at.
    if not sizes.max(initial=0.0) <= _LARGEST and (sizes > _LARGEST).any():
        return None
    return array.astype(np.float32)


def _text_cells(cells: Row) -> NDArray[Any] | None:
    if not _PLAIN_TEXTS.issuperset(map(type, cells)) or "" in cells or MISSING in cells:
        return None
    if None in cells:
        cells = [cell or MISSING for cell in cells]
    return np.array(cells, dtype=object)


def _plain(values: NDArray[Any]) -> list[Any]:
    if values.dtype == object:
        return [None if value == MISSING else value for value in values.tolist()]
    return [None if value != value else value for value in values.tolist()]
