from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.told_fields import SaidField
from apps.datasets.models import DatasetVersion
from apps.experiments.models import TrainingRun
from apps.monitoring.models import Incident
from apps.pipelines.models import PipelineRun
from apps.projects.models import Project
from apps.registry.models import RegisteredModel


class RetrainingQuerySet(models.QuerySet["Retraining"]):
    def visible_to(self, user: User) -> "RetrainingQuerySet":
        return self.filter(model__project__in=Project.objects.visible_to(user))


class Retraining(models.Model):
    """
    What the governor or a person made of an incident, with the reason.

    `collecting` while its pipeline gathers the newer data; then a training run was started, or
    it failed with a sentence. At most one of a model collects at a time.
    """

    class Outcome(models.TextChoices):
        COLLECTING = "collecting", _("collects newer data")
        STARTED = "started", _("started")
        FAILED = "failed", _("could not start")
        ASKED = "asked", _("waits for a person")
        SUPPRESSED = "suppressed", _("suppressed")

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="retraining")
    outcome = models.CharField(max_length=12, choices=Outcome)
    reason = SaidField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=200)
    decided_at = models.DateTimeField(default=timezone.now)
    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="+")
    pipeline_run = models.ForeignKey(PipelineRun, models.PROTECT, null=True, related_name="+")
    dataset_version = models.ForeignKey(DatasetVersion, models.PROTECT, null=True, related_name="+")
    collected = models.JSONField(default=dict)
    training_run = models.ForeignKey(TrainingRun, models.PROTECT, null=True, related_name="+")

    objects: ClassVar[RetrainingQuerySet] = RetrainingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model"],
                condition=models.Q(outcome="collecting"),
                name="one_retraining_of_a_model_collects_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="started") | models.Q(training_run__isnull=False),
                name="a_started_retraining_has_its_run",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.incident_id}"

    @property
    def project(self) -> Project:
        return self.incident.project
