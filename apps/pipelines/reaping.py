"""Take back what lost its lease, and end what could not be ended."""

import logging
import random
from collections.abc import Callable
from datetime import timedelta

from django.db import Error, transaction
from django.utils import timezone

from apps.core.actors import System
from apps.core.said import NOTHING
from apps.core.saying import later as _
from apps.pipelines import locking, runs
from apps.pipelines.definitions import find
from apps.pipelines.executing import MOST_TRIES
from apps.pipelines.models import PipelineRun, State, Step

_RELAY = System("relay")
LOST = _("The worker that ran this was lost.")
CLEANED_UP_FOR = timedelta(days=2)
log = logging.getLogger(__name__)


def reap() -> int:
    """Every running step whose lease has passed: due again, or failed for good. Returns how many."""
    lost = Step.objects.filter(state=State.RUNNING, lease_until__lt=timezone.now()).order_by("lease_until")
    found = list(lost.values_list("pk", "attempt", "run_id")[:100])
    for step_id, attempt, run_id in found:
        _each(_take_back, step_id, attempt, run_id)
    return len(found)


def clean_up() -> int:
    """Call again what failed after a run's end. Returns how many are left to do."""
    due = PipelineRun.objects.filter(finished_at__gt=timezone.now() - CLEANED_UP_FOR).exclude(
        cleanup_failure=""
    )
    for run_id in list(due.values_list("pk", flat=True)[:100]):
        _each(_clean_up, run_id)
    return due.count()


def _each(do: Callable[..., None], *arguments: int) -> None:
    """One that cannot be helped does not keep the others from it."""
    try:
        do(*arguments)
    except Error:
        raise
    except Exception:
        log.exception("%s%s failed", do.__name__, arguments)


@transaction.atomic
def _clean_up(run_id: int) -> None:
    run = locking.run(run_id)
    if run.is_final and run.cleanup_failure:
        runs.clean_up(run)


@transaction.atomic
def _take_back(step_id: int, attempt: int, run_id: int) -> None:
    step = locking.step(step_id, run_id, attempt=attempt, state=State.RUNNING, lease_until__lt=timezone.now())
    if step is None:
        return
    step.lease_until, step.failure = None, LOST
    if step.run.cancel_requested_at:
        _end(step, State.CANCELLED)
    elif _is_resumable(step) and step.tries + 1 < MOST_TRIES:
        _again(step)
    else:
        _end(step, State.FAILED)


def _is_resumable(step: Step) -> bool:
    definition = find(step.run.kind)
    return definition is not None and definition.has_resumable(step.name)


def _again(step: Step) -> None:
    jitter = timedelta(seconds=random.uniform(0, 2))  # noqa: S311 - spreads work, guards nothing
    step.state, step.tries, step.due_at = State.PENDING, step.tries + 1, timezone.now() + jitter
    step.save()
    PipelineRun.objects.filter(pk=step.run_id).update(state=State.PENDING)


def _end(step: Step, state: State) -> None:
    step.state, step.finished_at = state, timezone.now()
    step.save()
    runs.finish(
        step.run,
        state,
        by=step.run.cancel_requested_by or _RELAY,
        failure=LOST if state == State.FAILED else NOTHING,
    )
