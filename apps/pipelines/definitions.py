"""
What a pipeline is made of, and what its step functions answer.

Apps declare `pipelines = {"training": "apps.experiments.pipeline.TRAINING"}`. A definition
names its step functions as dotted strings, so that starting a run loads nothing heavy.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.utils.functional import Promise

from apps.core import declared
from apps.core.said import Said
from apps.projects.roles import Right

Queue = Literal["quick", "long"]


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """
    `run` is the dotted name of a function (StepContext) → Done | Wait | End. Not resumable: a
    lost worker fails it.
    """

    name: str
    run: str
    title: str | Promise
    queue: Queue = "quick"
    resumable: bool = True


@dataclass(frozen=True, slots=True)
class PipelineDefinition:
    """
    `finished`: dotted name of a function (PipelineRun) called in the transaction that ends a
    run, however it ends; where it raises, the run ends all the same and it is called again
    later. `right`: whose holders may cancel and retry, besides who started the run.
    """

    kind: str
    title: str | Promise
    steps: tuple[StepDefinition, ...]
    finished: str | None = None
    right: Right | None = None

    def step(self, name: str) -> StepDefinition:
        """Raises LookupError for a name that it does not have (any more)."""
        for step in self.steps:
            if step.name == name:
                return step
        raise LookupError(f"{self.kind} has no step {name}.")

    def has_resumable(self, name: str) -> bool:
        return any(step.name == name and step.resumable for step in self.steps)


@dataclass(frozen=True, slots=True)
class Done:
    """The step succeeded. `commit` runs in the same transaction as its success, so both hold or neither."""

    outcome: dict[str, Any] = field(default_factory=dict)
    commit: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """
    The step waits for somebody or something; it runs again when `runs.wake(key)` is called
    or at `until`. `commit` runs in the transaction that makes it wait, so that what it waits
    for cannot happen unheard. `for_whom` is shown: "an approver".
    """

    key: str
    for_whom: Said
    until: datetime | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    commit: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The step succeeded and the rest of the run is not needed, for this reason."""

    reason: Said
    outcome: dict[str, Any] = field(default_factory=dict)
    commit: Callable[[], None] | None = None


class StepFailed(Exception):
    """An expected failure; what it is raised with is told on the run's page. Trying again does not help."""


class StepTroubled(Exception):
    """Something that passes: a part that does not answer. Tried again a little later, a few times."""


class LeaseLost(Exception):
    """Somebody else has the step now; what this attempt did is refused."""


class Cancelled(Exception):
    """A person cancelled the run."""


def definition(kind: str) -> PipelineDefinition:
    """The pipeline that an app declares under that kind."""
    found = declared.one("pipelines", kind)
    if not isinstance(found, PipelineDefinition):
        raise TypeError(f"pipelines[{kind!r}] is not a PipelineDefinition.")
    return found


def find(kind: str) -> PipelineDefinition | None:
    """As `definition`; None where this version of the portal does not know the kind."""
    try:
        return definition(kind)
    except (LookupError, ImportError, TypeError):
        return None


def kinds() -> dict[str, str | Promise]:
    """Every declared kind with its title."""
    return {kind: found.title for kind, _dotted in declared.items("pipelines") if (found := find(kind))}
