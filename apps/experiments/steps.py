"""The steps of a training, as a worker runs them. The libraries are loaded in the children alone."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import tokens
from apps.accounts.models import ApiToken
from apps.core import storage
from apps.experiments import code_version, columns, suitability
from apps.experiments.models import TrainingRun
from apps.experiments.training import TrainingRefused, TrainingSettings
from apps.pipelines import children
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed, Wait
from apps.tracking import server

BESIDES_SEARCH_SECONDS = 1800
LOG_SECONDS = 600
LOG_MEMORY_BYTES = 4 * 1024**3
TOKEN_LIFETIME = timedelta(minutes=15)
MOST_WAITS = 20
LOGGED_FILES = ("report.json", "settings.json", "signature.json", "environment.lock")


def prepare(context: StepContext) -> Done:
    """Hold the settings against the version, and note which code trains."""
    run = _run(context)
    try:
        wanted = TrainingSettings.from_json(run.settings)
    except TrainingRefused as refusal:
        raise StepFailed(str(refusal)) from None
    problems = suitability.problems(wanted, columns.of(run.dataset_version))
    if problems:
        raise StepFailed(" ".join(problems.values()))
    try:
        storage.local_path(run.dataset_version.data_digest)
    except storage.NotStored:
        raise StepFailed(
            _("The rows of %(version)s are not in the storage.") % {"version": run.dataset_version}
        ) from None
    commit = code_version.commit()
    return Done({"commit": commit}, commit=lambda: _note(run, code_commit=commit))


def train(context: StepContext) -> Done:
    """Search, fit and evaluate in a child; keep what it leaves behind by its digest."""
    run = _run(context)
    # A folder for each attempt, beside the trials that all attempts share.
    out = context.step_folder / f"artifact-{context.attempt}"
    job = {
        "parquet": str(storage.local_path(run.dataset_version.data_digest)),
        "out_dir": str(out),
        "settings": run.settings,
    }
    summary = children.run(
        context,
        "apps.experiments.training_child",
        job,
        memory_bytes=settings.TRAINING_MEMORY_BYTES,
        seconds=float(run.settings["time_budget_seconds"]) + BESIDES_SEARCH_SECONDS,
    )
    digest = storage.put_folder(out)
    environment = storage.manifest(digest)["environment.lock"]["sha256"]
    shutil.rmtree(out)
    summary.pop("out_dir", None)

    def keep() -> None:
        _note(run, report=summary, artifact_digest=digest, environment_digest=environment)

    return Done({"artifact": digest}, commit=keep)


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
        label=f"training run {run.pk}",
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
        raise StepFailed(_("MLflow did not take the training: %(reason)s") % {"reason": refusal}) from None
    finally:
        tokens.revoke(token, by=run.started_by)
    return Done(answer, commit=lambda: _note(run, mlflow_run_id=answer["run_id"]))


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
        "tracking_uri": f"{settings.PORTAL_URL}/mlflow",
        "experiment": f"{run.project.slug}/{run.experiment.name}",
        "run_name": f"run {run.number}",
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
        "experiment__project", "dataset_version__dataset", "started_by"
    ).get(pipeline_run=context.run)


def _note(run: TrainingRun, **values: Any) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(**values)
