"""
Decide on a proposal. The heart of the portal: four eyes over all who had a part, on exactly what
was seen, once a person, all under one lock.
"""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.approvals import policy, proposals, signoff
from apps.approvals.models import Decision, Proposal, ProposalPerson
from apps.audit import events, sealing
from apps.core.errors import DomainError, NotAllowed, WrongState
from apps.core.said import Said, joined, of_error
from apps.core.saying import label
from apps.core.saying import later as _
from apps.projects.roles import Role

Verdict = Decision.Verdict
Status = Proposal.Status
Settle = Callable[[Proposal, User, str], Proposal]


class Stale(WrongState):
    """What was to be decided on has changed since."""

    def __init__(self, changed: list[Said]) -> None:
        super().__init__(_("What you would decide on has changed. %(what)s", what=joined(*changed)))
        self.changed = changed


def approve(
    proposal: Proposal, *, by: User, reason: str, seen_digest: str, authenticated_at: datetime | None = None
) -> Proposal:
    """
    Sign the proposal. With the last signature that its rule asks for, the version is approved for
    exactly the proposal's digest and its release goes on, in the same transaction.

    `seen_digest` is the digest of what the person had before them, `authenticated_at` when they last
    showed who they are. Raises NotAllowed (also recorded), WrongState, ValidationError.
    """
    return _decide(proposal, Verdict.APPROVE, _count, by, reason, seen_digest, authenticated_at)


def reject(
    proposal: Proposal, *, by: User, reason: str, seen_digest: str, authenticated_at: datetime | None = None
) -> Proposal:
    """Say no: one is enough. The version is rejected and its release ends."""

    def settle(proposal: Proposal, by: User, reason: str) -> Proposal:
        return proposals.end(proposal, Status.REJECTED, by=by, reason=reason)

    return _decide(proposal, Verdict.REJECT, settle, by, reason, seen_digest, authenticated_at)


def request_changes(
    proposal: Proposal, *, by: User, reason: str, seen_digest: str, authenticated_at: datetime | None = None
) -> Proposal:
    """Send it back with what is missing. A changed proposal is a new one."""

    def settle(proposal: Proposal, by: User, reason: str) -> Proposal:
        return proposals.end(proposal, Status.CHANGES_REQUESTED, by=by, reason=reason)

    return _decide(proposal, Verdict.REQUEST_CHANGES, settle, by, reason, seen_digest, authenticated_at)


def counted(proposal: Proposal) -> list[Decision]:
    """The approvals that count now: of people who still hold the right in which they signed."""
    signed = proposal.decisions.filter(verdict=Verdict.APPROVE).select_related("person", "proposal")
    return [decision for decision in signed if policy.still_holds(decision)]


def _decide(
    proposal: Proposal,
    verdict: Verdict,
    settle: Settle,
    by: User,
    reason: str,
    seen_digest: str,
    authenticated_at: datetime | None,
) -> Proposal:
    sealing.require()
    reason = reason.strip()
    _require_reason(reason)
    _refuse_latecomers(proposal, by)
    try:
        with transaction.atomic():
            found = proposals.locked(proposal)
            by = User.objects.get(pk=by.pk)
            role = _require(found, by, seen_digest, authenticated_at)
            _write(found, verdict, by, reason, role, seen_digest)
            return settle(found, by, reason)
    except Stale as stale:
        _close_stale(proposal, by, verdict, stale)
        raise
    except NotAllowed as refusal:
        _record_refusal(proposal, by, verdict, refusal)
        raise


def _refuse_latecomers(proposal: Proposal, by: User) -> None:
    """An end is final, so many who click on what is over need not wait for one another's lock."""
    if policy.why_not_decide(proposal, by):
        return
    if reason := policy.why_not_decide_now(proposal, by):
        raise WrongState(reason)


def _require(proposal: Proposal, by: User, seen_digest: str, authenticated_at: datetime | None) -> Role:
    """Everything that must hold under the lock. Returns the part in which the person signs."""
    if refusal := policy.why_not_decide(proposal, by) or policy.why_not_authenticated(
        proposal, authenticated_at
    ):
        raise NotAllowed(refusal)
    if reason := policy.why_not_decide_now(proposal, by):
        raise WrongState(reason)
    if seen_digest != proposal.digest:
        raise NotAllowed(_("You would sign something else than you were shown. Open the proposal anew."))
    if changed := proposals.why_stale(proposal):
        raise Stale(changed)
    role = policy.role_of(proposal, by)
    if role is None:
        raise NotAllowed(_("You hold no part in this decision."))
    return role


def _require_reason(reason: str) -> None:
    if len(reason) < policy.SHORTEST_REASON:
        raise ValidationError(
            {"reason": _("Give a reason of at least ten characters; it is kept for years.")}
        )


def _write(proposal: Proposal, verdict: Verdict, by: User, reason: str, role: Role, seen_digest: str) -> None:
    alone = proposal.people.filter(person=by, part=ProposalPerson.Part.CONTRIBUTOR).exists()
    membership = proposal.project.memberships.filter(person=by, role=role).first()
    try:
        with transaction.atomic():
            if not alone:
                ProposalPerson.objects.create(
                    proposal=proposal, person=by, part=ProposalPerson.Part.DECIDER, why=label(role.label)
                )
            Decision.objects.create(
                proposal=proposal,
                person=by,
                verdict=verdict,
                reason=reason,
                role=role,
                group=membership.group if membership else "",
                seen_digest=seen_digest,
                without_second_pair_of_eyes=alone,
            )
    except IntegrityError:
        raise WrongState(_("You have decided already; a decision stands.")) from None
    events.record(
        "approvals.decision_made",
        proposal,
        by=by,
        chain=proposal.chain,
        verdict=verdict,
        role=role,
        seen=seen_digest,
        without_second_pair_of_eyes=alone,
        detail={"reason": reason},
    )


def _count(proposal: Proposal, by: User, reason: str) -> Proposal:
    """Approve once the rule is satisfied by those who still hold their right."""
    roles = [decision.role for decision in counted(proposal)]
    rule = signoff.rule_for(proposal.tier, proposal.project)
    if len(roles) >= proposal.signoffs_needed and signoff.is_satisfied(rule, roles):
        return proposals.grant(proposal, by=by, reason=reason)
    return proposal


def _close_stale(proposal: Proposal, by: User, verdict: Verdict, stale: Stale) -> None:
    """The decision is refused, and what it was about is over: each in a transaction of its own."""
    _record_refusal(proposal, by, verdict, stale)
    proposals.mark_stale(proposal, changed=stale.changed, by=proposals.PORTAL)


@transaction.atomic
def _record_refusal(proposal: Proposal, by: User, verdict: Verdict, refusal: DomainError) -> None:
    events.record(
        "approvals.decision_refused",
        proposal,
        by=by,
        chain=proposal.chain,
        verdict=verdict,
        detail={"why": of_error(refusal)},
    )
