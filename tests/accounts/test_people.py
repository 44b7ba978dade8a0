from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from apps.accounts import people, tokens
from apps.accounts.models import User
from apps.audit.models import Event
from apps.core.errors import NotAllowed, WrongState
from apps.projects import access, members
from apps.projects.models import Membership
from apps.projects.roles import Right, Role
from tests.factories import UserFactory, member

pytestmark = [pytest.mark.services, pytest.mark.django_db]
PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def _no_rate_limits_from_before():
    cache.clear()


def signed_in(user) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def bearer(text) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def token_of(user, scope="write") -> str:
    return tokens.create(user, label="t", scope=scope, lifetime=timedelta(days=1), by=user)[1]


def test_who_is_deactivated_is_out_with_the_next_request(administrator):
    person = UserFactory()
    browser, program = signed_in(person), bearer(token_of(person))
    assert browser.get("/").status_code == program.get("/api/v1/me/").status_code == 200

    people.deactivate(person, by=administrator)

    assert browser.get("/").status_code == 302
    assert program.get("/api/v1/me/").status_code == 401
    assert not UserSession.objects.filter(user=person).exists()
    assert "_auth_user_id" not in signed_in(person).session


def test_tokens_stay_dead_when_somebody_is_let_in_again(administrator):
    person = UserFactory()
    text = token_of(person)
    people.deactivate(person, by=administrator)

    people.activate(person, by=administrator)

    assert bearer(text).get("/api/v1/me/").status_code == 401
    assert signed_in(person).get("/").status_code == 200


@pytest.mark.parametrize("round_", range(10))
@pytest.mark.parametrize("way", ["page", "api", "token", "role", "administrator"])
def test_rights_end_at_once(project, administrator, way, round_):
    """Promise 10: five ways a right is held, ten times each."""
    person = member(project, Role.VIEWER)
    membership = Membership.objects.get(person=person)
    client = bearer(token_of(person, "read")) if way in {"api", "token"} else signed_in(person)
    address = f"/api/v1/projects/{project.pk}/" if way in {"api", "token"} else f"/projects/{project.pk}/"
    assert client.get(address).status_code == 200

    if way == "token":
        tokens.revoke(person.tokens.get(), by=administrator)
    elif way == "administrator":
        people.deactivate(person, by=administrator)
    else:
        members.revoke(membership, by=administrator)

    expected = {"token": 401, "administrator": 302}.get(way, 404)
    assert client.get(address).status_code == expected
    assert way in {"token", "administrator"} or not access.can(person, Right.VIEW, project)


def test_the_last_administrator_cannot_be_removed(administrator):
    auditor = UserFactory(auditor=True)

    with pytest.raises(WrongState, match="last administrator"):
        people.deactivate(administrator, by=administrator)
    with pytest.raises(NotAllowed):
        people.deactivate(administrator, by=auditor)

    other = UserFactory(administrator=True)
    people.deactivate(administrator, by=other)
    assert not User.objects.get(pk=administrator.pk).is_active


def test_a_deactivated_administrator_does_not_count_as_one(administrator):
    UserFactory(administrator=True, is_active=False)

    with pytest.raises(WrongState, match="last administrator"):
        people.deactivate(administrator, by=administrator)


def test_nobody_changes_their_own_role(administrator):
    UserFactory(administrator=True)

    with pytest.raises(NotAllowed, match="their own role"):
        people.change_role(administrator, "", by=administrator)


def test_a_change_of_role_is_recorded_and_effective(administrator):
    person = UserFactory()

    people.change_role(person, "administrator", by=administrator)

    assert User.objects.get(pk=person.pk).is_administrator
    assert Event.objects.filter(name="accounts.role_changed", object_id=str(person.pk)).count() == 1


def test_a_superuser_flag_opens_nothing(project):
    superuser = UserFactory(is_superuser=True, is_staff=True)

    assert not access.can(superuser, Right.VIEW, project)
    assert signed_in(superuser).get(f"/projects/{project.pk}/").status_code == 404


def test_sign_in_is_slowed_down_after_wrong_passwords(db):
    person, client = UserFactory(), Client()
    for _ in range(12):
        client.post(reverse("account_login"), {"login": person.email, "password": "wrong password"})

    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})

    assert "_auth_user_id" not in client.session


def test_a_read_token_cannot_write_and_a_tracking_token_cannot_read(administrator):
    reading, tracking = token_of(administrator, "read"), token_of(administrator, "tracking")

    assert bearer(reading).post("/api/v1/projects/", {"name": "x"}).status_code == 403
    assert bearer(tracking).get("/api/v1/me/").status_code == 403


def test_a_new_tokens_text_is_shown_once(client, administrator):
    client.force_login(administrator)
    made = client.post("/people/me/tokens/", {"label": "mine", "scope": "read", "days": "7"})
    text = made.context["text"]

    assert text.startswith("mlp_")
    assert made.content.decode().count(text) > 0
    assert text not in client.get("/people/me/tokens/").content.decode()
    assert "no-store" in made.headers["Cache-Control"]


def test_the_language_stays_with_the_person(client):
    person = UserFactory()
    client.force_login(person)

    client.post("/language/", {"language": "de", "next": "/projects/"})

    assert User.objects.get(pk=person.pk).language == "de"
    assert 'lang="de"' in client.get("/").content.decode()


def test_no_language_leads_to_another_site(client, db):
    answer = client.post("/language/", {"language": "de", "next": "https://evil.example/"})

    assert answer.headers["Location"] == "/"


def test_a_part_that_is_asked_for_after_the_session_ended_loads_the_page_again(client, db):
    answer = client.get("/projects/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"
