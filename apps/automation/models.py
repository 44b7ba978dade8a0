from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.experiments.models import TrainingRun
from apps.monitoring.models import Incident
from apps.projects.models import Project


class Retraining(models.Model):
    """What the governor made of an incident: started, asked, or suppressed, each with the reason."""

    class Outcome(models.TextChoices):
        STARTED = "started", _("started")
        ASKED = "asked", _("waits for a person")
        SUPPRESSED = "suppressed", _("suppressed")

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="retraining")
    outcome = models.CharField(max_length=12, choices=Outcome)
    reason = models.TextField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=200)
    decided_at = models.DateTimeField(default=timezone.now)
    training_run = models.ForeignKey(TrainingRun, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(outcome="started") | models.Q(training_run__isnull=False),
                name="a_started_retraining_has_its_run",
            )
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.incident_id}"

    @property
    def project(self) -> Project:
        return self.incident.project
