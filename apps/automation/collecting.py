"""The steps of a retraining, in a worker."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.accounts.models import User
from apps.audit import events
from apps.automation import retraining
from apps.automation.models import Retraining
from apps.core import storage
from apps.core.saying import later as _
from apps.datasets import storing
from apps.datasets.derived import create_from_table
from apps.datasets.filing import StoredTable
from apps.datasets.models import DatasetVersion
from apps.experiments import runs
from apps.experiments.models import TrainingRun
from apps.monitoring.models import CaptureFile, GroundTruth
from apps.pipelines import children
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed

ORIGIN = "retraining"


def collect(context: StepContext) -> Done:
    """Join captured rows with their labels, behind the rows that the serving version learnt from."""
    asked = _retraining(context)
    base = asked.incident.deployment.version.training_run.dataset_version
    out = context.work_folder / "rows.parquet"
    job = _job(asked, base, context.work_folder, out)
    counts = children.run(
        context, "apps.automation.collect_child", job, memory_bytes=settings.READING_MEMORY_BYTES
    )
    table = storing.store_table(context, out, base.schema)
    out.unlink()

    def commit() -> None:
        Retraining.objects.filter(pk=asked.pk).update(collected=counts)

    return Done({"table": table.as_json(), "counts": counts}, commit)


def publish(context: StepContext) -> Done:
    """The version of the gathered rows, in the name of who answers for the retraining."""
    asked = _retraining(context)
    base = asked.incident.deployment.version.training_run.dataset_version
    table = StoredTable.from_json(context.outcome_of("collect")["table"])
    author = _author(asked)

    def commit() -> None:
        version = create_from_table(
            base.dataset,
            table,
            origin=ORIGIN,
            author=author,
            chain=context.run.chain,
            by=context.actor,
            filename=f"{ORIGIN}-{asked.incident_id}.parquet",
        )
        Retraining.objects.filter(pk=asked.pk).update(dataset_version=version)

    return Done(commit=commit)


def start_training(context: StepContext) -> Done:
    """The training itself, which goes through validation, release and approval like any other."""
    asked = _retraining(context)
    experiment = asked.incident.deployment.version.training_run.experiment
    version = asked.dataset_version
    if version is None:
        raise StepFailed(_("The gathered rows were not published."))
    by = retraining.trainer(asked)
    if by is None:
        raise StepFailed(retraining.NOBODY_TRAINS)

    def commit() -> None:
        run = runs.start(
            experiment,
            dataset_version=version,
            by=by,
            cause=TrainingRun.Cause.INCIDENT,
            cause_id=str(asked.incident_id),
            chain=context.run.chain,
        )
        asked.training_run, asked.outcome = run, Retraining.Outcome.STARTED
        asked.save(update_fields=["training_run", "outcome"])
        events.record(
            "automation.retraining_started",
            asked,
            by=context.actor,
            chain=context.run.chain,
            incident=asked.incident_id,
            training_run=run.pk,
            dataset_version=version.pk,
        )

    return Done({"dataset_version": version.pk}, commit)


def _retraining(context: StepContext) -> Retraining:
    return Retraining.objects.select_related(
        "incident__deployment__version__training_run__dataset_version__dataset",
        "incident__deployment__version__training_run__experiment__project",
        "incident__deployment__version__training_run__experiment__edited_by",
        "incident__monitor__endpoint__model__project",
        "dataset_version",
        "decided_by",
    ).get(pk=context.arguments["retraining"])


def _author(asked: Retraining) -> User:
    return asked.decided_by or asked.incident.assignee


def _job(asked: Retraining, base: DatasetVersion, folder: Path, out: Path) -> dict[str, Any]:
    version = asked.incident.deployment.version
    chosen = version.training_run.settings
    endpoint = asked.incident.monitor.endpoint
    files = CaptureFile.objects.accepted().filter(endpoint=endpoint, rows__gt=0)
    if base.origin == ORIGIN:
        # What was captured before is in there already.
        files = files.filter(first_at__gt=base.created_at)
    truths = folder / "truths.json"
    known = GroundTruth.objects.filter(endpoint=endpoint).values_list("correlation_id", "label")
    truths.write_text(json.dumps(dict(known)), encoding="utf-8")
    digests = list(files.order_by("first_at").values_list("data_digest", flat=True))
    return {
        "base": str(storage.local_path(base.data_digest)),
        "captured": [str(storage.local_path(digest)) for digest in digests],
        "truths": str(truths),
        "inputs": [feature["name"] for feature in version.signature["features"]],
        "target": version.signature["target"],
        "time_column": chosen.get("time_column"),
        "row_key": list(chosen.get("row_key") or ()),
        "out": str(out),
    }
