import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from apps.accounts import invitations, people
from apps.accounts.models import Invitation, User
from apps.audit.models import Event
from apps.core.errors import NotAllowed, WrongState
from apps.projects import joining
from apps.projects.models import Membership
from apps.projects.roles import Role
from tests.factories import UserFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db]
PASSWORD = "correct horse battery"


def secret_of(link):
    return link.rstrip("/").rsplit("/", 1)[-1]


def test_an_invited_person_chooses_a_name_and_a_password_and_is_signed_in(client, administrator):
    _, link = invitations.invite("New@Example.org", by=administrator, global_role="auditor")

    answer = client.post(link, {"name": "Nora New", "password": PASSWORD, "repeated": PASSWORD})

    person = User.objects.get(email="new@example.org")
    assert answer.status_code == 302
    assert person.check_password(PASSWORD)
    assert person.is_auditor
    assert client.get(reverse("home:dashboard")).status_code == 200


def test_a_link_works_once(client, administrator):
    invitation, link = invitations.invite("new@example.org", by=administrator)
    invitations.accept(invitation, name="Nora", password=PASSWORD)

    assert client.get(link).status_code == 404
    with pytest.raises(WrongState):
        invitations.accept(invitation, name="Nora", password=PASSWORD)


def test_a_link_ends_after_its_time_and_by_a_newer_one(administrator):
    _first, old = invitations.invite("new@example.org", by=administrator)
    _, link = invitations.invite("new@example.org", by=administrator)

    assert invitations.find(secret_of(old)) is None
    assert invitations.find(secret_of(link)) is not None
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert invitations.find(secret_of(link)) is None


@pytest.mark.parametrize("password", ["", "short", "password1234", "123456789012", "new@example.org"])
def test_weak_passwords_are_refused(client, administrator, password):
    _, link = invitations.invite("new@example.org", by=administrator)

    answer = client.post(link, {"name": "Nora", "password": password, "repeated": password})

    assert answer.status_code == 400
    assert not User.objects.filter(email="new@example.org").exists()


def test_only_administrators_invite(db):
    with pytest.raises(NotAllowed):
        invitations.invite("new@example.org", by=UserFactory(auditor=True))


def test_the_secret_is_nowhere_in_the_database(administrator):
    _, link = invitations.invite("new@example.org", by=administrator)
    secret = secret_of(link)

    assert not Invitation.objects.filter(secret_hash__contains=secret).exists()
    assert not Event.objects.filter(body__contains=secret).exists()
    assert not Event.objects.filter(body__contains="new@example.org").exists()


def test_a_role_comes_with_the_invitation_in_the_name_of_who_invited(project, administrator):
    invitation, _ = joining.invite(project, "new@example.org", role=Role.DATA_ENGINEER, by=administrator)

    person = invitations.accept(invitation, name="Nora", password=PASSWORD)

    assert Membership.objects.get(person=person).granted_by == administrator


def test_who_is_invited_to_decide_waits_as_long_as_others(project, administrator, settings):
    settings.DECIDER_DELAY_HOURS = 24
    invitation, _ = joining.invite(project, "new@example.org", role=Role.APPROVER, by=administrator)

    person = invitations.accept(invitation, name="Nora", password=PASSWORD)

    assert not Membership.objects.get(person=person).is_effective


def test_an_invitation_of_somebody_who_is_no_administrator_any_more_is_over(administrator):
    invitation, _ = invitations.invite("new@example.org", by=administrator)
    User.objects.filter(pk=administrator.pk).update(global_role="")

    with pytest.raises(WrongState):
        invitations.accept(invitation, name="Nora", password=PASSWORD)


def test_the_first_link_makes_the_first_administrator_and_no_second(client, capsys):
    call_command("bootstrap")
    link = re.search(r"http\S+", capsys.readouterr().out)[0]
    credentials = {"name": "Ada", "password": PASSWORD, "repeated": PASSWORD}

    client.post(link, {**credentials, "email": "ada@example.org"})

    assert User.objects.get().is_administrator
    call_command("bootstrap")
    assert "http" not in capsys.readouterr().out
    assert client.post(link, {**credentials, "email": "eve@example.org"}).status_code == 404


def test_a_second_first_link_ends_the_one_before(db):
    old = invitations.first_link()
    new = invitations.first_link()

    assert invitations.find(secret_of(old)) is None
    found = invitations.find(secret_of(new))
    assert found.expires_at - timezone.now() <= timedelta(hours=24)


def test_a_first_link_is_worth_nothing_once_there_is_an_administrator(administrator):
    User.objects.all().update(global_role="")
    link = invitations.first_link()
    User.objects.filter(pk=administrator.pk).update(global_role="administrator")

    with pytest.raises(WrongState):
        invitations.accept(
            invitations.find(secret_of(link)), name="Eve", password=PASSWORD, email="eve@example.org"
        )


def test_nobody_signs_up_by_themselves(client, db):
    client.post(
        reverse("account_signup"),
        {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert not User.objects.exists()


def test_the_events_of_people_hold_no_names_and_no_addresses(project, administrator):
    invitation, _ = joining.invite(project, "new@example.org", role=Role.VIEWER, by=administrator)
    person = invitations.accept(invitation, name="Nora Newcomer", password=PASSWORD)
    people.deactivate(person, by=administrator)

    for body in Event.objects.values_list("body", flat=True):
        assert "Nora" not in body
        assert "example.org" not in body
