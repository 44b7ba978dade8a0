"""Stored profiles and first rows of versions, as pages and programs read them."""

from typing import Any

from apps.core import storage
from apps.datasets import moves
from apps.datasets.charts import Bars, bars
from apps.datasets.column_rows import MOST_BARS, picture
from apps.datasets.differences import ColumnDifference, difference
from apps.datasets.models import DatasetVersion
from apps.datasets.profile_document import ColumnProfile, DatasetProfile


def of(version: DatasetVersion) -> DatasetProfile | None:
    """The version's profile; None where the storage does not have it."""
    try:
        return DatasetProfile.from_json(storage.read_document(version.profile_digest))
    except storage.NotStored:
        return None


def first_rows(version: DatasetVersion) -> dict[str, Any]:
    """{"columns": names, "rows": texts}; no rows where none are kept."""
    try:
        found: dict[str, Any] = storage.read_document(version.summary["preview_digest"])
    except (KeyError, storage.NotStored):
        return {"columns": [], "rows": []}
    return found


def between(before: DatasetVersion, after: DatasetVersion) -> list[ColumnDifference] | None:
    """What changed, column by column; None where a profile is not stored."""
    earlier, later = of(before), of(after)
    return difference(earlier, later) if earlier and later else None


def pictured(
    before: DatasetVersion, after: DatasetVersion
) -> list[tuple[ColumnDifference, Bars | None, Bars | None]] | None:
    """As `between`, the furthest moves first, each with its distribution before and after."""
    earlier, later = of(before), of(after)
    if earlier is None or later is None:
        return None
    left, right = _by_name(earlier), _by_name(later)
    ordered = sorted(difference(earlier, later), key=lambda column: column.weight)
    return [(column, *_pictures(left.get(column.name), right.get(column.name))) for column in ordered]


def _pictures(before: ColumnProfile | None, after: ColumnProfile | None) -> tuple[Bars | None, Bars | None]:
    """On the same bins or levels where that is possible."""
    counts = moves.side_by_side(before, after) if before and after else None
    if counts is None:
        return picture(before), picture(after)
    return bars(counts[0][:MOST_BARS]), bars(counts[1][:MOST_BARS])


def _by_name(profile: DatasetProfile) -> dict[str, ColumnProfile]:
    return {column.name: column for column in profile.columns}
