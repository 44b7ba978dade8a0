"""What changed between two dataset versions, from their profiles alone."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from apps.datasets import moves
from apps.datasets.column_kinds import ColumnKind
from apps.datasets.profile_document import ColumnProfile, DatasetProfile, Value


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    RETYPED = "retyped"
    MOVED = "moved"
    """Its values or its gaps are others, by more than chance explains."""
    CHANGED = "changed"
    """Other values, of a kind that has no distribution to hold against another: texts, dates."""
    STEADY = "steady"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class ColumnDifference:
    """
    One column, before and after; None on the side where it does not exist.

    ``quantiles`` holds (before, after) where both sides are of one ordered kind,
    ``median_shift`` the median's move in units of the earlier interquartile range,
    ``new_levels_share`` the share of the later values that no earlier value equals, and
    ``distance`` how far the distribution moved, as ``moves.Move`` has it.
    """

    name: str
    change: Change
    kind_before: ColumnKind | None
    kind_after: ColumnKind | None
    count_before: int | None
    count_after: int | None
    missing_share_before: float | None
    missing_share_after: float | None
    quantiles: dict[str, tuple[Value, Value]] | None = None
    median_shift: float | None = None
    distance: float | None = None
    new_levels: tuple[str, ...] = ()
    new_levels_share: float | None = None
    lost_levels: tuple[str, ...] = ()

    @property
    def missing_percent_before(self) -> float | None:
        return _percent(self.missing_share_before)

    @property
    def missing_percent_after(self) -> float | None:
        return _percent(self.missing_share_after)

    @property
    def distance_percent(self) -> float | None:
        return _percent(self.distance)

    @property
    def weight(self) -> tuple[int, float]:
        """What to look at first: what is gone or new, then the furthest moves."""
        return list(Change).index(self.change), -(self.distance or 0.0)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def difference(before: DatasetProfile, after: DatasetProfile) -> list[ColumnDifference]:
    """One entry per column: those of ``after`` in their order, then the removed ones."""
    earlier = {column.name: column for column in before.columns}
    later = {column.name: column for column in after.columns}
    count = len(later)
    found = [_compared(earlier.get(name), column, count) for name, column in later.items()]
    return found + [_compared(column, None, count) for name, column in earlier.items() if name not in later]


def _compared(before: ColumnProfile | None, after: ColumnProfile | None, columns: int) -> ColumnDifference:
    known = before or after
    assert known is not None
    details = _details(before, after) if before and after else {}
    move = moves.of_values(before, after, columns=columns) if before and after else None
    return ColumnDifference(
        name=known.name,
        change=_change(before, after, move, columns),
        kind_before=before.kind if before else None,
        kind_after=after.kind if after else None,
        count_before=before.count if before else None,
        count_after=after.count if after else None,
        missing_share_before=before.missing_share if before else None,
        missing_share_after=after.missing_share if after else None,
        distance=move.distance if move else None,
        **details,
    )


def _change(
    before: ColumnProfile | None, after: ColumnProfile | None, move: moves.Move | None, columns: int
) -> Change:
    if before is None:
        return Change.ADDED
    if after is None:
        return Change.REMOVED
    if before.kind != after.kind:
        return Change.RETYPED
    if before == after:
        return Change.SAME
    if moves.of_missing(before, after, columns=columns).is_real or (move and move.is_real):
        return Change.MOVED
    return Change.STEADY if move else Change.CHANGED


def _details(before: ColumnProfile, after: ColumnProfile) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if before.quantiles and after.quantiles and _comparable(before.kind, after.kind):
        details["quantiles"] = {
            share: (value, after.quantiles[share]) for share, value in before.quantiles.items()
        }
        details["median_shift"] = _median_shift(before, after)
    if before.levels is not None and after.levels is not None:
        new = [level for level in after.levels if level not in before.levels]
        seen = sum(after.levels[level] for level in new)
        details["new_levels"] = tuple(new)
        details["new_levels_share"] = seen / after.count if after.count else 0.0
        details["lost_levels"] = tuple(level for level in before.levels if level not in after.levels)
    return details


def _comparable(before: ColumnKind, after: ColumnKind) -> bool:
    return before == after or (before.is_numeric and after.is_numeric)


def _median_shift(before: ColumnProfile, after: ColumnProfile) -> float | None:
    if not before.kind.is_numeric or not before.quantiles or not after.quantiles:
        return None
    spread = float(before.quantiles["0.75"]) - float(before.quantiles["0.25"])
    shift = float(after.quantiles["0.5"]) - float(before.quantiles["0.5"])
    return shift / spread if spread else None
