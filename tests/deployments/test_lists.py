"""The lists of endpoints and of releases."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.said import said
from apps.deployments import traffic
from apps.deployments.models import Endpoint, ProbeResult, TrafficSample
from apps.pipelines.models import PipelineRun, Step
from apps.projects.roles import Role
from tests.factories import DeploymentFactory, EndpointFactory, ProjectFactory, ReleaseFactory, member
from tests.lists import exported, shown

pytestmark = [pytest.mark.django_db, pytest.mark.services]
ENDPOINTS, RELEASES = "/endpoints/", "/releases/"


@pytest.fixture
def project(db):
    return ProjectFactory()


@pytest.fixture
def reader(project, client):
    client.force_login(member(project, Role.VIEWER))
    return client


@pytest.fixture
def served(project):
    """Two endpoints that serve, the second one busier, and one where nothing is live."""
    now = timezone.now()
    quiet, busy = (
        DeploymentFactory(
            endpoint__model__project=project, endpoint__name=name, live=True, live_from=now - since
        )
        for name, since in (("quiet", timedelta(days=3)), ("busy", timedelta(hours=1)))
    )
    EndpointFactory(model__project=project, name="empty")
    for minute, errors, p95_ms in ((1, 0, 10.0), (2, 3, 30.0)):
        asked = {"requests": 50, "errors": errors, "p95_ms": p95_ms}
        TrafficSample.objects.create(
            endpoint=busy.endpoint, at=now - timedelta(hours=2, minutes=minute), **asked
        )
    TrafficSample.objects.create(endpoint=quiet.endpoint, at=now - timedelta(days=2), requests=9, errors=9)
    Endpoint.objects.exclude(name="empty").update(report={"state": "running"}, reported_at=now)
    return quiet, busy


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["busy", "empty", "quiet"]),
        ("-requests", ["busy", "quiet", "empty"]),
        ("requests", ["quiet", "empty", "busy"]),
        ("-errors", ["busy", "quiet", "empty"]),
        ("since", ["quiet", "busy", "empty"]),
        ("-since", ["busy", "quiet", "empty"]),
    ],
)
def test_endpoints_are_sorted_by_what_serves_and_by_traffic(reader, served, sort, names):
    assert [one.name for one in shown(reader, ENDPOINTS, sort=sort)] == names


def test_the_file_of_endpoints_counts_the_last_day(reader, served):
    quiet, busy = served
    ProbeResult.objects.create(deployment=quiet, succeeded=False)

    rows = {row["Endpoint"]: row for row in exported(reader, ENDPOINTS)}

    assert (rows["busy"]["Requests, 24 h"], rows["busy"]["Errors, 24 h"]) == ("100", "3")
    assert float(rows["busy"]["Latency, p95"]) >= 10
    assert rows["busy"]["Live version"] == f"v{busy.version.number}"
    assert [rows[name]["State"] for name in ("busy", "quiet", "empty")] == [
        "running", "unreachable", "pending",
    ]  # fmt: skip
    assert rows["quiet"]["Requests, 24 h"] == "0"
    assert rows["empty"]["Live since"] == ""


def test_the_hours_of_a_day_are_the_same_in_every_zone(served):
    quiet, _busy = served
    begins = traffic.first_hour()
    for minutes, requests in ((10, 5), (50, 7), (70, 1)):
        at = begins + timedelta(minutes=minutes)
        TrafficSample.objects.create(endpoint=quiet.endpoint, at=at, requests=requests, errors=0)

    with timezone.override("Asia/Kolkata"):
        day = traffic.last_day([quiet.endpoint_id])[quiet.endpoint_id]

    assert day.requests == [12, 1] + [0] * 22


def test_the_page_of_endpoints_shows_traffic_and_says_errors_in_words(reader, served):
    page = reader.get(ENDPOINTS).content.decode()

    assert "Requests per hour" in page
    assert "3 errors" in page
    assert "Running" in page


def test_a_release_shows_its_steps_and_whom_it_waits_for(reader, project):
    release = ReleaseFactory(version__model__project=project)
    PipelineRun.objects.filter(pk=release.pipeline_run_id).update(state="waiting")
    waits = said("deployments.for_approvers", n=2)
    for position, (name, state) in enumerate((("package", "succeeded"), ("approval", "waiting"))):
        Step.objects.create(
            run=release.pipeline_run, name=name, position=position, queue="quick", state=state,
            waiting_for=waits if state == "waiting" else "",
        )  # fmt: skip

    page = reader.get(RELEASES).content.decode()
    (row,) = exported(reader, RELEASES)

    assert "Package: Succeeded" in page
    assert "2 approvers" in page
    assert "2 approvers" in row["How far"]
    assert (row["Version"], row["State"]) == (str(release.version), "waiting")


def test_releases_are_sorted_by_how_far_they_are_and_filtered(reader, project):
    now = timezone.now()
    pending, failed = (ReleaseFactory(version__model__project=project) for _ in range(2))
    PipelineRun.objects.filter(pk=failed.pipeline_run_id).update(
        state="failed", created_at=now - timedelta(days=1), finished_at=now
    )

    assert shown(reader, RELEASES) == [failed, pending]
    assert shown(reader, RELEASES, sort="state") == [pending, failed]
    assert shown(reader, RELEASES, sort="-duration") == [failed, pending]
    assert shown(reader, RELEASES, state="failed") == [failed]
    assert "Clear filters" in reader.get(RELEASES, {"state": "cancelled"}).content.decode()
