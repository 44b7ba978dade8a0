import textwrap
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.told_fields import DocumentField, SaidField
from apps.deployments.models import Deployment, Endpoint
from apps.projects.models import Project
from apps.registry.models import ModelVersion


class Baseline(models.Model):
    """
    What the model saw in training, on frozen bins. The document lies in storage under its digest.
    `performance` holds one performance.Figure of the held-out rows each.
    """

    version = models.OneToOneField(ModelVersion, models.PROTECT, related_name="baseline")
    digest = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    performance = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.version)


class MonitorQuerySet(models.QuerySet["Monitor"]):
    def visible_to(self, user: User) -> "MonitorQuerySet":
        return self.filter(endpoint__model__project__in=Project.objects.visible_to(user))


class Monitor(models.Model):
    """
    Watches one endpoint for somebody. `thresholds` is drift.Settings as JSON; `needed` of the
    last `among` windows open an incident.
    """

    endpoint = models.OneToOneField(Endpoint, models.CASCADE, related_name="monitor")
    owner = models.ForeignKey(User, models.PROTECT, related_name="monitors")
    window_seconds = models.PositiveIntegerField(default=3600)
    lateness_seconds = models.PositiveIntegerField(default=60)
    needed = models.PositiveSmallIntegerField(default=2)
    among = models.PositiveSmallIntegerField(default=3)
    thresholds = models.JSONField(default=dict)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    checked_until = models.DateTimeField(null=True)
    measured_until = models.DateTimeField(null=True)

    objects: ClassVar[MonitorQuerySet] = MonitorQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(needed__gte=1) & Q(needed__lte=models.F("among")),
                name="needed_of_the_last_among",
            )
        ]

    def __str__(self) -> str:
        return str(self.endpoint)

    @property
    def project(self) -> Project:
        return self.endpoint.project


class CaptureFileQuerySet(models.QuerySet["CaptureFile"]):
    def visible_to(self, user: User) -> "CaptureFileQuerySet":
        return self.filter(endpoint__model__project__in=Project.objects.visible_to(user))

    def accepted(self) -> "CaptureFileQuerySet":
        return self.filter(refused="")

    def in_period(self, start: datetime, end: datetime) -> "CaptureFileQuerySet":
        """Files that may hold rows from `start` to before `end`."""
        return self.accepted().filter(first_at__lt=end, last_at__gte=start)


class CaptureFile(models.Model):
    """
    A sealed segment that was taken in, once: checked, made Parquet, its digest an event. One that
    was not believed has `refused` and no data.
    """

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="capture_files")
    deployment = models.ForeignKey(Deployment, models.PROTECT, null=True, related_name="capture_files")
    segment = models.CharField(max_length=300, unique=True)
    segment_sha256 = models.CharField(max_length=64)
    data_digest = models.CharField(max_length=64, blank=True)
    rows = models.PositiveIntegerField()
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    refused = SaidField(blank=True)
    is_counted = models.BooleanField(default=False)
    taken_in_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[CaptureFileQuerySet] = CaptureFileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index(fields=["deployment", "first_at", "last_at"], name="capture_period"),
            models.Index(fields=["endpoint", "-last_at"], name="capture_endpoint"),
            models.Index(fields=["id"], condition=Q(is_counted=False, refused=""), name="capture_uncounted"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(refused="") | (Q(deployment__isnull=False) & ~Q(data_digest="")),
                name="a_capture_file_has_data_or_a_refusal",
            )
        ]

    def __str__(self) -> str:
        return self.segment

    @property
    def project(self) -> Project:
        return self.endpoint.project


class CountsBucket(models.Model):
    """
    Captured rows of one slice of time, counted on the baseline's bins. Buckets add up to any
    window; `counts` is histograms.WindowCounts as bytes.
    """

    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="counts")
    start = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    counts = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "start", "seconds"], name="one_bucket_per_slice")
        ]

    def __str__(self) -> str:
        return f"{self.deployment_id} {self.start}"


class WindowResult(models.Model):
    """
    What a monitor found in one window. `features` holds one drift.FeatureDrift as JSON each;
    `is_breach` when a column drifted or its data quality broke; `performance` is measured as
    labels come (measuring.Measured as JSON).
    """

    class Verdict(models.TextChoices):
        STABLE = "stable", _("stable")
        DRIFTED = "drifted", _("drifted")
        NOT_ENOUGH_DATA = "not_enough_data", _("not enough data")
        NO_DATA = "no_data", _("no data")

    monitor = models.ForeignKey(Monitor, models.CASCADE, related_name="results")
    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="+")
    start = models.DateTimeField()
    end = models.DateTimeField()
    rows = models.PositiveIntegerField()
    verdict = models.CharField(max_length=16, choices=Verdict)
    is_breach = models.BooleanField(default=False)
    features = models.JSONField(default=list)
    performance = models.JSONField(default=dict)
    is_measured = models.GeneratedField(
        expression=models.ExpressionWrapper(~Q(performance={}), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-start"]
        constraints = [
            models.UniqueConstraint(fields=["monitor", "deployment", "start"], name="a_window_is_judged_once")
        ]
        indexes = [
            models.Index(fields=["monitor", "-start"], name="window_newest"),
            models.Index(fields=["monitor", "-start"], condition=Q(is_measured=True), name="window_measured"),
        ]

    def __str__(self) -> str:
        return f"{self.monitor} #{self.pk}"


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: User) -> "IncidentQuerySet":
        return self.filter(monitor__endpoint__model__project__in=Project.objects.visible_to(user))

    def open(self) -> "IncidentQuerySet":
        return self.exclude(status=Incident.Status.RESOLVED)

    def waiting(self) -> "IncidentQuerySet":
        """Open, and not silenced now."""
        return self.open().exclude(silenced_until__gt=timezone.now())


class Incident(models.Model):
    """
    Something that its owner must look at. One open incident for a monitor and a cause, repeats
    attach to it; while silenced it asks for nobody.
    """

    class Status(models.TextChoices):
        NEW = "new", _("new")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ASSIGNED = "assigned", _("assigned")
        RESOLVED = "resolved", _("resolved")

    class Resolution(models.TextChoices):
        FALSE_POSITIVE = "false_positive", _("false alarm")
        DATA_FIXED = "data_fixed", _("the data was mended")
        REAL_DRIFT = "real_drift", _("real drift, accepted")
        RETRAINED = "retrained", _("retrained")
        OTHER = "other", _("other")

    monitor = models.ForeignKey(Monitor, models.PROTECT, related_name="incidents")
    deployment = models.ForeignKey(Deployment, models.PROTECT, related_name="incidents")
    # The first of `causes`, or "no_data".
    cause = models.CharField(max_length=30)
    sentence = SaidField()
    causes = DocumentField(default=list)
    calls_for_retraining = models.BooleanField()
    first_window = models.ForeignKey(WindowResult, models.PROTECT, null=True, related_name="+")
    last_window = models.ForeignKey(WindowResult, models.PROTECT, null=True, related_name="+")
    windows = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=14, choices=Status, default=Status.NEW)
    assignee = models.ForeignKey(User, models.PROTECT, related_name="incidents")
    opened_at = models.DateTimeField(default=timezone.now)
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=16, choices=Resolution, blank=True)
    resolution_reason = models.TextField(blank=True)
    silenced_until = models.DateTimeField(null=True)
    silenced_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    silence_reason = models.TextField(blank=True)
    chain = models.UUIDField()

    objects: ClassVar[IncidentQuerySet] = IncidentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["monitor", "cause"],
                condition=~Q(status="resolved"),
                name="one_open_incident_per_monitor_and_cause",
            ),
            models.CheckConstraint(
                condition=~Q(status="resolved")
                | (Q(resolved_at__isnull=False) & ~Q(resolution="") & ~Q(resolution_reason="")),
                name="a_resolved_incident_says_how_and_why",
            ),
            models.CheckConstraint(
                condition=Q(silenced_until__isnull=True)
                | (Q(silenced_by__isnull=False) & ~Q(silence_reason="")),
                name="a_silenced_incident_says_who_and_why",
            ),
        ]

    def __str__(self) -> str:
        return textwrap.shorten(str(self.sentence), 120, placeholder="…")

    @property
    def project(self) -> Project:
        return self.monitor.project

    @property
    def is_open(self) -> bool:
        return self.status != Incident.Status.RESOLVED

    @property
    def is_silenced(self) -> bool:
        return self.is_open and self.silenced_until is not None and self.silenced_until > timezone.now()


class GroundTruth(models.Model):
    """What really happened to one answered request."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="truths")
    correlation_id = models.CharField(max_length=128)
    label = models.CharField(max_length=200)
    label_time = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "correlation_id"], name="one_truth_per_request")
        ]
        indexes = [models.Index(fields=["endpoint", "-received_at"], name="truth_received")]

    def __str__(self) -> str:
        return f"{self.correlation_id}: {self.label}"
