"""The one writer of CSV exports: a cell that a spreadsheet would run as a formula is made harmless."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_FORMULA_LEADS = ("=", "+", "-", "@", "\t", "\r", "\0")


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """
    The lines of a CSV file. Numbers stay numbers; a text with a formula's first sign gets a
    leading apostrophe.
    """
    writer = csv.writer(_Echo())
    yield writer.writerow([harmless(cell) for cell in header])
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def harmless(cell: Any) -> Any:
    if isinstance(cell, str) and cell.startswith(_FORMULA_LEADS):
        return f"'{cell}"
    return cell
