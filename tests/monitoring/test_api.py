import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.monitoring import truth
from apps.monitoring.models import GroundTruth, Incident
from apps.projects.roles import Role
from tests.factories import UserFactory, member
from tests.factories_monitoring import monitored, opened

pytestmark = [pytest.mark.django_db, pytest.mark.services]
FILE = b"correlation_id,label,label_time\na,yes,2026-01-01T10:00:00+01:00\nb,no,\n"


@pytest.fixture
def engineer(project):
    return member(project, Role.ML_OPS_ENGINEER)


@pytest.fixture
def monitor(project, engineer):
    return monitored(project, owner=engineer)


@pytest.fixture
def api(engineer):
    client = APIClient()
    client.force_authenticate(engineer)
    return client


def test_labels_come_as_a_list_as_a_file_and_as_a_body_and_are_listed(api, monitor):
    url = f"/api/v1/monitors/{monitor.pk}/truth/"
    rows = [{"correlation_id": "a", "label": "yes"}]

    assert api.post(url, rows, format="json").json() == {"new": 1, "repeated": 0}
    file = SimpleUploadedFile("labels.csv", FILE)
    assert api.post(url, {"file": file}, format="multipart").json() == {"new": 1, "repeated": 1}
    assert api.generic("POST", url, FILE, content_type="text/csv").json() == {"new": 0, "repeated": 2}

    listed = api.get(url).json()["results"]
    assert {(row["correlation_id"], row["label"]) for row in listed} == {("a", "yes"), ("b", "no")}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({"correlation_id": "x"}, "Send a list"),
        ([1], "Send a list"),
        ([], "no labels"),
        ([{"label": "x"}], "no column “correlation_id”"),
        ([{"correlation_id": "a\0b", "label": "x"}], "Row 1 holds a sign that no text has"),
        ([{"correlation_id": "a", "label": "x", "label_time": "soon"}], "no date and time"),
        (
            [{"correlation_id": "a", "label": "x", "label_time": "0001-01-01T00:00+10:00"}],
            "no date and time",
        ),
    ],
)
def test_what_is_no_label_is_refused_and_nothing_is_kept(api, monitor, rows, sentence):
    answer = api.post(f"/api/v1/monitors/{monitor.pk}/truth/", rows, format="json")

    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
    assert not GroundTruth.objects.exists()


def test_a_file_of_labels_that_memory_would_not_hold_is_refused(api, monitor, monkeypatch):
    monkeypatch.setattr(truth, "MOST_BYTES", 10)

    answer = api.generic("POST", f"/api/v1/monitors/{monitor.pk}/truth/", FILE, content_type="text/csv")

    assert answer.status_code == 413
    assert "at most 10" in answer.json()["detail"]


def test_whoever_works_on_no_incidents_here_is_as_unknown_as_nobody(api, monitor, project):
    known = [UserFactory().email, member(project, Role.VIEWER).email, "nobody@example.org"]

    for email in known:
        answer = api.post(f"/api/v1/monitors/{monitor.pk}/hand-over/", {"to": email}, format="json")
        assert answer.status_code == 400
        assert answer.json()["detail"] == "to: Nobody with this address works on incidents here."


def test_an_incident_goes_its_way_by_program(api, monitor, project):
    incident = opened(monitor)
    colleague = member(project, Role.ML_OPS_ENGINEER)
    url = f"/api/v1/incidents/{incident.pk}/"

    assert api.post(f"{url}acknowledge/").json()["status"] == "acknowledged"
    assert api.post(f"{url}assign/", {"to": colleague.email}, format="json").json()["assignee"] == (
        colleague.email
    )
    ended = {"resolution": "other", "reason": "The campaign is over."}
    assert api.post(f"{url}resolve/", ended, format="json").json()["status"] == "resolved"
    assert api.post(f"{url}resolve/", ended, format="json").status_code == 409
    assert Incident.objects.get().resolution_reason == "The campaign is over."


def test_incidents_are_narrowed_by_monitor_and_status(api, monitor):
    opened(monitor)

    def count(query):
        return api.get(f"/api/v1/incidents/?{query}").json()["count"]

    assert count(f"monitor={monitor.pk}&status=open") == 1
    assert count("status=resolved") == 0
    assert count(f"monitor={monitor.pk + 1}") == 0
