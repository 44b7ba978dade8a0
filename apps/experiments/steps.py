"""The steps of a training, as a worker runs them. The libraries are loaded in the children alone."""

import shutil
from typing import Any

from django.conf import settings

from apps.core import storage
from apps.core.said import joined, of_error
from apps.core.saying import later as _
from apps.experiments import code_version, columns, suitability
from apps.experiments.models import TrainingRun
from apps.experiments.training import TrainingRefused, TrainingSettings
from apps.pipelines import children
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed

BESIDES_SEARCH_SECONDS = 1800


def prepare(context: StepContext) -> Done:
    """Hold the settings against the version, and note which code trains."""
    run = _run(context)
    try:
        wanted = TrainingSettings.from_json(run.settings)
    except TrainingRefused as refusal:
        raise StepFailed(of_error(refusal)) from None
    problems = suitability.problems(wanted, columns.of(run.dataset_version))
    if problems:
        raise StepFailed(joined(*problems.values()))
    try:
        storage.local_path(run.dataset_version.data_digest)
    except storage.NotStored:
        raise StepFailed(
            _("The rows of %(version)s are not in the storage.", version=run.dataset_version)
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


def _run(context: StepContext) -> TrainingRun:
    return TrainingRun.objects.select_related(
        "experiment__project", "dataset_version__dataset", "started_by"
    ).get(pipeline_run=context.run)


def _note(run: TrainingRun, **values: Any) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(**values)
