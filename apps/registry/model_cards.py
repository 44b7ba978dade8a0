"""What is known of a version, read for its page from rows and from its stored training report."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.core import storage
from apps.core.said import revived
from apps.registry.models import ModelVersion


@dataclass(frozen=True, slots=True)
class Measured:
    """A version's main metric, with its 95 % interval and the number of rows it was measured on."""

    number: int
    metric: str
    value: float
    low: float
    high: float
    rows: int


def training_report(version: ModelVersion) -> dict[str, Any]:
    """The report that the training left beside the model; empty where there is none."""
    try:
        stored = json.loads(storage.read_from_folder(version.artifact_digest, "report.json"))
    except storage.NotStored:
        return {}
    report: dict[str, Any] = revived(stored)
    return report


def measured(versions: Iterable[ModelVersion]) -> list[Measured]:
    """The main metric of each version that was compared, oldest first. Reads `training_run.validation`."""
    found = []
    for version in sorted(versions, key=lambda version: version.number):
        validation = getattr(version.training_run, "validation", None)
        score = validation.report.get("candidate") if validation else None
        if validation and score:
            low, high = score["interval"] or (score["value"], score["value"])
            found.append(
                Measured(
                    version.number,
                    validation.report["metric"],
                    score["value"],
                    low,
                    high,
                    validation.report["n"],
                )
            )
    return found


def same_metric(points: list[Measured]) -> list[Measured]:
    """Those measured by the newest version's metric: others do not belong on one axis."""
    return [point for point in points if point.metric == points[-1].metric] if points else []
