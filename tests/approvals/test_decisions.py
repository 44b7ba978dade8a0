from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import people as accounts
from apps.approvals import decisions, expiry, policy, proposals
from apps.approvals.models import Decision, Proposal, ProposalPerson
from apps.audit.models import Event
from apps.core.errors import NotAllowed, Unavailable, WrongState
from apps.projects import members
from apps.projects.models import Membership
from apps.projects.roles import Role
from apps.registry.models import ModelVersion
from tests.approvals.conftest import REASON
from tests.factories import ProjectFactory, member, proposed, registered

pytestmark = [pytest.mark.django_db, pytest.mark.services]

Approval = ModelVersion.ApprovalStatus


def state(proposal):
    proposal.refresh_from_db()
    return proposal.status, ModelVersion.objects.get(pk=proposal.version_id).approval_status


def test_one_signature_approves_a_low_tier_model_for_exactly_the_digest(propose, approver, approve):
    proposal = propose()
    assert state(proposal) == ("open", Approval.PENDING)

    approve(proposal, approver)

    assert state(proposal) == ("approved", Approval.APPROVED)
    version = ModelVersion.objects.get(pk=proposal.version_id)
    assert version.approved_digest == proposal.digest
    assert version.approved_until > timezone.now() + timedelta(days=364)
    assert version.stage == ModelVersion.Stage.STAGING
    assert Event.objects.filter(name="registry.version_approved").count() == 1


def test_a_medium_tier_model_needs_two_people(project, propose, approver, approve):
    proposal = propose("medium")
    approve(proposal, approver)
    assert state(proposal) == ("open", Approval.PENDING)
    approve(proposal, member(project, Role.APPROVER))
    assert state(proposal) == ("approved", Approval.APPROVED)


def test_a_high_tier_model_needs_an_independent_validator(project, propose, approver, validator, approve):
    proposal = propose("high")
    for person in (approver, member(project, Role.APPROVER), member(project, Role.APPROVER)):
        approve(proposal, person)
    assert state(proposal)[0] == "open"
    approve(proposal, validator)
    assert state(proposal)[0] == "approved"


def test_who_is_validator_and_approver_fills_one_part_alone(project, propose, approve, approver):
    proposal = propose("high")
    both = member(project, Role.APPROVER, Role.VALIDATOR)
    approve(proposal, both)
    approve(proposal, approver)
    assert state(proposal)[0] == "open"
    assert proposal.decisions.get(person=both).role == Role.VALIDATOR


def test_a_validator_decides_nothing_where_no_validation_is_signed(propose, validator, approve):
    with pytest.raises(NotAllowed):
        approve(propose("medium"), validator)


def _revoke(person, administrator):
    members.revoke(Membership.objects.get(person=person), by=administrator)


def _deactivate(person, administrator):
    accounts.deactivate(person, by=administrator)


def _make_administrator(person, administrator):
    accounts.change_role(person, "administrator", by=administrator)


@pytest.mark.parametrize("end", [_revoke, _deactivate, _make_administrator])
def test_who_may_not_sign_any_more_does_not_count(project, propose, approver, approve, administrator, end):
    proposal = propose("medium")
    approve(proposal, approver)
    end(approver, administrator)
    approve(proposal, member(project, Role.APPROVER))
    assert state(proposal)[0] == "open"
    approve(proposal, member(project, Role.APPROVER))
    assert state(proposal)[0] == "approved"


def test_one_no_is_enough_and_needs_a_reason(propose, approver):
    proposal = propose("medium")
    with pytest.raises(ValidationError):
        decisions.reject(proposal, by=approver, reason="no", seen_digest=proposal.digest)
    decisions.reject(proposal, by=approver, reason=REASON, seen_digest=proposal.digest)
    assert state(proposal) == ("rejected", Approval.REJECTED)


def test_changes_that_are_asked_for_hand_the_version_back(propose, approver, author):
    proposal = propose()
    decisions.request_changes(proposal, by=approver, reason=REASON, seen_digest=proposal.digest)
    assert state(proposal) == ("changes_requested", Approval.DRAFT)
    again = proposed(ModelVersion.objects.get(pk=proposal.version_id), by=author)
    assert again.status == Proposal.Status.OPEN


def test_a_decision_stands(propose, approver, approve):
    proposal = propose("medium")
    approve(proposal, approver)
    with pytest.raises(WrongState):
        approve(proposal, approver)
    assert proposal.decisions.count() == 1


def test_a_closed_proposal_is_not_decided_on(project, propose, approver, approve):
    proposal = propose()
    approve(proposal, approver)
    with pytest.raises(WrongState):
        approve(proposal, member(project, Role.APPROVER))


def test_the_database_refuses_a_second_decision_and_a_second_part(propose, approver, author, approve):
    proposal = propose("medium")
    approve(proposal, approver)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(
            proposal=proposal,
            person=approver,
            verdict="approve",
            reason="x",
            role="approver",
            seen_digest="d",
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        ProposalPerson.objects.create(proposal=proposal, person=author, part="decider", why="x")


def test_a_one_person_project_is_marked_on_its_decisions(db, approve):
    project = ProjectFactory(is_one_person=True)
    only = member(project, Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER, Role.APPROVER)
    proposal = proposed(registered(project, by=only), by=only)
    approve(proposal, only)
    assert state(proposal)[0] == "approved"
    assert proposal.decisions.get().without_second_pair_of_eyes


def test_a_one_person_project_has_no_such_right_for_a_medium_tier(db, approve):
    project = ProjectFactory(is_one_person=True)
    only = member(project, Role.DATA_SCIENTIST, Role.APPROVER)
    proposal = proposed(registered(project, by=only, tier="medium"), by=only)
    with pytest.raises(NotAllowed):
        approve(proposal, only)


def test_an_autonomous_model_whose_gates_pass_is_approved_by_its_rule(propose):
    proposal = propose("autonomous")
    assert state(proposal) == ("approved", Approval.APPROVED)
    assert proposal.decisions.get().role == "rule"


def test_an_autonomous_model_with_a_failed_gate_waits_for_a_person(propose, approver, approve):
    proposal = propose("autonomous", check={"passed": False, "sentence": "No.", "checks": []})
    assert state(proposal)[0] == "open"
    approve(proposal, approver)
    assert state(proposal)[0] == "approved"


def test_finance_grade_is_never_autonomous_and_asks_who_you_are(db):
    project = ProjectFactory(is_finance_grade=True)
    author, approver = member(project, Role.DATA_SCIENTIST), member(project, Role.APPROVER)
    proposal = proposed(registered(project, by=author, tier="autonomous"), by=author)
    assert (proposal.tier, proposal.signoffs_needed) == ("medium", 2)
    signed = {"by": approver, "reason": REASON, "seen_digest": proposal.digest}
    for shown in (None, timezone.now() - timedelta(minutes=6)):
        with pytest.raises(NotAllowed):
            decisions.approve(proposal, **signed, authenticated_at=shown)
    decisions.approve(proposal, **signed, authenticated_at=timezone.now())
    assert proposal.decisions.count() == 1


def test_a_proposal_expires_and_does_not_open_again(propose, approver, approve):
    proposal = propose()
    Proposal.objects.filter(pk=proposal.pk).update(expires_at=timezone.now())
    with pytest.raises(WrongState):
        approve(proposal, approver)
    expiry.close_overdue()
    assert state(proposal) == ("expired", Approval.DRAFT)
    expiry.close_overdue()
    assert Event.objects.filter(name="approvals.proposal_expired").count() == 1


def test_an_approval_ends_on_its_day(propose, approver, approve):
    proposal = propose()
    approve(proposal, approver)
    ModelVersion.objects.filter(pk=proposal.version_id).update(approved_until=timezone.now())
    expiry.close_overdue()
    assert state(proposal)[1] == Approval.EXPIRED


def test_withdrawing_hands_the_version_back(propose, author, approver):
    proposal = propose()
    with pytest.raises(NotAllowed):
        proposals.withdraw(proposal, by=approver, reason=REASON)
    proposals.withdraw(proposal, by=author, reason=REASON)
    assert state(proposal) == ("withdrawn", Approval.DRAFT)


def test_nothing_is_decided_while_the_log_is_not_sealed(propose, approver, approve):
    proposal = propose()
    Event.objects.update(at=timezone.now() - timedelta(minutes=5))
    with pytest.raises(Unavailable):
        approve(proposal, approver)
    assert proposal.decisions.count() == 0


def test_everybody_with_a_part_is_a_contributor(project, propose, author):
    proposal = propose()
    people = proposal.people.values_list("person_id", "part")
    assert (author.pk, "contributor") in people
    assert policy.why_not_decide(proposal, author)
