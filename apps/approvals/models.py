from typing import ClassVar

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.told_fields import DocumentField, SaidField
from apps.pipelines.models import PipelineRun
from apps.projects.models import Project
from apps.registry.models import ModelVersion, Tier


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: User) -> "ProposalQuerySet":
        return self.filter(version__model__project__in=Project.objects.visible_to(user))

    def open(self) -> "ProposalQuerySet":
        return self.filter(status=Proposal.Status.OPEN)

    def for_a_list(self) -> "ProposalQuerySet":
        """With `signed`, how many have approved; without what was decided on, which is large."""
        approvals = Decision.objects.filter(proposal=OuterRef("pk"), verdict=Decision.Verdict.APPROVE)
        counted = approvals.order_by().values("proposal").values(n=models.Count("pk"))
        rows = self.select_related("version__model__project", "proposed_by")
        return rows.defer("manifest", "evidence").annotate(signed=Coalesce(Subquery(counted), 0))


class Proposal(models.Model):
    """
    The request to let one version answer clients, bound to the digest of all that was looked at.

    `manifest` holds the twelve bound inputs (approvals.manifest), `digest` is its digest,
    `evidence` what the reviewer is shown, `evidence_digest` its digest.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        CHANGES_REQUESTED = "changes_requested", _("changes requested")
        WITHDRAWN = "withdrawn", _("withdrawn")
        STALE = "stale", _("stale")
        EXPIRED = "expired", _("expired")

    version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="proposals")
    release_run = models.ForeignKey(PipelineRun, models.PROTECT, related_name="+")
    manifest = models.JSONField()
    digest = models.CharField(max_length=64)
    evidence = DocumentField()
    evidence_digest = models.CharField(max_length=64)
    tier = models.CharField(max_length=12, choices=Tier)
    signoffs_needed = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    status_reason = SaidField(blank=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    actor = models.CharField(max_length=200)
    proposed_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    chain = models.UUIDField()

    objects: ClassVar[ProposalQuerySet] = ProposalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(status="open"), name="one_open_proposal_per_version"
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at__isnull=True)
                | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="a_closed_proposal_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}"

    @property
    def project(self) -> Project:
        return self.version.model.project


class ProposalPerson(models.Model):
    """Somebody's part in a proposal: contributor or decider, never both."""

    class Part(models.TextChoices):
        CONTRIBUTOR = "contributor", _("contributor")
        DECIDER = "decider", _("decider")

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="people")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    part = models.CharField(max_length=12, choices=Part)
    why = SaidField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "person"], name="contributor_or_decider_never_both")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.why}"


class Decision(models.Model):
    """One person's answer to a proposal, with what they saw. Insert-only."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("approve")
        REJECT = "reject", _("reject")
        REQUEST_CHANGES = "request_changes", _("request changes")

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="decisions")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=16, choices=Verdict)
    reason = SaidField()
    role = models.CharField(max_length=20)
    group = models.CharField(max_length=40, blank=True)
    seen_digest = models.CharField(max_length=64)
    without_second_pair_of_eyes = models.BooleanField(default=False)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "person"], name="one_decision_per_person"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_decision_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.verdict}"
