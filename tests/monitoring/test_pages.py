from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.audit.models import Event
from apps.monitoring import checks, intake
from apps.monitoring.models import CaptureFile, GroundTruth, Incident, Monitor, WindowResult
from apps.projects.roles import Role
from tests.factories import ProjectFactory, member
from tests.factories_monitoring import applications, capture, live_deployment, monitored, opened

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def engineer(project):
    return member(project, Role.ML_OPS_ENGINEER)


@pytest.fixture
def monitor(project, engineer):
    return monitored(project, owner=engineer)


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return lambda name, *args, **query: client.get(reverse(f"monitoring:{name}", args=args), query)


@pytest.fixture
def drifted(monitor):
    """Four judged windows, the last three away from training; returns the captured records."""
    start, records = monitor.checked_until, []
    for minute, income in enumerate((1.0, 0.5, 0.5, 0.5)):
        rows = applications(200, seed=minute, income=income)
        found = capture(monitor.endpoint.deployments.get(), rows, start=start + timedelta(minutes=minute))
        records += found
    intake.run()
    checks.check(monitor, start + timedelta(minutes=4))
    return records


def test_the_monitors_page_shows_charts_columns_and_incidents(page, monitor, drifted):
    text = page("monitor_detail", monitor.pk).content.decode()

    for word in (
        "timeline-data",
        "heatmap-data",
        "quadrant-data",
        "Population shift",
        "What helps:",
        "income",
        "Wasserstein",
    ):
        assert word in text


def test_a_window_of_the_strip_shows_its_own_columns(page, monitor, drifted):
    first = WindowResult.objects.earliest("start")

    text = page("monitor_detail", monitor.pk, window=first.pk).content.decode()

    assert f'href="?window={first.pk}#columns-title" title=' in text
    assert f"/columns/income/?window={first.pk}" in text
    assert page("monitor_detail", monitor.pk, window="nonsense").status_code == 200


def test_pages_without_anything_teach(page, monitor):
    assert "No window was compared yet" in page("monitor_detail", monitor.pk).content.decode()
    assert "No open incident" in page("incident_list").content.decode()
    assert "Nothing captured yet" in page("captured_rows", monitor.pk).content.decode()
    assert "No label yet" in page("truth", monitor.pk).content.decode()
    assert "Enter an id" in page("request_trace").content.decode()


def test_a_column_is_held_against_training(page, monitor, drifted):
    text = page("monitor_column", monitor.pk, "income").content.decode()

    assert "overlay-data" in text
    assert page("monitor_column", monitor.pk, "nonsense").status_code == 404


def test_an_incident_says_why_and_offers_what_to_do(page, drifted):
    text = page("incident_detail", Incident.objects.get().pk).content.decode()

    for word in ("What helps:", "Acknowledge", "Assign", "Silence", "Resolve or dismiss", "Retrain"):
        assert word in text


def test_the_pages_bear_a_double_click(client, page, monitor):
    incident = opened(monitor)
    url = reverse("monitoring:acknowledge", args=[incident.pk])
    page("incident_list")

    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 409


def test_resolving_without_a_reason_is_asked_for(client, page, monitor):
    incident = opened(monitor)
    page("incident_list")

    answer = client.post(
        reverse("monitoring:resolve", args=[incident.pk]), {"resolution": "other", "reason": " "}
    )

    assert answer.status_code == 400
    assert Incident.objects.get().is_open


def test_silencing_needs_a_reason_and_shows_until_when(client, page, monitor):
    incident = opened(monitor)
    url = reverse("monitoring:silence", args=[incident.pk])
    page("incident_list")

    assert client.post(url, {"silence-hours": "8", "silence-reason": " "}).status_code == 400
    assert client.post(url, {"silence-hours": "8", "silence-reason": "The feed moves."}).status_code == 302

    text = page("incident_detail", incident.pk).content.decode()
    assert "Silenced until" in text
    assert "The feed moves." in text


def test_looking_at_captured_rows_is_an_event(page, monitor, drifted):
    text = page("captured_rows", monitor.pk).content.decode()

    assert drifted[-1]["id"] in text
    assert text.index("prediction.class") < text.index(">income<")
    assert Event.objects.filter(name="monitoring.capture_read").count() == 1


def test_captured_rows_that_are_lost_are_missed_in_words(page, monitor, drifted, caplog):
    """As after a backup of the database that came back without its files."""
    CaptureFile.objects.update(data_digest="0" * 64)

    answer = page("captured_rows", monitor.pk)

    assert answer.status_code == 503
    assert "is not in the storage" in answer.content.decode()
    assert "0" * 64 in caplog.text


@pytest.mark.parametrize("key", ["id", "correlationid"])
def test_a_request_is_traced_to_model_approval_and_data(page, monitor, drifted, key):
    deployment = monitor.endpoint.deployments.get()

    text = page("request_trace", id=drifted[7][key]).content.decode()

    assert str(deployment.version) in text
    assert str(deployment.version.training_run.dataset_version) in text
    assert deployment.package_digest in text


def test_a_stranger_traces_nothing(client, drifted):
    client.force_login(member(ProjectFactory(), Role.ML_OPS_ENGINEER))

    answer = client.get(reverse("monitoring:request_trace"), {"id": drifted[0]["id"]})

    assert "No captured request has this id" in answer.content.decode()


def test_a_file_of_labels_is_kept_and_a_bad_one_refused_with_a_sentence(client, page, monitor):
    url = reverse("monitoring:truth", args=[monitor.pk])
    page("incident_list")
    good = SimpleUploadedFile("t.csv", b"correlation_id,label\na,yes\n")
    bad = SimpleUploadedFile("t.csv", b"correlation_id,label\na,no\nb,no\n")

    assert client.post(url, {"file": good}).status_code == 302
    refused = client.post(url, {"file": bad})

    assert refused.status_code == 400
    assert "Another label is known for a" in refused.content.decode()
    assert GroundTruth.objects.count() == 1


def test_settings_that_do_not_fit_are_refused(client, page, monitor):
    given = {
        "window_seconds": 5000, "lateness_seconds": 5, "needed": 1, "among": 2, "minimum_rows": 50,
        "normalized_wasserstein_distance": 0.2, "jensen_shannon_distance": 0.2,
        "null_value_rate_difference": 0.1, "out_of_bounds_rate": 0.1, "is_enabled": "on",
    }  # fmt: skip
    url = reverse("monitoring:monitor_settings", args=[monitor.pk])
    page("incident_list")

    assert client.post(url, given).status_code == 400
    assert client.post(url, given | {"window_seconds": 900}).status_code == 302
    assert Monitor.objects.get(pk=monitor.pk).window_seconds == 900


def test_what_is_live_without_a_monitor_is_listed_with_the_button(client, page, project):
    deployment = live_deployment(project)
    assert "Live without a monitor" in page("monitor_list").content.decode()

    client.post(reverse("monitoring:start", args=[deployment.endpoint_id]))

    assert Monitor.objects.get(endpoint=deployment.endpoint)
