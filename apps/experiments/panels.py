"""What pages of lower apps show of trainings."""

from typing import Any

from django.http import HttpRequest

from apps.accounts.requests import reader
from apps.datasets.models import DatasetVersion
from apps.experiments import leaderboard, policy
from apps.experiments.models import TrainingRun
from apps.projects.models import Project

SHOWN = 5


def trained_on_version(request: HttpRequest, version: DatasetVersion) -> dict[str, Any] | None:
    """The trainings on a dataset version, the newest first, and the way to another experiment on it."""
    found = version.training_runs.select_related("experiment", "pipeline_run").order_by("-pk")
    rows = leaderboard.rows(found[: SHOWN + 1])
    is_published = version.status == DatasetVersion.Status.PUBLISHED
    if not rows and not is_published:
        return None
    return {
        "template": "experiments/_panel_version.html",
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "may_design": is_published and not policy.why_not_train(version.project, reader(request)),
    }


def of_project(request: HttpRequest, project: Project) -> dict[str, Any] | None:
    """The project's newest trainings."""
    trained = TrainingRun.objects.filter(experiment__project=project)
    newest = trained.order_by("-pk").values("pk")[:SHOWN]
    found = TrainingRun.objects.select_related("experiment", "pipeline_run", "dataset_version__dataset")
    rows = leaderboard.rows(found.filter(pk__in=newest).order_by("-pk"))
    return {"template": "experiments/_panel_project.html", "rows": rows} if rows else None
