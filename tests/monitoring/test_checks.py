from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import Event
from apps.deployments.models import Endpoint
from apps.monitoring import checks, intake
from apps.monitoring.models import Incident, Monitor, WindowResult
from tests.factories_monitoring import applications, capture, monitored

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def monitor(project):
    return monitored(project)


@pytest.fixture
def start(monitor):
    return monitor.checked_until


def fill(monitor, start, *incomes):
    """A minute of requests for each factor of income, then intake."""
    deployment = monitor.endpoint.deployments.get()
    for number, income in enumerate(incomes):
        if income is not None:
            rows = applications(400, seed=50 + number, income=income)
            capture(deployment, rows, start=start + timedelta(minutes=number))
    intake.run()


def verdicts(monitor):
    return list(
        WindowResult.objects.filter(monitor=monitor).order_by("start").values_list("verdict", flat=True)
    )


def test_windows_like_the_training_are_stable_and_open_nothing(monitor, start):
    fill(monitor, start, 1.0, 1.0, 1.0)

    checks.check(monitor, start + timedelta(minutes=3))

    assert verdicts(monitor) == ["stable"] * 3
    assert not Incident.objects.exists()


def test_a_shift_that_lasts_opens_one_incident_with_its_cause(monitor, start):
    fill(monitor, start, 1.0, 0.5, 0.5, 0.5)

    checks.check(monitor, start + timedelta(minutes=4))

    incident = Incident.objects.get()
    assert verdicts(monitor) == ["stable", "drifted", "drifted", "drifted"]
    assert (incident.cause, incident.calls_for_retraining, incident.windows) == ("population_shift", True, 2)
    assert incident.causes[0]["evidence"][0]["column"] == "income"
    assert incident.assignee == monitor.owner
    assert incident.chain == incident.deployment.chain


def test_one_bad_window_alone_is_no_incident(monitor, start):
    fill(monitor, start, 1.0, 0.5, 1.0)

    checks.check(monitor, start + timedelta(minutes=3))

    assert verdicts(monitor) == ["stable", "drifted", "stable"]
    assert not Incident.objects.exists()


def test_a_window_is_judged_once_and_only_when_it_is_complete(monitor, start):
    fill(monitor, start, 1.0)
    assert checks.check(monitor, start + timedelta(seconds=59)) == []

    checks.check(monitor, start + timedelta(seconds=60))
    monitor.refresh_from_db()
    checks.check(monitor, start + timedelta(seconds=61))

    assert verdicts(monitor) == ["stable"]


def test_a_window_judged_again_after_a_crash_changes_nothing(monitor, start):
    fill(monitor, start, 0.5, 0.5)
    checks.check(monitor, start + timedelta(minutes=2))
    Monitor.objects.filter(pk=monitor.pk).update(checked_until=start)
    monitor.refresh_from_db()

    checks.check(monitor, start + timedelta(minutes=2))

    assert len(verdicts(monitor)) == 2
    assert Incident.objects.get().windows == 1


def test_windows_wait_for_rows_that_lie_in_the_spool(monitor, start):
    capture(monitor.endpoint.deployments.get(), applications(10, seed=1), start=start)

    assert checks.check(monitor, start + timedelta(minutes=1)) == []


def test_few_rows_are_not_enough_and_none_are_no_data(monitor, start):
    capture(monitor.endpoint.deployments.get(), applications(20, seed=1), start=start)
    intake.run()

    checks.check(monitor, start + timedelta(minutes=2))

    assert verdicts(monitor) == ["not_enough_data", "no_data"]


def test_broken_data_are_named_as_such_and_call_for_no_retraining(monitor, start):
    deployment = monitor.endpoint.deployments.get()
    for minute in range(3):
        rows = applications(400, seed=70 + minute)
        empty = rows.set_column(1, "income", [[None] * 400])
        capture(deployment, empty, start=start + timedelta(minutes=minute))
    intake.run()

    checks.check(monitor, start + timedelta(minutes=3))

    incident = Incident.objects.get()
    assert incident.cause == "missing_upstream"
    assert not incident.calls_for_retraining


def test_silence_after_traffic_is_an_alarm_once_it_lasts(monitor, start):
    fill(monitor, start, 1.0)
    checks.check(monitor, start + timedelta(minutes=10))
    assert not Incident.objects.exists()
    monitor.refresh_from_db()

    checks.check(monitor, start + timedelta(minutes=20))

    assert Incident.objects.get().cause == "no_data"


def test_an_endpoint_that_was_stopped_or_never_asked_is_silent_without_alarm(monitor, start):
    checks.check(monitor, start + timedelta(minutes=30))
    assert not Incident.objects.exists()

    fill(monitor, start + timedelta(minutes=30), 1.0)
    Endpoint.objects.update(wanted="stopped")
    checks.check(Monitor.objects.get(), start + timedelta(minutes=59))

    assert not Incident.objects.exists()


def test_events_tell_of_changes_and_breaches_alone(monitor, start):
    fill(monitor, start, 1.0, 1.0, 0.5)

    checks.check(monitor, start + timedelta(minutes=3))

    told = Event.objects.filter(name="monitoring.window_judged").order_by("id")
    assert len(told) == 2


def test_a_paused_monitor_judges_nothing(monitor, start):
    fill(monitor, start, 0.5)
    Monitor.objects.update(is_enabled=False)

    checks.run()

    assert verdicts(monitor) == []


def test_the_owners_threshold_decides(monitor, start):
    limits = {"normalized_wasserstein_distance": 9.0, "jensen_shannon_distance": 9.0}
    Monitor.objects.update(thresholds={"thresholds": limits, "minimum_rows": 50})
    monitor.refresh_from_db()
    fill(monitor, start, 0.7)

    checks.check(monitor, start + timedelta(minutes=1))

    assert verdicts(monitor) == ["stable"]


def test_checking_costs_the_same_for_one_and_for_many_files(monitor, start, django_assert_max_num_queries):
    fill(monitor, start, 1.0)
    with django_assert_max_num_queries(25):
        checks.check(monitor, start + timedelta(minutes=1))
    assert timezone.now() > start
