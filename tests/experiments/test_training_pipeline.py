"""The whole training as a worker runs it, its child included; MLflow is stood in for."""

import pytest
from django.utils import timezone

from apps.audit import events
from apps.audit.models import Event
from apps.core import storage
from apps.experiments import mlflow_logging, reports, runs
from apps.experiments.models import TrainingRun
from apps.notifications.models import Notice
from apps.pipelines import children
from apps.pipelines import runs as pipeline_runs
from apps.pipelines.models import PipelineRun, State, Step
from tests.experiments.conftest import loans

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.timeout(180),
]

RUN_IN_CHILD = children.run


@pytest.fixture
def mlflow(monkeypatch):
    """An MLflow that answers; what was asked of it."""
    asked = []

    def run(context, module, job, **limits):
        if module != "apps.tracking.logging_child":
            return RUN_IN_CHILD(context, module, job, **limits)
        asked.append({**job, "token": limits["environment"]["MLFLOW_TRACKING_TOKEN"]})
        return {"run_id": "a" * 32}

    monkeypatch.setattr(mlflow_logging.children, "run", run)
    monkeypatch.setattr(mlflow_logging.server, "is_alive", lambda: True)
    return asked


def start(experiment, version, by):
    return runs.start(experiment, dataset_version=version, by=by, cause=TrainingRun.Cause.BUTTON)


def finished(run) -> Event:
    return Event.objects.filter(name="experiments.run_finished", object_id=str(run.pk)).get()


def test_a_training_keeps_its_model_its_report_and_where_it_comes_from(
    experiment, version, scientist, work, mlflow
):
    run = start(experiment, version, scientist)

    work()

    run.refresh_from_db()
    assert run.pipeline_run.state == State.SUCCEEDED, run.pipeline_run.failure
    assert {"model.skops", "report.json", "evaluation.parquet"} <= storage.manifest(
        run.artifact_digest
    ).keys()
    assert run.report["metric"] == "roc_auc"
    assert 0.5 < run.report["metrics"]["roc_auc"]["value"] <= 1
    assert run.mlflow_run_id == "a" * 32
    assert run.code_commit
    assert len(run.environment_digest) == 64
    assert {trial["algorithm"] for trial in reports.trials(run)} == {"naive", "linear", "lightgbm"}
    assert reports.of(run)["held_out"]["metric"] == "roc_auc"
    event = finished(run)
    assert event.chain == run.pipeline_run.chain
    assert events.facts_of(event)["state"] == "succeeded"
    assert events.facts_of(event)["training_run"] == run.pk


def test_mlflow_is_logged_to_with_a_token_for_this_run_alone_that_ends_with_it(
    experiment, version, scientist, work, mlflow
):
    run = start(experiment, version, scientist)

    work()

    [job] = mlflow
    assert job["reference"] == f"{run.project.slug}/run-{run.pk}"
    assert job["experiment"] == f"{run.project.slug}/Defaults"
    token = scientist.tokens.get()
    assert (token.scope, token.run_reference) == ("tracking", job["reference"])
    assert token.revoked_at
    assert token.prefix == job["token"][:8]


def test_a_tracking_server_that_is_away_loses_no_model(experiment, version, scientist, work, monkeypatch):
    monkeypatch.setattr(mlflow_logging.server, "is_alive", lambda: False)
    run = start(experiment, version, scientist)

    for _ in range(mlflow_logging.MOST_WAITS + 1):
        work()
        Step.objects.filter(state=State.WAITING).update(
            state=State.PENDING, due_at=timezone.now(), wait_until=None, wake_key=""
        )
        PipelineRun.objects.filter(state=State.WAITING).update(state=State.PENDING)

    run.refresh_from_db()
    logging = PipelineRun.objects.get(kind="logging")
    assert run.pipeline_run.state == State.SUCCEEDED
    assert run.artifact_digest
    assert events.facts_of(finished(run))["state"] == "succeeded"
    assert logging.state == State.FAILED
    assert "The model is kept" in str(logging.failure)

    monkeypatch.setattr(mlflow_logging.server, "is_alive", lambda: True)
    monkeypatch.setattr(mlflow_logging.children, "run", lambda *_, **__: {"run_id": "b" * 32})
    pipeline_runs.retry(logging, by=scientist)
    work()

    run.refresh_from_db()
    logging.refresh_from_db()
    assert (logging.state, run.mlflow_run_id) == (State.SUCCEEDED, "b" * 32)


def test_a_column_that_the_new_version_lacks_fails_the_run_in_words_and_tells_its_starter(
    experiment, publish, dataset, scientist, work
):
    version = publish(loans(200, seed=1).drop_columns(["defaulted"]), dataset)
    run = start(experiment, version, scientist)

    work()

    run.pipeline_run.refresh_from_db()
    assert run.pipeline_run.state == State.FAILED
    assert str(run.pipeline_run.failure) == "The data has no column “defaulted” to learn."
    notice = Notice.objects.get(recipient=scientist)
    assert notice.path == f"/runs/{run.pk}/"
    assert events.facts_of(finished(run))["state"] == "failed"


def test_what_only_the_rows_can_tell_is_refused_by_the_child_in_words(
    experiment, publish, dataset, scientist, work
):
    table = loans(200, seed=2)
    infinite = [float("inf"), *table["debt"].to_pylist()[1:]]
    version = publish(table.set_column(2, "debt", [infinite]), dataset)
    run = start(experiment, version, scientist)

    work()

    run.pipeline_run.refresh_from_db()
    assert run.pipeline_run.state == State.FAILED
    assert "infinite" in str(run.pipeline_run.failure)


def test_a_cancelled_training_is_told_of(experiment, version, scientist, messages):
    run = start(experiment, version, scientist)

    runs.cancel(run, by=scientist)

    assert events.facts_of(finished(run))["state"] == "cancelled"
    assert not Notice.objects.exists()
