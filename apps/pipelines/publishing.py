"""Tell the workers what is due. The only module that talks to the broker."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import KombuError

from apps.audit.models import Delivery
from apps.pipelines.models import PeriodicJob, PipelineRun, State, Step
from mlops_portal.celery import app

LEASE_OF_A_DELIVERY = timedelta(seconds=30)
JOB_MUST_START_WITHIN = timedelta(seconds=30)
LOST_AFTER = timedelta(seconds=10)
MOST_AT_ONCE = 200
log = logging.getLogger(__name__)


class BrokerAway(Exception):
    """The broker does not take messages now. Nothing is lost: the rows say what is due."""


def publish_steps() -> int:
    """Queue due steps and send their messages."""
    now = timezone.now()
    due = Step.objects.filter(state=State.PENDING, due_at__lte=now, run__finished_at=None)
    rows = due.order_by("due_at").values_list("pk", "run_id", "queue")
    return _publish(list(rows[:MOST_AT_ONCE]), _publish_step)


def _publish_step(step_id: int, run_id: int, queue: str) -> int:
    # Queued before the message goes out: a worker that is quicker than we are must find it so.
    taken = Step.objects.filter(pk=step_id, state=State.PENDING).update(
        state=State.QUEUED, published_at=timezone.now(), publications=1
    )
    if not taken:
        return 0
    PipelineRun.objects.filter(pk=run_id, state=State.PENDING).update(state=State.QUEUED)
    return _send("pipelines.run_step", [step_id], queue)


def publish_lost_steps() -> int:
    """
    Send the messages of steps again that stay queued: theirs may be lost. Doing it in vain is harmless.

    A queue that holds nothing lost them for sure, so they go out every ten seconds; one that
    holds others is slow, so the waits double.
    """
    now = timezone.now()
    lost = Step.objects.filter(state=State.QUEUED, published_at__lt=now - LOST_AFTER)
    rows = list(
        lost.order_by("published_at").values_list("pk", "queue", "publications", "published_at")[
            :MOST_AT_ONCE
        ]
    )
    empty = {queue: is_empty(queue) for queue in {row[1] for row in rows}}
    return _publish(
        [
            (step_id, queue)
            for step_id, queue, publications, published_at in rows
            if empty[queue] or _is_overdue(now, published_at, publications)
        ],
        _publish_again,
    )


def _is_overdue(now: datetime, published_at: datetime | None, publications: int) -> bool:
    return published_at is not None and now - published_at > LOST_AFTER * 2 ** min(publications, 6)


def _publish_again(step_id: int, queue: str) -> int:
    still = Step.objects.filter(pk=step_id, state=State.QUEUED)
    if not still.update(published_at=timezone.now(), publications=F("publications") + 1):
        return 0
    return _send("pipelines.run_step", [step_id], queue)


def is_empty(queue: str) -> bool:
    """Whether the broker holds no message of that queue. Raises BrokerAway."""
    try:
        with app.connection_for_write() as connection:
            channel: Any = connection.default_channel
            return int(channel.queue_declare(queue, passive=True).message_count) == 0
    except connection_errors() as error:
        raise BrokerAway(str(error)) from error
    except channel_errors():
        # No such queue: no worker has come up yet, and nobody has sent anything.
        return True


def publish_deliveries() -> int:
    """
    Send a message for each due delivery; it is due again when nobody finished it by the end of
    its lease.
    """
    due = Delivery.objects.filter(state=Delivery.State.PENDING, due_at__lte=timezone.now())
    rows = due.order_by("due_at", "pk").values_list("pk")
    return _publish(list(rows[:MOST_AT_ONCE]), _publish_delivery)


def _publish_delivery(delivery_id: int) -> int:
    now = timezone.now()
    due = Delivery.objects.filter(pk=delivery_id, state=Delivery.State.PENDING, due_at__lte=now)
    if not due.update(due_at=now + LEASE_OF_A_DELIVERY):
        return 0
    try:
        return _send("pipelines.deliver", [delivery_id], "quick")
    except BrokerAway:
        Delivery.objects.filter(pk=delivery_id, state=Delivery.State.PENDING).update(due_at=now)
        raise


def publish_periodic() -> int:
    """Send what apps declare under `periodic`, as often as they say, one at a time."""
    return _publish(list(periodic_jobs()), _publish_job)


def _publish_job(name: str, seconds: float) -> int:
    now = timezone.now()
    idle = Q(running_until=None) | Q(running_until__lt=now)
    job = PeriodicJob.objects.filter(name=name)
    taken = job.filter(idle, due_at__lte=now).update(
        due_at=now + timedelta(seconds=seconds), running_until=now + JOB_MUST_START_WITHIN, started_at=None
    )
    if not taken:
        return 0
    try:
        return _send("pipelines.run_periodic", [name], "quick")
    except BrokerAway:
        job.filter(started_at=None).update(due_at=now, running_until=None)
        raise


def periodic_jobs() -> Iterator[tuple[str, float]]:
    """Dotted name of a function without arguments → seconds between two runs."""
    for config in apps.get_app_configs():
        yield from getattr(config, "periodic", {}).items()


def register_periodic() -> None:
    """A row for each declared job; rows of jobs that are gone go."""
    names = [name for name, _seconds in periodic_jobs()]
    PeriodicJob.objects.exclude(name__in=names).delete()
    PeriodicJob.objects.bulk_create((PeriodicJob(name=name) for name in names), ignore_conflicts=True)


def _publish(rows: Iterable[tuple[object, ...]], one: Callable[..., int]) -> int:
    """Each in turn, until the broker is away: then the rest would only wait for its time-out too."""
    return sum(one(*row) for row in rows)


def _send(task: str, arguments: list[int] | list[str], queue: str) -> int:
    try:
        app.send_task(task, arguments, queue=queue, ignore_result=True, retry=False)
    except connection_errors() as error:
        raise BrokerAway(str(error)) from error
    return 1


def connection_errors() -> tuple[type[BaseException], ...]:
    """What the broker's library raises when the broker cannot be reached."""
    return (KombuError, OSError, *app.connection_for_write().connection_errors)


def channel_errors() -> tuple[type[BaseException], ...]:
    return tuple(app.connection_for_write().channel_errors)
