import uuid

import pytest
from django.db import transaction

from apps.audit import events
from apps.experiments import triggers
from apps.experiments.models import TrainingRun
from apps.notifications.models import Notice
from apps.projects import loop
from apps.projects.models import Arrow, Membership, Mode
from apps.projects.roles import Role
from tests.experiments.conftest import loans
from tests.factories import member

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def published(version):
    with transaction.atomic():
        return events.record(
            "datasets.version_published", version, by=version.published_by, chain=uuid.uuid4()
        )


def test_published_data_is_trained_on_by_itself(experiment, version, scientist):
    event = published(version)

    triggers.on_published(event)

    run = experiment.runs.get()
    assert (run.cause, run.cause_id, run.started_by) == ("data", str(version.pk), scientist)
    assert run.pipeline_run.chain == event.chain
    assert run.pipeline_run.actor == f"rule:{triggers.RULE} for user:{scientist.pk}"


def test_hearing_of_it_twice_changes_nothing(experiment, version):
    event = published(version)

    triggers.on_published(event)
    triggers.on_published(event)

    assert TrainingRun.objects.count() == 1


def test_the_rule_acts_for_whoever_chose_it(experiment, version, project):
    other = member(project, Role.DATA_SCIENTIST)
    loop.choose(project, Arrow.TRAIN, Mode.AUTOMATIC, by=other)

    triggers.on_published(published(version))

    assert experiment.runs.get().started_by == other


def test_a_rule_ends_with_the_rights_of_its_person_and_the_others_are_asked(
    experiment, version, project, scientist
):
    successor = member(project, Role.DATA_SCIENTIST)
    Membership.objects.filter(person=scientist).delete()

    triggers.on_published(published(version))

    assert not TrainingRun.objects.exists()
    assert list(Notice.objects.values_list("recipient", flat=True)) == [successor.pk]


def test_a_supervised_project_is_asked(experiment, version, project, scientist):
    loop.choose(project, Arrow.TRAIN, Mode.SUPERVISED, by=scientist)

    triggers.on_published(published(version))

    assert not TrainingRun.objects.exists()
    notice = Notice.objects.get()
    assert notice.recipient == scientist
    assert notice.path == f"/experiments/{experiment.pk}/"


def test_a_manual_project_is_left_alone(experiment, version, project, scientist):
    loop.choose(project, Arrow.TRAIN, Mode.MANUAL, by=scientist)

    triggers.on_published(published(version))

    assert not TrainingRun.objects.exists()
    assert not Notice.objects.exists()


def test_an_experiment_that_wants_no_trigger_is_left_alone(experiment, version):
    type(experiment).objects.update(train_on_publish=False)

    triggers.on_published(published(version))

    assert not TrainingRun.objects.exists()


def test_data_that_was_withdrawn_since_is_not_trained_on(experiment, version):
    event = published(version)
    type(version).objects.update(status="withdrawn", status_reason="wrong file")

    triggers.on_published(event)

    assert not TrainingRun.objects.exists()


def test_each_version_is_trained_on(experiment, version, publish, dataset):
    triggers.on_published(published(version))
    triggers.on_published(published(publish(loans(310, seed=1), dataset)))

    assert [run.number for run in experiment.runs.order_by("number")] == [1, 2]
