from datetime import timedelta

import pytest
from django.utils import timezone

from apps.approvals.models import Proposal
from tests.factories import ProposalFactory, RegisteredModelFactory
from tests.lists import exported, shown

pytestmark = [pytest.mark.django_db, pytest.mark.services]
ADDRESS = "/approvals/"


@pytest.fixture
def reader(client, approver):
    client.force_login(approver)
    return client


@pytest.fixture
def proposals(project, author):
    """Of each tier one, the low one decided on."""
    model = RegisteredModelFactory(project=project, name="credit")
    return {
        tier: ProposalFactory(
            version__model=model, tier=tier, proposed_by=author, signoffs_needed=2, approved=tier == "low"
        )
        for tier in ("high", "low", "medium")
    }


def test_proposals_are_sorted_by_what_tier_and_state_mean(reader, proposals):
    assert [one.tier for one in shown(reader, ADDRESS, sort="tier")] == ["low", "medium", "high"]
    assert [one.status for one in shown(reader, ADDRESS, sort="-status")] == ["approved", "open", "open"]


def test_proposals_are_sorted_by_when_they_expire(reader, proposals):
    soon = timezone.now() + timedelta(hours=1)
    Proposal.objects.filter(pk=proposals["high"].pk).update(expires_at=soon)

    assert shown(reader, ADDRESS, sort="expires", status="open")[0] == proposals["high"]


def test_the_file_of_proposals_says_who_signed_and_what_expires(reader, propose, approver, approve, author):
    approve(propose("medium"), approver)
    (row,) = exported(reader, ADDRESS, status="open")

    assert (row["State"], row["Signed"], row["By"]) == ("open", "1 of 2", str(author))
    assert row["Expires"]


def test_what_is_decided_does_not_expire(reader, proposals):
    rows = {row["Risk tier"]: row for row in exported(reader, ADDRESS)}

    assert rows["low"]["Expires"] == ""
    assert rows["high"]["Expires"]


def test_a_filter_that_leaves_nothing_can_be_cleared(reader, proposals):
    assert "No proposal matches" in reader.get(ADDRESS, {"q": "no such model"}).content.decode()
