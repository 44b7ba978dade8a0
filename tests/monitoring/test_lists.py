from datetime import timedelta

import pytest
from django.utils import timezone

from apps.monitoring.models import Incident, Monitor
from apps.projects.models import Membership
from apps.projects.roles import Role
from tests.factories import DeploymentFactory, member
from tests.factories_monitoring import judged, opened
from tests.lists import exported, shown

pytestmark = [pytest.mark.django_db, pytest.mark.services]
MONITORS, INCIDENTS = "/monitoring/", "/monitoring/incidents/"


@pytest.fixture
def engineer(project):
    return member(project, Role.ML_OPS_ENGINEER, name="Olga Engineer")


@pytest.fixture
def reader(client, engineer):
    client.force_login(engineer)
    return client


@pytest.fixture
def watch(project, engineer):
    def make(name: str, **fields) -> Monitor:
        deployment = DeploymentFactory(
            endpoint__name=name, endpoint__model__project=project, deployed_by=engineer, live=True
        )
        return Monitor.objects.create(**{"endpoint": deployment.endpoint, "owner": engineer, **fields})

    return make


@pytest.fixture
def monitors(watch):
    """One steady, one that drifts, one without data, one that nothing was captured for yet."""
    made = {name: watch(name) for name in ("a-steady", "b-drifts", "c-silent", "d-new")}
    judged(made["a-steady"], verdict="stable", rows=900)
    judged(made["b-drifts"], rows=700, end=timezone.now() - timedelta(hours=3))
    judged(made["c-silent"], verdict="no_data", rows=0, end=timezone.now() - timedelta(hours=1))
    return made


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("drift", ["b-drifts", "a-steady", "c-silent", "d-new"]),
        ("verdict", ["b-drifts", "c-silent", "a-steady", "d-new"]),
        ("-ended", ["a-steady", "c-silent", "b-drifts", "d-new"]),
        ("-rows_in_it", ["a-steady", "b-drifts", "c-silent", "d-new"]),
    ],
)
def test_monitors_are_sorted_by_what_their_newest_window_says(reader, monitors, sort, names):
    assert [str(one.endpoint) for one in shown(reader, MONITORS, sort=sort)] == names


def test_monitors_are_sorted_by_their_open_incidents(reader, monitors):
    opened(monitors["c-silent"])
    opened(monitors["c-silent"], cause="new_category")

    assert shown(reader, MONITORS, sort="-opened")[0] == monitors["c-silent"]
    rows = {row["Endpoint"]: row for row in exported(reader, MONITORS)}
    assert (rows["c-silent"]["Open incidents"], rows["d-new"]["Open incidents"]) == ("2", "0")


def test_the_file_of_monitors_has_the_words_of_the_api(reader, monitors):
    rows = {row["Endpoint"]: row for row in exported(reader, MONITORS)}

    assert (rows["b-drifts"]["Drift"], rows["b-drifts"]["Last window"]) == ("drifted", "drifted")
    assert (rows["c-silent"]["Drift"], rows["c-silent"]["Last window"]) == ("", "no_data")
    assert (rows["d-new"]["Drift"], rows["d-new"]["Window ended"]) == ("", "")


def test_a_monitor_that_is_paused_or_whose_owner_has_left_says_so(reader, project, watch):
    left = member(project, Role.ML_OPS_ENGINEER)
    watch("paused", is_enabled=False)
    watch("orphan", owner=left)
    Membership.objects.filter(person=left).delete()

    page = reader.get(MONITORS).content.decode()

    assert page.count("has left") == 1
    assert "Paused" in page
    assert "not measured" in page


def test_incidents_are_sorted_by_how_far_they_are_worked_on(reader, engineer, watch):
    monitor = watch("loans")
    acknowledged = opened(monitor, status="acknowledged", windows=3)
    new = opened(monitor, cause="new_category", windows=9)
    resolved = opened(
        monitor, cause="no_data", status="resolved", resolved_at=timezone.now(), resolution="other",
        resolution_reason="The feed was off.",
    )  # fmt: skip

    assert shown(reader, INCIDENTS, sort="status", status="all") == [new, acknowledged, resolved]
    assert shown(reader, INCIDENTS, sort="-windows") == [new, acknowledged]
    assert shown(reader, INCIDENTS, status="resolved") == [resolved]


def test_the_file_of_incidents_says_what_happened_in_words(reader, watch):
    opened(watch("loans"))
    (row,) = exported(reader, INCIDENTS)

    assert (row["Status"], row["Cause"], row["Endpoint"]) == ("new", "Population shift", "loans")
    assert "income" in row["What"]
    assert row["Assignee"] == "Olga Engineer"


def test_a_silenced_incident_says_so(reader, engineer, watch):
    incident = opened(watch("loans"))
    assert "Silenced" not in _table(reader)
    until = timezone.now() + timedelta(hours=1)
    Incident.objects.filter(pk=incident.pk).update(
        silenced_until=until, silenced_by=engineer, silence_reason="The feed moves."
    )

    assert "Silenced" in _table(reader)


def test_sorting_is_no_filter(reader):
    assert "No open incident" in reader.get(INCIDENTS, {"sort": "cause", "size": "50"}).content.decode()
    assert "Clear filters" in reader.get(INCIDENTS, {"mine": "yes"}).content.decode()


def _table(reader) -> str:
    return reader.get(INCIDENTS).content.decode().split("<tbody>")[1].split("</tbody>")[0]
