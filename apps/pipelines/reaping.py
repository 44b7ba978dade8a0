"""Take back what lost its lease, wake what waited long enough, publish again what the broker lost."""

import random
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.actors import System
from apps.pipelines import runs
from apps.pipelines.definitions import definition
from apps.pipelines.executing import MOST_TRIES
from apps.pipelines.models import PipelineRun, State, Step

_RELAY = System("relay")
LOST = "The worker that ran this was lost."


def reap() -> int:
    """Every running step whose lease has passed: due again, or failed for good. Returns how many."""
    lost = Step.objects.filter(state=State.RUNNING, lease_until__lt=timezone.now())
    found = list(lost.values_list("pk", "attempt", "run_id")[:100])
    for step_id, attempt, run_id in found:
        _take_back(step_id, attempt, run_id)
    return len(found)


@transaction.atomic
def _take_back(step_id: int, attempt: int, run_id: int) -> None:
    run = PipelineRun.objects.select_for_update().get(pk=run_id)
    step = (
        Step.objects.select_for_update()
        .filter(pk=step_id, attempt=attempt, state=State.RUNNING, lease_until__lt=timezone.now())
        .first()
    )
    if step is None:
        return
    step.lease_until, step.failure = None, LOST
    if run.cancel_requested_at:
        _end(run, step, State.CANCELLED)
    elif definition(run.kind).step(step.name).resumable and step.tries + 1 < MOST_TRIES:
        _again(run, step)
    else:
        _end(run, step, State.FAILED)


def _again(run: PipelineRun, step: Step) -> None:
    jitter = timedelta(seconds=random.uniform(0, 2))  # noqa: S311 - spreads work, guards nothing
    step.state, step.tries, step.due_at = State.PENDING, step.tries + 1, timezone.now() + jitter
    step.save()
    PipelineRun.objects.filter(pk=run.pk).update(state=State.PENDING)


def _end(run: PipelineRun, step: Step, state: State) -> None:
    step.state, step.finished_at = state, timezone.now()
    step.save()
    runs.finish(
        run,
        state,
        by=run.cancel_requested_by or _RELAY,
        failure=LOST if state == State.FAILED else "",
    )


def wake_overdue() -> int:
    """Steps whose waiting time is over run again; they see for themselves that nothing came."""
    keys = Step.objects.filter(state=State.WAITING, wait_until__lt=timezone.now()).values_list(
        "wake_key", flat=True
    )
    return sum(runs.wake(key) for key in list(keys[:100]))
