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
from tests import access as access_matrix
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


def take_the_role(person, administrator):
    members.revoke(Membership.objects.get(person=person), by=administrator)


def deactivate(person, administrator):
    people.deactivate(person, by=administrator)


def revoke_the_token(person, administrator):
    tokens.revoke(person.tokens.get(), by=administrator)


WAYS = {
    "the role is taken, a page is open": (take_the_role, "page", 404),
    "the role is taken, a program runs": (take_the_role, "api", 404),
    "the person is deactivated, a page is open": (deactivate, "page", 302),
    "the person is deactivated, a program runs": (deactivate, "api", 401),
    "the token is revoked": (revoke_the_token, "api", 401),
}
OPEN = {
    "projects:project_detail": "api:project-detail",
    "projects:members": "api:project-members",
    "datasets:dataset_detail": "api:dataset-detail",
    "datasets:version_detail": "api:datasetversion-detail",
    "experiments:experiment_detail": "api:experiment-detail",
    "registry:version_detail": "api:modelversion-detail",
    "approvals:proposal_review": "api:proposal-detail",
    "deployments:endpoint_detail": "api:endpoint-detail",
    "monitoring:monitor_detail": "api:monitor-detail",
    "pipelines:run": "api:job-detail",
}
"""What somebody may have before them: a page, and the same for programs."""


@pytest.mark.parametrize("opened", OPEN)
@pytest.mark.parametrize("way", WAYS)
def test_rights_end_with_the_next_request(project, administrator, way, opened):
    """Five ways to end them, ten things that were open: 50 of 50."""
    end, kind, refused = WAYS[way]
    name = opened if kind == "page" else OPEN[opened]
    address = reverse(name, kwargs=access_matrix.rows()[name].kwargs(project))
    person = member(project, Role.VIEWER)
    client = signed_in(person) if kind == "page" else bearer(token_of(person, "read"))
    assert client.get(address).status_code == 200

    end(person, administrator)

    assert client.get(address).status_code == refused


@pytest.mark.parametrize("global_role", ["administrator", "auditor"])
def test_who_is_administrator_or_auditor_no_more_sees_no_foreign_project(project, administrator, global_role):
    person = UserFactory(global_role=global_role)
    browser, program = signed_in(person), bearer(token_of(person))
    page, api = f"/projects/{project.pk}/", f"/api/v1/projects/{project.pk}/"
    assert browser.get(page).status_code == program.get(api).status_code == 200

    people.change_role(person, "", by=administrator)

    assert browser.get(page).status_code == program.get(api).status_code == 404


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
