"""Start, wake, cancel and retry runs. All of it writes rows; the relay publishes."""

import uuid
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.core import declared
from apps.core.actors import Actor, label, person_behind
from apps.core.errors import WrongState
from apps.pipelines.definitions import definition
from apps.pipelines.models import FINAL, PipelineRun, State, Step
from apps.projects.models import Project


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


def wake(key: str) -> int:
    """Make every step that waits under this key due again. Returns how many; none is normal."""
    now = timezone.now()
    waiting = Step.objects.filter(wake_key=key, state=State.WAITING)
    run_ids = list(waiting.values_list("run_id", flat=True))
    woken = waiting.update(state=State.PENDING, due_at=now, waiting_for="", wake_key="", wait_until=None)
    PipelineRun.objects.filter(pk__in=run_ids, state=State.WAITING).update(state=State.PENDING)
    return woken


@transaction.atomic
def cancel(run: PipelineRun, *, by: User) -> PipelineRun:
    """
    End a run. What is not running ends here; a running step's whole process tree is stopped
    by its worker within seconds. Raises WrongState when the run is over.
    """
    run = PipelineRun.objects.select_for_update().get(pk=run.pk)
    if run.is_final:
        raise WrongState(_("This run is already %(state)s.") % {"state": run.get_state_display()})
    if run.cancel_requested_at:
        raise WrongState(_("This run is being cancelled already."))
    run.cancel_requested_at, run.cancel_requested_by = timezone.now(), by
    run.save(update_fields=["cancel_requested_at", "cancel_requested_by"])
    events.record("pipelines.run_cancel_requested", run, by=by, chain=run.chain)
    if not run.steps.filter(state=State.RUNNING).exists():
        finish(run, State.CANCELLED, by=by)
    return run


@transaction.atomic
def retry(run: PipelineRun, *, by: User) -> PipelineRun:
    """Go on with a failed run from the step that failed."""
    run = PipelineRun.objects.select_for_update().get(pk=run.pk)
    if run.state != State.FAILED:
        raise WrongState(_("Only a failed run can be tried again."))
    now = timezone.now()
    failed = run.steps.get(state=State.FAILED)
    run.steps.filter(state=State.SKIPPED).update(state=State.PENDING, finished_at=None)
    run.steps.filter(pk=failed.pk).update(
        state=State.PENDING, tries=0, failure="", due_at=now, finished_at=None
    )
    run.state, run.failure, run.finished_at = State.PENDING, "", None
    run.cancel_requested_at = run.cancel_requested_by = None
    run.save(
        update_fields=[
            "state",
            "failure",
            "finished_at",
            "cancel_requested_at",
            "cancel_requested_by",
        ]
    )
    events.record("pipelines.run_retried", run, by=by, chain=run.chain, step=failed.name)
    return run


def finish(run: PipelineRun, state: State, *, by: Actor, failure: str = "") -> None:
    """End a run whose row the caller has locked: close its open steps and tell the app whose run it is."""
    now = timezone.now()
    left = State.CANCELLED if state == State.CANCELLED else State.SKIPPED
    run.steps.exclude(state__in=FINAL).update(state=left, finished_at=now, wake_key="", lease_until=None)
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
    if finished := definition(run.kind).finished:
        declared.resolve(finished)(run)


def of(subject: models.Model) -> models.QuerySet[PipelineRun]:
    """The runs about an object, newest first."""
    return PipelineRun.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=str(subject.pk)
    ).prefetch_related("steps")
