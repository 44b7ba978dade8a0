from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from apps.core.errors import NotAllowed, WrongState
from apps.monitoring import checks, intake, measuring, truth
from apps.monitoring.models import GroundTruth, Incident, WindowResult
from apps.monitoring.truth import Received, Truth
from apps.projects.roles import Role
from tests.factories import member
from tests.factories_monitoring import applications, capture, monitored

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def monitor(project):
    return monitored(project)


@pytest.fixture
def sender(project):
    return member(project, Role.DATA_ENGINEER)


def test_the_same_label_again_is_fine_and_unknown_ids_are_kept(monitor, sender):
    rows = [Truth("a", "yes"), Truth("b", "no")]

    assert truth.receive(monitor.endpoint, rows, by=sender) == Received(2, 0)
    assert truth.receive(monitor.endpoint, [*rows, Truth("c", "no")], by=sender) == Received(1, 2)


def test_another_label_for_a_known_id_refuses_all_and_names_it(monitor, sender):
    truth.receive(monitor.endpoint, [Truth("a", "yes")], by=sender)

    with pytest.raises(WrongState, match=r"for a\. Nothing"):
        truth.receive(monitor.endpoint, [Truth("b", "no"), Truth("a", "no")], by=sender)

    assert GroundTruth.objects.count() == 1


def test_two_labels_for_one_id_in_a_delivery_are_refused(monitor, sender):
    with pytest.raises(WrongState, match="for a"):
        truth.receive(monitor.endpoint, [Truth("a", "no"), Truth("a", "yes")], by=sender)


def test_only_those_with_the_right_send_truth(monitor, project):
    with pytest.raises(NotAllowed):
        truth.receive(monitor.endpoint, [Truth("a", "no")], by=member(project, Role.VIEWER))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"correlation_id,label\n", "no labels"),
        (b"id,label\na,yes\n", "no column"),
        (b"correlation_id,label\na,\n", "Row 1 has no"),
        (b"correlation_id,label\na,yes\n,no\n", "Row 2 has no"),
        (b"correlation_id,label\na,yes,x\n", "more cells"),
        (b"correlation_id,label,label_time\na,yes,soon\n", "no date and time"),
        (b"correlation_id,label\n" + b"a" * 200 + b",yes\n", "too long"),
    ],
)
def test_bad_files_are_refused_with_a_sentence(content, sentence):
    with pytest.raises(ValidationError, match=sentence):
        truth.read_csv(content)


def test_semicolons_a_mark_and_times_are_read():
    content = "\ufeffcorrelation_id;label;label_time\na;yes;2026-01-02T03:04:05Z\n".encode()

    (row,) = truth.read_csv(content)

    assert (row.correlation_id, row.label, row.label_time.hour) == ("a", "yes", 3)


def labelled_windows(monitor, sender, *, turned: bool):
    """Three windows of requests with their outcomes, right or turned round."""
    start = monitor.checked_until
    for minute in range(3):
        rows = applications(400, seed=80 + minute)
        capture(monitor.endpoint.deployments.get(), rows, start=start + timedelta(minutes=minute))
        other = {"yes": "no", "no": "yes"}
        labels = [
            Truth(row["loan_id"], other[row["defaulted"]] if turned else row["defaulted"])
            for row in rows.to_pylist()[:300]
        ]
        truth.receive(monitor.endpoint, labels, by=sender)
    intake.run()
    checks.check(monitor, start + timedelta(minutes=3))
    measuring.run()
    return list(WindowResult.objects.order_by("start"))


def test_labels_give_each_window_its_performance_with_the_join_rate(monitor, sender):
    results = labelled_windows(monitor, sender, turned=False)

    measured = results[0].performance
    assert (measured["joined"], measured["rows"], measured["rate"]) == (300, 400, 0.75)
    assert [one["metric"] for one in measured["figures"]] == ["accuracy", "f1", "roc_auc"]
    assert not measured["has_fallen"]
    assert not Incident.objects.exists()


def test_outcomes_that_turned_while_inputs_did_not_are_a_concept_change(monitor, sender):
    results = labelled_windows(monitor, sender, turned=True)

    assert all(result.performance["has_fallen"] for result in results)
    assert Incident.objects.get().cause == "concept_change"


def test_late_labels_reopen_a_judged_window(monitor, sender):
    start = monitor.checked_until
    rows = applications(200, seed=3)
    capture(monitor.endpoint.deployments.get(), rows, start=start)
    intake.run()
    checks.check(monitor, start + timedelta(minutes=1))
    measuring.run()
    assert WindowResult.objects.get().performance == {}

    truth.receive(monitor.endpoint, [Truth(rows["loan_id"][0].as_py(), "yes")], by=sender)
    measuring.run()

    assert WindowResult.objects.get().performance["joined"] == 1
