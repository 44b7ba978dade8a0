"""
The relay's loop: publish, reap, wake and seal, each at its own pace.

One relay is enough. A second one does no harm: claims, unique numbers and convergent
steps see to that.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, close_old_connections

from apps.audit import sealing
from apps.pipelines import publishing, reaping

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Duty:
    run: Callable[[], object]
    every: float
    next_at: float = 0.0


def duties() -> list[Duty]:
    return [
        Duty(publishing.publish_steps, 0.1),
        Duty(publishing.publish_deliveries, 0.1),
        Duty(publishing.publish_periodic, 0.5),
        Duty(sealing.seal_pending, 0.5),
        Duty(reaping.reap, 5),
        Duty(reaping.wake_overdue, 1),
        Duty(publishing.publish_lost_steps, 5),
    ]


def run(should_stop: Callable[[], bool], pause: float = 0.05) -> None:
    """Do every duty when it is due until told to stop. A database that is away is waited for."""
    publishing.register_periodic()
    todo = duties()
    while not should_stop():
        for duty in todo:
            if time.monotonic() >= duty.next_at:
                duty.next_at = time.monotonic() + duty.every
                _do(duty)
        time.sleep(pause)


def _do(duty: Duty) -> None:
    try:
        duty.run()
    except DatabaseError as error:
        log.warning("%s: the database refused (%s); will try again", duty.run.__name__, error)
        close_old_connections()
        duty.next_at = time.monotonic() + max(duty.every, 1.0)
