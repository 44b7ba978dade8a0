"""
Make waiting steps due again: those that were called, those whose time is over.

A call is a row with a number. Who calls writes the row and locks nothing else, so a verb may
call while it holds rows of its own. A step that is about to wait compares the number with the
one it has seen, under the row's lock: a call that came while it was looking is not lost.
"""

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from apps.core.said import NOTHING
from apps.pipelines import locking
from apps.pipelines.models import PipelineRun, State, Step, WakeCall

MOST_AT_ONCE = 200


def call(key: str) -> None:
    """Note that what waits under the key should look again."""
    WakeCall.objects.get_or_create(key=key)
    WakeCall.objects.filter(key=key).update(number=F("number") + 1, is_answered=False)


def number_of(key: str) -> int:
    """How often the key was called; callers wait until this transaction has ended."""
    WakeCall.objects.get_or_create(key=key)
    return WakeCall.objects.select_for_update().get(key=key).number


def answer_calls() -> int:
    """Make due what waits under the keys that were called. Returns how many steps."""
    calls = WakeCall.objects.filter(is_answered=False).values_list("key", "number")
    woken = 0
    for key, number in list(calls[:MOST_AT_ONCE]):
        waiting = Step.objects.filter(wake_key=key, state=State.WAITING).order_by("run_id")
        woken += sum(
            _wake(step_id, run_id, number) for step_id, run_id in list(waiting.values_list("pk", "run_id"))
        )
        WakeCall.objects.filter(key=key, number=number).update(is_answered=True)
    return woken


def wake_overdue() -> int:
    """Steps whose waiting time is over run again; they see for themselves that nothing came."""
    overdue = Step.objects.filter(state=State.WAITING, wait_until__lt=timezone.now()).order_by("wait_until")
    rows = list(overdue.values_list("pk", "run_id", "calls_seen")[:MOST_AT_ONCE])
    return sum(_wake(step_id, run_id, seen) for step_id, run_id, seen in rows)


def forget_calls() -> int:
    """Delete answered calls that no step waits for or has waited for in a run that goes on."""
    listening = Step.objects.filter(wake_key=OuterRef("key"), run__finished_at=None)
    return WakeCall.objects.filter(~Exists(listening), is_answered=True).delete()[0]


@transaction.atomic
def _wake(step_id: int, run_id: int, seen: int) -> int:
    step = locking.step(step_id, run_id, state=State.WAITING)
    if step is None:
        return 0
    step.state, step.due_at, step.calls_seen = State.PENDING, timezone.now(), seen
    step.waiting_for, step.wait_until = NOTHING, None
    step.save(update_fields=["state", "due_at", "calls_seen", "waiting_for", "wait_until"])
    PipelineRun.objects.filter(pk=run_id).update(state=State.PENDING)
    return 1
