"""
The relay's loops: publish, reap, wake, seal and sign, each at its own pace.

What talks to the broker has a thread of its own, so that a broker that hangs holds up neither
the seals nor the leases. One relay is enough. A second one does no harm: row locks, unique
numbers and convergent steps see to that.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection, transaction

from apps.audit import checkpoints, sealing
from apps.pipelines import publishing, reaping, waking

AWAY_SECONDS = 1.0
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Duty:
    run: Callable[[], object]
    every: float
    next_at: float = 0.0


def broker_duties() -> list[Duty]:
    return [
        Duty(publishing.publish_steps, 0.1),
        Duty(publishing.publish_deliveries, 0.1),
        Duty(publishing.publish_periodic, 0.5),
        Duty(publishing.publish_lost_steps, 5),
    ]


def database_duties() -> list[Duty]:
    return [
        Duty(waking.answer_calls, 0.1),
        Duty(waking.wake_overdue, 1),
        Duty(sealing.seal_pending, 0.5),
        Duty(sealing.seal_stragglers, 600),
        Duty(checkpoints.sign_when_due, 1),
        Duty(reaping.reap, min(5.0, settings.LEASE_SECONDS / 4)),
        Duty(reaping.clean_up, 15),
    ]


def run(should_stop: Callable[[], bool], pause: float = 0.05) -> None:
    """Do every duty when it is due until told to stop. A database that is away is waited for."""
    publisher = threading.Thread(target=_publish, args=(should_stop, pause), daemon=True)
    publisher.start()
    _loop(database_duties(), should_stop, pause)
    publisher.join(timeout=10)


def _publish(should_stop: Callable[[], bool], pause: float) -> None:
    try:
        while not should_stop() and not _attempt(publishing.register_periodic):
            time.sleep(AWAY_SECONDS)
        _loop(broker_duties(), should_stop, pause)
    finally:
        connection.close()


def _loop(duties: list[Duty], should_stop: Callable[[], bool], pause: float) -> None:
    while not should_stop():
        for duty in duties:
            if time.monotonic() >= duty.next_at and not should_stop():
                worked = _attempt(duty.run)
                duty.next_at = time.monotonic() + (duty.every if worked else max(duty.every, AWAY_SECONDS))
        time.sleep(pause)


def _attempt(do: Callable[[], object]) -> bool:
    """Whether it went without trouble. The relay outlives every fault of one duty."""
    try:
        do()
    except publishing.BrokerAway as away:
        log.warning("The broker does not answer (%s); will try again", away)
    except Error as refused:
        log.warning("%s: the database refused (%s); will try again", do.__name__, refused)
        if not transaction.get_connection().in_atomic_block:
            connection.close()
    except Exception:
        log.exception("%s failed", do.__name__)
    else:
        return True
    return False
