"""What is known of a dataset version's columns without reading its rows."""

from dataclasses import dataclass
from typing import Any

from apps.core import storage
from apps.datasets.models import Dataset, DatasetVersion

TEMPORAL = frozenset({"timestamp", "date"})
NUMERIC = frozenset({"integer", "number"})
MOST_LEVELS = 100


@dataclass(frozen=True, slots=True)
class KnownColumn:
    """`distinct` and `missing` are None, `levels` empty where there is no profile to say it."""

    name: str
    kind: str
    distinct: int | None = None
    missing: int | None = None
    levels: tuple[str, ...] = ()

    @property
    def is_temporal(self) -> bool:
        return self.kind in TEMPORAL

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC


def newest(dataset: Dataset) -> DatasetVersion | None:
    """The version that an experiment on this dataset is held against: the newest published one."""
    return dataset.versions.published().order_by("-number").first()


def of(version: DatasetVersion) -> dict[str, KnownColumn]:
    """Every column by name, in the order of the file, with what the profile says of it."""
    profiles = _profiles(version)
    return {column["name"]: _known(column, profiles.get(column["name"], {})) for column in _schema(version)}


def _schema(version: DatasetVersion) -> list[dict[str, Any]]:
    document = version.schema
    columns: list[dict[str, Any]] = document if isinstance(document, list) else document.get("columns", [])
    return columns


def _profiles(version: DatasetVersion) -> dict[str, dict[str, Any]]:
    try:
        document = storage.read_document(version.profile_digest)
    except storage.NotStored:
        return {}
    return {column["name"]: column for column in document.get("columns", [])}


def _known(column: dict[str, Any], profile: dict[str, Any]) -> KnownColumn:
    levels = tuple(profile.get("levels") or ())
    return KnownColumn(
        column["name"],
        column["kind"],
        profile.get("distinct"),
        profile.get("missing"),
        levels if len(levels) <= MOST_LEVELS else (),
    )
