"""Whatever people do in whatever order: four eyes, final ends, one event for each move."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.approvals import decisions, expiry, proposals
from apps.approvals.models import Proposal
from apps.audit.models import Event
from apps.core.errors import DomainError
from apps.projects.models import Membership
from apps.projects.roles import Role
from apps.registry.models import ModelVersion, RegisteredModel
from tests.approvals.conftest import REASON
from tests.factories import ProjectFactory, member, proposed, registered

pytestmark = [pytest.mark.django_db, pytest.mark.services, pytest.mark.timeout(600)]


def decide(verb):
    def act(proposal, person):
        verb(proposal, by=person, reason=REASON, seen_digest=proposal.digest)

    return act


def withdraw(proposal, person):
    proposals.withdraw(proposal, by=person, reason=REASON)


def take_the_role(proposal, person):
    Membership.objects.filter(person=person, role=Role.APPROVER).delete()


def change_an_input(proposal, person):
    RegisteredModel.objects.filter(pk=proposal.version.model_id).update(purpose="x", tier="high")


def let_time_pass(proposal, person):
    Proposal.objects.filter(pk=proposal.pk).update(expires_at=timezone.now())
    expiry.expire_overdue()


def propose_again(proposal, person):
    proposed(ModelVersion.objects.get(pk=proposal.version_id), by=person)


ACTS = {
    "approve": decide(decisions.approve),
    "reject": decide(decisions.reject),
    "request changes": decide(decisions.request_changes),
    "withdraw": withdraw,
    "take the role": take_the_role,
    "change an input": change_an_input,
    "let time pass": let_time_pass,
    "propose again": propose_again,
}
LIKELY = ["approve"] * 6 + list(ACTS)
STEPS = st.lists(st.tuples(st.sampled_from(LIKELY), st.integers(0, 4)), min_size=1, max_size=10)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tier=st.sampled_from(["low", "medium", "high"]), steps=STEPS)
def test_no_order_of_acts_breaks_the_rules(tier, steps, db):
    with transaction.atomic():
        walk(tier, steps)
        transaction.set_rollback(True)


def walk(tier, steps):
    project = ProjectFactory()
    author = member(project, Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER, Role.APPROVER)
    people = [author, member(project, Role.VALIDATOR), *(member(project, Role.APPROVER) for _ in range(3))]
    proposal = proposed(registered(project, by=author, tier=tier), by=author)
    ended: dict[int, str] = {}
    for name, who in steps:
        try:
            with transaction.atomic():
                ACTS[name](proposal, people[who])
        except DomainError:
            pass
        for one in Proposal.objects.filter(version=proposal.version_id):
            check(one, author)
            assert ended.get(one.pk, one.status) == one.status, "an end is final"
            if one.status != Proposal.Status.OPEN:
                ended[one.pk] = one.status


def check(proposal, author):
    signed = proposal.decisions.filter(verdict="approve")
    about = Event.objects.about(proposal)
    assert not proposal.decisions.filter(person=author).exists()
    assert about.filter(name="approvals.decision_made").count() == proposal.decisions.count()
    if proposal.status == Proposal.Status.OPEN:
        return
    assert about.filter(name=f"approvals.proposal_{proposal.status}").count() == 1
    if proposal.status == Proposal.Status.APPROVED:
        assert signed.values("person").distinct().count() >= proposal.signoffs_needed
        assert proposal.tier != "high" or signed.filter(role=Role.VALIDATOR).exists()
        version = ModelVersion.objects.get(pk=proposal.version_id)
        if version.approval_status == "approved":
            assert version.approved_digest == proposal.digest
