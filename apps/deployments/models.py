from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.approvals.models import Proposal
from apps.core.actors import Actor, Rule
from apps.core.told_fields import DocumentField, SaidField
from apps.pipelines.models import PipelineRun
from apps.projects.models import Project
from apps.registry.models import ModelVersion, RegisteredModel


class ReleaseQuerySet(models.QuerySet["Release"]):
    def visible_to(self, user: User) -> "ReleaseQuerySet":
        return self.filter(version__model__project__in=Project.objects.visible_to(user))


class Release(models.Model):
    """
    One go at bringing a version to its endpoint: package, check, profile, approval, deploy, verify.

    `rule` names the rule that started it for `started_by`, where one did. `ordered_by` is who said
    "deploy now" where the project does not let that happen by itself. `awaited` is the deployment
    whose end the deploy step waits for.
    """

    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="releases")
    pipeline_run = models.OneToOneField(PipelineRun, models.PROTECT, related_name="release")
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    rule = models.CharField(max_length=100, blank=True)
    package_digest = models.CharField(max_length=64, blank=True)
    package = DocumentField(default=dict)
    check_report = DocumentField(default=dict)
    profile = models.JSONField(default=dict)
    proposal = models.OneToOneField(Proposal, models.PROTECT, null=True, related_name="release")
    ordered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ordered_at = models.DateTimeField(null=True)
    awaited = models.ForeignKey("Deployment", models.SET_NULL, null=True, related_name="+")
    verify_report = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ReleaseQuerySet] = ReleaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.version)

    @property
    def project(self) -> Project:
        return self.version.model.project

    @property
    def actor(self) -> Actor:
        """Who stands behind it, as the event log and the proposal name them."""
        return Rule(self.rule, self.started_by) if self.rule else self.started_by


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def visible_to(self, user: User) -> "EndpointQuerySet":
        return self.filter(model__project__in=Project.objects.visible_to(user))


class Endpoint(models.Model):
    """
    The address that answers for one model. `wanted` is what people want of it; `report` is
    what the keeper last saw of its scoring server.
    """

    class Wanted(models.TextChoices):
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")

    class Capture(models.TextChoices):
        FAST = "fast", _("fast")
        DURABLE = "durable", _("durable")
        OFF = "off", _("off")

    class Kind(models.TextChoices):
        PROCESS = "process", _("process on this machine")

    model = models.ForeignKey(RegisteredModel, models.PROTECT, related_name="endpoints")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.PROCESS)
    name = models.SlugField(max_length=60, unique=True)
    port = models.PositiveIntegerField(unique=True)
    wanted = models.CharField(max_length=8, choices=Wanted, default=Wanted.RUNNING)
    wanted_reason = SaidField(blank=True)
    restart_token = models.PositiveIntegerField(default=0)
    capture = models.CharField(max_length=8, choices=Capture, default=Capture.FAST)
    require_key = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    report = models.JSONField(default=dict)
    reported_at = models.DateTimeField(null=True)

    objects: ClassVar[EndpointQuerySet] = EndpointQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def project(self) -> Project:
        return self.model.project

    @property
    def address(self) -> str:
        """Where clients reach it."""
        return settings.SCORING_URL.replace("{port}", str(self.port))


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def visible_to(self, user: User) -> "DeploymentQuerySet":
        return self.filter(endpoint__model__project__in=Project.objects.visible_to(user))

    def live(self) -> "DeploymentQuerySet":
        return self.filter(state=Deployment.State.LIVE)

    def held(self) -> "DeploymentQuerySet":
        """What a scoring server has to hold now."""
        return self.filter(
            state__in=[Deployment.State.DEPLOYING, Deployment.State.LIVE, Deployment.State.DRAINING]
        )

    def served(self) -> "DeploymentQuerySet":
        """What answered clients at some time."""
        return self.filter(live_from__isnull=False)

    def with_everything_for_a_row(self) -> "DeploymentQuerySet":
        """Without what a proposal was decided on: that is a page of its own, and large."""
        return self.select_related(
            "version__model__project", "endpoint", "deployed_by", "release", "proposal"
        ).defer("proposal__manifest", "proposal__evidence")


class Deployment(models.Model):
    """
    A version at an endpoint, and when it answered there: [live_from, live_to).

    `replaces` is what answered before; `rolls_back` says that it was put back with a reason, and
    what it replaced ends as rolled back.
    """

    class State(models.TextChoices):
        DEPLOYING = "deploying", _("deploying")
        LIVE = "live", _("live")
        DRAINING = "draining", _("draining")
        RETIRED = "retired", _("retired")
        FAILED = "failed", _("failed")
        ROLLED_BACK = "rolled_back", _("rolled back")

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="deployments")
    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="deployments")
    release = models.ForeignKey(Release, models.PROTECT, related_name="deployments")
    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="deployments")
    package_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.DEPLOYING)
    failure = SaidField(blank=True)
    ticket = models.TextField(blank=True)
    deployed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    loaded_at = models.DateTimeField(null=True)
    live_from = models.DateTimeField(null=True)
    live_to = models.DateTimeField(null=True)
    chain = models.UUIDField()
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replaced_by")
    rolls_back = models.BooleanField(default=False)
    reason = SaidField(blank=True)

    objects: ClassVar[DeploymentQuerySet] = DeploymentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["endpoint", "live_from"], name="deployment_period")]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(state="live"),
                name="one_live_deployment_per_endpoint",
            ),
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(state="deploying"),
                name="one_deployment_under_way_per_endpoint",
            ),
            models.CheckConstraint(
                condition=~Q(state="live")
                | (Q(live_from__isnull=False, live_to__isnull=True) & ~Q(ticket="")),
                name="a_live_deployment_has_a_ticket_and_a_beginning",
            ),
            models.CheckConstraint(
                condition=Q(rolls_back=False) | ~Q(reason=""), name="a_roll_back_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} @ {self.endpoint}"

    @property
    def project(self) -> Project:
        return self.endpoint.project


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class ApiKey(models.Model):
    """What a client of one endpoint shows. Only its sha256 is kept."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="keys")
    label = models.CharField(_("label"), max_length=80)
    prefix = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[ApiKeyQuerySet] = ApiKeyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"


class ProbeResult(models.Model):
    """Whether the endpoint gave a known prediction, asked every minute."""

    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="probes")
    at = models.DateTimeField(default=timezone.now)
    succeeded = models.BooleanField()
    latency_ms = models.FloatField(null=True)
    message = SaidField(blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["deployment", "-at"], name="probe_deployment")]

    def __str__(self) -> str:
        return f"{self.deployment_id} {self.at}"


class TrafficSample(models.Model):
    """What an endpoint answered in one slice of time, as the keeper counted it."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="traffic")
    at = models.DateTimeField()
    requests = models.PositiveIntegerField()
    errors = models.PositiveIntegerField()
    p95_ms = models.FloatField(null=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "at"], name="one_traffic_sample_per_slice")
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.at}"
