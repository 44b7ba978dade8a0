"""What a training found out: the report that it left behind, and its trials while it runs."""

import json
from typing import Any

from apps.core import storage
from apps.core.said import revived
from apps.experiments.models import TrainingRun
from apps.pipelines import progress

REPORT_FILE = "report.json"
TRAIN_STEP = "train"


def of(run: TrainingRun) -> dict[str, Any] | None:
    """The whole report of a finished training; None before, and where the storage lost it."""
    return stored(run.artifact_digest)


def stored(artifact_digest: str) -> dict[str, Any] | None:
    """The report that lies beside a model; None where there is none."""
    if not artifact_digest:
        return None
    try:
        document = json.loads(storage.read_from_folder(artifact_digest, REPORT_FILE))
    except storage.NotStored:
        return None
    report: dict[str, Any] = revived(document)
    return report


def importance(run: TrainingRun) -> dict[str, float]:
    """Permutation importance by input on the held-out rows; empty where it is not known."""
    report = of(run) or {}
    found = (report.get("held_out") or {}).get("importance") or []
    return {one["feature"]: float(one["mean"]) for one in found}


def trials(run: TrainingRun) -> list[dict[str, Any]]:
    """The trials that are finished so far, best first; they are said while the training runs."""
    step = next((step for step in run.pipeline_run.steps.all() if step.name == TRAIN_STEP), None)
    said = progress.events(step, "trial") if step else []
    latest = {trial["number"]: trial for trial in said}
    return best_first(list(latest.values()))


def best_first(trials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By gain over the naive model, which counts upwards whatever the metric."""
    return sorted(trials, key=lambda trial: -(trial["gain"] if trial["gain"] is not None else -1e9))
