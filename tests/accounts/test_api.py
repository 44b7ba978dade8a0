import pytest

from apps.accounts import invitations
from tests.factories import UserFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_people_say_of_themselves_what_they_say_on_their_page(client):
    person = UserFactory(name="Ada")
    client.force_login(person)

    def patch(**values):
        return client.patch("/api/v1/me/", values, content_type="application/json")

    assert patch(time_zone="Europe/Berlin").json()["time_zone"] == "Europe/Berlin"
    assert patch(language="").json()["language"] == ""
    refused = patch(time_zone="Atlantis", global_role="administrator")
    assert (refused.status_code, refused.json()["detail"]) == (400, "time_zone: There is no such time zone.")
    assert patch(global_role="administrator").json()["global_role"] == ""
    person.refresh_from_db()
    assert (person.name, person.time_zone, person.global_role) == ("Ada", "Europe/Berlin", "")


def test_open_invitations_are_listed_without_their_links_and_revoked(client, administrator):
    invitation, link = invitations.invite("new@example.org", by=administrator)
    client.force_login(administrator)

    (listed,) = client.get("/api/v1/invitations/").json()["results"]
    assert (listed["id"], listed["email"]) == (invitation.pk, "new@example.org")
    assert "link" not in listed
    assert client.post(f"/api/v1/invitations/{invitation.pk}/revoke/").status_code == 204
    assert client.get("/api/v1/invitations/").json()["results"] == []
    assert client.get(link.removeprefix("http://localhost:8000")).status_code == 404


def test_others_see_no_invitations(client, administrator):
    invitations.invite("new@example.org", by=administrator)
    client.force_login(UserFactory())

    assert client.get("/api/v1/invitations/").json()["results"] == []
