import pytest
from django.core.exceptions import ValidationError

from apps.audit import events
from apps.audit.models import Event
from apps.core.errors import NotAllowed, WrongState
from apps.experiments import designs, runs
from apps.experiments.designs import Design, settings_from
from apps.experiments.models import TrainingRun
from apps.pipelines.models import State
from apps.projects.roles import Role
from tests.experiments.conftest import QUICK, loans
from tests.factories import DatasetFactory, DatasetVersionFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.services]

BUTTON, DATA = TrainingRun.Cause.BUTTON, TrainingRun.Cause.DATA


def start(experiment, version, by, cause=BUTTON):
    return runs.start(experiment, dataset_version=version, by=by, cause=cause)


def design(**settings):
    return Design("Other", "other", settings_from(QUICK | settings))


def over(run):
    run.pipeline_run.state = State.FAILED
    run.pipeline_run.finished_at = run.created_at
    run.pipeline_run.save()


def test_a_training_starts_with_its_job_and_its_event(experiment, version, scientist):
    run = start(experiment, version, scientist)

    assert (run.number, run.started_by, run.settings) == (1, scientist, experiment.settings)
    assert (run.pipeline_run.subject_type, run.pipeline_run.subject_id) == (
        "experiments.trainingrun",
        str(run.pk),
    )
    assert [step.name for step in run.pipeline_run.steps.all()] == ["prepare", "train"]
    event = Event.objects.get(name="experiments.run_started")
    assert event.chain == run.pipeline_run.chain
    assert events.facts_of(event)["dataset_version"] == version.pk


def test_a_double_click_starts_one_training(experiment, version, scientist):
    start(experiment, version, scientist)

    with pytest.raises(WrongState, match="Run 1 is training this already"):
        start(experiment, version, scientist)

    assert experiment.runs.count() == 1


def test_a_person_may_repeat_what_is_over(experiment, version, scientist):
    over(start(experiment, version, scientist))

    assert start(experiment, version, scientist).number == 2


def test_two_triggers_train_the_same_thing_once(experiment, version, scientist):
    first = start(experiment, version, scientist, DATA)

    assert start(experiment, version, scientist, DATA) == first


def test_only_data_scientists_start_trainings(experiment, version, project):
    with pytest.raises(NotAllowed, match="data scientist"):
        start(experiment, version, member(project, Role.ML_OPS_ENGINEER))


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
def test_only_published_versions_are_trained_on(experiment, dataset, scientist, status):
    version = DatasetVersionFactory(dataset=dataset, status=status, status_reason="because")

    with pytest.raises(WrongState, match="Only a published version"):
        start(experiment, version, scientist)


def test_a_version_of_another_dataset_is_refused(experiment, scientist):
    with pytest.raises(WrongState, match="another dataset"):
        start(experiment, DatasetVersionFactory(published=True), scientist)


@pytest.mark.parametrize(
    ("settings", "field", "sentence"),
    [
        ({"target": "gone"}, "target", "no column “gone”"),
        ({"target": "always"}, "target", "the same value in every row"),
        ({"target": "signed"}, "target", "a point in time"),
        ({"target": "region", "task": "regression"}, "task", "not a number"),
        ({"target": "region", "task": "binary"}, "task", "binary needs exactly two"),
        ({"positive_class": "maybe"}, "positive_class", "it has: no, yes"),
        ({"features": ["income", "gone"]}, "features", "no such column: “gone”"),
        ({"features": ["empty"]}, "features", "every value of each of them is missing"),
        ({"protected": ["gone"]}, "protected", "no such column"),
        ({"row_key": "gone"}, "row_key", "no such column"),
        ({"split": {"kind": "time"}, "time_column": "region"}, "time_column", "neither a time nor a number"),
    ],
)
def test_settings_that_the_data_cannot_meet_are_refused_in_words(
    publish, project, scientist, settings, field, sentence
):
    table = loans(120).append_column("always", [["x"] * 120]).append_column("empty", [[float("nan")] * 120])
    version = publish(table, DatasetFactory(project=project))

    with pytest.raises(ValidationError) as refused:
        designs.create(version.dataset, design(**settings), by=scientist)

    assert sentence in refused.value.message_dict[field][0]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "not a JSON object"),
        ({}, "No target"),
        ({"target": "x", "folds": "5"}, "“folds” is not a number"),
        ({"target": "x", "folds": 99}, "from 2 to 20"),
        ({"target": "x", "unknown": 1}, "no “unknown”"),
        ({"target": "x", "time_budget_seconds": 1e9}, "at most 86400"),
        ({"target": "x", "n_jobs": 10_000}, "at most"),
        ({"target": "x", "protected": [1]}, "wrong kind"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(document, sentence):
    with pytest.raises(ValidationError) as refused:
        settings_from(document)

    assert sentence in refused.value.message_dict["settings"][0]


def test_an_experiment_needs_published_data(dataset, scientist):
    with pytest.raises(ValidationError, match="no published version"):
        designs.create(dataset, design(), by=scientist)


def test_editing_changes_what_the_next_training_does_and_not_what_runs(experiment, version, scientist):
    run = start(experiment, version, scientist)

    edited = designs.edit(experiment, design(folds=4), by=scientist)

    run.refresh_from_db()
    assert (run.settings["folds"], edited.settings["folds"]) == (3, 4)
    assert Event.objects.filter(name="experiments.experiment_edited").count() == 1


def test_a_name_is_taken_once_in_a_project(experiment, dataset, scientist):
    with pytest.raises(ValidationError, match="of this name already"):
        designs.create(dataset, Design("Defaults", "defaults", settings_from(QUICK)), by=scientist)
