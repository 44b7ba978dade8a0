"""Tell the workers what is due. The only module that talks to the broker."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from celery import current_app
from django.apps import apps
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import KombuError

from apps.audit.models import Delivery
from apps.pipelines.models import PeriodicJob, PipelineRun, State, Step

LEASE_OF_A_DELIVERY = timedelta(seconds=60)
LEASE_OF_A_JOB = timedelta(minutes=5)
LOST_AFTER = timedelta(seconds=15)
log = logging.getLogger(__name__)


def publish_steps() -> int:
    """Queue due steps and send their messages; send those of steps that stay queued again."""
    now = timezone.now()
    due = Step.objects.filter(state=State.PENDING, due_at__lte=now, run__finished_at=None)
    count = 0
    for step_id, run_id, queue in list(due.order_by("due_at").values_list("pk", "run_id", "queue")[:200]):
        # Queued before the message goes out: a worker that is quicker than we are must find it so.
        if Step.objects.filter(pk=step_id, state=State.PENDING).update(
            state=State.QUEUED, published_at=now, publications=1
        ):
            PipelineRun.objects.filter(pk=run_id, state=State.PENDING).update(state=State.QUEUED)
            count += _send("pipelines.run_step", [step_id], queue)
    return count


def publish_lost_steps() -> int:
    """A queued step that nobody claims: its message may be lost. Sending it again is harmless."""
    now = timezone.now()
    lost = Step.objects.filter(state=State.QUEUED, published_at__lt=now - LOST_AFTER)
    count = 0
    for step_id, queue, publications, published_at in list(
        lost.values_list("pk", "queue", "publications", "published_at")[:200]
    ):
        if published_at is not None and now - published_at > LOST_AFTER * 2 ** min(publications - 1, 5):
            Step.objects.filter(pk=step_id).update(published_at=now, publications=F("publications") + 1)
            count += _send("pipelines.run_step", [step_id], queue)
    return count


def publish_deliveries() -> int:
    """
    Send a message for each due delivery; it is due again when nobody finished it by the end of
    its lease.
    """
    now = timezone.now()
    due = Delivery.objects.filter(state=Delivery.State.PENDING, due_at__lte=now)
    ids = list(due.order_by("pk").values_list("pk", flat=True)[:200])
    for delivery_id in ids:
        Delivery.objects.filter(pk=delivery_id).update(due_at=now + LEASE_OF_A_DELIVERY)
        _send("pipelines.deliver", [delivery_id], "quick")
    return len(ids)


def publish_periodic() -> int:
    """Send what apps declare under `periodic`, as often as they say, one at a time."""
    now = timezone.now()
    idle = Q(running_until=None) | Q(running_until__lt=now)
    count = 0
    for name, seconds in periodic_jobs():
        taken = PeriodicJob.objects.filter(idle, name=name, due_at__lte=now).update(
            due_at=now + timedelta(seconds=seconds), running_until=now + LEASE_OF_A_JOB
        )
        if taken:
            count += _send("pipelines.run_periodic", [name], "quick")
    return count


def periodic_jobs() -> Iterator[tuple[str, float]]:
    """Dotted name of a function without arguments → seconds between two runs."""
    for config in apps.get_app_configs():
        yield from getattr(config, "periodic", {}).items()


def register_periodic() -> None:
    """A row for each declared job; rows of jobs that are gone go."""
    names = [name for name, _seconds in periodic_jobs()]
    PeriodicJob.objects.exclude(name__in=names).delete()
    PeriodicJob.objects.bulk_create((PeriodicJob(name=name) for name in names), ignore_conflicts=True)


def _send(task: str, arguments: list[int] | list[str], queue: str) -> int:
    try:
        current_app.send_task(task, arguments, queue=queue, ignore_result=True, retry=False)
    except (KombuError, OSError) as error:
        # The row stays as it is, so the message is sent again once the broker answers.
        log.warning("The broker does not take %s: %s", task, error)
        return 0
    return 1
