"""Faults with real processes. Each ends what it started, whatever happens."""

import os
import signal
import subprocess
import time
import uuid
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from apps.pipelines import children, runs
from apps.pipelines.models import PipelineRun, State, Step
from tests.factories import UserFactory
from tests.pipelines.live import Engine, running, until
from tests.pipelines.live_app import LiveApp

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture
def live_pipeline(monkeypatch, toy_pipeline):
    """What the live app declares, for this process."""
    from django.apps import apps

    from apps.core import declared

    monkeypatch.setattr(apps.get_app_config("pipelines"), "pipelines", LiveApp.pipelines, raising=False)
    declared._all.cache_clear()


@pytest.fixture
def engine(tmp_path, live_pipeline, monkeypatch):
    monkeypatch.setattr(settings, "WORK_DIR", tmp_path / "work")
    with running(Engine(tmp_path, _database_url(), _broker_url())) as started:
        yield started


@pytest.fixture
def begin(project):
    person = UserFactory(administrator=True)

    def begin_run(behaviour="", **arguments) -> PipelineRun:
        arguments = {"behaviour": behaviour, **arguments}
        return runs.start("live", project, project=project, by=person, arguments=arguments)

    return begin_run


def _database_url() -> str:
    """The test database, for other processes."""
    name = str(connection.settings_dict["NAME"])
    given = os.environ.get("DATABASE_URL", "")
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(given)._replace(path=f"/{name}"))


def _broker_url() -> str:
    return os.environ.get("BROKER_URL", "filesystem://")


def state_of(run) -> str:
    return PipelineRun.objects.values_list("state", flat=True).get(pk=run.pk)


def step_of(run) -> Step:
    return Step.objects.get(run=run, name="work")


def count(engine, name) -> int:
    path = engine.var / name
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_killed_worker_loses_nothing_and_a_poisonous_step_is_given_up(engine, begin):
    engine.relay()
    worker = engine.worker()
    interrupted = begin("first-time-slow", seconds=60)
    until(lambda: count(engine, f"began-{interrupted.pk}") == 1, engine=engine)

    engine.kill_group(worker)
    engine.worker("second")

    until(lambda: state_of(interrupted) == State.SUCCEEDED, 25, engine)
    assert step_of(interrupted).attempt == 2
    assert count(engine, f"committed-{interrupted.pk}") == 1

    poison, healthy = begin("kill"), begin()
    until(lambda: state_of(healthy) == State.SUCCEEDED, 30, engine)
    until(lambda: state_of(poison) == State.FAILED, 45, engine)
    assert step_of(poison).attempt == 3
    assert "lost" in str(PipelineRun.objects.get(pk=poison.pk).failure)


@pytest.mark.skipif(not children.GUARD.exists(), reason="needs the guard of child processes")
def test_nothing_of_a_childs_tree_is_left_after_a_cancel_or_a_killed_worker(engine, begin, administrator):
    engine.relay()
    worker = engine.worker()
    cancelled = begin("child")
    until(lambda: len(engine.orphans()) >= 2, engine=engine)

    asked = time.monotonic()
    runs.cancel(cancelled, by=administrator)
    until(lambda: state_of(cancelled) == State.CANCELLED and not engine.orphans(), 15, engine)
    assert time.monotonic() - asked <= 15

    begin("child")
    until(lambda: len(engine.orphans()) >= 2, engine=engine)
    engine.kill_group(worker)
    until(lambda: not engine.orphans(), 15, engine)


def test_a_worker_that_wakes_up_late_changes_nothing(engine, begin):
    engine.relay()
    frozen = engine.worker()
    run = begin("first-time-slow", seconds=2)
    until(lambda: count(engine, f"began-{run.pk}") == 1, engine=engine)

    engine.signal_group(frozen, signal.SIGSTOP)
    engine.worker("second")
    until(lambda: state_of(run) == State.SUCCEEDED, 25, engine)
    engine.signal_group(frozen, signal.SIGCONT)
    time.sleep(3)

    assert count(engine, f"committed-{run.pk}") == 1
    assert step_of(run).outcome == {"attempt": 2}
    log = (engine.var / "work" / "runs" / str(run.pk) / "work" / "log.txt").read_text()
    assert "its result is refused" in log


def test_a_worker_that_is_stopped_hands_its_step_back(engine, begin):
    engine.relay()
    worker = engine.worker()
    run = begin("first-time-slow", seconds=60)
    until(lambda: count(engine, f"began-{run.pk}") == 1, engine=engine)

    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=30)

    assert state_of(run) in (State.PENDING, State.QUEUED)
    assert step_of(run).tries == 0
    assert "handed back" in (engine.var / "work" / "runs" / str(run.pk) / "work" / "log.txt").read_text()


@pytest.mark.skipif(not os.environ.get("BROKER_URL", "").startswith("redis"), reason="freezes a Redis")
def test_a_frozen_broker_holds_up_no_request_and_loses_no_order(engine, begin, tmp_path):
    port = "16399"
    redis = subprocess.Popen(
        ["redis-server", "--port", port, "--dir", str(tmp_path), "--save", "", "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    engine.started.append(redis)
    engine.environment["BROKER_URL"] = f"redis://127.0.0.1:{port}/0"
    engine.relay()
    engine.worker()
    first = begin()
    until(lambda: state_of(first) == State.SUCCEEDED, engine=engine)

    redis.send_signal(signal.SIGSTOP)
    orders = []
    for _ in range(10):
        asked = time.monotonic()
        orders.append(begin())
        assert time.monotonic() - asked < 1
    time.sleep(4)
    redis.send_signal(signal.SIGCONT)

    until(lambda: all(state_of(run) == State.SUCCEEDED for run in orders), 30, engine)
    assert [count(engine, f"committed-{run.pk}") for run in orders] == [1] * 10


def test_the_processes_of_this_file_can_be_told_apart(engine):
    """What `orphans` rests on: a living process that names the folder is found, a dead one is not."""
    marked = subprocess.Popen(["sleep", "60", str(engine.var / uuid.uuid4().hex)], stderr=subprocess.DEVNULL)
    marked.wait(timeout=5)  # sleep refuses the path
    assert marked.pid not in engine.orphans()
