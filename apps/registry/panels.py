"""What the registry shows on pages of lower apps."""

from typing import Any

from django.http import HttpRequest  # noqa: TID251 - a panel is handed the request of its page

from apps.datasets.models import DatasetVersion
from apps.experiments.models import TrainingRun
from apps.registry import lineage
from apps.registry.models import ModelVersion, Validation


def of_training_run(request: HttpRequest, run: TrainingRun) -> dict[str, Any] | None:
    """What came of the run: its validation, and the version where it was registered."""
    validation = (
        Validation.objects.filter(training_run=run).select_related("champion__model__project").first()
    )
    version = ModelVersion.objects.filter(training_run=run).select_related("model__project").first()
    if validation is None and version is None:
        return None
    return {"template": "registry/_run_outcome.html", "validation": validation, "version": version}


def of_dataset_version(request: HttpRequest, version: DatasetVersion) -> dict[str, Any] | None:
    """Which models learnt from these rows, as a picture with its list."""
    graph = lineage.of_data(version)
    return {"template": "registry/_trained_on.html", "graph": graph} if graph else None
