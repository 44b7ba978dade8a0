"""What the picture of the loop says of each stage, and where it leads: what waits comes first."""

import pytest
from django.urls import reverse

from apps.automation.models import Retraining
from apps.experiments.models import TrainingRun
from apps.projects import loop, stages
from apps.projects.roles import Role
from tests.factories import (
    DatasetFactory,
    DatasetVersionFactory,
    ProjectFactory,
    UploadFactory,
    UserFactory,
    ValidationFactory,
    member,
    proposed,
    registered,
    trained,
)
from tests.factories_automation import asked

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def facts(project):
    picture = stages.picture(project, loop.modes(project))
    return {stage.key: stage.facts for stage in picture.stages}


def test_a_project_without_anything_tells_what_happens_where(project):
    assert {stage.fact for stage in facts(project).values()} == {""}


def test_a_file_that_is_read_is_told_before_what_is_published(project):
    dataset = DatasetFactory(project=project)
    author = UserFactory()
    DatasetVersionFactory(dataset=dataset, published=True, published_by=author)
    assert facts(project)["data"].fact == "1 published version"

    DatasetVersionFactory(dataset=dataset, status="quarantined", status_reason="odd")
    assert (facts(project)["data"].fact, facts(project)["data"].tone) == ("1 in quarantine", "bad")

    UploadFactory(dataset=dataset)
    assert facts(project)["data"].fact == "reading 1 file"


def test_the_last_training_is_told_while_it_runs_and_when_it_failed(project):
    run = trained(project, by=UserFactory())
    assert facts(project)["train"].fact == f"last: run {run.number}"

    pipeline_run = run.pipeline_run
    pipeline_run.kind, pipeline_run.state = "training", "failed"
    pipeline_run.save()
    assert facts(project)["train"].url == reverse("experiments:run_detail", args=[run.pk])

    pipeline_run.state, pipeline_run.finished_at = "running", None
    pipeline_run.save()
    assert (facts(project)["train"].fact, facts(project)["train"].tone) == (
        f"run {run.number} is going on",
        "busy",
    )


def test_what_waits_for_a_person_leads_to_the_page_where_it_is_done(project):
    scientist = member(project, Role.DATA_SCIENTIST)
    version = registered(project, by=scientist)
    proposal = proposed(version, by=scientist)
    validation = ValidationFactory(training_run=trained(project, by=scientist), verdict="hold")

    found = facts(project)

    assert found["register"].fact == "1 version"
    assert found["validate"].url == reverse("registry:validation_detail", args=[validation.pk])
    assert found["release"].url == reverse("approvals:proposal_review", args=[proposal.pk])


def test_a_question_of_the_loop_and_a_silent_server_are_told(project):
    retraining: Retraining = asked(project)

    found = facts(project)

    assert found["retrain"].url == reverse("monitoring:incident_detail", args=[retraining.incident_id])
    assert found["decide"].fact == "1 open incident"
    # Nothing has been heard of the endpoint's server.
    assert found["score"].fact == "1 does not answer"
    assert facts(ProjectFactory())["score"].fact == ""


def test_the_page_of_a_busy_project_stays_within_its_queries(client, project, django_assert_max_num_queries):
    asked(project)
    registered(project, by=member(project, Role.DATA_SCIENTIST))
    TrainingRun.objects.update(report={})
    client.force_login(member(project, Role.ML_OPS_ENGINEER))

    with django_assert_max_num_queries(20):
        page = client.get(reverse("projects:project_detail", args=[project.pk])).content.decode()

    assert "Activity" in page
