"""A run as people see it: its title, its steps as stages, how far it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise

from apps.core.said import NOTHING, Said
from apps.core.saying import later as _
from apps.pipelines import progress
from apps.pipelines.definitions import PipelineDefinition, find
from apps.pipelines.models import PipelineRun, State, Step

_TELLING = frozenset({State.QUEUED, State.RUNNING, State.WAITING, State.FAILED})


@dataclass(frozen=True, slots=True)
class Stage:
    """One step, in the words of ui/_steps.html. `worker` is who runs it at this moment."""

    name: str
    label: str
    status: str
    duration: timedelta | None
    waits_for: Said
    reason: Said
    attempt: int
    started_at: datetime | None
    worker: str


@dataclass(frozen=True, slots=True)
class Advance:
    """How far the running step is; `percent` is None while it has not said."""

    label: str
    percent: float | None
    note: Said


def title(kind: str) -> str | Promise:
    definition = find(kind)
    return definition.title if definition else kind.replace("_", " ").capitalize()


def of(run: PipelineRun) -> list[Stage]:
    """The steps in order. Reads `run.steps.all()`, so prefetch it for more than one run."""
    definition = find(run.kind)
    return [_stage(step, definition) for step in run.steps.all()]


def telling(run: PipelineRun) -> list[Stage]:
    """The stages that say how far it is: under way, waited for or failed."""
    return [stage for stage in of(run) if stage.status in _TELLING]


def _stage(step: Step, definition: PipelineDefinition | None) -> Stage:
    return Stage(
        name=step.name,
        label=_label(step, definition),
        status=step.state,
        duration=step.duration if step.is_final or step.state == State.RUNNING else None,
        waits_for=step.waiting_for,
        reason=_reason(step),
        attempt=step.attempt,
        started_at=step.started_at,
        worker=step.lease_owner if step.state == State.RUNNING else "",
    )


def _label(step: Step, definition: PipelineDefinition | None) -> str:
    titles = {known.name: str(known.title) for known in definition.steps} if definition else {}
    return titles.get(step.name, step.name.replace("_", " ").capitalize())


def _reason(step: Step) -> Said:
    if step.state in (State.PENDING, State.QUEUED) and step.tries:
        return _("Will be tried again: %(reason)s", reason=step.failure)
    return step.failure if step.state == State.FAILED else NOTHING


def current(run: PipelineRun) -> Step | None:
    """The step to look at: the one that runs or failed, else the last that began."""
    begun = [step for step in run.steps.all() if step.started_at]
    telling = [step for step in begun if step.state in (State.RUNNING, State.FAILED)]
    looked_at = telling or begun
    return looked_at[-1] if looked_at else None


def advance(run: PipelineRun) -> Advance | None:
    """How far the running step says it is; nothing when none runs."""
    step = next((step for step in run.steps.all() if step.state == State.RUNNING), None)
    if step is None:
        return None
    label, said = _label(step, find(run.kind)), progress.of(step)
    if said is None or (step.started_at and said.at < step.started_at):
        return Advance(label, None, NOTHING)
    return Advance(label, round(said.fraction * 100, 1), said.doing)
