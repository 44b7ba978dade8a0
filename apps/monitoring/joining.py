"""Captured rows and the labels that came for them."""

from collections.abc import Mapping

import pyarrow as pa

from apps.monitoring.captured_table import CORRELATION, ID

PARTS_OF_AN_ID = 5


def labelled(table: pa.Table, truths: Mapping[str, str]) -> tuple[pa.Table, list[str]]:
    """
    The rows of the table whose label is known, and the labels.

    A label belongs to the captured row's own id, or to the caller's correlation id where the
    request had one row alone.
    """
    rows, labels = [], []
    keys = zip(table[ID].to_pylist(), table[CORRELATION].to_pylist(), strict=True)
    for number, (row_id, correlation) in enumerate(keys):
        label = truths.get(row_id)
        if label is None and row_id.count("-") < PARTS_OF_AN_ID:
            label = truths.get(correlation)
        if label is not None:
            rows.append(number)
            labels.append(label)
    return table.take(pa.array(rows, pa.int64())), labels
