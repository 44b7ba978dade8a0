from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.told_fields import DocumentField
from apps.datasets.models import Dataset, DatasetVersion
from apps.pipelines.models import PipelineRun
from apps.projects.models import Project, sees_every_project


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def visible_to(self, user: User) -> "ExperimentQuerySet":
        return self.filter(project__in=Project.objects.visible_to(user))


class Experiment(models.Model):
    """
    What is to be learnt from which data, how, and which model it feeds. `settings` is
    TrainingSettings as JSON.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="experiments")
    name = models.CharField(_("name"), max_length=80)
    model_name = models.SlugField(_("model"), max_length=40)
    description = models.TextField(_("business objective"), blank=True)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="experiments")
    settings = models.JSONField()
    settings_digest = models.CharField(max_length=64)
    train_on_publish = models.BooleanField(_("train when a version is published"), default=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    edited_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects: ClassVar[ExperimentQuerySet] = ExperimentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], name="experiment_names_are_unique_in_a_project"
            )
        ]

    def __str__(self) -> str:
        return self.name


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def visible_to(self, user: User) -> "TrainingRunQuerySet":
        if sees_every_project(user):
            return self.all()
        return self.filter(experiment__project__in=Project.objects.visible_to(user))


class TrainingRun(models.Model):
    """
    One training on one data version. Its state is its pipeline run's.

    `cause` names what set it off: a person ("button"), "data" or "incident". A triggered one
    exists once for an experiment, a data version and its settings; a person may repeat.
    """

    class Cause(models.TextChoices):
        BUTTON = "button", _("started by a person")
        DATA = "data", _("new data was published")
        INCIDENT = "incident", _("an incident asked for it")

    experiment = models.ForeignKey(Experiment, models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    dataset_version = models.ForeignKey(DatasetVersion, models.PROTECT, related_name="training_runs")
    pipeline_run = models.OneToOneField(PipelineRun, models.PROTECT, related_name="training_run")
    cause = models.CharField(max_length=10, choices=Cause)
    cause_id = models.CharField(max_length=64, blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    settings = models.JSONField()
    settings_digest = models.CharField(max_length=64)
    seed = models.BigIntegerField()
    code_commit = models.CharField(max_length=64, blank=True)
    environment_digest = models.CharField(max_length=64, blank=True)
    artifact_digest = models.CharField(max_length=64, blank=True)
    report = DocumentField(default=dict)
    mlflow_run_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[TrainingRunQuerySet] = TrainingRunQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "number"], name="training_runs_are_numbered_once"),
            models.UniqueConstraint(
                fields=["experiment", "dataset_version", "settings_digest"],
                condition=~Q(cause="button"),
                name="two_triggers_train_the_same_thing_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.experiment} #{self.number}"

    @property
    def project(self) -> Project:
        return self.experiment.project
