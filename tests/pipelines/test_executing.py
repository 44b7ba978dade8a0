import pytest
from django.utils import timezone

from apps.audit.models import Event
from apps.core.errors import WrongState
from apps.pipelines import executing, publishing, reaping, runs
from apps.pipelines.models import State, Step
from tests.pipelines import toy
from tests.pipelines.conftest import step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def test_a_run_goes_through_its_steps_in_order(start, work):
    run = start()

    work()

    run.refresh_from_db()
    assert run.state == State.SUCCEEDED
    assert step(run, "second").outcome == {"seen": 42}
    assert [(run.pk, State.SUCCEEDED)] == toy.FINISHED
    assert Event.objects.filter(name="pipelines.run_succeeded", object_id=run.pk).count() == 1


def test_an_expected_failure_ends_the_run_with_its_sentence(start, work):
    run = start(first="fail")

    work()

    run.refresh_from_db()
    assert (run.state, str(run.failure)) == (State.FAILED, "The first step cannot work with this.")
    assert step(run, "second").state == State.SKIPPED


def test_a_bug_ends_the_run_and_is_raised(start, work):
    run = start(first="bug")

    with pytest.raises(ZeroDivisionError):
        work()

    run.refresh_from_db()
    assert run.state == State.FAILED


def test_trouble_is_tried_again_at_most_three_times(start, work):
    run = start(first="trouble")

    for _ in range(5):
        work()
        Step.objects.filter(run=run, state=State.PENDING, name="first").update(due_at=timezone.now())

    run.refresh_from_db()
    assert run.state == State.FAILED
    assert step(run, "first").attempt == 3


def test_a_waiting_step_goes_on_when_it_is_woken(start, work):
    run = start(first="wait")
    work()
    run.refresh_from_db()
    assert run.state == State.WAITING

    assert runs.wake("toy:1") == 1
    work()

    run.refresh_from_db()
    assert run.state == State.SUCCEEDED


def test_a_message_that_comes_twice_runs_a_step_once(start, messages):
    run = start()
    publishing.publish_steps()

    executing.execute(step(run, "first").pk)
    executing.execute(step(run, "first").pk)

    assert step(run, "first").attempt == 1


def test_a_result_that_comes_late_is_refused(start, messages, monkeypatch):
    run = start()
    publishing.publish_steps()

    def taken_over(context):
        Step.objects.filter(pk=context.step.pk).update(attempt=7)
        return toy.Done({"answer": "late"})

    monkeypatch.setattr(toy, "first", taken_over)
    executing.execute(step(run, "first").pk)

    assert step(run, "first").state == State.RUNNING
    assert step(run, "first").outcome == {}


def test_a_lost_lease_makes_the_step_due_again_and_the_third_time_fails_it(start, messages):
    run = start()
    for _ in range(3):
        Step.objects.filter(run=run, name="first", state=State.PENDING).update(due_at=timezone.now())
        publishing.publish_steps()
        executing._claim(step(run, "first").pk)
        Step.objects.filter(run=run, name="first").update(lease_until=timezone.now())
        reaping.reap()

    run.refresh_from_db()
    assert (run.state, run.failure) == (State.FAILED, reaping.LOST)


def test_a_step_that_may_not_be_repeated_fails_when_its_worker_is_lost(start, messages, work):
    run = start()
    publishing.publish_steps()
    executing.execute(step(run, "first").pk)
    publishing.publish_steps()
    executing._claim(step(run, "second").pk)
    Step.objects.filter(run=run, name="second").update(lease_until=timezone.now())

    reaping.reap()

    run.refresh_from_db()
    assert run.state == State.FAILED


def test_a_lost_message_is_sent_again(start, messages, monkeypatch):
    run = start()
    publishing.publish_steps()
    messages.clear()
    Step.objects.filter(run=run).update(published_at=timezone.now() - 2 * publishing.LOST_AFTER)

    monkeypatch.setattr(publishing, "is_empty", lambda queue: True)
    publishing.publish_lost_steps()

    assert messages == [("pipelines.run_step", [step(run, "first").pk])]


def test_cancelling_a_run_that_does_not_run_ends_it_at_once(start, work, administrator):
    run = start(first="wait")
    work()

    runs.cancel(run, by=administrator)

    run.refresh_from_db()
    assert run.state == State.CANCELLED
    with pytest.raises(WrongState):
        runs.cancel(run, by=administrator)


def test_a_running_step_sees_that_it_was_cancelled(start, messages, monkeypatch, administrator):
    run = start()
    publishing.publish_steps()

    def cancelled_meanwhile(context):
        runs.cancel(run, by=administrator)
        context.check()

    monkeypatch.setattr(toy, "first", cancelled_meanwhile)
    executing.execute(step(run, "first").pk)

    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert step(run, "second").state == State.CANCELLED


def test_a_failed_run_goes_on_where_it_failed(start, work, administrator):
    run = start(first="fail")
    work()
    run.refresh_from_db()
    run.arguments = {}
    run.save()

    runs.retry(run, by=administrator)
    work()

    run.refresh_from_db()
    assert run.state == State.SUCCEEDED
