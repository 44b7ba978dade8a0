"""
Hand events to their subscribers, and run the portal's periodic jobs. At least once, so both
must bear repeating.
"""

import logging
from datetime import timedelta

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import events
from apps.audit.models import Delivery
from apps.core import declared
from apps.core.errors import DomainError, NotAllowed, Unavailable, WrongState
from apps.core.said import NOTHING, of_fault
from apps.core.saying import later as _
from apps.pipelines.models import PeriodicJob

MOST_ATTEMPTS = 8
CLAIM = timedelta(seconds=60)
JOB_MAY_TAKE = timedelta(minutes=5)
LOST = _("The worker that handled it was lost, again and again.")
log = logging.getLogger(__name__)


def deliver(delivery_id: int) -> None:
    """
    Call the subscriber with the event. A fault delays the delivery; after many it is given up
    and shown.
    """
    delivery = _claim(delivery_id)
    if delivery is None:
        return
    try:
        declared.resolve(delivery.subscriber)(delivery.event)
    except Exception as fault:
        _postpone(delivery, fault)
        raise
    _mine(delivery).update(
        state=Delivery.State.DONE, claimed_until=None, failure=NOTHING, due_at=timezone.now()
    )


def _claim(delivery_id: int) -> Delivery | None:
    now = timezone.now()
    open_ = Delivery.objects.filter(pk=delivery_id, state=Delivery.State.PENDING).exclude(
        claimed_until__gt=now
    )
    # An attempt that never came back took its worker along; it is not tried for ever.
    if open_.filter(attempts__gte=MOST_ATTEMPTS).update(state=Delivery.State.FAILED, failure=LOST):
        return None
    if not open_.update(claimed_until=now + CLAIM, attempts=F("attempts") + 1):
        return None
    return Delivery.objects.select_related("event").get(pk=delivery_id)


def _mine(delivery: Delivery) -> models.QuerySet[Delivery]:
    """The row while nobody else took the delivery over."""
    return Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=Delivery.State.PENDING)


def _postpone(delivery: Delivery, fault: Exception) -> None:
    refused = isinstance(fault, DomainError) and not isinstance(fault, Unavailable)
    given_up = refused or delivery.attempts >= MOST_ATTEMPTS
    _mine(delivery).update(
        state=Delivery.State.FAILED if given_up else Delivery.State.PENDING,
        due_at=timezone.now() + timedelta(seconds=min(2**delivery.attempts, 300)),
        claimed_until=None,
        failure=of_fault(fault),
    )


@transaction.atomic
def deliver_again(delivery: Delivery, *, by: User) -> None:
    """Try a delivery that was given up once more. Raises NotAllowed, WrongState."""
    if not by.is_administrator:
        raise NotAllowed(_("Only administrators keep the engine running."))
    failed = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.FAILED)
    if not failed.update(state=Delivery.State.PENDING, attempts=0, due_at=timezone.now(), claimed_until=None):
        raise WrongState(_("This delivery has not failed."))
    events.record("pipelines.delivery_retried", delivery.event, by=by, subscriber=delivery.subscriber)


def run_periodic(name: str) -> None:
    """
    Run one declared job; its row says when it last ended and what went wrong.

    A message that comes twice, or so late that it was sent anew, does nothing.
    """
    now = timezone.now()
    waiting = PeriodicJob.objects.filter(name=name, started_at=None, running_until__gt=now)
    if not waiting.update(started_at=now, running_until=now + JOB_MAY_TAKE):
        return
    failure = NOTHING
    try:
        declared.resolve(name)()
    except Exception as fault:
        failure = of_fault(fault)
        raise
    finally:
        PeriodicJob.objects.filter(name=name, started_at=now).update(
            running_until=None, started_at=None, finished_at=timezone.now(), failure=failure
        )
