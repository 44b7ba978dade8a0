import pytest

from apps.accounts import invitations
from apps.projects.models import Membership, Project
from tests.factories import UserFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def ask(client, administrator):
    client.force_login(administrator)

    def asking(method, path, **values):
        return getattr(client, method)(f"/api/v1/projects/{path}", values, content_type="application/json")

    return asking


def test_a_role_is_for_who_has_an_account_and_an_invitation_for_who_has_none(ask, project):
    members, person = f"{project.pk}/members/", UserFactory(email="here@example.org")

    granted = ask("post", members, email="HERE@example.org", role="viewer")
    invited = ask("post", members, email="new@example.org", role="data_scientist")

    assert (granted.status_code, granted.json()["email"]) == (201, person.email)
    assert (invited.status_code, invited.json()["email"]) == (202, "new@example.org")
    secret = invited.json()["link"].rstrip("/").rpartition("/")[2]
    newcomer = invitations.accept(invitations.find(secret), name="N", password="seven green bottles")
    assert Membership.objects.get(person=newcomer).role == "data_scientist"


def test_a_project_goes_its_way_by_program(ask):
    made = ask("post", "", name="Credit", purpose="Who gets a loan.").json()
    path = f"{made['id']}/"

    assert ask("patch", path, purpose="Whom to lend.").json()["purpose"] == "Whom to lend."
    both = ask("patch", path, is_finance_grade=True, is_one_person=True)
    assert (both.status_code, "more than one person" in both.json()["detail"]) == (400, True)
    assert ask("post", f"{path}archive/").json()["archived_at"]
    assert ask("post", f"{path}archive/").status_code == 409
    assert Project.objects.get().slug == made["slug"]
