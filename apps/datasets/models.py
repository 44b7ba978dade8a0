from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.told_fields import DocumentField, SaidField
from apps.projects.models import Project


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, user: User) -> "DatasetQuerySet":
        return self.filter(project__in=Project.objects.visible_to(user))

    def with_latest(self) -> "DatasetQuerySet":
        """Adds `version_count`, `latest_id` (the newest version's id), and `changed_at`, when that came."""
        newest = DatasetVersion.objects.filter(dataset=OuterRef("pk")).order_by("-number")
        return self.annotate(
            version_count=Count("versions"),
            latest_id=Subquery(newest.values("pk")[:1]),
            changed_at=Coalesce(Subquery(newest.values("created_at")[:1]), F("created_at")),
        )


class Dataset(models.Model):
    """A table that comes again and again; each time is a version."""

    version_count: int
    latest_id: int | None
    latest: "DatasetVersion | None"

    project = models.ForeignKey(Project, models.CASCADE, related_name="datasets")
    name = models.CharField(_("name"), max_length=80)
    description = models.TextField(_("description"), blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[DatasetQuerySet] = DatasetQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="dataset_names_are_unique_in_a_project")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("datasets:dataset_detail", args=[self.pk])


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: User) -> "UploadQuerySet":
        return self.filter(dataset__project__in=Project.objects.visible_to(user))


class Upload(models.Model):
    """
    A file that somebody handed in. It becomes a version, or is refused with the reason; nothing
    between.
    """

    class State(models.TextChoices):
        READING = "reading", _("being read")
        READ = "read", _("read")
        REFUSED = "refused", _("refused")

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="uploads")
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField()
    original_digest = models.CharField(max_length=64)
    publish_when_read = models.BooleanField(default=False)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    refusal = SaidField(blank=True)
    version = models.OneToOneField(
        "DatasetVersion", models.PROTECT, null=True, blank=True, related_name="upload"
    )

    objects: ClassVar[UploadQuerySet] = UploadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "original_digest"],
                condition=Q(state="reading"),
                name="a_file_is_read_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") ^ Q(refusal=""), name="a_refusal_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(state="read") ^ Q(version__isnull=True), name="what_was_read_is_a_version"
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def get_absolute_url(self) -> str:
        return reverse("datasets:upload_detail", args=[self.pk])

    @property
    def project(self) -> Project:
        return self.dataset.project


class DatasetVersionQuerySet(models.QuerySet["DatasetVersion"]):
    def visible_to(self, user: User) -> "DatasetVersionQuerySet":
        return self.filter(dataset__project__in=Project.objects.visible_to(user))

    def published(self) -> "DatasetVersionQuerySet":
        return self.filter(status=DatasetVersion.Status.PUBLISHED)


class DatasetVersion(models.Model):
    """Typed, content-addressed rows that never change. `schema` is datasets.schema's JSON."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        QUARANTINED = "quarantined", _("quarantined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    original_digest = models.CharField(max_length=64, blank=True)
    data_digest = models.CharField(max_length=64)
    profile_digest = models.CharField(max_length=64)
    filename = models.CharField(max_length=255, blank=True)
    origin = models.CharField(max_length=40, default="upload")
    rows = models.BigIntegerField()
    schema = models.JSONField()
    summary = DocumentField(default=dict)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    chain = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    status_reason = models.TextField(blank=True)

    objects: ClassVar[DatasetVersionQuerySet] = DatasetVersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="dataset_versions_are_numbered_once"),
            models.UniqueConstraint(fields=["dataset", "data_digest"], name="the_same_rows_are_one_version"),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_by__isnull=False),
                name="a_published_version_has_a_publisher",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["quarantined", "withdrawn"]) | ~Q(status_reason=""),
                name="quarantine_and_withdrawal_have_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} v{self.number}"

    def get_absolute_url(self) -> str:
        return reverse("datasets:version_detail", args=[self.pk])

    @property
    def short_name(self) -> str:
        return f"v{self.number}"

    @property
    def source(self) -> str:
        """The file's name, or what made it."""
        return self.filename or self.origin

    @property
    def column_count(self) -> int | None:
        return self.summary.get("columns")

    @property
    def stored_bytes(self) -> int | None:
        return self.summary.get("size")

    @property
    def repeated_rows(self) -> int | None:
        return self.summary.get("duplicate_rows")

    @property
    def missing_percent(self) -> float | None:
        """The share of cells without a value; None where it was not noted."""
        share = self.summary.get("missing_share")
        return None if share is None else share * 100

    @property
    def project(self) -> Project:
        return self.dataset.project


def attach_latest(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Datasets from `with_latest`, each with its newest version as `latest`, in one more query."""
    found = list(datasets)
    latest = DatasetVersion.objects.in_bulk([dataset.latest_id for dataset in found if dataset.latest_id])
    for dataset in found:
        dataset.latest = latest.get(dataset.latest_id or 0)
    return found
