"""While the event log is not sealed, nothing is done that must be provable later; what takes rights away is."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from apps.accounts import invitations, people
from apps.accounts.models import User
from apps.approvals import decisions, proposals
from apps.audit.models import Event
from apps.core.errors import Unavailable
from apps.projects import access, joining, lifecycle, members
from apps.projects.models import Membership
from apps.projects.roles import Right, Role
from apps.registry import approval, promotion, tiers
from apps.registry.models import ModelVersion
from tests.approvals.conftest import REASON
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.services]
SETTINGS = {"name": "Credit", "purpose": "", "is_finance_grade": True, "is_one_person": False}


def decide(verb):
    def act(given):
        verb(given.open, by=given.approver, reason=REASON, seen_digest=given.open.digest)

    return act


def promote(given):
    digest = proposals.current_digest(given.approved)
    promotion.promote(given.version, digest=digest, by=given.approver, chain=given.version.chain)


def ask_for_a_lower_tier(given):
    tiers.change(given.version.model, to="autonomous", by=given.approver, reason=REASON)


def answer_for_a_lower_tier(given):
    tiers.answer(given.tier_request, grant=True, by=given.approver)


GOVERNED = {
    "approve": decide(decisions.approve),
    "reject": decide(decisions.reject),
    "request changes": decide(decisions.request_changes),
    "promote": promote,
    "take an approval back": lambda given: approval.revoke(given.version, by=given.approver, reason=REASON),
    "grant a role": lambda given: members.grant(
        given.project, to=UserFactory(), role=Role.VIEWER, by=given.administrator
    ),
    "invite with a role": lambda given: joining.invite(
        given.project, "new@example.org", role=Role.VIEWER, by=given.administrator
    ),
    "invite an administrator": lambda given: invitations.invite(
        "new@example.org", by=given.administrator, global_role="administrator"
    ),
    "change a global role": lambda given: people.change_role(
        given.approver, "auditor", by=given.administrator
    ),
    "ask for a lower tier": ask_for_a_lower_tier,
    "answer for a lower tier": answer_for_a_lower_tier,
    "declare finance-grade": lambda given: lifecycle.change(
        given.project, by=given.administrator, **SETTINGS
    ),
}
TAKING = {
    "take a role": lambda given: members.revoke(
        Membership.objects.get(person=given.approver), by=given.administrator
    ),
    "deactivate": lambda given: people.deactivate(given.approver, by=given.administrator),
}


@pytest.fixture
def given(project, propose, approve, approver, administrator, author):
    """What the acts are about; made while the log is sealed."""
    approved = propose()
    approve(approved, approver)
    return SimpleNamespace(
        project=project,
        approver=approver,
        administrator=administrator,
        approved=approved,
        version=ModelVersion.objects.get(pk=approved.version_id),
        open=propose("medium"),
        tier_request=tiers.change(propose("high").version.model, to="low", by=author, reason=REASON),
    )


def stop_sealing():
    Event.objects.update(at=timezone.now() - timedelta(minutes=2))


@pytest.mark.parametrize("what", GOVERNED)
def test_it_waits_and_changes_nothing(given, what):
    stop_sealing()
    before = Event.objects.count()

    with pytest.raises(Unavailable, match="not being sealed"):
        GOVERNED[what](given)

    assert Event.objects.count() == before


@pytest.mark.parametrize("what", GOVERNED)
def test_while_the_log_is_sealed_it_is_done(given, what):
    """The control."""
    before = Event.objects.count()

    GOVERNED[what](given)

    assert Event.objects.count() > before


@pytest.mark.parametrize("what", TAKING)
def test_rights_end_all_the_same(given, what):
    stop_sealing()

    TAKING[what](given)

    assert not access.can(User.objects.get(pk=given.approver.pk), Right.DECIDE, given.project)
