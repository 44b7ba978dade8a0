"""Start, wake, cancel, retry and end runs. All of it writes rows; the relay publishes."""

import logging
import uuid
from typing import Any

from django.db import InterfaceError, OperationalError, models, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import events
from apps.core import declared
from apps.core.actors import Actor, label, person_behind
from apps.core.errors import NotAllowed, WrongState
from apps.core.said import NOTHING, Said, of_fault
from apps.pipelines import locking, policy, waking
from apps.pipelines.definitions import definition
from apps.pipelines.models import FINAL, PipelineRun, PipelineRunQuerySet, State, Step
from apps.projects.models import Project

log = logging.getLogger(__name__)


@transaction.atomic
def start(
    kind: str,
    subject: models.Model,
    *,
    project: Project,
    by: Actor,
    chain: uuid.UUID | None = None,
    arguments: dict[str, Any] | None = None,
) -> PipelineRun:
    """A new run with its steps, the first of them due. Call it in the transaction of what it is for."""
    pipeline = definition(kind)
    person = person_behind(by)
    run = PipelineRun.objects.create(
        kind=kind,
        project=project,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_label=str(subject)[:200],
        arguments=arguments or {},
        chain=chain or uuid.uuid4(),
        started_by=person if isinstance(person, User) else None,
        actor=label(by),
    )
    now = timezone.now()
    Step.objects.bulk_create(
        Step(
            run=run,
            name=step.name,
            position=position,
            queue=step.queue,
            due_at=None if position else now,
        )
        for position, step in enumerate(pipeline.steps)
    )
    events.record("pipelines.run_started", run, by=by, chain=run.chain, kind=kind)
    return run


@transaction.atomic
def wake(key: str) -> int:
    """
    Let every step that waits under this key look again; the relay makes them due within a moment.

    Returns how many wait now; none is normal. A step that is just looking hears of it too.
    Safe inside any transaction: it locks only the key.
    """
    waking.call(key)
    return Step.objects.filter(wake_key=key, state=State.WAITING).count()


@transaction.atomic
def cancel(run: PipelineRun, *, by: Actor) -> PipelineRun:
    """
    End a run. What is not running ends here; a running step's whole process tree is stopped
    by its worker within seconds.

    Raises NotAllowed for a person who may not steer the run, WrongState when it is over.
    """
    run = locking.run(run.pk)
    _require_may_steer(run, by)
    if reason := policy.why_not_cancel_now(run):
        raise WrongState(reason)
    run.cancel_requested_at = timezone.now()
    run.cancel_requested_by = by if isinstance(by, User) else None
    run.save(update_fields=["cancel_requested_at", "cancel_requested_by"])
    events.record("pipelines.run_cancel_requested", run, by=by, chain=run.chain, kind=run.kind)
    if not run.steps.filter(state=State.RUNNING).exists():
        finish(run, State.CANCELLED, by=by)
    return run


@transaction.atomic
def retry(run: PipelineRun, *, by: Actor) -> PipelineRun:
    """
    Go on with a failed run from the step that failed.

    Raises NotAllowed for a person who may not steer the run, WrongState when it did not fail,
    when the step may not be repeated, or when an app objects ("pipelines.retry").
    """
    run = locking.run(run.pk)
    _require_may_steer(run, by)
    if reason := policy.why_not_retry_now(run):
        raise WrongState(reason)
    now = timezone.now()
    failed = run.steps.get(state=State.FAILED)
    run.steps.filter(state=State.SKIPPED).update(state=State.PENDING, finished_at=None)
    run.steps.filter(pk=failed.pk).update(
        state=State.PENDING, tries=0, failure=NOTHING, due_at=now, finished_at=None
    )
    run.state, run.failure, run.finished_at, run.cleanup_failure = State.PENDING, NOTHING, None, NOTHING
    run.cancel_requested_at = run.cancel_requested_by = None
    run.save()
    events.record("pipelines.run_retried", run, by=by, chain=run.chain, kind=run.kind, step=failed.name)
    return run


def finish(run: PipelineRun, state: State, *, by: Actor, failure: Said = NOTHING) -> None:
    """End a run whose row the caller has locked: close its open steps and tell the app whose run it is."""
    now = timezone.now()
    left = State.CANCELLED if state == State.CANCELLED else State.SKIPPED
    run.steps.exclude(state__in=FINAL).update(
        state=left, finished_at=now, wake_key="", waiting_for=NOTHING, wait_until=None, lease_until=None
    )
    run.state, run.failure, run.finished_at = state, failure, now
    run.save(update_fields=["state", "failure", "finished_at"])
    events.record(
        f"pipelines.run_{state}",
        run,
        by=by,
        chain=run.chain,
        kind=run.kind,
        detail={"failure": failure} if failure else None,
    )
    clean_up(run)


def clean_up(run: PipelineRun) -> None:
    """
    Call what the app declares as `finished`, in a savepoint.

    A fault of the app must not hold up the end of the run for ever; it is written on the run
    and the relay calls again later. A database that does not answer undoes the whole ending.
    """
    failure = NOTHING
    try:
        with transaction.atomic():
            if finished := definition(run.kind).finished:
                declared.resolve(finished)(run)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.exception("What follows the end of run %s failed", run.pk)
        failure = of_fault(fault)
    if failure != run.cleanup_failure:
        run.cleanup_failure = failure
        run.save(update_fields=["cleanup_failure"])


def of(subject: models.Model) -> PipelineRunQuerySet:
    """The runs about an object, newest first."""
    return PipelineRun.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk)
    ).prefetch_related("steps")


def _require_may_steer(run: PipelineRun, by: Actor) -> None:
    # A rule or a part of the portal acts inside a verb that has asked for the rights it needs.
    if isinstance(by, User) and (reason := policy.why_not_steer(run, by)):
        raise NotAllowed(reason)
