"""Proposals by the model that they are for."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.approvals.models import Proposal
from apps.core.search import PER_KIND, SearchHit


def find(user: User, text: str) -> list[SearchHit]:
    found = (
        Proposal.objects.visible_to(user)
        .filter(version__model__name__icontains=text)
        .select_related("version__model__project")
    )
    return [
        SearchHit(
            f"{proposal.version}: {proposal.get_status_display()}",
            _("proposal"),
            reverse("approvals:proposal_review", args=[proposal.pk]),
            "shield-check",
            str(proposal.project),
        )
        for proposal in found[:PER_KIND]
    ]
