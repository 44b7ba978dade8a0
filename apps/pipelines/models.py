from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.told_fields import DocumentField, SaidField
from apps.projects.models import Project, sees_every_project


class State(models.TextChoices):
    """Of a step; a run has the state of its current step."""

    PENDING = "pending", _("pending")
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    WAITING = "waiting", _("waiting")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    SKIPPED = "skipped", _("skipped")


FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.SKIPPED})
MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.QUEUED, State.CANCELLED, State.SKIPPED}),
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED, State.WAITING, State.PENDING}),
    State.WAITING: frozenset({State.PENDING, State.CANCELLED, State.FAILED}),
    State.FAILED: frozenset({State.PENDING}),
    State.SUCCEEDED: frozenset(),
    State.CANCELLED: frozenset(),
    State.SKIPPED: frozenset({State.PENDING}),
}
"""
How a step moves. Running → pending is a lost lease or a fault that passes; failed → pending a
person's retry.
"""


class PipelineRunQuerySet(models.QuerySet["PipelineRun"]):
    def visible_to(self, user: User) -> "PipelineRunQuerySet":
        # Naming every project would keep the database from walking the newest runs first.
        if sees_every_project(user):
            return self.all()
        return self.filter(project__in=Project.objects.visible_to(user))

    def with_everything_for_a_row(self) -> "PipelineRunQuerySet":
        return self.select_related("project", "started_by", "cancel_requested_by").prefetch_related("steps")

    def unfinished(self) -> "PipelineRunQuerySet":
        return self.exclude(state__in=FINAL)


class PipelineRun(models.Model):
    """
    Work that takes longer than a page: named steps in order. The rows are the truth, Celery
    only a hint.
    """

    kind = models.CharField(max_length=40)
    project = models.ForeignKey(Project, models.CASCADE, related_name="pipeline_runs")
    subject_type = models.CharField(max_length=100)
    subject_id = models.CharField(max_length=64)
    subject_label = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    failure = SaidField(blank=True)
    chain = models.UUIDField()
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    cleanup_failure = SaidField(blank=True)

    objects: ClassVar[PipelineRunQuerySet] = PipelineRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="run_subject"),
            models.Index(fields=["project", "-id"], name="run_project"),
            models.Index(fields=["state", "-id"], name="run_state"),
            models.Index(
                fields=["finished_at"], condition=~models.Q(cleanup_failure=""), name="run_cleanup_due"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    finished_at__isnull=True, state__in=["pending", "queued", "running", "waiting"]
                )
                | models.Q(
                    finished_at__isnull=False,
                    state__in=["succeeded", "failed", "cancelled", "skipped"],
                ),
                name="a_run_is_finished_when_its_state_is_final",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.subject_label}"

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def duration(self) -> timedelta:
        return (self.finished_at or timezone.now()) - self.created_at


class Step(models.Model):
    """
    One step of a run.

    `attempt` grows with every claim and fences late results; `tries` counts what went wrong
    and is held against the most allowed. A due step has `due_at`; later steps have none yet.
    """

    run = models.ForeignKey(PipelineRun, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    queue = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    publications = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    waiting_for = SaidField(blank=True)
    wake_key = models.CharField(max_length=100, blank=True)
    calls_seen = models.PositiveIntegerField(default=0)
    wait_until = models.DateTimeField(null=True)
    outcome = DocumentField(default=dict)
    failure = SaidField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="one_step_at_a_position"),
            models.UniqueConstraint(fields=["run", "name"], name="one_step_of_a_name"),
            models.CheckConstraint(
                condition=~models.Q(state="running") | models.Q(lease_until__isnull=False),
                name="a_running_step_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="step_due"),
            models.Index(fields=["published_at"], condition=models.Q(state="queued"), name="step_queued"),
            models.Index(fields=["lease_until"], condition=models.Q(state="running"), name="step_lease"),
            models.Index(fields=["wake_key"], condition=models.Q(state="waiting"), name="step_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.name}"

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def duration(self) -> timedelta | None:
        return (self.finished_at or timezone.now()) - self.started_at if self.started_at else None


class PeriodicJob(models.Model):
    """A function of the portal's own that is due again and again; at most one runs at a time."""

    name = models.CharField(max_length=200, primary_key=True)
    due_at = models.DateTimeField(default=timezone.now)
    running_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failure = SaidField(blank=True)

    def __str__(self) -> str:
        return self.name


class WakeCall(models.Model):
    """How often something that steps may wait for has happened, and whether the relay has told them."""

    key = models.CharField(max_length=100, primary_key=True)
    number = models.PositiveIntegerField(default=0)
    is_answered = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["key"], condition=models.Q(is_answered=False), name="call_open")]

    def __str__(self) -> str:
        return f"{self.key} ({self.number})"
