from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Delivery, Event
from apps.pipelines import runs
from apps.pipelines.models import PeriodicJob, PipelineRun, State
from apps.projects.roles import Role
from tests.factories import PipelineRunFactory, UserFactory, member
from tests.lists import exported, shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]
JOBS = "/jobs/"


@pytest.fixture
def viewer(project):
    return member(project, Role.VIEWER)


@pytest.fixture
def signed_in(client, viewer):
    client.force_login(viewer)
    return client


def test_the_list_shows_jobs_of_the_readers_projects_alone(signed_in, start, project):
    mine = start()
    foreign = PipelineRunFactory(subject_label="of others")

    assert shown(signed_in, JOBS) == [mine]
    assert foreign.subject_label not in signed_in.get(JOBS).content.decode()
    assert signed_in.get(reverse("pipelines:run", args=[foreign.pk])).status_code == 404


def test_the_list_takes_few_queries_however_long_it_is(
    client, start, administrator, django_assert_max_num_queries
):
    for _ in range(12):
        start()
    client.force_login(administrator)
    client.get(JOBS)

    with django_assert_max_num_queries(10):
        client.get(JOBS)


def test_the_list_is_filtered_by_what_stands_in_its_address(signed_in, start):
    start()

    assert len(shown(signed_in, JOBS, kind="toy")) == 1
    assert shown(signed_in, JOBS, state="failed") == []
    assert "Clear filters" in signed_in.get(JOBS, {"state": "failed"}).content.decode()
    assert shown(signed_in, JOBS, kind="unknown") == []


def test_jobs_are_sorted_by_how_long_they_took_and_by_how_far_they_are(signed_in, project):
    now = timezone.now()
    short, long, failed = (
        PipelineRunFactory(project=project, state=state, created_at=now - span, finished_at=now)
        for state, span in (
            ("succeeded", timedelta(seconds=2)),
            ("succeeded", timedelta(hours=1)),
            ("failed", timedelta(minutes=1)),
        )
    )
    pending = PipelineRunFactory(project=project, created_at=now - timedelta(days=1))

    assert shown(signed_in, JOBS, sort="duration") == [short, failed, long, pending]
    assert shown(signed_in, JOBS, sort="-duration") == [pending, long, failed, short]
    assert shown(signed_in, JOBS, sort="state")[0] == pending


def test_the_file_of_jobs_says_how_far_each_is(signed_in, start, work, project):
    start(first="wait")
    start(first="fail")
    work()
    PipelineRunFactory(project=project, kind="long_gone")

    rows = {row["State"]: row for row in exported(signed_in, JOBS)}

    assert rows["waiting"]["How far"].endswith("for somebody")
    assert "cannot work" in rows["failed"]["How far"]
    assert rows["failed"]["Took"].isdecimal()
    assert (rows["pending"]["Job"], rows["pending"]["Started by"]) == ("Long gone", "Portal")


def test_the_list_says_whom_a_job_waits_for_and_why_one_failed(signed_in, start, work):
    start(first="wait")
    start(first="fail")
    work()

    page = signed_in.get(JOBS).content.decode()

    assert "for somebody" in page
    assert "cannot work" in page


def test_a_run_is_asked_for_again_until_it_is_over(signed_in, start, work):
    run = start()
    url = reverse("pipelines:run_status", args=[run.pk])

    asked = signed_in.get(url)
    assert asked.status_code == 200
    assert "hx-get" in asked.content.decode()

    work()
    ended = signed_in.get(url)
    assert ended.status_code == 286
    assert "hx-get" not in ended.content.decode()
    assert signed_in.get(reverse("pipelines:run_log", args=[run.pk])).status_code == 286


def test_a_waiting_step_says_for_whom(signed_in, start, work):
    run = start(first="wait")
    work()

    assert "for somebody" in signed_in.get(reverse("pipelines:run", args=[run.pk])).content.decode()


def test_who_may_not_cancel_is_refused_and_told_why(signed_in, start):
    run = start()

    refused = signed_in.post(reverse("pipelines:cancel", args=[run.pk]))

    assert refused.status_code == 403
    assert "Only who started this run" in refused.content.decode()
    page = signed_in.get(reverse("pipelines:run", args=[run.pk])).content.decode()
    assert "Only who started this run" in page


def test_cancelling_twice_is_refused_with_a_sentence(client, start, administrator):
    run = start()
    client.force_login(administrator)

    assert client.post(reverse("pipelines:cancel", args=[run.pk])).status_code == 302
    again = client.post(reverse("pipelines:cancel", args=[run.pk]))

    assert again.status_code == 409
    assert "already" in again.content.decode()


def test_administrators_see_what_fails_in_the_engine_and_others_do_not(client, signed_in, start):
    run = start()
    event = Event.objects.get(object_id=run.pk, name="pipelines.run_started")
    failed = Delivery.objects.create(event=event, subscriber="x.y", state="failed", failure="No such thing.")
    PeriodicJob.objects.create(name="some.job", failure="It broke.")

    engine = reverse("pipelines:engine")
    assert engine not in signed_in.get(JOBS).content.decode()
    assert signed_in.get(engine).status_code == 403
    assert signed_in.post(reverse("pipelines:deliver_again", args=[failed.pk])).status_code == 404

    client.force_login(UserFactory(administrator=True))
    assert f'hx-get="{engine}"' in client.get(JOBS).content.decode()
    page = client.get(engine).content.decode()
    assert "No such thing." in page
    assert "It broke." in page
    client.post(reverse("pipelines:deliver_again", args=[failed.pk]))
    failed.refresh_from_db()
    assert failed.state == Delivery.State.PENDING


def test_a_failed_run_is_tried_again_by_button(client, start, work, administrator):
    run = start(first="fail")
    work()
    client.force_login(administrator)

    client.post(reverse("pipelines:retry", args=[run.pk]))

    assert PipelineRun.objects.get(pk=run.pk).state == State.PENDING


def test_the_api_does_what_the_page_does(client, start, work, administrator):
    run = start(first="fail")
    client.force_login(administrator)
    url = f"/api/v1/jobs/{run.pk}/"

    assert client.get("/api/v1/jobs/", {"kind": "toy"}).json()["count"] == 1
    assert [step["name"] for step in client.get(url).json()["steps"]] == ["first", "second"]
    work()
    assert "cannot work" in client.get(f"{url}log/").json()["log"]
    assert client.post(f"{url}retry/").json()["state"] == "pending"
    assert client.post(f"{url}cancel/").json()["state"] == "cancelled"
    again = client.post(f"{url}cancel/")
    assert again.status_code == 409
    assert "already" in again.json()["detail"]


def test_strangers_find_nothing_through_the_api(client, start):
    run = start()
    client.force_login(UserFactory())

    assert client.get("/api/v1/jobs/").json()["count"] == 0
    assert client.get(f"/api/v1/jobs/{run.pk}/").status_code == 404
    assert client.post(f"/api/v1/jobs/{run.pk}/cancel/").status_code == 404


def test_a_run_of_a_kind_that_is_gone_can_still_be_looked_at(signed_in, project):
    run = PipelineRunFactory(project=project, kind="long_gone")

    assert signed_in.get(reverse("pipelines:run", args=[run.pk])).status_code == 200
    assert list(runs.of(project)) == []


def test_programs_look_after_the_engine_too(client, signed_in, start):
    run = start()
    event = Event.objects.get(object_id=run.pk, name="pipelines.run_started")
    failed = Delivery.objects.create(event=event, subscriber="x.y", state="failed", failure="No such thing.")
    assert signed_in.get("/api/v1/engine/").status_code == 403
    assert signed_in.get("/api/v1/deliveries/").json()["count"] == 0

    client.force_login(UserFactory(administrator=True))
    engine = client.get("/api/v1/engine/").json()
    assert (engine["is_well"], engine["failed_deliveries"][0]["failure"]) == (False, "No such thing.")
    (listed,) = client.get("/api/v1/deliveries/").json()["results"]
    assert listed["event_name"] == "pipelines.run_started"
    assert client.post(f"/api/v1/deliveries/{failed.pk}/again/").status_code == 204
    assert client.get("/api/v1/engine/").json()["failed_deliveries"] == []
