"""What time ends: proposals nobody decided on, and approvals whose date has come. Ticked by the relay."""

from django.db import transaction
from django.utils import timezone

from apps.approvals import proposals
from apps.approvals.models import Proposal
from apps.core.saying import later as _
from apps.registry import approval
from apps.registry.models import ModelVersion

MOST_AT_ONCE = 100


def close_overdue() -> None:
    expire_overdue()
    end_stale()
    expire_approvals()


def expire_overdue() -> int:
    """Open proposals past their day expire. Returns how many."""
    overdue = Proposal.objects.open().filter(expires_at__lte=timezone.now())
    return sum(_expire(proposal) for proposal in overdue[:MOST_AT_ONCE])


def end_stale() -> int:
    """Open proposals of which a bound input changed become stale. Returns how many."""
    ended = 0
    for proposal in Proposal.objects.open().select_related("version")[:MOST_AT_ONCE]:
        if changed := proposals.why_stale(proposal):
            proposals.mark_stale(proposal, changed=changed, by=proposals.PORTAL)
            ended += 1
    return ended


def expire_approvals() -> int:
    """Approvals past their date end. Returns how many."""
    over = ModelVersion.objects.filter(
        approval_status=ModelVersion.ApprovalStatus.APPROVED, approved_until__lte=timezone.now()
    )
    for version in over[:MOST_AT_ONCE]:
        approval.expire(version, by=proposals.PORTAL)
    return len(over[:MOST_AT_ONCE])


@transaction.atomic
def _expire(proposal: Proposal) -> int:
    proposal = proposals.locked(proposal)
    if proposal.status != Proposal.Status.OPEN:
        return 0
    reason = _("Nobody decided within the time that a proposal has.")
    proposals.end(proposal, Proposal.Status.EXPIRED, by=proposals.PORTAL, reason=reason)
    return 1
