"""Messages that come three times, and crashes between a commit and its effect."""

import os
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from apps.audit import events
from apps.audit.models import Delivery, Event
from apps.core.actors import System
from apps.pipelines import delivering, executing, publishing, reaping, runs
from apps.pipelines.definitions import Done, PipelineDefinition, StepDefinition
from apps.pipelines.models import PipelineRun, State, Step
from tests.at_once import FORK, answers
from tests.pipelines import toy
from tests.pipelines.conftest import step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture
def three_of_each(project, messages, monkeypatch, tmp_path):
    """Start runs of one step, and have each message delivered three times: how many worked how often."""
    pipeline = PipelineDefinition(
        "one", "One", (StepDefinition("only", "tests.pipelines.test_messages.only", "Only"),)
    )
    monkeypatch.setattr("apps.pipelines.runs.definition", lambda kind: pipeline)
    monkeypatch.setattr("apps.pipelines.executing.definition", lambda kind: pipeline)
    noted = tmp_path / "worked"

    def deliver(count, order):
        noted.write_text("")
        arguments = {"noted": str(noted)}
        with transaction.atomic():
            for _ in range(count):
                runs.start("one", project, project=project, by=System("test"), arguments=arguments)
        publishing.publish_steps()
        sent = [step_id for _task, (step_id,) in messages for _ in range(3)]
        messages.clear()
        order(sent)
        told = answers([partial(executing.execute, step_id) for step_id in sent])
        assert told == {"None": 3 * count}
        return Counter(Counter(noted.read_text().split()).values())

    return deliver


def only(context):
    with Path(context.arguments["noted"]).open("a") as file:
        file.write(f"{context.run.pk}\n")
    return Done()


def test_two_hundred_messages_three_times_each_in_any_order_run_each_step_once(three_of_each):
    """To workers in eight processes."""
    seed = random.SystemRandom().randrange(10**6)
    count = 200 if connection.vendor == "postgresql" else 60

    worked = three_of_each(count, random.Random(seed).shuffle)

    assert worked == {1: count}, f"seed {seed}"
    assert set(Step.objects.values_list("attempt", "state")) == {(1, State.SUCCEEDED)}


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows one writer")
def test_without_the_claims_lock_some_of_them_run_twice(three_of_each, monkeypatch):
    """The control. The three copies follow one another, so that workers have them at the same time."""

    def claim(step_id):
        found = Step.objects.select_related("run").get(pk=step_id)
        if found.state != State.QUEUED:
            return None
        found.state, found.attempt = State.RUNNING, found.attempt + 1
        found.lease_until = timezone.now() + timedelta(minutes=1)
        found.save()
        return found

    monkeypatch.setattr(executing, "_claim", claim)

    assert any(max(three_of_each(60, list)) > 1 for _ in range(3))


def die():
    os._exit(9)


CRASHES = {
    "after the step was queued": (publishing, "_send"),
    "after the message was sent": (publishing.app, "send_task"),
    "after the claim": (executing, "_run"),
    "after the work, before its result": (executing, "_settle"),
    "inside the result's transaction": (runs, "finish"),
    "after the delivery was put off": (publishing, "_send"),
}


@pytest.fixture
def crashed(start, messages, monkeypatch):
    """A run and a delivery whose relay and worker died at the point."""
    monkeypatch.setattr(toy, "first", with_an_effect)
    monkeypatch.setattr(publishing, "is_empty", lambda queue: True)

    def crash(point):
        run = start()
        with transaction.atomic():
            told = events.record("toy.told", run, by=System("test"))
            Delivery.objects.create(event=told, subscriber="tests.pipelines.test_messages.hear")
        connections.close_all()
        dying = FORK.Process(target=_die_at, args=(point,))
        dying.start()
        dying.join(timeout=30)
        assert dying.exitcode == 9, "It did not come to the point."
        if point == "after the message was sent":
            messages.append(("pipelines.run_step", [step(run, "first").pk]))
        return run

    return crash


def with_an_effect(context):
    return Done({"answer": 42}, commit=lambda: _happen("toy.worked", context.run))


def hear(event):
    """At least once is promised, so a subscriber sees for itself whether it has done it."""
    run = PipelineRun.objects.get(pk=event.object_id)
    if not Event.objects.about(run).filter(name="toy.heard").exists():
        with transaction.atomic():
            _happen("toy.heard", run)


def _happen(name, run):
    events.record(name, run, by=System("test"))


def effects(run):
    names = Event.objects.about(run).values_list("name", flat=True)
    return Counter(name for name in names if name != "pipelines.run_started")


@pytest.mark.parametrize("point", CRASHES)
def test_a_crash_anywhere_between_commit_and_effect_loses_and_doubles_nothing(crashed, messages, point):
    """The process dies at the point; another one goes on. Each effect is there once."""
    run = crashed(point)

    for _ in range(3):
        _after_the_crash()
        _deliver(messages)

    # The last step may not be repeated: whether it had its effect is for a person to see.
    ended = "failed" if point == "inside the result's transaction" else "succeeded"
    assert effects(run) == {"toy.told": 1, "toy.heard": 1, "toy.worked": 1, f"pipelines.run_{ended}": 1}


@pytest.mark.parametrize("point", [point for point in CRASHES if point != "after the message was sent"])
def test_where_nobody_looks_after_the_crash_something_is_lost(crashed, messages, point):
    """The control: what is due is published as ever, and what was under way stays so."""
    run = crashed(point)

    _deliver(messages)

    assert effects(run).total() < 4


def _die_at(point: str) -> None:
    module, name = CRASHES[point]
    publishing.app.send_task = lambda *_, **__: None
    setattr(module, name, lambda *_, **__: die())
    if point == "after the delivery was put off":
        publishing.publish_deliveries()
    for _ in range(2):
        publishing.publish_steps()
        for step_id in list(Step.objects.filter(state=State.QUEUED).values_list("pk", flat=True)):
            executing.execute(step_id)


def _after_the_crash() -> None:
    """Time passes: leases end, what was sent and not heard of is sent again."""
    now = timezone.now()
    Step.objects.filter(state=State.RUNNING).update(lease_until=now)
    reaping.reap()
    Step.objects.filter(state=State.PENDING, due_at__gt=now).update(due_at=now)
    Step.objects.filter(state=State.QUEUED).update(published_at=now - timedelta(hours=1))
    Delivery.objects.filter(state=Delivery.State.PENDING).update(due_at=now)
    publishing.publish_lost_steps()


def _deliver(messages) -> None:
    """Relay and workers, until nothing is due."""
    handlers = {"pipelines.run_step": executing.execute, "pipelines.deliver": delivering.deliver}
    while publishing.publish_steps() + publishing.publish_deliveries() or messages:
        while messages:
            task, (argument,) = messages.pop(0)
            handlers[task](argument)
