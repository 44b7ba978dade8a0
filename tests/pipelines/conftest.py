import pytest
from django.apps import apps

from apps.core import declared
from apps.pipelines import publishing, runs, waking
from apps.pipelines.executing import execute
from apps.pipelines.models import Step
from tests.factories import UserFactory
from tests.pipelines import toy


@pytest.fixture
def toy_pipeline(monkeypatch):
    """The toy pipeline, declared as an app would."""
    config = apps.get_app_config("pipelines")
    monkeypatch.setattr(config, "pipelines", {"toy": "tests.pipelines.toy.TOY"}, raising=False)
    declared._all.cache_clear()
    toy.FINISHED.clear()
    yield
    declared._all.cache_clear()


@pytest.fixture
def messages(monkeypatch):
    """What would have gone to the broker."""
    sent = []
    monkeypatch.setattr(
        publishing.app, "send_task", lambda task, arguments, **_: sent.append((task, arguments))
    )
    return sent


@pytest.fixture
def start(project, toy_pipeline):
    person = UserFactory()
    return lambda **arguments: runs.start("toy", project, project=project, by=person, arguments=arguments)


@pytest.fixture
def work(messages):
    """Publish what is due and execute it, until nothing is."""

    def work_until_idle():
        waking.answer_calls()
        publishing.publish_steps()
        while messages:
            task, arguments = messages.pop(0)
            if task == "pipelines.run_step":
                execute(arguments[0])
            publishing.publish_steps()

    return work_until_idle


def step(run, name) -> Step:
    return run.steps.get(name=name)
