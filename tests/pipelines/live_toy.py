"""A pipeline for the tests with real processes: what its step does is told by the run's arguments."""

import os
import time
from pathlib import Path

from django.conf import settings

from apps.pipelines import children
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import Done, PipelineDefinition, StepDefinition


def _note(name: str) -> None:
    with (Path(settings.VAR_DIR) / name).open("a") as file:
        file.write(f"{os.getpid()}\n")


def work(context: StepContext) -> Done:
    behaviour = context.arguments.get("behaviour")
    _note(f"began-{context.run.pk}")
    if behaviour == "kill":
        os.kill(os.getpid(), 9)
    if behaviour == "child":
        children.run(
            context,
            "tests.pipelines.live_child",
            {"folder": str(settings.VAR_DIR)},
            memory_bytes=1 << 30,
        )
    if behaviour == "first-time-slow" and context.attempt == 1:
        time.sleep(float(context.arguments["seconds"]))
    if behaviour == "slow":
        for _ in range(600):
            context.check()
            time.sleep(0.1)
    return Done({"attempt": context.attempt}, commit=lambda: _note(f"committed-{context.run.pk}"))


def hear(event) -> None:
    _note(f"heard-{event.pk}")


def end(context: StepContext) -> Done:
    return Done()


LIVE = PipelineDefinition(
    "live",
    "Live toy",
    (
        StepDefinition("work", "tests.pipelines.live_toy.work", "Work", queue="long"),
        StepDefinition("end", "tests.pipelines.live_toy.end", "End"),
    ),
)
