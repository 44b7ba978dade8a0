"""
A believable portfolio for pictures and walks: the demo's story, played by the portal's own code.

Data, trainings, validations, packages and baselines are real and small. What needs other
processes (captured traffic, a scoring server's report) is made from the demo's generator.
"""

import json
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow.parquet as pq
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals.models import Proposal
from apps.core import storage
from apps.datasets.models import Dataset
from apps.deployments import packages
from apps.deployments.models import Deployment, Endpoint, ProbeResult, Release, TrafficSample
from apps.experiments.models import Experiment, TrainingRun
from apps.home import demo, demo_data, demo_story
from apps.monitoring import captured_table, checks, counting, measuring, truth
from apps.monitoring.models import CaptureFile, Incident, Monitor
from apps.projects import loop
from apps.projects.models import Arrow, Mode, Project
from apps.projects.roles import Role
from apps.registry.models import ModelVersion, RegisteredModel
from scoring import models as packaged
from scoring import tickets
from tests.e2e import one_process
from tests.factories import (
    DatasetFactory,
    DatasetVersionFactory,
    ExperimentFactory,
    PipelineRunFactory,
    ProjectFactory,
    RegisteredModelFactory,
    UploadFactory,
    UserFactory,
)

ROWS_OF_A_SEASON = 1200
HOURS = 26
MOVES_AFTER = 20
ROWS_AN_HOUR = 260
LONG = "A name that somebody typed with much care and eighty characters to say it all in"


@dataclass(frozen=True)
class Portfolio:
    project: Project
    people: dict[str, User]

    @property
    def dataset(self) -> Dataset:
        return self.project.datasets.get()

    @property
    def experiment(self) -> Experiment:
        return self.project.experiments.get()

    @property
    def model(self) -> RegisteredModel:
        return self.project.registered_models.get()

    @property
    def release(self) -> Release:
        return Release.objects.filter(version__model=self.model).latest("pk")

    @property
    def proposal(self) -> Proposal:
        return Proposal.objects.open().get(version__model=self.model)

    @property
    def endpoint(self) -> Endpoint:
        return self.model.endpoints.get()

    @property
    def monitor(self) -> Monitor:
        return self.endpoint.monitor

    @property
    def incident(self) -> Incident:
        return Incident.objects.filter(monitor=self.monitor).latest("pk")

    @property
    def run(self) -> TrainingRun:
        return TrainingRun.objects.filter(experiment=self.experiment).latest("pk")

    @property
    def champion(self) -> ModelVersion:
        return self.model.versions.in_production().get()


def build() -> Portfolio:
    """A live champion, a day of its traffic that ends in drift, and a second version to decide on."""
    with (
        one_process.working(),
        patch.object(demo, "ROWS_OF_A_SEASON", ROWS_OF_A_SEASON),
        patch.dict(demo_story.SETTINGS, {"trials_per_algorithm": 1}),
    ):
        demo.seed()
        project = demo.project()
        assert project is not None
        portfolio = Portfolio(project, _people(project))
        # A person is asked instead, so that the picture shows the question.
        loop.choose(project, Arrow.RETRAIN, Mode.SUPERVISED, by=portfolio.people["ml_ops_engineer"])
        _first_champion(project)
        _a_day_of_traffic(portfolio)
        demo_story.bring_the_second_season(project)
        one_process.until_idle()
        demo_story.register_what_is_no_better(project)
        one_process.until_idle()
    return portfolio


def _people(project: Project) -> dict[str, User]:
    people = {role.value: demo.person(project, role) for role in Role}
    return people | {user.global_role: user for user in User.objects.exclude(global_role="")}


def _first_champion(project: Project) -> None:
    one_process.until_idle()
    demo_story.set_up_the_experiment(project)
    with patch.object(demo_story, "A_MOMENT", timedelta()):
        demo_story.train_for_the_first_time(project)
    one_process.until_idle()
    demo_story.register_what_is_no_better(project)
    one_process.until_idle()
    demo_story.approve_the_first(project)
    one_process.until_idle()


def _a_day_of_traffic(portfolio: Portfolio) -> None:
    """Hour by hour, on the way that captured rows take from there on; the last hours have drifted."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    begun = now - timedelta(hours=HOURS)
    endpoint = portfolio.endpoint
    Deployment.objects.filter(endpoint=endpoint).update(live_from=begun, created_at=begun)
    Monitor.objects.filter(endpoint=endpoint).update(checked_until=begun, created_at=begun)
    deployment = Deployment.objects.live().with_everything_for_a_row().get(endpoint=endpoint)
    model = packaged.load(packages.on_disk(deployment.release), deployment.package_digest)
    for hour in range(HOURS):
        _an_hour(deployment, model, begun + timedelta(hours=hour), drifted=hour >= MOVES_AFTER)
    monitor = Monitor.objects.select_related("endpoint__model__project", "owner").get(endpoint=endpoint)
    checks.check(monitor, timezone.now() + timedelta(minutes=2))
    _labels(portfolio, deployment)
    measuring.measure(monitor, timezone.now())
    _reports(deployment)
    one_process.until_idle()


def _an_hour(deployment: Deployment, model: packaged.LoadedModel, start: datetime, *, drifted: bool) -> None:
    seed = int(start.timestamp()) // 3600
    frame = demo_data.consumer_credit(
        ROWS_AN_HOUR, seed=seed, start=date(2026, 1, 1), days=28, drift=float(drifted)
    )
    inputs = json.loads(frame.drop(columns=demo_data.TARGET).to_json(orient="records"))
    answers = model.predict(model.reader.from_records(inputs).columns).as_records(model.signature.classes)
    ticket = tickets.short_id(deployment.ticket)
    records = [
        {
            "id": f"{seed}-{number}",
            "time": (start + timedelta(seconds=3600 * number / ROWS_AN_HOUR)).isoformat(),
            "correlationid": f"{row['application_id']}-{seed}",
            "digest": deployment.package_digest,
            "ticket": ticket,
            "latency_ms": 1.2,
            "data": {"inputs": row, "outputs": answer},
        }
        for number, (row, answer) in enumerate(zip(inputs, answers, strict=True))
    ]
    counting.count(_taken_in(deployment, records, model, start))


def _taken_in(
    deployment: Deployment, records: list[dict[str, Any]], model: packaged.LoadedModel, start: datetime
) -> CaptureFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        pq.write_table(captured_table.table(records, model.signature), path)
        digest = storage.put_file(path)
    return CaptureFile.objects.create(
        endpoint=deployment.endpoint,
        deployment=deployment,
        segment=f"{deployment.endpoint.name}/{deployment.pk}/{start:%Y/%m/%d/%H}/rows.jsonl",
        segment_sha256=digest,
        data_digest=digest,
        rows=len(records),
        first_at=start,
        last_at=start + timedelta(hours=1),
    )


def _labels(portfolio: Portfolio, deployment: Deployment) -> None:
    """What became of the applicants of the first hours."""
    begun = deployment.live_from
    assert begun is not None
    labels = []
    for hour in range(MOVES_AFTER):
        seed = int((begun + timedelta(hours=hour)).timestamp()) // 3600
        frame = demo_data.consumer_credit(ROWS_AN_HOUR, seed=seed, start=date(2026, 1, 1), days=28)
        labels += [
            truth.Truth(f"{key}-{seed}", label, timezone.now())
            for key, label in zip(frame["application_id"], frame[demo_data.TARGET], strict=True)
        ]
    truth.receive(deployment.endpoint, labels, by=portfolio.people["data_engineer"])


def _reports(deployment: Deployment) -> None:
    """What a keeper would have noted of the scoring server."""
    now = timezone.now()
    rng = np.random.default_rng(7)
    TrafficSample.objects.bulk_create(
        TrafficSample(
            endpoint=deployment.endpoint,
            at=now - timedelta(seconds=10 * slice_),
            requests=int(rng.poisson(40 + 15 * np.sin(slice_ / 40))),
            errors=int(rng.random() < 0.02),
            p95_ms=round(float(rng.gamma(20, 0.12)), 2),
        )
        for slice_ in range(360)
    )
    ProbeResult.objects.bulk_create(
        ProbeResult(deployment=deployment, at=now - timedelta(minutes=n), succeeded=True, latency_ms=3.1)
        for n in range(30)
    )
    Endpoint.objects.filter(pk=deployment.endpoint_id).update(reported_at=now, report=_report(deployment))


def still_there() -> None:
    """As the keeper says every half minute."""
    Endpoint.objects.update(reported_at=timezone.now())


def _report(deployment: Deployment) -> dict[str, Any]:
    return {
        "state": "running",
        "pid": 4711,
        "started": timezone.now().timestamp() - 3600 * HOURS,
        "rss_bytes": 96 * 1024**2,
        "spool_bytes": 0,
        "captured": HOURS * ROWS_AN_HOUR,
        "dropped": 0,
        "lost": 0,
        "versions": {
            deployment.package_digest: {
                "version": str(deployment.version.number),
                "deployment": str(deployment.pk),
                "runtime": "onnx",
                "weight": 1,
                "requests": HOURS * ROWS_AN_HOUR,
                "rows": HOURS * ROWS_AN_HOUR,
                "errors": 3,
                "p50_ms": 1.1,
                "p95_ms": 2.4,
            }
        },
    }


def much() -> Project:
    """A project that strains the pages: long names, fifty columns, two hundred versions and runs."""
    author = UserFactory(name="Maximiliane-Alexandra von und zu Hohenlohe-Waldenburg-Schillingsfürst")
    project = ProjectFactory(name=LONG[:80], slug="much", created_by=author)
    dataset = DatasetFactory(project=project, name=LONG[:80], created_by=author, description=LONG * 4)
    columns = [
        {"name": f"a_column_with_quite_a_long_name_number_{n}", "kind": "number", "nullable": True}
        for n in range(50)
    ]
    for number in range(200):
        DatasetVersionFactory(
            dataset=dataset,
            number=number + 1,
            author=author,
            rows=1_234_567 * (number + 1),
            schema={"columns": columns},
            filename="applications-" * 15 + ".csv",
        )
    UploadFactory(dataset=dataset, uploaded_by=author, refused=True, filename="x" * 120 + ".csv")
    experiment = ExperimentFactory(dataset=dataset, name=LONG[:80], model_name="m" * 40, created_by=author)
    version = dataset.versions.first()
    for number in range(60):
        run = PipelineRunFactory(
            project=project,
            subject_label=LONG,
            state="failed",
            failure="The data has no column “a_column_with_quite_a_long_name_number_7” to learn.",
            finished_at=timezone.now(),
            actor="portal:test",
        )
        TrainingRun.objects.create(
            experiment=experiment,
            number=number + 1,
            dataset_version=version,
            pipeline_run=run,
            cause="button",
            started_by=author,
            settings=experiment.settings,
            settings_digest="5" * 64,
            seed=number,
        )
    for number in range(60):
        RegisteredModelFactory(
            project=project, name=f"model-with-a-very-long-name-{number}"[:40], owner=author
        )
    return project
