"""What happens between two of the engine's transactions."""

import contextlib
import threading
import time

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from apps.audit import events
from apps.audit.models import Delivery, Event
from apps.core import declared
from apps.core.actors import System
from apps.core.errors import NotAllowed, Unavailable, WrongState
from apps.pipelines import delivering, executing, locking, publishing, reaping, runs, waking
from apps.pipelines.definitions import Done, StepTroubled, Wait
from apps.pipelines.models import PeriodicJob, PipelineRun, State, Step, WakeCall
from tests.factories import UserFactory
from tests.pipelines import toy
from tests.pipelines.conftest import step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def test_a_call_that_comes_while_a_step_looks_is_not_lost(start, work, monkeypatch):
    run = start()
    looks = []

    def looking(context):
        looks.append(context.attempt)
        if len(looks) == 1:
            runs.wake("toy:door")  # It opens after the step looked and before it waits.
            return Wait("toy:door", "somebody")
        return Done({"answer": 42})

    monkeypatch.setattr(toy, "first", looking)
    work()

    run.refresh_from_db()
    assert (run.state, len(looks)) == (State.SUCCEEDED, 2)


def test_an_old_call_makes_a_step_look_once_more_and_not_for_ever(start, work, monkeypatch):
    runs.wake("toy:door")
    run = start()
    looks = []
    monkeypatch.setattr(toy, "first", lambda context: looks.append(1) or Wait("toy:door", "somebody"))

    work()

    run.refresh_from_db()
    assert (run.state, len(looks)) == (State.WAITING, 2)
    assert waking.forget_calls() == 0
    runs.cancel(run, by=System("test"))
    assert waking.forget_calls() == 1
    assert not WakeCall.objects.exists()


def test_a_step_whose_waiting_time_is_over_looks_again(start, work):
    run = start(first="wait")
    work()
    Step.objects.filter(run=run, name="first").update(wait_until=timezone.now())

    assert waking.wake_overdue() == 1
    work()

    run.refresh_from_db()
    assert run.state == State.SUCCEEDED


def test_a_cancelled_step_that_meets_trouble_ends_cancelled(start, messages, monkeypatch, administrator):
    run = start()
    publishing.publish_steps()

    def troubled(context):
        runs.cancel(run, by=administrator)
        raise StepTroubled("Something does not answer.")

    monkeypatch.setattr(toy, "first", troubled)
    executing.execute(step(run, "first").pk)

    run.refresh_from_db()
    assert run.state == State.CANCELLED


def test_a_part_that_is_unavailable_is_tried_again(start, messages, monkeypatch):
    run = start()
    publishing.publish_steps()

    def away(context):
        raise Unavailable("The tracking server does not answer.")

    monkeypatch.setattr(toy, "first", away)
    executing.execute(step(run, "first").pk)

    assert step(run, "first").state == State.PENDING


def test_a_result_that_the_database_refuses_once_is_not_thrown_away(start, messages, monkeypatch):
    run = start()
    publishing.publish_steps()
    tries = []

    def commit():
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("deadlock detected")

    monkeypatch.setattr(toy, "first", lambda context: Done({"answer": 42}, commit=commit))
    executing.execute(step(run, "first").pk)

    assert (step(run, "first").state, len(tries)) == (State.SUCCEEDED, 2)


def test_a_hook_that_raises_does_not_hold_up_the_end_and_is_called_again(start, work, monkeypatch):
    run = start()

    def broken(run):
        raise ZeroDivisionError

    monkeypatch.setattr(toy, "finished", broken)
    work()
    run.refresh_from_db()
    assert run.state == State.SUCCEEDED
    assert "ZeroDivisionError" in str(run.cleanup_failure)

    monkeypatch.setattr(toy, "finished", lambda run: None)
    assert reaping.clean_up() == 0
    run.refresh_from_db()
    assert not run.cleanup_failure


def test_one_run_that_cannot_be_taken_back_does_not_keep_the_others_from_it(start, messages, monkeypatch):
    broken, other = start(), start()
    publishing.publish_steps()
    for run in (broken, other):
        executing._claim(step(run, "first").pk)
    Step.objects.update(lease_until=timezone.now())
    PipelineRun.objects.filter(pk=broken.pk).update(kind="of an older portal")

    reaping.reap()

    broken.refresh_from_db()
    assert broken.state == State.FAILED
    assert step(other, "first").state == State.PENDING


def test_a_step_that_may_not_be_repeated_cannot_be_retried(start, work, messages, administrator, monkeypatch):
    run = start()
    monkeypatch.setattr(toy, "second", lambda context: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        work()

    with pytest.raises(WrongState, match="may not be repeated"):
        runs.retry(run, by=administrator)
    with pytest.raises(NotAllowed):
        runs.retry(run, by=UserFactory())


@pytest.fixture
def delivery(project, db):
    with transaction.atomic():
        event = events.record("toy.told", project, by=System("test"))
        return Delivery.objects.create(event=event, subscriber="tests.pipelines.test_messages.hear")


def test_a_delivery_that_kills_its_worker_is_given_up(delivery, monkeypatch):
    for _ in range(delivering.MOST_ATTEMPTS):
        assert delivering._claim(delivery.pk) is not None
        Delivery.objects.update(claimed_until=None)

    delivering.deliver(delivery.pk)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.failure) == (Delivery.State.FAILED, delivering.LOST)


def test_a_subscriber_that_needs_something_that_is_away_is_called_again(delivery, monkeypatch):
    def away(event):
        raise Unavailable("It does not answer.")

    monkeypatch.setattr(declared, "resolve", lambda dotted: away)
    with pytest.raises(Unavailable):
        delivering.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.PENDING


def test_a_delivery_comes_again_soon_after_the_broker_was_away(delivery, monkeypatch):
    def away(*_args, **_options):
        raise OSError("no broker")

    monkeypatch.setattr(publishing.app, "send_task", away)
    with pytest.raises(publishing.BrokerAway):
        publishing.publish_deliveries()
    delivery.refresh_from_db()
    assert delivery.due_at <= timezone.now()


def test_a_periodic_job_runs_once_for_each_time_it_was_sent(db, monkeypatch):
    done = []
    monkeypatch.setattr(declared, "resolve", lambda name: lambda: done.append(name))
    soon = timezone.now() + publishing.JOB_MUST_START_WITHIN
    PeriodicJob.objects.create(name="toy.job", running_until=soon)

    delivering.run_periodic("toy.job")
    delivering.run_periodic("toy.job")

    assert done == ["toy.job"]


@pytest.mark.postgresql
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite knows one writer")
def test_a_worker_that_ends_a_step_and_people_who_cancel_never_deadlock(start, messages, administrator):
    """Forty rounds of both at once; each run ends once. The control takes the locks the other way round."""
    for _ in range(40):
        run = start()
        publishing.publish_steps()
        claimed = executing._claim(step(run, "first").pk)
        context = executing.StepContext(claimed.run, claimed, claimed.attempt, threading.Event())
        faults = _at_once(
            lambda context=context: executing._end(context, State.FAILED, "It failed."),
            lambda run=run: _cancel(run, administrator),
        )
        assert faults == []
        run.refresh_from_db()
        assert run.state == State.FAILED
        ended = Event.objects.filter(
            object_id=run.pk, name__in=["pipelines.run_failed", "pipelines.run_cancelled"]
        )
        assert ended.count() == 1

    run = start()
    assert "deadlock" in str(_at_once(lambda: _lock(run, True), lambda: _lock(run, False)))


def _cancel(run, person):
    with contextlib.suppress(WrongState):
        runs.cancel(run, by=person)


def _lock(run, run_first):
    with transaction.atomic():
        rows = [PipelineRun.objects.filter(pk=run.pk), Step.objects.filter(run=run, name="first")]
        for rows_of in rows if run_first else reversed(rows):
            list(rows_of.select_for_update())
            time.sleep(0.5)


def _at_once(*calls):
    faults = []

    def call(one):
        try:
            one()
        except OperationalError as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(one,)) for one in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_a_step_is_locked_only_while_it_is_as_expected(start):
    run = start()
    first = step(run, "first")

    with transaction.atomic():
        assert locking.step(first.pk, run.pk, state=State.RUNNING) is None
        assert locking.step(first.pk, run.pk, state=State.PENDING).run == run
        assert locking.step(first.pk, 0) is None
