"""Log a finished training to MLflow, in a run of its own that a worker carries out."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.models import ApiToken
from apps.audit import events
from apps.core import storage
from apps.core.actors import System
from apps.core.said import of_error
from apps.core.saying import later as _
from apps.experiments.models import TrainingRun
from apps.pipelines import children
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed, Wait
from apps.tracking import server

LOG_SECONDS = 600
LOG_MEMORY_BYTES = 4 * 1024**3
TOKEN_LIFETIME = timedelta(minutes=15)
MOST_WAITS = 20
LOGGED_FILES = ("report.json", "settings.json", "signature.json", "environment.lock")


def log(context: StepContext) -> Done | Wait:
    """
    Log the training to MLflow through the gate, as anybody would.

    The model is already kept; while the tracking server is away the step waits, which is no
    failed attempt. After about an hour and a half a person is asked to try again.
    """
    run = _run(context)
    if not server.is_alive():
        return _wait(context)
    token, text = tokens.create(
        run.started_by,
        label=str(run)[:80],
        scope=ApiToken.Scope.TRACKING,
        lifetime=TOKEN_LIFETIME,
        by=context.actor,
        run_reference=reference(run),
    )
    try:
        answer = children.run(
            context,
            "apps.tracking.logging_child",
            _log_job(run, context.work_folder),
            memory_bytes=LOG_MEMORY_BYTES,
            seconds=LOG_SECONDS,
            environment={"MLFLOW_TRACKING_TOKEN": text},
        )
    except children.Refused as refusal:
        if not server.is_alive():
            return _wait(context)
        raise StepFailed(
            _("MLflow did not take the training: %(reason)s", reason=of_error(refusal))
        ) from None
    finally:
        tokens.revoke(token, by=run.started_by)
    return Done(answer, commit=lambda: _keep(run, answer["run_id"]))


def reference(run: TrainingRun) -> str:
    """How the gate and MLflow know the training: what its token is tied to."""
    return f"{run.project.slug}/run-{run.pk}"


def _wait(context: StepContext) -> Wait:
    waits = int(context.step.outcome.get("waits", 0))
    if waits >= MOST_WAITS:
        # Counted anew when a person tries again.
        context.step.outcome["waits"] = 0
        context.step.save(update_fields=["outcome"])
        raise StepFailed(
            _("The tracking server does not answer. The model is kept; try again when the server is back.")
        )
    until = timezone.now() + timedelta(seconds=min(10 * 2**waits, 300))
    return Wait("mlflow", _("the tracking server"), until=until, outcome={"waits": waits + 1})


def _log_job(run: TrainingRun, folder: Path) -> dict[str, Any]:
    report = run.report
    metrics = {name: one["value"] for name, one in report["metrics"].items()}
    metrics |= {f"naive_{report['metric']}": report["naive"]["value"], "gain": report["gain"]}
    return {
        "tracking_uri": f"{settings.GATE_URL}/mlflow",
        "experiment": f"{run.project.slug}/{run.experiment.name}",
        "run_name": str(run),
        "reference": reference(run),
        "metrics": {name: value for name, value in metrics.items() if value is not None},
        "params": {"algorithm": report["algorithm"], **report["parameters"], "seed": run.seed},
        "tags": {
            "portal.experiment": run.experiment_id,
            "portal.dataset_version": run.dataset_version_id,
            "portal.data_digest": run.dataset_version.data_digest,
            "portal.artifact_digest": run.artifact_digest,
            "portal.settings_digest": run.settings_digest,
            "portal.code_commit": run.code_commit,
        },
        "artifact": str(storage.local_folder(run.artifact_digest, folder / "artifact")),
        "files": list(LOGGED_FILES),
    }


def _run(context: StepContext) -> TrainingRun:
    return TrainingRun.objects.select_related(
        "experiment__project", "dataset_version__dataset", "started_by", "pipeline_run"
    ).get(pk=context.run.subject_id)


def _keep(run: TrainingRun, run_id: str) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(mlflow_run_id=run_id)
    by = System("pipeline:logging")
    events.record("experiments.run_logged", run, by=by, chain=run.pipeline_run.chain, mlflow_run=run_id)
