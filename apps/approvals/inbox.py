"""Proposals that wait for a person's decision."""

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.approvals.models import Decision, Proposal, ProposalPerson, ProposalQuerySet
from apps.core.inbox import InboxItem
from apps.projects.models import Membership
from apps.projects.roles import Role
from apps.registry.models import Tier


def mine(user: User) -> ProposalQuerySet:
    """Open proposals that the person may decide on and has not yet."""
    held = Membership.objects.filter(person=user, effective_at__lte=timezone.now())
    approves = held.filter(role=Role.APPROVER).values("project")
    validates = held.filter(role=Role.VALIDATOR).values("project")
    part = ProposalPerson.objects.filter(
        proposal=OuterRef("pk"), person=user, part=ProposalPerson.Part.CONTRIBUTOR
    )
    alone = Q(version__model__project__is_one_person=True, tier__in=[Tier.AUTONOMOUS, Tier.LOW])
    return (
        Proposal.objects.open()
        .filter(
            Q(version__model__project__in=approves)
            | Q(version__model__project__in=validates, tier=Tier.HIGH),
            version__model__project__archived_at=None,
        )
        .filter(~Exists(part) | alone)
        .exclude(Exists(Decision.objects.filter(proposal=OuterRef("pk"), person=user)))
    )


def items(user: User) -> list[InboxItem]:
    return [
        InboxItem(
            title=_("Decide on %(version)s") % {"version": proposal.version},
            path=reverse("approvals:proposal_review", args=[proposal.pk]),
            since=proposal.proposed_at,
            kind=_("proposal"),
            project=str(proposal.project),
            icon="shield-check",
        )
        for proposal in mine(user).select_related("version__model__project")[:50]
    ]
