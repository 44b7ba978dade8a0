"""Why somebody may not: None, or the sentence that the page and the refusal show."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.approvals import signoff
from apps.approvals.models import Decision, Proposal, ProposalPerson
from apps.core.said import Said
from apps.core.saying import later as _
from apps.projects import access
from apps.projects.roles import Right, Role
from apps.registry.models import Tier

SHORTEST_REASON: Final = 10
ONE_PERSON_TIERS: Final = frozenset({Tier.AUTONOMOUS, Tier.LOW})


def why_not_decide(proposal: Proposal, user: User) -> Said | None:
    """Who may not decide at all, whatever the state: no right, or a part in what is proposed."""
    return why_not_decide_as(role_of(proposal, user), proposal, user)


def why_not_decide_as(role: Role | None, proposal: Proposal, user: User) -> Said | None:
    """The same for who has looked the person's role (role_of) up already."""
    if user.is_administrator:
        return _("Administrators grant roles and decide nothing.")
    if role is None:
        return _no_right(proposal)
    if proposal.project.archived_at:
        return _("This project is archived; nothing in it can be changed.")
    part = proposal.people.filter(person=user, part=ProposalPerson.Part.CONTRIBUTOR).first()
    if part is not None and not decides_alone(proposal):
        return _("You have a part in this: you %(why)s. Somebody else decides.", why=part.why)
    return None


def why_not_decide_now(proposal: Proposal, user: User) -> Said | None:
    """What stands against this person's decision at this moment: the state, or their earlier one."""
    if proposal.status != Proposal.Status.OPEN:
        return _("This proposal is already %(state)s.", state=Proposal.Status(proposal.status).label)
    if proposal.expires_at <= timezone.now():
        return _("This proposal has expired.")
    if Decision.objects.filter(proposal=proposal, person=user).exists():
        return _("You have decided already; a decision stands.")
    return None


def why_not_authenticated(proposal: Proposal, authenticated_at: datetime | None) -> Said | None:
    """For finance-grade models a person shows who they are right before they sign."""
    if not proposal.project.is_finance_grade:
        return None
    longest = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
    if authenticated_at is None:
        return _("A finance-grade model is decided on in the browser, signed in as a person.")
    if timezone.now() - authenticated_at > longest:
        return _("Confirm who you are first: this model is finance-grade.")
    return None


def why_not_withdraw(proposal: Proposal, user: User) -> Said | None:
    """Who proposed it may take it back; so may those who could release."""
    if proposal.proposed_by_id == user.pk and access.can(user, Right.VIEW, proposal.project):
        return None
    return None if access.can(user, Right.DEPLOY, proposal.project) else access.why_not(Right.DEPLOY)


def role_of(proposal: Proposal, user: User) -> Role | None:
    """
    In which part the person would sign. Who is both signs the validation while that is missing, so
    that one person never fills both parts.
    """
    rule = signoff.rule_for(proposal.tier, proposal.project)
    if rule.validators and access.can(user, Right.VALIDATE, proposal.project):
        signed = proposal.decisions.filter(role=Role.VALIDATOR, verdict=Decision.Verdict.APPROVE).exists()
        if not signed or not access.can(user, Right.DECIDE, proposal.project):
            return Role.VALIDATOR
    return Role.APPROVER if access.can(user, Right.DECIDE, proposal.project) else None


def decides_alone(proposal: Proposal) -> bool:
    """A project declared one-person, and a model whose errors cost little: marked on every decision."""
    project = proposal.project
    return project.is_one_person and not project.is_finance_grade and proposal.tier in ONE_PERSON_TIERS


def still_holds(decision: Decision) -> bool:
    """Whether the person may still sign in the part in which they did."""
    right = Right.VALIDATE if decision.role == Role.VALIDATOR else Right.DECIDE
    person = User.objects.get(pk=decision.person_id)
    return access.can(person, right, decision.proposal.project)


def _no_right(proposal: Proposal) -> Said:
    rule = signoff.rule_for(proposal.tier, proposal.project)
    if rule.validators:
        return _("Only approvers and validators of the project decide.")
    return _("Only approvers of the project decide.")
