"""A pipeline for tests: what its steps do is told by the run's arguments."""

import time

from apps.core.said import Said
from apps.pipelines.context import StepContext
from apps.pipelines.definitions import (
    Done,
    PipelineDefinition,
    StepDefinition,
    StepFailed,
    StepTroubled,
    Wait,
)

FINISHED: list[tuple[int, str]] = []


def first(context: StepContext) -> Done | Wait:
    context.progress(0.5, Said("half of the first"))
    behaviour = context.arguments.get("first")
    if behaviour == "fail":
        raise StepFailed("The first step cannot work with this.")
    if behaviour == "trouble":
        raise StepTroubled("Something does not answer.")
    if behaviour == "bug":
        raise ZeroDivisionError
    if behaviour == "slow":
        for _ in range(600):
            context.check()
            time.sleep(0.1)
    if behaviour == "wait" and not context.step.outcome.get("asked"):
        return Wait("toy:1", Said("somebody"), outcome={"asked": True})
    return Done({"answer": 42})


def second(context: StepContext) -> Done:
    return Done({"seen": context.outcome_of("first")["answer"]})


def finished(run):
    FINISHED.append((run.pk, run.state))


TOY = PipelineDefinition(
    "toy",
    "Toy",
    (
        StepDefinition("first", "tests.pipelines.toy.first", "First"),
        StepDefinition("second", "tests.pipelines.toy.second", "Second", queue="long", resumable=False),
    ),
    finished="tests.pipelines.toy.finished",
)
