"""
Run one step, in a worker. Only this module claims steps.

A claim is one UPDATE; a heartbeat renews the lease; every later write is fenced by the
attempt's number, so that a worker that comes back late changes nothing.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone

from apps.core import declared
from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.pipelines import runs
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
    """Claim the step and run it. Returns quietly when it is not there to claim: a message may come twice."""
    step = _claim(step_id)
    if step is None:
        return
    stop, interrupted = threading.Event(), threading.Event()
    heart = threading.Thread(target=_beat, args=(step, stop, interrupted), daemon=True)
    heart.start()
    try:
        _run(StepContext(step.run, step, step.attempt, interrupted))
    finally:
        stop.set()
        heart.join(timeout=5)


def _claim(step_id: int) -> Step | None:
    now = timezone.now()
    taken = Step.objects.filter(pk=step_id, state=State.QUEUED, run__cancel_requested_at=None).update(
        state=State.RUNNING,
        attempt=F("attempt") + 1,
        lease_owner=f"{socket.gethostname()}:{os.getpid()}",
        lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
        started_at=now,
        finished_at=None,
    )
    if not taken:
        return None
    step = Step.objects.select_related("run__project", "run__started_by").get(pk=step_id)
    PipelineRun.objects.filter(pk=step.run_id).exclude(finished_at__isnull=False).update(state=State.RUNNING)
    return step


def _beat(step: Step, stop: threading.Event, interrupted: threading.Event) -> None:
    try:
        while not stop.wait(settings.HEARTBEAT_SECONDS):
            if not _renew(step):
                interrupted.set()
                return
    finally:
        connection.close()


def _renew(step: Step) -> bool:
    until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
    try:
        mine = Step.objects.filter(pk=step.pk, attempt=step.attempt, state=State.RUNNING)
        return bool(mine.update(lease_until=until))
    except DatabaseError:
        # A database that does not answer for a moment is no reason to give up before the lease ends.
        log.warning("Heartbeat of step %s did not reach the database", step.pk)
        return True


def _run(context: StepContext) -> None:
    step_definition = definition(context.run.kind).step(context.step.name)
    try:
        answer = declared.resolve(step_definition.run)(context)
        _settle(context, answer)
    except LeaseLost:
        context.log("This attempt lost its lease; its result is refused.")
    except Cancelled:
        _end(context, State.CANCELLED)
    except (StepFailed, DomainError) as reason:
        context.log(str(reason))
        _end(context, State.FAILED, str(reason))
    except (StepTroubled, OperationalError, InterfaceError) as trouble:
        context.log(f"Will be tried again: {trouble}")
        _postpone(context, str(trouble))
    except Exception as bug:
        context.log(f"Unexpected {type(bug).__name__}: {bug}")
        _end(
            context,
            State.FAILED,
            f"An unexpected fault of the portal ({type(bug).__name__}); its log has the details.",
        )
        raise


def _settle(context: StepContext, answer: Done | Wait | End) -> None:
    with context.fenced() as step:
        run = PipelineRun.objects.select_for_update().get(pk=context.run.pk)
        if run.cancel_requested_at:
            raise Cancelled
        if answer.commit:
            answer.commit()
        step.outcome = {**step.outcome, **answer.outcome}
        _ANSWERS[type(answer)](run, step, answer, context.actor)


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
    step.state, step.lease_until, step.tries = State.WAITING, None, 0
    step.waiting_for, step.wake_key, step.wait_until = (
        answer.for_whom[:200],
        answer.key,
        answer.until,
    )
    step.save()
    run.state = State.WAITING
    run.save(update_fields=["state"])


def _ended(run: PipelineRun, step: Step, answer: End, by: Actor) -> None:
    _close(step, State.SUCCEEDED)
    runs.finish(run, State.SUCCEEDED, by=by, failure="")


_ANSWERS: dict[type, Callable[..., None]] = {Done: _done, Wait: _wait, End: _ended}


def _close(step: Step, state: State, failure: str = "") -> None:
    step.state, step.failure = state, failure
    step.finished_at, step.lease_until = timezone.now(), None
    step.save()


def _end(context: StepContext, state: State, failure: str = "") -> None:
    try:
        with context.fenced() as step:
            run = PipelineRun.objects.select_for_update().get(pk=context.run.pk)
            _close(step, state, failure)
            runs.finish(run, state, by=run.cancel_requested_by or context.actor, failure=failure)
    except LeaseLost:
        context.log("This attempt lost its lease before it ended.")


def _postpone(context: StepContext, trouble: str) -> None:
    if context.step.tries + 1 >= MOST_TRIES:
        _end(context, State.FAILED, trouble)
        return
    with context.fenced() as step:
        step.state, step.tries, step.failure = State.PENDING, step.tries + 1, trouble
        step.lease_until, step.due_at = None, timezone.now() + timedelta(seconds=5 * 2**step.tries)
        step.save()
        PipelineRun.objects.filter(pk=step.run_id).update(state=State.PENDING)
