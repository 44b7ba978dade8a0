"""A live endpoint with stored data, and what its scoring server would have captured."""

import itertools
import json
import tempfile
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.models import Proposal
from apps.core import storage
from apps.core.said import said
from apps.deployments import keys
from apps.deployments.models import Deployment, Endpoint, Release
from apps.experiments import reports
from apps.experiments.training import TrainingSettings
from apps.monitoring import baseline_child, spool
from apps.monitoring.models import Baseline, Incident, Monitor, WindowResult
from apps.projects.models import Project
from apps.projects.roles import Role
from scoring.identifiers import generator
from scoring.segments import OpenSegment
from scoring.signature import Signature
from scoring.tickets import short_id
from tests.factories import (
    DatasetFactory,
    DatasetVersionFactory,
    ExperimentFactory,
    ModelVersionFactory,
    PipelineRunFactory,
    RegisteredModelFactory,
    TrainingRunFactory,
    member,
)

SIGNATURE = {
    "task": "binary",
    "target": "defaulted",
    "features": [
        {"name": "income", "kind": "number"},
        {"name": "debt", "kind": "number"},
        {"name": "region", "kind": "category", "categories": ["east", "north", "south"]},
    ],
    "classes": ["no", "yes"],
}
SETTINGS = {"target": "defaulted", "row_key": "loan_id", "features": ["income", "debt", "region"]}
DIGEST = "9" * 64
IMPORTANCE = [("debt", 0.2), ("income", 0.1), ("region", 0.05)]
REPORT = {"held_out": {"importance": [{"feature": name, "mean": mean} for name, mean in IMPORTANCE]}}
_numbers = itertools.count(1)
_id = generator()


def applications(rows: int, *, seed: int, income: float = 1.0) -> pa.Table:
    """Loans; `income` scales what people earn, which is the drift of these tests."""
    rng = np.random.default_rng(seed)
    earned, debt = rng.lognormal(3, 0.5, rows) * income, rng.gamma(2, 2, rows)
    risk = 1 / (1 + np.exp(-(0.5 * debt - 0.08 * earned)))
    return pa.table(
        {
            "loan_id": [f"L{seed}-{number:06d}" for number in range(rows)],
            "income": earned,
            "debt": debt,
            "region": rng.choice(["north", "south", "east"], rows),
            "probability": risk,
            "defaulted": np.where(rng.random(rows) < risk, "yes", "no"),
        }
    )


def live_deployment(project: Project, *, owner: User | None = None, **fields: Any) -> Deployment:
    """A version live at an endpoint, with its data and its held-out rows in storage."""
    owner = owner or member(project, Role.ML_OPS_ENGINEER)
    model = RegisteredModelFactory(project=project, owner=owner)
    endpoint = Endpoint.objects.create(
        model=model, name=f"loans-{next(_numbers)}", port=30_000 + next(_numbers), created_by=owner
    )
    version = _version(model)
    release = Release.objects.create(
        version=version, pipeline_run=PipelineRunFactory(project=project), started_by=owner
    )
    now = timezone.now()
    return Deployment.objects.create(
        **{
            "endpoint": endpoint,
            "version": version,
            "release": release,
            "proposal": _proposal(version, owner),
            "package_digest": DIGEST,
            "state": Deployment.State.LIVE,
            "ticket": f"ticket-of-{endpoint.name}",
            "deployed_by": owner,
            "live_from": now - timedelta(hours=3),
            "chain": version.chain,
            **fields,
        }
    )


def monitored(project: Project, *, owner: User | None = None, window: int = 60, **fields: Any) -> Monitor:
    """A live endpoint with its monitor and its baseline, as the pipeline makes it."""
    deployment = live_deployment(project, owner=owner, **fields)
    begun = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=1)
    monitor = Monitor.objects.create(
        endpoint=deployment.endpoint,
        owner=deployment.deployed_by,
        window_seconds=window,
        lateness_seconds=0,
        checked_until=begun,
    )
    make_baseline(deployment)
    return monitor


def make_baseline(deployment: Deployment) -> Baseline:
    version = deployment.version
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "baseline.json"
        made = baseline_child.run(baseline_job(deployment, out))
        digest = storage.put_file(out)
    return Baseline.objects.create(
        version=version, digest=digest, rows=made["rows"], performance=made["performance"]
    )


def baseline_job(deployment: Deployment, out: Path) -> dict[str, Any]:
    version = deployment.version
    held_out = storage.manifest(version.artifact_digest)["evaluation.parquet"]["sha256"]
    return {
        "signature": version.signature,
        "settings": version.training_run.settings,
        "data": str(storage.local_path(version.training_run.dataset_version.data_digest)),
        "held_out": str(storage.local_path(held_out)),
        "out": str(out),
    }


def capture(
    deployment: Deployment, table: pa.Table, *, start: datetime, seconds: float = 50, **changes: Any
) -> list[dict[str, Any]]:
    """A sealed segment of these rows, spread over the seconds from `start`; returns the records."""
    rows = table.to_pylist()
    step = timedelta(seconds=seconds / max(len(rows), 1))
    records = [_record(deployment, row, start + number * step) | changes for number, row in enumerate(rows)]
    write_segment(deployment, records, start)
    return records


def write_segment(
    deployment: Deployment, records: list[dict[str, Any]], start: datetime, *, key: bytes | None = None
) -> Path:
    name = f"{deployment.endpoint.name}/{deployment.pk}/{start:%Y/%m/%d/%H}/{_id()}"
    segment = OpenSegment(spool.folder(deployment.endpoint), name, key or keys.capture_key())
    segment.append(b"".join(json.dumps(record).encode() + b"\n" for record in records), len(records))
    return segment.seal()


def judged(monitor: Monitor, **fields: Any) -> WindowResult:
    start = timezone.now() - timedelta(minutes=5)
    deployment = fields.pop("deployment", None) or monitor.endpoint.deployments.first()
    return WindowResult.objects.create(
        **{
            "monitor": monitor,
            "deployment": deployment,
            "start": start,
            "end": start + timedelta(seconds=monitor.window_seconds),
            "rows": 500,
            "verdict": "drifted",
            "is_breach": True,
            **fields,
        }
    )


def opened(monitor: Monitor, **fields: Any) -> Incident:
    """An incident as the checks open it."""
    result = judged(monitor)
    cause = {
        "kind": "population_shift",
        "sentence": said("monitoring.other_rows", columns=["income"]),
        "confidence": 0.6,
        "recommendation": "retrain",
        "columns": ["income"],
        "evidence": [],
    }
    return Incident.objects.create(
        **{
            "monitor": monitor,
            "deployment": result.deployment,
            "cause": "population_shift",
            "sentence": said("monitoring.other_rows", columns=["income"]),
            "causes": [cause],
            "calls_for_retraining": True,
            "first_window": result,
            "last_window": result,
            "assignee": monitor.owner,
            "chain": result.deployment.chain,
            **fields,
        }
    )


def _record(deployment: Deployment, row: dict[str, Any], at: datetime) -> dict[str, Any]:
    moved = generator(lambda: int(at.timestamp() * 1e9))()
    positive = row["probability"]
    return {
        "specversion": "1.0",
        "type": "mlops.inference",
        "source": deployment.endpoint.name,
        "deployment": str(deployment.pk),
        "digest": deployment.package_digest,
        "ticket": short_id(deployment.ticket),
        "id": moved,
        "time": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "correlationid": row["loan_id"],
        "row": 0,
        "latency_ms": 1.5,
        "data": {
            "inputs": {name: row[name] for name in ("income", "debt", "region")},
            "outputs": {
                "prediction": "yes" if positive >= 0.5 else "no",
                "probabilities": {"no": 1 - positive, "yes": positive},
            },
        },
    }


def _version(model: Any) -> Any:
    learnt = applications(4000, seed=next(_numbers)).drop_columns(["probability"])
    dataset = DatasetFactory(project=model.project)
    data = DatasetVersionFactory(
        dataset=dataset, published=True, data_digest=_stored(learnt), rows=4000, schema=_schema(learnt)
    )
    settings = TrainingSettings.from_json(SETTINGS).as_json()
    experiment = ExperimentFactory(dataset=dataset, settings=settings, model_name=model.name)
    run = TrainingRunFactory(
        experiment=experiment,
        dataset_version=data,
        settings=settings,
        artifact_digest=_artifact(),
    )
    signature = Signature.from_json(SIGNATURE).as_json()
    return ModelVersionFactory(model=model, training_run=run, signature=signature, live=True)


def _schema(table: pa.Table) -> list[dict[str, Any]]:
    kinds = {"double": "decimal", "string": "text"}
    return [{"name": field.name, "kind": kinds[str(field.type)]} for field in table.schema]


def _artifact() -> str:
    unseen = applications(1500, seed=next(_numbers) + 10_000)
    table = pa.table(
        {
            "target": unseen["defaulted"],
            "prediction": pa.array(["yes" if p >= 0.5 else "no" for p in unseen["probability"].to_pylist()]),
            "probability_no": pa.array([1 - p for p in unseen["probability"].to_pylist()]),
            "probability_yes": unseen["probability"],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(table, Path(folder) / "evaluation.parquet")
        (Path(folder) / reports.REPORT_FILE).write_text(json.dumps(REPORT))
        return storage.put_folder(Path(folder))


def _stored(table: pa.Table) -> str:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pq.write_table(table, file.name)
        return storage.put_file(Path(file.name))


def _proposal(version: Any, by: User) -> Any:
    run = PipelineRunFactory(kind="release", project=version.model.project, started_by=by)
    return Proposal.objects.create(
        version=version,
        release_run=run,
        manifest={},
        digest=uuid.uuid4().hex * 2,
        evidence={},
        evidence_digest="e" * 64,
        tier="low",
        signoffs_needed=1,
        status="approved",
        proposed_by=by,
        actor=f"user:{by.pk}",
        expires_at=timezone.now() + timedelta(days=30),
        closed_at=timezone.now(),
        chain=version.chain,
    )
