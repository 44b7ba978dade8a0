"""
Run one step, in a worker. Only this module claims steps.

A claim takes the row under its lock; a heartbeat renews the lease; every later write is fenced by the
attempt's number, so that a worker that comes back late changes nothing.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from apps.core import declared
from apps.core.actors import Actor
from apps.core.errors import DomainError, Unavailable
from apps.core.said import NOTHING, Said, of_error
from apps.core.saying import later as _
from apps.pipelines import locking, runs, waking
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import (
    Cancelled,
    Done,
    End,
    LeaseLost,
    StepFailed,
    StepTroubled,
    Wait,
    definition,
)
from apps.pipelines.models import PipelineRun, State, Step

MOST_TRIES = 3
log = logging.getLogger(__name__)


def execute(step_id: int) -> None:
    """
    Claim the step and run it. Returns quietly when it is not there to claim: a message may come twice.

    A worker that is told to stop hands the step back: it is due again at once.
    """
    step = _claim(step_id)
    if step is None:
        return
    context = StepContext(step.run, step, step.attempt, threading.Event())
    try:
        with _heart(step, context.interrupted):
            _run(context)
    except SystemExit:
        _hand_back(context)
        raise


@transaction.atomic
def _claim(step_id: int) -> Step | None:
    found = Step.objects.filter(pk=step_id, state=State.QUEUED).values_list("run_id", flat=True).first()
    step = locking.step(step_id, found, state=State.QUEUED) if found else None
    if step is None or step.run.is_final or step.run.cancel_requested_at:
        return None
    now = timezone.now()
    step.state, step.attempt = State.RUNNING, step.attempt + 1
    step.lease_owner = f"{socket.gethostname()}:{os.getpid()}"
    step.lease_until = now + timedelta(seconds=settings.LEASE_SECONDS)
    step.started_at, step.finished_at = now, None
    step.save()
    PipelineRun.objects.filter(pk=step.run_id).update(state=State.RUNNING)
    step.run.state = State.RUNNING
    return step


@contextlib.contextmanager
def _heart(step: Step, interrupted: threading.Event) -> Iterator[None]:
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(step, stop, interrupted), daemon=True)
    heart.start()
    try:
        yield
    finally:
        stop.set()
        heart.join(timeout=5)


def _beat(step: Step, stop: threading.Event, interrupted: threading.Event) -> None:
    """Renew the lease until told to stop; a thread has a database connection of its own."""
    held_until = time.monotonic() + settings.LEASE_SECONDS
    try:
        while not stop.wait(settings.HEARTBEAT_SECONDS):
            now = time.monotonic()
            renewed = _renew(step)
            if renewed:
                held_until = now + settings.LEASE_SECONDS
            if renewed is False or time.monotonic() > held_until:
                interrupted.set()
                return
    finally:
        connection.close()


def _renew(step: Step) -> bool | None:
    """Whether the lease is still ours; None where the database does not say."""
    until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
    try:
        mine = Step.objects.filter(pk=step.pk, attempt=step.attempt, state=State.RUNNING)
        return bool(mine.update(lease_until=until))
    except Error:
        # A database that does not answer for a moment is no reason to give up before the lease ends.
        log.warning("Heartbeat of step %s did not reach the database", step.pk)
        connection.close()
        return None


def _run(context: StepContext) -> None:
    try:
        step_definition = definition(context.run.kind).step(context.step.name)
        _settle(context, declared.resolve(step_definition.run)(context))
    except LeaseLost:
        context.log("This attempt lost its lease; its result is refused.")
    except Cancelled:
        _end(context, State.CANCELLED)
    except (StepTroubled, Unavailable) as trouble:
        _postpone(context, of_error(trouble))
    except (StepFailed, DomainError) as reason:
        context.log(str(reason))
        _end(context, State.FAILED, of_error(reason))
    except (OperationalError, InterfaceError) as trouble:
        # Settled or not, nobody knows: what may not be repeated is not.
        if _is_resumable(context):
            _postpone(context, of_error(trouble))
        else:
            _end(context, State.FAILED, _("The database did not answer: %(why)s", why=trouble))
    except Exception as bug:
        context.log(f"Unexpected {type(bug).__name__}: {bug}")
        _end(
            context,
            State.FAILED,
            _(
                "An unexpected fault of the portal (%(kind)s); its log has the details.",
                kind=type(bug).__name__,
            ),
        )
        raise


def _is_resumable(context: StepContext) -> bool:
    return definition(context.run.kind).has_resumable(context.step.name)


def _settle(context: StepContext, answer: Done | Wait | End) -> None:
    """
    Write the answer, in one transaction with its `commit`.

    A transaction that the database refuses for the others' sake (a deadlock, a lock that was
    not to be had) is tried again here: hours of work are not thrown away for it.
    """
    for pause in (0.2, 1.0, None):
        try:
            _settle_once(context, answer)
        except OperationalError as refused:
            if pause is None:
                raise
            context.log(f"The database refused the result, trying again: {refused}")
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause)
        else:
            return


def _settle_once(context: StepContext, answer: Done | Wait | End) -> None:
    with context.fenced() as step:
        if step.run.cancel_requested_at:
            raise Cancelled
        if answer.commit:
            answer.commit()
        step.outcome = {**step.outcome, **answer.outcome}
        _ANSWERS[type(answer)](step.run, step, answer, context.actor)


def _done(run: PipelineRun, step: Step, answer: Done, by: Actor) -> None:
    _close(step, State.SUCCEEDED)
    following = run.steps.filter(position__gt=step.position, state=State.PENDING).order_by("position").first()
    if following is None:
        runs.finish(run, State.SUCCEEDED, by=by)
        return
    run.steps.filter(pk=following.pk).update(due_at=timezone.now())
    run.state = State.PENDING
    run.save(update_fields=["state"])


def _wait(run: PipelineRun, step: Step, answer: Wait, by: Actor) -> None:
    calls = waking.number_of(answer.key)
    seen = step.calls_seen if step.wake_key == answer.key else 0
    # Called while it was looking: it looks once more.
    called = calls > seen
    step.state = State.PENDING if called else State.WAITING
    step.due_at = timezone.now() if called else None
    step.lease_until, step.tries, step.failure = None, 0, NOTHING
    step.waiting_for = NOTHING if called else answer.for_whom
    step.wake_key, step.wait_until, step.calls_seen = answer.key, answer.until, calls
    step.save()
    run.state = step.state
    run.save(update_fields=["state"])


def _ended(run: PipelineRun, step: Step, answer: End, by: Actor) -> None:
    _close(step, State.SUCCEEDED)
    runs.finish(run, State.SUCCEEDED, by=by)


_ANSWERS: dict[type, Callable[..., None]] = {Done: _done, Wait: _wait, End: _ended}


def _close(step: Step, state: State, failure: Said = NOTHING) -> None:
    step.state, step.failure = state, failure
    step.finished_at, step.lease_until = timezone.now(), None
    step.save()


def _end(context: StepContext, state: State, failure: Said = NOTHING) -> None:
    try:
        with context.fenced() as step:
            _close(step, state, failure)
            runs.finish(step.run, state, by=step.run.cancel_requested_by or context.actor, failure=failure)
    except LeaseLost:
        context.log("This attempt lost its lease before it ended.")


def _postpone(context: StepContext, trouble: Said) -> None:
    """Due again a little later; failed after the third time, cancelled where somebody asked for it."""
    context.log(f"Will be tried again: {trouble}")
    try:
        with context.fenced() as step:
            if step.run.cancel_requested_at:
                _close(step, State.CANCELLED)
                runs.finish(step.run, State.CANCELLED, by=step.run.cancel_requested_by or context.actor)
            elif step.tries + 1 >= MOST_TRIES:
                _close(step, State.FAILED, trouble)
                runs.finish(step.run, State.FAILED, by=context.actor, failure=trouble)
            else:
                step.tries += 1
                _make_due(step, after=timedelta(seconds=5 * 2**step.tries), failure=trouble)
    except LeaseLost:
        context.log("This attempt lost its lease before it was put off.")


def _hand_back(context: StepContext) -> None:
    """The worker stops, which is nobody's fault: no try is counted. What may not be repeated fails."""
    if not _is_resumable(context):
        _end(context, State.FAILED, _("The worker that ran this was stopped."))
        return
    with contextlib.suppress(LeaseLost), context.fenced() as step:
        context.log("The worker was stopped; the step is handed back.")
        _make_due(step, after=timedelta(0), failure=NOTHING)


def _make_due(step: Step, *, after: timedelta, failure: Said) -> None:
    step.state, step.failure = State.PENDING, failure
    step.lease_until, step.due_at = None, timezone.now() + after
    step.save()
    PipelineRun.objects.filter(pk=step.run_id).update(state=State.PENDING)
