"""The step that makes a baseline: the counting happens in a child, what comes out is stored and noted."""

from pathlib import Path
from typing import Any

from django.conf import settings

from apps.audit import events
from apps.core import storage
from apps.core.saying import later as _
from apps.monitoring.models import Baseline
from apps.pipelines import children
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, StepFailed
from apps.registry.models import ModelVersion


def build(context: StepContext) -> Done:
    version = ModelVersion.objects.select_related("training_run__dataset_version").get(
        pk=context.arguments["version"]
    )
    out = context.work_folder / "baseline.json"
    job = _job(version, context.work_folder, out)
    made = children.run(
        context, "apps.monitoring.baseline_child", job, memory_bytes=settings.READING_MEMORY_BYTES
    )
    digest = storage.put_file(out)

    def commit() -> None:
        baseline, is_new = Baseline.objects.get_or_create(
            version=version,
            defaults={"digest": digest, "rows": made["rows"], "performance": made["performance"]},
        )
        if is_new:
            events.record(
                "monitoring.baseline_built",
                baseline,
                by=context.actor,
                chain=context.run.chain,
                project=context.run.project,
                version=version.pk,
                digest=digest,
                rows=made["rows"],
            )

    return Done({"digest": digest, "rows": made["rows"]}, commit)


def _job(version: ModelVersion, folder: Path, out: Path) -> dict[str, Any]:
    run = version.training_run
    try:
        held_out = storage.manifest(version.artifact_digest)["evaluation.parquet"]["sha256"]
        return {
            "signature": version.signature,
            "settings": run.settings,
            "data": str(storage.local_path(run.dataset_version.data_digest)),
            "held_out": str(storage.local_path(held_out)),
            "out": str(out),
        }
    except (storage.NotStored, KeyError):
        raise StepFailed(
            _(
                "The data or the held-out rows of this version are not stored any more; "
                "a baseline cannot be made without them."
            )
        ) from None
