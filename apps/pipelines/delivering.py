"""
Hand events to their subscribers, and run the portal's periodic jobs. At least once, so both
must bear repeating.
"""

import logging
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from apps.audit.models import Delivery
from apps.core import declared
from apps.core.errors import DomainError
from apps.pipelines.models import PeriodicJob

MOST_ATTEMPTS = 8
log = logging.getLogger(__name__)


def deliver(delivery_id: int) -> None:
    """
    Call the subscriber with the event. A fault delays the delivery; after many it is given up
    and shown.
    """
    now = timezone.now()
    claimed = Delivery.objects.filter(pk=delivery_id, state=Delivery.State.PENDING).exclude(
        claimed_until__gt=now
    )
    if not claimed.update(claimed_until=now + timedelta(seconds=60), attempts=F("attempts") + 1):
        return
    delivery = Delivery.objects.select_related("event").get(pk=delivery_id)
    try:
        declared.resolve(delivery.subscriber)(delivery.event)
    except Exception as fault:
        _postpone(delivery, fault)
        raise
    Delivery.objects.filter(pk=delivery_id).update(state=Delivery.State.DONE, claimed_until=None, failure="")


def _postpone(delivery: Delivery, fault: Exception) -> None:
    given_up = isinstance(fault, DomainError) or delivery.attempts >= MOST_ATTEMPTS
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.FAILED if given_up else Delivery.State.PENDING,
        due_at=timezone.now() + timedelta(seconds=min(2**delivery.attempts, 300)),
        claimed_until=None,
        failure=f"{type(fault).__name__}: {fault}"[:500],
    )


def run_periodic(name: str) -> None:
    """Run one declared job; its row says when it last ended and what went wrong."""
    failure = ""
    try:
        declared.resolve(name)()
    except Exception as fault:
        failure = f"{type(fault).__name__}: {fault}"[:500]
        raise
    finally:
        PeriodicJob.objects.filter(name=name).update(
            running_until=None, finished_at=timezone.now(), failure=failure
        )
