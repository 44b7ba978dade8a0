"""The list of proposals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.approvals.models import Proposal
from apps.core import columns, ranking
from apps.core.listing import Listing
from apps.registry.models import Tier


def _review(record: Proposal) -> str:
    return reverse("approvals:proposal_review", args=[record.pk])


class ProposalList(Listing):
    """Of proposals `for_a_list`; each gets `expires`, nothing where it is decided."""

    key = "proposals"
    always = frozenset({"version"})
    at_first_hidden = frozenset({"closed_at"})
    caption = _("All proposals")

    version = columns.Name(
        _("Version"), linkify=_review, order_by=("version__model__name", "version__number")
    )
    project = columns.Name(
        _("Project"), accessor="version__model__project__name", order_by="version__model__project__name"
    )
    status = columns.Status(_("State"))
    tier = columns.Word(_("Risk tier"))
    signed = columns.Word(_("Signed"))
    proposed_at = columns.When(_("Proposed"), style="relative")
    proposed_by = columns.Person(_("By"), order_by="proposed_by__name")
    expires = columns.When(_("Expires"), style="relative", order_by="expires_at")
    closed_at = columns.When(_("Closed"), style="relative")

    def complete(self, records: list[Any]) -> list[Any]:
        for proposal in records:
            is_open = proposal.status == Proposal.Status.OPEN
            proposal.expires = proposal.expires_at if is_open else None
        return records

    def render_signed(self, record: Any) -> str:
        facts = {"n": record.signed, "needed": record.signoffs_needed}
        return gettext("%(n)s of %(needed)s") % facts

    value_signed = render_signed

    def order_status(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        place = ranking.place("status", Proposal.Status.values)
        return ranking.ordered(queryset, place, is_descending=is_descending)

    def order_tier(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        return ranking.ordered(queryset, ranking.place("tier", Tier.values), is_descending=is_descending)
