"""
One of each whose documents lie in the storage, among the many rows: a real small training, what
was registered from it and proposed, and a baseline for the busiest monitor.
"""

import contextlib
import os
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apps.accounts.models import User
from apps.core import said, storage
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.profiling import profile
from apps.datasets.schema import schema_in
from apps.experiments import training_job
from apps.experiments.models import Experiment, TrainingRun
from apps.experiments.training import TrainingSettings
from apps.monitoring import baselines
from apps.monitoring.models import Baseline, CaptureFile, WindowResult
from apps.projects.models import Project
from scoring.signature import Feature, Signature
from tests.experiments.conftest import QUICK, loans
from tests.factories import (
    DatasetVersionFactory,
    PipelineRunFactory,
    TrainingRunFactory,
    UploadFactory,
    ValidationFactory,
    proposed,
    registration,
)

SEEDS = (1, 2)


def make() -> dict[str, dict[str, Any]]:
    """The arguments of the pages that show them, by URL name."""
    project, person = Project.objects.get(pk=1), User.objects.get(pk=1)
    dataset, experiment = Dataset.objects.get(pk=1), Experiment.objects.get(pk=1)
    settings = TrainingSettings.from_json(QUICK | {"protected": ["sex"]})
    Experiment.objects.filter(pk=1).update(settings=settings.as_json())
    versions = [_version(dataset, person, seed) for seed in SEEDS]
    run = _trained(experiment, versions[-1], person, settings)
    validation = ValidationFactory(training_run=run, resolution="registered")
    version = registration.register(run, by=person, validation=validation)
    upload = UploadFactory(dataset=dataset, uploaded_by=person, state="read", version=versions[-1])
    proposal = proposed(version, by=person)
    found = {
        "datasets:version_detail": versions[-1].pk,
        "datasets:version_rows": versions[-1].pk,
        "datasets:version_difference": versions[-1].pk,
        "datasets:upload_detail": upload.pk,
        "datasets:upload_status": upload.pk,
        "experiments:run_detail": run.pk,
        "experiments:run_live": run.pk,
        "registry:version_detail": version.pk,
        "registry:validation_detail": validation.pk,
        "approvals:proposal_review": proposal.pk,
    }
    kwargs: dict[str, dict[str, Any]] = {name: {"pk": pk} for name, pk in found.items()}
    monitor = _with_captured_rows(_with_baseline(project))
    kwargs["monitoring:monitor_column"] = {"pk": monitor, "column": "column_1"}
    kwargs["monitoring:captured_rows"] = {"pk": monitor}
    return kwargs


def _version(dataset: Dataset, person: User, seed: int) -> DatasetVersion:
    table = loans(3000, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.parquet"
        schema = schema_in(table.schema)
        pq.write_table(table.replace_schema_metadata(schema.as_metadata()), path)
        described = profile(path).as_json()
        kept, digest = storage.put_file(path), storage.put_document(described)
    newest = dataset.versions.order_by("-number").values_list("number", flat=True)[0]
    made: DatasetVersion = DatasetVersionFactory(
        dataset=dataset,
        number=newest + 1,
        status="published",
        published_by=person,
        author=person,
        data_digest=kept,
        profile_digest=digest,
        rows=table.num_rows,
        schema=schema.as_json(),
    )
    return made


def _trained(
    experiment: Experiment, version: DatasetVersion, person: User, settings: TrainingSettings
) -> TrainingRun:
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        out = Path(folder) / "artifact"
        with contextlib.redirect_stdout(nowhere):
            summary = training_job.train(
                {
                    "parquet": str(storage.local_path(version.data_digest)),
                    "out_dir": str(out),
                    "settings": settings.as_json(),
                }
            )
        artifact = storage.put_folder(out)
    summary.pop("out_dir", None)
    pipeline_run = PipelineRunFactory(
        project=experiment.project, state="succeeded", finished_at=version.created_at, started_by=person
    )
    made: TrainingRun = TrainingRunFactory(
        experiment=experiment,
        number=experiment.runs.order_by("-number").values_list("number", flat=True)[0] + 1,
        dataset_version=version,
        pipeline_run=pipeline_run,
        started_by=person,
        settings=settings.as_json(),
        settings_digest=settings.settings_digest,
        report=said.plain(summary),
        artifact_digest=artifact,
        code_commit="c" * 40,
        environment_digest=storage.manifest(artifact)["environment.lock"]["sha256"],
    )
    return made


def _with_baseline(project: Project) -> int:
    """A real baseline for the version that the busiest monitor's windows are about; the monitor's id."""
    window = WindowResult.objects.filter(monitor__endpoint__model__project=project).order_by(
        "monitor", "-start"
    )
    newest = window.select_related("deployment")[0]
    columns = [feature["name"] for feature in newest.features]
    rng = np.random.default_rng(0)
    table = pa.table({name: rng.normal(size=5000) for name in columns})
    signature = Signature("binary", "y", tuple(Feature(name, "number") for name in columns), ("no", "yes"))
    document = baselines.build(table, signature).as_json()
    Baseline.objects.filter(version=newest.deployment.version_id).update(
        digest=storage.put_document(document)
    )
    return int(newest.monitor_id)


def _with_captured_rows(monitor: int) -> int:
    """Every capture file is a real one, the same: pages open the newest. The monitor's id."""
    rows, rng = CaptureFile.objects.values_list("rows", flat=True)[0], np.random.default_rng(1)
    made = datetime.now(UTC)
    table = pa.table(
        {
            "request.id": [str(uuid.UUID(int=number)) for number in range(rows)],
            "request.time": pa.array([made] * rows, pa.timestamp("us", tz="UTC")),
            "request.latency_ms": rng.gamma(2, 2, rows),
            "request.correlation_id": [f"client-{number}" for number in range(rows)],
            "prediction.class": rng.choice(["no", "yes"], rows),
            **{f"column_{number}": rng.normal(size=rows) for number in range(20)},
        }
    )
    written = pa.BufferOutputStream()
    pq.write_table(table, written)
    CaptureFile.objects.update(data_digest=storage.put_bytes(written.getvalue().to_pybytes()))
    return monitor
