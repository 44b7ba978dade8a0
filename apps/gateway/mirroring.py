"""
Keep MLflow's registry and runs as our database has them: by events, and again by a periodic look.

It stands above the apps whose rows it mirrors, so that none of them needs to know of MLflow.
"""

from django.utils import timezone

from apps.audit.models import Event
from apps.deployments.models import Deployment
from apps.experiments.models import TrainingRun
from apps.gateway.models import TrackedRun
from apps.pipelines import runs
from apps.registry.models import ModelVersion, RegisteredModel
from apps.tracking import mirror, server

CHAMPION = "champion"
AT_ONCE = 50


def on_registered(event: Event) -> None:
    """A registered version is known to MLflow as `<project>.<model>`."""
    version = (
        ModelVersion.objects.select_related("model__project", "training_run")
        .filter(pk=event.object_id)
        .first()
    )
    if version is not None:
        _mirror(version)


def on_logged(event: Event) -> None:
    """A version that was registered before its training was logged is known to MLflow from now on."""
    for version in ModelVersion.objects.filter(training_run=int(event.object_id)).select_related(
        "model__project", "training_run"
    ):
        _mirror(version)
        _point_champion(version.model)


def on_deployed(event: Event) -> None:
    """The alias "champion" follows what is in production after a version went live or retired."""
    deployment = (
        Deployment.objects.select_related("version__model__project").filter(pk=event.object_id).first()
    )
    if deployment is not None:
        _point_champion(deployment.version.model)


def _point_champion(model: RegisteredModel) -> None:
    champion = (
        model.versions.in_production()
        .select_related("model__project", "training_run")
        .order_by("-number")
        .first()
    )
    if champion is None:
        mirror.mirror_alias(str(model), CHAMPION, None)
    elif _mirror(champion):
        mirror.mirror_alias(str(model), CHAMPION, champion.number)


def _mirror(version: ModelVersion) -> bool:
    run_id = version.training_run.mlflow_run_id
    if run_id:
        mirror.mirror_version(str(version.model), version.number, run_id)
    return bool(run_id)


def close_left_runs() -> None:
    """End in MLflow what a lost worker or a cancelled training left running there."""
    left = TrackedRun.objects.filter(closed_at=None).exclude(reference="").order_by("pk")
    for tracked_run in left[:AT_ONCE]:
        if _is_over(tracked_run):
            _close(tracked_run)


def _is_over(tracked_run: TrackedRun) -> bool:
    number = tracked_run.reference.rpartition("-")[2]
    found = TrainingRun.objects.filter(pk=int(number)).first() if number.isdecimal() else None
    return found is None or not runs.of(found).filter(kind="logging").unfinished().exists()


def _close(tracked_run: TrackedRun) -> None:
    found = server.call("GET", "runs/get", query=f"run_id={tracked_run.run_id}")
    info = (found or {}).get("run", {}).get("info", {})
    if info.get("status") == "RUNNING":
        server.call("POST", "runs/update", {"run_id": tracked_run.run_id, "status": "KILLED"})
    TrackedRun.objects.filter(pk=tracked_run.pk).update(closed_at=timezone.now())
