"""What a step function is handed."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.core.actors import System
from apps.pipelines.definitions import Cancelled, LeaseLost
from apps.pipelines.models import PipelineRun, State, Step
from apps.pipelines.progress import Writer


class StepContext:
    """
    One attempt at one step.

    `progress`, `log` and `event` write to files and are cheap. `check()` raises Cancelled or
    LeaseLost as soon as either is known; long loops call it. What the step writes to the
    database goes into the `commit` of its answer, or into `fenced()`.
    """

    def __init__(self, run: PipelineRun, step: Step, attempt: int, interrupted: threading.Event) -> None:
        self.run = run
        self.step = step
        self.attempt = attempt
        self.interrupted = interrupted
        self._writer = Writer(run.pk, step.name, attempt)
        self.log = self._writer.log
        self.progress = self._writer.progress
        self.event = self._writer.event

    @property
    def arguments(self) -> dict[str, Any]:
        """What the run was started with."""
        return dict(self.run.arguments)

    @property
    def actor(self) -> System:
        """By whom the step acts where no person does."""
        return System(f"pipeline:{self.run.kind}")

    @property
    def work_folder(self) -> Path:
        """An empty-at-first folder of this attempt's own."""
        path = Path(settings.WORK_DIR) / "runs" / str(self.run.pk) / self.step.name / str(self.attempt)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    @property
    def step_folder(self) -> Path:
        """A folder that all attempts share: checkpoints go there."""
        return self._writer.folder

    def outcome_of(self, step: str) -> dict[str, Any]:
        """What an earlier step of the run answered."""
        return dict(self.run.steps.get(name=step).outcome)

    def check(self) -> None:
        """Raise Cancelled when somebody cancelled the run, LeaseLost when the step is somebody else's now."""
        if not Step.objects.filter(pk=self.step.pk, attempt=self.attempt, state=State.RUNNING).exists():
            self.interrupted.set()
            raise LeaseLost
        if PipelineRun.objects.filter(pk=self.run.pk, cancel_requested_at__isnull=False).exists():
            self.interrupted.set()
            raise Cancelled

    @contextlib.contextmanager
    def fenced(self) -> Iterator[Step]:
        """A transaction in which the step is still this attempt's. Raises LeaseLost otherwise."""
        with transaction.atomic():
            step = (
                Step.objects.select_for_update()
                .filter(pk=self.step.pk, attempt=self.attempt, state=State.RUNNING)
                .first()
            )
            if step is None:
                raise LeaseLost
            yield step
