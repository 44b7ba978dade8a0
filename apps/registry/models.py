from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.told_fields import DocumentField, SaidField
from apps.experiments.models import TrainingRun
from apps.pipelines.models import PipelineRun
from apps.projects.models import Project


class Tier(models.TextChoices):
    """How much an error would cost, and so how many must sign."""

    AUTONOMOUS = "autonomous", _("autonomous")
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class RegisteredModelQuerySet(models.QuerySet["RegisteredModel"]):
    def visible_to(self, user: User) -> "RegisteredModelQuerySet":
        return self.filter(project__in=Project.objects.visible_to(user))


class RegisteredModel(models.Model):
    """A model that people know by name. In MLflow it is called `<project>.<name>`."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="registered_models")
    name = models.SlugField(_("name"), max_length=40)
    purpose = models.TextField(_("purpose"), blank=True)
    tier = models.CharField(_("risk tier"), max_length=12, choices=Tier, default=Tier.LOW)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[RegisteredModelQuerySet] = RegisteredModelQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="model_names_are_unique_in_a_project")
        ]

    def __str__(self) -> str:
        return f"{self.project.slug}.{self.name}"


class TierRequest(models.Model):
    """Somebody's wish for another tier. Raising holds at once; lowering waits for an approver."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for an approver")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")

    model = models.ForeignKey(RegisteredModel, models.CASCADE, related_name="tier_requests")
    before = models.CharField(max_length=12, choices=Tier)
    tier = models.CharField(max_length=12, choices=Tier)
    reason = models.TextField()
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model"], condition=Q(state="open"), name="one_open_tier_request_per_model"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.before} → {self.tier}"

    @property
    def project(self) -> Project:
        return self.model.project


class ValidationQuerySet(models.QuerySet["Validation"]):
    def visible_to(self, user: User) -> "ValidationQuerySet":
        return self.filter(training_run__experiment__project__in=Project.objects.visible_to(user))


class Validation(models.Model):
    """
    What came out when a trained model was held against the champion on the same rows.

    `report` is comparison.Comparison as JSON, `report_digest` its digest. Where the verdict
    is not promote, a data scientist resolves it: registers anyway or discards, with a reason.
    """

    class Verdict(models.TextChoices):
        PROMOTE = "promote", _("better")
        HOLD = "hold", _("not better")
        REJECT = "reject", _("rejected")
        INCONCLUSIVE = "inconclusive", _("inconclusive")

    class Resolution(models.TextChoices):
        OPEN = "open", _("waits for a person")
        REGISTERED = "registered", _("registered")
        DISCARDED = "discarded", _("discarded")

    training_run = models.OneToOneField(TrainingRun, models.PROTECT, related_name="validation")
    pipeline_run = models.ForeignKey(PipelineRun, models.PROTECT, related_name="+")
    champion = models.ForeignKey("ModelVersion", models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=12, choices=Verdict)
    sentence = SaidField()
    report = DocumentField()
    report_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    resolution = models.CharField(max_length=12, choices=Resolution, default=Resolution.OPEN)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolution_reason = models.TextField(blank=True)

    objects: ClassVar[ValidationQuerySet] = ValidationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(resolution="discarded") | ~Q(resolution_reason=""),
                name="a_discarded_model_has_a_reason",
            )
        ]

    def __str__(self) -> str:
        return str(self.training_run)

    @property
    def project(self) -> Project:
        return self.training_run.project


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def visible_to(self, user: User) -> "ModelVersionQuerySet":
        return self.filter(model__project__in=Project.objects.visible_to(user))

    def in_production(self) -> "ModelVersionQuerySet":
        return self.filter(stage=ModelVersion.Stage.PRODUCTION)

    def in_state(self, state: str) -> "ModelVersionQuerySet":
        """With this stage or this approval status: no word is both."""
        return self.filter(Q(stage=state) | Q(approval_status=state))


class ModelVersion(models.Model):
    """A registered model's numbered, immutable version, with three states that move apart from each other."""

    class Status(models.TextChoices):
        COMPLETED = "completed", _("completed")
        DISCARDED = "discarded", _("discarded")

    class ApprovalStatus(models.TextChoices):
        DRAFT = "draft", _("not proposed")
        PENDING = "pending_manual_approval", _("waits for approval")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        REVOKED = "revoked", _("revoked")
        EXPIRED = "expired", _("expired")
        SUPERSEDED = "superseded", _("superseded")

    class Stage(models.TextChoices):
        DEVELOPMENT = "development", _("development")
        STAGING = "staging", _("staging")
        PRODUCTION = "production", _("production")
        ARCHIVED = "archived", _("archived")

    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    training_run = models.OneToOneField(TrainingRun, models.PROTECT, related_name="version")
    artifact_digest = models.CharField(max_length=64)
    signature = models.JSONField()
    status = models.CharField(max_length=12, choices=Status, default=Status.COMPLETED)
    approval_status = models.CharField(max_length=24, choices=ApprovalStatus, default=ApprovalStatus.DRAFT)
    approved_digest = models.CharField(max_length=64, blank=True)
    approved_until = models.DateTimeField(null=True)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.DEVELOPMENT)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(default=timezone.now)
    reason = SaidField(blank=True)
    chain = models.UUIDField()

    objects: ClassVar[ModelVersionQuerySet] = ModelVersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="model_versions_are_numbered_once"),
            models.UniqueConstraint(
                fields=["model"],
                condition=Q(stage="production"),
                name="one_production_version_per_model",
            ),
            models.CheckConstraint(
                condition=~Q(approval_status="approved") | ~Q(approved_digest=""),
                name="an_approval_is_for_a_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} v{self.number}"

    @property
    def project(self) -> Project:
        return self.model.project
