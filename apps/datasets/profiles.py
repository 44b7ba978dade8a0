"""Stored profiles and first rows of versions, as pages and programs read them."""

from typing import Any

from apps.core import storage
from apps.datasets.charts import Bars
from apps.datasets.column_rows import picture
from apps.datasets.differences import Change, ColumnDifference, difference
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
    """As `between`, changed columns first, each with its distribution before and after."""
    earlier, later = of(before), of(after)
    if earlier is None or later is None:
        return None
    left, right = _by_name(earlier), _by_name(later)
    ordered = sorted(difference(earlier, later), key=lambda column: column.change == Change.SAME)
    return [(column, picture(left.get(column.name)), picture(right.get(column.name))) for column in ordered]


def _by_name(profile: DatasetProfile) -> dict[str, ColumnProfile]:
    return {column.name: column for column in profile.columns}
