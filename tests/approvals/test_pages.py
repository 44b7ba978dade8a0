import time

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.approvals import decisions, inbox, notices
from apps.approvals.models import Proposal
from apps.audit.models import Event
from apps.notifications.models import Notice
from apps.projects.roles import Role
from apps.registry.models import ModelVersion, RegisteredModel
from tests.approvals.conftest import REASON
from tests.factories import ProjectFactory, member, proposed, registered

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def review(proposal):
    return reverse("approvals:proposal_review", args=[proposal.pk])


def signed_in(client, user):
    client.force_login(user)
    return client


def test_the_review_says_what_is_good_what_is_risky_and_what_a_signature_means(client, propose, approver):
    page = signed_in(client, approver).get(review(propose("high"))).content.decode()

    for text in (
        "May ",
        "Is it better than what serves now?",
        "Does it treat people alike?",
        "Your signature says that you have read the evidence",
        "May not sign, and why",
        "Ada Author",
        "waits for: validator",
    ):
        assert text in page


def test_who_has_a_part_sees_why_they_cannot_decide_and_no_buttons(client, propose, author):
    project_of_both = author.memberships.first().project
    project_of_both.memberships.create(
        person=author, role=Role.APPROVER, granted_by=project_of_both.created_by
    )
    page = signed_in(client, author).get(review(propose())).content.decode()
    assert "You have a part in this" in page
    assert "formaction" not in page


def test_a_click_decides_and_a_second_one_is_told_so(client, propose, approver):
    proposal = propose()
    url = reverse("approvals:approve", args=[proposal.pk])
    form = {"reason": REASON, "seen": proposal.digest}
    client = signed_in(client, approver)
    assert client.post(url, form).status_code == 302
    assert client.post(url, form).status_code == 409
    proposal.refresh_from_db()
    assert proposal.status == "approved"


def test_a_short_reason_comes_back_with_the_form(client, propose, approver):
    proposal = propose()
    answer = signed_in(client, approver).post(
        reverse("approvals:approve", args=[proposal.pk]), {"reason": "ok", "seen": proposal.digest}
    )
    assert answer.status_code == 400
    assert "at least ten characters" in answer.content.decode()


def test_a_review_shows_what_changed_and_writes_nothing(client, propose, approver):
    proposal = propose()
    RegisteredModel.objects.filter(pk=proposal.version.model_id).update(tier="medium")
    before = Event.objects.count()
    page = signed_in(client, approver).get(review(proposal)).content.decode()
    assert "The risk tier changed: it was low, it is medium now." in page
    assert "formaction" not in page
    proposal.refresh_from_db()
    assert (proposal.status, Event.objects.count()) == ("open", before)


def test_finance_grade_asks_who_you_are_before_it_shows_the_buttons(client, db):
    project = ProjectFactory(is_finance_grade=True)
    they, me = member(project, Role.DATA_SCIENTIST), member(project, Role.APPROVER)
    proposal = proposed(registered(project, by=they, tier="medium"), by=they)
    client = signed_in(client, me)
    assert "Confirm who I am" in client.get(review(proposal)).content.decode()
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(me.pk)
    session.save()
    assert "formaction" in client.get(review(proposal)).content.decode()


def test_the_list_has_mine_first_and_the_same_number_of_queries(
    client, propose, approver, django_assert_max_num_queries
):
    for _ in range(4):
        propose()
    client = signed_in(client, approver)
    with django_assert_max_num_queries(10):
        page = client.get(reverse("approvals:proposal_list")).content.decode()
    assert "Waits for my decision" in page


def test_the_review_stays_within_its_queries(
    client, project, propose, approver, approve, django_assert_max_num_queries
):
    proposal = propose("high")
    for person in (member(project, Role.VALIDATOR), member(project, Role.APPROVER)):
        approve(proposal, person)
    client = signed_in(client, approver)
    with django_assert_max_num_queries(22):
        assert client.get(review(proposal)).status_code == 200


def test_a_second_proposal_says_what_is_different_from_the_first(client, propose, approver):
    first = propose()
    decisions.request_changes(first, by=approver, reason=REASON, seen_digest=first.digest)
    version = first.version
    RegisteredModel.objects.filter(pk=version.model_id).update(tier="medium")
    second = proposed(ModelVersion.objects.get(pk=version.pk), by=first.proposed_by)

    page = signed_in(client, approver).get(review(second)).content.decode()

    assert "What is different from last time" in page
    assert "The risk tier changed: it was low, it is medium now." in page
    assert REASON in page
    assert "What is different from last time" not in client.get(review(first)).content.decode()


def test_the_list_counts_the_signatures(client, propose, approver, approve):
    approve(propose("medium"), approver)

    page = signed_in(client, approver).get(reverse("approvals:proposal_list")).content.decode()

    assert "1 of 2" in page


def test_those_who_may_decide_are_told_and_led_to_the_review(propose, approver, author, validator):
    proposal = propose()
    notices.on_opened(Event.objects.get(name="approvals.proposal_opened"))
    assert [notice.recipient for notice in Notice.objects.all()] == [approver]
    assert Notice.objects.get().path == review(proposal)


def test_who_proposed_hears_of_the_decision(propose, approver, author, approve):
    approve(propose(), approver)
    notices.on_closed(Event.objects.get(name="approvals.proposal_approved"))
    assert Notice.objects.get().recipient == author
    assert REASON in str(Notice.objects.get().body)


def test_the_inbox_holds_what_i_may_decide_on_and_have_not(propose, approver, author, validator, approve):
    proposal = propose("medium")
    propose("high")
    assert len(inbox.items(approver)) == 2
    assert len(inbox.items(validator)) == 1
    assert inbox.items(author) == []
    approve(proposal, approver)
    assert len(inbox.items(approver)) == 1


def test_the_api_decides_and_shows_the_evidence(client, propose, approver):
    proposal = propose()
    client = signed_in(client, approver)
    found = client.get(f"/api/v1/approvals/{proposal.pk}/").json()
    assert len(found["evidence"]["items"]) == 11
    answer = client.post(
        f"/api/v1/approvals/{proposal.pk}/approve/",
        {"reason": REASON, "seen": found["digest"]},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    assert User.objects.get(email=answer.json()["decisions"][0]["person"]) == approver
    assert Proposal.objects.get(pk=proposal.pk).status == "approved"
