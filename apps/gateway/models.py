from typing import ClassVar

from django.db import models
from django.utils import timezone

from apps.accounts.models import User
from apps.projects.models import Project


class TrackedExperiment(models.Model):
    """Which project an MLflow experiment belongs to. What is not here is nobody's and cannot be reached."""

    experiment_id = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=250, unique=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="tracked_experiments")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class TrackedRunQuerySet(models.QuerySet["TrackedRun"]):
    def visible_to(self, user: User) -> "TrackedRunQuerySet":
        return self.filter(experiment__project__in=Project.objects.visible_to(user))


class TrackedRun(models.Model):
    """
    An MLflow run and whose it is. `reference` is that of the token it was created with;
    `closed_at` is when the portal saw that a training's run does not go on there.
    """

    run_id = models.CharField(max_length=64, unique=True)
    experiment = models.ForeignKey(TrackedExperiment, models.CASCADE, related_name="runs")
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar[TrackedRunQuerySet] = TrackedRunQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.run_id
