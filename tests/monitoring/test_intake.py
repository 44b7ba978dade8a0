from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit import events
from apps.audit.models import Event
from apps.monitoring import counting, intake, spool
from apps.monitoring.models import CaptureFile, CountsBucket
from tests.factories_monitoring import applications, capture, make_baseline, monitored, write_segment

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def monitor(project):
    return monitored(project)


@pytest.fixture
def deployment(monitor):
    return monitor.endpoint.deployments.get()


@pytest.fixture
def start():
    return timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=30)


def test_a_sealed_segment_is_taken_in_and_leaves_the_spool(deployment, start):
    capture(deployment, applications(300, seed=1), start=start)

    intake.run()

    file = CaptureFile.objects.get()
    assert (file.rows, str(file.refused), file.is_counted) == (300, "", True)
    assert not spool.holds_sealed(deployment.endpoint)


def test_the_files_digest_is_an_event_in_the_chain_of_the_deployment(deployment, start):
    capture(deployment, applications(10, seed=1), start=start)

    intake.run()

    event = Event.objects.get(name="monitoring.capture_taken_in")
    assert event.chain == deployment.chain
    assert events.facts_of(event)["sha256"] == CaptureFile.objects.get().segment_sha256


def test_a_crash_between_commit_and_removal_counts_nothing_twice(deployment, start):
    capture(deployment, applications(50, seed=1), start=start)
    path = next(spool.sealed(deployment.endpoint))
    content = path.read_bytes()
    intake.run()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)

    intake.run()

    assert CaptureFile.objects.count() == 1
    assert sum(CountsBucket.objects.values_list("rows", flat=True)) == 50
    assert not path.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"digest": "0" * 64}, "another package"),
        ({"ticket": "0" * 16}, "another ticket"),
        ({"time": "2020-01-01T00:00:00Z"}, "not live"),
        ({"time": "yesterday"}, "Invalid isoformat"),
        ({"data": 3}, "not as captured records are"),
    ],
)
def test_rows_that_cannot_be_believed_are_refused_with_the_reason(deployment, start, changes, reason):
    capture(deployment, applications(5, seed=1), start=start, **changes)

    intake.run()

    file = CaptureFile.objects.get()
    assert reason in str(file.refused)
    assert Event.objects.filter(name="monitoring.capture_refused").count() == 1
    assert not CountsBucket.objects.exists()


def test_a_changed_segment_is_refused_and_kept_as_evidence(deployment, start):
    capture(deployment, applications(5, seed=1), start=start)
    path = next(spool.sealed(deployment.endpoint))
    path.write_bytes(path.read_bytes().replace(b"1.5", b"1.6", 1))

    intake.run()

    assert "changed after it was sealed" in str(CaptureFile.objects.get().refused)
    assert list((spool.folder(deployment.endpoint).parent / "refused").rglob("*.jsonl"))


def test_a_segment_sealed_with_another_key_is_refused(deployment, start):
    write_segment(deployment, [], start, key=b"x" * 32)

    intake.run()

    assert "another key" in str(CaptureFile.objects.get().refused)


def test_a_segment_of_another_endpoints_deployment_is_refused(project, deployment, start):
    other = monitored(project).endpoint.deployments.get()
    other.endpoint = deployment.endpoint
    write_segment(other, [], start)

    intake.run()

    assert "never answered at this endpoint" in str(CaptureFile.objects.get().refused)


def test_an_empty_segment_is_taken_in(deployment, start):
    write_segment(deployment, [], start)

    intake.run()

    assert CaptureFile.objects.get().rows == 0


def test_rows_fall_into_the_slices_of_their_own_time(monitor, deployment, start):
    capture(deployment, applications(120, seed=1), start=start, seconds=180)

    intake.run()

    starts = list(CountsBucket.objects.order_by("start").values_list("start", "rows", "seconds"))
    assert starts == [(start + timedelta(minutes=n), 40, 60) for n in range(3)]


def test_two_segments_of_one_slice_add_up(monitor, deployment, start):
    capture(deployment, applications(30, seed=1), start=start)
    capture(deployment, applications(20, seed=2), start=start)

    intake.run()

    baseline = counting.baseline_of(deployment.version.baseline.digest)
    counts = counting.summed(deployment, start, start + timedelta(minutes=1), baseline)
    assert counts.rows == counts.columns["income"].n == 50
    assert counts.extra == frozenset()


def test_rows_that_come_before_the_baseline_wait_for_it(deployment, start):
    deployment.version.baseline.delete()
    capture(deployment, applications(30, seed=1), start=start)
    intake.run()
    assert not CountsBucket.objects.exists()
    deployment.version.refresh_from_db()

    make_baseline(deployment)
    intake.run()

    assert CountsBucket.objects.get().rows == 30
