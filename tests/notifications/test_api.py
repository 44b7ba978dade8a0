import pytest

from apps.notifications.models import Notice
from tests.factories import UserFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def test_one_notice_or_all_of_ones_own_are_marked_as_read(client):
    person = UserFactory()
    for number, recipient in enumerate((person, person, person, UserFactory())):
        Notice.objects.create(recipient=recipient, event_id=number, kind="t", subject="s", body="b", path="/")
    client.force_login(person)

    def unread():
        return client.get("/api/v1/notices/?unread=yes").json()["count"]

    assert unread() == 3
    seen = client.get("/api/v1/notices/").json()["results"][0]
    assert client.post(f"/api/v1/notices/{seen['id']}/read/").json()["read_at"]
    assert unread() == 2
    assert client.post("/api/v1/notices/read/").status_code == 204
    assert unread() == 0
    assert Notice.objects.filter(read_at=None).count() == 1
