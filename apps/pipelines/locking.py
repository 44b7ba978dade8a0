"""
The one order in which rows of the engine are locked: the run, then its step.

Whoever wants both takes them through here, so that a worker that ends a step, the reaper and
a person who cancels wait for each other instead of refusing each other's transactions.
"""

from typing import Any

from apps.pipelines.models import PipelineRun, Step


def run(run_id: int) -> PipelineRun:
    """The run, locked until the transaction ends."""
    return PipelineRun.objects.select_for_update().get(pk=run_id)


def step(step_id: int, run_id: int, **expected: Any) -> Step | None:
    """The run and its step, both locked, as `step.run`; None when the step is no longer as expected."""
    locked = PipelineRun.objects.select_for_update().filter(pk=run_id).first()
    if locked is None:
        return None
    found = Step.objects.select_for_update().filter(pk=step_id, run=locked, **expected).first()
    if found is not None:
        found.run = locked
    return found
