import pytest
from django.db import transaction

from apps.audit import events
from apps.audit.models import Event
from apps.core import storage
from apps.core.actors import System
from apps.experiments.models import TrainingRun
from apps.notifications.models import Notice
from apps.pipelines import children, publishing
from apps.pipelines.executing import execute
from apps.pipelines.models import PipelineRun, State
from apps.projects.models import Arrow, ArrowSetting, Mode
from apps.registry import notices, validation_pipeline
from apps.registry.models import ModelVersion, Validation
from tests.factories import DatasetVersionFactory, trained
from tests.registry.reports import comparison_report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture
def compared(monkeypatch):
    """What the child answers, and the jobs that it was given."""
    told = {"report": comparison_report(), "jobs": []}

    def run(context, module, job, **limits):
        told["jobs"].append(job)
        if isinstance(told["report"], Exception):
            raise told["report"]
        return told["report"]

    monkeypatch.setattr(children, "run", run)
    return told


@pytest.fixture
def finish(monkeypatch, project, scientist):
    """A training ends, and the validation that follows runs through."""
    sent = []
    monkeypatch.setattr(
        publishing.app, "send_task", lambda task, arguments, **_: sent.append((task, arguments))
    )

    def finished(state="succeeded", **fields) -> TrainingRun:
        parquet = storage.put_bytes(b"PAR1")
        data = DatasetVersionFactory(dataset__project=project, data_digest=parquet, published=True)
        run = trained(project, by=scientist, dataset=data.dataset, dataset_version=data, **fields)
        event = recorded(run, state)
        validation_pipeline.on_run_finished(event)
        validation_pipeline.on_run_finished(event)
        for _ in range(4):
            publishing.publish_steps()
            while sent:
                task, arguments = sent.pop(0)
                if task == "pipelines.run_step":
                    execute(arguments[0])
        return run

    return finished


def recorded(run, state) -> Event:
    with transaction.atomic():
        return events.record(
            "experiments.run_finished", run, by=System("test"), state=state, training_run=run.pk
        )


def test_a_better_model_registers_by_itself_once(finish, compared):
    run = finish()

    validation = Validation.objects.get(training_run=run)
    version = ModelVersion.objects.get(training_run=run)
    assert (validation.verdict, validation.resolution) == ("promote", "registered")
    assert (version.number, version.artifact_digest) == (1, run.artifact_digest)
    assert version.signature["target"] == "defaulted"
    assert storage.read_document(validation.report_digest) == validation.report
    assert PipelineRun.objects.filter(kind="validation").count() == 1
    registered = Event.objects.get(name="registry.version_registered")
    assert registered.actor.startswith("rule:register for user")
    assert compared["jobs"][0]["champion"] is None


@pytest.mark.parametrize("verdict", ["hold", "reject", "inconclusive"])
def test_another_verdict_asks_the_data_scientists_and_says_what_differs(finish, compared, scientist, verdict):
    compared["report"] = comparison_report(verdict)
    run = finish()

    assert Validation.objects.get(training_run=run).resolution == "open"
    assert not ModelVersion.objects.exists()
    notices.on_validation_finished(Event.objects.get(name="registry.validation_finished"))
    notice = Notice.objects.get()
    assert notice.recipient == scientist
    assert "data version: loans v2 instead of loans v1" in str(notice.body)


@pytest.mark.parametrize("mode", [Mode.SUPERVISED, Mode.MANUAL])
def test_a_project_that_wants_to_be_asked_is_asked(finish, compared, project, scientist, mode):
    ArrowSetting.objects.create(project=project, arrow=Arrow.REGISTER, mode=mode, set_by=scientist)
    run = finish()
    assert Validation.objects.get(training_run=run).resolution == "open"


def test_the_production_version_is_the_champion(finish, compared):
    first = finish()
    ModelVersion.objects.filter(training_run=first).update(stage="production")
    second = finish(experiment=first.experiment)

    assert Validation.objects.get(training_run=second).champion == ModelVersion.objects.get(
        training_run=first
    )
    assert compared["jobs"][1]["champion"] is not None
    assert ModelVersion.objects.get(training_run=second).number == 2


def test_models_that_cannot_be_compared_wait_for_a_person(finish, compared):
    compared["report"] = children.Refused("The champion solves another task.")
    run = finish()
    validation = Validation.objects.get(training_run=run)
    assert (validation.verdict, validation.resolution) == ("inconclusive", "open")
    assert "another task" in str(validation.sentence)
    assert PipelineRun.objects.get(kind="validation").state == State.SUCCEEDED


def test_a_training_that_failed_is_not_validated(finish, compared):
    finish(state="failed")
    assert not PipelineRun.objects.filter(kind="validation").exists()
