"""What a step function is handed."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction

from apps.core.actors import System
from apps.pipelines import locking
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
        """
        Raise Cancelled when somebody cancelled the run, LeaseLost when the step is somebody else's now.

        A database that does not answer says neither: the work goes on until the lease is over.
        """
        if self.interrupted.is_set():
            raise LeaseLost
        try:
            found = Step.objects.filter(pk=self.step.pk, attempt=self.attempt, state=State.RUNNING)
            cancelled_at = found.values_list("run__cancel_requested_at", flat=True).first()
            is_mine = cancelled_at is not None or found.exists()
        except Error:
            if connection.in_atomic_block:
                raise
            connection.close()
            return
        if not is_mine:
            self.interrupted.set()
            raise LeaseLost
        if cancelled_at is not None:
            raise Cancelled

    @contextlib.contextmanager
    def fenced(self) -> Iterator[Step]:
        """
        A transaction in which the step is still this attempt's; run and step are locked, in this
        order. Raises LeaseLost otherwise.
        """
        with transaction.atomic():
            step = locking.step(self.step.pk, self.run.pk, attempt=self.attempt, state=State.RUNNING)
            if step is None:
                raise LeaseLost
            yield step
