"""
What the columns of a dataset version are: names, kinds, whether values may be missing.

Kept apart from `schema`, which knows Arrow: pages need the kinds, and a web process that
imports Arrow costs 60 MB more.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

SCHEMA_KEY = b"mlops_portal.schema"

MOST_LEVELS = 1_000
ALWAYS_FEW_LEVELS = 50
SHARE_OF_LEVELS = 0.05


class ColumnKind(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    TEXT = "text"
    TIMESTAMP = "timestamp"
    DATE = "date"

    @property
    def is_numeric(self) -> bool:
        return self in (ColumnKind.INTEGER, ColumnKind.NUMBER)

    @property
    def is_temporal(self) -> bool:
        return self in (ColumnKind.TIMESTAMP, ColumnKind.DATE)


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: ColumnKind
    nullable: bool


@dataclass(frozen=True, slots=True)
class Schema:
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def kind_of(self, name: str) -> ColumnKind:
        """The kind of the column; KeyError where there is no such column."""
        for column in self.columns:
            if column.name == name:
                return column.kind
        raise KeyError(name)

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {"name": column.name, "kind": column.kind.value, "nullable": column.nullable}
            for column in self.columns
        ]

    @classmethod
    def from_json(cls, document: Iterable[dict[str, Any]]) -> Self:
        return cls(
            tuple(
                Column(entry["name"], ColumnKind(entry["kind"]), bool(entry["nullable"]))
                for entry in document
            )
        )

    def as_metadata(self) -> dict[bytes, bytes]:
        """The entry for a Parquet file's metadata; the same schema gives the same bytes."""
        return {SCHEMA_KEY: json.dumps(self.as_json(), ensure_ascii=False).encode()}


def is_category(*, distinct: int, count: int) -> bool:
    """
    Whether text values are levels of a category rather than free text.

    A category repeats itself: at most 2 levels, or each level twice on average; and it has at
    most 50 levels, or at most 1,000 that make up no more than 5 % of the values. ``distinct``
    and ``count`` leave missing values out.
    """
    if distinct == 0 or distinct > MOST_LEVELS:
        return False
    repeats = distinct <= 2 or distinct * 2 <= count
    few = distinct <= ALWAYS_FEW_LEVELS or distinct <= SHARE_OF_LEVELS * count
    return repeats and few
